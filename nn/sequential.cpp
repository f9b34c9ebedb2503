#include <xgrad/nn/sequential.hpp>

namespace xgrad::nn {

template <class T>
Sequential<T>::Sequential(const Sequential& other) : Module<Sequential, T>(other) {
    for (const auto& layer : other.layers_) layers_.push_back(layer->clone());
}

template <class T>
Sequential<T>::Sequential(Sequential&&) noexcept = default;

template <class T>
Sequential<T>::~Sequential() = default;

template <class T>
Sequential<T>& Sequential<T>::operator=(const Sequential& other) {
    Module<Sequential, T>::operator=(other);
    layers_.resize(other.layers_.size());
    for (std::size_t k = 0; k < layers_.size(); ++k) {
        if (!layers_[k] || !layers_[k]->assign(*other.layers_[k])) layers_[k] = other.layers_[k]->clone();
    }
    return *this;
}

template <class T>
Sequential<T>& Sequential<T>::operator=(Sequential&&) noexcept = default;

template <class T>
Variable<T> Sequential<T>::forward(const Variable<T>& x, const Location& at) {
    Variable<T> result = x;
    for (const auto& layer : layers_) result = layer->forward(result, at);
    return result;
}

template <class T>
std::vector<Member> Sequential<T>::members() {
    std::vector<Member> list;
    for (const auto& layer : layers_) detail::add_member(list, std::to_string(list.size()), layer->module());
    return list;
}

template <class T>
void Sequential<T>::add(std::unique_ptr<detail::AnyLayer<T>> layer) {
    layers_.push_back(std::move(layer));
}

template <class T>
ModuleBase& Sequential<T>::module(std::size_t k, const Location& at) {
    if (k >= layers_.size()) {
        throw IndexError("Sequential: there is no module " + std::to_string(k) + " among " + std::to_string(layers_.size()), at);
    }
    return layers_[k]->module();
}

template <class T>
void Sequential<T>::throw_another_type(std::size_t k, const ModuleBase& module, const Location& at) {
    throw ValueError("Sequential: module " + std::to_string(k) + " is a " + module.type_name() + " of another type than asked for", at);
}

template class Sequential<float>;
template class Sequential<double>;

} // namespace xgrad::nn

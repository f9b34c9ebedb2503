#include <xgrad/nn/optim/full_batch.hpp>

#include <algorithm>

namespace xgrad::nn::detail {

template <class T>
FlatParameters<T>::FlatParameters(const char* optimizer, const std::vector<Variable<T>>& parameters, const Location& at)
    : parameters_(parameters) {
    check_parameters(optimizer, parameters, at);
    for (const Variable<T>& parameter : parameters) size_ += parameter.size();
}

template <class T>
void FlatParameters<T>::zero_grad() {
    for (Variable<T>& parameter : parameters_) parameter.zero_grad();
}

template <class T>
Tensor<T> FlatParameters<T>::values() const {
    Tensor<T> all(Shape{size_});
    T* to = all.data();
    for (const Variable<T>& parameter : parameters_) to = std::copy_n(parameter.tensor().data(), parameter.size(), to);
    return all;
}

template <class T>
void FlatParameters<T>::assign(const Tensor<T>& values) {
    const T* from = values.data();
    for (Variable<T>& parameter : parameters_) {
        if (parameter.requires_grad()) {
            std::copy_n(from, parameter.size(), parameter.tensor().data());
            parameter.cell().value.buffer().touch();
        }
        from += parameter.size();
    }
}

template <class T>
Tensor<T> FlatParameters<T>::gradients() const {
    Tensor<T> all(Shape{size_});
    T* to = all.data();
    for (const Variable<T>& parameter : parameters_) {
        if (parameter.has_grad() && parameter.requires_grad()) {
            to = std::copy_n(static_cast<const T*>(parameter.cell().grad.data()), parameter.size(), to);
        } else {
            to = std::fill_n(to, parameter.size(), T(0));
        }
    }
    return all;
}

template <class T>
void FlatParameters<T>::move(const Tensor<T>& origin, double t, const Tensor<T>& direction) {
    const T* x = origin.data();
    const T* d = direction.data();
    const T length = static_cast<T>(t);
    for (Variable<T>& parameter : parameters_) {
        const std::size_t n = parameter.size();
        if (parameter.requires_grad()) {
            std::transform(x, x + n, d, parameter.tensor().data(), [=](T a, T b) { return a + length * b; });
            parameter.cell().value.buffer().touch();
        }
        x += n;
        d += n;
    }
}

template class FlatParameters<float>;
template class FlatParameters<double>;

} // namespace xgrad::nn::detail

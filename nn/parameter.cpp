#include <xgrad/nn/parameter.hpp>

namespace xgrad::nn::detail {

namespace {

template <class T>
Variable<T> copy_of(const Variable<T>& other) {
    return other.defined() ? Variable<T>(other.tensor().clone(), other.requires_grad()) : Variable<T>();
}

} // namespace

template <class T>
Owned<T>::Owned(const Owned& other) : Variable<T>(copy_of(other)) {}

template <class T>
Owned<T>::~Owned() = default;

template <class T>
Owned<T>& Owned<T>::operator=(const Owned& other) {
    if (this->defined() && other.defined() && this->shape() == other.shape()) {
        if (this->tensor().data() != other.tensor().data()) this->value() = other.value();
        this->cell().requires_grad = other.requires_grad();
    } else {
        Variable<T>::operator=(copy_of(other));
    }
    return *this;
}

template class Owned<float>;
template class Owned<double>;

} // namespace xgrad::nn::detail

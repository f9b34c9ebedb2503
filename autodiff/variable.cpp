#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/variable.hpp>

namespace xgrad {

template <class T>
T Variable<T>::item(Location at) const {
    if (size() != 1) throw ShapeError("item: a Variable of shape " + to_string(shape()) + " has not exactly one element", at);
    return *tensor().data();
}

template <class T>
ArrayRef<T> Variable<T>::grad(Location at) const {
    if (!has_grad()) {
        throw GraphError(std::string("grad: there is no gradient; ") +
                             (!requires_grad() ? "this Variable is a constant"
                              : is_leaf()      ? "call backward() on a result computed from this Variable first"
                                               : "backward() accumulates in leaves only; use grad(y, wrt(x)) for a result"),
                         at);
    }
    return ArrayRef<T>(Tensor<T>(cell().grad, shape()));
}

template <class T>
void Variable<T>::backward(const BackwardOptions<T>& options, Location at) const {
    xgrad::backward(*this, options, at);
}

template <class T>
void Variable<T>::throw_undefined(const Location& at) {
    throw GraphError("an empty Variable was used: it was declared but never given a value", at);
}

template <class T>
Operand<T> Variable<T>::rebindable(const Operand<T>& other) const {
    if (cell().requires_grad && !cell().recorded) {
        throw GraphError("+=, -=, *=, /= would replace a leaf by a recorded result: write x.value() += ... to update "
                         "it in place, or y = x + ... for a new result",
                         other.at());
    }
    return Operand<T>(*this, other.at());
}

template class Variable<float>;
template class Variable<double>;

} // namespace xgrad

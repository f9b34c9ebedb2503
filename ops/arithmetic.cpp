#include <xgrad/ops/arithmetic.hpp>

#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/registry.hpp>

namespace xgrad {

template <class T>
Variable<T> add(const Operand<T>& a, const Operand<T>& b) {
    return ops::apply(ops::Add{}, a, b);
}
template <class T>
Variable<T> subtract(const Operand<T>& a, const Operand<T>& b) {
    return ops::apply(ops::Subtract{}, a, b);
}
template <class T>
Variable<T> multiply(const Operand<T>& a, const Operand<T>& b) {
    return ops::apply(ops::Multiply{}, a, b);
}
template <class T>
Variable<T> divide(const Operand<T>& a, const Operand<T>& b) {
    return ops::apply(ops::Divide{}, a, b);
}
template <class T>
Variable<T> negative(const Operand<T>& a) {
    return ops::apply(ops::Negative{}, a);
}

#define XGRAD_INSTANTIATE(T)                                                                                             \
    template Variable<T> add(const Operand<T>&, const Operand<T>&);                                                      \
    template Variable<T> subtract(const Operand<T>&, const Operand<T>&);                                                 \
    template Variable<T> multiply(const Operand<T>&, const Operand<T>&);                                                 \
    template Variable<T> divide(const Operand<T>&, const Operand<T>&);                                                   \
    template Variable<T> negative(const Operand<T>&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

std::vector<ops::OpEntry> ops::arithmetic_ops() { return entries(ArithmeticOps{}); }

} // namespace xgrad

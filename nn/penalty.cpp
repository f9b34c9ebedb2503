#include <xgrad/nn/penalty.hpp>

#include <xgrad/ops/piecewise.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction.hpp>

namespace xgrad::nn {

namespace {

/// The sum of `term(x)` over the parameters x.
template <class T, class F>
Variable<T> total(std::span<const Variable<T>> parameters, const Location& at, const F& term) {
    Variable<T> all;
    for (const Variable<T>& x : parameters) {
        const Operand<T> checked(x, at); // throws if it is empty
        const Variable<T> part = sum(term(checked.variable()), {}, false, at);
        all = all.defined() ? add<T>(Operand<T>(all, at), Operand<T>(part, at)) : part;
    }
    return all.defined() ? all : constant<T>(0);
}

} // namespace

template <class T>
Variable<T> detail::l1_penalty(std::span<const Variable<T>> parameters, const Location& at) {
    return total(parameters, at, [&](const Variable<T>& x) { return abs(x, at); });
}

template <class T>
Variable<T> detail::l2_penalty(std::span<const Variable<T>> parameters, const Location& at) {
    return total(parameters, at, [&](const Variable<T>& x) { return square(x, at); });
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template Variable<T> detail::l1_penalty(std::span<const Variable<T>>, const Location&);                            \
    template Variable<T> detail::l2_penalty(std::span<const Variable<T>>, const Location&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::nn

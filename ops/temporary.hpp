/// @file
/// Stand-ins for operations of other families that the rules of this one need. To be deleted, with temporary.cpp, when
/// those families are there: where() and sign() come from ops/piecewise.hpp, sigmoid() from ops/activation.hpp, reshape()
/// from ops/shape.hpp.
#pragma once

#include <xgrad/ops/elementwise.hpp>
#include <xgrad/ops/exponential.hpp>

namespace xgrad {

namespace ops {

struct TemporaryWhere : Select {
    static constexpr OpInfo info{"where", "a if mask else b", "g if mask else 0"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& mask, const V& a, const V& b) const { return where(mask != V(0), a, b); }
    template <class V>
    V vjp_b(const V& g, const V& mask, const V&, const V&, const V&) const { return g * mask; }
    template <class V>
    V vjp_c(const V& g, const V& mask, const V&, const V&, const V&) const { return g - g * mask; }
};

struct TemporarySigmoid : Unary {
    static constexpr OpInfo info{"sigmoid", "1 / (1 + e^-x)", "y - y^2"};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return V(1) / (V(1) + exp(-x)); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g * (y - y * y); }
};

} // namespace ops

template <class M, class A, class B>
    requires Operands<M, A, B>
Variable<element_of<M, A, B>> where(const M& mask, const A& a, const B& b, Location at = Location::current()) {
    using T = element_of<M, A, B>;
    return ops::apply<ops::TemporaryWhere, T>({}, Operand<T>(mask, at), Operand<T>(a, at), Operand<T>(b, at));
}

XGRAD_UNARY(sigmoid, ops::TemporarySigmoid)

template <class T>
Variable<T> sign(const Variable<T>& x, Location = Location::current()) {
    return (x > 0) - (x < 0);
}

template <class T>
Variable<T> reshape(const Variable<T>& x, const Shape& shape, Location at = Location::current());

} // namespace xgrad

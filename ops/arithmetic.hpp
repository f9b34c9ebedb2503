/// @file
/// The four operations of arithmetic and the sign: the formulas behind the operators that Variable declares.
#pragma once

#include <xgrad/ops/elementwise.hpp>

namespace xgrad {

namespace ops {

struct Add : Binary {
    static constexpr OpInfo info{"add", "a + b", "1; 1"};
    static constexpr Saves saves = Saves::nothing;
    template <class V>
    V value(const V& a, const V& b) const { return a + b; }
    template <class V>
    V vjp_a(const V& g, const V&, const V&, const V&) const { return g; }
    template <class V>
    V vjp_b(const V& g, const V&, const V&, const V&) const { return g; }
};

struct Subtract : Binary {
    static constexpr OpInfo info{"subtract", "a - b", "1; -1"};
    static constexpr Saves saves = Saves::nothing;
    template <class V>
    V value(const V& a, const V& b) const { return a - b; }
    template <class V>
    V vjp_a(const V& g, const V&, const V&, const V&) const { return g; }
    template <class V>
    V vjp_b(const V& g, const V&, const V&, const V&) const { return -g; }
};

struct Multiply : Binary {
    static constexpr OpInfo info{"multiply", "a b", "b; a"};
    static constexpr Saves saves = parent(0) | parent(1);
    template <class V>
    V value(const V& a, const V& b) const { return a * b; }
    template <class V>
    V vjp_a(const V& g, const V&, const V& b, const V&) const { return g * b; }
    template <class V>
    V vjp_b(const V& g, const V& a, const V&, const V&) const { return g * a; }
};

struct Divide : Binary {
    static constexpr OpInfo info{"divide", "a / b", "1 / b; -y / b", 0.5, 3};
    static constexpr Saves saves = parent(1) | Saves::result;
    template <class V>
    V value(const V& a, const V& b) const { return a / b; }
    template <class V>
    V vjp_a(const V& g, const V&, const V& b, const V&) const { return g / b; }
    template <class V>
    V vjp_b(const V& g, const V&, const V& b, const V& y) const { return -g * y / b; }
};

struct Negative : Unary {
    static constexpr OpInfo info{"negative", "-x", "-1"};
    static constexpr Saves saves = Saves::nothing;
    template <class V>
    V value(const V& x) const { return -x; }
    template <class V>
    V vjp(const V& g, const V&, const V&) const { return -g; }
};

using ArithmeticOps = OpList<Add, Subtract, Multiply, Divide, Negative>;

} // namespace ops

// The operators over dual numbers; those over Variables belong to Variable.
template <class V, std::size_t N>
Dual<V, N> operator-(const Dual<V, N>& x) {
    return ops::apply_dual(ops::Negative{}, x);
}
template <class A, class B>
    requires DualOperands<A, B>
auto operator+(const A& a, const B& b) {
    return ops::apply_dual(ops::Add{}, a, b);
}
template <class A, class B>
    requires DualOperands<A, B>
auto operator-(const A& a, const B& b) {
    return ops::apply_dual(ops::Subtract{}, a, b);
}
template <class A, class B>
    requires DualOperands<A, B>
auto operator*(const A& a, const B& b) {
    return ops::apply_dual(ops::Multiply{}, a, b);
}
template <class A, class B>
    requires DualOperands<A, B>
auto operator/(const A& a, const B& b) {
    return ops::apply_dual(ops::Divide{}, a, b);
}

} // namespace xgrad

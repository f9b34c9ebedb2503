/// @file
/// Dual numbers: a value and its derivatives along N directions, computed together. They carry the formula of fuse()
/// through the rules that the elementwise operations state.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

namespace xgrad {

/// value + sum_i tangent_i eps_i with eps_i eps_j = 0.
/// @tparam V  what the value is: a SIMD batch
/// @tparam N  how many directions; 0 for the value alone
template <class V, std::size_t N>
struct Dual;

namespace detail {

template <class X>
inline constexpr bool is_dual = false;
template <class V, std::size_t N>
inline constexpr bool is_dual<Dual<V, N>> = true;

template <class A, class B>
struct DualOf;
template <class V, std::size_t N, class B>
struct DualOf<Dual<V, N>, B> {
    using type = Dual<V, N>;
};
template <class A, class V, std::size_t N>
    requires(!is_dual<A>)
struct DualOf<A, Dual<V, N>> {
    using type = Dual<V, N>;
};

} // namespace detail

/// Two operands of which one is a dual number and the other one too, or a scalar.
template <class A, class B>
concept DualOperands = (detail::is_dual<A> && (detail::is_dual<B> || std::is_arithmetic_v<B>)) ||
                       (std::is_arithmetic_v<A> && detail::is_dual<B>);

namespace ops {

// An operation's value and rule applied to dual numbers; defined in fuse.hpp.
template <class Op, class V, std::size_t N>
Dual<V, N> apply_dual(const Op& op, const Dual<V, N>& x);
template <class Op, class A, class B>
typename detail::DualOf<A, B>::type apply_dual(const Op& op, const A& a, const B& b);

} // namespace ops

template <class V, std::size_t N>
struct Dual {
    using value_type = typename V::value_type;

    V value;
    std::array<V, N> tangent;
    /// Bit i: the value depends on direction i. Elsewhere the tangent is zero, and nothing is computed for it; what depends on
    /// what is known when the formula is compiled, and so the compiler leaves it out.
    unsigned active = 0;

    Dual() = default;
    explicit Dual(const V& batch) : value(batch) { tangent.fill(V(value_type(0))); }
    template <class S>
        requires std::is_arithmetic_v<S>
    Dual(S scalar) : Dual(V(static_cast<value_type>(scalar))) {}

    // As for Variables, comparisons give masks.
    friend auto operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
    friend auto operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }
    friend auto operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
    friend auto operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }

    /// `a` where the mask holds, `b` elsewhere.
    template <class Mask>
    friend Dual where(const Mask& mask, const Dual& a, const Dual& b) {
        Dual result(select(mask, a.value, b.value));
        for (std::size_t i = 0; i < N; ++i) result.tangent[i] = select(mask, a.tangent[i], b.tangent[i]);
        result.active = a.active | b.active;
        return result;
    }

    bool depends_on(std::size_t direction) const noexcept { return active >> direction & 1; }

    template <class X>
    Dual& operator+=(const X& x) { return *this = *this + x; }
    template <class X>
    Dual& operator-=(const X& x) { return *this = *this - x; }
    template <class X>
    Dual& operator*=(const X& x) { return *this = *this * x; }
    template <class X>
    Dual& operator/=(const X& x) { return *this = *this / x; }
};

} // namespace xgrad

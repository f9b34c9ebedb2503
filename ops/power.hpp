/// @file
/// Powers and roots.
#pragma once

#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/piecewise.hpp>

namespace xgrad {

namespace ops {

struct Pow : Binary {
    static constexpr OpInfo info{"pow", "a^b", "b a^(b - 1); y log(a), or 0 if a = 0 and b >= 0", 0.3, 2};
    static constexpr Saves saves = parent(0) | parent(1) | Saves::result;
    template <class V>
    V value(const V& a, const V& b) const { return pow(a, b); }
    // Where a formula would come to 0 times infinity it takes 1 for the base, which gives 0 at every order.
    template <class V>
    V vjp_a(const V& g, const V& a, const V& b, const V&) const {
        const V base = where(abs(b) <= 0, where(abs(a) <= 0, 1, a), a);
        return g * b * pow(base, b - 1);
    }
    template <class V>
    V vjp_b(const V& g, const V& a, const V& b, const V& y) const {
        const V base = where(b >= 0, where(abs(a) <= 0, 1, a), a);
        return g * y * log(base);
    }
};

struct Square : Unary {
    static constexpr OpInfo info{"square", "x^2", "2 x"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return x * x; }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return 2 * g * x; }
};

struct Sqrt : Unary {
    static constexpr OpInfo info{"sqrt", "sqrt(x)", "1 / (2 y)", 0.3, 3};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return sqrt(x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g / (2 * y); }
};

struct Rsqrt : Unary {
    static constexpr OpInfo info{"rsqrt", "1 / sqrt(x)", "-y^3 / 2", 0.4, 3};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return 1 / sqrt(x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g * y * y * y / -2; }
};

struct Cbrt : Unary {
    static constexpr OpInfo info{"cbrt", "x^(1/3)", "1 / (3 y^2)", 0.3, 3};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return cbrt(x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g / (3 * y * y); }
};

struct Reciprocal : Unary {
    static constexpr OpInfo info{"reciprocal", "1 / x", "-y^2", 0.5, 3};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return 1 / x; }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return -g * y * y; }
};

struct Hypot : Binary {
    static constexpr OpInfo info{"hypot", "sqrt(a^2 + b^2)", "a / y, or 0 if y = 0; b / y, or 0 if y = 0",
                                 -2, 2, 0};
    static constexpr Saves saves = parent(0) | parent(1) | Saves::result;
    template <class V>
    V value(const V& a, const V& b) const { return hypot(a, b); }
    template <class V>
    V vjp_a(const V& g, const V& a, const V&, const V& y) const { return g * ratio(a, y); }
    template <class V>
    V vjp_b(const V& g, const V&, const V& b, const V& y) const { return g * ratio(b, y); }

  private:
    template <class V>
    static V ratio(const V& x, const V& y) { return where(y <= 0, 0, x / where(y <= 0, 1, y)); }
};

using PowerOps = OpList<Pow, Square, Sqrt, Rsqrt, Cbrt, Reciprocal, Hypot>;

} // namespace ops

/// a^b, elementwise, with NaN for a negative base and an exponent that is no integer. The derivative with
/// respect to the exponent is 0 where a = 0 and b >= 0, and NaN for a negative base. Shapes broadcast; either
/// argument may be an array or a scalar. A scalar exponent of -3, -2, ... or 4 costs a few multiplications.
/// @throws ShapeError if the shapes do not broadcast
XGRAD_BINARY(pow, ops::Pow)

/// x^2, elementwise.
XGRAD_UNARY(square, ops::Square)

/// The square root, elementwise: NaN for negative elements; the derivative is infinite at 0.
XGRAD_UNARY(sqrt, ops::Sqrt)

/// 1 / sqrt(x), elementwise.
XGRAD_UNARY(rsqrt, ops::Rsqrt)

/// The real cube root, elementwise: negative for negative elements; the derivative is infinite at 0.
XGRAD_UNARY(cbrt, ops::Cbrt)

/// 1 / x, elementwise.
XGRAD_UNARY(reciprocal, ops::Reciprocal)

/// sqrt(a^2 + b^2), elementwise, without overflow or underflow on the way; both derivatives are 0 at (0, 0).
/// Shapes broadcast; either argument may be an array or a scalar.
/// @throws ShapeError if the shapes do not broadcast
XGRAD_BINARY(hypot, ops::Hypot)

} // namespace xgrad

/// @file
/// Trigonometric functions, of angles in radians.
#pragma once

#include <xgrad/ops/power.hpp>

namespace xgrad {

namespace ops {

struct Sin : Unary {
    static constexpr OpInfo info{"sin", "sin(x)", "cos(x)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return sin(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g * cos(x); }
};

struct Cos : Unary {
    static constexpr OpInfo info{"cos", "cos(x)", "-sin(x)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return cos(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return -g * sin(x); }
};

struct Tan : Unary {
    static constexpr OpInfo info{"tan", "tan(x)", "1 + y^2", -1.1, 1.1};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return tan(x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g * (1 + y * y); }
};

struct Asin : Unary {
    static constexpr OpInfo info{"asin", "arcsin(x)", "1 / sqrt(1 - x^2)", -0.8, 0.8};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return asin(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g / sqrt((1 - x) * (1 + x)); }
};

struct Acos : Unary {
    static constexpr OpInfo info{"acos", "arccos(x)", "-1 / sqrt(1 - x^2)", -0.8, 0.8};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return acos(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return -g / sqrt((1 - x) * (1 + x)); }
};

struct Atan : Unary {
    static constexpr OpInfo info{"atan", "arctan(x)", "1 / (1 + x^2)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return atan(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g / (1 + x * x); }
};

struct Atan2 : Binary {
    static constexpr OpInfo info{"atan2", "the angle of the point (b, a)",
                                 "b / (a^2 + b^2), or 0 if a = b = 0; -a / (a^2 + b^2), or 0 if a = b = 0",
                                 -2, 2, 0};
    static constexpr Saves saves = parent(0) | parent(1);
    template <class V>
    V value(const V& a, const V& b) const { return atan2(a, b); }
    template <class V>
    V vjp_a(const V& g, const V& a, const V& b, const V&) const { return g * over_square(b, hypot(a, b)); }
    template <class V>
    V vjp_b(const V& g, const V& a, const V& b, const V&) const { return -g * over_square(a, hypot(a, b)); }

  private:
    template <class V>
    static V over_square(const V& x, const V& radius) {
        const V r = where(radius <= 0, 1, radius);
        return where(radius <= 0, 0, x / r / r);
    }
};

using TrigonometricOps = OpList<Sin, Cos, Tan, Asin, Acos, Atan, Atan2>;

} // namespace ops

/// The sine, elementwise.
XGRAD_UNARY(sin, ops::Sin)

/// The cosine, elementwise.
XGRAD_UNARY(cos, ops::Cos)

/// The tangent, elementwise.
XGRAD_UNARY(tan, ops::Tan)

/// The arcsine, in [-pi/2, pi/2], elementwise: NaN outside [-1, 1]; the derivative is infinite at -1 and 1.
XGRAD_UNARY(asin, ops::Asin)

/// The arccosine, in [0, pi], elementwise: NaN outside [-1, 1]; the derivative is infinite at -1 and 1.
XGRAD_UNARY(acos, ops::Acos)

/// The arctangent, in [-pi/2, pi/2], elementwise.
XGRAD_UNARY(atan, ops::Atan)

/// The angle of the point (b, a) in [-pi, pi], elementwise: arctan(a / b) in the right quadrant, as
/// std::atan2. Both derivatives are 0 at (0, 0). Shapes broadcast; either argument may be an array or a
/// scalar.
/// @throws ShapeError if the shapes do not broadcast
XGRAD_BINARY(atan2, ops::Atan2)

} // namespace xgrad

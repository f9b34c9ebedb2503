/// @file
/// Hyperbolic functions.
#pragma once

#include <xgrad/ops/power.hpp>

namespace xgrad {

namespace ops {

struct Sinh : Unary {
    static constexpr OpInfo info{"sinh", "sinh(x)", "cosh(x)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return sinh(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g * cosh(x); }
};

struct Cosh : Unary {
    static constexpr OpInfo info{"cosh", "cosh(x)", "sinh(x)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return cosh(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g * sinh(x); }
};

struct Tanh : Unary {
    static constexpr OpInfo info{"tanh", "tanh(x)", "1 - y^2"};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return tanh(x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g * (1 - y * y); }
};

struct Asinh : Unary {
    static constexpr OpInfo info{"asinh", "log(x + sqrt(x^2 + 1))", "1 / sqrt(x^2 + 1)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return asinh(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g / hypot(x, number<V>(1)); }
};

struct Acosh : Unary {
    static constexpr OpInfo info{"acosh", "log(x + sqrt(x^2 - 1))", "1 / sqrt(x^2 - 1)", 1.3, 4};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return acosh(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g / (sqrt(x - 1) * sqrt(x + 1)); }
};

struct Atanh : Unary {
    static constexpr OpInfo info{"atanh", "log((1 + x) / (1 - x)) / 2", "1 / (1 - x^2)", -0.7, 0.7};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return atanh(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g / ((1 - x) * (1 + x)); }
};

using HyperbolicOps = OpList<Sinh, Cosh, Tanh, Asinh, Acosh, Atanh>;

} // namespace ops

/// (e^x - e^-x) / 2, elementwise.
XGRAD_UNARY(sinh, ops::Sinh)

/// (e^x + e^-x) / 2, elementwise.
XGRAD_UNARY(cosh, ops::Cosh)

/// sinh(x) / cosh(x), elementwise.
XGRAD_UNARY(tanh, ops::Tanh)

/// The inverse of sinh, elementwise.
XGRAD_UNARY(asinh, ops::Asinh)

/// The inverse of cosh, elementwise: NaN below 1; the derivative is infinite at 1.
XGRAD_UNARY(acosh, ops::Acosh)

/// The inverse of tanh, elementwise: infinite at -1 and 1, NaN beyond.
XGRAD_UNARY(atanh, ops::Atanh)

} // namespace xgrad

/// @file
/// Exponentials and logarithms.
#pragma once

#include <xgrad/ops/elementwise.hpp>

#include <numbers>

namespace xgrad {

namespace ops {

struct Exp : Unary {
    static constexpr OpInfo info{"exp", "e^x", "y"};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return exp(x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g * y; }
};

struct Expm1 : Unary {
    static constexpr OpInfo info{"expm1", "e^x - 1", "y + 1"};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return expm1(x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g * (y + 1); }
};

struct Exp2 : Unary {
    static constexpr OpInfo info{"exp2", "2^x", "y log(2)"};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return exp2(x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g * y * number<V>(std::numbers::ln2); }
};

struct Log : Unary {
    static constexpr OpInfo info{"log", "log(x)", "1 / x", 0.3, 3};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return log(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g / x; }
};

struct Log1p : Unary {
    static constexpr OpInfo info{"log1p", "log(1 + x)", "1 / (1 + x)", -0.7, 2};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return log1p(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g / (1 + x); }
};

struct Log2 : Unary {
    static constexpr OpInfo info{"log2", "log(x) / log(2)", "1 / (x log(2))", 0.3, 3};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return log2(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g / x * number<V>(std::numbers::log2e); }
};

struct Log10 : Unary {
    static constexpr OpInfo info{"log10", "log(x) / log(10)", "1 / (x log(10))", 0.3, 3};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return log10(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g / x * number<V>(std::numbers::log10e); }
};

using ExponentialOps = OpList<Exp, Expm1, Exp2, Log, Log1p, Log2, Log10>;

} // namespace ops

/// e^x, elementwise: infinite above 88.37 in float and 709.4 in double, 0 below -87.3 and -708.4.
XGRAD_UNARY(exp, ops::Exp)

/// e^x - 1, elementwise, with all digits also near 0.
XGRAD_UNARY(expm1, ops::Expm1)

/// 2^x, elementwise: infinite above 127 in float and 1023 in double, 0 below -126 and -1022.
XGRAD_UNARY(exp2, ops::Exp2)

/// The natural logarithm, elementwise: -infinity at 0, NaN below.
XGRAD_UNARY(log, ops::Log)

/// log(1 + x), elementwise, with all digits also near 0.
XGRAD_UNARY(log1p, ops::Log1p)

/// The logarithm to base 2, elementwise.
XGRAD_UNARY(log2, ops::Log2)

/// The logarithm to base 10, elementwise.
XGRAD_UNARY(log10, ops::Log10)

} // namespace xgrad

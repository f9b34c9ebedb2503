/// @file
/// Special functions.
#pragma once

#include <xgrad/ops/exponential.hpp>

namespace xgrad {

namespace ops {

struct Erf : Unary {
    static constexpr OpInfo info{"erf", "erf(x)", "2 / sqrt(pi) e^(-x^2)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return erf(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const {
        return g * number<V>(2 * std::numbers::inv_sqrtpi) * exp(-x * x);
    }
};

struct Erfc : Unary {
    static constexpr OpInfo info{"erfc", "1 - erf(x)", "-2 / sqrt(pi) e^(-x^2)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return erfc(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const {
        return g * number<V>(-2 * std::numbers::inv_sqrtpi) * exp(-x * x);
    }
};

using SpecialOps = OpList<Erf, Erfc>;

} // namespace ops

/// The error function 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x, elementwise.
XGRAD_UNARY(erf, ops::Erf)

/// 1 - erf(x), elementwise, with all digits also for large x.
XGRAD_UNARY(erfc, ops::Erfc)

} // namespace xgrad

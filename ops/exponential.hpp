/// @file
/// Exponentials and logarithms.
#pragma once

#include <xgrad/ops/arithmetic.hpp>

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

using ExponentialOps = OpList<Exp>;

} // namespace ops

/// e^x, elementwise.
XGRAD_UNARY(exp, ops::Exp)

} // namespace xgrad

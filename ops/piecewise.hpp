/// @file
/// Operations that treat parts of the number line differently: comparisons, choices, rounding.
#pragma once

#include <xgrad/ops/elementwise.hpp>

namespace xgrad {

namespace ops {

/// Masks are the constants 1 and 0.
struct Less : Binary {
    static constexpr OpInfo info{"less", "1 if a < b else 0", "none"};
    static constexpr Saves saves = Saves::nothing;
    static constexpr bool differentiable = false;
    template <class V>
    V value(const V& a, const V& b) const { return where(a < b, V(1), V(0)); }
};

struct LessEqual : Binary {
    static constexpr OpInfo info{"less_equal", "1 if a <= b else 0", "none"};
    static constexpr Saves saves = Saves::nothing;
    static constexpr bool differentiable = false;
    template <class V>
    V value(const V& a, const V& b) const { return where(a <= b, V(1), V(0)); }
};

using PiecewiseOps = OpList<Less, LessEqual>;

} // namespace ops
} // namespace xgrad

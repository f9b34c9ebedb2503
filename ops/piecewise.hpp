/// @file
/// Operations that treat parts of the number line differently: signs, rounding, comparisons, choices.
#pragma once

#include <xgrad/ops/elementwise.hpp>

namespace xgrad {

namespace ops {

struct Abs : Unary {
    static constexpr OpInfo info{"abs", "|x|", "sign(x)", -2, 2, 0};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return abs(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g * sign(x); }
};

/// Constant between its jumps.
struct Step : Unary {
    static constexpr Saves saves = Saves::nothing;
    static constexpr bool differentiable = false;
};

struct Sign : Step {
    static constexpr OpInfo info{"sign", "1 if x > 0, -1 if x < 0, else x", "0", -2, 2, 0};
    template <class V>
    V value(const V& x) const { return where(x > 0, 1, where(x < 0, -1, x)); }
};

struct Floor : Step {
    static constexpr OpInfo info{"floor", "the largest integer <= x", "0", 0.1, 0.9};
    template <class V>
    V value(const V& x) const { return floor(x); }
};

struct Ceil : Step {
    static constexpr OpInfo info{"ceil", "the smallest integer >= x", "0", 0.1, 0.9};
    template <class V>
    V value(const V& x) const { return ceil(x); }
};

struct Round : Step {
    static constexpr OpInfo info{"round", "the nearest integer, halves to even", "0", -0.4, 0.4};
    template <class V>
    V value(const V& x) const { return nearbyint(x); }
};

struct Maximum : Binary {
    static constexpr OpInfo info{"maximum", "the larger of a and b",
                                 "1 if a > b, 1/2 if a = b, else 0; 1 if b > a, 1/2 if a = b, else 0",
                                 -2, 2, 1e300, false};
    static constexpr Saves saves = parent(0) | parent(1);
    template <class V>
    V value(const V& a, const V& b) const { return where(a > b, a, where(a <= b, b, a + b)); }
    template <class V>
    V vjp_a(const V& g, const V& a, const V& b, const V&) const {
        return where(a > b, g, where(a < b, 0, g / 2));
    }
    template <class V>
    V vjp_b(const V& g, const V& a, const V& b, const V&) const {
        return where(a < b, g, where(a > b, 0, g / 2));
    }
};

struct Minimum : Binary {
    static constexpr OpInfo info{"minimum", "the smaller of a and b",
                                 "1 if a < b, 1/2 if a = b, else 0; 1 if b < a, 1/2 if a = b, else 0",
                                 -2, 2, 1e300, false};
    static constexpr Saves saves = parent(0) | parent(1);
    template <class V>
    V value(const V& a, const V& b) const { return where(a < b, a, where(a >= b, b, a + b)); }
    template <class V>
    V vjp_a(const V& g, const V& a, const V& b, const V&) const {
        return where(a < b, g, where(a > b, 0, g / 2));
    }
    template <class V>
    V vjp_b(const V& g, const V& a, const V& b, const V&) const {
        return where(a > b, g, where(a < b, 0, g / 2));
    }
};

struct Clip : Unary {
    static constexpr OpInfo info{"clip", "low if x < low, high if x > high, else x",
                                 "1 if low <= x <= high, else 0", -2, 2, 1};
    static constexpr Saves saves = parent(0);
    double low = -1, high = 1;
    template <class V>
    V value(const V& x) const {
        const V least = number<V>(low), most = number<V>(high);
        return where(x < least, least, where(x > most, most, x));
    }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const {
        return where(x >= number<V>(low), where(x <= number<V>(high), g, 0), 0);
    }
};

struct Where : Select {
    static constexpr OpInfo info{"where", "a if the mask is not 0, else b",
                                 "1 if the mask is not 0, else 0; 1 if the mask is 0, else 0"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& mask, const V& a, const V& b) const { return where(mask, a, b); }
    template <class V>
    V vjp_b(const V& g, const V& mask, const V&, const V&, const V&) const { return where(mask, g, 0); }
    template <class V>
    V vjp_c(const V& g, const V& mask, const V&, const V&, const V&) const { return where(mask, 0, g); }
};

struct Less : Comparison {
    static constexpr OpInfo info{"less", "1 if a < b, else 0", "none"};
    template <class V>
    V value(const V& a, const V& b) const { return where(a < b, V(1), V(0)); }
};

struct LessEqual : Comparison {
    static constexpr OpInfo info{"less_equal", "1 if a <= b, else 0", "none"};
    template <class V>
    V value(const V& a, const V& b) const { return where(a <= b, V(1), V(0)); }
};

struct Greater : Comparison {
    static constexpr OpInfo info{"greater", "1 if a > b, else 0", "none"};
    template <class V>
    V value(const V& a, const V& b) const { return where(a > b, V(1), V(0)); }
};

struct GreaterEqual : Comparison {
    static constexpr OpInfo info{"greater_equal", "1 if a >= b, else 0", "none"};
    template <class V>
    V value(const V& a, const V& b) const { return where(a >= b, V(1), V(0)); }
};

struct Equal : Comparison {
    static constexpr OpInfo info{"equal", "1 if a = b, else 0", "none"};
    template <class V>
    V value(const V& a, const V& b) const { return where(a == b, V(1), V(0)); }
};

struct NotEqual : Comparison {
    static constexpr OpInfo info{"not_equal", "0 if a = b, else 1", "none"};
    template <class V>
    V value(const V& a, const V& b) const { return where(a == b, V(0), V(1)); } // xsimd's != fails for NaN
};

using PiecewiseOps = OpList<Abs, Sign, Floor, Ceil, Round, Maximum, Minimum, Clip, Where, Less, LessEqual,
                            Greater, GreaterEqual, Equal, NotEqual>;

/// @throws ValueError naming `operation` if `low` is greater than `high`, or one of them is NaN
void check_bounds(const char* operation, double low, double high, const Location& at);

} // namespace ops

/// |x|, elementwise. The derivative at 0 is 0.
XGRAD_UNARY(abs, ops::Abs)

/// 1 for positive elements, -1 for negative ones, 0 for 0 and NaN for NaN. The gradient is 0.
XGRAD_UNARY(sign, ops::Sign)

/// The largest integer that is not above x, elementwise. The gradient is 0.
XGRAD_UNARY(floor, ops::Floor)

/// The smallest integer that is not below x, elementwise. The gradient is 0.
XGRAD_UNARY(ceil, ops::Ceil)

/// The nearest integer, elementwise; halves go to the even one, as in NumPy: 0.5 to 0, 1.5 to 2. The gradient
/// is 0.
XGRAD_UNARY(round, ops::Round)

/// The larger of a and b, elementwise; NaN if one of them is, as in NumPy. The gradient goes to the larger,
/// half to each at a tie, as in PyTorch. Shapes broadcast; either argument may be an array or a scalar.
/// @throws ShapeError if the shapes do not broadcast
XGRAD_BINARY(maximum, ops::Maximum)

/// The smaller of a and b, elementwise; otherwise as maximum().
/// @throws ShapeError if the shapes do not broadcast
XGRAD_BINARY(minimum, ops::Minimum)

/// x limited to [low, high], elementwise; NaN stays NaN. For a bound on one side only, let the other be
/// infinite. The derivative is 1 on the closed interval and 0 outside, as in PyTorch.
/// @throws ValueError if low > high, or one of them is NaN
template <class T>
Variable<T> clip(const Variable<T>& x, double low, double high, Location at = Location::current()) {
    ops::check_bounds("clip", low, high, at);
    return ops::apply(ops::Clip{{}, low, high}, Operand<T>(x, at));
}
template <class V, std::size_t N>
Dual<V, N> clip(const Dual<V, N>& x, double low, double high) {
    return ops::apply_dual(ops::Clip{{}, low, high}, x);
}

/// `a` where the mask is not 0, `b` elsewhere. The mask may be a Variable (`x > 0`) or any array of numbers
/// or truth values; `a` and `b` Variables, arrays or scalars; one of the three must be a Variable. Shapes
/// broadcast. The gradient goes to the elements that were chosen, and none to the mask.
/// @throws ShapeError if the shapes do not broadcast
template <class M, class A, class B>
    requires Operands<M, A, B>
Variable<element_of<A, B, M>> where(const M& mask, const A& a, const B& b,
                                    Location at = Location::current()) {
    using T = element_of<A, B, M>;
    return ops::apply(ops::Where{}, Operand<T>(mask, at), Operand<T>(a, at), Operand<T>(b, at));
}

/// A comparison by name: a mask, which is a constant with 1 where the comparison holds and 0 elsewhere. Nothing
/// is recorded. Shapes broadcast; either argument may be an array or a scalar. No comparison with NaN holds but
/// not_equal(). It is an object because of an array's own functions of these names: xtensor's would be preferred
/// to ours, and end the program where they cannot throw ShapeError.
template <class Op>
struct ComparisonFunction {
    /// @throws ShapeError if the shapes do not broadcast
    template <class A, class B>
        requires Operands<A, B>
    Variable<element_of<A, B>> operator()(const A& a, const B& b, Location at = Location::current()) const {
        using T = element_of<A, B>;
        return ops::apply(Op{}, Operand<T>(a, at), Operand<T>(b, at));
    }
    /// Over the dual numbers of fuse(): a mask for where().
    template <class A, class B>
        requires DualOperands<A, B>
    auto operator()(const A& a, const B& b) const {
        return ops::apply_dual(Op{}, a, b) > 0;
    }
};

/// The mask of a < b, as the operator.
inline constexpr ComparisonFunction<ops::Less> less;
/// The mask of a <= b, as the operator.
inline constexpr ComparisonFunction<ops::LessEqual> less_equal;
/// The mask of a > b, as the operator.
inline constexpr ComparisonFunction<ops::Greater> greater;
/// The mask of a >= b, as the operator.
inline constexpr ComparisonFunction<ops::GreaterEqual> greater_equal;
/// The mask of the elements that are equal. (As in xtensor, == is not elementwise.)
inline constexpr ComparisonFunction<ops::Equal> equal;
/// The mask of the elements that differ.
inline constexpr ComparisonFunction<ops::NotEqual> not_equal;

} // namespace xgrad

/// @file
/// The frame of elementwise operations. One is a small struct that states its value and its vector-Jacobian product as
/// formulas over any number type V:
///
/// @code
/// struct Tanh : Unary {
///     static constexpr OpInfo info{"tanh", "tanh(x)", "1 - y^2"};
///     static constexpr Saves saves = Saves::result;
///     template <class V> V value(const V& x) const { return tanh(x); }
///     template <class V> V vjp(const V& g, const V&, const V& y) const { return g * (1 - y * y); }
/// };
/// @endcode
///
/// With SIMD batches for V the formulas are the loops of the forward and backward passes; with Variables they are graphs,
/// which gives every higher order; with g a tangent they are forward mode; with dual numbers they serve fuse().
/// `g` is the adjoint of the result, `x` (or `a`, `b`, `c`) the operands, `y` the result. What `saves` leaves out is not
/// there to read.
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/dual.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

namespace xgrad {

/// What the documentation's table and the gradient tests know of an elementwise operation.
struct OpInfo {
    const char* name;
    const char* value;       ///< the formula of the value
    const char* derivative;  ///< the formula of the derivative, or of each partial derivative, separated by "; "
    double low = -2;         ///< tests draw operands from (low, high) ...
    double high = 2;
    double kink = 1e300;     ///< ... but not near here or its negative, where the derivative jumps,
    bool ties = true;        ///< ... and, if false, with no two operands near each other
};

namespace ops {

struct Unary {
    static constexpr std::size_t arity = 1;
    static constexpr bool differentiable = true;
};
struct Binary {
    static constexpr std::size_t arity = 2;
    static constexpr bool differentiable = true;
};
/// Its result is a mask, a constant of ones and zeros: it is never recorded.
struct Comparison : Binary {
    static constexpr bool differentiable = false;
    static constexpr Saves saves = Saves::nothing;
};
/// Of the three operands the first is a mask, for which there is no derivative.
struct Select {
    static constexpr std::size_t arity = 3;
    static constexpr bool differentiable = true;
};

/// The operations of one family: its gradient tests and its rows in the documentation follow from being in the list.
template <class... Op>
struct OpList {};

/// A function over constants and Variables of one element type.
template <class T>
using OpFunction = Variable<T> (*)(detail::Parents<T>, const Location&);

/// One operation of a list.
struct OpEntry {
    OpInfo info;
    std::size_t arity;
    bool differentiable;
    OpFunction<float> apply_float;
    OpFunction<double> apply_double;
};

/// The number `value` in the type that a formula computes in: for Variables a constant.
template <class V, class T = typename V::value_type>
V number(double value) {
    if constexpr (detail::is_variable<V>) {
        return V(Tensor<T>(Shape{}, static_cast<T>(value)), false);
    } else {
        return V(static_cast<T>(value));
    }
}

/// `a` where the mask holds, `b` elsewhere: for formulas over SIMD batches what xgrad::where() is over Variables. The
/// mask is a comparison's, or numbers of which all but 0 are true; one of `a` and `b` may be a literal.
template <class Mask, class A, class B>
    requires(!detail::is_variable<Mask>)
auto where(const Mask& mask, const A& a, const B& b) {
    if constexpr (std::is_arithmetic_v<A>) {
        return where(mask, number<B>(a), b);
    } else if constexpr (std::is_arithmetic_v<B>) {
        return where(mask, a, number<A>(b));
    } else if constexpr (std::is_same_v<Mask, A>) {
        return select(mask == A(0), b, a);
    } else {
        return select(mask, a, b);
    }
}

/// The rule of `op` for operand K as a function of (g, operands..., y).
template <std::size_t K, class Op, class V, class... X>
V rule(const Op& op, const V& g, const X&... operands_and_result) {
    if constexpr (Op::arity == 1) {
        return op.vjp(g, operands_and_result...);
    } else if constexpr (K == 0) {
        return op.vjp_a(g, operands_and_result...);
    } else if constexpr (K == 1) {
        return op.vjp_b(g, operands_and_result...);
    } else {
        return op.vjp_c(g, operands_and_result...);
    }
}

/// Whether `op` has a rule for operand K at all.
template <std::size_t K, class Op>
inline constexpr bool has_rule = Op::differentiable && !(std::is_base_of_v<Select, Op> && K == 0);

/// Applies `op` to operands that broadcast, and records it. Compiled once for each operation in a list.
/// @param temporaries  bit k: nobody uses operand k after this call, so the result may take over its memory
/// @throws ShapeError if the operands do not broadcast
template <class Op, class T>
Variable<T> elementwise(const Op& op, detail::Parents<T> operands, const Location& at, unsigned temporaries = 0);

template <class Op, class T, class... Rest>
Variable<T> apply(const Op& op, const Operand<T>& first, const Rest&... rest) {
    const Variable<T>* const operands[] = {&first.variable(), &rest.variable()...};
    unsigned temporaries = 0, bit = 1;
    const auto note = [&](const Operand<T>& operand) {
        if (operand.is_temporary()) temporaries |= bit;
        bit <<= 1;
    };
    note(first);
    (note(rest), ...);
    return elementwise<Op, T>(op, operands, first.at(), temporaries);
}

} // namespace ops

/// Defines `function(x)` for an elementwise operation of one operand: over Variables, and over dual numbers for fuse().
#define XGRAD_UNARY(function, Op)                                                                                        \
    template <class T>                                                                                                   \
    Variable<T> function(const Variable<T>& x, Location at = Location::current()) {                                      \
        return ops::apply(Op{}, Operand<T>(x, at));                                                                      \
    }                                                                                                                    \
    template <class T>                                                                                                   \
    Variable<T> function(Variable<T>&& x, Location at = Location::current()) {                                           \
        return ops::apply(Op{}, Operand<T>(std::move(x), at));                                                           \
    }                                                                                                                    \
    template <class V, std::size_t N>                                                                                    \
    Dual<V, N> function(const Dual<V, N>& x) {                                                                           \
        return ops::apply_dual(Op{}, x);                                                                                 \
    }

/// Defines `function(a, b)` for an elementwise operation of two operands, of which one may be an array or a scalar.
#define XGRAD_BINARY(function, Op)                                                                                       \
    template <class A, class B>                                                                                          \
        requires Operands<std::remove_cvref_t<A>, std::remove_cvref_t<B>>                                                \
    Variable<element_of<A, B>> function(A&& a, B&& b, Location at = Location::current()) {                               \
        using T = element_of<A, B>;                                                                                      \
        return ops::apply(Op{}, Operand<T>(std::forward<A>(a), at), Operand<T>(std::forward<B>(b), at));                 \
    }                                                                                                                    \
    template <class A, class B>                                                                                          \
        requires DualOperands<A, B>                                                                                      \
    auto function(const A& a, const B& b) {                                                                              \
        return ops::apply_dual(Op{}, a, b);                                                                              \
    }

} // namespace xgrad

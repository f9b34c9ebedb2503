/// @file
/// The losses of classification, from logits: fused, so that they are stable and take one pass each way.
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/reduction.hpp>

#include <concepts>
#include <cstdint>

namespace xgrad {

namespace ops {

template <class T>
Variable<T> cross_entropy(const Variable<T>& logits, Tensor<std::int64_t> labels, Reduction reduction,
                          const Location& at);

template <class T>
Variable<T> binary_cross_entropy_with_logits(const Operand<T>& logits, const Operand<T>& targets,
                                             Reduction reduction);

} // namespace ops

/// A label, or an array of them.
template <class L>
concept Labels = IndexExpression<L> ||(std::integral<L> && !std::same_as<L, bool>);

/// The cross-entropy of the classes that `logits` predict and those that are right, -log(softmax(x)_label)
/// for each row x of logits.
/// @param logits     of shape (N, C); or (C) for a single example
/// @param labels     integers in [0, C), of shape (N); or a single one
/// @param reduction  what becomes of the N losses; PyTorch's default
/// @throws ShapeError if the logits are neither a matrix nor a vector, or there are not as many labels as
/// rows
/// @throws IndexError if a label is not in [0, C); it names the label and the row
/// @throws ValueError if there are no rows or no classes
template <class T, Labels L>
Variable<T> cross_entropy(const Variable<T>& logits, const L& labels, Reduction reduction = Reduction::mean,
                          Location at = Location::current()) {
    if constexpr (std::integral<L>) {
        return ops::cross_entropy(logits, Tensor<std::int64_t>(Shape{}, static_cast<std::int64_t>(labels)),
                                  reduction, at);
    } else {
        return ops::cross_entropy(logits, evaluate<std::int64_t>(labels, at), reduction, at);
    }
}

/// The cross-entropy of probabilities sigmoid(x) and `targets` t, elementwise
/// -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)) = max(x, 0) - x t + log(1 + e^-|x|).
/// Either argument may be a Variable, an array or a scalar; both may require a gradient.
/// @param targets    in [0, 1], of the logits' shape
/// @param reduction  what becomes of the losses; PyTorch's default
/// @throws ShapeError if the shapes differ
/// @throws ValueError if a target is not in [0, 1], or the mean is to be taken of nothing
template <class X, class Y>
    requires Operands<X, Y>
Variable<element_of<X, Y>> binary_cross_entropy_with_logits(const X& logits, const Y& targets,
                                                            Reduction reduction = Reduction::mean,
                                                            Location at = Location::current()) {
    using T = element_of<X, Y>;
    return ops::binary_cross_entropy_with_logits<T>(Operand<T>(logits, at), Operand<T>(targets, at),
                                                    reduction);
}

} // namespace xgrad

/// @file
/// Losses of classification into several classes, with weights, smoothed labels and labels to ignore.
#pragma once

#include <xgrad/ops/cross_entropy.hpp>

#include <concepts>
#include <cstdint>
#include <vector>

namespace xgrad::nn {

/// A label that stands for "none", by default: the example counts for nothing.
inline constexpr std::int64_t ignored_label = -100;

struct NllOptions {
    std::vector<double> weight{};              ///< of each class; none means 1
    std::int64_t ignore_index = ignored_label; ///< a label whose examples count for nothing
    Reduction reduction = Reduction::mean;     ///< the mean divides by the weights of the examples' classes
};

struct CrossEntropyOptions {
    std::vector<double> weight{};              ///< of each class; none means 1
    std::int64_t ignore_index = ignored_label; ///< a label whose examples count for nothing
    Reduction reduction = Reduction::mean;     ///< the mean divides by the weights of the examples' classes
    double label_smoothing = 0; ///< in [0, 1]: the share of a label that is spread evenly over all classes
};

struct MultiMarginOptions {
    double margin = 1;
    Reduction reduction = Reduction::mean;
};

/// Labels as probabilities of the classes.
template <class Y>
concept SoftLabels = xgrad::detail::is_variable<std::decay_t<Y>> ||
                     (ArrayExpression<Y> && std::floating_point<typename std::decay_t<Y>::value_type>);

namespace detail {

template <class L>
Tensor<std::int64_t> labels(const L& labels, const Location& at) {
    if constexpr (std::integral<L>) {
        return Tensor<std::int64_t>(Shape{}, static_cast<std::int64_t>(labels));
    } else {
        return evaluate<std::int64_t>(labels, at);
    }
}

// The losses below, compiled once for each type.
template <class T>
Variable<T> cross_entropy(const Variable<T>& logits, const Tensor<std::int64_t>& labels,
                          const CrossEntropyOptions& options, const Location& at);
template <class T>
Variable<T> soft_cross_entropy(const Operand<T>& logits, const Operand<T>& probabilities,
                               const CrossEntropyOptions& options);
template <class T>
Variable<T> nll_loss(const Variable<T>& log_probabilities, const Tensor<std::int64_t>& labels,
                     const NllOptions& options, const Location& at);
template <class T>
Variable<T> multi_margin_loss(const Variable<T>& scores, const Tensor<std::int64_t>& labels,
                              const MultiMarginOptions& options, const Location& at);

} // namespace detail

using xgrad::cross_entropy;

/// The cross-entropy of logits and labels, with options. With weights w, smoothing s and C classes, for a row x with
/// label k
/// -(1 - s) w_k log softmax(x)_k - s / C sum_c w_c log softmax(x)_c; the mean divides by the sum of the w_k.
/// @param logits  of shape (N, C); or (C) for a single example
/// @param labels  integers in [0, C), or `ignore_index`, of shape (N); or a single one
/// @throws ShapeError if the logits are neither a matrix nor a vector, or there are not as many labels as rows
/// @throws IndexError if a label is not in [0, C); it names the label and the row
/// @throws ValueError if there are no classes, an option is out of range, or the weights to divide by add up to 0
template <class T, Labels L>
Variable<T> cross_entropy(const Variable<T>& logits, const L& labels, const CrossEntropyOptions& options,
                          Location at = Location::current()) {
    return detail::cross_entropy(logits, detail::labels(labels, at), options, at);
}

/// The cross-entropy of logits and the probabilities t that the classes should have: for a row x
/// -sum_c w_c t_c log softmax(x)_c, where smoothing by s first turns t into (1 - s) t + s / C. The mean divides by N.
/// @param logits         of shape (N, C); or (C) for a single example
/// @param probabilities  in [0, 1], of the logits' shape; `ignore_index` does not apply
/// @throws ShapeError if the logits are neither a matrix nor a vector, or the shapes differ
/// @throws ValueError if a probability is not in [0, 1], there are no classes, an option is out of range, or the mean
/// is to be taken of nothing
template <class X, SoftLabels Y>
    requires Operands<X, Y>
Variable<element_of<X, Y>> cross_entropy(const X& logits, const Y& probabilities,
                                         const CrossEntropyOptions& options = {},
                                         Location at = Location::current()) {
    using T = element_of<X, Y>;
    return detail::soft_cross_entropy<T>(Operand<T>(logits, at), Operand<T>(probabilities, at), options);
}

/// The negative log-likelihood of labels k, -w_k l_k for each row l of log-probabilities; the mean divides by the sum
/// of the w_k. With log_softmax() it is cross_entropy(), which is faster.
/// @param log_probabilities  of shape (N, C); or (C) for a single example
/// @param labels             integers in [0, C), or `ignore_index`, of shape (N); or a single one
/// @throws ShapeError, IndexError, ValueError as cross_entropy()
template <class T, Labels L>
Variable<T> nll_loss(const Variable<T>& log_probabilities, const L& labels, const NllOptions& options = {},
                     Location at = Location::current()) {
    return detail::nll_loss(log_probabilities, detail::labels(labels, at), options, at);
}

/// The hinge loss of several classes: for a row x of scores with label k, 1 / C sum_{c != k} max(0, margin - x_k +
/// x_c).
/// @param scores  of shape (N, C); or (C) for a single example
/// @param labels  integers in [0, C), of shape (N); or a single one
/// @throws ShapeError if the scores are neither a matrix nor a vector, or there are not as many labels as rows
/// @throws IndexError if a label is not in [0, C); it names the label and the row
/// @throws ValueError if there are no classes, the margin is not above 0, or the mean is to be taken of nothing
template <class T, Labels L>
Variable<T> multi_margin_loss(const Variable<T>& scores, const L& labels, const MultiMarginOptions& options = {},
                              Location at = Location::current()) {
    return detail::multi_margin_loss(scores, detail::labels(labels, at), options, at);
}

} // namespace xgrad::nn

/// @file
/// Scores of predictions, for people to look at while a model is trained.
#pragma once

#include <xgrad/autodiff/variable.hpp>

namespace xgrad::nn {

namespace detail {

/// @throws ShapeError unless there is a label for each row of a matrix of logits
/// @throws ValueError if there are none
template <class T>
double accuracy(const Variable<T>& logits, const Tensor<std::int64_t>& labels, const Location& at);

struct Accuracy {
    template <class T, IndexExpression L>
    double operator()(const Variable<T>& logits, const L& labels, Location at = Location::current()) const {
        return accuracy(logits, evaluate<std::int64_t>(labels, at), at);
    }
};

} // namespace detail

/// The share of rows of `logits`, (N, classes), whose largest element is that of the label: `accuracy(model(x), labels)`.
/// Of equal ones the first counts, and a row with a NaN is wrong. A function object, to be given to fit() as it is.
/// @throws ShapeError unless there is a label for each row
/// @throws ValueError if there are none
inline constexpr detail::Accuracy accuracy;

} // namespace xgrad::nn

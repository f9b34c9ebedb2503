/// @file
/// Reductions: functions of all elements of an array, or of all that lie along some of its axes.
///
/// Each takes the axes to reduce, `sum(x, 1)`, `mean(x, {0, -1})`, where none means all of them; and
/// `keepdims`, which leaves a reduced axis in the result with an extent of 1, so that the result broadcasts
/// against `x`: `x - mean(x, {0}, keepdims)`. All of them throw IndexError for an axis that x does not have
/// and ValueError for an axis that is given twice.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// What a reduction's third argument is called: `max(x, 1, keepdims)`.
inline constexpr bool keepdims = true;

/// What becomes of the losses of a batch.
enum class Reduction {
    none, ///< they stay as they are: one for each example
    mean, ///< their mean
    sum,  ///< their sum
};

/// The sum of the elements; 0 if there are none. Float sums are added up in double.
template <class T>
Variable<T> sum(const Variable<T>& x, const Axes& axes = {}, bool keepdims = false,
                Location at = Location::current());

/// The mean of the elements, sum(x) / n.
/// @throws ValueError if there are no elements to take the mean of
template <class T>
Variable<T> mean(const Variable<T>& x, const Axes& axes = {}, bool keepdims = false,
                 Location at = Location::current());

/// The product of the elements; 1 if there are none. The derivative is the product of the other elements,
/// right also where some are zero.
template <class T>
Variable<T> prod(const Variable<T>& x, const Axes& axes = {}, bool keepdims = false,
                 Location at = Location::current());

/// The variance of the elements, sum((x - mean(x))^2) / (n - ddof), computed in two passes.
/// @param ddof  delta degrees of freedom: 0 for the population's variance (as NumPy), 1 for the unbiased
/// estimate
/// @throws ValueError if there are not more than `ddof` elements
template <class T>
Variable<T> var(const Variable<T>& x, const Axes& axes = {}, bool keepdims = false, std::size_t ddof = 0,
                Location at = Location::current());

/// The standard deviation of the elements, the root of var(x). Its derivative is defined as 0 where all
/// elements are equal. (Not named std, which no program that says `using namespace xgrad` could call.)
/// @copydetails var
template <class T>
Variable<T> stddev(const Variable<T>& x, const Axes& axes = {}, bool keepdims = false, std::size_t ddof = 0,
                   Location at = Location::current());

/// The largest element; NaN if there is one. Elements that tie share the gradient evenly, as in PyTorch's
/// amax.
/// @throws ValueError if there are no elements
template <class T>
Variable<T> max(const Variable<T>& x, const Axes& axes = {}, bool keepdims = false,
                Location at = Location::current());

/// The smallest element; NaN if there is one. Elements that tie share the gradient evenly, as in PyTorch's
/// amin.
/// @throws ValueError if there are no elements
template <class T>
Variable<T> min(const Variable<T>& x, const Axes& axes = {}, bool keepdims = false,
                Location at = Location::current());

/// The vector norm of the elements, whatever the number of axes: sum(|x|) for order 1, sqrt(sum(x^2)) for 2,
/// max(|x|) for infinity. Its derivative is defined as 0 where all elements are 0; for infinity, elements
/// that tie share it evenly. Order 2 neither overflows nor underflows on the way.
/// @param order  1, 2 or std::numeric_limits<double>::infinity()
/// @throws ValueError for another order, and for infinity if there are no elements
template <class T>
Variable<T> norm(const Variable<T>& x, double order = 2, const Axes& axes = {}, bool keepdims = false,
                 Location at = Location::current());

/// log(sum(exp(x))), computed as m + log(sum(exp(x - m))) with m = max(x), so that it is finite wherever it
/// should be; -inf if all elements are, with a gradient of 0, or if there are none.
template <class T>
Variable<T> logsumexp(const Variable<T>& x, const Axes& axes = {}, bool keepdims = false,
                      Location at = Location::current());

/// Sums over the axes along which `shape` was broadcast to x's shape: the one place where a gradient comes
/// back to its operand's shape.
/// @throws ShapeError if `shape` does not broadcast to x's shape
template <class T>
Variable<T> sum_to(const Variable<T>& x, const Shape& shape, Location at = Location::current());

} // namespace xgrad

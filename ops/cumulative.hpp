/// @file
/// Running sums and products along an axis.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// The running sum along an axis, y_k = x_0 + ... + x_k, of x's shape. Added up in double.
/// @param axis  negative ones count from the end
/// @throws IndexError if x has no such axis
template <class T>
Variable<T> cumsum(const Variable<T>& x, std::ptrdiff_t axis, Location at = Location::current());

/// The running product along an axis, y_k = x_0 x_1 ... x_k, of x's shape. The derivative divides by nothing,
/// so it is right also where some elements are zero.
/// @param axis  negative ones count from the end
/// @throws IndexError if x has no such axis
template <class T>
Variable<T> cumprod(const Variable<T>& x, std::ptrdiff_t axis, Location at = Location::current());

} // namespace xgrad

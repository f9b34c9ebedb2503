/// @file
/// Reductions.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// Sums over the axes along which `shape` was broadcast to x's shape: the one place where a gradient comes back to its
/// operand's shape.
/// @throws ShapeError if `shape` does not broadcast to x's shape
template <class T>
Variable<T> sum_to(const Variable<T>& x, const Shape& shape, Location at = Location::current());

} // namespace xgrad

/// @file
/// Operations that rearrange elements without computing with them.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// `x` stretched to `shape` by NumPy's rule.
/// @throws ShapeError if x does not broadcast to `shape`
template <class T>
Variable<T> broadcast_to(const Variable<T>& x, const Shape& shape, Location at = Location::current());

} // namespace xgrad

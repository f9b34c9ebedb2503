/// @file
/// Exchanging axes. Each makes a copy; for an operand of matmul(), MatmulOptions do without.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// The axes in another order: axis k of the result is axis `axes[k]` of x (torch.permute).
/// @param axes  each axis of x once; negative ones count from the end
/// @throws IndexError if an axis is out of range
/// @throws ShapeError if `axes` does not name every axis exactly once
template <class T>
Variable<T> permute(const Variable<T>& x, const Axes& axes, Location at = Location::current());

/// The axes in reverse order (numpy.transpose): of a matrix, y_ij = x_ji. A vector stays as it is.
template <class T>
Variable<T> transpose(const Variable<T>& x, Location at = Location::current());

/// Two axes exchanged (numpy.swapaxes): `swapaxes(x, -2, -1)` transposes each matrix of a stack.
/// @throws IndexError if an axis is out of range
template <class T>
Variable<T> swapaxes(const Variable<T>& x, std::ptrdiff_t axis1, std::ptrdiff_t axis2,
                     Location at = Location::current());

} // namespace xgrad

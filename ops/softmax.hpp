/// @file
/// Softmax and its logarithm along an axis.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// e^x / sum(e^x) along an axis, computed from x - max(x), so that it never overflows. The result has x's
/// shape.
/// @param axis  negative ones count from the end
/// @throws IndexError if x has no such axis
template <class T>
Variable<T> softmax(const Variable<T>& x, std::ptrdiff_t axis = -1, Location at = Location::current());

/// log(softmax(x)) = x - logsumexp(x) along an axis, which stays finite where softmax(x) underflows to 0.
/// @param axis  negative ones count from the end
/// @throws IndexError if x has no such axis
template <class T>
Variable<T> log_softmax(const Variable<T>& x, std::ptrdiff_t axis = -1, Location at = Location::current());

} // namespace xgrad

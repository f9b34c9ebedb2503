/// @file
/// Where the largest and the smallest elements are. Indices are integers and have no derivative.
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <cstdint>

namespace xgrad {

/// The index of the largest element in the flattened array: the first of those that tie, or of the NaNs if
/// there is one.
/// @throws ValueError if there are no elements
template <class T>
std::int64_t argmax(const Variable<T>& x, Location at = Location::current());

/// The index along `axis` of the largest elements: the first of those that tie, or of the NaNs if there is
/// one.
/// @param axis      negative ones count from the end
/// @param keepdims  leave the axis in the result with an extent of 1
/// @throws IndexError if x has no such axis
/// @throws ValueError if the axis is empty
template <class T>
Array<std::int64_t> argmax(const Variable<T>& x, std::ptrdiff_t axis, bool keepdims = false,
                           Location at = Location::current());

/// The index of the smallest element in the flattened array.
/// @copydetails argmax(const Variable<T>&, Location)
template <class T>
std::int64_t argmin(const Variable<T>& x, Location at = Location::current());

/// The index along `axis` of the smallest elements.
/// @copydetails argmax(const Variable<T>&, std::ptrdiff_t, bool, Location)
template <class T>
Array<std::int64_t> argmin(const Variable<T>& x, std::ptrdiff_t axis, bool keepdims = false,
                           Location at = Location::current());

} // namespace xgrad

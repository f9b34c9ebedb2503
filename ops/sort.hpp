/// @file
/// Sorting along an axis.
///
/// The order is total, so that the result is always the same: NaN counts as larger than any number (it stands last in
/// ascending order, as in NumPy, and first in descending order, as in PyTorch), and elements that tie, also -0 and 0,
/// keep the order in which they stand. The derivative gives each element of the result's adjoint to the place where the
/// element came from.
///
/// All of them throw IndexError for an axis that x does not have; a scalar has none.
#pragma once

#include <xgrad/autodiff/operation.hpp>

#include <cstdint>

namespace xgrad {

/// The elements of x along an axis in ascending order, or in descending order (numpy.sort; torch.sort, but only the
/// values).
/// @param axis  negative ones count from the end
template <class T>
Variable<T> sort(const Variable<T>& x, std::ptrdiff_t axis = -1, bool descending = false,
                 Location at = Location::current());

/// The indices along an axis that sort x (numpy.argsort, always stable): gather() by them is sort().
/// @param axis  negative ones count from the end
template <class T>
Array<std::int64_t> argsort(const Variable<T>& x, std::ptrdiff_t axis = -1, bool descending = false,
                            Location at = Location::current());

/// What topk() returns, both of the shape of x but with `k` elements along the axis.
template <class T>
struct TopK {
    Variable<T> values;
    Array<std::int64_t> indices; ///< where along the axis they stand in x
};

/// The k largest elements along an axis in descending order, or the k smallest in ascending order (torch.topk):
/// `auto [values, indices] = topk(x, 5);`. Of elements that tie, the first ones are taken.
/// @param axis     negative ones count from the end
/// @param largest  false for the smallest
/// @throws ValueError if there are fewer than k elements along the axis
template <class T>
TopK<T> topk(const Variable<T>& x, std::size_t k, std::ptrdiff_t axis = -1, bool largest = true,
             Location at = Location::current());

} // namespace xgrad

/// @file
/// Looking up vectors by integers.
#pragma once

#include <xgrad/ops/indexing.hpp>

#include <cstddef>
#include <optional>

namespace xgrad {

/// The rows of a matrix that the indices name, y[..., :] = weight[indices[...], :], as in torch.nn.functional.embedding.
/// The derivative adds up the adjoints of a row that was looked up more than once.
/// @param indices      integers in [0, V), of any shape
/// @param weight       (V, D)
/// @param padding_idx  a row that gets no gradient, in [-V, V): negative ones count from the end
/// @returns (..., D), with the shape of the indices for the dots
/// @throws IndexError if an index is out of range, which names it and its position; or `padding_idx` is
/// @throws ShapeError if the weight is not a matrix, or the result would have more than Shape::max_rank axes
template <class T>
Variable<T> embedding(const Indices& indices, const Variable<T>& weight, std::optional<std::ptrdiff_t> padding_idx = {},
                      Location at = Location::current());

} // namespace xgrad

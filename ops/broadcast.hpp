/// @file
/// Walking arrays that broadcast against each other, row by row. The one place that knows the strides.
#pragma once

#include <xgrad/autodiff/shape.hpp>

#include <array>
#include <cstddef>

namespace xgrad::ops {

/// Calls `row(offset_of_result, length, offsets, steps)` for each innermost run of `shape`, where operand k's part starts
/// at `offsets[k]` and is either consecutive (`steps[k]` is 1) or one element for the whole run (0). Adjacent axes along
/// which every operand behaves alike are merged, so arrays of one shape are a single run.
/// @param shape     the result's shape, to which every operand broadcasts
/// @param operands  the operands' shapes
template <std::size_t N, class Row>
void for_each_row(const Shape& shape, const std::array<const Shape*, N>& operands, Row&& row) {
    struct Axis {
        std::size_t extent;
        std::array<std::size_t, N> stride;
    };
    std::array<std::size_t, N> offset{}, step;
    const std::size_t size = shape.size();
    if (size == 0) return;
    // The common cases, without looking at axes: every operand has the result's shape, or a single element.
    bool flat = true;
    for (std::size_t k = 0; k < N; ++k) {
        step[k] = *operands[k] == shape;
        flat = flat && (step[k] || operands[k]->size() == 1);
    }
    if (flat) return row(std::size_t{0}, size, offset, step);

    std::array<Axis, Shape::max_rank> axes{}; // innermost first
    std::size_t rank = 0;
    std::array<std::size_t, N> next; // stride of the axis at hand, were it not stretched
    next.fill(1);
    for (std::size_t i = 0; i < shape.rank(); ++i) {
        const std::size_t extent = shape.back(i);
        if (extent == 1) continue;
        Axis axis{extent, {}};
        for (std::size_t k = 0; k < N; ++k) {
            const std::size_t own = i < operands[k]->rank() ? operands[k]->back(i) : 1;
            axis.stride[k] = own == 1 ? 0 : next[k];
            next[k] *= own;
        }
        bool merges = rank > 0;
        for (std::size_t k = 0; merges && k < N; ++k) {
            const Axis& inner = axes[rank - 1];
            merges = axis.stride[k] == inner.stride[k] * inner.extent;
        }
        if (merges) {
            axes[rank - 1].extent *= extent;
        } else {
            axes[rank++] = axis;
        }
    }
    const Axis& inner = axes[0];
    step = inner.stride; // operands are contiguous, so the innermost stride is 0 or 1
    std::array<std::size_t, Shape::max_rank> index{};
    for (std::size_t start = 0; start < size; start += inner.extent) {
        row(start, inner.extent, offset, step);
        for (std::size_t axis = 1; axis < rank; ++axis) {
            for (std::size_t k = 0; k < N; ++k) offset[k] += axes[axis].stride[k];
            if (++index[axis] < axes[axis].extent) break;
            index[axis] = 0;
            for (std::size_t k = 0; k < N; ++k) offset[k] -= axes[axis].stride[k] * axes[axis].extent;
        }
    }
}

} // namespace xgrad::ops

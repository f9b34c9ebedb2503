/// @file
/// Regular selections of a contiguous array's elements, and moving them out of it and into it in runs.
/// Internal to ops/: slice(), split(), flip(), pad() and concatenate() are all of this kind.
#pragma once

#include <xgrad/autodiff/operation.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace xgrad::ops {

/// The element (i, j, ...) of the selection is element `offset + i * strides[0] + j * strides[1] + ...` of
/// the array. No two are the same.
struct Region {
    Shape shape;
    std::ptrdiff_t offset = 0;
    std::array<std::ptrdiff_t, Shape::max_rank> strides{};
};

/// All of an array of this shape.
Region whole(const Shape& shape) noexcept;

/// Narrows `region` to `count` places along `axis`: the first at `start`, then each `step` further.
void narrow(Region& region, std::size_t axis, std::ptrdiff_t start, std::ptrdiff_t step,
            std::size_t count) noexcept;

/// Whether the elements are consecutive.
bool is_contiguous(const Region& region) noexcept;

/// The axes of a region with adjacent ones merged where one step serves both; innermost first.
struct Runs {
    struct Axis {
        std::size_t extent;
        std::ptrdiff_t stride;
    };
    explicit Runs(const Region& region) noexcept;

    std::array<Axis, Shape::max_rank> axes{};
    std::size_t rank = 0;
};

/// Calls `run(position in the selection, position in the array, length, step in the array)` for each
/// innermost run.
template <class Run>
void for_each_run(const Region& region, Run&& run) {
    const std::size_t size = region.shape.size();
    if (size == 0) return;
    const Runs runs(region);
    const Runs::Axis inner = runs.axes[0];
    std::array<std::size_t, Shape::max_rank> index{};
    std::ptrdiff_t offset = region.offset;
    for (std::size_t start = 0; start < size; start += inner.extent) {
        run(start, offset, inner.extent, inner.stride);
        for (std::size_t axis = 1; axis < runs.rank; ++axis) {
            offset += runs.axes[axis].stride;
            if (++index[axis] < runs.axes[axis].extent) break;
            index[axis] = 0;
            offset -= runs.axes[axis].stride * static_cast<std::ptrdiff_t>(runs.axes[axis].extent);
        }
    }
}

/// selection = array[region].
template <class T>
void copy_out(const Region& region, const T* array, T* selection) {
    for_each_run(region, [=](std::size_t start, std::ptrdiff_t offset, std::size_t n, std::ptrdiff_t step) {
        const T* const from = array + offset;
        T* const to = selection + start;
        if (step == 1) {
            std::copy_n(from, n, to);
        } else if (step == -1) {
            std::reverse_copy(from - n + 1, from + 1, to);
        } else {
            for (std::size_t i = 0; i < n; ++i) to[i] = from[static_cast<std::ptrdiff_t>(i) * step];
        }
    });
}

/// array[region] = selection.
template <class T>
void copy_in(const Region& region, const T* selection, T* array) {
    for_each_run(region, [=](std::size_t start, std::ptrdiff_t offset, std::size_t n, std::ptrdiff_t step) {
        const T* const from = selection + start;
        T* const to = array + offset;
        if (step == 1) {
            std::copy_n(from, n, to);
        } else if (step == -1) {
            std::reverse_copy(from, from + n, to - n + 1);
        } else {
            for (std::size_t i = 0; i < n; ++i) to[static_cast<std::ptrdiff_t>(i) * step] = from[i];
        }
    });
}

/// selection += array[region].
template <class T>
void add_out(const Region& region, const T* array, T* selection) {
    for_each_run(region, [=](std::size_t start, std::ptrdiff_t offset, std::size_t n, std::ptrdiff_t step) {
        const T* const from = array + offset;
        T* const to = selection + start;
        if (step == 1) {
            for (std::size_t i = 0; i < n; ++i) to[i] += from[i];
        } else {
            for (std::size_t i = 0; i < n; ++i) to[i] += from[static_cast<std::ptrdiff_t>(i) * step];
        }
    });
}

/// array[region] += selection.
template <class T>
void add_in(const Region& region, const T* selection, T* array) {
    for_each_run(region, [=](std::size_t start, std::ptrdiff_t offset, std::size_t n, std::ptrdiff_t step) {
        const T* const from = selection + start;
        T* const to = array + offset;
        if (step == 1) {
            for (std::size_t i = 0; i < n; ++i) to[i] += from[i];
        } else {
            for (std::size_t i = 0; i < n; ++i) to[static_cast<std::ptrdiff_t>(i) * step] += from[i];
        }
    });
}

/// Base of the operations that move elements and compute nothing: linear, so their rules read no value.
template <class T>
class Movement : public Operation<T> {
  public:
    explicit Movement(const char* name) noexcept : Operation<T>(Saves::nothing), name_(name) {}
    const char* name() const noexcept final { return name_; }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }

  private:
    const char* name_;
};

/// x[region] as the operation `name`; shares the elements if they are consecutive.
template <class T>
Variable<T> select(const Variable<T>& x, const Region& region, const char* name,
                   const Location& at = Location::current());

/// The transpose of select(): an array of `shape` with `x` in the region and `fill` elsewhere.
template <class T>
Variable<T> embed(const Variable<T>& x, const Region& region, const Shape& shape, T fill, const char* name,
                  const Location& at = Location::current());

/// Where a new axis stands in the result, counted from the front.
/// @param axis  in [-rank - 1, rank]
/// @throws IndexError naming `operation`, the axis and the shape if it is out of range
std::size_t normalize_new_axis(std::ptrdiff_t axis, const Shape& shape, const char* operation,
                               const Location& at);

/// `shape` with a further axis before axis `axis`.
/// @throws ShapeError if there are Shape::max_rank axes already
Shape insert_axis(const Shape& shape, std::size_t axis, std::size_t extent, const Location& at);

} // namespace xgrad::ops

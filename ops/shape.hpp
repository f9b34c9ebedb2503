/// @file
/// Operations that rearrange elements without computing with them.
///
/// **Shared elements.** reshape(), flatten(), squeeze(), expand_dims(), and slice(), split() and split_at()
/// where the selected elements are consecutive, copy nothing: as a view in PyTorch, the result shares its
/// elements with `x`. So `y.value() = ...` also changes `x`, and `x.value() = ...` also changes `y`; a
/// derivative that had saved either then throws. The shared memory lives as long as one of them. All other
/// operations return elements of their own, unless they have nothing to do and return `x` itself.
#pragma once

#include <xgrad/autodiff/operation.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <vector>

namespace xgrad {

namespace detail {

/// `value` as a signed number. An unsigned one that is too large becomes the largest, not a negative one.
template <std::integral I>
constexpr std::ptrdiff_t to_signed(I value) noexcept {
    if constexpr (std::is_unsigned_v<I> && sizeof(I) >= sizeof(std::ptrdiff_t)) {
        return static_cast<std::ptrdiff_t>(std::min<I>(value, PTRDIFF_MAX));
    } else {
        return static_cast<std::ptrdiff_t>(value);
    }
}

} // namespace detail

/// One integer for each axis, signed, and of any integer type: `{2, -1}`. Also a Shape.
class Extents {
  public:
    template <std::integral... I>
    Extents(I... extents) noexcept : extents_{detail::to_signed(extents)...}, rank_(sizeof...(I)) {
        static_assert(sizeof...(I) <= Shape::max_rank, "an array may have at most Shape::max_rank axes");
    }
    Extents(const Shape& shape) noexcept : rank_(shape.rank()) {
        for (std::size_t axis = 0; axis < rank_; ++axis) extents_[axis] = detail::to_signed(shape[axis]);
    }

    std::size_t rank() const noexcept { return rank_; }
    std::ptrdiff_t operator[](std::size_t axis) const noexcept { return extents_[axis]; }
    const std::ptrdiff_t* begin() const noexcept { return extents_.data(); }
    const std::ptrdiff_t* end() const noexcept { return extents_.data() + rank_; }

  private:
    std::array<std::ptrdiff_t, Shape::max_rank> extents_{};
    std::size_t rank_;
};

/// The elements of `x`, in the same order, under another shape: `reshape(x, {2, -1})`. Copies nothing.
/// @param shape  of as many elements; one extent may be -1 and is then what the others leave
/// @throws ShapeError if the sizes differ, or an extent is negative
template <class T>
Variable<T> reshape(const Variable<T>& x, const Extents& shape, Location at = Location::current());

/// The axes from `start_axis` to `end_axis`, both included, joined into one; a scalar becomes a vector of one
/// element. Copies nothing. As in PyTorch.
/// @throws IndexError if an axis is out of range
/// @throws ShapeError if `end_axis` comes before `start_axis`
template <class T>
Variable<T> flatten(const Variable<T>& x, std::ptrdiff_t start_axis = 0, std::ptrdiff_t end_axis = -1,
                    Location at = Location::current());

/// `x` without the given axes, each of extent 1; by default without all axes of extent 1. Copies nothing.
/// @throws IndexError if an axis is out of range
/// @throws ShapeError if an axis has another extent
template <class T>
Variable<T> squeeze(const Variable<T>& x, const Axes& axes = {}, Location at = Location::current());

/// `x` with a new axis of extent 1. Copies nothing.
/// @param axis  where the new axis stands in the result, in [-rank - 1, rank]
/// @throws IndexError if the axis is out of range
/// @throws ShapeError if `x` has Shape::max_rank axes already
template <class T>
Variable<T> expand_dims(const Variable<T>& x, std::ptrdiff_t axis, Location at = Location::current());

/// `x` stretched to `shape` by NumPy's rule.
/// @throws ShapeError if x does not broadcast to `shape`
template <class T>
Variable<T> broadcast_to(const Variable<T>& x, const Shape& shape, Location at = Location::current());

/// The parts one after the other along an axis that they have: `concatenate({a, b}, 1)`. At least one part is
/// a Variable; the others may be arrays.
/// @throws ShapeError if the shapes differ elsewhere than along `axis`
/// @throws IndexError if the axis is out of range
/// @throws ValueError if there are no parts
Variable<float> concatenate(std::initializer_list<Operand<float>> parts, std::ptrdiff_t axis = 0,
                            Location at = Location::current());
/// @copydoc concatenate(std::initializer_list<Operand<float>>, std::ptrdiff_t, Location)
Variable<double> concatenate(std::initializer_list<Operand<double>> parts, std::ptrdiff_t axis = 0,
                             Location at = Location::current());
/// @copydoc concatenate(std::initializer_list<Operand<float>>, std::ptrdiff_t, Location)
template <class T>
Variable<T> concatenate(const std::vector<Variable<T>>& parts, std::ptrdiff_t axis = 0,
                        Location at = Location::current());

/// Parts of one shape one after the other along a new axis: `stack({a, b})` of two vectors is a matrix of two
/// rows.
/// @param axis  where the new axis stands in the result, in [-rank - 1, rank] for parts of rank `rank`
/// @throws ShapeError if the shapes differ, or have Shape::max_rank axes already
/// @throws IndexError if the axis is out of range
/// @throws ValueError if there are no parts
Variable<float> stack(std::initializer_list<Operand<float>> parts, std::ptrdiff_t axis = 0,
                      Location at = Location::current());
/// @copydoc stack(std::initializer_list<Operand<float>>, std::ptrdiff_t, Location)
Variable<double> stack(std::initializer_list<Operand<double>> parts, std::ptrdiff_t axis = 0,
                       Location at = Location::current());
/// @copydoc stack(std::initializer_list<Operand<float>>, std::ptrdiff_t, Location)
template <class T>
Variable<T> stack(const std::vector<Variable<T>>& parts, std::ptrdiff_t axis = 0,
                  Location at = Location::current());

/// `x` cut into equal parts along an axis. Along the first axis nothing is copied.
/// @throws ShapeError if the extent is not a multiple of `parts`
/// @throws IndexError if the axis is out of range
/// @throws ValueError if `parts` is 0
template <class T>
std::vector<Variable<T>> split(const Variable<T>& x, std::size_t parts, std::ptrdiff_t axis = 0,
                               Location at = Location::current());

/// `x` cut along an axis before each of the given positions: `split_at(x, {2, 5})` is x[:2], x[2:5], x[5:],
/// with Python's rules for positions that are negative, past the end, or out of order. Along the first axis
/// nothing is copied.
/// @throws IndexError if the axis is out of range
template <class T>
std::vector<Variable<T>> split_at(const Variable<T>& x, const std::vector<std::ptrdiff_t>& positions,
                                  std::ptrdiff_t axis = 0, Location at = Location::current());

/// `x` repeated as a whole, `repetitions[k]` times along axis k: `tile(x, {2, 1})`. The shorter of the shape
/// and the repetitions is filled up with ones at the front.
/// @throws ValueError if a repetition is negative
/// @throws ShapeError if the result is too large
template <class T>
Variable<T> tile(const Variable<T>& x, const Extents& repetitions, Location at = Location::current());

/// `x` with each slice along an axis repeated `count` times in a row: 0 0 1 1 2 2 for 0 1 2.
/// @throws IndexError if the axis is out of range
/// @throws ShapeError if the result is too large
template <class T>
Variable<T> repeat(const Variable<T>& x, std::size_t count, std::ptrdiff_t axis,
                   Location at = Location::current());

/// repeat() of the elements of `x` in a row: the result is a vector.
/// @throws ShapeError if the result is too large
template <class T>
Variable<T> repeat(const Variable<T>& x, std::size_t count, Location at = Location::current());

/// How many elements pad() puts at the two ends of an axis.
struct Padding {
    std::size_t before = 0;
    std::size_t after = 0;
};

/// What pad() puts there instead of a constant.
enum class PadMode {
    edge,    ///< the element at the end: 1 1 | 1 2 3 | 3 3
    reflect, ///< the elements from the end backwards, without the last itself: 3 2 | 1 2 3 | 2 1
};

/// `x` with a margin of `value`: `pad(x, {{1, 1}, {0, 2}})`.
/// @param widths  for each axis how many elements before and after; a single one holds for all axes
/// @throws ShapeError if there are not as many widths as axes, or the result is too large
template <class T>
Variable<T> pad(const Variable<T>& x, const std::vector<Padding>& widths, std::type_identity_t<T> value = 0,
                Location at = Location::current());

/// `x` with a margin of its own elements.
/// @param widths  for each axis how many elements before and after; a single one holds for all axes
/// @throws ShapeError if there are not as many widths as axes, the result is too large, or an axis is empty
template <class T>
Variable<T> pad(const Variable<T>& x, const std::vector<Padding>& widths, PadMode mode,
                Location at = Location::current());

/// `x` with the order of the elements reversed along the given axes, by default along all.
/// @throws IndexError if an axis is out of range
template <class T>
Variable<T> flip(const Variable<T>& x, const Axes& axes = {}, Location at = Location::current());

/// `x` shifted along an axis towards higher indices by `shift`, which may be negative; what leaves at one end
/// enters at the other.
/// @throws IndexError if the axis is out of range
template <class T>
Variable<T> roll(const Variable<T>& x, std::ptrdiff_t shift, std::ptrdiff_t axis,
                 Location at = Location::current());

/// roll() of the elements of `x` in a row; the shape stays.
template <class T>
Variable<T> roll(const Variable<T>& x, std::ptrdiff_t shift, Location at = Location::current());

} // namespace xgrad

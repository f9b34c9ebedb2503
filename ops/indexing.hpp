/// @file
/// Picking elements by position: slices, lists of indices, masks.
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/shape.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace xgrad {

/// What slice() does with one axis: an integer, range(), all(), newaxis() or ellipsis().
class Slice {
  public:
    enum class Kind : std::uint8_t { index, range, newaxis, ellipsis };

    /// The elements at one place, which may count from the end; the axis goes.
    template <std::integral I>
        requires(!std::same_as<I, bool>)
    Slice(I index) noexcept : start(detail::to_signed(index)) {}

    explicit Slice(Kind kind) noexcept : kind(kind) {}

    Kind kind = Kind::index;
    std::optional<std::ptrdiff_t> start, stop;
    std::ptrdiff_t step = 1;
};

/// The places from `start` up to but without `stop`, each `step` after the last: Python's start:stop:step.
/// Negative ones count from the end, `{}` stands for an end left out, a negative step goes backwards, and
/// what is out of range is left out: `range(1, {})` is 1:, `range({}, {}, -1)` is ::-1.
/// Beside `using namespace xt`, which has functions of these names, write xgrad::range() and xgrad::all().
inline Slice range(std::optional<std::ptrdiff_t> start, std::optional<std::ptrdiff_t> stop,
                   std::ptrdiff_t step = 1) {
    Slice slice(Slice::Kind::range);
    slice.start = start;
    slice.stop = stop;
    slice.step = step;
    return slice;
}
/// All places of an axis.
inline Slice all() noexcept {
    return Slice(Slice::Kind::range);
}
/// A new axis of extent 1.
inline Slice newaxis() noexcept {
    return Slice(Slice::Kind::newaxis);
}
/// All places of as many axes as the other slices leave.
inline Slice ellipsis() noexcept {
    return Slice(Slice::Kind::ellipsis);
}

/// Integer indices as operations take them: from an xtensor expression of integers, a list, or a vector.
class Indices {
  public:
    template <IndexExpression E>
        requires(!std::same_as<typename std::decay_t<E>::value_type, bool>)
    Indices(const E& expression, Location at = Location::current()) {
        using I = typename E::value_type;
        if constexpr (std::is_unsigned_v<I> && sizeof(I) == sizeof(std::int64_t)) {
            const Tensor<I> indices = evaluate<I>(expression, at);
            indices_ = Tensor<std::int64_t>(indices.shape());
            std::transform(indices.begin(), indices.end(), indices_.begin(), &detail::to_signed<I>);
        } else {
            indices_ = evaluate<std::int64_t>(expression, at);
        }
    }
    Indices(std::initializer_list<std::int64_t> indices) : indices_(Shape{indices.size()}) {
        std::copy(indices.begin(), indices.end(), indices_.begin());
    }
    template <std::integral I>
        requires(!std::same_as<I, bool>)
    Indices(const std::vector<I>& indices) : indices_(Shape{indices.size()}) {
        std::transform(indices.begin(), indices.end(), indices_.begin(), &detail::to_signed<I>);
    }

    const Shape& shape() const noexcept { return indices_.shape(); }
    const Tensor<std::int64_t>& tensor() const noexcept { return indices_; }

  private:
    Tensor<std::int64_t> indices_;
};

/// A choice of elements, from an xtensor expression of bool or a Variable of zeros and ones, such as `x > 0`.
class Mask {
  public:
    template <ArrayExpression E>
        requires std::same_as<typename std::decay_t<E>::value_type, bool>
    Mask(const E& expression, Location at = Location::current()) : mask_(evaluate<bool>(expression, at)) {}

    /// @throws ValueError if there is an element other than 0 and 1
    template <class T>
    Mask(const Variable<T>& mask, Location at = Location::current());

    const Shape& shape() const noexcept { return mask_.shape(); }
    const Tensor<bool>& tensor() const noexcept { return mask_; }

  private:
    Tensor<bool> mask_;
};

/// A part of `x` by NumPy's basic indexing: `slice(x, {range(0, 5, 2), all(), -1})` is x[0:5:2, :, -1]. Axes
/// without a slice are taken whole. If the elements are consecutive in memory nothing is copied, and the
/// result shares them with `x` (see shape.hpp).
/// @throws IndexError if an integer is out of range, or there are more slices than axes or two ellipses
/// @throws ValueError if a step is 0
/// @throws ShapeError if new axes make more than Shape::max_rank
template <class T>
Variable<T> slice(const Variable<T>& x, std::initializer_list<Slice> slices,
                  Location at = Location::current());
/// @copydoc slice(const Variable<T>&, std::initializer_list<Slice>, Location)
template <class T>
Variable<T> slice(const Variable<T>& x, const std::vector<Slice>& slices, Location at = Location::current());

/// The slices of `x` along an axis that the indices name, in their order: `y[..., i, ...] = x[...,
/// indices[i], ...]`, where i stands for as many axes as the indices have. NumPy's `take`; with a vector of
/// indices, PyTorch's `index_select`. The derivative adds up the adjoints of what was taken more than once.
/// @param indices  in [-n, n) for an axis of extent n
/// @throws IndexError if the axis or an index is out of range
/// @throws ShapeError if the result would have more than Shape::max_rank axes, or is too large
template <class T>
Variable<T> take(const Variable<T>& x, const Indices& indices, std::ptrdiff_t axis,
                 Location at = Location::current());

/// The elements of `x`, in a row, that the indices name: take() from flatten(x).
/// @throws IndexError if an index is out of range
template <class T>
Variable<T> take(const Variable<T>& x, const Indices& indices, Location at = Location::current());

/// One element along an axis for each index: `y[i, j, k] = x[i, index[i, j, k], k]` for axis 1. The result
/// has the shape of `index`. As in PyTorch; NumPy's `take_along_axis`, but without broadcasting.
/// @param index  of x's rank, in no other axis longer than `x`; the elements in [-n, n) for an axis of extent
/// n
/// @throws IndexError if the axis or an index is out of range
/// @throws ShapeError if the shapes do not fit
template <class T>
Variable<T> gather(const Variable<T>& x, std::ptrdiff_t axis, const Indices& index,
                   Location at = Location::current());

namespace ops {

template <class T>
Variable<T> scatter_add(const Operand<T>& x, std::ptrdiff_t axis, const Indices& index,
                        const Operand<T>& source);

/// The slices along an axis that `indices`, each in [0, extent), name; recorded as `name`.
template <class T>
Variable<T> take(const Variable<T>& x, Tensor<std::int64_t> indices, std::size_t axis, const char* name,
                 const Location& at);

/// "(1, 2)" for element `flat` of an array of this shape.
std::string position_of(std::size_t flat, const Shape& shape);

} // namespace ops

/// `x` with the elements of `source` added where the indices say: `y = x; y[i, index[i, j, k], k] +=
/// source[i, j, k]` for axis 1. An index that occurs repeatedly adds each time. As in PyTorch; `x` or
/// `source` may be an array.
/// @param index   of the rank of `x`, in no other axis longer than `x`; the elements in [-n, n) for an axis
/// of extent n
/// @param source  of the rank of `x`, in no axis shorter than `index`; what is beyond `index` is not used
/// @throws IndexError if the axis or an index is out of range
/// @throws ShapeError if the shapes do not fit
template <class X, class S>
    requires Operands<X, S>
Variable<element_of<X, S>> scatter_add(const X& x, std::ptrdiff_t axis, const Indices& index, const S& source,
                                       Location at = Location::current()) {
    using T = element_of<X, S>;
    return ops::scatter_add<T>(Operand<T>(x, at), axis, index, Operand<T>(source, at));
}

/// The elements of `x` where the mask holds, in a row: `masked_select(x, x > 0)`. The two broadcast against
/// each other. The size of the result depends on the mask.
/// @throws ShapeError if the shapes do not broadcast
template <class T>
Variable<T> masked_select(const Variable<T>& x, const Mask& mask, Location at = Location::current());

} // namespace xgrad

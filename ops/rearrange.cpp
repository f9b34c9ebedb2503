// Repeating, padding and permuting the elements along axes: tile(), repeat(), pad(), flip(), roll().
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/region.hpp>
#include <xgrad/ops/shape.hpp>

#include <numeric>
#include <string>

namespace xgrad {

namespace {

/// `extent` times `count`.
std::size_t repeated(std::size_t extent, std::size_t count, const char* operation, const Location& at) {
    if (extent > 0 && count > PTRDIFF_MAX / extent) {
        throw ShapeError(std::string(operation) + ": the result would be too large: " +
                             std::to_string(count) + " times an extent of " + std::to_string(extent),
                         at);
    }
    return extent * count;
}

/// One width for each axis of `shape`.
Padding width_of(const std::vector<Padding>& widths, std::size_t axis) {
    return widths[widths.size() == 1 ? 0 : axis];
}

/// The shape with the margins.
Shape padded_shape(const Shape& shape, const std::vector<Padding>& widths, const Location& at) {
    if (widths.size() != 1 && widths.size() != shape.rank()) {
        throw ShapeError("pad: " + std::to_string(widths.size()) + " widths for the " +
                             std::to_string(shape.rank()) + " axes of shape " + to_string(shape),
                         at);
    }
    Shape padded = shape;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        const auto [before, after] = width_of(widths, axis);
        if (before > PTRDIFF_MAX - shape[axis] || after > PTRDIFF_MAX - shape[axis] - before) {
            throw ShapeError("pad: the result would be too large: widths " + std::to_string(before) +
                                 " and " + std::to_string(after) + " for axis " + std::to_string(axis) +
                                 " of shape " + to_string(shape),
                             at);
        }
        padded[axis] += before + after;
    }
    check_size(padded, "pad", at);
    return padded;
}

/// The element of an axis of `extent` that stands at `position`, which may be outside.
std::ptrdiff_t source_of(std::ptrdiff_t position, std::ptrdiff_t extent, PadMode mode) {
    if (mode == PadMode::edge || extent == 1) return std::clamp<std::ptrdiff_t>(position, 0, extent - 1);
    const std::ptrdiff_t period = 2 * (extent - 1);
    const std::ptrdiff_t phase = (position % period + period) % period;
    return std::min(phase, period - phase);
}

/// An array as `outer` blocks of `extent` pieces of `inner` elements: an axis, and what is around it.
struct Blocks {
    std::size_t outer, extent, inner;
};

template <class T>
Variable<T> rolled(const Variable<T>& x, const Blocks& blocks, std::size_t shift, const Location& at);

template <class T>
class Roll final : public ops::Movement<T> {
  public:
    Roll(const Blocks& blocks, std::size_t shift) noexcept
        : ops::Movement<T>("roll"), blocks_(blocks), shift_(shift) {}
    void vjp(Pullback<T>& p) const override {
        p.add(0, rolled(p.grad(), blocks_, blocks_.extent - shift_, p.at()));
    }

  private:
    Blocks blocks_;
    std::size_t shift_;
};

template <class T>
Variable<T> rolled(const Variable<T>& x, const Blocks& blocks, std::size_t shift, const Location& at) {
    Tensor<T> value(x.shape());
    const std::size_t head = shift * blocks.inner, block = blocks.extent * blocks.inner;
    const T* from = x.tensor().data();
    for (T* to = value.begin(); to != value.end(); to += block, from += block) {
        std::copy_n(from, block - head, to + head);
        std::copy_n(from + (block - head), head, to);
    }
    return record<T>("roll", std::move(value), {&x}, at, [&] { return new Roll<T>(blocks, shift); });
}

template <class T>
Variable<T> roll_blocks(const Variable<T>& x, const Blocks& blocks, std::ptrdiff_t shift,
                        const Location& at) {
    if (x.size() == 0) return x;
    const auto extent = static_cast<std::ptrdiff_t>(blocks.extent);
    const std::ptrdiff_t forward = (shift % extent + extent) % extent;
    return forward == 0 ? x : rolled(x, blocks, static_cast<std::size_t>(forward), at);
}

} // namespace

template <class T>
Variable<T> tile(const Variable<T>& x, const Extents& repetitions, Location at) {
    Shape from = x.shape();
    while (from.rank() < repetitions.rank()) from = ops::insert_axis(from, 0, 1, at);
    const std::size_t ones = from.rank() - repetitions.rank();
    Shape to = from;
    for (std::size_t k = 0; k < repetitions.rank(); ++k) {
        if (repetitions[k] < 0) {
            throw ValueError("tile: the number of repetitions must not be negative: " +
                                 std::to_string(repetitions[k]),
                             at);
        }
        to[ones + k] = repeated(from[ones + k], static_cast<std::size_t>(repetitions[k]), "tile", at);
    }
    check_size(to, "tile", at);
    Variable<T> result = reshape(x, from, at);
    for (std::size_t axis = to.rank(); axis-- > 0;) {
        if (to[axis] == from[axis]) continue;
        Tensor<std::int64_t> sources(Shape{to[axis]});
        for (std::int64_t* next = sources.begin(); next != sources.end(); next += from[axis]) {
            std::iota(next, next + from[axis], 0);
        }
        result = ops::take(result, std::move(sources), axis, "tile", at);
    }
    return result;
}

template <class T>
Variable<T> repeat(const Variable<T>& x, std::size_t count, std::ptrdiff_t axis, Location at) {
    const Shape& from = x.shape();
    const std::size_t position = normalize_axis(axis, from, "repeat", at);
    Shape to = from;
    to[position] = repeated(from[position], count, "repeat", at);
    check_size(to, "repeat", at);
    Tensor<std::int64_t> sources(Shape{to[position]});
    std::int64_t source = 0;
    for (std::int64_t* next = sources.begin(); next != sources.end(); ++source) {
        next = std::fill_n(next, count, source);
    }
    return ops::take(x, std::move(sources), position, "repeat", at);
}

template <class T>
Variable<T> repeat(const Variable<T>& x, std::size_t count, Location at) {
    return repeat(reshape(x, -1, at), count, 0, at);
}

template <class T>
Variable<T> pad(const Variable<T>& x, const std::vector<Padding>& widths, std::type_identity_t<T> value,
                Location at) {
    const Shape shape = padded_shape(x.shape(), widths, at);
    ops::Region inside = ops::whole(shape);
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        const auto start = static_cast<std::ptrdiff_t>(width_of(widths, axis).before);
        ops::narrow(inside, axis, start, 1, x.shape()[axis]);
    }
    return ops::embed(x, inside, shape, value, "pad", at);
}

template <class T>
Variable<T> pad(const Variable<T>& x, const std::vector<Padding>& widths, PadMode mode, Location at) {
    const Shape shape = padded_shape(x.shape(), widths, at);
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        if (x.shape()[axis] == 0 && shape[axis] > 0) {
            throw ShapeError("pad: axis " + std::to_string(axis) + " of shape " + to_string(x.shape()) +
                                 " has no element to pad with",
                             at);
        }
    }
    Variable<T> result = x;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        const auto extent = static_cast<std::ptrdiff_t>(x.shape()[axis]);
        if (shape[axis] == x.shape()[axis]) continue;
        Tensor<std::int64_t> sources(Shape{shape[axis]});
        auto position = -static_cast<std::ptrdiff_t>(width_of(widths, axis).before);
        for (std::int64_t& source : sources) source = source_of(position++, extent, mode);
        result = ops::take(result, std::move(sources), axis, "pad", at);
    }
    return result;
}

template <class T>
Variable<T> flip(const Variable<T>& x, const Axes& axes, Location at) {
    ops::Region region = ops::whole(x.shape());
    std::array<bool, Shape::max_rank> flipped{};
    flipped.fill(axes.empty());
    for (const std::ptrdiff_t axis : axes) flipped[normalize_axis(axis, x.shape(), "flip", at)] = true;
    for (std::size_t axis = 0; axis < x.rank(); ++axis) {
        const std::size_t extent = x.shape()[axis];
        if (flipped[axis]) ops::narrow(region, axis, static_cast<std::ptrdiff_t>(extent) - 1, -1, extent);
    }
    return ops::select(x, region, "flip", at);
}

template <class T>
Variable<T> roll(const Variable<T>& x, std::ptrdiff_t shift, std::ptrdiff_t axis, Location at) {
    const Shape& shape = x.shape();
    const std::size_t position = normalize_axis(axis, shape, "roll", at);
    const Blocks blocks{shape.product(0, position), shape[position],
                        shape.product(position + 1, shape.rank())};
    return roll_blocks(x, blocks, shift, at);
}

template <class T>
Variable<T> roll(const Variable<T>& x, std::ptrdiff_t shift, Location at) {
    return roll_blocks(x, Blocks{1, x.size(), 1}, shift, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> tile(const Variable<T>&, const Extents&, Location);                                 \
    template Variable<T> repeat(const Variable<T>&, std::size_t, std::ptrdiff_t, Location);                  \
    template Variable<T> repeat(const Variable<T>&, std::size_t, Location);                                  \
    template Variable<T> pad(const Variable<T>&, const std::vector<Padding>&, T, Location);                  \
    template Variable<T> pad(const Variable<T>&, const std::vector<Padding>&, PadMode, Location);            \
    template Variable<T> flip(const Variable<T>&, const Axes&, Location);                                    \
    template Variable<T> roll(const Variable<T>&, std::ptrdiff_t, std::ptrdiff_t, Location);                 \
    template Variable<T> roll(const Variable<T>&, std::ptrdiff_t, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

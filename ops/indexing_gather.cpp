// Picking elements by lists of indices and by masks: take(), gather(), scatter_add(), masked_select().
#include <xgrad/ops/broadcast.hpp>
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/region.hpp>
#include <xgrad/ops/shape.hpp>

#include <string>

namespace xgrad {

std::string ops::position_of(std::size_t flat, const Shape& shape) {
    Shape position = shape;
    for (std::size_t axis = shape.rank(); axis-- > 0; flat /= shape[axis]) {
        position[axis] = flat % shape[axis];
    }
    return to_string(position);
}

namespace {

using IndexTensor = Tensor<std::int64_t>;

/// The indices counted from the front.
/// @throws IndexError if one is not in [-extent, extent) for the axis of `shape`
IndexTensor from_front(const Indices& indices, const Shape& shape, std::size_t axis, const char* operation,
                       const Location& at) {
    const IndexTensor& given = indices.tensor();
    const auto extent = static_cast<std::int64_t>(shape[axis]);
    std::int64_t lowest = 0, highest = -1;
    for (const std::int64_t index : given) {
        lowest = std::min(lowest, index);
        highest = std::max(highest, index);
    }
    if (lowest < -extent || highest >= extent) {
        const auto* const wrong = std::find_if(given.begin(), given.end(), [extent](std::int64_t index) {
            return index < -extent || index >= extent;
        });
        throw IndexError(std::string(operation) + ": index " + std::to_string(*wrong) + " at position " +
                             ops::position_of(static_cast<std::size_t>(wrong - given.begin()), given.shape()) +
                             " is out of range for axis " + std::to_string(axis) + " of shape " +
                             to_string(shape),
                         at);
    }
    if (lowest >= 0) return given;
    IndexTensor result(given.shape());
    std::transform(given.begin(), given.end(), result.begin(),
                   [extent](std::int64_t index) { return index < 0 ? index + extent : index; });
    return result;
}

// ---------------------------------------------------------------------------------------------------------
// take() and its transpose

/// Calls `move(position in the taken, position in the array)` for each block of `inner` elements; an array
/// has `outer` times `extent` of them.
template <class Move>
void for_each_block(const IndexTensor& indices, std::size_t outer, std::size_t extent, std::size_t inner,
                    Move&& move) {
    std::size_t taken = 0;
    for (std::size_t o = 0; o < outer; ++o) {
        for (const std::int64_t index : indices) {
            move(taken, (o * extent + static_cast<std::size_t>(index)) * inner);
            taken += inner;
        }
    }
}

/// array[..., indices, ...] += taken.
template <class T>
void add_taken(const Shape& shape, std::size_t axis, const IndexTensor& indices, const T* taken, T* array) {
    const std::size_t inner = shape.product(axis + 1, shape.rank());
    if (shape.size() == 0) return;
    for_each_block(indices, shape.product(0, axis), shape[axis], inner,
                   [=](std::size_t from, std::size_t to) {
                       if (inner == 1) {
                           array[to] += taken[from];
                       } else {
                           for (std::size_t i = 0; i < inner; ++i) array[to + i] += taken[from + i];
                       }
                   });
}

template <class T>
Variable<T> take_adjoint(const Variable<T>& g, const IndexTensor& indices, std::size_t axis,
                         const Shape& shape);

template <class T>
class Take final : public ops::Movement<T> {
  public:
    Take(const char* name, IndexTensor indices, std::size_t axis)
        : ops::Movement<T>(name), indices_(std::move(indices)), axis_(axis) {}

    void vjp(Pullback<T>& p) const override { p.add(0, take_adjoint(p.grad(), indices_, axis_, p.shape(0))); }

    /// Touches only what was taken.
    void backward(Pullback<T>& p) const override {
        const auto target = p.target(0, false);
        if (target.fresh) std::fill_n(target.data, p.shape(0).size(), T(0));
        add_taken(p.shape(0), axis_, indices_, p.adjoint().data(), target.data);
    }

  private:
    IndexTensor indices_;
    std::size_t axis_;
};

template <class T>
class TakeAdjoint final : public Operation<T> {
  public:
    TakeAdjoint(IndexTensor indices, std::size_t axis)
        : Operation<T>(Saves::nothing), indices_(std::move(indices)), axis_(axis) {}
    const char* name() const noexcept override { return "take_adjoint"; }
    void vjp(Pullback<T>& p) const override {
        p.add(0, ops::take(p.grad(), indices_, axis_, "take", p.at()));
    }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        return parents[0].size();
    }

  private:
    IndexTensor indices_;
    std::size_t axis_;
};

/// The array of `shape` with g[..., i, ...] added at indices[i] along the axis, and otherwise zeros.
template <class T>
Variable<T> take_adjoint(const Variable<T>& g, const IndexTensor& indices, std::size_t axis,
                         const Shape& shape) {
    Tensor<T> value(shape, T(0));
    add_taken(shape, axis, indices, g.tensor().data(), value.data());
    return record<T>("take_adjoint", std::move(value), {&g}, Location(),
                     [&] { return new TakeAdjoint<T>(indices, axis); });
}

// ---------------------------------------------------------------------------------------------------------
// gather() and scatter_add()

/// Calls `move(position of the index, position in the array)` for each index.
template <class Move>
void for_each_index(const Shape& shape, std::size_t axis, const IndexTensor& index, Move&& move) {
    ops::Region along = ops::whole(shape);
    const std::ptrdiff_t stride = std::exchange(along.strides[axis], 0);
    along.shape = index.shape();
    const std::int64_t* const indices = index.data();
    ops::for_each_run(along, [=](std::size_t start, std::ptrdiff_t offset, std::size_t n,
                                 std::ptrdiff_t step) {
        if (step == 0) { // the index runs along the last axis
            for (std::size_t i = 0; i < n; ++i) move(start + i, offset + indices[start + i] * stride);
        } else {
            for (std::size_t i = 0; i < n; ++i) {
                move(start + i, offset + static_cast<std::ptrdiff_t>(i) * step + indices[start + i] * stride);
            }
        }
    });
}

template <class T>
void add_gathered(const Shape& shape, std::size_t axis, const IndexTensor& index, const T* gathered,
                  T* array) {
    for_each_index(shape, axis, index,
                   [=](std::size_t from, std::ptrdiff_t to) { array[to] += gathered[from]; });
}

template <class T>
Variable<T> gathered(const Variable<T>& x, std::size_t axis, const IndexTensor& index, const Location& at);
template <class T>
Variable<T> scattered(const Variable<T>& x, std::size_t axis, const IndexTensor& index,
                      const Variable<T>& source, const Location& at);

template <class T>
class Gather final : public ops::Movement<T> {
  public:
    Gather(std::size_t axis, IndexTensor index)
        : ops::Movement<T>("gather"), axis_(axis), index_(std::move(index)) {}

    void vjp(Pullback<T>& p) const override {
        p.add(0, scattered(Variable<T>(Tensor<T>(p.shape(0), T(0)), false), axis_, index_, p.grad(), p.at()));
    }

    /// Touches only what was gathered.
    void backward(Pullback<T>& p) const override {
        const auto target = p.target(0, false);
        if (target.fresh) std::fill_n(target.data, p.shape(0).size(), T(0));
        add_gathered(p.shape(0), axis_, index_, p.adjoint().data(), target.data);
    }

  private:
    std::size_t axis_;
    IndexTensor index_;
};

template <class T>
class ScatterAdd final : public Operation<T> {
  public:
    ScatterAdd(std::size_t axis, IndexTensor index)
        : Operation<T>(Saves::nothing), axis_(axis), index_(std::move(index)) {}
    const char* name() const noexcept override { return "scatter_add"; }
    void vjp(Pullback<T>& p) const override {
        if (p.needs(0)) p.add(0, p.grad());
        if (p.needs(1)) p.add(1, gathered(p.grad(), axis_, index_, p.at()));
    }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        return parents[1].size();
    }

  private:
    std::size_t axis_;
    IndexTensor index_;
};

template <class T>
Variable<T> gathered(const Variable<T>& x, std::size_t axis, const IndexTensor& index, const Location& at) {
    Tensor<T> value(index.shape());
    for_each_index(
        x.shape(), axis, index,
        [from = x.tensor().data(), to = value.data()](std::size_t i, std::ptrdiff_t j) { to[i] = from[j]; });
    return record<T>("gather", std::move(value), {&x}, at, [&] { return new Gather<T>(axis, index); });
}

template <class T>
Variable<T> scattered(const Variable<T>& x, std::size_t axis, const IndexTensor& index,
                      const Variable<T>& source, const Location& at) {
    Tensor<T> value = x.tensor().clone();
    add_gathered(x.shape(), axis, index, source.tensor().data(), value.data());
    return record<T>("scatter_add", std::move(value), {&x, &source}, at,
                     [&] { return new ScatterAdd<T>(axis, index); });
}

/// @throws ShapeError if the index is not of the rank of `shape`, or longer in an axis other than `except`
void check_index_shape(const Shape& index, const Shape& shape, std::size_t except, const char* operation,
                       const char* operand, const Location& at) {
    bool fits = index.rank() == shape.rank();
    for (std::size_t axis = 0; fits && axis < shape.rank(); ++axis)
        fits = axis == except || index[axis] <= shape[axis];
    if (fits) return;
    throw ShapeError(std::string(operation) + ": an index of shape " + to_string(index) + " does not fit " +
                         operand + " of shape " + to_string(shape),
                     at);
}

} // namespace

template <class T>
Variable<T> ops::take(const Variable<T>& x, IndexTensor indices, std::size_t axis, const char* name,
                      const Location& at) {
    const Shape& from = x.shape();
    Shape shape;
    for (std::size_t a = 0; a < axis; ++a) shape.push_back(from[a], at);
    for (const std::size_t extent : indices.shape()) shape.push_back(extent, at);
    for (std::size_t a = axis + 1; a < from.rank(); ++a) shape.push_back(from[a], at);
    check_size(shape, name, at);
    Tensor<T> value(shape);
    const std::size_t inner = from.product(axis + 1, from.rank());
    const auto copy = [inner, from = x.tensor().data(), to = value.data()](std::size_t t, std::size_t f) {
        if (inner == 1) {
            to[t] = from[f];
        } else {
            std::copy_n(from + f, inner, to + t);
        }
    };
    if (shape.size() > 0) for_each_block(indices, from.product(0, axis), from[axis], inner, copy);
    return record<T>(name, std::move(value), {&x}, at,
                     [&] { return new Take<T>(name, std::move(indices), axis); });
}

template <class T>
Variable<T> take(const Variable<T>& x, const Indices& indices, std::ptrdiff_t axis, Location at) {
    const std::size_t position = normalize_axis(axis, x.shape(), "take", at);
    return ops::take(x, from_front(indices, x.shape(), position, "take", at), position, "take", at);
}

template <class T>
Variable<T> take(const Variable<T>& x, const Indices& indices, Location at) {
    return take(reshape(x, -1, at), indices, 0, at);
}

template <class T>
Variable<T> gather(const Variable<T>& x, std::ptrdiff_t axis, const Indices& index, Location at) {
    const std::size_t position = normalize_axis(axis, x.shape(), "gather", at);
    check_index_shape(index.shape(), x.shape(), position, "gather", "an array", at);
    return gathered(x, position, from_front(index, x.shape(), position, "gather", at), at);
}

template <class T>
Variable<T> ops::scatter_add(const Operand<T>& x, std::ptrdiff_t axis, const Indices& index,
                             const Operand<T>& source) {
    const Location& at = x.at();
    const std::size_t position = normalize_axis(axis, x.shape(), "scatter_add", at);
    check_index_shape(index.shape(), x.shape(), position, "scatter_add", "an array", at);
    check_index_shape(index.shape(), source.shape(), Shape::max_rank, "scatter_add", "a source", at);
    const IndexTensor indices = from_front(index, x.shape(), position, "scatter_add", at);
    if (source.shape() == index.shape())
        return scattered(x.variable(), position, indices, source.variable(), at);
    Region used = whole(source.shape());
    used.shape = index.shape();
    return scattered(x.variable(), position, indices, select(source.variable(), used, "slice", at), at);
}

template <class T>
Mask::Mask(const Variable<T>& mask, Location at) : mask_(mask.shape()) {
    const Tensor<T>& given = mask.tensor();
    std::transform(given.begin(), given.end(), mask_.begin(), [](T element) { return element == 1; });
    bool valid = true;
    for (const T element : given) valid &= (element == 0) | (element == 1);
    if (valid) return;
    const T* const wrong =
        std::find_if(given.begin(), given.end(), [](T element) { return element != 0 && element != 1; });
    throw ValueError("mask: element " + std::to_string(wrong - given.begin()) + " is " +
                         std::to_string(*wrong) + ", not 0 or 1",
                     at);
}

template <class T>
Variable<T> masked_select(const Variable<T>& x, const Mask& mask, Location at) {
    const Shape shape = broadcast_shapes(x.shape(), mask.shape(), "masked_select", at);
    check_size(shape, "masked_select", at);
    const std::array<const Shape*, 2> shapes{&x.shape(), &mask.shape()};
    // Without branches: what a mask holds next cannot be foreseen.
    std::size_t count = 0;
    ops::for_each_row<2>(shape, shapes,
                         [&](std::size_t, std::size_t n, const auto& offset, const auto& step) {
                             const bool* const selected = mask.tensor().data() + offset[1];
                             for (std::size_t i = 0; i < n; ++i) count += selected[i * step[1]];
                         });
    IndexTensor positions(Shape{count + 1}); // the last is written and not used
    std::int64_t* next = positions.data();
    ops::for_each_row<2>(shape, shapes,
                         [&](std::size_t, std::size_t n, const auto& offset, const auto& step) {
                             const bool* const selected = mask.tensor().data() + offset[1];
                             for (std::size_t i = 0; i < n; ++i) {
                                 *next = static_cast<std::int64_t>(offset[0] + i * step[0]);
                                 next += selected[i * step[1]];
                             }
                         });
    return ops::take(reshape(x, -1, at), positions.slice(0, Shape{count}), 0, "masked_select", at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> take(const Variable<T>&, const Indices&, std::ptrdiff_t, Location);                 \
    template Variable<T> take(const Variable<T>&, const Indices&, Location);                                 \
    template Variable<T> gather(const Variable<T>&, std::ptrdiff_t, const Indices&, Location);               \
    template Variable<T> masked_select(const Variable<T>&, const Mask&, Location);                           \
    template Mask::Mask(const Variable<T>&, Location);                                                       \
    template Variable<T> ops::take(const Variable<T>&, IndexTensor, std::size_t, const char*,                \
                                   const Location&);                                                         \
    template Variable<T> ops::scatter_add(const Operand<T>&, std::ptrdiff_t, const Indices&,                 \
                                          const Operand<T>&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

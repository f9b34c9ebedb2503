#include <xgrad/ops/transpose.hpp>

#include <xgrad/ops/transpose_kernels.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

namespace xgrad {

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// The copy

/// One axis of a permuting copy: how far apart its elements are on either side.
struct Axis {
    std::size_t extent, from, to;
};

/// The axes of y in order, without those of one element, and merged where neighbours in y are so in x, too.
std::size_t merged_axes(const Shape& x, std::span<const std::size_t> order,
                        std::array<Axis, Shape::max_rank>& axes) {
    std::array<std::size_t, Shape::max_rank> stride{};
    for (std::size_t k = x.rank(), next = 1; k-- > 0; next *= x[k]) stride[k] = next;
    std::size_t rank = 0;
    for (const std::size_t axis : order) {
        if (x[axis] == 1) continue;
        if (rank > 0 && axes[rank - 1].from == stride[axis] * x[axis]) {
            axes[rank - 1].extent *= x[axis];
            axes[rank - 1].from = stride[axis];
        } else {
            axes[rank++] = {x[axis], stride[axis], 0};
        }
    }
    for (std::size_t k = rank, next = 1; k-- > 0; next *= axes[k].extent) axes[k].to = next;
    return rank;
}

/// Copies x, of shape `shape`, to y with its axes in the given order.
template <class T>
void permute_copy(const T* x, const Shape& shape, std::span<const std::size_t> order, T* y) {
    if (shape.size() == 0) return;
    std::array<Axis, Shape::max_rank> axes;
    std::size_t rank = merged_axes(shape, order, axes);
    if (rank == 0) {
        *y = *x;
        return;
    }
    // The innermost axes of y and x make the inner loop: a run if they are one, else a matrix to transpose.
    const Axis inner = axes[--rank];
    Axis across{1, 1, 1};
    if (inner.from != 1) {
        const auto it =
            std::find_if(axes.begin(), axes.begin() + rank, [](const Axis& axis) { return axis.from == 1; });
        across = *it;
        std::copy(it + 1, axes.begin() + rank, it);
        --rank;
    }
    std::array<std::size_t, Shape::max_rank> index{};
    for (;;) {
        if (inner.from == 1) {
            std::copy_n(x, inner.extent, y);
        } else {
            ops::transpose_matrix(x, inner.from, y, across.to, across.extent, inner.extent);
        }
        std::size_t k = rank;
        for (; k > 0; --k) {
            const Axis& axis = axes[k - 1];
            x += axis.from;
            y += axis.to;
            if (++index[k - 1] < axis.extent) break;
            index[k - 1] = 0;
            x -= axis.from * axis.extent;
            y -= axis.to * axis.extent;
        }
        if (k == 0) return;
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The operation

/// An order of axes, held inline.
struct Order {
    std::array<std::size_t, Shape::max_rank> axes{};
    std::size_t rank = 0;

    std::span<const std::size_t> span() const noexcept { return {axes.data(), rank}; }
    bool identity() const noexcept {
        for (std::size_t k = 0; k < rank; ++k) {
            if (axes[k] != k) return false;
        }
        return true;
    }
    Order inverse() const noexcept {
        Order inverse{.rank = rank};
        for (std::size_t k = 0; k < rank; ++k) inverse.axes[axes[k]] = k;
        return inverse;
    }
};

Order natural_order(const Shape& shape) {
    Order order{.rank = shape.rank()};
    for (std::size_t k = 0; k < order.rank; ++k) order.axes[k] = k;
    return order;
}

template <class T>
Variable<T> permuted(const char* name, const Variable<T>& x, const Order& order, const Location& at);

/// The adjoint's axes go back where they came from.
template <class T>
class Permute final : public Operation<T> {
  public:
    Permute(const char* name, const Order& order)
        : Operation<T>(Saves::nothing), name_(name), order_(order) {}
    const char* name() const noexcept override { return name_; }
    void vjp(Pullback<T>& p) const override { p.add(0, permuted(name_, p.grad(), order_.inverse(), p.at())); }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }

  private:
    const char* name_;
    Order order_;
};

template <class T>
Variable<T> permuted(const char* name, const Variable<T>& x, const Order& order, const Location& at) {
    if (order.identity()) return x;
    Shape shape = x.shape();
    for (std::size_t k = 0; k < order.rank; ++k) shape[k] = x.shape()[order.axes[k]];
    Tensor<T> value(shape);
    permute_copy<T>(x.tensor().data(), x.shape(), order.span(), value.data());
    return record<T>(name, std::move(value), {&x}, at, [&] { return new Permute<T>(name, order); });
}

} // namespace

template <class T>
Variable<T> permute(const Variable<T>& x, const Axes& axes, Location at) {
    Order order{.rank = axes.size()};
    std::array<bool, Shape::max_rank> seen{};
    bool each_once = axes.size() == x.rank();
    for (std::size_t k = 0; k < axes.size() && each_once; ++k) {
        const std::size_t axis = normalize_axis(axes[k], x.shape(), "permute", at);
        each_once = !std::exchange(seen[axis], true);
        order.axes[k] = axis;
    }
    if (!each_once) {
        throw ShapeError("permute: the axes " + to_string(axes) + " do not name each axis of shape " +
                             to_string(x.shape()) + " once",
                         at);
    }
    return permuted("permute", x, order, at);
}

template <class T>
Variable<T> transpose(const Variable<T>& x, Location at) {
    Order order = natural_order(x.shape());
    std::reverse(order.axes.begin(), order.axes.begin() + order.rank);
    return permuted("transpose", x, order, at);
}

template <class T>
Variable<T> swapaxes(const Variable<T>& x, std::ptrdiff_t axis1, std::ptrdiff_t axis2, Location at) {
    Order order = natural_order(x.shape());
    std::swap(order.axes[normalize_axis(axis1, x.shape(), "swapaxes", at)],
              order.axes[normalize_axis(axis2, x.shape(), "swapaxes", at)]);
    return permuted("swapaxes", x, order, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> permute(const Variable<T>&, const Axes&, Location);                                 \
    template Variable<T> transpose(const Variable<T>&, Location);                                            \
    template Variable<T> swapaxes(const Variable<T>&, std::ptrdiff_t, std::ptrdiff_t, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

// sum_to() and broadcast_to(): each is the other's derivative.
#include <xgrad/ops/broadcast.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/simd.hpp>

#include <string>

namespace xgrad {

namespace {

template <class T>
struct SumTo final : Operation<T> {
    SumTo() : Operation<T>(Saves::nothing) {}
    const char* name() const noexcept override { return "sum_to"; }
    void vjp(Pullback<T>& p) const override { p.add(0, broadcast_to(p.grad(), p.shape(0))); }
    std::size_t flops(std::span<const Shape> parents, const Shape& result) const override {
        return parents[0].size() - std::min(parents[0].size(), result.size());
    }
};

template <class T>
struct BroadcastTo final : Operation<T> {
    BroadcastTo() : Operation<T>(Saves::nothing) {}
    const char* name() const noexcept override { return "broadcast_to"; }
    void vjp(Pullback<T>& p) const override { p.add(0, sum_to(p.grad(), p.shape(0))); }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }
};

} // namespace

template <class T>
Variable<T> sum_to(const Variable<T>& x, const Shape& shape, Location at) {
    if (x.shape() == shape) return x;
    if (!broadcasts_to(shape, x.shape())) {
        throw ShapeError("sum_to: an array of shape " + to_string(x.shape()) + " cannot be summed to " + to_string(shape), at);
    }
    Tensor<T> value(shape, T(0));
    ops::for_each_row<1>(x.shape(), {&shape}, [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
        const T* const from = x.tensor().data() + row;
        T* const to = value.data() + offset[0];
        if (step[0]) {
            for (std::size_t i = 0; i < n; ++i) to[i] += from[i];
        } else {
            *to += static_cast<T>(ops::sum(from, n));
        }
    });
    return record<T>("sum_to", std::move(value), {&x}, at, [] { return new SumTo<T>; });
}

template <class T>
Variable<T> broadcast_to(const Variable<T>& x, const Shape& shape, Location at) {
    if (x.shape() == shape) return x;
    if (!broadcasts_to(x.shape(), shape)) {
        throw ShapeError("broadcast_to: an array of shape " + to_string(x.shape()) + " does not broadcast to " +
                             to_string(shape),
                         at);
    }
    Tensor<T> value(shape);
    ops::for_each_row<1>(shape, {&x.shape()}, [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
        const T* const from = x.tensor().data() + offset[0];
        if (step[0]) {
            std::copy_n(from, n, value.data() + row);
        } else {
            std::fill_n(value.data() + row, n, *from);
        }
    });
    return record<T>("broadcast_to", std::move(value), {&x}, at, [] { return new BroadcastTo<T>; });
}

template Variable<float> sum_to(const Variable<float>&, const Shape&, Location);
template Variable<double> sum_to(const Variable<double>&, const Shape&, Location);
template Variable<float> broadcast_to(const Variable<float>&, const Shape&, Location);
template Variable<double> broadcast_to(const Variable<double>&, const Shape&, Location);

} // namespace xgrad

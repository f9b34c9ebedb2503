// sum_to() and broadcast_to(): each is the other's derivative.
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/reduction_kernels.hpp>
#include <xgrad/ops/shape.hpp>

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
        throw ShapeError("sum_to: an array of shape " + to_string(x.shape()) + " cannot be summed to " +
                             to_string(shape),
                         at);
    }
    // Axes that broadcasting put in front are axes of extent 1.
    Shape kept = x.shape();
    for (std::size_t i = 0; i < kept.rank(); ++i) {
        kept[kept.rank() - 1 - i] = i < shape.rank() ? shape.back(i) : 1;
    }
    Tensor<T> value = ops::reduce<ops::kernels::Sum>(x.tensor(), kept).reshaped(shape);
    return record<T>("sum_to", std::move(value), {&x}, at, [] { return new SumTo<T>; });
}

template <class T>
Variable<T> broadcast_to(const Variable<T>& x, const Shape& shape, Location at) {
    if (x.shape() == shape) return x;
    if (!broadcasts_to(x.shape(), shape)) {
        throw ShapeError("broadcast_to: an array of shape " + to_string(x.shape()) +
                             " does not broadcast to " + to_string(shape),
                         at);
    }
    check_size(shape, "broadcast_to", at);
    Tensor<T> value(shape);
    ops::for_each_row<1>(shape, {&x.shape()},
                         [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
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

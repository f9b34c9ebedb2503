#include <xgrad/ops/softmax.hpp>

#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/line_kernels.hpp>
#include <xgrad/ops/reduction.hpp>

namespace xgrad {

using ops::Batch;
using ops::Strips;
using ops::kernels::Largest;
using ops::kernels::load;
using ops::kernels::store;
using ops::kernels::Sum;

namespace {

template <class T>
class Softmax final : public Operation<T> {
  public:
    explicit Softmax(std::size_t axis) : Operation<T>(Saves::result), axis_(axis) {}

    const char* name() const noexcept override { return "softmax"; }

    static Tensor<T> forward(const Tensor<T>& x, std::size_t axis) {
        using V = Batch<T>;
        Tensor<T> y(x.shape());
        const T* const from = x.data();
        T* const to = y.data();
        ops::for_each_line<T>(Strips(x.shape(), axis), [=](const auto& line) {
            const auto largest =
                line.reduce(Largest{}, [=](auto i, auto n, auto) { return load(from + i, n); });
            auto kept = line.keep(to);
            const auto total = line.reduce(Sum{}, [&](auto i, auto n, auto l) {
                const V e = exp(load(from + i, n) - largest.at(l, n));
                kept.set(i, n, e);
                return e;
            });
            const auto scale = total.map([](const V& sum) { return V(T(1)) / sum; });
            line.for_each([&](auto i, auto n, auto l) { store(kept.get(i, n) * scale.at(l, n), to + i, n); });
        });
        return y;
    }

    void vjp(Pullback<T>& p) const override {
        const Variable<T> y = p.result(), gy = p.grad() * y;
        p.add(0, gy - y * sum(gy, axis_, keepdims));
    }

    void backward(Pullback<T>& p) const override {
        const T* const g = p.adjoint().data();
        const T* const y = p.result_tensor().data();
        const auto [to, fresh] = p.target(0, true);
        ops::for_each_line<T>(Strips(p.shape(0), axis_), [=, to = to, fresh = fresh](const auto& line) {
            const auto dot =
                line.reduce(Sum{}, [=](auto i, auto n, auto) { return load(g + i, n) * load(y + i, n); });
            line.for_each([=, &dot](auto i, auto n, auto l) {
                const Batch<T> dx = load(y + i, n) * (load(g + i, n) - dot.at(l, n));
                store(fresh ? dx : load(to + i, n) + dx, to + i, n);
            });
        });
    }

    std::size_t flops(std::span<const Shape>, const Shape& result) const override {
        return 4 * result.size();
    }

  private:
    std::size_t axis_;
};

template <class T>
class LogSoftmax final : public Operation<T> {
  public:
    explicit LogSoftmax(std::size_t axis) : Operation<T>(Saves::result), axis_(axis) {}

    const char* name() const noexcept override { return "log_softmax"; }

    static Tensor<T> forward(const Tensor<T>& x, std::size_t axis) {
        using V = Batch<T>;
        Tensor<T> y(x.shape());
        const T* const from = x.data();
        T* const to = y.data();
        ops::for_each_line<T>(Strips(x.shape(), axis), [=](const auto& line) {
            const auto largest =
                line.reduce(Largest{}, [=](auto i, auto n, auto) { return load(from + i, n); });
            auto shifted = line.keep(to);
            const auto total = line.reduce(Sum{}, [&](auto i, auto n, auto l) {
                const V difference = load(from + i, n) - largest.at(l, n);
                shifted.set(i, n, difference);
                return V(exp(difference));
            });
            const auto log_total = total.map([](const V& sum) { return V(log(sum)); });
            line.for_each(
                [&](auto i, auto n, auto l) { store(shifted.get(i, n) - log_total.at(l, n), to + i, n); });
        });
        return y;
    }

    void vjp(Pullback<T>& p) const override {
        p.add(0, p.grad() - exp(p.result()) * sum(p.grad(), axis_, keepdims));
    }

    void backward(Pullback<T>& p) const override {
        const T* const g = p.adjoint().data();
        const T* const y = p.result_tensor().data();
        const auto [to, fresh] = p.target(0, true);
        ops::for_each_line<T>(Strips(p.shape(0), axis_), [=, to = to, fresh = fresh](const auto& line) {
            const auto total = line.reduce(Sum{}, [=](auto i, auto n, auto) { return load(g + i, n); });
            line.for_each([=, &total](auto i, auto n, auto l) {
                const Batch<T> dx = load(g + i, n) - exp(load(y + i, n)) * total.at(l, n);
                store(fresh ? dx : load(to + i, n) + dx, to + i, n);
            });
        });
    }

    std::size_t flops(std::span<const Shape>, const Shape& result) const override {
        return 4 * result.size();
    }

  private:
    std::size_t axis_;
};

} // namespace

template <class T>
Variable<T> softmax(const Variable<T>& x, std::ptrdiff_t axis, Location at) {
    const std::size_t along = normalize_axis(axis, x.shape(), "softmax", at);
    return record<T>("softmax", Softmax<T>::forward(x.tensor(), along), {&x}, at,
                     [&] { return new Softmax<T>(along); });
}

template <class T>
Variable<T> log_softmax(const Variable<T>& x, std::ptrdiff_t axis, Location at) {
    const std::size_t along = normalize_axis(axis, x.shape(), "log_softmax", at);
    return record<T>("log_softmax", LogSoftmax<T>::forward(x.tensor(), along), {&x}, at,
                     [&] { return new LogSoftmax<T>(along); });
}

template Variable<float> softmax(const Variable<float>&, std::ptrdiff_t, Location);
template Variable<double> softmax(const Variable<double>&, std::ptrdiff_t, Location);
template Variable<float> log_softmax(const Variable<float>&, std::ptrdiff_t, Location);
template Variable<double> log_softmax(const Variable<double>&, std::ptrdiff_t, Location);

} // namespace xgrad

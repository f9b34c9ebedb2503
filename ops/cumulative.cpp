#include <xgrad/ops/cumulative.hpp>

#include <xgrad/ops/linear_recurrence.hpp>

namespace xgrad {

using ops::Direction;
using ops::Strips;

namespace {

/// The running sum, forward or backward: each is the other's derivative.
template <class T>
class CumSum final : public Operation<T> {
  public:
    CumSum(const Strips& strips, Direction direction)
        : Operation<T>(Saves::nothing), strips_(strips), direction_(direction) {}

    const char* name() const noexcept override { return "cumsum"; }

    void vjp(Pullback<T>& p) const override {
        p.add(0, apply(p.grad(), strips_, opposite(direction_), p.at()));
    }

    static Variable<T> apply(const Variable<T>& x, const Strips& strips, Direction direction,
                             const Location& at) {
        Tensor<T> value(x.shape());
        const T* const from = x.tensor().data();
        T* const to = value.data();
        ops::scan(strips, direction, 0.0, [=](double& total, std::size_t i) {
            total += static_cast<double>(from[i]);
            to[i] = static_cast<T>(total);
        });
        return record<T>("cumsum", std::move(value), {&x}, at, [&] { return new CumSum(strips, direction); });
    }

  private:
    Strips strips_;
    Direction direction_;
};

template <class T>
class CumProd final : public Operation<T> {
  public:
    explicit CumProd(const Strips& strips) : Operation<T>(parent(0)), strips_(strips) {}

    const char* name() const noexcept override { return "cumprod"; }

    /// y = x e, where e_k is the product of the elements before x_k.
    void vjp(Pullback<T>& p) const override {
        const Variable<T> x = p.parent(0), gx = p.grad() * x;
        const Variable<T> e = linear_recurrence(x, nullptr, T(1), strips_, Direction::forward, p.at());
        const Variable<T> mu = linear_recurrence(x, &gx, T(0), strips_, Direction::backward, p.at());
        p.add(0, (p.grad() + mu) * e);
    }

  private:
    Strips strips_;
};

} // namespace

template <class T>
Variable<T> cumsum(const Variable<T>& x, std::ptrdiff_t axis, Location at) {
    const Strips strips(x.shape(), normalize_axis(axis, x.shape(), "cumsum", at));
    return CumSum<T>::apply(x, strips, Direction::forward, at);
}

template <class T>
Variable<T> cumprod(const Variable<T>& x, std::ptrdiff_t axis, Location at) {
    const Strips strips(x.shape(), normalize_axis(axis, x.shape(), "cumprod", at));
    Tensor<T> value(x.shape());
    const T* const from = x.tensor().data();
    T* const to = value.data();
    ops::scan(strips, Direction::forward, T(1),
              [=](T& product, std::size_t i) { to[i] = product *= from[i]; });
    return record<T>("cumprod", std::move(value), {&x}, at, [&] { return new CumProd<T>(strips); });
}

template Variable<float> cumsum(const Variable<float>&, std::ptrdiff_t, Location);
template Variable<double> cumsum(const Variable<double>&, std::ptrdiff_t, Location);
template Variable<float> cumprod(const Variable<float>&, std::ptrdiff_t, Location);
template Variable<double> cumprod(const Variable<double>&, std::ptrdiff_t, Location);

} // namespace xgrad

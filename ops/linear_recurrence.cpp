#include <xgrad/ops/linear_recurrence.hpp>

namespace xgrad::ops {

namespace {

template <class T>
class LinearRecurrence final : public Operation<T> {
  public:
    LinearRecurrence(const Strips& strips, Direction direction, bool has_b)
        : Operation<T>(parent(0) | Saves::result), strips_(strips), direction_(direction), has_b_(has_b) {}

    const char* name() const noexcept override { return "linear_recurrence"; }

    void vjp(Pullback<T>& p) const override {
        const Variable<T> g = p.grad();
        const Variable<T> mu =
            linear_recurrence(p.parent(0), &g, T(0), strips_, opposite(direction_), p.at());
        if (p.needs(0)) p.add(0, mu * p.result());
        if (has_b_ && p.needs(1)) p.add(1, mu);
    }

    std::size_t flops(std::span<const Shape>, const Shape& result) const override {
        return (has_b_ ? 2 : 1) * result.size();
    }

  private:
    Strips strips_;
    Direction direction_;
    bool has_b_;
};

} // namespace

template <class T>
Variable<T> linear_recurrence(const Variable<T>& a, const std::type_identity_t<Variable<T>>* b, T initial,
                              const Strips& strips, Direction direction, const Location& at) {
    Tensor<T> value(a.shape());
    const T* const factor = a.tensor().data();
    T* const e = value.data();
    const auto make = [&] { return new LinearRecurrence<T>(strips, direction, b != nullptr); };
    if (b) {
        const T* const term = b->tensor().data();
        scan(strips, direction, initial, [=](T& state, std::size_t i) {
            e[i] = state;
            state = factor[i] * state + term[i];
        });
        return record<T>("linear_recurrence", std::move(value), {&a, b}, at, make);
    }
    scan(strips, direction, initial, [=](T& state, std::size_t i) {
        e[i] = state;
        state *= factor[i];
    });
    return record<T>("linear_recurrence", std::move(value), {&a}, at, make);
}

template Variable<float> linear_recurrence(const Variable<float>&, const Variable<float>*, float,
                                           const Strips&, Direction, const Location&);
template Variable<double> linear_recurrence(const Variable<double>&, const Variable<double>*, double,
                                            const Strips&, Direction, const Location&);

} // namespace xgrad::ops

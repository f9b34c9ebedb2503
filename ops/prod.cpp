#include <xgrad/ops/linear_recurrence.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/piecewise.hpp>

namespace xgrad {

namespace {

/// The product along one axis, or along adjacent ones.
template <class T>
class Prod final : public Operation<T> {
  public:
    Prod(const ops::Strips& strips, const Shape& kept)
        : Operation<T>(parent(0)), strips_(strips), kept_(kept) {}

    const char* name() const noexcept override { return "prod"; }

    /// The product of the others is that of the elements before times that of the elements after.
    void vjp(Pullback<T>& p) const override {
        const Variable<T> x = p.parent(0);
        const Variable<T> before =
            linear_recurrence(x, nullptr, T(1), strips_, ops::Direction::forward, p.at());
        const Variable<T> after =
            linear_recurrence(x, nullptr, T(1), strips_, ops::Direction::backward, p.at());
        p.add(0, reshape(p.grad(), kept_) * before * after);
    }

    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        return parents[0].size();
    }

  private:
    ops::Strips strips_;
    Shape kept_;
};

} // namespace

template <class T>
Variable<T> prod(const Variable<T>& x, const Axes& axes, bool keepdims, Location at) {
    const ops::ReducedShape reduced = ops::reduced_shape(x.shape(), axes, keepdims, "prod", at);
    // Axes with others between them are reduced one run after the other, from the innermost on.
    const auto [strips, part] = ops::innermost_run(x.shape(), reduced.kept);
    const bool last = part == reduced.kept;
    Tensor<T> value =
        ops::reduce<ops::kernels::Product>(x.tensor(), part).reshaped(last ? reduced.result : part);
    const Variable<T> result =
        record<T>("prod", std::move(value), {&x}, at,
                  [&, strips = strips, part = part] { return new Prod<T>(strips, part); });
    return last ? result : prod(result, axes, keepdims, at);
}

template Variable<float> prod(const Variable<float>&, const Axes&, bool, Location);
template Variable<double> prod(const Variable<double>&, const Axes&, bool, Location);

} // namespace xgrad

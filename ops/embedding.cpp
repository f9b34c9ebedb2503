#include <xgrad/ops/embedding.hpp>

#include <algorithm>
#include <string>

namespace xgrad {

namespace {

/// The weight, as it is, but one row of it gets no gradient.
template <class T>
class PaddedRow final : public Operation<T> {
  public:
    explicit PaddedRow(std::size_t row) : Operation<T>(Saves::nothing), row_(row) {}
    const char* name() const noexcept override { return "padding_idx"; }

    void vjp(Pullback<T>& p) const override {
        if (p.shape(0).size() == 0) return p.add(0, p.grad()); // any number of rows of nothing
        Tensor<T> others(Shape{p.shape(0)[0], 1}, T(1));
        others.data()[row_] = 0;
        p.add(0, p.grad() * Variable<T>(others, false));
    }

    /// Mostly the adjoint is there for the taking, and all there is to do is to zero the row.
    void backward(Pullback<T>& p) const override {
        const T* const g = p.adjoint().data();
        const std::size_t size = p.shape(0).size(), width = p.shape(0)[1], start = row_ * width;
        const auto [to, fresh] = p.target(0, true);
        if (fresh) {
            if (to != g) std::copy_n(g, size, to);
            std::fill_n(to + start, width, T(0));
        } else {
            for (std::size_t i = 0; i < start; ++i) to[i] += g[i];
            for (std::size_t i = start + width; i < size; ++i) to[i] += g[i];
        }
    }

    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }

  private:
    std::size_t row_;
};

void check_indices(const Tensor<std::int64_t>& indices, const Shape& weight, const Location& at) {
    const auto rows = static_cast<std::int64_t>(weight[0]);
    bool valid = true;
    for (const std::int64_t index : indices) valid &= (index >= 0) & (index < rows);
    if (valid) return;
    const auto* const wrong =
        std::find_if(indices.begin(), indices.end(), [rows](std::int64_t index) { return index < 0 || index >= rows; });
    throw IndexError("embedding: index " + std::to_string(*wrong) + " at position " +
                         ops::position_of(static_cast<std::size_t>(wrong - indices.begin()), indices.shape()) +
                         " is out of range for a weight of shape " + to_string(weight),
                     at);
}

} // namespace

template <class T>
Variable<T> embedding(const Indices& indices, const Variable<T>& weight, std::optional<std::ptrdiff_t> padding_idx,
                      Location at) {
    const Shape& shape = weight.shape();
    if (shape.rank() != 2) throw ShapeError("embedding: the weight must have shape (V, D), not " + to_string(shape), at);
    check_indices(indices.tensor(), shape, at);
    if (!padding_idx) return ops::take(weight, indices.tensor(), 0, "embedding", at);
    const auto rows = static_cast<std::ptrdiff_t>(shape[0]);
    if (*padding_idx < -rows || *padding_idx >= rows) {
        throw IndexError("embedding: padding_idx " + std::to_string(*padding_idx) +
                             " is out of range for a weight of shape " + to_string(shape),
                         at);
    }
    const auto row = static_cast<std::size_t>(*padding_idx < 0 ? *padding_idx + rows : *padding_idx);
    const Variable<T> padded = record<T>("padding_idx", Tensor<T>(weight.tensor()), {&weight}, at,
                                         [row] { return new PaddedRow<T>(row); });
    return ops::take(padded, indices.tensor(), 0, "embedding", at);
}

template Variable<float> embedding(const Indices&, const Variable<float>&, std::optional<std::ptrdiff_t>, Location);
template Variable<double> embedding(const Indices&, const Variable<double>&, std::optional<std::ptrdiff_t>, Location);

} // namespace xgrad

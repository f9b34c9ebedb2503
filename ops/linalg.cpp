#include <xgrad/ops/linalg.hpp>

#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/reduction.hpp>

#include <algorithm>
#include <string>

namespace xgrad {

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// Products of vectors

template <class T>
struct Dot final : Operation<T> {
    Dot() : Operation<T>(parent(0) | parent(1)) {}
    const char* name() const noexcept override { return "dot"; }
    void vjp(Pullback<T>& p) const override {
        if (p.needs(0)) p.add(0, p.grad() * p.parent(1));
        if (p.needs(1)) p.add(1, p.grad() * p.parent(0));
    }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        return 2 * parents[0].size();
    }
};

template <class T>
struct Outer final : Operation<T> {
    Outer() : Operation<T>(parent(0) | parent(1)) {}
    const char* name() const noexcept override { return "outer"; }
    void vjp(Pullback<T>& p) const override {
        if (p.needs(0)) p.add(0, matmul(p.grad(), p.parent(1), {}, p.at()));
        if (p.needs(1)) p.add(1, matmul(p.parent(0), p.grad(), {}, p.at()));
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// Diagonals

/// Where the k-th diagonal of a matrix lies: element i at `first + i * step`.
struct DiagonalPlace {
    DiagonalPlace(const Shape& matrix, std::ptrdiff_t k) : step(matrix[1] + 1) {
        const std::size_t down = k < 0 ? magnitude(k) : 0, right = k > 0 ? magnitude(k) : 0;
        if (down >= matrix[0] || right >= matrix[1]) return;
        first = down * matrix[1] + right;
        length = std::min(matrix[0] - down, matrix[1] - right);
    }
    /// |k|, also of the smallest integer.
    static std::size_t magnitude(std::ptrdiff_t k) noexcept {
        return k < 0 ? -static_cast<std::size_t>(k) : static_cast<std::size_t>(k);
    }

    std::size_t first = 0, step, length = 0;
};

template <class T>
Variable<T> extract_diagonal(const char* name, const Variable<T>& matrix, std::ptrdiff_t k,
                             const Location& at);
template <class T>
Variable<T> embed_diagonal(const char* name, const Variable<T>& vector, const Shape& matrix, std::ptrdiff_t k,
                           const Location& at);

/// A matrix's diagonal; the transpose of EmbedDiagonal.
template <class T>
class ExtractDiagonal final : public Operation<T> {
  public:
    ExtractDiagonal(const char* name, std::ptrdiff_t k) : Operation<T>(Saves::nothing), name_(name), k_(k) {}
    const char* name() const noexcept override { return name_; }

    void vjp(Pullback<T>& p) const override {
        p.add(0, embed_diagonal(name_, p.grad(), p.shape(0), k_, p.at()));
    }

    /// The same without a matrix of zeros in between.
    void backward(Pullback<T>& p) const override {
        const auto [data, fresh] = p.target(0, false);
        if (fresh) std::fill_n(data, p.shape(0).size(), T(0));
        const DiagonalPlace place(p.shape(0), k_);
        const T* const g = p.adjoint().data();
        for (std::size_t i = 0; i < place.length; ++i) data[place.first + i * place.step] += g[i];
    }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }

  private:
    const char* name_;
    std::ptrdiff_t k_;
};

/// A matrix of zeros but for one diagonal; the transpose of ExtractDiagonal.
template <class T>
class EmbedDiagonal final : public Operation<T> {
  public:
    EmbedDiagonal(const char* name, std::ptrdiff_t k) : Operation<T>(Saves::nothing), name_(name), k_(k) {}
    const char* name() const noexcept override { return name_; }
    void vjp(Pullback<T>& p) const override { p.add(0, extract_diagonal(name_, p.grad(), k_, p.at())); }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }

  private:
    const char* name_;
    std::ptrdiff_t k_;
};

template <class T>
Variable<T> extract_diagonal(const char* name, const Variable<T>& matrix, std::ptrdiff_t k,
                             const Location& at) {
    const DiagonalPlace place(matrix.shape(), k);
    Tensor<T> value(Shape{place.length});
    const T* const from = matrix.tensor().data();
    for (std::size_t i = 0; i < place.length; ++i) value.data()[i] = from[place.first + i * place.step];
    return record<T>(name, std::move(value), {&matrix}, at, [&] { return new ExtractDiagonal<T>(name, k); });
}

template <class T>
Variable<T> embed_diagonal(const char* name, const Variable<T>& vector, const Shape& matrix, std::ptrdiff_t k,
                           const Location& at) {
    const DiagonalPlace place(matrix, k);
    Tensor<T> value(matrix, T(0));
    const T* const from = vector.tensor().data();
    for (std::size_t i = 0; i < place.length; ++i) value.data()[place.first + i * place.step] = from[i];
    return record<T>(name, std::move(value), {&vector}, at, [&] { return new EmbedDiagonal<T>(name, k); });
}

} // namespace

template <class T>
Variable<T> ops::dot(const Operand<T>& a, const Operand<T>& b) {
    if (a.shape().rank() != 1 || a.shape() != b.shape()) {
        throw ShapeError("dot: the operands must be vectors of one length, not " + to_string(a.shape()) +
                             " and " + to_string(b.shape()),
                         a.at());
    }
    const std::size_t n = a.shape()[0];
    const Shape shape;
    check_product_size("dot", 1, 1, n, shape, a.at());
    Tensor<T> value(shape);
    gemm<T>({a.tensor().data(), 1, n}, {b.tensor().data(), n, 1}, 0, value.data());
    return record<T>("dot", std::move(value), {&a.variable(), &b.variable()}, a.at(),
                     [] { return new Dot<T>; });
}

template <class T>
Variable<T> ops::outer(const Operand<T>& a, const Operand<T>& b) {
    if (a.shape().rank() != 1 || b.shape().rank() != 1) {
        throw ShapeError("outer: the operands must be vectors, not " + to_string(a.shape()) + " and " +
                             to_string(b.shape()),
                         a.at());
    }
    const std::size_t m = a.shape()[0], n = b.shape()[0];
    const Shape shape{m, n};
    check_product_size("outer", m, n, 1, shape, a.at());
    Tensor<T> value(shape);
    gemm<T>({a.tensor().data(), m, 1}, {b.tensor().data(), 1, n}, 0, value.data());
    return record<T>("outer", std::move(value), {&a.variable(), &b.variable()}, a.at(),
                     [] { return new Outer<T>; });
}

template <class T>
Variable<T> trace(const Variable<T>& x, Location at) {
    if (x.rank() != 2)
        throw ShapeError("trace: the operand must be a matrix, not of shape " + to_string(x.shape()), at);
    return sum_to(extract_diagonal("trace", x, 0, at), Shape(), at);
}

template <class T>
Variable<T> diag(const Variable<T>& x, std::ptrdiff_t k, Location at) {
    if (x.rank() == 2) return extract_diagonal("diag", x, k, at);
    if (x.rank() != 1)
        throw ShapeError(
            "diag: the operand must be a vector or a matrix, not of shape " + to_string(x.shape()), at);
    const std::size_t n = x.size(), offset = DiagonalPlace::magnitude(k);
    constexpr std::size_t largest = std::size_t{1} << 24; // a matrix of 2^48 elements
    if (n > largest || offset > largest - n) {
        throw ShapeError("diag: the matrix with " + to_string(x.shape()) + " on its diagonal " +
                             std::to_string(k) + " is too large",
                         at);
    }
    return embed_diagonal("diag", x, Shape{n + offset, n + offset}, k, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> ops::dot(const Operand<T>&, const Operand<T>&);                                     \
    template Variable<T> ops::outer(const Operand<T>&, const Operand<T>&);                                   \
    template Variable<T> trace(const Variable<T>&, Location);                                                \
    template Variable<T> diag(const Variable<T>&, std::ptrdiff_t, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

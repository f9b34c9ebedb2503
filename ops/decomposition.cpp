#include <xgrad/ops/decomposition.hpp>

#include <xgrad/ops/lapack.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/region.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/solve.hpp>
#include <xgrad/ops/transpose.hpp>
#include <xgrad/ops/triangle.hpp>

// The values and the vectors of a decomposition are nodes of their own, because the derivative of the values alone asks
// for no more than the vectors as they are. The vectors' node has A for its parent; the values' node has A and the
// vectors, although no adjoint goes to these: they are a parent so that the rule, which reads them, can itself be
// differentiated. The vectors' rule in turn reads the values, whose node it makes anew from the numbers that it keeps.
// So nothing is decomposed twice, for derivatives of any order.

namespace xgrad {

namespace {

/// x as a column, to broadcast along rows.
template <class T>
Variable<T> column(const Variable<T>& x, const Location& at) {
    return expand_dims(x, 1, at);
}

/// Off the diagonal, the antisymmetric part of `m`, doubled, divided by the values of column and row; 0 on it.
template <class T>
Variable<T> divided_antisymmetric(const Variable<T>& m, const Variable<T>& differences, const Location& at) {
    return (m - transpose(m, at)) / (differences + ops::identity<T>(m.shape()[0]));
}

// ---------------------------------------------------------------------------------------------------------------------
// Cholesky

template <class T>
struct Cholesky final : Operation<T> {
    Cholesky() : Operation<T>(Saves::result) {}
    const char* name() const noexcept override { return "cholesky"; }

    void vjp(Pullback<T>& p) const override {
        const Variable<T> l = p.result();
        const auto half = static_cast<T>(0.5);
        const Variable<T> mask = ops::triangles<T>(l.shape()[0], 1, half, 0);
        const Variable<T> middle = matmul(l, p.grad(), {.transpose_a = true}, p.at()) * mask;
        const TriangularOptions by_l{.lower = true, .transpose = true};
        const Variable<T> left = solve_triangular(l, middle, by_l, p.at());
        const Variable<T> both = solve_triangular(l, transpose(left, p.at()), by_l, p.at());
        p.add(0, (both + transpose(both, p.at())) * half);
    }
    std::size_t flops(std::span<const Shape>, const Shape& l) const override { return l[0] * l[0] * l[0] / 3; }
};

// ---------------------------------------------------------------------------------------------------------------------
// Eigenvalues

/// Parents: A and V. dλ_j = v_j' dA v_j; the change of V does not matter, because v_j' v_j stays 1.
template <class T>
struct EighValues final : Operation<T> {
    EighValues() : Operation<T>(parent(1)) {}
    const char* name() const noexcept override { return "eigh_values"; }
    void vjp(Pullback<T>& p) const override {
        const Variable<T> v = p.parent(1);
        p.add(0, matmul(v * p.grad(), v, {.transpose_b = true}, p.at()));
    }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }
};

template <class T>
Variable<T> eigh_values(const Variable<T>& a, const Variable<T>& vectors, Tensor<T> values, const Location& at) {
    return record<T>("eigh_values", std::move(values), {&a, &vectors}, at, [] { return new EighValues<T>; });
}

template <class T>
class EighVectors final : public Operation<T> {
  public:
    explicit EighVectors(Tensor<T> values) : Operation<T>(Saves::result), values_(std::move(values)) {}
    const char* name() const noexcept override { return "eigh"; }

    void vjp(Pullback<T>& p) const override {
        const Variable<T> v = p.result();
        const Variable<T> values = eigh_values(p.parent(0), v, values_, p.at());
        const Variable<T> m = matmul(v, p.grad(), {.transpose_a = true}, p.at());
        const Variable<T> middle = divided_antisymmetric(m, values - column(values, p.at()), p.at());
        p.add(0, matmul(matmul(v, middle * 0.5, {}, p.at()), v, {.transpose_b = true}, p.at()));
    }
    std::size_t flops(std::span<const Shape>, const Shape& v) const override { return 9 * v[0] * v[0] * v[0]; }

  private:
    Tensor<T> values_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Singular values

/// U and Vt, which lie one after the other in one array.
template <class T>
struct SingularVectors {
    SingularVectors(const Variable<T>& packed, std::size_t m, std::size_t n, const Location& at) {
        const std::size_t k = std::min(m, n);
        ops::Region left = ops::whole(Shape{m, k}), right = ops::whole(Shape{k, n});
        right.offset = static_cast<std::ptrdiff_t>(m * k);
        u = ops::select(packed, left, "svd_u", at);
        vt = ops::select(packed, right, "svd_vt", at);
    }
    Variable<T> u, vt;
};

/// Parents: A, and U and Vt as one. dS_j = u_j' dA v_j.
template <class T>
struct SvdValues final : Operation<T> {
    SvdValues() : Operation<T>(parent(1)) {}
    const char* name() const noexcept override { return "svd_values"; }
    void vjp(Pullback<T>& p) const override {
        const auto [u, vt] = SingularVectors<T>(p.parent(1), p.shape(0)[0], p.shape(0)[1], p.at());
        p.add(0, matmul(u * p.grad(), vt, {}, p.at()));
    }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }
};

template <class T>
Variable<T> svd_values(const Variable<T>& a, const Variable<T>& vectors, Tensor<T> values, const Location& at) {
    return record<T>("svd_values", std::move(values), {&a, &vectors}, at, [] { return new SvdValues<T>; });
}

template <class T>
class SvdVectors final : public Operation<T> {
  public:
    explicit SvdVectors(Tensor<T> values) : Operation<T>(Saves::result), values_(std::move(values)) {}
    const char* name() const noexcept override { return "svd"; }

    void vjp(Pullback<T>& p) const override {
        const Location at = p.at();
        const std::size_t m = p.shape(0)[0], n = p.shape(0)[1];
        const auto [u, vt] = SingularVectors<T>(p.result(), m, n, at);
        const auto [gu, gvt] = SingularVectors<T>(p.grad(), m, n, at);
        const Variable<T> s = svd_values(p.parent(0), p.result(), values_, at);
        const Variable<T> s_column = column(s, at);
        const Variable<T> mu = matmul(u, gu, {.transpose_a = true}, at);   // U' g_U
        const Variable<T> mv = matmul(vt, gvt, {.transpose_b = true}, at); // V' g_V
        const Variable<T> squares = (s - s_column) * (s + s_column);       // s_j^2 - s_i^2
        Variable<T> right = matmul(
            divided_antisymmetric(mu, squares, at) * s + s_column * divided_antisymmetric(mv, squares, at), vt, {}, at);
        // What the vectors do out of the space that they span.
        if (n > m) right += (gvt - matmul(mv, vt, {.transpose_a = true}, at)) / s_column;
        Variable<T> total = matmul(u, right, {}, at);
        if (m > n) total += matmul((gu - matmul(u, mu, {}, at)) / s, vt, {}, at);
        p.add(0, total);
    }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        const Shape& a = parents[0];
        return 6 * a.size() * std::min(a[0], a[1]);
    }

  private:
    Tensor<T> values_;
};

} // namespace

template <class T>
Variable<T> cholesky(const Variable<T>& a, Location at) {
    return record<T>("cholesky", ops::lapack::cholesky("cholesky", a.tensor(), at), {&a}, at,
                     [] { return new Cholesky<T>; });
}

template <class T>
Eigh<T> eigh(const Variable<T>& a, Location at) {
    ops::lapack::Eigh<T> result("eigh", a.tensor(), at);
    const Variable<T> vectors = record<T>("eigh", std::move(result.vectors), {&a}, at,
                                          [&] { return new EighVectors<T>(result.values.clone()); });
    return {eigh_values(a, vectors, std::move(result.values), at), vectors};
}

template <class T>
Svd<T> svd(const Variable<T>& a, Location at) {
    ops::lapack::Svd<T> result("svd", a.tensor(), at);
    const Variable<T> vectors =
        record<T>("svd", std::move(result.vectors), {&a}, at, [&] { return new SvdVectors<T>(result.values.clone()); });
    const auto [u, vt] = SingularVectors<T>(vectors, result.rows, result.columns, at);
    return {u, svd_values(a, vectors, std::move(result.values), at), vt};
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template Variable<T> cholesky(const Variable<T>&, Location);                                                       \
    template Eigh<T> eigh(const Variable<T>&, Location);                                                               \
    template Svd<T> svd(const Variable<T>&, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

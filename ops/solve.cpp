#include <xgrad/ops/solve.hpp>

#include <xgrad/ops/decomposition.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/lapack.hpp>
#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/transpose.hpp>
#include <xgrad/ops/triangle.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace xgrad {

namespace {

using ops::lapack::Lu;

/// The systems A X = B have one right side if B is a vector, else one for each column.
std::size_t right_sides(const Shape& b) noexcept {
    return b.rank() == 1 ? 1 : b[1];
}

/// @throws ShapeError unless B is a vector or a matrix with as many rows as A
void check_right_side(const char* operation, const Shape& a, const Shape& b, const Location& at) {
    if (b.rank() != 1 && b.rank() != 2) {
        throw ShapeError(
            std::string(operation) + ": the right side must be a vector or a matrix, not of shape " + to_string(b), at);
    }
    if (b[0] != a[0]) {
        throw ShapeError(std::string(operation) +
                             ": the right side must have as many rows as the matrix: " + to_string(a) + " and " +
                             to_string(b) + ": " + std::to_string(a[0]) + " != " + std::to_string(b[0]),
                         at);
    }
    ops::check_product_size(operation, a[0], right_sides(b), a[1], b, at);
}

/// a b', of vectors or matrices.
template <class T>
Variable<T> times_transpose(const Variable<T>& a, const Variable<T>& b, const Location& at) {
    return a.rank() == 1 ? outer(a, b, at) : matmul(a, b, {.transpose_b = true}, at);
}

// ---------------------------------------------------------------------------------------------------------------------
// Systems

template <class T>
Variable<T> lu_solve(const Variable<T>& a, const Lu<T>& lu, const Variable<T>& b, bool transpose, const Location& at);

/// Parents: A, whose factors it holds, so that derivatives of any order use them again; and B.
template <class T>
class Solve final : public Operation<T> {
  public:
    Solve(const Lu<T>& lu, bool transpose) : Operation<T>(Saves::result), lu_(lu), transpose_(transpose) {}
    const char* name() const noexcept override { return "solve"; }

    void vjp(Pullback<T>& p) const override {
        const Variable<T> a = p.parent(0);
        const Variable<T> gb = lu_solve(a, lu_, p.grad(), !transpose_, p.at());
        if (p.needs(0)) {
            const Variable<T> x = p.result();
            p.add(0, -(transpose_ ? times_transpose(x, gb, p.at()) : times_transpose(gb, x, p.at())));
        }
        p.add(1, gb);
    }
    std::size_t flops(std::span<const Shape> parents, const Shape& x) const override {
        const std::size_t n = parents[0][0];
        return 2 * n * n * n / 3 + 2 * n * x.size();
    }

  private:
    Lu<T> lu_;
    bool transpose_;
};

/// A^-1 b, or A'^-1 b, by the factors of `a`.
template <class T>
Variable<T> lu_solve(const Variable<T>& a, const Lu<T>& lu, const Variable<T>& b, bool transpose, const Location& at) {
    Tensor<T> x = b.tensor().clone();
    lu.solve(transpose, x.data(), right_sides(b.shape()));
    return record<T>("solve", std::move(x), {&a, &b}, at, [&] { return new Solve<T>(lu, transpose); });
}

template <class T>
Variable<T> triangular_solve(const Variable<T>& a, const Variable<T>& b, TriangularOptions options, const Location& at);

template <class T>
class SolveTriangular final : public Operation<T> {
  public:
    explicit SolveTriangular(TriangularOptions options) : Operation<T>(parent(0) | Saves::result), options_(options) {}
    const char* name() const noexcept override { return "solve_triangular"; }

    void vjp(Pullback<T>& p) const override {
        TriangularOptions transposed = options_;
        transposed.transpose = !options_.transpose;
        const Variable<T> gb = triangular_solve(p.parent(0), p.grad(), transposed, p.at());
        if (p.needs(0)) {
            const Variable<T> x = p.result();
            const Variable<T> product =
                options_.transpose ? times_transpose(x, gb, p.at()) : times_transpose(gb, x, p.at());
            const T below = options_.lower ? -1 : 0, diagonal = options_.unit_diagonal ? 0 : -1;
            p.add(0, product * ops::triangles<T>(p.shape(0)[0], below, diagonal, -1 - below));
        }
        p.add(1, gb);
    }
    std::size_t flops(std::span<const Shape> parents, const Shape& x) const override {
        return parents[0][0] * x.size();
    }

  private:
    TriangularOptions options_;
};

template <class T>
Variable<T> triangular_solve(const Variable<T>& a, const Variable<T>& b, TriangularOptions options,
                             const Location& at) {
    Tensor<T> x = b.tensor().clone();
    ops::lapack::solve_triangular<T>(a.tensor().data(), a.shape()[0],
                                     {options.lower, options.transpose, options.unit_diagonal}, x.data(),
                                     right_sides(b.shape()));
    return record<T>("solve_triangular", std::move(x), {&a, &b}, at, [&] { return new SolveTriangular<T>(options); });
}

// ---------------------------------------------------------------------------------------------------------------------
// Inverses

template <class T>
struct Inv final : Operation<T> {
    Inv() : Operation<T>(Saves::result) {}
    const char* name() const noexcept override { return "inv"; }
    void vjp(Pullback<T>& p) const override {
        const Variable<T> y = p.result();
        const Variable<T> left = matmul(y, p.grad(), {.transpose_a = true}, p.at());
        p.add(0, -matmul(left, y, {.transpose_b = true}, p.at()));
    }
    std::size_t flops(std::span<const Shape>, const Shape& y) const override { return 2 * y[0] * y[0] * y[0]; }
};

/// Of a matrix that is not wide: the products are in an order in which none is larger than A.
template <class T>
struct Pinv final : Operation<T> {
    explicit Pinv(const char* name) : Operation<T>(parent(0) | Saves::result), name_(name) {}
    const char* name() const noexcept override { return name_; }

    void vjp(Pullback<T>& p) const override {
        const Location at = p.at();
        const Variable<T> a = p.parent(0), y = p.result(), g = p.grad();
        const Variable<T> gy = matmul(g, y, {.transpose_b = true}, at);     // g P', (n, n)
        const Variable<T> first = matmul(y, gy, {.transpose_a = true}, at); // P' g P', and it is minus that ...
        // ... + (I - A P) g' P P'
        const Variable<T> second = matmul(g, matmul(y, y, {.transpose_b = true}, at), {.transpose_a = true}, at);
        // ... + P' P g' (I - P A)
        const Variable<T> third = matmul(y, gy, {.transpose_a = true, .transpose_b = true}, at);
        p.add(0, second - matmul(a, matmul(y, second, {}, at), {}, at) - first +
                     (third - matmul(third, matmul(y, a, {}, at), {}, at)));
    }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        return 8 * parents[0].size() * parents[0][1];
    }

  private:
    const char* name_;
};

template <class T>
Variable<T> pseudo_inverse(const char* operation, const Variable<T>& a, std::optional<double> rcond,
                           const Location& at) {
    ops::lapack::check_matrix(operation, a.shape(), at);
    if (rcond && !(*rcond >= 0)) {
        throw ValueError(std::string(operation) + ": rcond must not be negative, but is " + std::to_string(*rcond), at);
    }
    const std::size_t m = a.shape()[0], n = a.shape()[1];
    if (m < n) {
        ops::lapack::check_finite(operation, a.tensor(), ops::lapack::Part::all, at); // while indices are the caller's
        return transpose(pseudo_inverse(operation, transpose(a, at), rcond, at), at);
    }
    const ops::lapack::Svd<T> svd(operation, a.tensor(), at);
    const double relative = rcond.value_or(static_cast<double>(m) * std::numeric_limits<T>::epsilon());
    const Tensor<T> vt = svd.vt(), u = svd.u();
    for (std::size_t i = 0; i < n; ++i) { // rows of Vt become those of S^+ Vt
        const T s = svd.values.data()[i];
        const bool counts = static_cast<double>(s) > relative * static_cast<double>(svd.values.data()[0]);
        const T factor = counts ? 1 / s : T(0);
        for (std::size_t j = 0; j < n; ++j) vt.data()[i * n + j] *= factor;
    }
    Tensor<T> value(Shape{n, m});
    ops::gemm<T>({vt.data(), n, n, true}, {u.data(), n, m, true}, 0, value.data());
    return record<T>(operation, std::move(value), {&a}, at, [&] { return new Pinv<T>(operation); });
}

// ---------------------------------------------------------------------------------------------------------------------
// Determinants

/// The transposed inverse of A, by its factors.
template <class T>
Variable<T> inverse_transpose(const Variable<T>& a, const Lu<T>& lu, const Location& at) {
    return lu_solve(a, lu, ops::identity<T>(a.shape()[0]), true, at);
}

template <class T>
class Det final : public Operation<T> {
  public:
    explicit Det(const Lu<T>& lu) : Operation<T>(parent(0) | Saves::result), lu_(lu) {}
    const char* name() const noexcept override { return "det"; }

    void vjp(Pullback<T>& p) const override {
        const Variable<T> y = p.result();
        if (std::isnormal(y.tensor().data()[0])) {
            p.add(0, inverse_transpose(p.parent(0), lu_, p.at()) * (p.grad() * y));
        } else {
            p.add(0, cofactors(p.parent(0), p.at()) * p.grad());
        }
    }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        const std::size_t n = parents[0][0];
        return 2 * n * n * n / 3;
    }

  private:
    /// With A = U diag(S) V', the cofactors are U diag(c) V', where c_i is the product of the other singular values,
    /// times det(U) det(V).
    static Variable<T> cofactors(const Variable<T>& a, const Location& at) {
        const std::size_t n = a.shape()[0];
        const auto [u, s, vt] = svd(a, at);
        const Variable<T> others = prod(s * ops::triangles<T>(n, 1, 0, 1) + ops::identity<T>(n), 1, false, at);
        const T sign = Lu<T>("det", u.tensor(), at).sign() * Lu<T>("det", vt.tensor(), at).sign();
        return matmul(u * (others * sign), vt, {}, at);
    }

    Lu<T> lu_;
};

template <class T>
class LogAbsDet final : public Operation<T> {
  public:
    explicit LogAbsDet(const Lu<T>& lu) : Operation<T>(Saves::nothing), lu_(lu) {}
    const char* name() const noexcept override { return "slogdet"; }

    void vjp(Pullback<T>& p) const override {
        lu_.check_invertible("slogdet: no derivative", p.at());
        p.add(0, inverse_transpose(p.parent(0), lu_, p.at()) * p.grad());
    }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        const std::size_t n = parents[0][0];
        return 2 * n * n * n / 3;
    }

  private:
    Lu<T> lu_;
};

template <class T>
Tensor<T> scalar(T value) {
    return Tensor<T>(Shape{}, value);
}

} // namespace

template <class T>
Variable<T> inv(const Variable<T>& a, Location at) {
    return record<T>("inv", ops::lapack::inverse("inv", a.tensor(), at), {&a}, at, [] { return new Inv<T>; });
}

template <class T>
Variable<T> ops::solve(const Operand<T>& a, const Operand<T>& b) {
    lapack::check_square("solve", a.shape(), a.at());
    check_right_side("solve", a.shape(), b.shape(), a.at());
    const Lu<T> lu("solve", a.tensor(), a.at());
    lu.check_invertible("solve", a.at());
    return lu_solve(a.variable(), lu, b.variable(), false, a.at());
}

template <class T>
Variable<T> ops::solve_triangular(const Operand<T>& a, const Operand<T>& b, TriangularOptions options) {
    using lapack::Part;
    lapack::check_square("solve_triangular", a.shape(), a.at());
    check_right_side("solve_triangular", a.shape(), b.shape(), a.at());
    const Part part = options.lower ? (options.unit_diagonal ? Part::below_diagonal : Part::lower)
                                    : (options.unit_diagonal ? Part::above_diagonal : Part::upper);
    lapack::check_finite("solve_triangular", a.tensor(), part, a.at());
    const std::size_t n = a.shape()[0];
    for (std::size_t i = 0; i < n && !options.unit_diagonal; ++i) {
        if (a.tensor().data()[i * n + i] != 0) continue;
        throw ValueError("solve_triangular: the matrix of shape " + to_string(a.shape()) +
                             " is singular: its diagonal has a zero in row " + std::to_string(i),
                         a.at());
    }
    return triangular_solve(a.variable(), b.variable(), options, a.at());
}

template <class T>
Variable<T> ops::lstsq(const Operand<T>& a, const Operand<T>& b, std::optional<double> rcond) {
    lapack::check_matrix("lstsq", a.shape(), a.at());
    check_right_side("lstsq", a.shape(), b.shape(), a.at());
    return matmul(pseudo_inverse("lstsq", a.variable(), rcond, a.at()), b.variable(), {}, a.at());
}

template <class T>
Variable<T> pinv(const Variable<T>& a, std::optional<double> rcond, Location at) {
    return pseudo_inverse("pinv", a, rcond, at);
}

template <class T>
Variable<T> det(const Variable<T>& a, Location at) {
    const Lu<T> lu("det", a.tensor(), at);
    return record<T>("det", scalar(lu.det()), {&a}, at, [&] { return new Det<T>(lu); });
}

template <class T>
Slogdet<T> slogdet(const Variable<T>& a, Location at) {
    const Lu<T> lu("slogdet", a.tensor(), at);
    return {Variable<T>(scalar(lu.sign()), false),
            record<T>("slogdet", scalar(lu.logabsdet()), {&a}, at, [&] { return new LogAbsDet<T>(lu); })};
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template Variable<T> inv(const Variable<T>&, Location);                                                            \
    template Variable<T> ops::solve(const Operand<T>&, const Operand<T>&);                                             \
    template Variable<T> ops::solve_triangular(const Operand<T>&, const Operand<T>&, TriangularOptions);               \
    template Variable<T> ops::lstsq(const Operand<T>&, const Operand<T>&, std::optional<double>);                      \
    template Variable<T> pinv(const Variable<T>&, std::optional<double>, Location);                                    \
    template Variable<T> det(const Variable<T>&, Location);                                                            \
    template Slogdet<T> slogdet(const Variable<T>&, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

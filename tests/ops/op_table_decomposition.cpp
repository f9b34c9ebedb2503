#include "tests/ops/op_table.hpp"

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/decomposition.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/solve.hpp>
#include <xgrad/ops/transpose.hpp>
#include <xgrad/ops/triangle.hpp>

namespace xgrad::tests {

namespace {

constexpr bool allow_zero = true;

/// A symmetric, positive definite matrix.
template <class T>
Variable<T> spd(const Variable<T>& x) {
    return matmul(x, x, {.transpose_b = true}) + ops::identity<T>(x.shape()[0]) * T(3);
}

/// A matrix whose diagonal keeps it far from a singular one.
template <class T>
Variable<T> dominant(const Variable<T>& x) {
    return x + ops::identity<T>(x.shape()[0]) * T(6);
}

/// A symmetric matrix with eigenvalues well apart.
template <class T>
Variable<T> spread(const Variable<T>& x) {
    Variable<T> far = ops::identity<T>(x.shape()[0]);
    for (std::size_t i = 0; i < x.shape()[0]; ++i) far.tensor().data()[i * (x.shape()[0] + 1)] = static_cast<T>(6 * i);
    return x + transpose(x) + far;
}

/// A matrix with singular values well apart, and none near zero.
template <class T>
Variable<T> spread_values(const Variable<T>& x) {
    const std::size_t n = x.shape()[1];
    Tensor<T> far(x.shape(), T(0));
    for (std::size_t i = 0; i < std::min(x.shape()[0], n); ++i) far.data()[i * (n + 1)] = static_cast<T>(4 + 6 * i);
    return x + Variable<T>(std::move(far), false);
}

std::vector<Input> unit(std::initializer_list<Shape> shapes) {
    std::vector<Input> inputs;
    for (const Shape& shape : shapes) inputs.push_back({.shape = shape, .low = -1, .high = 1});
    return inputs;
}

} // namespace

std::vector<OpRow> decomposition_rows() {
    const auto of_cholesky = [](const auto& x) { return cholesky(spd(x[0])); };
    const auto of_values = [](const auto& x) { return eigh(spread(x[0])).values; };
    const auto of_vectors = [](const auto& x) { return square(eigh(spread(x[0])).vectors); };
    const auto of_both = [](const auto& x) {
        const auto [values, vectors] = eigh(spread(x[0]));
        return matmul(vectors * exp(values * 0.125), vectors, {.transpose_b = true});
    };
    const auto of_s = [](const auto& x) { return svd(spread_values(x[0])).s; };
    const auto of_all = [](const auto& x) {
        const auto [u, s, vt] = svd(spread_values(x[0]));
        return matmul(u * log(s), vt);
    };
    const auto of_uv = [](const auto& x) {
        const auto [u, s, vt] = svd(spread_values(x[0]));
        return matmul(square(u), square(vt));
    };
    const auto of_inv = [](const auto& x) { return inv(dominant(x[0])); };
    const auto of_solve = [](const auto& x) { return solve(dominant(x[0]), x[1]); };
    const auto triangular = [](TriangularOptions options) {
        return [options](const auto& x) { return solve_triangular(dominant(x[0]), x[1], options); };
    };
    const auto of_det = [](const auto& x) { return det(x[0]); };
    const auto of_slogdet = [](const auto& x) { return slogdet(dominant(x[0])).logabsdet; };
    const auto of_pinv = [](const auto& x) { return pinv(spread_values(x[0])); };
    const auto of_product = [](const auto& x) { return pinv(matmul(spread_values(x[0]), spread_values(x[1])), 1e-4); };
    const auto of_lstsq = [](const auto& x) { return lstsq(spread_values(x[0]), x[1]); };
    return {
        {"cholesky",
         "decomposition",
         "L with L L' = A",
         "the symmetric part of L^-T P L^-1, where P is the lower triangle of L' g and half its diagonal",
         {{unit({{3, 3}}), of_cholesky},
          {unit({{4, 2}}), of_cholesky},
          {unit({{1, 1}}), of_cholesky},
          {unit({{0, 0}}), of_cholesky}}},
        {"eigh",
         "decomposition",
         "λ, V with A = V diag(λ) V'",
         "the symmetric part of V (diag(g_λ) + V' g_V / (λ_j - λ_i)) V'",
         {{unit({{4, 4}}), of_values},
          {unit({{3, 3}}), of_vectors},
          {unit({{4, 4}}), of_both},
          {unit({{1, 1}}), of_both},
          {unit({{0, 0}}), of_both}}},
        {"svd",
         "decomposition",
         "U, S, Vt with A = U diag(S) Vt",
         "that of Townsend (2016)",
         {{unit({{4, 3}}), of_s},
          {unit({{2, 3}}), of_s},
          {unit({{3, 3}}), of_all},
          {unit({{4, 2}}), of_all},
          {unit({{2, 4}}), of_all},
          {unit({{3, 2}}), of_uv},
          {unit({{2, 3}}), of_uv},
          {unit({{1, 1}}), of_all},
          {unit({{0, 3}}), of_all}}},
        {"inv",
         "solve",
         "A^-1",
         "-Y' g Y'",
         {{unit({{3, 3}}), of_inv}, {unit({{1, 1}}), of_inv}, {unit({{0, 0}}), of_inv}}},
        {"solve",
         "solve",
         "X with A X = B",
         "g_B = A'^-1 g; g_A = -g_B X'",
         {{unit({{3, 3}, {3}}), of_solve},
          {unit({{4, 4}, {4, 2}}), of_solve},
          {unit({{1, 1}, {1, 1}}), of_solve},
          {unit({{2, 2}, {2, 0}}), of_solve},
          {unit({{0, 0}, {0, 3}}), of_solve}}},
        {"solve_triangular",
         "solve",
         "X with A X = B, A triangular",
         "g_B = A'^-1 g; g_A = the triangle of -g_B X'",
         {{unit({{3, 3}, {3, 2}}), triangular({})},
          {unit({{3, 3}, {3}}), triangular({.lower = true})},
          {unit({{3, 3}, {3, 2}}), triangular({.lower = true, .transpose = true})},
          {unit({{3, 3}, {3}}), triangular({.transpose = true, .unit_diagonal = true})},
          {unit({{1, 1}, {1}}), triangular({})},
          {unit({{0, 0}, {0}}), triangular({})}}},
        {"det",
         "solve",
         "det(A)",
         "g y A'^-1",
         {{{{.shape = {3, 3}}}, of_det},
          {{{.shape = {4, 4}}}, of_det},
          {{{.shape = {1, 1}}}, of_det},
          {{{.shape = {0, 0}}}, of_det, allow_zero}}},
        {"slogdet",
         "solve",
         "the sign of det(A), log |det(A)|",
         "g A'^-1",
         {{unit({{3, 3}}), of_slogdet}, {unit({{1, 1}}), of_slogdet}, {unit({{0, 0}}), of_slogdet, allow_zero}}},
        {"pinv",
         "solve",
         "the Moore-Penrose inverse P of A",
         "-P' g P' + (I - A P) g' P P' + P' P g' (I - P A)",
         {{unit({{3, 2}}), of_pinv},
          {unit({{2, 3}}), of_pinv},
          {unit({{3, 3}}), of_pinv},
          {unit({{1, 1}}), of_pinv},
          {unit({{0, 2}}), of_pinv},
          {unit({{4, 2}, {2, 3}}), of_product},
          {unit({{3, 2}, {2, 4}}), of_product}}},
        {"lstsq",
         "solve",
         "the smallest X that minimises |A X - B|",
         "that of pinv(A) B",
         {{unit({{4, 2}, {4}}), of_lstsq},
          {unit({{4, 2}, {4, 3}}), of_lstsq},
          {unit({{2, 4}, {2}}), of_lstsq},
          {unit({{1, 1}, {1}}), of_lstsq},
          {unit({{0, 2}, {0}}), of_lstsq}}},
    };
}

} // namespace xgrad::tests

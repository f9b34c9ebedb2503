// Decompositions and what is solved by them: PyTorch's values and derivatives, what they read, what they refuse.
#include <xgrad/ops/decomposition.hpp>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/piecewise.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/solve.hpp>
#include <xgrad/ops/transpose.hpp>
#include <xgrad/ops/triangle.hpp>

#include "tests/message_of.hpp"
#include "tests/ops/matrices.hpp"
#include "tests/reference/decomposition.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace xgrad;
using tests::distance;
using tests::message_of;
using tests::random_matrix;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::Case;
using tests::reference::Numbers;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// The functions of tests/reference/decomposition.py.

template <class T>
Variable<T> spd(const Variable<T>& x) {
    return matmul(x, x, {.transpose_b = true}) + ops::identity<T>(x.shape()[0]) * T(3);
}
template <class T>
Variable<T> sym(const Variable<T>& x) {
    return x + transpose(x);
}
template <class T>
Variable<T> dominant(const Variable<T>& x) {
    return x + ops::identity<T>(x.shape()[0]) * T(3);
}

template <class T>
Variable<T> decomposed(const std::string& call, const Variable<T>& x) {
    if (call == "cholesky(spd(x))") return cholesky(spd(x));
    if (call == "eigh(sym(x)).values") return eigh(sym(x)).values;
    if (call == "square(eigh(sym(x)).vectors)") return square(eigh(sym(x)).vectors);
    if (call == "eigh_function(x)") {
        const auto [values, vectors] = eigh(sym(x));
        return matmul(vectors * exp(values / 2.0), vectors, {.transpose_b = true});
    }
    const auto [u, s, vt] = svd(x);
    if (call == "svd(x).s") return s;
    if (call == "square(svd(x).u)") return square(u);
    if (call == "square(svd(x).vt)") return square(vt);
    REQUIRE(call == "svd_function(x)");
    return matmul(u * log(1.0 + s), vt);
}

template <class T>
Variable<T> solved(const std::string& call, const Variable<T>& x) {
    const auto is = [&](const char* start) { return call.starts_with(start); };
    const Variable<T> b_matrix = as_variable<T>({4, 2}, {0.5, -1, 0.25, 2, 1, -0.75, 1.5, -0.5}, false);
    const Variable<T> c = as_variable<T>({2, 3}, {1, 0.5, -1, 0.25, 2, 0.5}, false);
    const Variable<T> b = call.find("b,") != std::string::npos || call.ends_with("b)")
                              ? as_variable<T>({4}, {0.5, 0.25, 1, 1.5}, false)
                              : b_matrix;
    const auto flag = [&](std::size_t i) { return call[call.find('{') + 1 + 3 * i] == '1'; };
    if (is("inv(")) return inv(dominant(x));
    if (is("det(")) return det(dominant(x));
    if (is("slogdet(-")) return slogdet(-dominant(x)).logabsdet;
    if (is("slogdet(")) return slogdet(dominant(x)).logabsdet;
    if (is("solve(spd(x), x)")) return solve(spd(x), x);
    if (is("solve(")) return solve(dominant(x), b);
    if (is("solve_triangular(dominant(x)")) {
        return solve_triangular(dominant(x), b, {.lower = flag(0), .transpose = flag(1), .unit_diagonal = flag(2)});
    }
    if (is("solve_triangular(")) {
        const auto a = as_variable<T>({4, 4},
                                      {-1.25, -1.5, -0.125, -1, -0.25, -1.75, -1.625, 0.125, -0.375, 0.75, -0.375,
                                       0.125, -1.625, -1.75, -0.25, -1},
                                      false);
        return solve_triangular(dominant(a), x);
    }
    if (is("pinv(x C")) return pinv(matmul(x, c), 1e-5);
    if (is("pinv((x C)'")) return pinv(transpose(matmul(x, c)), 1e-5);
    if (is("pinv(")) return pinv(x);
    if (is("lstsq(A")) {
        return lstsq(as_variable<T>({4, 3},
                                    {-1.25, -1.5, -0.125, -1, -0.25, -1.75, -1.625, 0.125, -0.375, 0.75, -0.375, 0.125},
                                    false),
                     x);
    }
    REQUIRE(is("lstsq(x"));
    return lstsq(x, b);
}

bool is_decomposition(const Case& c) {
    return c.call.find("svd") != std::string::npos || c.call.find("eigh") != std::string::npos ||
           c.call.find("cholesky") != std::string::npos;
}

} // namespace

TEST_CASE_TEMPLATE("cholesky, eigh and svd agree with PyTorch", T, float, double) {
    int checked = 0;
    for (const Case& c : tests::reference::decomposition_cases) {
        if (!is_decomposition(c)) continue;
        tests::reference::check<T>(c, decomposed<T>);
        ++checked;
    }
    CHECK(checked == 32);
}

TEST_CASE_TEMPLATE("inverses, solutions and determinants agree with PyTorch", T, float, double) {
    int checked = 0;
    for (const Case& c : tests::reference::decomposition_cases) {
        if (is_decomposition(c)) continue;
        tests::reference::check<T>(c, solved<T>);
        ++checked;
    }
    CHECK(checked == 41);
}

// ---------------------------------------------------------------------------------------------------------------------
// The factors

TEST_CASE_TEMPLATE("cholesky, eigh and svd: the factors make up the matrix", T, float, double) {
    for (const std::size_t n : {1, 2, 7, 64, 150}) { // 150: LAPACK's blocked algorithms
        const Variable<T> x = random_matrix<T>({n, n + 3});
        const Variable<T> a = spd(x);
        const double scale = static_cast<double>(max(abs(a)).item()) * std::sqrt(static_cast<double>(n));
        const double tolerance = 20 * scale * static_cast<double>(std::numeric_limits<T>::epsilon());

        const Variable<T> l = cholesky(a);
        CHECK(distance(matmul(l, l, {.transpose_b = true}), a) < tolerance);
        for (std::size_t i = 0; i < n; ++i) {
            REQUIRE(l.tensor().data()[i * n + i] > 0);
            for (std::size_t j = i + 1; j < n; ++j) REQUIRE(l.tensor().data()[i * n + j] == 0);
        }

        const auto [values, vectors] = eigh(a);
        CHECK(std::is_sorted(values.tensor().begin(), values.tensor().end()));
        CHECK(distance(matmul(vectors * values, vectors, {.transpose_b = true}), a) < tolerance);
        CHECK(distance(matmul(vectors, vectors, {.transpose_a = true}), ops::identity<T>(n)) < tolerance);
        CHECK(distance(matmul(a, vectors), vectors * values) < tolerance); // a vector is a column

        for (const Variable<T>& b : {x, transpose(x), a}) {
            const auto [u, s, vt] = svd(b);
            const std::size_t k = std::min(b.shape()[0], b.shape()[1]);
            REQUIRE(u.shape() == Shape{b.shape()[0], k});
            REQUIRE(vt.shape() == Shape{k, b.shape()[1]});
            CHECK(std::is_sorted(s.tensor().begin(), s.tensor().end(), std::greater<T>()));
            CHECK(s.tensor().end()[-1] >= 0);
            CHECK(distance(matmul(u * s, vt), b) < tolerance);
            CHECK(distance(matmul(u, u, {.transpose_a = true}), ops::identity<T>(k)) < tolerance);
            CHECK(distance(matmul(vt, vt, {.transpose_b = true}), ops::identity<T>(k)) < tolerance);
        }
    }
}

TEST_CASE("cholesky and eigh read the lower triangle, and give a symmetric gradient") {
    const Variable a{{4.0, not_a_number}, {1.0, 3.0}}, symmetric{{4.0, 1.0}, {1.0, 3.0}};
    CHECK(distance(cholesky(a), cholesky(symmetric)) == 0);
    CHECK(distance(eigh(a).values, eigh(symmetric).values) == 0);
    CHECK(distance(eigh(a).vectors, eigh(symmetric).vectors) == 0);
    const auto off_diagonal = [&](const Variable<double>& y) {
        const auto [g] = grad(sum(y * as_variable<double>({2, 2}, {1, 2, 5, 3}, false)), wrt(a));
        CHECK(g.tensor().data()[1] == doctest::Approx(g.tensor().data()[2]).epsilon(1e-14));
        return g.tensor().data()[1];
    };
    CHECK(off_diagonal(cholesky(a)) != 0);
    CHECK(off_diagonal(eigh(a).vectors) != 0);
}

TEST_CASE_TEMPLATE("eigh and svd: the gradient of a function that gives the matrix back is the identity", T, float,
                   double) {
    const Variable<T> x = random_matrix<T>({4, 4}), seed = random_matrix<T>({4, 4}, 7);
    const double tolerance = 200 * static_cast<double>(std::numeric_limits<T>::epsilon());
    const auto [values, vectors] = eigh(sym(x));
    const Variable<T> back = matmul(vectors * values, vectors, {.transpose_b = true});
    CHECK(distance(grad(back, wrt(x), {.seed = seed})[0], sym(seed)) < tolerance);
    for (const Shape& shape : {Shape{4, 4}, Shape{5, 3}, Shape{2, 6}}) {
        const Variable<T> y = random_matrix<T>(shape), g = random_matrix<T>(shape, 9);
        const auto [u, s, vt] = svd(y);
        CHECK(distance(grad(matmul(u * s, vt), wrt(y), {.seed = g})[0], g) < tolerance);
    }
}

TEST_CASE("eigh: a function of the matrix has the derivative that calculus says, whatever the signs of the vectors") {
    // d tr(A^3) = 3 A^2, d tr(A^-1) = -A^-2, through V f(λ) V'.
    const Variable<double> x = random_matrix<double>({4, 4});
    const Variable<double> a = Variable<double>(spd(x).tensor(), true);
    const auto through = [&](const auto& f) {
        const auto [values, vectors] = eigh(a);
        return grad(sum(f(values) * sum(square(vectors), 0)), wrt(a))[0];
    };
    const Variable<double> inverse = inv(a);
    CHECK(distance(through([](const auto& v) { return v * v * v; }), 3.0 * matmul(a, a)) < 1e-11);
    CHECK(distance(through([](const auto& v) { return 1.0 / v; }), -matmul(inverse, inverse)) < 1e-13);
}

TEST_CASE("eigh and svd: equal values do no harm to derivatives through the values") {
    const Variable a{{2.0, 0.0, 0.0}, {0.0, 2.0, 0.0}, {0.0, 0.0, 2.0}};
    const auto [g] = grad(sum(square(eigh(a).values)), wrt(a));
    CHECK(distance(g, 2.0 * a) < 1e-14); // sum of λ^2 = the squares of all elements
    const auto [h] = grad(sum(svd(a).s), wrt(a));
    CHECK(distance(h, ops::identity<double>(3)) < 1e-14);
    // Through the vectors they are not finite, rather than wrong.
    const auto [through_vectors] = grad(sum(eigh(a).vectors), wrt(a));
    CHECK_FALSE(std::isfinite(sum(through_vectors).item()));
}

TEST_CASE("svd: values alone have a gradient where the rank is deficient") {
    const Variable a{{1.0, 2.0}, {2.0, 4.0}, {3.0, 6.0}};
    const auto [g] = grad(slice(svd(a).s, {0}), wrt(a));
    CHECK(distance(g, a / std::sqrt(70.0)) < 1e-14); // u v'
}

TEST_CASE("eigh and svd decompose once: both results are of one graph") {
    const Variable<double> x = random_matrix<double>({3, 3});
    const auto [values, vectors] = eigh(sym(x));
    sum(vectors).backward();
    CHECK_THROWS_AS(sum(values).backward(), GraphError); // consumed with the vectors
    const auto [u, s, vt] = svd(x);
    sum(u).backward();
    CHECK_THROWS_AS(sum(s).backward(), GraphError);
    CHECK_THROWS_AS(sum(vt).backward(), GraphError);
}

TEST_CASE("eigh: a value assigned in place later does not enter the derivative unseen") {
    const Variable<double> x = random_matrix<double>({3, 3});
    auto [values, vectors] = eigh(sym(x));
    const Variable<double> y = sum(square(vectors) * values);
    vectors.value() = Array<double>(vectors.value()) * 2.0;
    CHECK_THROWS_AS(y.backward(), GraphError);
}

TEST_CASE("decompositions of empty matrices are empty") {
    const auto none = as_variable<double>({0, 0}, {}, true);
    CHECK(cholesky(none).shape() == Shape{0, 0});
    CHECK(eigh(none).values.shape() == Shape{0});
    CHECK(eigh(none).vectors.shape() == Shape{0, 0});
    const auto [u, s, vt] = svd(as_variable<double>({3, 0}, {}, true));
    CHECK(u.shape() == Shape{3, 0});
    CHECK(s.shape() == Shape{0});
    CHECK(vt.shape() == Shape{0, 0});
    CHECK(svd(as_variable<double>({0, 2}, {}, true)).vt.shape() == Shape{0, 2});
}

TEST_CASE_TEMPLATE("eigh and svd of matrices at the ends of the range", T, float, double) {
    for (const double exponent : {-0.9, 0.9}) {
        const auto scale = static_cast<T>(std::pow(10.0, exponent * std::numeric_limits<T>::max_exponent10));
        const Variable<T> x = sym(random_matrix<T>({6, 6}));
        const Variable<T> scaled(Variable<T>(x * scale).tensor(), false);
        CHECK(distance(eigh(scaled).values / scale, eigh(x).values) <
              40 * static_cast<double>(std::numeric_limits<T>::epsilon()));
        CHECK(distance(svd(scaled).s / scale, svd(x).s) < 40 * static_cast<double>(std::numeric_limits<T>::epsilon()));
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// What they refuse

TEST_CASE_TEMPLATE("cholesky, eigh, svd: what they refuse", T, float, double) {
    const auto of = [](const Shape& shape, const Numbers& numbers) { return as_variable<T>(shape, numbers, true); };
    CHECK(
        message_of<ValueError>([&] {
            cholesky(of({3, 3}, {4, 0, 0, 0, 2, 0, 0, 4, 1}));
        }) ==
        "cholesky: the matrix of shape (3, 3) is not positive definite: its leading minor of order 3 is not positive");
    CHECK(
        message_of<ValueError>([&] {
            cholesky(of({1, 1}, {0}));
        }) ==
        "cholesky: the matrix of shape (1, 1) is not positive definite: its leading minor of order 1 is not positive");
    CHECK(message_of<ShapeError>([&] {
              cholesky(of({1, 2}, {1, 2}));
          }) == "cholesky: a square matrix is needed, not one of shape (1, 2)");
    CHECK(message_of<ShapeError>([&] {
              eigh(of({2, 1}, {1, 2}));
          }) == "eigh: a square matrix is needed, not one of shape (2, 1)");
    CHECK(message_of<ShapeError>([&] { eigh(of({}, {1})); }) == "eigh: a matrix is needed, not an array of shape ()");
    CHECK(message_of<ShapeError>([&] {
              svd(of({1, 1, 1}, {1}));
          }) == "svd: a matrix is needed, not an array of shape (1, 1, 1)");
    CHECK(message_of<ShapeError>([&] {
              svd(of({2}, {1, 2}));
          }) == "svd: a matrix is needed, not an array of shape (2)");

    CHECK(message_of<ValueError>([&] {
              cholesky(of({2, 2}, {1, 0, -infinity, 1}));
          }) == "cholesky: element (1, 0) of the matrix of shape (2, 2) is -inf");
    CHECK(message_of<ValueError>([&] {
              eigh(of({2, 2}, {1, 0, 0, not_a_number}));
          }) == "eigh: element (1, 1) of the matrix of shape (2, 2) is NaN");
    CHECK(message_of<ValueError>([&] {
              svd(of({2, 3}, {1, 0, infinity, 0, not_a_number, 1}));
          }) == "svd: element (0, 2) of the matrix of shape (2, 3) is inf");
    // The shape is looked at first, so there need be no elements.
    CHECK(message_of<ShapeError>([] {
              svd(Variable<T>(Tensor<T>(detail::Buffer::allocate(64), Shape{20001, 20001}), false));
          }) == "svd: a matrix of shape (20001, 20001) is too large: its shorter side may have 20000 elements");
}

// Inverses, systems, least squares, determinants: what they satisfy, singular and deficient matrices, what is refused.
// Their agreement with PyTorch is in decomposition_test.cpp.
#include <xgrad/ops/solve.hpp>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/gradcheck.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/transpose.hpp>
#include <xgrad/ops/triangle.hpp>

#include "tests/message_of.hpp"
#include "tests/ops/matrices.hpp"
#include "tests/reference/case.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using tests::distance;
using tests::message_of;
using tests::random_matrix;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::Numbers;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A random matrix that is easy to invert.
template <class T>
Variable<T> regular(std::size_t n) {
    return Variable<T>((random_matrix<T>({n, n}) + ops::identity<T>(n) * static_cast<T>(std::sqrt(n))).tensor(), true);
}

} // namespace

TEST_CASE_TEMPLATE("solve, inv, solve_triangular: the result satisfies the equation", T, float, double) {
    for (const std::size_t n : {1, 3, 8, 40, 150}) {
        const double tolerance = 50 * static_cast<double>(n) * static_cast<double>(std::numeric_limits<T>::epsilon());
        const Variable<T> a = regular<T>(n);
        CHECK(distance(matmul(a, inv(a)), ops::identity<T>(n)) < tolerance);
        for (const Shape& shape : {Shape{n}, Shape{n, 1}, Shape{n, 5}}) {
            const Variable<T> b = random_matrix<T>(shape, 5), x = solve(a, b);
            REQUIRE(x.shape() == shape);
            CHECK(distance(matmul(a, x), b) < tolerance);
            // The adjoint of b solves the transposed system.
            const Variable<T> adjoint = grad(x, wrt(b), {.seed = b})[0];
            CHECK(distance(matmul(a, adjoint, {.transpose_a = true}), b) < tolerance);
            for (const bool lower : {false, true}) {
                const T below = lower, above = !lower;
                const Variable<T> triangle =
                    a * ops::triangles<T>(n, below, 1, above) * T(0.1) + ops::identity<T>(n) * T(2);
                for (const bool transposed : {false, true}) {
                    const auto y = solve_triangular(triangle, b, {.lower = lower, .transpose = transposed});
                    CHECK(distance(matmul(triangle, y, {.transpose_a = transposed}), b) < tolerance);
                }
            }
        }
    }
}

TEST_CASE("solve: rows are exchanged where they have to be") {
    const Variable a{{0.0, 0.0, 2.0}, {3.0, 0.0, 0.0}, {0.0, 4.0, 0.0}};
    CHECK(agree(solve(a, Array<double>{2, 3, 4}), {1, 1, 1}));
    CHECK(agree(inv(a), {0, 1.0 / 3, 0, 0, 0, 0.25, 0.5, 0, 0}));
    CHECK(det(a).item() == 24);
    const Variable swapped{{0.0, 1.0}, {1.0, 0.0}};
    CHECK(det(swapped).item() == -1);
    CHECK(slogdet(swapped).sign.item() == -1);
    CHECK(slogdet(swapped).logabsdet.item() == 0);
}

TEST_CASE("solve_triangular reads one triangle, and the diagonal only if it is not taken to be ones") {
    const Variable a{{2.0, not_a_number}, {1.0, 4.0}}, unit{{0.0, 3.0}, {not_a_number, not_a_number}};
    const auto x = solve_triangular(a, Array<double>{2, 5}, {.lower = true});
    CHECK(agree(x, {1, 1}));
    CHECK(agree(grad(sum(x), wrt(a))[0], {-0.375, 0, -0.25, -0.25}));
    const auto y = solve_triangular(unit, Array<double>{4, 1}, {.unit_diagonal = true});
    CHECK(agree(y, {1, 1}));
    CHECK(agree(grad(sum(y), wrt(unit))[0], {0, -1, 0, 0}));
}

TEST_CASE("solve: NaN in the right side spreads along its column only") {
    const auto x = solve(regular<double>(2), as_variable<double>({2, 2}, {not_a_number, 1, 1, 1}, true));
    CHECK(std::isnan(x.tensor().data()[0]));
    CHECK(std::isnan(x.tensor().data()[2]));
    CHECK(std::isfinite(x.tensor().data()[1]));
    CHECK(std::isfinite(x.tensor().data()[3]));
}

TEST_CASE("det of singular matrices is zero, and its gradient the cofactors") {
    const Variable a{{1.0, 2.0}, {2.0, 4.0}};
    CHECK(det(a).item() == 0);
    CHECK(agree(grad(det(a), wrt(a))[0], {4, -2, -2, 1}));
    const Variable b{{1.0, 2.0, 0.0}, {2.0, 4.0, 0.0}, {0.0, 1.0, 3.0}};
    CHECK(agree(grad(det(b), wrt(b))[0], {12, -6, 2, -6, 3, -1, 0, 0, 0}));
    // Nearly singular, it is as accurate: the determinant and the inverse are of the same factors.
    const double d = 0x1p-40;
    const Variable nearly{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}, {7.0, 8.0, 9 + d}};
    CHECK(det(nearly).item() != 0);
    CHECK(agree(grad(det(nearly), wrt(nearly))[0], {5 * d - 3, 6 - 4 * d, -3, 6 - 2 * d, d - 12, 6, -3, 6, -3}));
    const auto determinant = [](const std::vector<Variable<double>>& x) { return det(x[0]); };
    const auto report = gradcheck<double>(determinant, {b}, {.order = 2});
    CHECK_MESSAGE(report.passed, report.message);
    const Variable rank_one{{1.0, 1.0, 1.0}, {1.0, 1.0, 1.0}, {1.0, 1.0, 1.0}};
    CHECK(agree(grad(det(rank_one), wrt(rank_one))[0], Numbers(9)));
    const Variable zero{{0.0}};
    CHECK(grad(det(zero), wrt(zero))[0].tensor().data()[0] == 1);
}

TEST_CASE_TEMPLATE("det overflows and underflows where slogdet does not", T, float, double) {
    for (const double magnitude : {1e-30, 1e30}) {
        const Variable<T> a((ops::identity<T>(21) * static_cast<T>(-magnitude)).tensor(), true);
        const auto [sign, logabsdet] = slogdet(a);
        CHECK(sign.item() == -1);
        CHECK(static_cast<double>(logabsdet.item()) == doctest::Approx(21 * std::log(magnitude)).epsilon(1e-6));
        CHECK_FALSE(sign.requires_grad());
        CHECK(det(a).item() == static_cast<T>(magnitude > 1 ? -infinity : -0.0));
        const Variable<T> gradient = grad(logabsdet, wrt(a))[0];
        CHECK(distance(gradient * static_cast<T>(-magnitude), ops::identity<T>(21)) < 1e-6);
    }
}

TEST_CASE("slogdet of a singular matrix is -inf, and has no gradient") {
    const Variable a{{1.0, 2.0}, {2.0, 4.0}};
    const auto [sign, logabsdet] = slogdet(a);
    CHECK(sign.item() == 0);
    CHECK(logabsdet.item() == -infinity);
    CHECK(message_of<ValueError>([&] { logabsdet.backward(); }) ==
          "slogdet: no derivative: the matrix of shape (2, 2) is singular: pivot 2 is zero");
}

TEST_CASE_TEMPLATE("pinv satisfies Penrose's conditions, whatever the rank", T, float, double) {
    for (const auto& [m, n, rank] :
         {std::array<std::size_t, 3>{5, 3, 3}, {3, 5, 3}, {4, 4, 4}, {6, 4, 2}, {4, 6, 1}, {3, 3, 0}}) {
        const Variable<T> a = matmul(random_matrix<T>({m, rank}), random_matrix<T>({rank, n}, 8));
        const Variable<T> p = pinv(a);
        const double tolerance = 500 * static_cast<double>(std::numeric_limits<T>::epsilon());
        REQUIRE(p.shape() == Shape{n, m});
        const Variable<T> ap = matmul(a, p), pa = matmul(p, a);
        CHECK(distance(matmul(ap, a), a) < tolerance);
        CHECK(distance(matmul(pa, p), p) < tolerance * (1 + static_cast<double>(norm(p).item())));
        CHECK(distance(transpose(ap), ap) < tolerance);
        CHECK(distance(transpose(pa), pa) < tolerance);
    }
}

TEST_CASE("pinv: rcond says what counts as zero") {
    const Variable a{{2.0, 0.0}, {0.0, 0.5}};
    CHECK(agree(pinv(a), {0.5, 0, 0, 2}));
    CHECK(agree(pinv(a, 0.3), {0.5, 0, 0, 0}));
    CHECK(agree(pinv(a, 1.0), {0, 0, 0, 0}));
    CHECK(agree(pinv(a * 0.0, infinity), {0, 0, 0, 0}));
    CHECK(agree(lstsq(a, Array<double>{2, 2}, 0.3), {1, 0}));
    // As NumPy's for double; its default would keep the rounding errors of float.
    const Variable<float> f = as_variable<float>({3, 3}, {0.1, 0.2, 0.3, 0.2, 0.4, 0.6, 0.3, 0.6, 0.9}, false);
    CHECK(distance(pinv(f), f / (1.4f * 1.4f)) < 1e-6);
}

TEST_CASE_TEMPLATE("lstsq: the residual is orthogonal, and of many solutions the smallest is taken", T, float, double) {
    const double tolerance = 200 * static_cast<double>(std::numeric_limits<T>::epsilon());
    const Variable<T> tall = random_matrix<T>({9, 3}), b = random_matrix<T>({9, 2}, 4);
    const Variable<T> residual = matmul(tall, lstsq(tall, b)) - b;
    CHECK(distance(matmul(tall, residual, {.transpose_a = true}), Variable<T>(Tensor<T>(Shape{3, 2}, T(0)), false)) <
          tolerance);
    // Wide: exact, and in the space of the rows.
    const Variable<T> wide = random_matrix<T>({3, 5}), c = random_matrix<T>({3}, 4), x = lstsq(wide, c);
    CHECK(distance(matmul(wide, x), c) < tolerance);
    CHECK(distance(matmul(transpose(wide), lstsq(transpose(wide), x)), x) < tolerance);
    // Twice the same column: half of it each.
    const Variable<T> twice = as_variable<T>({3, 2}, {1, 1, 2, 2, 3, 3}, true);
    CHECK(agree(lstsq(twice, as_variable<T>({3}, {2, 4, 6}, false)), {1, 1}));
}

TEST_CASE("systems with empty matrices and without right sides") {
    const auto none = as_variable<double>({0, 0}, {}, true);
    CHECK(inv(none).shape() == Shape{0, 0});
    CHECK(det(none).item() == 1);
    CHECK(slogdet(none).sign.item() == 1);
    CHECK(slogdet(none).logabsdet.item() == 0);
    CHECK(pinv(as_variable<double>({0, 3}, {}, true)).shape() == Shape{3, 0});
    CHECK(pinv(as_variable<double>({3, 0}, {}, true)).shape() == Shape{0, 3});
    CHECK(solve(none, as_variable<double>({0}, {}, true)).shape() == Shape{0});
    CHECK(solve(regular<double>(3), as_variable<double>({3, 0}, {}, true)).shape() == Shape{3, 0});
    CHECK(solve_triangular(none, as_variable<double>({0, 2}, {}, true)).shape() == Shape{0, 2});
    CHECK(agree(lstsq(as_variable<double>({0, 2}, {}, true), as_variable<double>({0}, {}, true)), {0, 0}));
    CHECK(lstsq(as_variable<double>({2, 0}, {}, true), Array<double>{1, 2}).shape() == Shape{0});
}

TEST_CASE_TEMPLATE("inv, solve, solve_triangular, det, pinv, lstsq: what they refuse", T, float, double) {
    const auto of = [](const Shape& shape, const Numbers& numbers) { return as_variable<T>(shape, numbers, true); };
    const auto singular = of({2, 2}, {1, 2, 2, 4}), wide = of({1, 2}, {1, 2}), v = of({2}, {1, 2});
    const auto nan = of({2, 2}, {1, 2, not_a_number, 4}), good = of({2, 2}, {1, 2, 3, 4});
    CHECK(message_of<ValueError>([&] { inv(singular); }) ==
          "inv: the matrix of shape (2, 2) is singular: pivot 2 is zero");
    CHECK(message_of<ValueError>([&] { solve(singular, v); }) ==
          "solve: the matrix of shape (2, 2) is singular: pivot 2 is zero");
    CHECK(message_of<ValueError>([&] {
              solve_triangular(of({2, 2}, {1, 2, 3, 0}), v);
          }) == "solve_triangular: the matrix of shape (2, 2) is singular: its diagonal has a zero in row 1");
    CHECK(message_of<ShapeError>([&] { inv(wide); }) == "inv: a square matrix is needed, not one of shape (1, 2)");
    CHECK(message_of<ShapeError>([&] { det(v); }) == "det: a matrix is needed, not an array of shape (2)");
    CHECK(message_of<ShapeError>([&] { slogdet(wide); }) ==
          "slogdet: a square matrix is needed, not one of shape (1, 2)");
    CHECK(message_of<ShapeError>([&] { solve(wide, v); }) ==
          "solve: a square matrix is needed, not one of shape (1, 2)");
    CHECK(message_of<ShapeError>([&] {
              solve(good, of({3}, {1, 2, 3}));
          }) == "solve: the right side must have as many rows as the matrix: (2, 2) and (3): 2 != 3");
    CHECK(message_of<ShapeError>([&] { solve(good, of({}, {1})); }) ==
          "solve: the right side must be a vector or a matrix, not of shape ()");
    CHECK(message_of<ShapeError>([&] {
              solve_triangular(good, of({1, 2}, {1, 2}));
          }) == "solve_triangular: the right side must have as many rows as the matrix: (2, 2) and (1, 2): 2 != 1");
    CHECK(message_of<ShapeError>([&] { lstsq(good, of({1}, {1})); }) ==
          "lstsq: the right side must have as many rows as the matrix: (2, 2) and (1): 2 != 1");
    CHECK(message_of<ShapeError>([&] { pinv(v); }) == "pinv: a matrix is needed, not an array of shape (2)");
    CHECK(message_of<ValueError>([&] { pinv(good, -1.0); }) == "pinv: rcond must not be negative, but is -1.000000");
    CHECK(
        message_of<ValueError>([&] { lstsq(good, v, not_a_number); }).starts_with("lstsq: rcond must not be negative"));

    const std::string is_nan = ": element (1, 0) of the matrix of shape (2, 2) is NaN";
    CHECK(message_of<ValueError>([&] { inv(nan); }) == "inv" + is_nan);
    CHECK(message_of<ValueError>([&] { det(nan); }) == "det" + is_nan);
    CHECK(message_of<ValueError>([&] { slogdet(nan); }) == "slogdet" + is_nan);
    CHECK(message_of<ValueError>([&] { solve(nan, v); }) == "solve" + is_nan);
    CHECK(message_of<ValueError>([&] { solve_triangular(nan, v, {.lower = true}); }) == "solve_triangular" + is_nan);
    CHECK(message_of<ValueError>([&] { pinv(nan); }) == "pinv" + is_nan);
    CHECK(message_of<ValueError>([&] { lstsq(nan, v); }) == "lstsq" + is_nan);
    CHECK(message_of<ValueError>([&] {
              pinv(of({2, 3}, {1, 2, 3, 4, 5, infinity}));
          }) == "pinv: element (1, 2) of the matrix of shape (2, 3) is inf");
}

// Decompositions and what is solved by them: PyTorch's values and derivatives, what they read, what they refuse.
#include <xgrad/ops/decomposition.hpp>

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/solve.hpp>
#include <xgrad/ops/transpose.hpp>
#include <xgrad/ops/triangle.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/decomposition.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace xgrad;
using tests::message_of;
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
        const auto a = as_variable<T>({4, 4}, {-1.25, -1.5, -0.125, -1, -0.25, -1.75, -1.625, 0.125, -0.375, 0.75, -0.375,
                                               0.125, -1.625, -1.75, -0.25, -1}, false);
        return solve_triangular(dominant(a), x);
    }
    if (is("pinv(x C")) return pinv(matmul(x, c), 1e-5);
    if (is("pinv((x C)'")) return pinv(transpose(matmul(x, c)), 1e-5);
    if (is("pinv(")) return pinv(x);
    if (is("lstsq(A")) {
        return lstsq(as_variable<T>({4, 3}, {-1.25, -1.5, -0.125, -1, -0.25, -1.75, -1.625, 0.125, -0.375, 0.75, -0.375,
                                             0.125}, false), x);
    }
    REQUIRE(is("lstsq(x"));
    return lstsq(x, b);
}

bool is_decomposition(const Case& c) {
    return c.call.find("svd") != std::string::npos || c.call.find("eigh") != std::string::npos ||
           c.call.find("cholesky") != std::string::npos;
}

/// The largest difference.
template <class T>
double distance(const Variable<T>& a, const Variable<T>& b) {
    REQUIRE(a.shape() == b.shape());
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        worst = std::max(worst, std::abs(static_cast<double>(a.tensor().data()[i]) - static_cast<double>(b.tensor().data()[i])));
    }
    return worst;
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

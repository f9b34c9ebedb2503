// The values and gradients of PyTorch and NumPy for everything in matmul.hpp, transpose.hpp and linalg.hpp,
// and what dot, outer, trace and diag refuse.
#include <xgrad/ops/linalg.hpp>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/transpose.hpp>

#include "tests/reference/linalg.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace xgrad;
using tests::reference::linalg::Case;
using tests::reference::linalg::Numbers;

namespace {

/// The operands of tests/reference/linalg.py; operand 7 is the adjoint.
template <class T>
Variable<T> operand(const Shape& shape, std::size_t s, bool requires_grad) {
    Tensor<T> x(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = (static_cast<T>((37 * i + 11 * s) % 19) - 9) / 8;
    return Variable<T>(std::move(x), requires_grad);
}

template <class T>
Numbers numbers(const Variable<T>& x) {
    return Numbers(x.tensor().begin(), x.tensor().end());
}

template <class T>
Variable<T> call(const Case& c, const std::vector<Variable<T>>& x) {
    const std::string operation = c.operation;
    const auto& options = c.options;
    if (operation == "matmul") {
        return matmul(x[0], x[1], {.transpose_a = options[0] != 0, .transpose_b = options[1] != 0});
    }
    if (operation == "linear") return x.size() == 3 ? linear(x[0], x[1], x[2]) : linear(x[0], x[1]);
    if (operation == "dot") return dot(x[0], x[1]);
    if (operation == "outer") return outer(x[0], x[1]);
    if (operation == "trace") return trace(x[0]);
    if (operation == "diag") return diag(x[0], options[0]);
    if (operation == "transpose") return transpose(x[0]);
    if (operation == "swapaxes") return swapaxes(x[0], options[0], options[1]);
    REQUIRE(operation == "permute");
    return permute(x[0], options);
}

template <class T>
Variable<T> filled(const Shape& shape, T value = 1) {
    return Variable<T>(Tensor<T>(shape, value), true);
}

template <class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const ShapeError& error) {
        const std::string what = error.what();
        CHECK(what.find("linalg_test.cpp") != std::string::npos);
        return what.substr(0, what.find('\n'));
    }
    return "nothing was thrown";
}

} // namespace

TEST_CASE_TEMPLATE("linear algebra: the values and gradients of PyTorch and NumPy, to the last bit", T, float,
                   double) {
    for (const Case& c : tests::reference::linalg::cases) {
        INFO(std::string(c.operation), ", case ", &c - tests::reference::linalg::cases.data());
        std::vector<Variable<T>> x;
        for (const auto& extents : c.operands) x.push_back(operand<T>(Shape(extents), x.size(), true));
        const Variable<T> y = call(c, x);
        REQUIRE(y.shape() == Shape(c.shape));
        CHECK(numbers(y) == c.value);
        const auto gradients = grad(y, x, {.seed = operand<T>(y.shape(), 7, false)});
        for (std::size_t k = 0; k < x.size(); ++k) CHECK(numbers(gradients[k]) == c.gradients[k]);
    }
}

TEST_CASE("dot, outer: arrays on either side") {
    const Array<double> v{1, 2, 3};
    const Variable x{4.0, 5.0, 6.0};
    CHECK(dot(x, v).item() == 32);
    CHECK(dot(v * 2.0, x).item() == 64);
    CHECK(numbers(outer(v, x)) == Numbers{4, 5, 6, 8, 10, 12, 12, 15, 18});
    CHECK(numbers(outer(x, v + 1.0)) == Numbers{8, 12, 16, 10, 15, 20, 12, 18, 24});
}

TEST_CASE_TEMPLATE("dot, outer, trace: zero times infinity is NaN", T, float, double) {
    constexpr T inf = std::numeric_limits<T>::infinity();
    auto a = filled<T>({5}, 0), b = filled<T>({5}, 1);
    b.tensor().data()[3] = inf;
    CHECK(std::isnan(dot(a, b).item()));
    const Variable<T> product = outer(a, b);
    for (std::size_t i = 0; i < 25; ++i) CHECK(std::isnan(product.tensor().data()[i]) == (i % 5 == 3));
    auto x = filled<T>({2, 2}, 0);
    x.tensor().data()[1] = inf; // off the diagonal
    CHECK(trace(x).item() == 0);
    x.tensor().data()[3] = inf;
    CHECK(trace(x).item() == inf);
}

TEST_CASE("diag: shapes without a diagonal") {
    CHECK(diag(filled<double>({0})).shape() == Shape{0, 0});
    CHECK(diag(filled<double>({0}), 2).shape() == Shape{2, 2});
    CHECK(numbers(diag(filled<double>({0}), -1)) == Numbers{0});
    CHECK(diag(filled<double>({2, 3}), -2).shape() == Shape{0});
    CHECK(diag(filled<double>({2, 3}), std::numeric_limits<std::ptrdiff_t>::min()).shape() == Shape{0});
    CHECK(diag(filled<double>({2, 3}), std::numeric_limits<std::ptrdiff_t>::max()).shape() == Shape{0});
    CHECK(diag(filled<double>({0, 3}), 1).shape() == Shape{0});
}

TEST_CASE("dot, outer, trace, diag: what they refuse") {
    CHECK(message_of([] { dot(filled<double>({3}), filled<double>({4})); }) ==
          "dot: the operands must be vectors of one length, not (3) and (4)");
    CHECK(message_of([] {
              dot(filled<double>({3, 3}), filled<double>({3, 3}));
          }) == "dot: the operands must be vectors of one length, not (3, 3) and (3, 3)");
    CHECK(message_of([] { dot(filled<double>({3}), 2.0); }) ==
          "dot: the operands must be vectors of one length, not (3) and ()");
    CHECK(message_of([] {
              outer(filled<double>({3, 1}), filled<double>({4}));
          }) == "outer: the operands must be vectors, not (3, 1) and (4)");
    CHECK(message_of([] { trace(filled<double>({3})); }) ==
          "trace: the operand must be a matrix, not of shape (3)");
    CHECK(message_of([] {
              diag(filled<double>({2, 2, 2}));
          }) == "diag: the operand must be a vector or a matrix, not of shape (2, 2, 2)");
    CHECK(message_of([] { diag(filled<double>({})); }) ==
          "diag: the operand must be a vector or a matrix, not of shape ()");
    CHECK(message_of([] { diag(filled<double>({2}), std::numeric_limits<std::ptrdiff_t>::min()); }) ==
          "diag: the matrix with (2) on its diagonal -9223372036854775808 is too large");
}

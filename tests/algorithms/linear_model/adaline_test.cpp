// Adaline beside scikit-learn's SGDRegressor, NumPy and least squares.
#include "tests/message_of.hpp"
#include "tests/reference/perceptron.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/linear_model/adaline.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/ops/arithmetic.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::message_of;
namespace reference = xgrad::tests::reference::perceptron;

static_assert(SupervisedEstimator<Adaline>);

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const Array<double> gates{{0, 0}, {0, 1}, {1, 0}, {1, 1}};

/// Setosa and versicolor by the lengths of sepal and petal, standardised.
ClassificationData standardised_iris() {
    const auto all = load_iris();
    ClassificationData two{Array<double>::from_shape({100, 2}), Array<std::int64_t>::from_shape({100}), {}, {}};
    for (std::size_t j = 0; j < 2; ++j) {
        double mean = 0, variance = 0;
        for (std::size_t i = 0; i < 100; ++i) mean += all.X(i, 2 * j) / 100;
        for (std::size_t i = 0; i < 100; ++i) variance += std::pow(all.X(i, 2 * j) - mean, 2) / 100;
        for (std::size_t i = 0; i < 100; ++i) two.X(i, j) = (all.X(i, 2 * j) - mean) / std::sqrt(variance);
    }
    for (std::size_t i = 0; i < 100; ++i) two.y(i) = all.y(i);
    return two;
}

void check_losses(const std::vector<double>& losses, const Array<double>& expected) {
    REQUIRE(losses.size() == expected.size());
    for (std::size_t i = 0; i < losses.size(); ++i) CHECK(losses[i] == doctest::Approx(expected(i)).epsilon(1e-12));
}

} // namespace

TEST_CASE("Adaline: batch gradient descent and its losses") {
    const auto iris = standardised_iris();
    Adaline model({.eta0 = 0.1, .max_iter = 20, .tol = -infinity});
    model.fit(iris.X, iris.y);
    for (std::size_t j = 0; j < 2; ++j) CHECK(std::abs(model.coef_(j) - reference::adaline_batch_coef(j)) <= 1e-12);
    CHECK(std::abs(model.intercept_ - reference::adaline_batch_intercept(0)) <= 1e-12);
    check_losses(model.loss_curve_, reference::adaline_batch_losses);
    CHECK(model.n_iter_ == 20);
    CHECK(model.score(iris.X, iris.y) == reference::adaline_batch_score(0));
}

TEST_CASE("Adaline: stochastic gradient descent and its losses") {
    const auto iris = standardised_iris();
    Adaline model({.eta0 = 0.01, .batch_size = 1, .max_iter = 5, .tol = -infinity, .shuffle = false});
    model.fit(iris.X, iris.y);
    for (std::size_t j = 0; j < 2; ++j) CHECK(std::abs(model.coef_(j) - reference::adaline_stochastic_coef(j)) <= 1e-12);
    CHECK(std::abs(model.intercept_ - reference::adaline_stochastic_intercept(0)) <= 1e-12);
    check_losses(model.loss_curve_, reference::adaline_stochastic_losses);

    AdalineOptions options{.batch_size = 1, .max_iter = 5, .random_state = 3};
    const auto a = Adaline(options).fit(iris.X, iris.y), b = Adaline(options).fit(iris.X, iris.y);
    CHECK(a.coef_ == b.coef_);
    CHECK(a.coef_ != model.coef_);
    CHECK(a.score(iris.X, iris.y) == 1);
}

TEST_CASE("Adaline: in the end it is least squares") {
    const auto iris = standardised_iris();
    Adaline model({.eta0 = 0.5, .max_iter = 10000, .tol = 1e-15});
    model.fit(iris.X, iris.y);
    CHECK(model.n_iter_ < 10000);
    for (std::size_t j = 0; j < 2; ++j) CHECK(std::abs(model.coef_(j) - reference::adaline_least_squares(j)) <= 1e-6);
    CHECK(std::abs(model.intercept_ - reference::adaline_least_squares(2)) <= 1e-6);
    CHECK(model.score(iris.X, iris.y) == reference::adaline_least_squares_score(0));
}

TEST_CASE("Adaline: AND and OR, but not XOR") {
    const AdalineOptions options{.eta0 = 0.3, .max_iter = 2000, .tol = 1e-14};
    const Array<std::int64_t> AND{0, 0, 0, 1}, OR{0, 1, 1, 1}, XOR{0, 1, 1, 0};
    // With targets -1 and 1 the thetas are twice those that the notes print for 0 and 1 (Week 41), less 1 in the constant.
    const auto conjunction = Adaline(options).fit(gates, AND), disjunction = Adaline(options).fit(gates, OR);
    CHECK(conjunction.predict(gates) == AND);
    CHECK(conjunction.intercept_ == doctest::Approx(2 * -0.25 - 1).epsilon(1e-5));
    CHECK(conjunction.coef_(0) == doctest::Approx(1).epsilon(1e-5));
    CHECK(disjunction.predict(gates) == OR);
    CHECK(disjunction.intercept_ == doctest::Approx(2 * 0.25 - 1).epsilon(1e-5));
    // XOR: 0.5 everywhere, which says nothing.
    const auto exclusive = Adaline(options).fit(gates, XOR);
    for (const double y : exclusive.decision_function(gates)) CHECK(std::abs(y) <= 1e-5);
    CHECK(exclusive.loss_curve_.back() == doctest::Approx(0.5));
}

TEST_CASE("Adaline: without an intercept") {
    Adaline model({.eta0 = 0.5, .fit_intercept = false, .max_iter = 2000, .tol = 1e-15});
    // t = -1, 1 at x = 1, 2: w = (2 - 1) / (1 + 4).
    Array<double> x{1, 2};
    x.reshape({2, 1});
    model.fit(x, {3, 9});
    CHECK(model.coef_(0) == doctest::Approx(0.2));
    CHECK(model.intercept_ == 0);
    CHECK(model.classes_ == Array<std::int64_t>{3, 9});
}

TEST_CASE("Adaline leaves alone what the caller has recorded") {
    const Variable<double> x{3.0};
    const auto y = x * x;
    Adaline({.max_iter = 3}).fit(gates, {0, 0, 0, 1});
    {
        const NoGrad no_grad;
        Adaline model({.max_iter = 3});
        model.fit(gates, {0, 0, 0, 1});
        CHECK(model.coef_(0) != 0);
    }
    y.backward();
    CHECK(x.grad()() == 6);
    CHECK(live_nodes() == 0);
}

TEST_CASE("Adaline: what it refuses") {
    const auto check = [&](const AdalineOptions& options) {
        return message_of<ValueError>([&] { Adaline(options).fit(gates, {0, 0, 0, 1}); });
    };
    CHECK(check({.eta0 = -0.1}).starts_with("Adaline.fit: eta0 is -0.1"));
    CHECK(check({.max_iter = 0}).starts_with("Adaline.fit: max_iter is 0"));
    CHECK(check({.tol = std::nan("")}).starts_with("Adaline.fit: tol is nan"));
    CHECK(check({.n_iter_no_change = 0}).starts_with("Adaline.fit: n_iter_no_change is 0"));
    // Steps that suit standardised features diverge along others.
    const auto iris = load_iris();
    Array<std::int64_t> y = iris.y;
    for (auto& label : y) label = label > 0;
    for (const double tol : {1e-5, -infinity}) {
        CHECK_THROWS_WITH_AS(Adaline({.eta0 = 0.1, .tol = tol}).fit(iris.X, y), doctest::Contains("Adaline.fit: training diverges: the loss"),
                             ValueError);
    }
    // From w = 0, with the loss 1/2, the only step is 1e308 times the mean of t x, which is 10 or -10.
    const AdalineOptions giant{.eta0 = 1e308, .max_iter = 1};
    CHECK_THROWS_WITH_AS(Adaline(giant).fit({{10, 0}, {-10, 0}}, {1, 0}),
                         doctest::Contains("Adaline.fit: training diverges: a weight is inf after epoch 1"), ValueError);
    CHECK_THROWS_WITH_AS(Adaline(giant).fit({{10, 0}, {-10, 0}}, {0, 1}), doctest::Contains("a weight is -inf after epoch 1"), ValueError);
    Adaline model;
    CHECK_THROWS_AS(model.predict(gates), NotFittedError);
    CHECK_THROWS_WITH_AS(model.fit(gates, {0, 1, 2, 0}), doctest::Contains("y holds 3 classes; it tells two apart"), ValueError);
    CHECK_THROWS_WITH_AS(model.fit(gates, {1, 1, 1, 1}), doctest::Contains("y holds 1 class"), ValueError);
    CHECK_THROWS_AS(model.fit(gates, {1, 0}), ShapeError);
    CHECK(!model.is_fitted());
}

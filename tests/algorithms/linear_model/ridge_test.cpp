// Least squares with an L2 penalty, against scikit-learn and the notes' closed form.
#include "tests/algorithms/linear_model/arrays.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/linear_model.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/linear_model/linear_regression.hpp>
#include <xgrad/algorithms/linear_model/ridge.hpp>
#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::distance;
using tests::message_of;
namespace reference = xgrad::tests::reference::linear_model;

static_assert(SupervisedEstimator<Ridge>);

namespace {

const Array<double> plane{{-1, 0.5}, {0, -1}, {1, 1}, {0.5, -0.5}, {-0.5, 0}};
const Array<double> height{1, -2, 3, 0.5, 1.5};

} // namespace

TEST_CASE("ridge: as scikit-learn") {
    const auto data = load_diabetes();
    Ridge model({.alpha = 0.1});
    model.fit(data.X, data.y);
    CHECK(distance(model.coef_, reference::diabetes_ridge_coef) < 1e-13);
    CHECK(model.intercept_ == doctest::Approx(reference::diabetes_ridge_intercept).epsilon(1e-13));
    model.options = {.alpha = 1, .fit_intercept = false};
    model.fit(data.X, data.y);
    CHECK(distance(model.coef_, reference::diabetes_ridge_through_origin_coef) < 1e-13);
    CHECK(model.intercept_ == 0);
    model.options = {.alpha = 0.5};
    model.fit(reference::wide_X, reference::wide_y); // 6 samples, 9 features
    CHECK(distance(model.coef_, reference::wide_ridge_coef) < 1e-13);
    CHECK(model.intercept_ == doctest::Approx(reference::wide_ridge_intercept).epsilon(1e-13));
}

TEST_CASE("ridge: the notes' normal equation, the inverse being of the whole sum") {
    const double lambda = 0.7;
    Array<double> X = Array<double>::from_shape({5, 3}), D{{0, 0, 0}, {0, lambda, 0}, {0, 0, lambda}};
    for (std::size_t i = 0; i < 5; ++i) {
        X(i, 0) = 1;
        X(i, 1) = plane(i, 0);
        X(i, 2) = plane(i, 1);
    }
    const Variable<double> design = constant(X);
    const Array<double> theta =
        solve(matmul(design, design, {.transpose_a = true}) + D, matmul(design, height, {.transpose_a = true})).value();
    Ridge model({.alpha = lambda});
    model.fit(plane, height);
    CHECK(distance({model.intercept_, model.coef_(0), model.coef_(1)}, theta) < 1e-14);

    // Gradient descent on J = 1/(2m) [sum (h - y)^2 + lambda sum theta_j^2] goes there.
    Ridge descent({.alpha = lambda, .solver = RidgeSolver::gradient_descent, .learning_rate = 0.5, .tol = 1e-10});
    descent.fit(plane, height);
    CHECK(descent.converged_);
    CHECK(distance({descent.intercept_, descent.coef_(0), descent.coef_(1)}, theta) < 1e-8);
    // One step of it from theta: theta_j (1 - eta lambda / m) - eta / m sum (h - y) x_j; the first is from 0.
    descent.options.max_iter = 1;
    descent.fit(plane, height);
    CHECK(descent.coef_(0) == doctest::Approx(0.5 / 5 * (-1 + 0 + 3 + 0.25 - 0.75)).epsilon(1e-14));
    CHECK(descent.loss_curve_ == std::vector<double>{(1 + 4 + 9 + 0.25 + 2.25) / 10});
    // Stochastic descent comes near it.
    Ridge stochastic({.alpha = lambda, .solver = RidgeSolver::sgd, .learning_rate = 0.01, .max_iter = 2000, .tol = 0, .batch_size = 2});
    stochastic.fit(plane, height);
    CHECK(distance({stochastic.intercept_, stochastic.coef_(0), stochastic.coef_(1)}, theta) < 0.05);
}

TEST_CASE("ridge: from least squares to nothing but the mean") {
    LinearRegression least_squares;
    least_squares.fit(plane, height);
    Ridge model({.alpha = 0});
    model.fit(plane, height);
    CHECK(model.coef_ == least_squares.coef_);
    model.options.alpha = 1e12;
    model.fit(plane, height);
    CHECK(std::abs(model.coef_(0)) < 1e-11);
    CHECK(model.intercept_ == doctest::Approx(0.8).epsilon(1e-11)); // theta_0 is not penalised
    // A feature twice, with a penalty that X'X swallows: still the smallest solution.
    model.options.alpha = 1e-20;
    model.fit({{1, 1}, {2, 2}, {4, 4}}, {3, 5, 9});
    CHECK(distance(model.coef_, {1, 1}) < 1e-14);
}

TEST_CASE("ridge: what is wrong is named, and what was learned stays") {
    Ridge model;
    CHECK_THROWS_WITH_AS(model.predict(plane), doctest::Contains("Ridge.predict: the estimator is not fitted"), NotFittedError);
    model.fit(plane, height);
    const Array<double> learned = model.coef_;
    for (const double alpha : {-1., std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        model.options.alpha = alpha;
        CHECK(message_of<ValueError>([&] { model.fit(plane, height); }).starts_with("Ridge.fit: alpha is "));
    }
    model.options.alpha = 1;
    CHECK_THROWS_WITH_AS(model.fit(plane, {1, 2}), doctest::Contains("Ridge.fit: X has 5 samples, y 2"), ShapeError);
    CHECK(model.coef_ == learned);
}

TEST_CASE("ridge: descent that diverges, and numbers beyond the largest, are errors") {
    // learning_rate alpha / m is 200.
    Ridge model({.alpha = 1e5, .solver = RidgeSolver::sgd});
    CHECK(message_of<ValueError>([&] { model.fit(plane, height); }).starts_with("Ridge.fit: gradient descent diverges"));
    constexpr double huge = 1.7e308;
    model.options = {.alpha = 1};
    CHECK(message_of<ValueError>([&] { model.fit(tests::column({1, 2, 4}), {huge, -huge, 1e308}); }).starts_with("Ridge.fit: y less its mean is"));
    CHECK(message_of<ValueError>([&] { model.fit(tests::column({huge, -huge, 1}), {1, 2, 3}); }).starts_with("Ridge.fit: X less its means is"));
    model.options.alpha = 0;
    CHECK(message_of<ValueError>([&] { model.fit(tests::column({0, 1e-310, 3e-310}), {1, 2, 3}); }).starts_with("Ridge.fit: the coefficients are"));
}

TEST_CASE("ridge: the user's tape stays as it is") {
    for (const RidgeSolver solver : {RidgeSolver::cholesky, RidgeSolver::gradient_descent, RidgeSolver::sgd}) {
        const Tape tape({.keep = true});
        const Variable<double> x(Tensor<double>(Shape{2}, 3.0), true);
        const Variable<double> square_of_x = sum(square(x));
        const std::size_t before = tape.size();
        Ridge model({.solver = solver, .max_iter = 3});
        model.fit(plane, height);
        CHECK(tape.size() == before);
        square_of_x.backward();
        CHECK(x.grad()(0) == 6);
    }
}

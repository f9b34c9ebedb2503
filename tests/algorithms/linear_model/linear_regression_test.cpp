// Least squares by the normal equation, the pseudo-inverse and gradient descent, against scikit-learn, NIST's certified values and the
// thetas that the notes print.
#include "tests/algorithms/linear_model/arrays.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/linear_model.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/linear_model/linear_regression.hpp>
#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::column;
using tests::distance;
using tests::message_of;
namespace reference = xgrad::tests::reference::linear_model;

static_assert(SupervisedEstimator<LinearRegression>);

namespace {

// One feature; the means are 3 and 4.
const Array<double> hours = column({0, 1, 3, 5, 6});
const Array<double> marks{-1, 2, 4, 6, 9};
// Of two features of a similar scale, for gradient descent.
const Array<double> plane{{-1, 0.5}, {0, -1}, {1, 1}, {0.5, -0.5}, {-0.5, 0}};
const Array<double> height{1, -2, 3, 0.5, 1.5};

} // namespace

TEST_CASE("linear regression: the distance that these tests ask for is NaN where an element is") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::isnan(distance({nan, 1, 2}, {1, 1, 1})));
    CHECK(std::isnan(distance({1, 1}, {nan, 1})));
    CHECK(distance({1, 2}, {1, 4}) == 0.5);
}

TEST_CASE("linear regression: one variable by hand") {
    LinearRegression model;
    model.fit(hours, marks);
    // sum (x - 3) (y - 4) = 38 and sum (x - 3)^2 = 26
    CHECK(model.coef_(0) == doctest::Approx(38. / 26).epsilon(1e-14));
    CHECK(model.intercept_ == doctest::Approx(4 - 3 * 38. / 26).epsilon(1e-14));
    CHECK(model.predict(column({3}))(0) == doctest::Approx(4).epsilon(1e-14)); // the line goes through the means
    CHECK(model.rank_ == 1);
    CHECK_FALSE(model.used_pseudo_inverse_);
    CHECK(model.singular_(0) == doctest::Approx(std::sqrt(26.)).epsilon(1e-14));
}

TEST_CASE("linear regression: two variables by hand") {
    LinearRegression model;
    model.fit({{1, 0}, {0, 1}, {1, 1}}, {3, 4, 6});
    CHECK(distance(model.coef_, {2, 3}) < 1e-14);
    CHECK(model.intercept_ == doctest::Approx(1).epsilon(1e-14));
    CHECK(model.predict({{2, 2}})(0) == doctest::Approx(11).epsilon(1e-14));
}

TEST_CASE("linear regression: the gates of Week 41") {
    const Array<double> X{{1, 0, 0}, {1, 0, 1}, {1, 1, 0}, {1, 1, 1}}, features{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const auto gram = no_grad([&] { return matmul(constant(X), constant(X), {.transpose_a = true}); });
    CHECK(Array<double>(gram.value()) == Array<double>{{4, 2, 2}, {2, 2, 1}, {2, 1, 2}});
    CHECK(distance(pinv(gram).value(), {{0.75, -0.5, -0.5}, {-0.5, 1, 0}, {-0.5, 0, 1}}) < 1e-14);

    struct Gate {
        Array<double> y, theta, prediction; // as printed, but for the last bits
    };
    for (const auto& [y, theta, prediction] :
         {Gate{{0, 1, 1, 0}, {0.5, 0, 0}, {0.5, 0.5, 0.5, 0.5}}, Gate{{0, 1, 1, 1}, {0.25, 0.5, 0.5}, {0.25, 0.75, 0.75, 1.25}},
          Gate{{0, 0, 0, 1}, {-0.25, 0.5, 0.5}, {-0.25, 0.25, 0.25, 0.75}}}) {
        LinearRegression model({.fit_intercept = false});
        model.fit(X, y);
        CHECK(distance(model.coef_, theta) < 1e-14);
        CHECK(distance(model.predict(X), prediction) < 1e-14);
        LinearRegression with_intercept;
        with_intercept.fit(features, y);
        CHECK(distance({with_intercept.intercept_, with_intercept.coef_(0), with_intercept.coef_(1)}, theta) < 1e-14);
        // The column of ones beside an intercept: X'X is singular, and the smallest solution leaves all to the intercept.
        with_intercept.fit(X, y);
        CHECK(with_intercept.used_pseudo_inverse_);
        CHECK(with_intercept.rank_ == 2);
        CHECK(with_intercept.coef_(0) == 0);
        CHECK(distance(with_intercept.predict(X), prediction) < 1e-14);
    }
}

TEST_CASE("linear regression: diabetes as scikit-learn") {
    const auto data = load_diabetes();
    LinearRegression model;
    model.fit(data.X, data.y);
    CHECK(distance(model.coef_, reference::diabetes_least_squares_coef) < 1e-12);
    CHECK(model.intercept_ == doctest::Approx(reference::diabetes_least_squares_intercept).epsilon(1e-13));
    CHECK(distance(model.singular_, reference::diabetes_singular) < 1e-13);
    CHECK(model.rank_ == 10);
    CHECK_FALSE(model.used_pseudo_inverse_);
    CHECK(model.score(data.X, data.y) == doctest::Approx(reference::diabetes_r2).epsilon(1e-13));
    model.options.fit_intercept = false;
    model.fit(data.X, data.y);
    CHECK(distance(model.coef_, reference::diabetes_through_origin_coef) < 1e-12);
    CHECK(model.intercept_ == 0);
}

TEST_CASE("linear regression: breast cancer, whose columns are of scales 1e5 apart, as scikit-learn") {
    const auto data = load_breast_cancer();
    LinearRegression model;
    model.fit(data.X, data.y);
    CHECK_FALSE(model.used_pseudo_inverse_);
    CHECK(model.rank_ == 30);
    CHECK(distance(model.singular_, reference::cancer_singular) < 1e-13);
    CHECK(model.singular_(29) == doctest::Approx(reference::cancer_singular(29)).epsilon(1e-9));
    CHECK(distance(model.coef_, reference::cancer_least_squares_coef) < 1e-11);
    CHECK(model.intercept_ == doctest::Approx(reference::cancer_least_squares_intercept).epsilon(1e-11));
}

TEST_CASE("linear regression: powers that are nearly collinear, with the exact solution") {
    Array<double> X = Array<double>::from_shape({17, 8});
    for (std::size_t i = 0; i < 17; ++i) {
        for (std::size_t k = 0; k < 8; ++k) X(i, k) = std::pow(static_cast<double>(i) / 16, static_cast<double>(k + 1));
    }
    LinearRegression model;
    model.fit(X, reference::powers_y);
    CHECK(model.used_pseudo_inverse_);
    CHECK(model.rank_ == 8);
    CHECK(model.singular_(0) > 1e5 * model.singular_(7));
    CHECK(distance(model.coef_, reference::powers_coef) < 1e-9);
    CHECK(model.intercept_ == doctest::Approx(reference::powers_intercept).epsilon(1e-9));
}

TEST_CASE("linear regression: Longley's data, with NIST's certified coefficients") {
    // Prices, national product, unemployed, armed forces, population, year; employed.
    const Array<double> X{
        {83.0, 234289, 2356, 1590, 107608, 1947},  {88.5, 259426, 2325, 1456, 108632, 1948},  {88.2, 258054, 3682, 1616, 109773, 1949},
        {89.5, 284599, 3351, 1650, 110929, 1950},  {96.2, 328975, 2099, 3099, 112075, 1951},  {98.1, 346999, 1932, 3594, 113270, 1952},
        {99.0, 365385, 1870, 3547, 115094, 1953},  {100.0, 363112, 3578, 3350, 116219, 1954}, {101.2, 397469, 2904, 3048, 117388, 1955},
        {104.6, 419180, 2822, 2857, 118734, 1956}, {108.4, 442769, 2936, 2798, 120445, 1957}, {110.8, 444546, 4681, 2637, 121950, 1958},
        {112.6, 482704, 3813, 2552, 123366, 1959}, {114.2, 502601, 3931, 2514, 125368, 1960}, {115.7, 518173, 4806, 2572, 127852, 1961},
        {116.9, 554894, 4007, 2827, 130081, 1962}};
    const Array<double> y{60323, 61122, 60171, 61187, 63221, 63639, 64989, 63761, 66019, 67857, 68169, 66513, 68655, 69564, 69331, 70551};
    const Array<double> certified{15.0618722713733,  -0.0358191792925910, -2.02022980381683,
                                  -1.03322686717359, -0.0511041056535807, 1829.15146461355};
    LinearRegression model;
    model.fit(X, y);
    for (std::size_t j = 0; j < 6; ++j) CHECK(model.coef_(j) == doctest::Approx(certified(j)).epsilon(1e-9));
    CHECK(model.intercept_ == doctest::Approx(-3482258.63459582).epsilon(1e-9));
}

TEST_CASE("linear regression: where solutions are many, the smallest") {
    LinearRegression model;
    model.fit(reference::wide_X, reference::wide_y); // 6 samples, 9 features
    CHECK(model.used_pseudo_inverse_);
    CHECK(model.rank_ == 5); // one went to the means
    CHECK(distance(model.coef_, reference::wide_least_squares_coef) < 1e-13);
    CHECK(model.intercept_ == doctest::Approx(reference::wide_least_squares_intercept).epsilon(1e-13));
    // A feature twice: each copy has half of the coefficient.
    model.fit({{1, 1, 0.1}, {2, 2, 0.1}, {4, 4, 0.1}}, {3, 5, 9});
    CHECK(model.rank_ == 1);
    CHECK(model.coef_(0) == doctest::Approx(1).epsilon(1e-14));
    CHECK(model.coef_(1) == doctest::Approx(1).epsilon(1e-14));
    CHECK(model.coef_(2) == 0); // a constant feature
    CHECK(model.intercept_ == doctest::Approx(1).epsilon(1e-14));
    // A constant feature leaves the others alone.
    LinearRegression without;
    without.fit(plane, height);
    Array<double> X = Array<double>::from_shape({5, 3});
    for (std::size_t i = 0; i < 5; ++i) {
        X(i, 0) = plane(i, 0);
        X(i, 1) = 1e6 + 0.1;
        X(i, 2) = plane(i, 1);
    }
    model.fit(X, height);
    CHECK(distance(model.coef_, {without.coef_(0), 0, without.coef_(1)}) < 1e-14);
    CHECK(model.rank_ == 2);
    CHECK(model.used_pseudo_inverse_);
    CHECK(distance(model.singular_, {without.singular_(0), without.singular_(1), 0}) < 1e-14);
    // Of a single sample only the mean is known.
    model.fit({{3, 4}}, {5});
    CHECK(model.rank_ == 0);
    CHECK(model.predict({{1, 2}})(0) == 5);
}

TEST_CASE("linear regression: numbers whose squares are beyond the largest or below the smallest") {
    for (const double scale : {1e200, 1e-200}) {
        LinearRegression model;
        model.fit(hours * scale, marks);
        CHECK(model.coef_(0) * scale == doctest::Approx(38. / 26).epsilon(1e-13));
        CHECK(model.rank_ == 1);
    }
}

TEST_CASE("linear regression: so many samples that their sums are made by parts") {
    Array<double> X = Array<double>::from_shape({5003, 2}), y = Array<double>::from_shape({5003});
    for (std::size_t i = 0; i < 5003; ++i) {
        X(i, 0) = static_cast<double>(i % 17);
        X(i, 1) = static_cast<double>(i % 29) - 3;
        y(i) = 5 - 2 * X(i, 0) + 0.5 * X(i, 1);
    }
    LinearRegression model;
    model.fit(X, y);
    CHECK(distance({model.intercept_, model.coef_(0), model.coef_(1)}, {5, -2, 0.5}) < 1e-14);
}

TEST_CASE("linear regression: gradient descent") {
    const NoGrad guard; // fit() records all the same
    LinearRegression model({.solver = LinearRegressionSolver::gradient_descent, .learning_rate = 0.1, .max_iter = 1});
    model.fit(hours, marks);
    // J(0) = 1/(2m) sum y^2, dJ/dtheta_0 = -mean y, dJ/dtheta_1 = -mean x y
    CHECK(model.loss_curve_ == std::vector<double>{13.8});
    CHECK(model.intercept_ == doctest::Approx(0.1 * 4).epsilon(1e-14));
    CHECK(model.coef_(0) == doctest::Approx(0.1 * 98 / 5).epsilon(1e-14));
    CHECK(model.n_iter_ == 1);
    CHECK_FALSE(model.converged_);

    LinearRegression exact;
    for (const bool fit_intercept : {true, false}) {
        exact.options.fit_intercept = model.options.fit_intercept = fit_intercept;
        model.options.learning_rate = 0.5;
        model.options.max_iter = 1000;
        model.options.tol = 1e-10;
        exact.fit(plane, height);
        model.fit(plane, height);
        CHECK(model.converged_);
        CHECK(model.n_iter_ < 1000);
        CHECK(model.n_iter_ == model.loss_curve_.size());
        // The Hessian's smallest eigenvalue is above 0.1, so the error is below ten times the gradient.
        CHECK(distance(model.coef_, exact.coef_) < 1e-8);
        CHECK(std::abs(model.intercept_ - exact.intercept_) < 1e-8);
        for (std::size_t i = 1; i < model.n_iter_; ++i) CHECK(model.loss_curve_[i] <= model.loss_curve_[i - 1] * (1 + 1e-15));
    }
}

TEST_CASE("linear regression: stochastic gradient descent") {
    // y is a plane without noise, at whose minimum the gradient of each sample vanishes.
    Array<double> y = Array<double>::from_shape({5});
    for (std::size_t i = 0; i < 5; ++i) y(i) = 3 + 2 * plane(i, 0) - plane(i, 1);
    LinearRegression model({.solver = LinearRegressionSolver::sgd, .learning_rate = 0.2, .tol = 0, .batch_size = 2, .random_state = 7});
    model.fit(plane, y);
    CHECK(distance({model.intercept_, model.coef_(0), model.coef_(1)}, {3, 2, -1}) < 1e-12);
    CHECK(model.loss_curve_.size() == model.n_iter_);
    LinearRegression same(model.options);
    same.fit(plane, y);
    CHECK(same.coef_ == model.coef_);
    CHECK(same.loss_curve_ == model.loss_curve_);
    LinearRegression other(model.options);
    other.options.random_state = 8;
    other.fit(plane, y);
    CHECK(other.loss_curve_ != model.loss_curve_);
    // A batch of all samples is a step of gradient descent.
    LinearRegression batch({.solver = LinearRegressionSolver::sgd, .max_iter = 1, .batch_size = 100});
    LinearRegression descent({.solver = LinearRegressionSolver::gradient_descent, .max_iter = 1});
    batch.fit(plane, y);
    descent.fit(plane, y);
    CHECK(distance(batch.coef_, descent.coef_) < 1e-14);
    CHECK(batch.loss_curve_[0] == doctest::Approx(descent.loss_curve_[0]).epsilon(1e-14));
}

TEST_CASE("linear regression: what is wrong is named, and what was learned stays") {
    LinearRegression model;
    CHECK_THROWS_WITH_AS(model.predict(hours), doctest::Contains("LinearRegression.predict: the estimator is not fitted"), NotFittedError);
    model.fit(hours, marks);
    const Array<double> learned = model.coef_;
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH_AS(model.fit(column({1, nan}), {1, 2}), doctest::Contains("LinearRegression.fit: X[1, 0] is NaN"), ValueError);
    CHECK_THROWS_WITH_AS(model.fit(column({1, 2}), {1, 2, 3}), doctest::Contains("LinearRegression.fit: X has 2 samples, y 3"), ShapeError);
    CHECK_THROWS_WITH_AS(model.predict({{1, 2}}), doctest::Contains("X has 2 features; fit() was given 1"), ShapeError);
    const auto with = [&](LinearRegressionOptions options) {
        options.solver = LinearRegressionSolver::gradient_descent;
        model.options = options;
        return message_of<ValueError>([&] { model.fit(hours, marks); });
    };
    CHECK(with({.learning_rate = 0}).starts_with("LinearRegression.fit: learning_rate is 0"));
    CHECK(with({.learning_rate = nan}).starts_with("LinearRegression.fit: learning_rate is nan"));
    CHECK(with({.max_iter = 0}).starts_with("LinearRegression.fit: max_iter is 0"));
    CHECK(with({.tol = -1}).starts_with("LinearRegression.fit: tol is -1"));
    CHECK(with({.batch_size = 0}).starts_with("LinearRegression.fit: batch_size is 0"));
    CHECK(with({.learning_rate = 100}).starts_with("LinearRegression.fit: gradient descent diverges: the loss is "));
    CHECK(model.coef_ == learned);
}

TEST_CASE("linear regression: descent that diverges is an error") {
    const auto wine = load_wine();
    const Array<double> y = wine.y;
    LinearRegression model({.solver = LinearRegressionSolver::sgd});
    const auto message = [&] { return message_of<ValueError>([&] { model.fit(wine.X, y); }); };
    CHECK(message().starts_with("LinearRegression.fit: gradient descent diverges: the loss is "));
    CHECK(message().find("scale the features, or choose a learning_rate below 0.01") != std::string::npos);
    // So few steps that the loss, J = 1/(2m) sum y^2 at first, is still a number.
    model.options = {.solver = LinearRegressionSolver::gradient_descent, .learning_rate = 1e-5, .max_iter = 3};
    CHECK(message().find("after 3 iterations, and was ") != std::string::npos);
    CHECK(message().find("below 1e-05") != std::string::npos);
    for (const LinearRegressionSolver solver : {LinearRegressionSolver::gradient_descent, LinearRegressionSolver::sgd}) {
        model.options = {.solver = solver, .learning_rate = 1e308, .max_iter = 1};
        CHECK(message().find("diverges") != std::string::npos);
    }
    // One column of one sample: theta_1 <- theta_1 - 3 (theta_1 - 2), whose error doubles, and J quadruples in each step from 2 on.
    model.options = {.fit_intercept = false, .solver = LinearRegressionSolver::gradient_descent, .learning_rate = 3, .max_iter = 2};
    CHECK(message_of<ValueError>([&] { model.fit(column({1}), {2}); }).find("the loss is 32 after 2 iterations, and was 2 before") !=
          std::string::npos);
    CHECK(model.n_features_in_ == 0);
    // At the minimum from the start, where rounding is all that changes, and where the batches' noise is.
    for (const LinearRegressionSolver solver : {LinearRegressionSolver::gradient_descent, LinearRegressionSolver::sgd}) {
        LinearRegression still({.solver = solver, .learning_rate = 0.1, .max_iter = 100, .batch_size = 1});
        still.fit(column({-1, 1, -1, 1}), {0.1, 0.1, -0.1, -0.1});
        CHECK(std::abs(still.coef_(0)) < 0.05);
    }
}

TEST_CASE("linear regression: numbers beyond the largest are an error that names it") {
    LinearRegression model;
    const auto message = [&](const Array<double>& X, const Array<double>& y) {
        return message_of<ValueError>([&] { model.fit(X, y); });
    };
    constexpr double huge = 1.7e308;
    CHECK(message(column({1, 2, 4}), {huge, -huge, 1e308}).starts_with("LinearRegression.fit: y less its mean is beyond"));
    CHECK(message(column({huge, -huge, 1}), {1, 2, 3}).starts_with("LinearRegression.fit: X less its means is beyond"));
    CHECK(message(column({0, 1e-310, 3e-310}), {1, 2, 3}).starts_with("LinearRegression.fit: the coefficients are not finite"));
    model.options.fit_intercept = false;
    CHECK(message(column({0.1, 0, 0}), {huge, 0, 0}).starts_with("LinearRegression.fit: the coefficients are not finite"));
    model.options.solver = LinearRegressionSolver::sgd;
    CHECK(message(column({1, 2, 4}), {1e200, 2, 3}).starts_with("LinearRegression.fit: the loss is inf at the start"));
    CHECK(model.n_features_in_ == 0);
}

TEST_CASE("linear regression: the user's tape stays as it is") {
    for (const LinearRegressionSolver solver : {LinearRegressionSolver::normal_equation, LinearRegressionSolver::gradient_descent, LinearRegressionSolver::sgd}) {
        const Tape tape({.keep = true});
        const Variable<double> x(Tensor<double>(Shape{2}, 3.0), true);
        const Variable<double> square_of_x = sum(square(x));
        const std::size_t before = tape.size();
        LinearRegression model({.solver = solver, .max_iter = 3});
        model.fit(plane, height);
        CHECK(tape.size() == before);
        square_of_x.backward();
        CHECK(x.grad()(0) == 6);
    }
}

// Logistic regression against scikit-learn, the scores and figures of the notes, and the condition of a minimum.
#include "tests/algorithms/linear_model/arrays.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/linear_model.hpp"

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/linear_model/logistic_regression.hpp>
#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::column;
using tests::distance;
using tests::message_of;
namespace reference = xgrad::tests::reference::linear_model;

static_assert(SupervisedEstimator<LogisticRegression>);

namespace {

/// Each feature less its mean, by its standard deviation, as scikit-learn's StandardScaler.
Array<double> standardized(Array<double> X) {
    const auto m = static_cast<double>(X.shape(0));
    for (std::size_t j = 0; j < X.shape(1); ++j) {
        double mean = 0, variance = 0;
        for (std::size_t i = 0; i < X.shape(0); ++i) mean += X(i, j) / m;
        for (std::size_t i = 0; i < X.shape(0); ++i) variance += (X(i, j) - mean) * (X(i, j) - mean) / m;
        for (std::size_t i = 0; i < X.shape(0); ++i) X(i, j) = (X(i, j) - mean) / std::sqrt(variance);
    }
    return X;
}

Array<double> rows_of(const Array<double>& X, const std::vector<std::size_t>& rows) {
    return algorithms::detail::take_rows(X, rows);
}

/// Versicolor and virginica, the two that no line separates.
ClassificationData iris_pair() {
    ClassificationData data = load_iris();
    std::vector<std::size_t> rows(100);
    for (std::size_t i = 0; i < 100; ++i) rows[i] = 50 + i;
    data.X = algorithms::detail::take_rows(data.X, rows);
    data.y = algorithms::detail::take_rows(data.y, rows);
    return data;
}

// Newton's method goes to rounding; L-BFGS ends where the objective, which is flat at its minimum, has no digits left. scikit-learn's
// solver of multinomial problems, Newton's method with conjugate gradients, is up to 1e-8 away itself.
struct Solver {
    LogisticSolver solver;
    double near, near_multinomial;
};
constexpr Solver solvers[]{{LogisticSolver::newton, 1e-10, 1e-8}, {LogisticSolver::lbfgs, 1e-5, 1e-5}};

} // namespace

TEST_CASE("logistic regression: the gates of Week 41") {
    const Array<double> X{{1, 0, 0}, {1, 0, 1}, {1, 1, 0}, {1, 1, 1}};
    const NoGrad guard; // fit() records all the same
    for (const LogisticSolver solver : {LogisticSolver::lbfgs, LogisticSolver::newton, LogisticSolver::gradient_descent}) {
        LogisticRegression model({.solver = solver});
        CHECK(model.fit(X, {0, 1, 1, 1}).score(X, {0, 1, 1, 1}) == 0.75);
        CHECK(model.fit(X, {0, 1, 1, 0}).score(X, {0, 1, 1, 0}) == 0.5);
        CHECK(model.fit(X, {0, 0, 0, 1}).score(X, {0, 0, 0, 1}) == 0.75);
    }
}

TEST_CASE("logistic regression: the decision boundary of the notes' figure") {
    LogisticRegression model;
    model.coef_ = {{1, 1}};
    model.intercept_ = {-3};
    model.classes_ = {0, 1};
    model.n_features_in_ = 2;
    // x_1 + x_2 = 3, where the probability is 1/2
    const Array<double> on{{0, 3}, {1.5, 1.5}, {4, -1}}, beside{{1, 1}, {2, 2}};
    CHECK(model.decision_function(on) == Array<double>{0, 0, 0});
    CHECK(model.predict_proba(on) == Array<double>{{0.5, 0.5}, {0.5, 0.5}, {0.5, 0.5}});
    CHECK(model.predict(on) == Array<std::int64_t>{1, 1, 1});
    CHECK(model.predict(beside) == Array<std::int64_t>{0, 1});
    CHECK(model.predict_proba(beside)(0, 1) == doctest::Approx(1 / (1 + std::exp(1.))).epsilon(1e-15));
    // Far out the probability is 0, and its logarithm still a number.
    CHECK(model.predict_proba({{-1000, 0}})(0, 1) == 0);
    CHECK(model.predict_log_proba({{-1000, 0}})(0, 1) == doctest::Approx(-1003).epsilon(1e-15));
    CHECK(model.predict_log_proba({{-1000, 0}})(0, 0) == 0);
}

TEST_CASE("logistic regression: the students who passed") {
    LogisticRegression model({.penalty = LogisticPenalty::none, .solver = LogisticSolver::newton, .tol = 1e-10});
    model.fit(reference::student_hours, reference::student_passed);
    CHECK(model.converged_);
    CHECK(distance(model.coef_, reference::student_coef) < 1e-10);
    CHECK(distance(model.intercept_, reference::student_intercept) < 1e-10);
    // Who studied 6 hours and slept 8, and who studied 2 and slept 4.
    const Array<double> proba = model.predict_proba({{6, 8}, {2, 4}});
    CHECK(proba(0, 1) == doctest::Approx(reference::student_proba(0)).epsilon(1e-10));
    CHECK(proba(1, 1) == doctest::Approx(reference::student_proba(1)).epsilon(1e-10));
    CHECK(model.loss_curves_[0].size() == model.n_iter_[0]);
    CHECK(model.loss_curves_[0][0] == doctest::Approx(std::log(2.)).epsilon(1e-15)); // theta = 0
}

TEST_CASE("logistic regression: the same students a hundred times over") {
    std::vector<std::size_t> rows(6000); // so many that their sums are made by parts
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i % 60;
    const Array<double> hours = rows_of(reference::student_hours, rows);
    const Array<std::int64_t> passed = algorithms::detail::take_rows(reference::student_passed, rows);
    for (const auto& [solver, near, near_multinomial] : solvers) {
        LogisticRegression model({.penalty = LogisticPenalty::none, .solver = solver, .max_iter = 1000, .tol = 1e-8});
        model.fit(hours, passed);
        CHECK(distance(model.coef_, reference::student_coef) < near);
        CHECK(distance(model.intercept_, reference::student_intercept) < near);
    }
}

TEST_CASE("logistic regression: iris, multinomial and one-vs-rest, as scikit-learn") {
    const auto data = load_iris();
    const Array<double> some = rows_of(data.X, {0, 70, 133});
    for (const auto& [solver, near, near_multinomial] : solvers) {
        LogisticRegression model({.solver = solver, .max_iter = 1000, .tol = 1e-10});
        model.fit(data.X, data.y);
        CHECK(model.converged_);
        CHECK(model.multinomial_);
        CHECK(model.n_iter_.size() == 1);
        CHECK(distance(model.coef_, reference::iris_multinomial_coef) < near_multinomial);
        CHECK(distance(model.intercept_, reference::iris_multinomial_intercept) < near_multinomial);
        CHECK(distance(model.predict_proba(some), reference::iris_multinomial_proba) < near_multinomial);
        CHECK(model.score(data.X, data.y) == doctest::Approx(reference::iris_multinomial_score));

        model.options.multi_class = MultiClass::ovr;
        model.fit(data.X, data.y);
        CHECK(model.converged_);
        CHECK_FALSE(model.multinomial_);
        CHECK(model.n_iter_.size() == 3);
        CHECK(distance(model.coef_, reference::iris_ovr_coef) < near);
        CHECK(distance(model.intercept_, reference::iris_ovr_intercept) < near);
        CHECK(distance(model.predict_proba(some), reference::iris_ovr_proba) < near);
        CHECK(distance(exp(constant(model.predict_log_proba(some))).value(), reference::iris_ovr_proba) < near);
        CHECK(model.score(data.X, data.y) == doctest::Approx(reference::iris_ovr_score));
    }
}

TEST_CASE("logistic regression: two classes of iris, without a penalty and multinomial, as scikit-learn") {
    const auto data = iris_pair();
    for (const auto& [solver, near, near_multinomial] : solvers) {
        LogisticRegression model({.solver = solver, .max_iter = 1000, .tol = 1e-10});
        model.options.multi_class = MultiClass::multinomial;
        model.fit(data.X, data.y);
        CHECK(model.classes_ == Array<std::int64_t>{1, 2});
        CHECK(distance(model.coef_, reference::iris_pair_multinomial_coef) < near_multinomial);
        CHECK(distance(model.intercept_, reference::iris_pair_multinomial_intercept) < near_multinomial);
        CHECK(distance(model.predict_proba(rows_of(data.X, {0, 20, 83})), reference::iris_pair_multinomial_proba) < near_multinomial);
        CHECK(model.decision_function(data.X).dimension() == 1);

        model.options.multi_class = MultiClass::automatic;
        model.options.penalty = LogisticPenalty::none;
        model.fit(data.X, data.y);
        CHECK(model.converged_);
        // The objective's curvature is 1e-4 of that above.
        CHECK(distance(model.coef_, reference::iris_pair_unpenalized_coef) < 1e2 * near);
        CHECK(distance(model.intercept_, reference::iris_pair_unpenalized_intercept) < 1e2 * near);
    }
}

TEST_CASE("logistic regression: breast cancer and wine, standardised, as scikit-learn") {
    const auto cancer = load_breast_cancer();
    const auto wine = load_wine();
    const Array<double> cancer_X = standardized(cancer.X), wine_X = standardized(wine.X);
    for (const auto& [solver, near, near_multinomial] : solvers) {
        LogisticRegression model({.solver = solver, .max_iter = 1000, .tol = 1e-10});
        model.fit(cancer_X, cancer.y);
        CHECK(model.converged_);
        CHECK(distance(model.coef_, reference::cancer_coef) < near);
        CHECK(distance(model.intercept_, reference::cancer_intercept) < near);
        model.options.fit_intercept = false;
        model.options.C = 0.1;
        model.fit(cancer_X, cancer.y);
        CHECK(distance(model.coef_, reference::cancer_through_origin_coef) < near);
        CHECK(model.intercept_ == Array<double>{0});
        model.options.fit_intercept = true;
        model.options.C = 0.5;
        model.fit(wine_X, wine.y);
        CHECK(distance(model.coef_, reference::wine_coef) < near_multinomial);
        CHECK(distance(model.intercept_, reference::wine_intercept) < near_multinomial);
    }
}

TEST_CASE("logistic regression: gradient descent goes where Newton's method does") {
    const auto data = iris_pair();
    LogisticRegression exact({.solver = LogisticSolver::newton, .tol = 1e-10});
    LogisticRegression descent({.solver = LogisticSolver::gradient_descent, .max_iter = 1, .learning_rate = 0.5});
    // From 0 on, 1/m of the gradient: mean of (1/2 - t) x, without the penalty, which is 0 there.
    descent.fit({{1, 0}, {0, 2}}, {0, 1});
    CHECK(distance(descent.coef_, {{-0.125, 0.25}}) < 1e-15);
    CHECK(descent.intercept_(0) == 0);

    exact.options.C = descent.options.C = 0.1;
    const Array<double> X = standardized(data.X);
    for (const MultiClass multi_class : {MultiClass::ovr, MultiClass::multinomial}) {
        exact.options.multi_class = descent.options.multi_class = multi_class;
        exact.fit(X, data.y);
        descent.options.max_iter = 5000;
        descent.options.tol = 1e-7;
        descent.fit(X, data.y);
        CHECK(descent.converged_);
        CHECK(distance(descent.coef_, exact.coef_) < 1e-5);
        const std::vector<double>& losses = descent.loss_curves_[0];
        for (std::size_t i = 1; i < losses.size(); ++i) CHECK(losses[i] <= losses[i - 1] * (1 + 1e-15));

        LogisticRegression stochastic({.C = 0.1, .multi_class = multi_class, .solver = LogisticSolver::sgd, .max_iter = 50, .tol = 0,
                                       .learning_rate = 0.01, .batch_size = 5, .random_state = 3});
        stochastic.fit(X, data.y);
        CHECK(distance(stochastic.coef_, exact.coef_) < 0.1);
        LogisticRegression same(stochastic.options);
        same.fit(X, data.y);
        CHECK(same.coef_ == stochastic.coef_);
    }
}

TEST_CASE("logistic regression: features far from 0, of scales far apart, and C = inf, as scikit-learn") {
    const Array<std::int64_t> y{0, 0, 1, 0, 1, 1};
    const Array<double> X = column({0, 1, 2, 3, 4, 5});
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (const auto& [solver, near, near_multinomial] : solvers) {
        LogisticRegression model({.solver = solver, .tol = 1e-10});
        for (const double offset : {1e3, 1e4, 1e8}) {
            model.fit(X + offset, y);
            CHECK(model.converged_);
            CHECK(distance(model.coef_, column({0.7670537228418021})) < near); // newton-cholesky at offset 0
            CHECK(distance(model.intercept_, {-1.917634307104505 - 0.7670537228418021 * offset}) < near);
        }
        // Without a penalty the units do not matter, not even those of a second feature.
        model.options.C = infinity;
        model.fit(X, y);
        CHECK(distance(model.coef_, column({1.21402758585142})) < near);
        const Array<double> coef = model.coef_;
        model.options.penalty = LogisticPenalty::none;
        model.fit(X, y);
        CHECK(model.coef_ == coef);
    }
    Array<double> two{{0, 1}, {1, -1}, {2, -1}, {3, 1}, {4, 1}, {5, -1}}, scaled = two;
    for (std::size_t i = 0; i < 6; ++i) {
        scaled(i, 0) *= 1e6;
        scaled(i, 1) *= 1e-6;
    }
    LogisticRegression plain({.penalty = LogisticPenalty::none, .solver = LogisticSolver::newton, .tol = 1e-8}), other(plain.options);
    const Array<std::int64_t> labels{0, 1, 0, 1, 0, 1};
    plain.fit(two, labels);
    other.fit(scaled, labels);
    CHECK(distance(other.coef_ * Array<double>{{1e6, 1e-6}}, plain.coef_) < 1e-8);
}

TEST_CASE("logistic regression: a minimum that is not reached is not reported as one") {
    // Without an intercept nothing is centred: the gradient at the end, sum (p - t) x, is what counts.
    const Array<std::int64_t> y{0, 0, 1, 0, 1, 1};
    const Array<double> X = column({0, 1, 2, 3, 4, 5});
    for (const MultiClass multi_class : {MultiClass::ovr, MultiClass::multinomial}) {
        LogisticRegression model({.multi_class = multi_class, .solver = LogisticSolver::newton});
        model.fit(X + 1e4, y);
        const Array<double> proba = model.predict_proba(X + 1e4);
        double slope = 0;
        for (std::size_t i = 0; i < 6; ++i) slope += (proba(i, 1) - static_cast<double>(y(i))) * (X(i, 0) - 2.5);
        // Of two rows with opposite signs, each has the whole penalty.
        CHECK(slope + model.coef_(0, 0) == doctest::Approx(0).epsilon(1e-4));
        CHECK(model.converged_);
    }
    // A tol that rounding does not let it reach.
    LogisticRegression strict({.solver = LogisticSolver::newton, .tol = 0});
    strict.fit(X * 1e7 + 0.3, y);
    CHECK(strict.n_iter_[0] < 100);
    CHECK_FALSE(strict.converged_);
}

TEST_CASE("logistic regression: descent that diverges is an error") {
    const auto data = iris_pair();
    for (const LogisticSolver solver : {LogisticSolver::gradient_descent, LogisticSolver::sgd}) {
        LogisticRegression model({.solver = solver});
        const std::string message = message_of<ValueError>([&] { model.fit(standardized(data.X) * 1e4, data.y); });
        CHECK(message.starts_with("LogisticRegression.fit: gradient descent diverges: the loss is "));
        CHECK(message.find("learning_rate below 0.1") != std::string::npos);
        CHECK(model.coef_.size() <= 1); // as it was
    }
}

TEST_CASE("logistic regression: the user's tape stays as it is") {
    for (const LogisticSolver solver :
         {LogisticSolver::lbfgs, LogisticSolver::newton, LogisticSolver::gradient_descent, LogisticSolver::sgd}) {
        const Tape tape({.keep = true});
        const Variable<double> x(Tensor<double>(Shape{2}, 3.0), true);
        const Variable<double> square_of_x = sum(square(x));
        const std::size_t before = tape.size();
        for (const MultiClass multi_class : {MultiClass::ovr, MultiClass::multinomial}) {
            LogisticRegression model({.multi_class = multi_class, .solver = solver, .max_iter = 3});
            model.fit(column({0, 1, 2, 3}), {0, 1, 0, 1});
            CHECK(tape.size() == before);
        }
        square_of_x.backward();
        CHECK(x.grad()(0) == 6);
    }
}

TEST_CASE("logistic regression: an estimator that did not converge says so") {
    const auto data = iris_pair();
    LogisticRegression model({.max_iter = 3});
    model.fit(data.X, data.y);
    CHECK_FALSE(model.converged_);
    CHECK(model.n_iter_ == std::vector<std::size_t>{3});
    CHECK(model.loss_curves_[0].size() == 3);
}

TEST_CASE("logistic regression: what is wrong is named, and what was learned stays") {
    const Array<double> X = column({0, 1, 2, 3});
    LogisticRegression model;
    CHECK_THROWS_WITH_AS(model.predict(X), doctest::Contains("LogisticRegression.predict: the estimator is not fitted"), NotFittedError);
    CHECK_THROWS_AS(model.predict_proba(X), NotFittedError);
    CHECK_THROWS_AS(model.predict_log_proba(X), NotFittedError);
    CHECK_THROWS_AS(model.decision_function(X), NotFittedError);
    model.fit(X, {-1, -1, 5, 5});
    CHECK(model.predict(X) == Array<std::int64_t>{-1, -1, 5, 5});
    const Array<double> learned = model.coef_;
    CHECK_THROWS_WITH_AS(model.fit(X, {1, 1, 1, 1}), doctest::Contains("LogisticRegression.fit: y holds 1 class"), ValueError);
    CHECK_THROWS_WITH_AS(model.fit(X, {1, 0}), doctest::Contains("LogisticRegression.fit: X has 4 samples, y 2"), ShapeError);
    CHECK_THROWS_WITH_AS(model.fit(column({1e308, 1e308, 1e308, -1e308}), {0, 0, 0, 1}),
                         doctest::Contains("LogisticRegression.fit: X less its means is beyond the largest number"), ValueError);
    model.options.solver = LogisticSolver::newton;
    CHECK_THROWS_WITH_AS(model.fit(X * 1e200, {0, 1, 0, 1}), doctest::Contains("LogisticRegression.fit: the Hessian is not finite"),
                         ValueError);
    const auto with = [&](const LogisticRegressionOptions& options) {
        model.options = options;
        return message_of<ValueError>([&] { model.fit(X, {0, 1, 0, 1}); });
    };
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(with({.C = 0}).starts_with("LogisticRegression.fit: C is 0"));
    CHECK(with({.C = nan}).starts_with("LogisticRegression.fit: C is nan"));
    CHECK(with({.solver = static_cast<LogisticSolver>(9)}).starts_with("LogisticRegression.fit: solver is 9"));
    CHECK(with({.max_iter = 0}).starts_with("LogisticRegression.fit: max_iter is 0"));
    CHECK(with({.tol = -1}).starts_with("LogisticRegression.fit: tol is -1"));
    CHECK(with({.learning_rate = -1}).starts_with("LogisticRegression.fit: learning_rate is -1"));
    CHECK(with({.batch_size = 0}).starts_with("LogisticRegression.fit: batch_size is 0"));
    CHECK(model.coef_ == learned);
    CHECK_THROWS_WITH_AS(model.predict({{1, 2}}), doctest::Contains("X has 2 features; fit() was given 1"), ShapeError);
}

// The linear support vector machine against scikit-learn's on the shipped data sets, and against what defines it.
#include "tests/algorithms/decomposition/compare.hpp"
#include "tests/algorithms/svm/iris.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/svm.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/svm/linear_svc.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/variable.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;

namespace {

static_assert(SupervisedEstimator<LinearSVC>);

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// J of class k against the rest.
double objective(const LinearSVC& model, const Array<double>& X, const Array<std::int64_t>& y, std::size_t k) {
    const auto& options = model.options;
    const bool is_binary = model.classes_.size() == 2;
    const std::int64_t positive = model.classes_(is_binary ? 1 : k);
    double norm = 0, losses = 0;
    for (std::size_t j = 0; j < X.shape(1); ++j) norm += model.coef_(k, j) * model.coef_(k, j);
    norm += std::pow(model.intercept_(k) / options.intercept_scaling, 2);
    for (std::size_t i = 0; i < X.shape(0); ++i) {
        double f = model.intercept_(k);
        for (std::size_t j = 0; j < X.shape(1); ++j) f += model.coef_(k, j) * X(i, j);
        const double excess = std::max(0.0, 1 - (y(i) == positive ? f : -f));
        losses += options.loss == SVMLoss::hinge ? excess : excess * excess;
    }
    return norm / 2 + options.C * losses;
}

void check_squared(const ClassificationData& data, const std::vector<double>& coef, const std::vector<double>& intercept,
                   const std::vector<double>& decision, const std::vector<int>& misses) {
    const Array<double> X = standardised(data.X);
    const LinearSVC model = LinearSVC({.C = 0.5, .tol = 1e-9}).fit(X, data.y);
    CHECK(worst_error(model.coef_, coef) < 1e-6);
    CHECK(worst_error(model.intercept_, intercept) < 1e-6);
    CHECK(worst_error(model.decision_function(every(25, X)), decision) < 1e-6);
    CHECK(wrong(model.predict(X), data.y) == misses);
}

/// The gap of tol = 1e-3 is kept: the minimum is known to 1e-6.
void check_hinge(const ClassificationData& data, const std::vector<double>& minimum) {
    const Array<double> X = standardised(data.X);
    const LinearSVC model = LinearSVC({.loss = SVMLoss::hinge, .C = 0.5, .tol = 1e-3}).fit(X, data.y);
    for (std::size_t k = 0; k < minimum.size(); ++k) {
        const double J = objective(model, X, data.y, k);
        CHECK(J > minimum[k] * (1 - 1e-6));
        CHECK(J < minimum[k] * (1 + 1e-3));
    }
    CHECK(model.n_iter_ < 1000);
}

} // namespace

TEST_CASE("LinearSVC: the squared hinge's minimum is scikit-learn's") {
    using namespace reference::svm;
    check_squared(iris_without_double(), linear_iris_coef, linear_iris_intercept, linear_iris_decision, linear_iris_wrong);
    check_squared(load_wine(), linear_wine_coef, linear_wine_intercept, linear_wine_decision, linear_wine_wrong);
    check_squared(load_breast_cancer(), linear_breast_cancer_coef, linear_breast_cancer_intercept, linear_breast_cancer_decision,
                  linear_breast_cancer_wrong);
}

TEST_CASE("LinearSVC: an intercept that is hardly penalised") {
    const ClassificationData data = load_breast_cancer();
    const LinearSVC model = LinearSVC({.intercept_scaling = 100, .tol = 1e-9, .max_iter = 5000}).fit(standardised(data.X), data.y);
    CHECK(worst_error(model.coef_, reference::svm::linear_scaled_coef) < 1e-5);
    CHECK(worst_error(model.intercept_, reference::svm::linear_scaled_intercept) < 1e-5);
}

TEST_CASE("LinearSVC: the hinge's minimum, to the gap") {
    check_hinge(iris_without_double(), reference::svm::hinge_iris_objective);
    check_hinge(load_wine(), reference::svm::hinge_wine_objective);
    check_hinge(load_breast_cancer(), reference::svm::hinge_breast_cancer_objective);
}

TEST_CASE("LinearSVC: the margin of two points is their distance") {
    // They are 10 apart: w = 2 / 10 (3, 4) / 5.
    const Array<double> X{{3, 4}, {-3, -4}};
    const Array<std::int64_t> y{5, -5};
    const LinearSVC model = LinearSVC({.loss = SVMLoss::hinge, .C = 100, .tol = 1e-6}).fit(X, y);
    CHECK(model.margin_(0) == doctest::Approx(10).epsilon(1e-4));
    CHECK(worst_error(model.coef_, {0.12, 0.16}) < 1e-4);
    CHECK(std::abs(model.intercept_(0)) < 1e-6);
    CHECK(model.predict(X) == y);
    // A smaller C gives a wider margin.
    CHECK(LinearSVC({.C = 1e-3}).fit(X, y).margin_(0) > 20);
}

TEST_CASE("LinearSVC: without an intercept the boundary passes through 0") {
    Array<double> column = Array<double>::from_shape({6, 1});
    for (std::size_t i = 0; i < 6; ++i) column(i, 0) = static_cast<double>(i + 1);
    const LinearSVC model = LinearSVC({.fit_intercept = false}).fit(column, {0, 0, 0, 1, 1, 1});
    CHECK(model.intercept_(0) == 0);
    const LinearSVC hinge = LinearSVC({.loss = SVMLoss::hinge, .fit_intercept = false}).fit(column, {0, 0, 0, 1, 1, 1});
    CHECK(hinge.intercept_(0) == 0);
    // dJ/dw = w + 1 + 2 + 3, less 4 below 1/4, less 5 below 1/5, less 6 below 1/6: its sign changes at 1/5.
    CHECK(hinge.coef_(0, 0) == doctest::Approx(1.0 / 5).epsilon(1e-3));
}

TEST_CASE("LinearSVC: what it refuses") {
    const Array<double> X{{1, 2}, {3, 5}, {4, 1}};
    const Array<std::int64_t> y{0, 0, 1};
    const auto message = [&](const LinearSVCOptions& options, const Array<std::int64_t>& labels) {
        return message_of<Error>([&] { LinearSVC(options).fit(X, labels); });
    };
    CHECK(message({.C = 0}, y) == "LinearSVC.fit: C is 0; it must be above 0");
    CHECK(message({.C = -1}, y) == "LinearSVC.fit: C is -1; it must be above 0");
    CHECK(message({.C = missing}, y) == "LinearSVC.fit: C is nan; it must be above 0");
    CHECK(message({.C = std::numeric_limits<double>::infinity()}, y) == "LinearSVC.fit: C is inf; it must be finite");
    CHECK(message({.C = 1e308}, y) == "LinearSVC.fit: C is 1e+308; the loss of 3 samples is beyond the range of a double");
    const Array<double> with_constant{{1, 7}, {3, 7}, {4, 7}}, huge = 1e155 * X;
    CHECK(message_of<Error>([&] { LinearSVC({.C = 5e307}).fit(with_constant, y); })
              .starts_with("LinearSVC.fit: feature 1 of X is too large, or too small for C = 5e+307"));
    CHECK(message_of<Error>([&] { LinearSVC().fit(huge, y); }).starts_with("LinearSVC.fit: feature 0 of X is too large"));
    CHECK(message({.intercept_scaling = 0}, y).starts_with("LinearSVC.fit: intercept_scaling is 0"));
    CHECK(message({.tol = -1e-8}, y).starts_with("LinearSVC.fit: tol is -1e-08"));
    CHECK(message({.max_iter = 0}, y).starts_with("LinearSVC.fit: max_iter is 0"));
    CHECK(message({}, {1, 1, 1}) == "LinearSVC.fit: y holds 1 class; at least 2 are needed");
    CHECK(message({}, {1, 0}) == "LinearSVC.fit: X has 3 samples, y 2");
    LinearSVC model;
    CHECK_THROWS_WITH_AS(model.predict(X), doctest::Contains("LinearSVC.predict: the estimator is not fitted"), NotFittedError);
    model.fit(X, y);
    const Array<double> coef = model.coef_;
    CHECK_THROWS_AS(model.fit({{1, missing}, {1, 2}}, {0, 1}), ValueError);
    CHECK(model.coef_ == coef);
    CHECK_THROWS_AS(model.decision_function({{1, 2, 3}, {4, 5, 6}}), ShapeError);
}

TEST_CASE("LinearSVC: it learns where nothing is recorded, and leaves the caller's graph alone") {
    const Array<double> X{{3, 4}, {-3, -4}};
    const Array<std::int64_t> y{5, -5};
    const Variable<double> x(2.0);
    const Variable<double> square = x * x;
    const LinearSVC model = no_grad([&] { return LinearSVC().fit(X, y); });
    CHECK(model.coef_ == LinearSVC().fit(X, y).coef_);
    square.backward();
    CHECK(x.grad()() == 4);
}

TEST_CASE("LinearSVC: features and samples of no use") {
    // A constant column is a further intercept; equal samples count twice.
    const Array<double> X{{1, 3}, {1, 3}, {1, -3}, {1, -3}};
    const LinearSVC model = LinearSVC({.tol = 1e-9}).fit(X, {1, 1, 0, 0});
    // By symmetry b = w_0 = 0, and w = w_1 minimises w^2 / 2 + 4 (1 - 3 w)^2: w = 24 / 73.
    CHECK(worst_error(model.coef_, {0, 24.0 / 73}) < 1e-8);
    CHECK(std::abs(model.intercept_(0)) < 1e-8);
}

// Least squares with an L1 penalty, against scikit-learn and the conditions of a minimum.
#include "tests/algorithms/linear_model/arrays.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/linear_model.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/linear_model/lasso.hpp>
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

static_assert(SupervisedEstimator<Lasso>);

namespace {

} // namespace

TEST_CASE("lasso: diabetes as scikit-learn") {
    const auto data = load_diabetes();
    struct Expected {
        double alpha;
        const Array<double>& coef;
        double intercept, n_iter, dual_gap;
    };
    for (const auto& [alpha, coef, intercept, n_iter, dual_gap] :
         {Expected{0.1, reference::diabetes_lasso_coef, reference::diabetes_lasso_intercept, reference::diabetes_lasso_n_iter,
                   reference::diabetes_lasso_dual_gap},
          Expected{1, reference::diabetes_lasso_sparse_coef, reference::diabetes_lasso_sparse_intercept,
                   reference::diabetes_lasso_sparse_n_iter, reference::diabetes_lasso_sparse_dual_gap}}) {
        Lasso model({.alpha = alpha});
        model.fit(data.X, data.y);
        CHECK(model.converged_);
        // The same iterations, and so the same gap.
        CHECK(static_cast<double>(model.n_iter_) == n_iter);
        CHECK(model.dual_gap_ == doctest::Approx(dual_gap).epsilon(1e-8));
        model.options.tol = 1e-13;
        model.options.max_iter = 10000;
        model.fit(data.X, data.y);
        CHECK(distance(model.coef_, coef) < 1e-8);
        CHECK(model.intercept_ == doctest::Approx(intercept).epsilon(1e-13));
        for (std::size_t j = 0; j < 10; ++j) CHECK((model.coef_(j) == 0) == (coef(j) == 0));
    }
}

TEST_CASE("lasso: fewer samples than features, as scikit-learn") {
    Lasso model({.alpha = 0.1, .max_iter = 10000, .tol = 1e-13});
    model.fit(reference::wide_X, reference::wide_y);
    CHECK(distance(model.coef_, reference::wide_lasso_coef) < 1e-8);
    CHECK(model.intercept_ == doctest::Approx(reference::wide_lasso_intercept).epsilon(1e-9));
}

TEST_CASE("lasso: one feature is shrunk by alpha") {
    // With x of mean 0 and mean square 1, theta = sign(c) max(|c| - alpha, 0), c the mean of x y: here 2.
    const Array<double> X = column({-1, 1, -1, 1}), y{0, 5, 2, 5};
    for (const double alpha : {0., 0.5, 1.5, 2., 3.}) {
        Lasso model({.alpha = alpha, .tol = 1e-12});
        model.fit(X, y);
        CHECK(model.coef_(0) == doctest::Approx(std::max(2 - alpha, 0.)).epsilon(1e-14));
        CHECK(model.intercept_ == doctest::Approx(3));
        CHECK(model.predict(X)(1) == doctest::Approx(3 + model.coef_(0)));
    }
    Lasso model({.alpha = 0.5, .fit_intercept = false});
    model.fit(X, y);
    CHECK(model.coef_(0) == doctest::Approx(1.5));
    CHECK(model.intercept_ == 0);
    // A constant feature has the coefficient 0.
    model.options.fit_intercept = true;
    model.fit({{-1, 3}, {1, 3}, {-1, 3}, {1, 3}}, y);
    CHECK(model.coef_(1) == 0);
}

TEST_CASE("lasso: what is wrong is named, and what was learned stays") {
    const Array<double> X = column({-1, 1, -1, 1}), y{0, 5, 2, 5};
    Lasso model;
    CHECK_THROWS_WITH_AS(model.predict(X), doctest::Contains("Lasso.predict: the estimator is not fitted"), NotFittedError);
    model.fit(X, y);
    CHECK_THROWS_WITH_AS(model.fit(X, {1}), doctest::Contains("Lasso.fit: X has 4 samples, y 1"), ShapeError);
    const auto with = [&](const LassoOptions& options) {
        model.options = options;
        return message_of<ValueError>([&] { model.fit(X, y); });
    };
    CHECK(with({.alpha = -1}).starts_with("Lasso.fit: alpha is -1"));
    CHECK(with({.max_iter = 0}).starts_with("Lasso.fit: max_iter is 0"));
    CHECK(with({.tol = std::numeric_limits<double>::quiet_NaN()}).starts_with("Lasso.fit: tol is nan"));
    CHECK(model.coef_(0) == doctest::Approx(1));
    // Too few passes.
    const auto data = load_diabetes();
    model.options = {.alpha = 0.1, .max_iter = 3};
    model.fit(data.X, data.y);
    CHECK_FALSE(model.converged_);
    CHECK(model.n_iter_ == 3);
}

TEST_CASE("lasso: numbers whose squares are beyond the largest are an error, and the user's tape stays as it is") {
    Lasso model;
    const auto message = [&](const Array<double>& X, const Array<double>& y) {
        return message_of<ValueError>([&] { model.fit(X, y); });
    };
    CHECK(message({{1e200, 2}, {2e200, 5}, {3e200, 1}}, {3, 4, 6}).starts_with("Lasso.fit: X or y is too large for its squares"));
    CHECK(message({{1e200, 2, 1, 0}, {2e200, 5, 0, 1}, {3e200, 1, 1, 1}}, {3, 4, 6}).starts_with("Lasso.fit: X or y is too large"));
    CHECK(message(tests::column({1, 2, 4}), {1e200, 2, 3}).starts_with("Lasso.fit: X or y is too large"));
    CHECK(model.n_features_in_ == 0);
    const Tape tape({.keep = true});
    model.fit({{1, 2, 1, 0}, {2, 5, 0, 1}, {3, 1, 1, 1}}, {3, 4, 6});
    CHECK(tape.size() == 0);
}

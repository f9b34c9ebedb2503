// The perceptron beside scikit-learn's, on the gates, and its convergence theorem.
#include "tests/algorithms/distance.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/perceptron.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/linear_model/perceptron.hpp>
#include <xgrad/ops/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::distance;
using tests::message_of;
namespace reference = xgrad::tests::reference::perceptron;

static_assert(SupervisedEstimator<Perceptron>);

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const Array<double> gates{{0, 0}, {0, 1}, {1, 0}, {1, 1}};

/// The sums of scikit-learn's products may round in another order.
void check_same(const Perceptron& model, const Array<double>& coef, const Array<double>& intercept) {
    CHECK(distance(model.coef_, coef) <= 1e-12);
    CHECK(distance(model.intercept_, intercept) <= 1e-12);
}

} // namespace

TEST_CASE("perceptron: the gates AND and OR") {
    Perceptron model({.tol = -infinity, .shuffle = false});
    const Array<std::int64_t> AND{0, 0, 0, 1}, OR{0, 1, 1, 1};
    model.fit(gates, AND);
    check_same(model, reference::and_coef, reference::and_intercept);
    CHECK(model.predict(gates) == AND);
    CHECK(model.errors_.back() == 0);
    CHECK(model.n_iter_ == model.errors_.size());
    CHECK(model.mistakes_ == std::accumulate(model.errors_.begin(), model.errors_.end(), std::size_t{0}));
    model.fit(gates, OR);
    check_same(model, reference::or_coef, reference::or_intercept);
    CHECK(model.score(gates, OR) == 1);
}

TEST_CASE("perceptron: XOR is never learnt") {
    const Array<std::int64_t> XOR{0, 1, 1, 0};
    for (const bool shuffle : {false, true}) {
        Perceptron model({.max_iter = 500, .tol = -infinity, .shuffle = shuffle});
        model.fit(gates, XOR);
        CHECK(model.n_iter_ == 500);
        CHECK(*std::min_element(model.errors_.begin(), model.errors_.end()) > 0);
        CHECK(model.score(gates, XOR) <= 0.75);
    }
}

TEST_CASE("perceptron: setosa and versicolor") {
    const auto iris = load_iris();
    Array<double> X = Array<double>::from_shape({100, 2}); // the lengths of sepal and petal
    Array<std::int64_t> y = Array<std::int64_t>::from_shape({100});
    for (std::size_t i = 0; i < 100; ++i) {
        X(i, 0) = iris.X(i, 0);
        X(i, 1) = iris.X(i, 2);
        y(i) = iris.y(i);
    }
    Perceptron model({.max_iter = 50, .tol = -infinity, .shuffle = false, .eta0 = 0.1});
    model.fit(X, y);
    check_same(model, reference::iris_perceptron_coef, reference::iris_perceptron_intercept);
    CHECK(model.errors_.back() == 0);
    CHECK(model.n_iter_ < 50);
    CHECK(model.score(X, y) == 1);
}

TEST_CASE("perceptron: a line separates setosa from the others, but not these from each other") {
    const auto iris = load_iris();
    Perceptron model({.max_iter = 20, .tol = -infinity, .shuffle = false});
    model.fit(iris.X, iris.y);
    check_same(model, reference::flowers_coef, reference::flowers_intercept);
    const auto is = [&](std::int64_t species) {
        Array<std::int64_t> y = iris.y;
        for (auto& label : y) label = label == species;
        return y;
    };
    model.options.max_iter = 200;
    CHECK(model.fit(iris.X, is(0)).errors_.back() == 0);
    CHECK(model.fit(iris.X, is(1)).n_iter_ == 200);
    CHECK(model.fit(iris.X, is(2)).n_iter_ == 200);
}

TEST_CASE("perceptron: classes that overlap, with every penalty, as scikit-learn") {
    const auto fitted = [](PerceptronOptions options) {
        options.shuffle = false;
        return Perceptron(options).fit(reference::blobs, reference::blobs_labels);
    };
    const PerceptronOptions seven{.max_iter = 7, .tol = -infinity};
    auto options = seven;
    const Perceptron plain = fitted(options);
    check_same(plain, reference::blobs_plain_coef, reference::blobs_plain_intercept);
    CHECK(plain.classes_ == Array<std::int64_t>{-5, 0, 5});
    CHECK(plain.n_iter_ == 7);
    CHECK(plain.decision_function(reference::blobs).shape() == Array<double>::from_shape({36, 3}).shape());
    options.alpha = 0.01;
    options.penalty = PerceptronPenalty::l2;
    check_same(fitted(options), reference::blobs_l2_coef, reference::blobs_l2_intercept);
    options.penalty = PerceptronPenalty::l1;
    check_same(fitted(options), reference::blobs_l1_coef, reference::blobs_l1_intercept);
    options.penalty = PerceptronPenalty::elasticnet;
    options.l1_ratio = 0.3;
    check_same(fitted(options), reference::blobs_elasticnet_coef, reference::blobs_elasticnet_intercept);
    options = seven;
    options.fit_intercept = false;
    check_same(fitted(options), reference::blobs_origin_coef, reference::blobs_origin_intercept);
    // The losses no longer fall: none of the classes can be separated, so that the epochs are as many.
    const Perceptron stopped = fitted({});
    check_same(stopped, reference::blobs_stopped_coef, reference::blobs_stopped_intercept);
    CHECK(static_cast<std::int64_t>(stopped.n_iter_) == reference::blobs_stopped_n_iter(0));
}

TEST_CASE("perceptron: no more mistakes than Novikoff's bound") {
    // Points of the unit disc whose distance from the line u x = 0 is at least the margin.
    const double u[] = {0.6, -0.8};
    for (const double margin : {0.05, 0.2, 0.5}) {
        Generator generator(11);
        Array<double> X = Array<double>::from_shape({300, 2});
        Array<std::int64_t> y = Array<std::int64_t>::from_shape({300});
        double radius = 0, nearest = 1;
        for (std::size_t i = 0; i < 300;) {
            const double a = 2 * generator.uniform() - 1, b = 2 * generator.uniform() - 1, side = u[0] * a + u[1] * b;
            const double length = std::hypot(a, b);
            if (length > 1 || std::abs(side) < margin) continue;
            X(i, 0) = a;
            X(i, 1) = b;
            y(i++) = side > 0;
            radius = std::max(radius, length);
            nearest = std::min(nearest, std::abs(side));
        }
        std::size_t mistakes = 0;
        for (const double eta : {1.0, 0.01}) {
            Perceptron model({.fit_intercept = false, .max_iter = 100000, .tol = -infinity, .eta0 = eta, .random_state = 4});
            model.fit(X, y);
            CHECK(model.errors_.back() == 0);
            CHECK(model.score(X, y) == 1);
            CHECK(static_cast<double>(model.mistakes_) <= radius * radius / (nearest * nearest));
            CHECK(model.mistakes_ > 0);
            if (eta == 1) mistakes = model.mistakes_;
            CHECK(model.mistakes_ == mistakes); // whatever eta is
        }
    }
}

TEST_CASE("perceptron: the same seed, the same result") {
    const PerceptronOptions options{.max_iter = 3, .random_state = 7};
    const auto a = Perceptron(options).fit(reference::blobs, reference::blobs_labels);
    const auto b = Perceptron(options).fit(reference::blobs, reference::blobs_labels);
    CHECK(a.coef_ == b.coef_);
    PerceptronOptions other = options;
    other.random_state = 8;
    CHECK(a.coef_ != Perceptron(other).fit(reference::blobs, reference::blobs_labels).coef_);
}

TEST_CASE("perceptron: what it refuses") {
    const Array<std::int64_t> y{0, 1, 1, 0};
    const auto check = [&](const PerceptronOptions& options) { return message_of<ValueError>([&] { Perceptron(options).fit(gates, y); }); };
    CHECK(check({.alpha = -1}).starts_with("Perceptron.fit: alpha is -1"));
    CHECK(check({.l1_ratio = 1.5}) == "Perceptron.fit: l1_ratio is 1.5, not in [0, 1]");
    CHECK(check({.l1_ratio = std::nan("")}) == "Perceptron.fit: l1_ratio is nan, not in [0, 1]");
    CHECK(Perceptron({.penalty = PerceptronPenalty::elasticnet, .l1_ratio = 1}).fit(gates, y).is_fitted());
    // Of w = -1.7e308, b = -1e308 three mistakes, whose x are smaller, make w = -0.2e308, b = infinity.
    CHECK_THROWS_WITH_AS(Perceptron({.max_iter = 1, .shuffle = false, .eta0 = 1e308})
                             .fit({{1.7, 1.7, 1.7, 1.7}, {0.5, 0.5, 0.5, 0.5}, {0.5, 0.5, 0.5, 0.5}, {0.5, 0.5, 0.5, 0.5}}, {0, 1, 1, 1}),
                         doctest::Contains("Perceptron.fit: the weights"), ValueError);
    CHECK(check({.max_iter = 0}).starts_with("Perceptron.fit: max_iter is 0"));
    CHECK(check({.tol = std::nan("")}).starts_with("Perceptron.fit: tol is nan"));
    CHECK(check({.eta0 = 0}).starts_with("Perceptron.fit: eta0 is 0"));
    CHECK(check({.n_iter_no_change = 0}).starts_with("Perceptron.fit: n_iter_no_change is 0"));
    CHECK_THROWS_WITH_AS(Perceptron({.eta0 = 1e300}).fit({{1e10, 1}, {1e10, 2}}, {0, 1}), doctest::Contains("Perceptron.fit: the weights"),
                         ValueError);

    Perceptron model;
    CHECK_THROWS_AS(model.predict(gates), NotFittedError);
    CHECK_THROWS_WITH_AS(model.fit(gates, {1, 1, 1, 1}), doctest::Contains("y holds 1 class"), ValueError);
    CHECK_THROWS_AS(model.fit(gates, {1, 0}), ShapeError);
    CHECK_THROWS_AS(model.fit({{1, std::nan("")}, {1, 2}}, {1, 0}), ValueError);
    model.fit(gates, {0, 0, 0, 1});
    const Array<double> before = model.coef_;
    CHECK_THROWS_AS(model.fit(gates, {1, 1, 1, 1}), ValueError);
    CHECK(model.coef_ == before);
    CHECK_THROWS_WITH_AS(model.decision_function({{1, 2, 3}, {4, 5, 6}}), doctest::Contains("X has 3 features; fit() was given 2"),
                         ShapeError);
}

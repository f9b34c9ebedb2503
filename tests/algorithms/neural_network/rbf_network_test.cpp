// Radial basis function networks beside scikit-learn's ridge regression on their bumps.
#include "tests/algorithms/distance.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/neural_network.hpp"

#include <xgrad/algorithms/neural_network/rbf_network.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/data/generators.hpp>
#include <xgrad/ops/arithmetic.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::distance;
using tests::message_of;
namespace reference = xgrad::tests::reference::neural_network;

static_assert(SupervisedEstimator<RBFNetworkRegressor>);
static_assert(SupervisedEstimator<RBFNetworkClassifier>);

namespace {

const Array<double>& X = reference::network_X;

Array<double> shifted() {
    return X + 0.125;
}

} // namespace

TEST_CASE("RBF network: with bumps around all samples, ridge regression on them") {
    const RBFNetworkOptions options{.n_centers = 24, .sigma = 0.8, .alpha = 0.1};
    const auto regressor = RBFNetworkRegressor(options).fit(X, reference::network_y);
    CHECK(distance(regressor.predict(shifted()), reference::rbf_predictions) <= 1e-10);
    const auto classifier = RBFNetworkClassifier(options).fit(X, reference::network_labels3);
    CHECK(distance(classifier.decision_function(shifted()), reference::rbf_decisions) <= 1e-10);
    CHECK(regressor.n_iter_ == 0);
    CHECK(regressor.centers_.shape() == X.shape());
    CHECK(regressor.coef_.shape(0) == 1);
    CHECK(classifier.coef_.shape(0) == 3);
    CHECK(classifier.intercept_.size() == 3);
    CHECK(regressor.sigma_(7) == doctest::Approx(0.8));
}

TEST_CASE("RBF network: it interpolates") {
    RBFNetworkRegressor model({.n_centers = 24, .sigma = 0.5, .alpha = 0});
    model.fit(X, reference::network_y);
    CHECK(distance(model.predict(X), reference::network_y) <= 1e-8);
}

TEST_CASE("RBF network: centres are samples, and the width suits them") {
    RBFNetworkRegressor model({.n_centers = 5, .random_state = 3});
    model.fit(X, reference::network_y);
    std::set<std::size_t> found;
    double largest = 0;
    for (std::size_t k = 0; k < 5; ++k) {
        for (std::size_t i = 0; i < 24; ++i) {
            if (std::equal(X.data() + 3 * i, X.data() + 3 * i + 3, model.centers_.data() + 3 * k)) found.insert(i);
        }
        for (std::size_t l = 0; l < k; ++l) {
            double square = 0;
            for (std::size_t j = 0; j < 3; ++j) square += std::pow(model.centers_(k, j) - model.centers_(l, j), 2);
            largest = std::max(largest, std::sqrt(square));
        }
    }
    CHECK(found.size() == 5);
    for (const double sigma : model.sigma_) CHECK(sigma == doctest::Approx(largest / std::sqrt(10.0)));
    CHECK(RBFNetworkRegressor(model.options).fit(X, reference::network_y).coef_ == model.coef_);
    model.options.random_state = 4;
    const Array<double> before = model.centers_;
    CHECK(model.fit(X, reference::network_y).centers_ != before);
    // One centre, or all in one place.
    CHECK(RBFNetworkRegressor({.n_centers = 1}).fit(X, reference::network_y).sigma_(0) == doctest::Approx(1));
}

TEST_CASE("RBF network: centres by k-means are the means of the clusters") {
    // Three clusters of 8 about (0, 0), (10, 0), (0, 10), each symmetric.
    Array<double> x = Array<double>::from_shape({24, 2});
    Array<std::int64_t> y = Array<std::int64_t>::from_shape({24});
    const double middles[3][2] = {{0, 0}, {10, 0}, {0, 10}};
    for (std::size_t i = 0; i < 24; ++i) {
        const double angle = 2 * 3.14159265358979323846 * static_cast<double>(i % 8) / 8;
        x(i, 0) = middles[i / 8][0] + std::cos(angle);
        x(i, 1) = middles[i / 8][1] + std::sin(angle);
        y(i) = static_cast<std::int64_t>(i / 8);
    }
    RBFNetworkClassifier model({.n_centers = 3, .centers = RBFCenters::kmeans});
    model.fit(x, y);
    for (const auto& middle : middles) {
        double nearest = 1;
        for (std::size_t k = 0; k < 3; ++k) {
            nearest = std::min(nearest, std::hypot(model.centers_(k, 0) - middle[0], model.centers_(k, 1) - middle[1]));
        }
        CHECK(nearest <= 1e-12);
    }
    CHECK(model.sigma_(0) == doctest::Approx(std::sqrt(200.0 / 6)));
    CHECK(model.score(x, y) == 1);
}

TEST_CASE("RBF network: training by gradient moves the bumps to where they do better") {
    Array<double> x = Array<double>::from_shape({60, 1}), y = Array<double>::from_shape({60});
    for (std::size_t i = 0; i < 60; ++i) {
        x(i, 0) = -3 + 6.0 * static_cast<double>(i) / 59;
        y(i) = std::sin(2 * x(i, 0)) + 0.5 * x(i, 0);
    }
    RBFNetworkOptions options{.n_centers = 5, .alpha = 1e-8};
    const auto fixed = RBFNetworkRegressor(options).fit(x, y);
    options.training = RBFTraining::gradient;
    const auto trained = RBFNetworkRegressor(options).fit(x, y);
    CHECK(trained.loss_ < 0.5 * fixed.loss_);
    CHECK(trained.score(x, y) > fixed.score(x, y));
    CHECK(trained.n_iter_ > 0);
    CHECK(trained.centers_ != fixed.centers_);
    // J, from what is learned.
    double loss = 0;
    const Array<double> predicted = trained.predict(x);
    for (std::size_t i = 0; i < 60; ++i) loss += std::pow(predicted(i) - y(i), 2) / 120;
    for (const double w : trained.coef_) loss += 1e-8 / 120 * w * w;
    CHECK(trained.loss_ == doctest::Approx(loss));
}

TEST_CASE("RBF network: fit() to its own weights") {
    RBFNetworkClassifier classifier({.n_centers = 4});
    classifier.fit(X, reference::network_labels3);
    const Array<double> weights = classifier.coef_; // 3 samples with 4 features
    classifier.options.n_centers = 2;
    classifier.fit(classifier.coef_, {0, 1, 1});
    CHECK(classifier.predict(weights) == RBFNetworkClassifier(classifier.options).fit(weights, {0, 1, 1}).predict(weights));
    RBFNetworkRegressor regressor({.n_centers = 4});
    regressor.fit(X, reference::network_y);
    const Array<double> others = regressor.coef_;
    regressor.options.n_centers = 1;
    regressor.fit(regressor.coef_, {2});
    CHECK(regressor.predict(others)(0) == doctest::Approx(2)); // all that it has seen
}

TEST_CASE("RBF network: XOR, and two moons") {
    const Array<double> gates{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const Array<std::int64_t> XOR{0, 1, 1, 0};
    CHECK(RBFNetworkClassifier({.n_centers = 4}).fit(gates, XOR).predict(gates) == XOR);

    Generator generator(3);
    const auto moons = nn::make_moons<double>(120, {.noise = 0.1}, generator);
    const Array<double> points(moons.features());
    const Array<std::int64_t> labels = Array<std::int64_t>(moons.targets()) * 3 - 1;
    RBFNetworkClassifier model({.n_centers = 12});
    model.fit(points, labels);
    CHECK(model.classes_ == Array<std::int64_t>{-1, 2});
    CHECK(model.score(points, labels) > 0.95);
}

TEST_CASE("RBF network: what it refuses") {
    const auto check = [&](const RBFNetworkOptions& options) {
        return message_of<ValueError>([&] { RBFNetworkRegressor(options).fit(X, reference::network_y); });
    };
    CHECK(check({.n_centers = 0}).starts_with("RBFNetworkRegressor.fit: n_centers is 0"));
    CHECK(check({.n_centers = 25}) == "RBFNetworkRegressor.fit: n_centers is 25, but X has 24 samples");
    CHECK(check({.sigma = -1}).starts_with("RBFNetworkRegressor.fit: sigma is -1"));
    CHECK(check({.sigma = 1e-200}) == "RBFNetworkRegressor.fit: sigma is 1e-200, whose square is out of the range of numbers");
    CHECK(check({.sigma = 1e200}) == "RBFNetworkRegressor.fit: sigma is 1e+200, whose square is out of the range of numbers");
    CHECK(message_of<ValueError>([] { RBFNetworkClassifier({.n_centers = 2}).fit({{1e200, 0}, {-1e200, 0}}, {0, 1}); }) ==
          "RBFNetworkClassifier.fit: sigma is 0, but the width by the distances of the centres is out of the range of numbers; scale X");
    CHECK(check({.alpha = -1}).starts_with("RBFNetworkRegressor.fit: alpha is -1"));
    CHECK(check({.max_iter = 0}).starts_with("RBFNetworkRegressor.fit: max_iter is 0"));
    CHECK(check({.tol = std::nan("")}).starts_with("RBFNetworkRegressor.fit: tol is nan"));
    RBFNetworkRegressor regressor;
    CHECK_THROWS_AS(regressor.predict(X), NotFittedError);
    CHECK_THROWS_AS(regressor.fit(X, {1, 2}), ShapeError);
    RBFNetworkClassifier classifier;
    CHECK_THROWS_AS(classifier.predict(X), NotFittedError);
    CHECK_THROWS_AS(classifier.decision_function(X), NotFittedError);
    CHECK_THROWS_WITH_AS(classifier.fit({{1, 2}, {3, 4}}, {1, 1}), doctest::Contains("y holds 1 class"), ValueError);
    classifier.fit(X, reference::network_labels2);
    CHECK_THROWS_WITH_AS(classifier.predict({{1, 2}, {3, 4}}), doctest::Contains("X has 2 features; fit() was given 3"), ShapeError);
    CHECK(live_nodes() == 0);
}

// Multilayer perceptrons beside scikit-learn's: the same training from the same weights, and what they learn from weights of their own.
#include "tests/algorithms/distance.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/neural_network.hpp"

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/neural_network/multilayer_perceptron.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/data/generators.hpp>
#include <xgrad/ops/arithmetic.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::distance;
using tests::message_of;
namespace reference = xgrad::tests::reference::neural_network;

static_assert(SupervisedEstimator<MLPClassifier>);
static_assert(SupervisedEstimator<MLPRegressor>);

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const Array<double> gates{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
const Array<std::int64_t> XOR{0, 1, 1, 0};
const Array<double>& X = reference::network_X;

void check_close(const double* values, const std::vector<double>& expected, double tolerance) {
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(values[i] - expected[i]) <= tolerance * (1 + std::abs(expected[i])));
}

template <class Model>
void start_from_reference(Model& model, bool three_outputs) {
    model.coefs_ = three_outputs ? reference::network3_coefs : reference::network1_coefs;
    model.intercepts_ = three_outputs ? reference::network3_intercepts : reference::network1_intercepts;
}

} // namespace

TEST_CASE("multilayer perceptron: from the same weights, scikit-learn's losses and predictions") {
    for (const auto& c : reference::network_cases) {
        CAPTURE(c.name);
        // Nothing but the order of the sums differs, and where epsilon is added.
        const auto check = [&](const MLPNetwork& network, const Array<double>& predictions) {
            REQUIRE(network.loss_curve_.size() == c.losses.size());
            REQUIRE(predictions.size() == c.predictions.size());
            check_close(network.loss_curve_.data(), c.losses, 1e-10);
            check_close(predictions.data(), c.predictions, 1e-10);
            CHECK(network.n_iter_ == c.losses.size());
            CHECK(network.t_ == 24 * c.losses.size());
            CHECK(network.loss_ == network.loss_curve_.back());
            CHECK(network.best_loss_ == *std::min_element(network.loss_curve_.begin(), network.loss_curve_.end()));
            CHECK(network.n_layers_ == 4);
        };
        if (c.classes > 0) {
            MLPClassifier model(c.options);
            start_from_reference(model, c.classes == 3);
            model.fit(X, c.classes == 3 ? reference::network_labels3 : reference::network_labels2);
            check(model, model.predict_proba(X));
            CHECK(model.n_outputs_ == (c.classes == 3 ? 3 : 1));
            CHECK(model.out_activation_ == (c.classes == 3 ? "softmax" : "logistic"));
        } else {
            MLPRegressor model(c.options);
            start_from_reference(model, false);
            model.fit(X, reference::network_y);
            check(model, model.predict(X));
            CHECK(model.out_activation_ == "identity");
        }
    }
}

TEST_CASE("multilayer perceptron: L-BFGS finds scikit-learn's minimum where there is one") {
    const MLPOptions options{.hidden_layer_sizes = {}, .solver = MLPSolver::lbfgs, .alpha = 0.5, .max_iter = 1000, .tol = 1e-9};
    MLPClassifier classifier(options);
    classifier.fit(X, reference::network_labels3);
    CHECK(distance(classifier.predict_proba(X), reference::flat_probabilities) <= 1e-4); // scikit-learn's ends by its loss
    CHECK(classifier.loss_ == doctest::Approx(reference::flat_loss).epsilon(1e-7));
    CHECK(classifier.loss_ <= reference::flat_loss + 1e-9);
    CHECK(classifier.loss_curve_.empty());
    CHECK(classifier.n_iter_ > 1);
    CHECK(classifier.n_iter_ < 1000);
    MLPRegressor regressor(options);
    regressor.fit(X, reference::network_y);
    CHECK(distance(regressor.predict(X), reference::flat_predictions) <= 1e-4);
}

TEST_CASE("multilayer perceptron: XOR, by the toy network of the notes") {
    // Derivations, "Toy Python example": sigmoids, 2-2-1, all samples at once, learning rate 1; its outputs round to the same.
    const MLPOptions options{.hidden_layer_sizes = {2},
                             .activation = MLPActivation::logistic,
                             .solver = MLPSolver::sgd,
                             .alpha = 0,
                             .learning_rate_init = 1,
                             .max_iter = 3000,
                             .random_state = 1,
                             .tol = -infinity,
                             .momentum = 0};
    MLPClassifier model(options);
    model.fit(gates, XOR);
    CHECK(model.predict(gates) == XOR);
    const Array<double> p = model.predict_proba(gates);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(p(i, 0) + p(i, 1) == doctest::Approx(1));
        CHECK(p(i, static_cast<std::size_t>(XOR(i))) > 0.9);
    }
    CHECK(model.loss_ < 0.1 * model.loss_curve_.front());

    MLPOptions other{.hidden_layer_sizes = {8}, .activation = MLPActivation::tanh, .solver = MLPSolver::lbfgs, .random_state = 2};
    CHECK(MLPClassifier(other).fit(gates, XOR).score(gates, XOR) == 1);
    // Without a nonlinearity, layers are no more than one: at best three of the four.
    other.activation = MLPActivation::identity;
    CHECK(MLPClassifier(other).fit(gates, XOR).score(gates, XOR) <= 0.75);
}

TEST_CASE("multilayer perceptron: the data of Week 41 with the score that it prints") {
    MLPClassifier model({.max_iter = 300, .random_state = 1});
    model.fit(reference::classification_X, reference::classification_labels);
    CHECK(model.score(reference::classification_X, reference::classification_labels) == 1);
    CHECK(model.coefs_[0].shape(0) == 20);
    CHECK(model.coefs_[0].shape(1) == 100);
    CHECK(model.coefs_[1].shape(1) == 1);
}

TEST_CASE("multilayer perceptron: digits as well as scikit-learn's") {
    const auto digits = load_digits();
    std::vector<std::size_t> training(1000), rest(digits.y.size() - 1000);
    std::iota(training.begin(), training.end(), std::size_t{0});
    std::iota(rest.begin(), rest.end(), std::size_t{1000});
    const Array<double> pixels = digits.X / 16;
    MLPClassifier model({.hidden_layer_sizes = {32}, .max_iter = 40});
    model.fit(algorithms::detail::take_rows(pixels, training), algorithms::detail::take_rows(digits.y, training));
    // One in a hundred: the weights start elsewhere.
    CHECK(model.score(algorithms::detail::take_rows(pixels, rest), algorithms::detail::take_rows(digits.y, rest)) >=
          reference::digits_score - 0.01);
}

TEST_CASE("multilayer perceptron: a curve") {
    Array<double> x = Array<double>::from_shape({80, 1}), y = Array<double>::from_shape({80});
    for (std::size_t i = 0; i < 80; ++i) {
        x(i, 0) = -3 + 6.0 * static_cast<double>(i) / 79;
        y(i) = std::sin(x(i, 0));
    }
    MLPRegressor model({.hidden_layer_sizes = {10}, .activation = MLPActivation::tanh, .solver = MLPSolver::lbfgs, .max_iter = 300});
    CHECK(model.fit(x, y).score(x, y) > 0.999);
}

TEST_CASE("multilayer perceptron: weights to start from") {
    MLPClassifier model({.hidden_layer_sizes = {7}, .activation = MLPActivation::logistic, .learning_rate_init = 1e-300, .max_iter = 1});
    model.fit(X, reference::network_labels3);
    const auto check_bound = [](const Array<double>& a, double bound) {
        double largest = 0;
        for (const double w : a) largest = std::max(largest, std::abs(w));
        CHECK(largest <= bound);
        CHECK(largest > bound / 2); // of so many, none larger would be a wonder
    };
    check_bound(model.coefs_[0], std::sqrt(2.0 / (3 + 7)));
    check_bound(model.coefs_[1], std::sqrt(2.0 / (7 + 3)));
    check_bound(model.intercepts_[0], std::sqrt(2.0 / (3 + 7)));
    model.options.activation = MLPActivation::relu;
    model.fit(X, reference::network_labels3);
    check_bound(model.coefs_[0], std::sqrt(6.0 / (3 + 7)));

    const auto before = model.coefs_;
    model.fit(X, reference::network_labels3);
    CHECK(model.coefs_ == before); // the same seed
    model.options.random_state = 1;
    model.fit(X, reference::network_labels3);
    CHECK(model.coefs_ != before);
}

TEST_CASE("multilayer perceptron: a warm start goes on") {
    MLPOptions options{.hidden_layer_sizes = {4, 3},
                       .solver = MLPSolver::sgd,
                       .learning_rate_init = 0.1,
                       .max_iter = 6,
                       .shuffle = false,
                       .momentum = 0};
    const auto whole = MLPRegressor(options).fit(X, reference::network_y);
    options.max_iter = 3;
    MLPRegressor halves(options);
    halves.fit(X, reference::network_y);
    halves.options.warm_start = true;
    halves.fit(X, reference::network_y);
    CHECK(halves.loss_curve_ == std::vector<double>(whole.loss_curve_.begin() + 3, whole.loss_curve_.end()));
    CHECK(halves.predict(X) == whole.predict(X));

    halves.options.hidden_layer_sizes = {4, 2};
    const auto before = halves.coefs_;
    CHECK_THROWS_WITH_AS(halves.fit(X, reference::network_y),
                         doctest::Contains("MLPRegressor.fit: warm_start goes on from coefs_[1] of shape (4, 3), not (4, 2)"), ShapeError);
    halves.options.hidden_layer_sizes = {4};
    CHECK_THROWS_WITH_AS(halves.fit(X, reference::network_y),
                         doctest::Contains("from 3 coefs_ and 3 intercepts_; the network has 2 layers"), ShapeError);
    CHECK(halves.coefs_ == before);

    MLPClassifier classifier({.max_iter = 1, .warm_start = true});
    classifier.fit(gates, XOR);
    CHECK_THROWS_WITH_AS(classifier.fit(gates, {2, 1, 1, 2}), doctest::Contains("other labels"), ValueError);
}

TEST_CASE("multilayer perceptron: training ends without progress") {
    MLPOptions options{.hidden_layer_sizes = {5}, .learning_rate_init = 1e-9, .n_iter_no_change = 3};
    // The first epoch is progress from nothing; of the next, more than three are none.
    CHECK(MLPRegressor(options).fit(X, reference::network_y).n_iter_ == 5);
    options.tol = -infinity;
    options.max_iter = 50;
    CHECK(MLPRegressor(options).fit(X, reference::network_y).n_iter_ == 50);
}

TEST_CASE("multilayer perceptron: early stopping keeps what predicts held-out samples best") {
    Generator generator(3);
    const auto moons = nn::make_moons<double>(200, {.noise = 0.2}, generator);
    const Array<double> points(moons.features());
    const Array<std::int64_t> labels(moons.targets());
    MLPClassifier model({.hidden_layer_sizes = {20}, .learning_rate_init = 0.05, .early_stopping = true, .validation_fraction = 0.25});
    model.fit(points, labels);
    REQUIRE(model.validation_scores_.size() == model.n_iter_);
    CHECK(model.t_ == 150 * model.n_iter_);
    CHECK(model.best_validation_score_ == *std::max_element(model.validation_scores_.begin(), model.validation_scores_.end()));
    CHECK(model.n_iter_ < 200);
    CHECK(model.score(points, labels) > 0.85);
    // Of 50 samples held out: the scores are multiples of 1 / 50.
    for (const double score : model.validation_scores_) CHECK(std::abs(score * 50 - std::round(score * 50)) < 1e-9);

    MLPRegressor regressor({.hidden_layer_sizes = {20}, .learning_rate_init = 0.01, .max_iter = 30, .early_stopping = true});
    regressor.fit(X, reference::network_y);
    CHECK(regressor.t_ == 21 * regressor.n_iter_); // a tenth of 24, rounded up, is held out, as by scikit-learn
    CHECK(regressor.best_validation_score_ == *std::max_element(regressor.validation_scores_.begin(), regressor.validation_scores_.end()));
}

TEST_CASE("multilayer perceptron: early stopping keeps samples of every class to train on") {
    // Two classes on a line, of which the second has few samples, and far away: who has seen one tells them apart.
    Array<double> line = Array<double>::from_shape({20, 1});
    const auto fit = [&](std::size_t few, double fraction) {
        Array<std::int64_t> labels = Array<std::int64_t>::from_shape({20});
        for (std::size_t i = 0; i < 20; ++i) {
            labels(i) = i < 20 - few ? 3 : 7;
            line(i, 0) = i < 20 - few ? -1 : 4;
        }
        MLPClassifier model({.hidden_layer_sizes = {},
                             .solver = MLPSolver::sgd,
                             .learning_rate_init = 0.5,
                             .max_iter = 100,
                             .tol = -infinity,
                             .early_stopping = true,
                             .validation_fraction = fraction});
        return std::pair(model.fit(line, labels), labels);
    };
    // As scikit-learn, which refuses "The least populated class in y has only 1 member".
    CHECK(message_of<ValueError>([&] { fit(1, 0.1); }) ==
          "MLPClassifier.fit: early_stopping holds out samples of each class, but class 7 has a single one");
    for (const std::size_t few : {2, 3, 5}) {
        for (const double fraction : {0.1, 0.3, 0.5, 0.7, 0.9}) {
            CAPTURE(few);
            CAPTURE(fraction);
            const auto [model, labels] = fit(few, fraction);
            CHECK(model.predict(line) == labels);
            // Rounded up, but for what the class keeps.
            CHECK(model.t_ / model.n_iter_ >= static_cast<std::size_t>(std::floor(20 * (1 - fraction) + 1e-9)));
            CHECK(model.t_ / model.n_iter_ <= static_cast<std::size_t>(std::floor(20 * (1 - fraction) + 1e-9)) + 1);
        }
    }
}

TEST_CASE("multilayer perceptron: fit() to its own weights") {
    MLPRegressor regressor({.hidden_layer_sizes = {4}, .max_iter = 2});
    regressor.fit(X, reference::network_y);
    const Array<double> weights = regressor.coefs_[0];
    const Array<double> y{1, -1, 2};
    regressor.options.hidden_layer_sizes = {50};
    regressor.fit(regressor.coefs_[0], y);
    CHECK(regressor.predict(weights) == MLPRegressor(regressor.options).fit(weights, y).predict(weights));
    MLPClassifier classifier({.hidden_layer_sizes = {4}, .max_iter = 2});
    classifier.fit(X, reference::network_labels2);
    const Array<double> others = classifier.coefs_[0];
    classifier.options.hidden_layer_sizes = {50};
    classifier.fit(classifier.coefs_[0], {0, 1, 1});
    CHECK(classifier.predict(others) == MLPClassifier(classifier.options).fit(others, {0, 1, 1}).predict(others));
}

TEST_CASE("multilayer perceptron: it predicts with the activation that it has learned with") {
    MLPRegressor regressor({.hidden_layer_sizes = {4}, .activation = MLPActivation::relu, .max_iter = 5});
    regressor.fit(X, reference::network_y);
    MLPClassifier classifier(regressor.options);
    classifier.fit(X, reference::network_labels3);
    const Array<double> predicted = regressor.predict(X), probabilities = classifier.predict_proba(X);
    const Array<std::int64_t> labels = classifier.predict(X);
    regressor.options.activation = classifier.options.activation = MLPActivation::tanh;
    regressor.options.alpha = classifier.options.alpha = -1;
    CHECK_THROWS_AS(regressor.fit(X, reference::network_y), ValueError);
    CHECK_THROWS_AS(classifier.fit(X, reference::network_labels3), ValueError);
    CHECK(regressor.predict(X) == predicted);
    CHECK(classifier.predict_proba(X) == probabilities);
    CHECK(classifier.predict(X) == labels);
    CHECK(classifier.activation_ == MLPActivation::relu);
    classifier.options.alpha = 0;
    classifier.fit(X, reference::network_labels3);
    CHECK(classifier.activation_ == MLPActivation::tanh);
    CHECK(classifier.predict_proba(X) != probabilities);
}

TEST_CASE("multilayer perceptron leaves alone what the caller has recorded") {
    const Variable<double> x{3.0};
    const auto y = x * x;
    for (const MLPSolver solver : {MLPSolver::adam, MLPSolver::lbfgs}) {
        const NoGrad no_grad;
        MLPClassifier model({.hidden_layer_sizes = {3}, .solver = solver, .max_iter = 3});
        model.fit(gates, XOR);
        if (solver == MLPSolver::adam) CHECK(model.loss_curve_[2] != model.loss_curve_[0]);
    }
    y.backward();
    CHECK(x.grad()() == 6);
    CHECK(live_nodes() == 0);
}

TEST_CASE("multilayer perceptron: what it refuses") {
    const auto check = [&](const MLPOptions& options) { return message_of<ValueError>([&] { MLPClassifier(options).fit(gates, XOR); }); };
    CHECK(check({.hidden_layer_sizes = {3, 0}}).starts_with("MLPClassifier.fit: hidden_layer_sizes[1] is 0"));
    CHECK(check({.hidden_layer_sizes = {std::numeric_limits<std::size_t>::max()}}) ==
          "MLPClassifier.fit: hidden_layer_sizes[0] is 18446744073709551615, which are too many weights for 2 features");
    CHECK(check({.hidden_layer_sizes = {std::size_t{1} << 40}}).starts_with("MLPClassifier.fit: hidden_layer_sizes[0] is 1099511627776,"));
    CHECK(check({.hidden_layer_sizes = {1000, std::size_t{1} << 31}}) ==
          "MLPClassifier.fit: hidden_layer_sizes[1] is 2147483648, which are too many weights for 1000 neurons before them");
    CHECK(check({.alpha = -1}).starts_with("MLPClassifier.fit: alpha is -1"));
    CHECK(check({.learning_rate_init = 0}).starts_with("MLPClassifier.fit: learning_rate_init is 0"));
    CHECK(check({.power_t = -1}).starts_with("MLPClassifier.fit: power_t is -1"));
    CHECK(check({.max_iter = 0}).starts_with("MLPClassifier.fit: max_iter is 0"));
    CHECK(check({.tol = std::nan("")}).starts_with("MLPClassifier.fit: tol is nan"));
    CHECK(check({.momentum = 1}).starts_with("MLPClassifier.fit: momentum is 1"));
    CHECK(check({.validation_fraction = 1}).starts_with("MLPClassifier.fit: validation_fraction is 1"));
    CHECK(check({.beta_1 = 1}).starts_with("MLPClassifier.fit: beta_1 is 1"));
    CHECK(check({.beta_2 = -1}).starts_with("MLPClassifier.fit: beta_2 is -1"));
    CHECK(check({.epsilon = 0}).starts_with("MLPClassifier.fit: epsilon is 0"));
    CHECK(check({.n_iter_no_change = 0}).starts_with("MLPClassifier.fit: n_iter_no_change is 0"));
    CHECK(check({.max_fun = 0}).starts_with("MLPClassifier.fit: max_fun is 0"));
    CHECK(check({.early_stopping = true})
              .starts_with("MLPClassifier.fit: of 4 samples, early_stopping holds out 1 with validation_fraction = 0.1; at least 2"));
    CHECK_THROWS_WITH_AS(MLPRegressor({.early_stopping = true, .validation_fraction = 0.2}).fit(gates, {0, 1, 2, 3}),
                         doctest::Contains("of 4 samples, early_stopping holds out 1"), ValueError);
    MLPRegressor diverging({.hidden_layer_sizes = {}, .solver = MLPSolver::sgd, .learning_rate_init = 1e3, .tol = -infinity});
    CHECK_THROWS_WITH_AS(diverging.fit(X, reference::network_y),
                         doctest::Contains("MLPRegressor.fit: the loss is not finite after iteration"), ValueError);

    MLPClassifier classifier;
    CHECK_THROWS_AS(classifier.predict(gates), NotFittedError);
    CHECK_THROWS_AS(classifier.predict_proba(gates), NotFittedError);
    CHECK_THROWS_WITH_AS(classifier.fit(gates, {1, 1, 1, 1}), doctest::Contains("MLPClassifier.fit: y holds 1 class"), ValueError);
    CHECK_THROWS_AS(classifier.fit(gates, {1, 0}), ShapeError);
    CHECK(classifier.coefs_.empty());
    MLPRegressor regressor({.hidden_layer_sizes = {2}, .max_iter = 1});
    CHECK_THROWS_AS(regressor.predict(gates), NotFittedError);
    CHECK_THROWS_AS(regressor.fit(gates, {0, std::nan(""), 1, 1}), ValueError);
    regressor.fit(gates, {0, 1, 2, 3});
    CHECK_THROWS_WITH_AS(regressor.predict({{1, 2, 3}, {1, 2, 3}}), doctest::Contains("X has 3 features; fit() was given 2"), ShapeError);
}

// Metrics of probabilities against scikit-learn's.
#include "tests/algorithms/metrics/arrays.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/metrics.hpp"

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/metrics/probability.hpp>

#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::array;
using tests::check_close;
using tests::matrix;
using tests::message_of;
namespace reference = xgrad::tests::reference::metrics;

TEST_CASE("log loss and Brier's: as scikit-learn") {
    const Array<std::int64_t> y = array(reference::ranked_y);
    const Array<double> p = array(reference::ranked_probabilities);
    Array<double> certain = p;
    for (double& x : certain) x = std::nearbyint(x);
    check_close(std::vector{log_loss(y, p), brier_score_loss(y, p), brier_score_loss(y, p, 0), log_loss(y, certain)},
                reference::ranked_losses);
    // Both columns, or the larger label's.
    Array<double> both = Array<double>::from_shape({p.size(), 2});
    for (std::size_t i = 0; i < p.size(); ++i) {
        both(i, 0) = 1 - p(i);
        both(i, 1) = p(i);
    }
    CHECK(log_loss(y, both) == doctest::Approx(log_loss(y, p)).epsilon(1e-14));

    const Array<std::int64_t> classes = array(reference::iris_y);
    const Array<double> P = matrix(reference::iris_probabilities, 3);
    const std::vector<std::size_t> first{0, 1, 2, 3, 4}; // of one class
    const auto few = algorithms::detail::take_rows(classes, first);
    const auto few_P = algorithms::detail::take_rows(P, first);
    check_close(std::vector{log_loss(classes, P), log_loss(few, few_P, {0, 2, 4})}, reference::iris_loss);
    CHECK(log_loss(few, few_P, {4, 0, 2}) == log_loss(few, few_P, {0, 2, 4}));
    CHECK(message_of<ValueError>([&] { log_loss(few, few_P); }) == "log_loss: y holds 1 label, and the probabilities are of 3 classes");
}

TEST_CASE("Brier's score: the positive label") {
    const Array<double> p{0.1, 0.2, 0.3};
    // As scikit-learn: the larger is positive, but 0 or -1 alone.
    CHECK(brier_score_loss({0, 0, 0}, p) == doctest::Approx(0.14 / 3).epsilon(1e-14));
    CHECK(brier_score_loss({-1, -1, -1}, p) == doctest::Approx(0.14 / 3).epsilon(1e-14));
    CHECK(brier_score_loss({1, 1, 1}, p) == doctest::Approx(1.94 / 3).epsilon(1e-14));
    CHECK(brier_score_loss({2, 2, 2}, p) == doctest::Approx(1.94 / 3).epsilon(1e-14));
    CHECK(brier_score_loss({3, 2, 2}, p) == brier_score_loss({1, 0, 0}, p));
    CHECK(brier_score_loss({0, -1, -1}, p) == brier_score_loss({1, 0, 0}, p));
}

TEST_CASE("metrics of probabilities: bad input") {
    constexpr double missing = std::numeric_limits<double>::quiet_NaN();
    const Array<std::int64_t> y{0, 1, 1}, none = Array<std::int64_t>::from_shape({0});
    CHECK_THROWS_AS(log_loss(y, {0.5, 0.5}), ShapeError);
    CHECK_THROWS_AS(log_loss(none, Array<double>::from_shape({0})), ShapeError);
    CHECK_THROWS_AS(log_loss(y, {0.5, missing, 0.5}), ValueError);
    CHECK(message_of<ValueError>([&] { log_loss(y, {0.5, 1.5, 0.5}); }) == "log_loss: a probability is 1.5");
    CHECK(message_of<ValueError>([&] { log_loss(y, {0.5, 1.00000001, 0.5}); }) == "log_loss: a probability is 1.00000001");
    CHECK(message_of<ValueError>([&] { log_loss(y, {{0.5, 0.5}, {0.3, 0.5}, {0.5, 0.5}}); }) ==
          "log_loss: the probabilities of sample 1 sum to 0.800000");
    CHECK(message_of<ValueError>([&] { log_loss(y, {0.5, 0.5, 0.5}, {0, 2}); }) == "log_loss: the label 1 is not among the labels given");
    CHECK_THROWS_AS(log_loss({1, 1, 1}, {0.5, 0.5, 0.5}), ValueError);
    CHECK_THROWS_AS(log_loss({0, 1, 2}, {0.5, 0.5, 0.5}), ValueError);
    CHECK_THROWS_AS(brier_score_loss(y, {0.5, 0.5}), ShapeError);
    CHECK_THROWS_AS(brier_score_loss(none, Array<double>::from_shape({0})), ShapeError);
    CHECK_THROWS_AS(brier_score_loss(y, {0.5, -0.1, 0.5}), ValueError);
    CHECK_THROWS_AS(brier_score_loss({0, 1, 2}, {0.5, 0.1, 0.5}), ValueError);
}

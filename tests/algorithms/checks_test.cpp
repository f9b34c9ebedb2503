// What every estimator checks of the arrays it is given, and the scores of regressors and classifiers.
#include "tests/message_of.hpp"

#include <xgrad/algorithms/checks.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <utility>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::message_of;

namespace {

const Location here = Location::current();
constexpr double missing = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();

/// Predicts the first feature.
struct FirstFeature : Regressor<FirstFeature> {
    Array<double> predict(const Array<double>& X, Location at = Location::current()) const {
        algorithms::detail::check_features("FirstFeature.predict", n_features_in_, X, at);
        Array<double> result = Array<double>::from_shape({X.shape(0)});
        for (std::size_t i = 0; i < result.size(); ++i) result(i) = X(i, 0);
        return result;
    }
    FirstFeature& fit(const Array<double>& X, const Array<double>& y, Location at = Location::current()) {
        algorithms::detail::check_targets("FirstFeature.fit", X, y, at);
        n_features_in_ = X.shape(1);
        return *this;
    }
};
static_assert(SupervisedEstimator<FirstFeature>);

} // namespace

TEST_CASE("samples are a matrix of finite numbers") {
    const auto check = [](const Array<double>& X, std::size_t fewest = 1) {
        return message_of<Error>([&] { algorithms::detail::check_samples("M.fit", X, here, fewest); });
    };
    algorithms::detail::check_samples("M.fit", {{1, 2}, {3, 4}}, here, 2);
    CHECK(check({1, 2}).starts_with("M.fit: X must have shape (samples, features), not (2)"));
    CHECK(check(Array<double>::from_shape({0, 2})).starts_with("M.fit: X has shape (0, 2); at least 1 sample and 1 feature are needed"));
    CHECK(check(Array<double>::from_shape({2, 0})).starts_with("M.fit: X has shape (2, 0)"));
    CHECK(check({{1, 2}}, 3).starts_with("M.fit: X has shape (1, 2); at least 3 samples and"));
    CHECK(check({{1, 2}, {missing, infinite}}).starts_with("M.fit: X[1, 0] is NaN"));
    CHECK(check({{1, -infinite}, {missing, 2}}).starts_with("M.fit: X[0, 1] is infinite"));
}

TEST_CASE("targets are as many as samples") {
    const auto check = [](const Array<double>& y) {
        return message_of<Error>([&] { algorithms::detail::check_targets("M.fit", {{1, 2}, {3, 4}}, y, here); });
    };
    algorithms::detail::check_targets("M.fit", {{1, 2}, {3, 4}}, {1, 2}, here);
    CHECK(check({1, 2, 3}).starts_with("M.fit: X has 2 samples, y 3"));
    CHECK(check({{1, 2}}).starts_with("M.fit: y must have shape (samples), not (1, 2)"));
    CHECK(check({1, missing}).starts_with("M.fit: y[1] is NaN"));
}

TEST_CASE("labels by their place among the classes") {
    const Array<double> X{{1, 0}, {2, 0}, {3, 0}, {4, 0}};
    const auto [classes, codes] = algorithms::detail::encode_labels("M.fit", X, {7, -2, 7, 3}, here);
    CHECK(classes == Array<std::int64_t>{-2, 3, 7});
    CHECK(codes == std::vector<std::size_t>{2, 0, 2, 1});
    CHECK_THROWS_WITH_AS(algorithms::detail::encode_labels("M.fit", X, {1, 1, 1, 1}, here),
                         doctest::Contains("M.fit: y holds 1 class; at least 2 are needed"), ValueError);
    CHECK_THROWS_AS(algorithms::detail::encode_labels("M.fit", X, {1, 2, 1}, here), ShapeError);
}

TEST_CASE("rows of matrices and elements of vectors") {
    CHECK(algorithms::detail::take_rows(Array<double>{{1, 2}, {3, 4}, {5, 6}}, {2, 0, 2}) == Array<double>{{5, 6}, {1, 2}, {5, 6}});
    CHECK(algorithms::detail::take_rows(Array<std::int64_t>{4, 5, 6}, {1, 1}) == Array<std::int64_t>{5, 5});
    CHECK(algorithms::detail::take_rows(Array<double>{{1, 2}}, {}).shape(0) == 0);
}

TEST_CASE("an estimator wants fit() before predict(), and the same features") {
    FirstFeature model;
    CHECK_THROWS_WITH_AS(model.predict({{1, 2}}), doctest::Contains("FirstFeature.predict: the estimator is not fitted; call fit() first"),
                         NotFittedError);
    model.fit({{1, 2}, {3, 4}}, {1, 2});
    CHECK(model.predict({{5, 6}}) == Array<double>{5});
    CHECK_THROWS_WITH_AS(model.predict(Array<double>::from_shape({1, 1})), doctest::Contains("X has 1 features; fit() was given 2"), ShapeError);
    // R^2 of 1, 3 for 2, 4 is 1 - 2 / 2.
    CHECK(model.score({{1, 0}, {3, 0}}, {2, 4}) == 0);
}

TEST_CASE("an estimator that was moved from is not fitted") {
    FirstFeature model, other;
    model.fit({{1, 2}, {3, 4}}, {1, 2});
    const FirstFeature moved = std::move(model);
    CHECK(moved.predict({{5, 6}}) == Array<double>{5});
    CHECK_THROWS_AS(model.predict({{5, 6}}), NotFittedError); // NOLINT: that is the question
    model = moved;
    other = std::move(model);
    CHECK(other.is_fitted());
    CHECK_FALSE(model.is_fitted());
}

TEST_CASE("labels are made from whole numbers only") {
    static_assert(std::convertible_to<Array<std::int64_t>, LabelArray> && std::convertible_to<Array<int>, LabelArray>);
    static_assert(!std::convertible_to<Array<double>, LabelArray> && !std::convertible_to<Array<float>, LabelArray>);
    static_assert(!std::convertible_to<double, LabelArray>);
    const LabelArray labels = Array<int>{3, -1, 2};
    CHECK(labels.size() == 3);
    CHECK(labels(1) == -1);
    const Array<double> X{{0, 0}, {0, 1}, {1, 0}};
    CHECK(algorithms::detail::encode_labels("M.fit", X, labels, here).codes == std::vector<std::size_t>{2, 0, 1});
}

// Scalers against scikit-learn's, whose formulas are the same: a few roundings apart.
#include "tests/message_of.hpp"
#include "tests/reference/preprocessing.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/preprocessing/scaling.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::message_of;
namespace reference = xgrad::tests::reference::preprocessing;

namespace {

constexpr std::size_t columns = 5;

Array<double> matrix(const std::vector<double>& numbers, std::size_t width = columns) {
    Array<double> result = Array<double>::from_shape({numbers.size() / width, width});
    std::copy(numbers.begin(), numbers.end(), result.begin());
    return result;
}

/// Equal to 15 digits, of 1 at least.
/// @param terms  for each column, the size of what was added to make it
void check_close(const Array<double>& a, const std::vector<double>& expected, const std::vector<double>& terms = {}) {
    REQUIRE(a.size() == expected.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        CAPTURE(i);
        const double size = 1 + std::abs(expected[i]) + (terms.empty() ? 0 : std::abs(terms[i % columns]));
        CHECK(std::abs(a.data()[i] - expected[i]) <= 1e-15 * size);
    }
}

template <class Scaler>
void check(Scaler scaler, const reference::Scaling& expected, const std::vector<Array<double> Scaler::*>& attributes,
           const std::vector<double>& terms = {}) {
    const Array<double> X = matrix(reference::small);
    const Array<double> transformed = scaler.fit_transform(X);
    check_close(transformed, expected.transformed, terms);
    check_close(scaler.transform(matrix(reference::later)), expected.later, terms);
    for (std::size_t i = 0; i < attributes.size(); ++i) check_close(scaler.*attributes[i], expected.learned[i]);
    CHECK(scaler.n_samples_seen_ == 4);
    CHECK(scaler.n_features_in_ == columns);
    check_close(scaler.inverse_transform(transformed), reference::small);
}

} // namespace

TEST_CASE("StandardScaler: as scikit-learn") {
    using S = StandardScaler;
    check(S(), reference::standard, {&S::mean_, &S::var_, &S::scale_});
    check(S({.with_mean = false}), reference::standard_without_mean, {&S::mean_, &S::var_, &S::scale_});
    check(S({.with_std = false}), reference::standard_without_std, {&S::mean_});
}

TEST_CASE("MinMaxScaler: as scikit-learn") {
    using S = MinMaxScaler;
    // scikit-learn computes x scale_ + min_, and loses digits where the two cancel: in the column of large numbers.
    check(S(), reference::min_max, {&S::data_min_, &S::data_max_, &S::data_range_, &S::scale_, &S::min_}, reference::min_max.learned[4]);
    check(S({.feature_range = {-2, 3}, .clip = true}), reference::min_max_range, {&S::scale_, &S::min_},
          reference::min_max_range.learned[1]);
    const Array<double> transformed = S().fit_transform(matrix(reference::small));
    CHECK(transformed(1, 4) == 1. / 3);
    CHECK(transformed(2, 4) == 1);
}

TEST_CASE("MaxAbsScaler: as scikit-learn") {
    check(MaxAbsScaler(), reference::max_abs, {&MaxAbsScaler::max_abs_, &MaxAbsScaler::scale_});
}

TEST_CASE("StandardScaler: data sets as scikit-learn") {
    const auto check_set = [](const Array<double>& X, const reference::Scaling& expected) {
        StandardScaler scaler;
        const Array<double> transformed = scaler.fit_transform(X);
        const std::size_t width = X.shape(1), last = X.size() - width;
        // Sums of hundreds of numbers, added in another order.
        for (std::size_t j = 0; j < width; ++j) {
            CHECK(scaler.mean_(j) == doctest::Approx(expected.learned[0][j]).epsilon(1e-13));
            CHECK(scaler.scale_(j) == doctest::Approx(expected.learned[1][j]).epsilon(1e-13));
            CHECK(std::abs(transformed.data()[j] - expected.transformed[j]) < 1e-13);
            CHECK(std::abs(transformed.data()[last + j] - expected.transformed[width + j]) < 1e-13);
        }
    };
    check_set(load_wine().X, reference::wine_scaled);
    check_set(load_breast_cancer().X, reference::breast_cancer_scaled);
}

TEST_CASE("StandardScaler: a mean that rounding makes inexact leaves a constant feature constant") {
    // 0.1 added up ten times is not 1: the deviations are not 0, and nothing may be divided by their root.
    Array<double> X = Array<double>::from_shape({10, 1});
    X.fill(0.1);
    StandardScaler scaler;
    const Array<double> transformed = scaler.fit_transform(X);
    CHECK(scaler.scale_(0) == 1);
    for (const double x : transformed) CHECK(std::abs(x) < 1e-15);
}

TEST_CASE("MeanNormalizer: (x - mean) / (max - min)") {
    MeanNormalizer scaler;
    // Means 3 and 5, ranges 4 and 0.
    const Array<double> X{{1, 5}, {3, 5}, {5, 5}, {3, 5}};
    CHECK(scaler.fit_transform(X) == Array<double>{{-0.5, 0}, {0, 0}, {0.5, 0}, {0, 0}});
    CHECK(scaler.mean_ == Array<double>{3, 5});
    CHECK(scaler.data_range_ == Array<double>{4, 0});
    CHECK(scaler.scale_ == Array<double>{4, 1});
    CHECK(scaler.transform({{7, 6}}) == Array<double>{{1, 1}});
    CHECK(scaler.inverse_transform({{1, 1}}) == Array<double>{{7, 6}});
    // The example of the notes: from 1 to 5 and from 0 to 2000, brought to between -1 and 1.
    const Array<double> notes = scaler.fit_transform({{1, 2000}, {5, 0}, {3, 1000}});
    CHECK(notes == Array<double>{{-0.5, 0.5}, {0.5, -0.5}, {0, 0}});
}

TEST_CASE("scalers share large arrays among threads") {
    Array<double> X = Array<double>::from_shape({5000, 7});
    for (std::size_t i = 0; i < X.size(); ++i) X.data()[i] = static_cast<double>((i * 7919) % 10007);
    const Array<double> transformed = MaxAbsScaler().fit_transform(X);
    Array<double> most = Array<double>::from_shape({7});
    most.fill(0);
    for (std::size_t i = 0; i < X.size(); ++i) most(i % 7) = std::max(most(i % 7), X.data()[i]);
    for (std::size_t i = 0; i < X.size(); ++i) REQUIRE(transformed.data()[i] == X.data()[i] / most(i % 7));
}

TEST_CASE_TEMPLATE("scalers: bad input", Scaler, StandardScaler, MinMaxScaler, MaxAbsScaler, MeanNormalizer) {
    constexpr double missing = std::numeric_limits<double>::quiet_NaN();
    Scaler scaler;
    CHECK_THROWS_AS(scaler.transform({{1, 2}}), NotFittedError);
    CHECK_THROWS_AS(scaler.inverse_transform({{1, 2}}), NotFittedError);
    scaler.fit({{1, 2}, {3, 5}});
    const Array<double> before = scaler.scale_;
    CHECK_THROWS_AS(scaler.fit({{1, missing}}), ValueError);
    CHECK_THROWS_AS(scaler.fit(Array<double>{1, 2}), ShapeError);
    CHECK_THROWS_AS(scaler.fit(Array<double>::from_shape({0, 2})), ShapeError);
    CHECK(scaler.scale_ == before);
    CHECK(scaler.n_features_in_ == 2);
    CHECK(message_of<ShapeError>([&] { scaler.transform({{1, 2, 3}}); }).ends_with(".transform: X has 3 features; fit() was given 2"));
    CHECK(message_of<ValueError>([&] { scaler.transform({{1, 2}, {missing, 3}}); }).ends_with(".transform: X[1, 0] is NaN"));
    CHECK_THROWS_AS(scaler.inverse_transform(Array<double>{{1, 2, 3}}), ShapeError);
}

TEST_CASE("scalers: numbers whose spread is no double") {
    const Array<double> X{{0, -1.5e308}, {1, 1.5e308}};
    CHECK(message_of<ValueError>([&] { StandardScaler().fit(X); }) ==
          "StandardScaler.fit: the variance of feature 1 is beyond the range of a double");
    CHECK(message_of<ValueError>([&] { MinMaxScaler().fit(X); }) ==
          "MinMaxScaler.fit: the range of feature 1 is beyond the range of a double");
    CHECK_THROWS_AS(MeanNormalizer().fit(X), ValueError);
    CHECK(MaxAbsScaler().fit_transform(X) == Array<double>{{0, -1}, {1, 1}});
}

TEST_CASE("MinMaxScaler: the range is that which fit() saw") {
    MinMaxScaler scaler({.clip = true});
    scaler.fit({{1, 10}, {3, 20}});
    scaler.options.feature_range = {100, 200};
    CHECK(scaler.transform({{2, 20}, {0, 10}}) == Array<double>{{0.5, 1}, {0, 0}});
    CHECK(scaler.inverse_transform({{0.5, 1}, {0, 0}}) == Array<double>{{2, 20}, {1, 10}});
}

TEST_CASE("scalers: what is below 10 epsilon counts as zero") {
    const Array<double> X{{1e-15, 3e-15}, {-1e-15, -3e-15}};
    CHECK(MaxAbsScaler().fit_transform(X) == Array<double>{{1e-15, 1}, {-1e-15, -1}});
}

TEST_CASE("MinMaxScaler: a range that is none") {
    MinMaxScaler scaler({.feature_range = {1, 1}});
    CHECK(message_of<ValueError>([&] { scaler.fit({{1, 2}, {2, 3}}); }) ==
          "MinMaxScaler.fit: feature_range is [1, 1]; the first must be below the second, both finite");
    scaler.options.feature_range = {0, std::numeric_limits<double>::infinity()};
    CHECK_THROWS_AS(scaler.fit({{1, 2}, {2, 3}}), ValueError);
    scaler.options.feature_range = {std::numeric_limits<double>::quiet_NaN(), 1};
    CHECK_THROWS_AS(scaler.fit({{1, 2}, {2, 3}}), ValueError);
}

// Products of features against scikit-learn's: the same factors, multiplied in the same order, to the last bit.
#include "tests/message_of.hpp"
#include "tests/reference/preprocessing.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/linear_model/linear_regression.hpp>
#include <xgrad/algorithms/pipeline.hpp>
#include <xgrad/algorithms/preprocessing/polynomial_features.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::message_of;
namespace reference = xgrad::tests::reference::preprocessing;

TEST_CASE("PolynomialFeatures: as scikit-learn") {
    Array<double> X = Array<double>::from_shape({3, 3});
    std::copy(reference::points.begin(), reference::points.end(), X.begin());
    for (const reference::Polynomial& expected : reference::polynomials) {
        CAPTURE(expected.degree);
        PolynomialFeatures features(
            {.degree = expected.degree, .interaction_only = expected.interaction_only, .include_bias = expected.include_bias});
        const Array<double> transformed = features.fit_transform(X);
        CHECK(features.n_features_in_ == 3);
        CHECK(features.n_output_features_ == expected.names.size());
        REQUIRE(transformed.shape(1) == expected.names.size());
        CHECK(std::equal(transformed.begin(), transformed.end(), expected.transformed.begin(), expected.transformed.end()));
        const Array<std::int64_t> powers = features.powers();
        CHECK(powers.shape(1) == 3);
        CHECK(std::equal(powers.begin(), powers.end(), expected.powers.begin(), expected.powers.end()));
        CHECK(features.get_feature_names_out() == expected.names);
    }
}

TEST_CASE("PolynomialFeatures: names of one's own") {
    PolynomialFeatures features({.include_bias = false});
    features.fit({{1, 2}});
    CHECK(features.get_feature_names_out({"length", "width"}) ==
          std::vector<std::string>{"length", "width", "length^2", "length width", "width^2"});
    CHECK(message_of<ShapeError>([&] { features.get_feature_names_out({"length"}); }) ==
          "PolynomialFeatures.get_feature_names_out: 1 names for 2 features");
}

TEST_CASE("PolynomialFeatures: many samples, shared among threads") {
    Array<double> X = Array<double>::from_shape({6000, 4});
    for (std::size_t i = 0; i < X.size(); ++i) X.data()[i] = static_cast<double>(i % 101) / 7;
    PolynomialFeatures features({.degree = 3});
    const Array<double> transformed = features.fit_transform(X);
    REQUIRE(features.n_output_features_ == 35); // (4 + 3) over 3
    const Array<std::int64_t> powers = features.powers();
    for (std::size_t i = 0; i < X.shape(0); i += 59) {
        for (std::size_t column = 0; column < 35; ++column) {
            double product = 1;
            for (std::size_t j = 0; j < 4; ++j) {
                for (std::int64_t k = 0; k < powers(column, j); ++k) product *= X(i, j);
            }
            REQUIRE(transformed(i, column) == doctest::Approx(product).epsilon(1e-15));
        }
    }
}

TEST_CASE("PolynomialFeatures: of many features") {
    // The powers of these products would fill 10^13 bytes.
    PolynomialFeatures features;
    features.fit(Array<double>::from_shape({1, 5000}) = xt::ones<double>({1, 5000}));
    CHECK(features.n_output_features_ == 5001 * 5002 / 2);
}

TEST_CASE("PolynomialFeatures: bad input") {
    PolynomialFeatures features;
    CHECK_THROWS_AS(features.transform({{1, 2}}), NotFittedError);
    CHECK_THROWS_AS(features.get_feature_names_out(), NotFittedError);
    CHECK_THROWS_AS(features.powers(), NotFittedError);
    features.fit({{1, 2}});
    CHECK_THROWS_AS(features.transform({{1, 2, 3}}), ShapeError);
    features.options.degree = -1;
    CHECK(message_of<ValueError>([&] { features.fit({{1, 2}}); }) == "PolynomialFeatures.fit: degree is -1");
    features.options = {.degree = 0, .include_bias = false};
    CHECK_THROWS_WITH_AS(features.fit({{1, 2}}), doctest::Contains("that leaves no column"), ValueError);
    features.options = {.degree = 20};
    CHECK_THROWS_WITH_AS(features.fit(Array<double>::from_shape({2, 100}) = xt::zeros<double>({2, 100})),
                         doctest::Contains("degree 20 of 100 features makes more than 16777216 columns"), ValueError);
    // What the first fit() learned is still there.
    CHECK(features.transform({{3, 2}}) == Array<double>{{1, 3, 2, 9, 6, 4}});
    features.options = {.degree = 1000000, .interaction_only = true};
    CHECK(features.fit({{1, 2, 3}}).n_output_features_ == 8);
}

TEST_CASE("polynomial regression: a polynomial is found again, its interaction too") {
    // y = 1 + 2 a - b + a^2 / 2 + 3 a b, at the points of a grid.
    Array<double> X = Array<double>::from_shape({16, 2}), y = Array<double>::from_shape({16});
    for (std::size_t i = 0; i < 16; ++i) {
        const double a = X(i, 0) = static_cast<double>(i / 4) - 1, b = X(i, 1) = static_cast<double>(i % 4) - 2;
        y(i) = 1 + 2 * a - b + a * a / 2 + 3 * a * b;
    }
    Pipeline model{PolynomialFeatures({.degree = 2, .include_bias = false}), LinearRegression()};
    model.fit(X, y);
    const auto& line = model.get<LinearRegression>();
    const double expected[] = {2, -1, 0.5, 3, 0}; // a, b, a^2, a b, b^2
    REQUIRE(line.coef_.size() == 5);
    for (std::size_t j = 0; j < 5; ++j) CHECK(std::abs(line.coef_(j) - expected[j]) < 1e-12);
    CHECK(std::abs(line.intercept_ - 1) < 1e-12);
    CHECK(std::abs(model.predict({{10, 20}})(0) - 651) < 1e-9);
}

TEST_CASE("polynomial regression: iris as scikit-learn") {
    const ClassificationData iris = load_iris();
    Array<double> X = Array<double>::from_shape({150, 2}), y = Array<double>::from_shape({150});
    for (std::size_t i = 0; i < 150; ++i) {
        X(i, 0) = iris.X(i, 0);
        X(i, 1) = iris.X(i, 1);
        y(i) = iris.X(i, 3);
    }
    Pipeline model{PolynomialFeatures({.degree = 3, .include_bias = false}), LinearRegression()};
    model.fit(X, y);
    const auto& line = model.get<LinearRegression>();
    const std::vector<double>& expected = reference::polynomial_regression; // the intercept, the coefficients, R^2
    REQUIRE(expected.size() == line.coef_.size() + 2);
    // Powers of a length are nearly collinear: the coefficients have some eight digits in either library.
    CHECK(std::abs(line.intercept_ - expected.front()) < 1e-6 * std::abs(expected.front()));
    for (std::size_t j = 0; j < line.coef_.size(); ++j) CHECK(std::abs(line.coef_(j) - expected[j + 1]) < 1e-6 * std::abs(expected[j + 1]));
    CHECK(std::abs(model.score(X, y) - expected.back()) < 1e-12);
}

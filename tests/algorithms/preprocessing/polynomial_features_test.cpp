// Products of features against scikit-learn's: the same factors, multiplied in the same order, to the last bit.
#include "tests/message_of.hpp"
#include "tests/reference/preprocessing.hpp"

#include <xgrad/algorithms/preprocessing/polynomial_features.hpp>

#include <doctest/doctest.h>

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

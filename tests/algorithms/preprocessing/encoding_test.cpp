// Encoders against scikit-learn's, exactly.
#include "tests/message_of.hpp"
#include "tests/reference/preprocessing.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/preprocessing/encoding.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::message_of;
namespace reference = xgrad::tests::reference::preprocessing;

namespace {

using Texts = std::vector<std::string>;

const Array<double> categories{{3, -1}, {1, 0.5}, {3, 7}, {2, -1}};
const Array<double> unknown{{1, 7}, {4, -1}, {3, 2}};

bool equals(const Array<double>& a, const std::vector<double>& expected) {
    return std::equal(a.begin(), a.end(), expected.begin(), expected.end());
}

} // namespace

TEST_CASE("OneHotEncoder: as scikit-learn") {
    OneHotEncoder encoder;
    const Array<double> encoded = encoder.fit_transform(categories);
    CHECK(encoded.shape(1) == 6);
    CHECK(equals(encoded, reference::one_hot));
    REQUIRE(encoder.categories_.size() == 2);
    CHECK(encoder.categories_[0] == Array<double>{1, 2, 3});
    CHECK(encoder.categories_[1] == Array<double>{-1, 0.5, 7});
    CHECK(encoder.inverse_transform(encoded) == categories);
    CHECK(encoder.get_feature_names_out() == Texts{"x0_1", "x0_2", "x0_3", "x1_-1", "x1_0.5", "x1_7"});
    CHECK(encoder.get_feature_names_out({"a", "b"}).back() == "b_7");
    CHECK_THROWS_AS(encoder.get_feature_names_out({"a"}), ShapeError);
}

TEST_CASE("OneHotEncoder: unknown categories") {
    OneHotEncoder encoder;
    encoder.fit(categories);
    CHECK(message_of<ValueError>([&] { encoder.transform(unknown); }) ==
          "OneHotEncoder.transform: X[1, 0] is 4, a category that fit() was not given");
    encoder.options.handle_unknown = UnknownCategory::ignore;
    const Array<double> encoded = encoder.transform(unknown);
    CHECK(equals(encoded, reference::one_hot_unknown));
    const Array<double> decoded = encoder.inverse_transform(encoded);
    CHECK(decoded(0, 0) == 1);
    CHECK(std::isnan(decoded(1, 0)));
    CHECK(decoded(1, 1) == -1);
    CHECK(std::isnan(decoded(2, 1)));
    encoder.options.handle_unknown = UnknownCategory::error;
    CHECK(message_of<ValueError>([&] { encoder.inverse_transform(encoded); }) ==
          "OneHotEncoder.inverse_transform: row 1 has no category of feature 0");
}

TEST_CASE("OneHotEncoder: vectors of labels") {
    OneHotEncoder encoder;
    CHECK(encoder.fit_transform(Array<std::int64_t>{3, 1, 3}) == Array<double>{{0, 1}, {1, 0}, {0, 1}});
    // Of probabilities the largest counts.
    const Array<double> decoded = encoder.inverse_transform({{0.9, 0.1}, {0.2, 0.8}});
    CHECK(equals(decoded, {1, 3}));
    CHECK(decoded.dimension() == 2);
    const Array<double> iris = encoder.fit_transform(load_iris().y);
    CHECK(iris.shape(1) == 3);
    CHECK(iris(0, 0) == 1);
    CHECK(iris(149, 2) == 1);
    CHECK(xt::sum(iris)() == 150);
}

TEST_CASE("OneHotEncoder: labels that share a double") {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max(), two_53 = std::int64_t{1} << 53;
    OneHotEncoder encoder;
    CHECK(message_of<ValueError>([&] { encoder.fit(Array<std::int64_t>{3, most, most - 1, -most}); }) ==
          "OneHotEncoder.fit: X[1, 0] is 9.223372036854776e+18; whole numbers are told apart below 2^53 only");
    CHECK_THROWS_AS(encoder.fit(Array<std::int64_t>{two_53, two_53 + 1}), ValueError);
    CHECK_THROWS_AS(encoder.fit(Array<std::int64_t>{-two_53}), ValueError);
    CHECK(encoder.fit_transform(Array<std::int64_t>{two_53 - 1, two_53 - 2, 1 - two_53}).shape(1) == 3);
}

TEST_CASE("OneHotEncoder: bad input") {
    OneHotEncoder encoder;
    CHECK_THROWS_AS(encoder.transform(categories), NotFittedError);
    CHECK_THROWS_AS(encoder.inverse_transform(categories), NotFittedError);
    CHECK_THROWS_AS(encoder.get_feature_names_out(), NotFittedError);
    CHECK_THROWS_AS(encoder.fit({{1, std::numeric_limits<double>::quiet_NaN()}}), ValueError);
    CHECK_THROWS_AS(encoder.fit(Array<double>::from_shape({0})), ShapeError);
    encoder.fit(categories);
    CHECK_THROWS_AS(encoder.transform({{1, 7, 1}}), ShapeError);
    CHECK_THROWS_AS(encoder.transform(Array<double>{1, 2, 3}), ShapeError);
    CHECK(message_of<ShapeError>([&] { encoder.inverse_transform(categories); }) ==
          "OneHotEncoder.inverse_transform: X has 2 columns; there are 6 categories");
}

TEST_CASE("LabelEncoder: texts") {
    LabelEncoder encoder;
    CHECK(encoder.fit_transform({"virginica", "setosa", "virginica", "versicolor"}) == Array<std::int64_t>{2, 0, 2, 1});
    CHECK(encoder.classes_ == Texts{"setosa", "versicolor", "virginica"});
    CHECK(encoder.inverse_transform({1, 1, 0}) == Texts{"versicolor", "versicolor", "setosa"});
    CHECK(message_of<ValueError>([&] { encoder.transform({"setosa", "rosa"}); }) ==
          "LabelEncoder.transform: y[1] is rosa, a label that fit() was not given");
    CHECK(message_of<ValueError>([&] { encoder.inverse_transform({0, 3}); }) ==
          "LabelEncoder.inverse_transform: y[1] is 3; there are 3 classes");
    CHECK_THROWS_AS(encoder.inverse_transform({-1}), ValueError);
    CHECK_THROWS_AS(encoder.fit(Texts()), ShapeError);
    CHECK(encoder.classes_.size() == 3);
}

TEST_CASE("LabelEncoder: whole numbers") {
    LabelEncoder<std::int64_t> encoder;
    CHECK_THROWS_AS(encoder.transform({1}), NotFittedError);
    CHECK_THROWS_AS(encoder.inverse_transform({1}), NotFittedError);
    CHECK(encoder.fit_transform({40, -7, 40, 12}) == Array<std::int64_t>{2, 0, 2, 1});
    CHECK(encoder.classes_ == std::vector<std::int64_t>{-7, 12, 40});
    CHECK(encoder.inverse_transform({2, 0}) == Array<std::int64_t>{40, -7});
    CHECK_THROWS_AS(encoder.transform({41}), ValueError);
    CHECK_THROWS_AS(encoder.fit(Array<std::int64_t>{{1, 2}}), ShapeError);
    CHECK_THROWS_AS(encoder.fit(Array<std::int64_t>::from_shape({0})), ShapeError);
}

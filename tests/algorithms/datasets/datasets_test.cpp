// The data sets that come with the library, against those of scikit-learn.
#include "tests/reference/datasets.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>

using namespace xgrad;
using namespace xgrad::algorithms;
namespace reference = xgrad::tests::reference::datasets;

namespace {

template <class T>
std::uint64_t hash(const Array<T>& numbers) {
    std::uint64_t result = 0xcbf29ce484222325;
    for (const T number : numbers) result = (result ^ std::bit_cast<std::uint64_t>(static_cast<double>(number))) * 0x100000001b3;
    return result;
}

template <class Data>
void check(const Data& data, const reference::Dataset& expected) {
    REQUIRE(data.X.dimension() == 2);
    REQUIRE(data.y.dimension() == 1);
    REQUIRE(data.X.shape(0) == expected.samples);
    REQUIRE(data.X.shape(1) == expected.features);
    REQUIRE(data.y.shape(0) == expected.samples);
    CHECK(data.feature_names == expected.feature_names);
    for (std::size_t i = 0; i < expected.rows.size(); ++i) {
        const std::size_t row = expected.rows[i];
        CHECK(static_cast<double>(data.y(row)) == expected.targets[i]);
        for (std::size_t j = 0; j < expected.features; ++j) CHECK(data.X(row, j) == expected.values[i * expected.features + j]);
    }
    // Each bit of each number, in order.
    CHECK(hash(data.X) == expected.hash_X);
    CHECK(hash(data.y) == expected.hash_y);
}

} // namespace

TEST_CASE("data sets: scikit-learn's numbers, in its order") {
    check(load_iris(), reference::iris);
    check(load_digits(), reference::digits);
    check(load_wine(), reference::wine);
    check(load_breast_cancer(), reference::breast_cancer);
    check(load_diabetes(), reference::diabetes);
}

TEST_CASE("data sets: the classes have names") {
    CHECK(load_iris().target_names == std::vector<std::string>{"setosa", "versicolor", "virginica"});
    const std::vector<std::string> digits = load_digits().target_names;
    CHECK(digits.size() == 10);
    CHECK(digits[7] == "7");
    CHECK(load_wine().target_names == std::vector<std::string>{"class_0", "class_1", "class_2"});
    // Malignant are 212 of the 569 tumours by the UCI repository's description; class 0 is theirs.
    const ClassificationData tumours = load_breast_cancer();
    CHECK(tumours.target_names == std::vector<std::string>{"malignant", "benign"});
    CHECK(std::count(tumours.y.begin(), tumours.y.end(), 0) == 212);
    CHECK(load_diabetes().target_names == std::vector<std::string>{"progression"});
}

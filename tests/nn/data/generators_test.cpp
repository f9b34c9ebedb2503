#include "tests/message_of.hpp"
#include "tests/reference/generators.hpp"

#include <xgrad/nn/data/generators.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

using namespace xgrad;
using namespace xgrad::nn;
namespace reference = tests::reference;

namespace {

template <class T>
void check_points(const Dataset<T, std::int64_t>& data, const std::vector<double>& points, const std::vector<int>& labels,
                  double tolerance) {
    REQUIRE(data.feature_tensor().shape() == Shape{labels.size(), 2});
    CHECK(std::equal(labels.begin(), labels.end(), data.target_tensor().begin(), data.target_tensor().end()));
    for (std::size_t i = 0; i < points.size(); ++i) {
        CHECK(std::abs(static_cast<double>(data.feature_tensor().data()[i]) - points[i]) < tolerance);
    }
}

template <class T>
std::map<std::int64_t, int> counts_of(const Dataset<T, std::int64_t>& data) {
    std::map<std::int64_t, int> counts;
    for (const std::int64_t label : data.targets()) ++counts[label];
    return counts;
}

using Counts = std::map<std::int64_t, int>;

} // namespace

TEST_CASE("moons and circles are scikit-learn's") {
    check_points(make_moons<double>(9, {.shuffle = false}), reference::moons, reference::moons_labels, 1e-15);
    check_points(make_moons(9, {.shuffle = false}), reference::moons, reference::moons_labels, 1e-6);
    check_points(make_circles<double>(9, {.factor = 0.3, .shuffle = false}), reference::circles, reference::circles_labels, 1e-15);
}

TEST_CASE("moons with noise scatter about the moons") {
    Generator generator(1);
    const std::size_t n = 20000;
    const double noise = 0.1;
    const auto exact = make_moons<double>(n, {.shuffle = false});
    const auto noisy = make_moons<double>(n, {.noise = noise, .shuffle = false}, generator);
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < 2 * n; ++i) {
        const double d = noisy.feature_tensor().data()[i] - exact.feature_tensor().data()[i];
        sum += d;
        square += d * d;
    }
    // Five standard errors.
    const double count = 2.0 * n;
    CHECK(std::abs(sum / count) < 5 * noise / std::sqrt(count));
    CHECK(std::abs(square / count - noise * noise) < 5 * noise * noise * std::sqrt(2 / count));
}

TEST_CASE("generated data are shuffled, with their labels") {
    Generator one(2), same(2);
    const auto data = make_circles<double>(101, {.factor = 0.5}, one);
    CHECK(counts_of(data) == Counts{{0, 50}, {1, 51}});
    for (std::size_t i = 0; i < data.size(); ++i) {
        const auto x = data.features();
        CHECK(std::hypot(x(i, 0), x(i, 1)) == doctest::Approx(data.targets()(i) == 0 ? 1 : 0.5));
    }
    CHECK_FALSE(std::is_sorted(data.target_tensor().begin(), data.target_tensor().end()));
    CHECK(make_circles<double>(101, {.factor = 0.5}, same).features() == data.features());
    CHECK_FALSE(make_circles<double>(101, {.factor = 0.5}, same).features() == data.features());
}

TEST_CASE("blobs are normal about their centers") {
    Generator generator(3);
    const auto data = make_blobs<double>(30001, {.at = {{0, 5, 1}, {-3, 2, 0}, {7, 7, 7}}, .standard_deviation = 0.5}, generator);
    CHECK(data.feature_tensor().shape() == Shape{30001, 3});
    CHECK(counts_of(data) == Counts{{0, 10001}, {1, 10000}, {2, 10000}});
    double sum = 0, square = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
        if (data.targets()(i) != 1) continue;
        sum += data.features()(i, 1);
        square += std::pow(data.features()(i, 1) - 2, 2);
    }
    CHECK(std::abs(sum / 10000 - 2) < 5 * 0.5 / 100);
    CHECK(std::abs(square / 10000 - 0.25) < 5 * 0.25 * std::sqrt(2.0 / 10000));

    const auto anywhere = make_blobs(
        40, {.features = 5, .centers = 4, .standard_deviation = 0, .low = 2, .high = 3, .shuffle = false}, generator);
    CHECK(anywhere.feature_tensor().shape() == Shape{40, 5});
    for (const float coordinate : anywhere.features()) CHECK_UNARY(coordinate >= 2 && coordinate <= 3);
    CHECK(anywhere.features()(0, 0) == anywhere.features()(9, 0)); // of one blob
    CHECK(anywhere.features()(0, 0) != anywhere.features()(10, 0));
}

TEST_CASE("spirals wind about the origin") {
    const auto data = make_spirals<double>(7, {.arms = 2, .turns = 0.5, .shuffle = false});
    CHECK(counts_of(data) == Counts{{0, 4}, {1, 3}});
    const auto x = data.features();
    CHECK(x(0, 0) == 0);
    CHECK(x(0, 1) == 0);
    CHECK(x(3, 0) == doctest::Approx(-1)); // half a turn
    CHECK(x(3, 1) == doctest::Approx(0));
    CHECK(x(1, 0) == doctest::Approx(std::cos(std::numbers::pi / 3) / 3));
    CHECK(x(1, 1) == doctest::Approx(std::sin(std::numbers::pi / 3) / 3));
    CHECK(x(6, 0) == doctest::Approx(1)); // the other one ends on the other side
    CHECK(x(5, 1) == doctest::Approx(-0.5));
    CHECK(counts_of(make_spirals(10, {.arms = 3, .noise = 0.1})) == Counts{{0, 4}, {1, 3}, {2, 3}});
}

TEST_CASE("linear and polynomial data follow their formulas") {
    Generator generator(4);
    const auto line = make_linear<double>(50, {.weights = {2, -3}, .bias = 0.5}, generator);
    CHECK(line.feature_tensor().shape() == Shape{50, 2});
    CHECK(line.target_tensor().shape() == Shape{50});
    for (std::size_t i = 0; i < 50; ++i) {
        CHECK(line.targets()(i) == doctest::Approx(2 * line.features()(i, 0) - 3 * line.features()(i, 1) + 0.5));
    }
    const auto curve = make_polynomial<double>(50, {.coefficients = {1, 0, -2, 4}, .low = 3, .high = 4}, generator);
    CHECK(curve.feature_tensor().shape() == Shape{50, 1});
    for (std::size_t i = 0; i < 50; ++i) {
        const double x = curve.features()(i, 0);
        CHECK_UNARY(x >= 3 && x < 4);
        CHECK(curve.targets()(i) == doctest::Approx(1 - 2 * x * x + 4 * x * x * x));
    }
    const std::size_t n = 20000;
    const auto noisy = make_polynomial<double>(n, {.coefficients = {}, .noise = 2}, generator);
    double square = 0;
    for (const double y : noisy.targets()) square += y * y;
    CHECK(std::abs(square / n - 4) < 5 * 4 * std::sqrt(2.0 / n));
    CHECK(make_linear(3, {.noise = 1}).size() == 3);
}

TEST_CASE("data of no or one example can be generated") {
    for (const std::size_t n : {0, 1}) {
        CHECK(make_blobs(n).size() == n);
        CHECK(make_moons(n, {.noise = 1}).size() == n);
        CHECK(make_circles(n).size() == n);
        CHECK(make_spirals(n).size() == n);
        CHECK(make_linear(n).size() == n);
        CHECK(make_polynomial(n).size() == n);
    }
}

TEST_CASE("generators refuse options without sense") {
    const auto error = [](const auto& f) { return tests::message_of<ValueError>(f); };
    CHECK(error([] { make_moons(4, {.noise = -1}); }) == "make_moons: .noise = -1.000000 is no standard deviation");
    CHECK(error([] { make_linear(4, {.noise = INFINITY}); }) == "make_linear: .noise = inf is no standard deviation");
    CHECK(error([] { make_circles(4, {.factor = 1}); }) == "make_circles: .factor = 1.000000 is not in [0, 1)");
    CHECK(error([] { make_circles(4, {.factor = std::nan("")}); }) == "make_circles: .factor = nan is not in [0, 1)");
    CHECK(error([] { make_spirals(4, {.arms = 0}); }) == "make_spirals: .arms = 0");
    CHECK(error([] { make_linear(4, {.weights = {}}); }) == "make_linear: there are no weights");
    CHECK(error([] { make_polynomial(4, {.low = 1}); }) == "make_polynomial: .low is not below .high");
    CHECK(error([] { make_blobs(4, {.centers = 0}); }) == "make_blobs: there are no centers, or they have no coordinates");
    CHECK(error([] { make_blobs(4, {.features = 0}); }) == "make_blobs: there are no centers, or they have no coordinates");
    CHECK(error([] { make_blobs(4, {.at = {{1, 2}, {3}}}); }) == "make_blobs: the centers have different numbers of coordinates");
    CHECK(error([] { make_blobs(4, {.low = 3, .high = 3}); }) == "make_blobs: .low is not below .high");
    CHECK_THROWS_AS(make_moons(std::size_t{1} << 50), ShapeError);
}

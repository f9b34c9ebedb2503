// Metrics of clusters against scikit-learn's.
#include "tests/algorithms/metrics/arrays.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/metrics.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/metrics/clustering.hpp>

#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::array;
using tests::check_close;
using tests::message_of;
namespace reference = xgrad::tests::reference::metrics;

namespace {

using Integers = Array<std::int64_t>;

/// The definition, distance by distance.
double silhouette(const Array<double>& X, const Integers& y, std::size_t i, std::int64_t clusters) {
    std::vector<double> sums(static_cast<std::size_t>(clusters)), sizes(sums.size());
    for (std::size_t j = 0; j < y.size(); ++j) {
        double square = 0;
        for (std::size_t k = 0; k < X.shape(1); ++k) square += (X(i, k) - X(j, k)) * (X(i, k) - X(j, k));
        sums[static_cast<std::size_t>(y(j))] += std::sqrt(square);
        ++sizes[static_cast<std::size_t>(y(j))];
    }
    double inside = 0, nearest = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < sums.size(); ++k) {
        if (static_cast<std::int64_t>(k) == y(i)) {
            inside = sums[k] / (sizes[k] - 1);
        } else {
            nearest = std::min(nearest, sums[k] / sizes[k]);
        }
    }
    return (nearest - inside) / std::max(inside, nearest);
}

} // namespace

TEST_CASE("silhouettes: as scikit-learn") {
    const ClassificationData iris = load_iris(), tumours = load_breast_cancer();
    const Integers clusters = array(reference::iris_clusters);
    // scikit-learn's distances, |x|^2 + |y|^2 - 2 x.y without more, are off by some 1e-8 between samples that are close or equal; in
    // the means over a cluster 1e-9 is left, or less.
    check_close(silhouette_samples(iris.X, clusters), reference::iris_silhouettes, 1e-9);
    check_close(std::vector{silhouette_score(iris.X, clusters), silhouette_score(iris.X, iris.y), silhouette_score(tumours.X, tumours.y)},
                reference::silhouette_scores, 1e-9);
}

TEST_CASE("silhouettes: the definition") {
    // More samples than distances are computed at a time, of clusters that begin anywhere; digits are whole numbers, many of them equal.
    ClassificationData digits = load_digits();
    const Array<double> s = silhouette_samples(digits.X, digits.y);
    for (std::size_t i = 0; i < digits.y.size(); i += 199) {
        CAPTURE(i);
        CHECK(std::abs(s(i) - silhouette(digits.X, digits.y, i, 10)) < 1e-13);
    }
    // Far from the origin, as near it.
    const ClassificationData iris = load_iris();
    Array<double> far = iris.X;
    for (double& x : far) x += 0x1p20;
    const Array<double> moved = silhouette_samples(far, iris.y);
    for (std::size_t i = 0; i < 150; i += 7) CHECK(std::abs(moved(i) - silhouette(far, iris.y, i, 3)) < 1e-9);
}

TEST_CASE("silhouettes: by hand") {
    // One sample alone has 0. For 0 and 1, a = 1, b = 10 and 9.
    check_close(silhouette_samples({{0, 0}, {1, 0}, {10, 0}}, {5, 5, -2}), {0.9, 8. / 9, 0});
    // All equal: neither near nor far.
    CHECK(silhouette_samples({{1, 2}, {1, 2}, {1, 2}}, {0, 0, 1}) == Array<double>{0, 0, 0});
    CHECK(silhouette_score({{0, 0}, {0, 0}, {3, 4}, {3, 4}}, {0, 0, 1, 1}) == 1);
}

TEST_CASE("Rand index: as scikit-learn") {
    const Integers y = load_iris().y, clusters = array(reference::iris_clusters);
    check_close(std::vector{rand_score(y, clusters), adjusted_rand_score(y, clusters)}, reference::rand_scores);
    const Integers a = array(reference::partition_a), b = array(reference::partition_b);
    check_close(std::vector{rand_score(a, b), adjusted_rand_score(a, b)}, reference::partition_scores);
    CHECK(adjusted_rand_score(b, a) == adjusted_rand_score(a, b));
}

TEST_CASE("Rand index: by hand") {
    CHECK(adjusted_rand_score({0, 0, 1, 1}, {7, 7, -1, -1}) == 1);
    CHECK(rand_score({0, 0, 1, 1}, {7, 7, -1, -1}) == 1);
    // Of six pairs, one is apart only in the one, one only in the other, none together in both: 4 of 6.
    CHECK(rand_score({0, 0, 1, 2}, {0, 1, 2, 2}) == 4. / 6);
    CHECK(adjusted_rand_score({0, 0, 1, 1}, {0, 1, 0, 1}) == -0.5);
    CHECK(adjusted_rand_score({0, 0, 0, 0}, {0, 1, 2, 3}) == 0);
    CHECK(adjusted_rand_score({3}, {4}) == 1);
}

TEST_CASE("silhouette: squared distances that are no doubles") {
    const auto at_scale = [](double a) { return Array<double>{{0, a}, {0, 2 * a}, {-4 * a, 0}, {-5 * a, 0}}; };
    for (const double a : {1e200, 3e307}) {
        CHECK(message_of<ValueError>([&] { silhouette_samples(at_scale(a), {0, 0, 1, 1}); }) ==
              "silhouette_samples: the squared distances of X are beyond the range of a double");
        CHECK(message_of<ValueError>([&] { silhouette_score(at_scale(a), {0, 0, 1, 1}); }) ==
              "silhouette_score: the squared distances of X are beyond the range of a double");
    }
    CHECK(silhouette_score(at_scale(1e150), {0, 0, 1, 1}) == doctest::Approx(silhouette_score(at_scale(1), {0, 0, 1, 1})).epsilon(1e-14));
}

TEST_CASE("metrics of clusters: bad input") {
    const Array<double> X{{0, 0}, {1, 0}, {10, 0}};
    CHECK(message_of<ValueError>([&] { silhouette_score(X, {1, 1, 1}); }) == "silhouette_score: y holds 1 class; at least 2 are needed");
    CHECK(message_of<ValueError>([&] { silhouette_samples(X, {1, 2, 3}); }) ==
          "silhouette_samples: each of the 3 samples is a cluster by itself");
    CHECK_THROWS_AS(silhouette_score(X, {1, 2}), ShapeError);
    CHECK_THROWS_AS(silhouette_score({{0, 0}, {1, std::numeric_limits<double>::quiet_NaN()}, {2, 2}}, {0, 0, 1}), ValueError);
    CHECK_THROWS_AS(silhouette_score(Array<double>::from_shape({0, 2}), Integers::from_shape({0})), ShapeError);
    CHECK_THROWS_AS(rand_score({0, 1}, {0, 1, 1}), ShapeError);
    CHECK_THROWS_AS(adjusted_rand_score(Array<std::int64_t>{{0, 1}, {1, 0}}, Array<std::int64_t>{{0, 1}, {1, 0}}), ShapeError);
    CHECK_THROWS_AS(adjusted_rand_score(Integers::from_shape({0}), Integers::from_shape({0})), ShapeError);
}

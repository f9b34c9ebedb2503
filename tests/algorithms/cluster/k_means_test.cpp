#include "tests/algorithms/distance.hpp"
#include "tests/message_of.hpp"
#include "tests/num_threads.hpp"
#include "tests/reference/cluster.hpp"

#include <xgrad/algorithms/cluster/k_means.hpp>
#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/ops/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

using namespace xgrad;
using namespace xgrad::algorithms;
using doctest::Approx;
using tests::distance;
using tests::message_of;
namespace reference = xgrad::tests::reference::cluster;

namespace {

Array<double> rows(const Array<double>& X, const std::vector<std::size_t>& numbers) {
    const std::size_t columns = X.shape(1);
    Array<double> result = Array<double>::from_shape({numbers.size(), columns});
    for (std::size_t i = 0; i < numbers.size(); ++i) std::copy_n(X.data() + numbers[i] * columns, columns, result.data() + i * columns);
    return result;
}

Array<double> column(const std::vector<double>& numbers) {
    Array<double> result = Array<double>::from_shape({numbers.size(), 1});
    std::copy(numbers.begin(), numbers.end(), result.begin());
    return result;
}

/// A digit for each label.
std::string text(const Array<std::int64_t>& labels) {
    std::string result;
    for (const std::int64_t label : labels) result += std::to_string(label);
    return result;
}

/// Fits, and compares with what scikit-learn comes to from the same start.
void check(const reference::KMeansCase& expected, const Array<double>& X, KMeansOptions options = {}) {
    Array<double> init = Array<double>::from_shape({expected.init.size() / X.shape(1), X.shape(1)});
    std::copy(expected.init.begin(), expected.init.end(), init.begin());
    options.n_clusters = init.shape(0);
    options.init = init;
    KMeans model(options);
    model.fit(X);
    CHECK(text(model.labels_) == expected.labels);
    CHECK(model.n_iter_ == expected.iterations);
    CHECK(model.inertia_ == Approx(expected.inertia).epsilon(1e-13));
    CHECK(distance(model.cluster_centers_, expected.centers) < 1e-13); // of some 1 to 40
    CHECK(model.predict(X) == model.labels_);
    CHECK(model.score(X) == Approx(-expected.inertia).epsilon(1e-13));
}

/// 40 points about each of these centres, with a standard deviation of 1.
Array<double> blobs(const Array<double>& centers, std::uint64_t seed) {
    Generator generator(seed);
    const std::size_t features = centers.shape(1);
    Array<double> X = Array<double>::from_shape({40 * centers.shape(0), features});
    for (std::size_t i = 0; i < X.shape(0); ++i) {
        for (std::size_t j = 0; j < features; ++j) X(i, j) = centers(i % centers.shape(0), j) + generator.normal();
    }
    return X;
}

const Array<double> corners{{-20, -20}, {-20, 20}, {20, -20}, {20, 20}, {0, 0}};

} // namespace

TEST_CASE("k-means: the cost of the notes") {
    // Four samples, each 1 from its centroid: J = 1/4 (1 + 1 + 1 + 1), and inertia_ is 4 J.
    KMeans model({.n_clusters = 2});
    model.fit({{0, 0}, {10, 0}, {0, 2}, {10, 2}});
    CHECK(model.inertia_ == 4);
    CHECK(model.labels_(0) == model.labels_(2));
    CHECK(model.labels_(1) == model.labels_(3));
    CHECK(model.labels_(0) != model.labels_(1));
    const auto left = static_cast<std::size_t>(model.labels_(0));
    CHECK(model.cluster_centers_(left, 0) == 0);
    CHECK(model.cluster_centers_(left, 1) == 1);
    CHECK(model.cluster_centers_(1 - left, 0) == 10);
    CHECK(model.predict({{1, 1}, {9, -5}}) == Array<std::int64_t>{model.labels_(0), model.labels_(1)});
    CHECK(model.transform({{0, 4}})(0, left) == 3);
    CHECK(model.transform({{0, 4}})(0, 1 - left) == Approx(std::sqrt(109.0)).epsilon(1e-15));
    CHECK(model.score({{0, 1}, {3, 1}}) == -9);
}

TEST_CASE("k-means: iris as scikit-learn has it") {
    const auto X = load_iris().X;
    check(reference::iris_3, X);
    check(reference::iris_local_minimum, X);
    check(reference::iris_5, X);
    check(reference::iris_one_iteration, X, {.max_iter = 1});
    check(reference::iris_rough, X, {.tol = 0.02});
    CHECK(reference::iris_local_minimum.inertia > 1.5 * reference::iris_3.inertia);
    CHECK(reference::iris_rough.iterations < reference::iris_5.iterations);
}

TEST_CASE("k-means: digits as scikit-learn has them") {
    const auto X = load_digits().X;
    Array<double> init = rows(X, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    for (std::size_t i = 0; i < 10; ++i) { // off the samples, which lie on a grid
        for (std::size_t j = 0; j < 64; ++j) init(i, j) += static_cast<double>(i * j) / 4096;
    }
    KMeans model({.n_clusters = 10, .init = init});
    CHECK(text(model.fit_predict(X)) == reference::digits_labels);
    CHECK(model.inertia_ == Approx(reference::digits_inertia).epsilon(1e-13));
    CHECK(model.n_iter_ == reference::digits_iterations);
    CHECK(model.predict(X) == model.labels_);
    CHECK(distance(model.transform(rows(X, {0, 1, 2, 3, 4, 5})), reference::digits_distances) < 1e-12); // of some 10 to 50
}

TEST_CASE("k-means: empty clusters get the samples farthest from their centroids") {
    check(reference::two_empty, column({0, 1, 1.5, 7, 8.5, 20, 21.5, 40}));

    // What is farthest may be all that its cluster has; then that one is empty next.
    KMeans model({.n_clusters = 3, .init = column({0, 50, 1000})});
    model.fit(column({0, 1, 2, 100}));
    CHECK(std::set<std::int64_t>(model.labels_.begin(), model.labels_.end()).size() == 3);
    CHECK(model.inertia_ == 0.5);
}

TEST_CASE("k-means: k-means++ finds clusters that are far apart") {
    const Array<double> X = blobs(corners, 1);
    // The cost of the blobs as they were made, from their means.
    double cost = 0;
    for (std::size_t blob = 0; blob < 5; ++blob) {
        for (std::size_t j = 0; j < 2; ++j) {
            double sum = 0, squares = 0;
            for (std::size_t i = blob; i < 200; i += 5) {
                sum += X(i, j);
                squares += X(i, j) * X(i, j);
            }
            cost += squares - sum * sum / 40;
        }
    }
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        KMeans model({.n_clusters = 5, .random_state = seed});
        model.fit(X);
        CHECK(model.inertia_ == Approx(cost).epsilon(1e-10));
        for (std::size_t i = 0; i < 200; ++i) REQUIRE(model.labels_(i) == model.labels_(i % 5));
    }
}

TEST_CASE("k-means: ten starts come close to the best that scikit-learn finds") {
    const auto X = load_iris().X;
    double best = std::numeric_limits<double>::infinity();
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        KMeans model({.n_clusters = 3, .random_state = seed});
        model.fit(X);
        // The best two minima differ by 5e-5 of themselves, the next costs 1.8 times as much.
        CHECK(model.inertia_ < 1.0001 * reference::iris_best);
        CHECK(model.inertia_ > (1 - 1e-12) * reference::iris_best);
        best = std::min(best, model.inertia_);
    }
    CHECK(best == Approx(reference::iris_best).epsilon(1e-12));

    KMeans digits({.n_clusters = 10});
    digits.fit(load_digits().X);
    CHECK(digits.inertia_ < 1.002 * reference::digits_best);
}

TEST_CASE("k-means: where it ends depends on where it begins, and the best of several starts is kept") {
    const Array<double> X = blobs(corners, 2);
    double best = std::numeric_limits<double>::infinity(), worst = 0;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        KMeans model({.n_clusters = 5, .init = KMeansInit::random, .n_init = 1, .random_state = seed});
        model.fit(X);
        best = std::min(best, model.inertia_);
        worst = std::max(worst, model.inertia_);
    }
    CHECK(worst > 10 * best); // two blobs share a centroid there

    // The first start from a seed is the same, however many follow.
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        KMeans one({.n_clusters = 5, .init = KMeansInit::random, .n_init = 1, .random_state = seed}), many = one;
        many.options.n_init = 20;
        CHECK(many.fit(X).inertia_ <= one.fit(X).inertia_);
        CHECK(many.inertia_ == Approx(best).epsilon(1e-12));
    }
}

TEST_CASE("k-means: no step raises the cost") {
    const auto X = load_iris().X;
    double before = std::numeric_limits<double>::infinity();
    for (std::size_t steps = 1; steps <= 12; ++steps) {
        KMeans model({.n_clusters = 5, .init = rows(X, {0, 1, 2, 3, 4}), .max_iter = steps, .tol = 0});
        model.fit(X);
        CHECK(model.inertia_ <= before);
        before = model.inertia_;
    }
}

TEST_CASE("k-means: the same seed, the same clusters, with any number of threads") {
    Generator generator(3);
    Array<double> X = Array<double>::from_shape({12000, 20});
    for (double& x : X) x = 100 + generator.normal();
    const auto fit = [&](std::size_t threads, std::uint64_t seed) {
        const Threads scope(threads);
        KMeans model({.n_clusters = 20, .n_init = 2, .max_iter = 5, .random_state = seed});
        return model.fit(X);
    };
    const KMeans one = fit(1, 1), two = fit(2, 1), again = fit(2, 1), other = fit(2, 2);
    CHECK(one.labels_ == two.labels_);
    CHECK(one.cluster_centers_ == two.cluster_centers_);
    CHECK(one.inertia_ == two.inertia_);
    CHECK(two.cluster_centers_ == again.cluster_centers_);
    CHECK(two.inertia_ == again.inertia_);
    CHECK(two.labels_ != other.labels_);
}

TEST_CASE("k-means: far from the origin") {
    // 1e7 squared leaves a distance 2 digits: the samples are centred first.
    Array<double> X = blobs(corners, 4);
    KMeans near({.n_clusters = 5}), far = near;
    near.fit(X);
    for (double& x : X) x += 1e7;
    far.fit(X);
    CHECK(far.labels_ == near.labels_);
    CHECK(far.inertia_ == Approx(near.inertia_).epsilon(1e-8));
    CHECK(far.predict(X) == far.labels_);
    const Array<double> distances = far.transform(X);
    double squares = 0;
    for (std::size_t i = 0; i < X.shape(0); ++i) {
        const double distance = distances(i, static_cast<std::size_t>(far.labels_(i)));
        squares += distance * distance;
    }
    CHECK(squares == Approx(far.inertia_).epsilon(1e-10));
}

TEST_CASE("k-means: fewer distinct samples than clusters") {
    const Array<double> X{{1, 2}, {3, 4}, {1, 2}, {0.1, 7}, {3, 4}, {1, 2}, {0.1, 7}};
    for (const KMeansInit init : {KMeansInit::k_means_plus_plus, KMeansInit::random}) {
        for (std::uint64_t seed = 0; seed < 5; ++seed) {
            KMeans model({.n_clusters = 6, .init = init, .n_init = 1, .random_state = seed});
            model.fit(X);
            CHECK(model.inertia_ < 1e-28);
            const auto& labels = model.labels_;
            CHECK(std::set<std::int64_t>(labels.begin(), labels.end()).size() == 3);
            CHECK(labels(0) == labels(2));
            CHECK(labels(0) == labels(5));
            CHECK(labels(1) == labels(4));
            CHECK(labels(3) == labels(6));
            for (const double x : model.cluster_centers_) CHECK(std::isfinite(x));
        }
    }
    KMeans same({.n_clusters = 2});
    same.fit({{5, 5}, {5, 5}, {5, 5}});
    CHECK(same.inertia_ == 0);
    CHECK(same.cluster_centers_ == Array<double>{{5, 5}, {5, 5}});
}

TEST_CASE("k-means: as many clusters as samples, one cluster, one sample, a constant feature") {
    const Array<double> X{{1, 3}, {2, 3}, {4, 3}, {9, 3}};
    KMeans model({.n_clusters = 4});
    model.fit(X);
    CHECK(model.inertia_ < 1e-28);
    CHECK(std::set<std::int64_t>(model.labels_.begin(), model.labels_.end()).size() == 4);
    model.options.n_clusters = 1;
    model.fit(X);
    CHECK(model.cluster_centers_ == Array<double>{{4, 3}});
    CHECK(model.inertia_ == 38);
    model.fit({{2, 7}});
    CHECK(model.cluster_centers_ == Array<double>{{2, 7}});
    CHECK(model.labels_ == Array<std::int64_t>{0});
}

TEST_CASE("k-means: distances that are no doubles") {
    const std::string rest = ": the squared distances of X are beyond the range of a double";
    KMeans model({.n_clusters = 2});
    for (const double a : {1.7e308, 1e200}) {
        CHECK(message_of<ValueError>([&] { model.fit({{a, a}, {-a, a}, {a, a}}); }) == "KMeans.fit" + rest);
    }
    CHECK(message_of<ValueError>([] { KMeans({.n_clusters = 1, .init = column({1e200})}).fit(column({1, 2})); }) ==
          "KMeans.fit: the squared distances of init are beyond the range of a double");
    model.fit(column({1e150, -1e150, 1.5e150}));
    CHECK(*std::min_element(model.cluster_centers_.begin(), model.cluster_centers_.end()) == Approx(-1e150).epsilon(1e-15));
    CHECK(*std::max_element(model.cluster_centers_.begin(), model.cluster_centers_.end()) == Approx(1.25e150).epsilon(1e-15));
    CHECK(message_of<ValueError>([&] { model.predict(column({1e200})); }) == "KMeans.predict" + rest);
    CHECK(message_of<ValueError>([&] { model.score(column({1e200})); }) == "KMeans.score" + rest);
    CHECK(message_of<ValueError>([&] { model.transform(column({1e200})); }) == "KMeans.transform" + rest);
}

TEST_CASE("k-means: what it cannot take") {
    const Array<double> X{{0, 1}, {2, 3}, {4, 5}};
    const auto error = [&](const KMeansOptions& options) { return message_of<Error>([&] { KMeans(options).fit(X); }); };
    const double nan = std::nan("");
    CHECK(error({}) == "KMeans.fit: n_clusters is 8, but X has 3 samples");
    CHECK(error({.n_clusters = 0}) == "KMeans.fit: n_clusters is 0; it must be at least 1");
    CHECK(error({.n_clusters = 2, .n_init = 0}) == "KMeans.fit: n_init is 0; it must be at least 1");
    CHECK(error({.n_clusters = 2, .max_iter = 0}) == "KMeans.fit: max_iter is 0; it must be at least 1");
    CHECK(error({.n_clusters = 2, .tol = -1}) == "KMeans.fit: tol is -1; it must be finite and not negative");
    CHECK(error({.n_clusters = 2, .tol = nan}).starts_with("KMeans.fit: tol is "));
    CHECK(error({.n_clusters = 2, .init = Array<double>{{1, 2, 3}, {4, 5, 6}}}) ==
          "KMeans.fit: init has shape (2, 3); n_clusters and the features of X make (2, 2)");
    CHECK(error({.n_clusters = 2, .init = Array<double>{{1, 2}, {4, nan}}}) == "KMeans.fit: init holds NaN or infinity");

    KMeans model({.n_clusters = 2});
    CHECK(message_of<NotFittedError>([&] { model.predict(X); }) == "KMeans.predict: the estimator is not fitted; call fit() first");
    CHECK_THROWS_AS(model.transform(X), NotFittedError);
    CHECK_THROWS_AS(model.score(X), NotFittedError);
    CHECK(message_of<ValueError>([&] { model.fit({{1, 2}, {nan, 3}}); }) == "KMeans.fit: X[1, 0] is NaN");
    CHECK_THROWS_AS(model.fit(Array<double>{1, 2, 3}), ShapeError);

    // A fit() that throws forgets nothing.
    model.fit(X);
    const double inertia = model.inertia_;
    CHECK_THROWS_AS(model.fit(column({1})), ValueError);
    CHECK(model.inertia_ == inertia);
    CHECK(model.predict(X) == model.labels_);
    CHECK_THROWS_AS(model.predict(column({1})), ShapeError);
    CHECK(model.fit_transform(X).shape(1) == 2);
}

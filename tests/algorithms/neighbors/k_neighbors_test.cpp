#include "tests/algorithms/distance.hpp"
#include "tests/message_of.hpp"
#include "tests/num_threads.hpp"
#include "tests/reference/neighbors.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/neighbors/k_neighbors.hpp>
#include <xgrad/ops/random.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::distance;
using tests::message_of;
namespace reference = xgrad::tests::reference::neighbors;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr auto brute = NeighborAlgorithm::brute, kd_tree = NeighborAlgorithm::kd_tree;
constexpr NeighborAlgorithm algorithms_of_search[] = {NeighborAlgorithm::automatic, brute, kd_tree};

Array<double> matrix(const std::vector<double>& numbers, std::size_t columns) {
    Array<double> result = Array<double>::from_shape({numbers.size() / columns, columns});
    std::copy(numbers.begin(), numbers.end(), result.begin());
    return result;
}

Array<double> rows(const Array<double>& X, std::size_t begin, std::size_t end) {
    Array<double> result = Array<double>::from_shape({end - begin, X.shape(1)});
    std::copy_n(X.data() + begin * X.shape(1), result.size(), result.data());
    return result;
}

template <class T>
Array<T> elements(const Array<T>& y, std::size_t begin, std::size_t end) {
    Array<T> result = Array<T>::from_shape({end - begin});
    std::copy_n(y.data() + begin, result.size(), result.data());
    return result;
}

template <class A, class B>
bool same(const A& a, const B& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

Array<double> normal(std::size_t samples, std::size_t features, Generator& generator, double mean = 0) {
    Array<double> X = Array<double>::from_shape({samples, features});
    for (double& x : X) x = mean + generator.normal();
    return X;
}

/// Points of a grid, so that many are equal or as far apart as others.
Array<double> on_grid(std::size_t samples, std::size_t features, Generator& generator, std::uint64_t extent = 4) {
    Array<double> X = Array<double>::from_shape({samples, features});
    for (double& x : X) x = static_cast<double>(generator.below(extent));
    return X;
}

/// Neighbours by definition: all samples in the order of their distances, of equal ones in their own.
Array<std::int64_t> sorted_by_distance(const Array<double>& X, const Array<double>& queries, std::size_t k) {
    Array<std::int64_t> result = Array<std::int64_t>::from_shape({queries.shape(0), k});
    for (std::size_t i = 0; i < queries.shape(0); ++i) {
        std::vector<long double> squares(X.shape(0));
        for (std::size_t j = 0; j < X.shape(0); ++j) {
            for (std::size_t f = 0; f < X.shape(1); ++f) {
                const long double difference = static_cast<long double>(queries(i, f)) - X(j, f);
                squares[j] += difference * difference;
            }
        }
        std::vector<std::int64_t> order(X.shape(0));
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
            return squares[static_cast<std::size_t>(a)] < squares[static_cast<std::size_t>(b)];
        });
        for (std::size_t j = 0; j < k; ++j) result(i, j) = order[j];
    }
    return result;
}

Neighbors find(const Array<double>& X, const Array<double>& queries, const KNeighborsOptions& options) {
    return KNeighborsRegressor(options).fit(X, xt::zeros<double>({X.shape(0)})).kneighbors(queries);
}

} // namespace

static_assert(SupervisedEstimator<KNeighborsClassifier>);
static_assert(SupervisedEstimator<KNeighborsRegressor>);

TEST_CASE("k neighbours: iris as scikit-learn has it") {
    const auto iris = load_iris();
    const Array<double> queries = matrix(reference::iris_queries, 4);
    for (const auto algorithm : algorithms_of_search) {
        KNeighborsClassifier model({.algorithm = algorithm});
        model.fit(iris.X, iris.y);
        const auto [distances, indices] = model.kneighbors(queries);
        CHECK(same(indices, reference::iris_indices));
        CHECK(distance(distances, reference::iris_distances) < 1e-14);
        CHECK(same(model.predict(queries), reference::iris_labels));
        CHECK(distance(model.predict_proba(queries), reference::iris_uniform) < 1e-15);
        model.options.weights = NeighborWeights::distance;
        CHECK(distance(model.predict_proba(queries), reference::iris_by_distance) < 1e-13);
    }
}

TEST_CASE("k neighbours: digits as scikit-learn has them") {
    const auto digits = load_digits();
    const Array<double> X = rows(digits.X, 0, 900);
    Array<double> queries = Array<double>::from_shape({reference::digits_queries.size(), 64});
    Array<std::int64_t> labels = Array<std::int64_t>::from_shape({queries.shape(0)});
    for (std::size_t i = 0; i < queries.shape(0); ++i) {
        const auto row = static_cast<std::size_t>(reference::digits_queries[i]);
        std::copy_n(digits.X.data() + row * 64, 64, queries.data() + i * 64);
        labels(i) = digits.y(row);
    }
    for (const auto algorithm : algorithms_of_search) {
        KNeighborsClassifier model({.algorithm = algorithm});
        model.fit(X, elements(digits.y, 0, 900));
        CHECK(same(model.predict(queries), reference::digits_labels));
        if (algorithm == brute) CHECK(model.score(queries, labels) == doctest::Approx(reference::digits_score).epsilon(1e-15));
    }
}

TEST_CASE("k neighbours: other distances as scikit-learn has them") {
    const auto wine = load_wine();
    const Array<double> queries = matrix(reference::wine_queries, 13);
    const auto check = [&](double p, const std::vector<double>& distances, const std::vector<int>& indices) {
        for (const auto algorithm : algorithms_of_search) {
            const Neighbors found = find(wine.X, queries, {.n_neighbors = 4, .algorithm = algorithm, .leaf_size = 5, .p = p});
            CHECK(same(found.indices, indices));
            CHECK(distance(found.distances, distances) < 1e-11); // of some 10 to 100
        }
    };
    check(1, reference::wine_distances_1, reference::wine_indices_1);
    check(3, reference::wine_distances_3, reference::wine_indices_3);
    check(infinite, reference::wine_distances_infinite, reference::wine_indices_infinite);
}

TEST_CASE("k neighbours: the regression of diabetes as scikit-learn has it") {
    const auto diabetes = load_diabetes();
    const Array<double> queries = rows(diabetes.X, 400, 442), targets = elements(diabetes.y, 400, 442);
    for (const auto algorithm : algorithms_of_search) {
        KNeighborsRegressor model({.algorithm = algorithm});
        model.fit(rows(diabetes.X, 0, 400), elements(diabetes.y, 0, 400));
        CHECK(distance(model.predict(queries), reference::diabetes_uniform) < 1e-12); // of some 150
        CHECK(model.score(queries, targets) == doctest::Approx(reference::diabetes_uniform_score).epsilon(1e-12));
        model.options.weights = NeighborWeights::distance;
        CHECK(distance(model.predict(queries), reference::diabetes_distance) < 1e-11);
        CHECK(model.score(queries, targets) == doctest::Approx(reference::diabetes_distance_score).epsilon(1e-12));
    }
}

TEST_CASE("k neighbours: both searches find the neighbours by definition") {
    Generator generator(1);
    struct Case {
        std::size_t samples, features, k, leaf_size;
    };
    for (const auto& [samples, features, k, leaf_size] :
         {Case{1, 1, 1, 1}, Case{50, 1, 3, 1}, Case{200, 2, 5, 10}, Case{700, 3, 1, 30}, Case{600, 9, 12, 4}, Case{90, 40, 90, 7}}) {
        CAPTURE(samples);
        const Array<double> X = normal(samples, features, generator), queries = normal(21, features, generator);
        const Neighbors all = find(X, queries, {.n_neighbors = k, .algorithm = brute});
        const Neighbors tree = find(X, queries, {.n_neighbors = k, .algorithm = kd_tree, .leaf_size = leaf_size});
        CHECK(all.indices == sorted_by_distance(X, queries, k));
        CHECK(tree.indices == all.indices);
        CHECK(tree.distances == all.distances); // to the bit
    }
}

TEST_CASE("k neighbours: of samples as far away, the first") {
    Generator generator(2);
    for (const std::size_t features : {1, 2, 5}) {
        const Array<double> X = on_grid(800, features, generator), queries = on_grid(40, features, generator);
        const Array<std::int64_t> wanted = sorted_by_distance(X, queries, 7);
        CHECK(find(X, queries, {.n_neighbors = 7, .algorithm = brute}).indices == wanted);
        CHECK(find(X, queries, {.n_neighbors = 7, .algorithm = kd_tree, .leaf_size = 3}).indices == wanted);
    }
    for (const double p : {1.0, 1.5, infinite}) {
        const Array<double> X = on_grid(600, 3, generator), queries = on_grid(40, 3, generator);
        const Neighbors all = find(X, queries, {.n_neighbors = 9, .algorithm = brute, .p = p});
        const Neighbors tree = find(X, queries, {.n_neighbors = 9, .algorithm = kd_tree, .leaf_size = 2, .p = p});
        CHECK(tree.indices == all.indices);
        CHECK(tree.distances == all.distances);
        CHECK(all.indices(0, 0) < all.indices(0, 1)); // more than one is 0 away
        CHECK(all.distances(0, 1) == 0);
    }
}

TEST_CASE("k neighbours: equal samples, a constant feature, all samples as neighbours") {
    const Array<double> X{{1, 7}, {2, 7}, {1, 7}, {4, 7}, {1, 7}};
    for (const auto algorithm : algorithms_of_search) {
        const Neighbors found = find(X, {{1, 7}, {3.5, 7}}, {.n_neighbors = 5, .algorithm = algorithm, .leaf_size = 1});
        CHECK(found.indices == Array<std::int64_t>{{0, 2, 4, 1, 3}, {3, 1, 0, 2, 4}});
        CHECK(found.distances == Array<double>{{0, 0, 0, 1, 3}, {0.5, 1.5, 2.5, 2.5, 2.5}});

        const Array<double> ones = xt::ones<double>({300, 2});
        CHECK(find(ones, {{1, 1}}, {.n_neighbors = 3, .algorithm = algorithm}).indices == Array<std::int64_t>{{0, 1, 2}});
        CHECK(find({{2, 3}}, {{5, 7}}, {.n_neighbors = 1, .algorithm = algorithm}).distances(0, 0) == 5);
    }
}

TEST_CASE("k neighbours: products that round hide no neighbour") {
    Generator generator(3);
    // Far from the origin the squared norms have 17 digits more than the distances; and a sample a long way off moves the mean.
    Array<double> X = normal(1500, 6, generator, 1e6);
    const Array<double> queries = normal(30, 6, generator, 1e6);
    CHECK(find(X, queries, {.algorithm = brute}).indices == sorted_by_distance(X, queries, 5));
    X(700, 3) = 1e15;
    CHECK(find(X, queries, {.algorithm = brute}).indices == sorted_by_distance(X, queries, 5));

    // Samples nearer to one another than their products can tell.
    for (std::size_t i = 0; i < 100; ++i) {
        for (std::size_t j = 0; j < 6; ++j) X(i, j) = 1 + 1e-9 * generator.normal();
    }
    const Array<double> close = rows(X, 0, 10);
    CHECK(find(X, close, {.algorithm = brute}).indices == sorted_by_distance(X, close, 5));
    CHECK(find(X, close, {.algorithm = kd_tree}).indices == sorted_by_distance(X, close, 5));
}

TEST_CASE("k neighbours: squares that overflow or vanish") {
    const Array<double> X{{1e200, 0}, {-1e200, 1}, {0, 1e-200}, {0, 3e-200}, {0, 1}};
    for (const auto algorithm : algorithms_of_search) {
        const Neighbors found = find(X, {{0, 0.5}}, {.n_neighbors = 5, .algorithm = algorithm, .leaf_size = 1});
        CHECK(found.indices == Array<std::int64_t>{{2, 3, 4, 0, 1}});
        CHECK(found.distances == Array<double>{{0.5, 0.5, 0.5, infinite, infinite}});
        KNeighborsRegressor model({.n_neighbors = 2, .weights = NeighborWeights::distance, .algorithm = algorithm});
        model.fit(matrix({1e200, -1e200, 1e190}, 1), {1, 2, 6});
        CHECK(model.predict(matrix({1e195, 1e190}, 1)) == Array<double>{1.5, 6}); // all as far as can be told; one that is there
    }
}

TEST_CASE("k neighbours: a vote that is tied") {
    // As in the notes' figures: two classes left and right, and what lies between them is white.
    const Array<double> X{{-1, 0}, {1, 0}, {-2, 0}, {2, 0}};
    KNeighborsClassifier model({.n_neighbors = 2});
    model.fit(X, {7, 3, 7, 3});
    const Array<double> queries{{-1.6, 0}, {-0.2, 0}, {0, 5}, {1.6, 1}};
    CHECK(model.classes_ == Array<std::int64_t>{3, 7});
    CHECK(model.ties(queries) == Array<bool>{false, true, true, false});
    CHECK(model.predict(queries) == Array<std::int64_t>{7, 3, 3, 3});
    CHECK(model.predict_proba(queries) == Array<double>{{0, 1}, {0.5, 0.5}, {0.5, 0.5}, {1, 0}});
    CHECK(same(model.kneighbors(queries, 1).indices, std::vector<int>{2, 0, 0, 3}));

    // By their distances the two are as near where x is 0 only.
    model.options.weights = NeighborWeights::distance;
    CHECK(model.ties(queries) == Array<bool>{false, false, true, false});
    CHECK(model.predict(queries) == Array<std::int64_t>{7, 7, 3, 3});
    // A sample that is there outvotes all others.
    CHECK(model.predict_proba({{-1, 0}}) == Array<double>{{0, 1}});

    // With one neighbour there is no tie; nor does a tie for the second place count.
    model.options = {.n_neighbors = 1};
    CHECK(model.ties(queries) == Array<bool>{false, false, false, false});
    KNeighborsClassifier three({.n_neighbors = 4});
    three.fit(X, {0, 0, 1, 2});
    CHECK(three.ties(queries) == Array<bool>{false, false, false, false});
    three.options.n_neighbors = 3;
    CHECK(three.ties({{0, 0}, {5, 0}}) == Array<bool>{false, false});
    CHECK(three.fit(X, {0, 1, 2, 1}).ties({{0, 0}, {5, 0}}) == Array<bool>{true, false});
}

TEST_CASE("k neighbours: the number of threads makes no difference") {
    Generator generator(4);
    const Array<double> X = normal(2000, 8, generator), queries = normal(200, 8, generator);
    for (const auto algorithm : {brute, kd_tree}) {
        const auto found = [&](std::size_t threads) {
            const Threads scope(threads);
            return find(X, queries, {.algorithm = algorithm});
        };
        const Neighbors one = found(1), three = found(3);
        CHECK(one.indices == three.indices);
        CHECK(one.distances == three.distances);
    }
}

TEST_CASE("k neighbours: a copy keeps what it learned") {
    KNeighborsClassifier model({.n_neighbors = 1});
    model.fit(matrix({0, 1}, 1), {5, 6});
    const KNeighborsClassifier copy = model;
    model.fit(matrix({0, 1}, 1), {8, 9});
    CHECK(copy.predict(matrix({0.2, 0.9}, 1)) == Array<std::int64_t>{5, 6});
    CHECK(model.predict(matrix({0.2, 0.9}, 1)) == Array<std::int64_t>{8, 9});
    // A class is enough.
    CHECK(model.fit(matrix({0, 1}, 1), {4, 4}).predict(matrix({3}, 1)) == Array<std::int64_t>{4});
}

TEST_CASE("k neighbours: what they cannot take") {
    const Array<double> X{{0, 1}, {2, 3}, {4, 5}};
    const auto error = [&](const KNeighborsOptions& options) {
        return message_of<ValueError>([&] { KNeighborsClassifier(options).fit(X, {0, 1, 1}); });
    };
    CHECK(error({}) == "KNeighborsClassifier.fit: n_neighbors is 5, but X has 3 samples");
    CHECK(error({.n_neighbors = 0}) == "KNeighborsClassifier.fit: n_neighbors is 0; it must be at least 1");
    CHECK(error({.n_neighbors = 1, .leaf_size = 0}) == "KNeighborsClassifier.fit: leaf_size is 0; it must be at least 1");
    CHECK(error({.n_neighbors = 1, .p = 0.5}) == "KNeighborsClassifier.fit: p is 0.5; it must be at least 1");
    CHECK(error({.n_neighbors = 1, .p = 0.99999999}) == "KNeighborsClassifier.fit: p is 0.99999999; it must be at least 1");
    CHECK(error({.n_neighbors = 1, .p = std::nan("")}).starts_with("KNeighborsClassifier.fit: p is "));
    CHECK(message_of<ValueError>([&] { KNeighborsRegressor({.n_neighbors = 4}).fit(X, {0, 1, 1}); }) ==
          "KNeighborsRegressor.fit: n_neighbors is 4, but X has 3 samples");

    KNeighborsClassifier model({.n_neighbors = 2});
    CHECK_THROWS_WITH_AS(model.predict(X), doctest::Contains("KNeighborsClassifier.predict: the estimator is not fitted"), NotFittedError);
    CHECK_THROWS_AS(model.ties(X), NotFittedError);
    CHECK_THROWS_AS(model.kneighbors(X), NotFittedError);
    CHECK_THROWS_AS(KNeighborsRegressor().predict(X), NotFittedError);
    CHECK_THROWS_AS(model.fit(X, {0, 1}), ShapeError);
    CHECK_THROWS_AS(model.fit({{0, std::nan("")}, {1, 2}}, {0, 1}), ValueError);
    CHECK_THROWS_AS(KNeighborsRegressor().fit(X, {0, infinite, 1}), ValueError);

    model.fit(X, {0, 1, 1});
    CHECK(message_of<ValueError>([&] { model.kneighbors(X, 4); }) ==
          "KNeighborsClassifier.kneighbors: n_neighbors is 4, but fit() was given 3 samples");
    model.options.n_neighbors = 7;
    CHECK_THROWS_WITH_AS(model.predict_proba(X), doctest::Contains("n_neighbors is 7, but fit() was given 3 samples"), ValueError);
    // A fit() that throws forgets nothing.
    CHECK_THROWS_AS(model.fit({{9, 9}, {8, 8}}, {4, 5}), ValueError);
    model.options.n_neighbors = 1;
    CHECK(model.predict(X) == Array<std::int64_t>{0, 1, 1});
    CHECK_THROWS_AS(model.predict({{1, 2, 3}}), ShapeError);
    CHECK_THROWS_AS(model.predict({{infinite, 2}}), ValueError);
}

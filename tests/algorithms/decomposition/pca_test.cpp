// Principal components against scikit-learn's on the shipped data sets, and against what defines them.
#include "tests/algorithms/decomposition/compare.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/pca.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/decomposition/pca.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

struct Expected {
    const std::vector<double>&components, &variance, &ratio, &singular_values, &noise, &transformed, &restored;
};

void check(const Array<double>& X, double k, const Expected& expected, double tolerance) {
    const PCA pca = PCA({.n_components = k}).fit(X);
    CHECK(pca.n_components_ == static_cast<std::size_t>(k));
    CHECK(worst_error(pca.components_, expected.components) < tolerance);
    CHECK(worst_error(pca.explained_variance_, expected.variance) < tolerance);
    CHECK(worst_error(pca.explained_variance_ratio_, expected.ratio) < tolerance);
    CHECK(worst_error(pca.singular_values_, expected.singular_values) < tolerance);
    CHECK(std::abs(pca.noise_variance_ - expected.noise[0]) < tolerance);
    const Array<double> rows = algorithms::detail::take_rows(X, {0, 7, 19});
    const Array<double> Z = pca.transform(rows);
    CHECK(Z.shape(0) == 3);
    CHECK(worst_error(Z, expected.transformed) < tolerance);
    CHECK(worst_error(algorithms::detail::take_rows(pca.inverse_transform(Z), {1}), expected.restored) < tolerance);
}

#define EXPECTED(name)                                                                                                              \
    {                                                                                                                               \
        reference::pca::pca_##name##_components, reference::pca::pca_##name##_variance, reference::pca::pca_##name##_ratio,                        \
            reference::pca::pca_##name##_singular_values, reference::pca::pca_##name##_noise, reference::pca::pca_##name##_transformed,            \
            reference::pca::pca_##name##_restored                                                                                        \
    }

Array<double> first_rows(const Array<double>& X, std::size_t count) {
    std::vector<std::size_t> rows(count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = i;
    return algorithms::detail::take_rows(X, rows);
}

} // namespace

TEST_CASE("PCA: components, variances and projections as scikit-learn's, signs included") {
    check(load_iris().X, 3, EXPECTED(iris), 1e-11);
    check(load_wine().X, 4, EXPECTED(wine), 1e-11);
    check(standardised(load_wine().X), 13, EXPECTED(wine_standardised), 1e-11);
    check(standardised(load_breast_cancer().X), 5, EXPECTED(breast_cancer_standardised), 1e-11);
}

TEST_CASE("PCA: constant columns, and fewer samples than features") {
    const Array<double> digits = load_digits().X;
    check(digits, 3, EXPECTED(digits), 1e-11);
    check(first_rows(digits, 20), 5, EXPECTED(wide_digits), 1e-11);
    CHECK(PCA().fit(first_rows(digits, 20)).n_components_ == 20);
}

TEST_CASE("PCA: the notes' rule keeps 99 % of the variance") {
    const auto check_rule = [](const Array<double>& X, int k) {
        const PCA pca = PCA({.n_components = 0.99}).fit(X);
        CHECK(pca.n_components_ == static_cast<std::size_t>(k));
        CHECK(pca.projection_error(X) <= 0.01);
        CHECK(PCA({.n_components = k - 1.0}).fit(X).projection_error(X) > 0.01);
    };
    check_rule(load_iris().X, reference::pca::pca_iris_rule);
    check_rule(standardised(load_wine().X), reference::pca::pca_wine_standardised_rule);
    check_rule(load_digits().X, reference::pca::pca_digits_rule);
}

TEST_CASE("PCA: the projection error is the variance that is not kept") {
    const Array<double> X = load_iris().X;
    for (const double k : {1.0, 2.0, 3.0, 4.0}) {
        const PCA pca = PCA({.n_components = k}).fit(X);
        double kept = 0;
        for (const double ratio : pca.explained_variance_ratio_) kept += ratio;
        CHECK(pca.projection_error(X) == doctest::Approx(1 - kept).epsilon(1e-12).scale(1));
    }
    // Points of a line: one component is all, and the projection is the point. Its direction is (-3, -4) / 5, as the
    // last point is farthest from the mean.
    const Array<double> line{{3, 4}, {6, 8}, {9, 12}, {-3, -4}};
    const PCA pca = PCA({.n_components = 0.99}).fit(line);
    CHECK(pca.n_components_ == 1);
    CHECK(worst_error(pca.components_, {-0.6, -0.8}) < 1e-15);
    CHECK(pca.projection_error(line) < 1e-30);
    // With the mean (3.75, 5), 6.25 along the line, the points are 1.25, -3.75, -8.75 and 11.25 from it.
    CHECK(worst_error(pca.transform(line), {1.25, -3.75, -8.75, 11.25}) < 1e-14);
}

TEST_CASE("PCA: the largest coordinate along a component is positive") {
    const Array<double> X = load_iris().X;
    const PCA pca = PCA().fit(X);
    const Array<double> Z = pca.transform(X);
    for (std::size_t j = 0; j < 4; ++j) {
        double largest = 0;
        for (std::size_t i = 0; i < Z.shape(0); ++i) largest = std::abs(Z(i, j)) > std::abs(largest) ? Z(i, j) : largest;
        CHECK(largest > 0);
    }
}

TEST_CASE("PCA: whitened components have variance 1, and can be turned back") {
    const Array<double> X = load_iris().X;
    PCA pca({.n_components = 3, .whiten = true});
    const Array<double> Z = pca.fit_transform(X);
    CHECK(worst_error(algorithms::detail::take_rows(Z, {0, 7, 19}), reference::pca::pca_iris_whitened) < 1e-11);
    for (std::size_t j = 0; j < 3; ++j) {
        double squares = 0;
        for (std::size_t i = 0; i < 150; ++i) squares += Z(i, j) * Z(i, j);
        CHECK(squares / 149 == doctest::Approx(1).epsilon(1e-12));
    }
    const Array<double> expected = PCA({.n_components = 3}).fit(X).inverse_transform(PCA({.n_components = 3}).fit(X).transform(X));
    CHECK(worst_error(pca.inverse_transform(Z), std::vector<double>(expected.begin(), expected.end())) < 1e-13);
}

TEST_CASE("PCA: small singular values keep their digits") {
    // Orthogonal columns of 1 and -1, times 1, 2^-10, 2^-20 and 2^-30, and turned by the reflection I - 1/2 (1, 1, 1, 1)'(1, 1, 1, 1):
    // without rounding. The squares of the last two, beside 1, have few digits or none.
    Array<double> X = Array<double>::from_shape({16, 4});
    for (std::size_t i = 0; i < 16; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            X(i, j) = std::ldexp((i >> j) % 2 == 0 ? 1.0 : -1.0, -10 * static_cast<int>(j));
            sum += X(i, j);
        }
        for (std::size_t j = 0; j < 4; ++j) X(i, j) -= sum / 2;
    }
    const Array<double> values = PCA().fit(X).singular_values_;
    const auto relative_error = [&](std::size_t j) { return std::abs(std::ldexp(values(j), 10 * static_cast<int>(j)) / 4 - 1); };
    CHECK(relative_error(0) < 1e-14);
    CHECK(relative_error(1) < 1e-12);
    CHECK(relative_error(2) < 1e-9);
    CHECK(relative_error(3) < 1e-6);
}

TEST_CASE("PCA: it is what it was where fit() throws, also if options were changed") {
    const Array<double> X{{1, 2, 0}, {3, 5, 0}, {4, 1, 0}, {0, 2, 0}};
    PCA pca;
    const Array<double> before = pca.fit_transform(X);
    pca.options.whiten = true;
    CHECK_THROWS_AS(pca.fit(X), ValueError);
    CHECK(pca.transform(X) == before);
    CHECK(worst_error(pca.inverse_transform(before), std::vector<double>(X.begin(), X.end())) < 1e-14);
}

TEST_CASE("PCA: however small the share, there is a component") {
    const Array<double> X{{1e-3, 0}, {0, 2e-3}, {0, 0}};
    CHECK(PCA({.n_components = 1e-320}).fit(X).n_components_ == 1);
    CHECK(PCA({.n_components = 1e-320, .whiten = true}).fit_transform(X).shape(1) == 1);
}

TEST_CASE("PCA: what it refuses") {
    const Array<double> X{{1, 2, 0}, {3, 5, 0}, {4, 1, 0}, {0, 2, 0}};
    const auto message = [&](const PCAOptions& options, const Array<double>& samples) {
        return message_of<Error>([&] { PCA(options).fit(samples); });
    };
    CHECK(message({.n_components = 4}, X) == "PCA.fit: n_components is 4, but X has 4 samples and 3 features");
    CHECK(message({.n_components = 2.5}, X).starts_with("PCA.fit: n_components is 2.5"));
    CHECK(message({.n_components = -1}, X).starts_with("PCA.fit: n_components is -1"));
    CHECK(message({.n_components = missing}, X).starts_with("PCA.fit: n_components is nan"));
    CHECK(message({.n_components = std::numeric_limits<double>::infinity()}, X).starts_with("PCA.fit: n_components is inf"));
    CHECK(message({.whiten = true}, X) ==
          "PCA.fit: whiten divides by standard deviations, and X varies along 2 components only, not 3");
    CHECK(message({}, {{0.1, 0.7}, {0.1, 0.7}, {0.1, 0.7}}) == "PCA.fit: all 3 samples are equal");
    CHECK(message({}, {{0, 0}, {4e-165, 0}}) ==
          "PCA.fit: X is too small: it varies by 2e-165, the square of which is beyond the range of a double; scale X");
    CHECK(message({}, {{0, 0}, {4e155, 0}}) ==
          "PCA.fit: X is too large: it varies by 2e+155, the square of which is beyond the range of a double; scale X");
    CHECK(message({}, {{1, 2}}).starts_with("PCA.fit: X has shape (1, 2); at least 2 samples"));
    CHECK(message({}, {{1, 2}, {missing, 0}}) == "PCA.fit: X[1, 0] is NaN");

    PCA pca({.n_components = 2});
    CHECK_THROWS_WITH_AS(pca.transform(X), doctest::Contains("PCA.transform: the estimator is not fitted"), NotFittedError);
    CHECK_THROWS_AS(pca.inverse_transform(X), NotFittedError);
    CHECK_THROWS_AS(pca.projection_error(X), NotFittedError);
    pca.fit(X);
    const Array<double> components = pca.components_;
    CHECK_THROWS_AS(pca.fit({{1, missing}, {2, 3}}), ValueError);
    CHECK(pca.components_ == components);
    CHECK_THROWS_WITH_AS(pca.transform({{1, 2}}), doctest::Contains("PCA.transform: X has 2 features; fit() was given 3"), ShapeError);
    CHECK_THROWS_WITH_AS(pca.inverse_transform(X), doctest::Contains("PCA.inverse_transform: Z has 3 columns; there are 2 components"),
                         ShapeError);
    CHECK_THROWS_WITH_AS(pca.projection_error({{2, 2.5, 0}}), doctest::Contains("PCA.projection_error: all samples are equal to the mean"),
                         ValueError);
    // A component of a constant column is there, with no variance.
    CHECK(PCA().fit(X).explained_variance_(2) == 0);
}

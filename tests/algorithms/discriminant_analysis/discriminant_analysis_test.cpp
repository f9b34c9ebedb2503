// Linear and quadratic discriminant analysis against scikit-learn's on the shipped data sets, and against the lectures' formulas.
#include "tests/algorithms/decomposition/compare.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/discriminant_analysis.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/discriminant_analysis/linear_discriminant_analysis.hpp>
#include <xgrad/algorithms/discriminant_analysis/quadratic_discriminant_analysis.hpp>
#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;

namespace {

static_assert(SupervisedEstimator<LinearDiscriminantAnalysis>);
static_assert(SupervisedEstimator<QuadraticDiscriminantAnalysis>);

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

struct ExpectedLda {
    const std::vector<double>&coef, &intercept, &ratio, &scalings, &xbar, &covariance, &decision, &proba, &transformed;
    const std::vector<int>& wrong;
};

struct ExpectedQda {
    const std::vector<double>&scalings, &covariance, &rotations, &decision, &proba;
    const std::vector<int>& wrong;
};

#define EXPECTED_LDA(name)                                                                                                          \
    {                                                                                                                               \
        reference::discriminant_analysis::lda_##name##_coef, reference::discriminant_analysis::lda_##name##_intercept, reference::discriminant_analysis::lda_##name##_ratio,                             \
            reference::discriminant_analysis::lda_##name##_scalings, reference::discriminant_analysis::lda_##name##_xbar, reference::discriminant_analysis::lda_##name##_covariance,                     \
            reference::discriminant_analysis::lda_##name##_decision, reference::discriminant_analysis::lda_##name##_proba, reference::discriminant_analysis::lda_##name##_transformed,                   \
            reference::discriminant_analysis::lda_##name##_wrong                                                                                           \
    }
#define EXPECTED_QDA(name)                                                                                                          \
    {                                                                                                                               \
        reference::discriminant_analysis::qda_##name##_scalings, reference::discriminant_analysis::qda_##name##_covariance, reference::discriminant_analysis::qda_##name##_rotations,                    \
            reference::discriminant_analysis::qda_##name##_decision, reference::discriminant_analysis::qda_##name##_proba, reference::discriminant_analysis::qda_##name##_wrong                          \
    }

/// The same columns with the signs of those of `expected`: a direction has two.
Array<double> with_signs_of(Array<double> a, const std::vector<double>& expected) {
    const std::size_t n = a.shape(1);
    REQUIRE(a.size() == expected.size());
    for (std::size_t j = 0; j < n; ++j) {
        double product = 0;
        for (std::size_t i = 0; i < a.shape(0); ++i) product += a(i, j) * expected[i * n + j];
        for (std::size_t i = 0; i < a.shape(0); ++i) a(i, j) *= product < 0 ? -1 : 1;
    }
    return a;
}

Array<double> diagonals(const Array<double>& covariance) {
    const std::size_t n = covariance.shape(covariance.dimension() - 1), K = covariance.size() / (n * n);
    Array<double> result = Array<double>::from_shape({K, n});
    for (std::size_t k = 0; k < K; ++k) {
        for (std::size_t j = 0; j < n; ++j) result(k, j) = covariance.data()[(k * n + j) * n + j];
    }
    return result;
}

void check(const ClassificationData& data, const ExpectedLda& expected, double tolerance) {
    const LinearDiscriminantAnalysis lda = LinearDiscriminantAnalysis({.store_covariance = true}).fit(data.X, data.y);
    CHECK(worst_error(lda.coef_, expected.coef) < tolerance);
    CHECK(worst_error(lda.intercept_, expected.intercept) < tolerance);
    CHECK(worst_error(lda.explained_variance_ratio_, expected.ratio) < tolerance);
    CHECK(worst_error(with_signs_of(lda.scalings_, expected.scalings), expected.scalings) < tolerance);
    CHECK(worst_error(lda.xbar_, expected.xbar) < tolerance);
    CHECK(worst_error(diagonals(lda.covariance_), expected.covariance) < tolerance);
    const Array<double> rows = every(25, data.X);
    CHECK(worst_error(lda.decision_function(rows), expected.decision) < tolerance);
    CHECK(worst_error(lda.predict_proba(rows), expected.proba) < tolerance);
    CHECK(worst_error(with_signs_of(lda.transform(rows), expected.transformed), expected.transformed) < tolerance);
    CHECK(wrong(lda.predict(data.X), data.y) == expected.wrong);
}

void check(const ClassificationData& data, const ExpectedQda& expected, double tolerance) {
    const QuadraticDiscriminantAnalysis qda = QuadraticDiscriminantAnalysis({.store_covariance = true}).fit(data.X, data.y);
    CHECK(worst_relative_error(qda.scalings_, expected.scalings) < tolerance);
    CHECK(worst_relative_error(diagonals(qda.covariance_), expected.covariance) < tolerance);
    const std::size_t n = data.X.shape(1);
    std::vector<double> rotation(n * n);
    for (std::size_t i = 0; i < n * n; ++i) rotation[i] = std::abs(qda.rotations_.data()[i]);
    CHECK(worst_error(rotation, expected.rotations) < tolerance);
    const Array<double> rows = every(25, data.X);
    CHECK(worst_error(qda.decision_function(rows), expected.decision) < tolerance);
    CHECK(worst_error(qda.predict_proba(rows), expected.proba) < tolerance);
    CHECK(wrong(qda.predict(data.X), data.y) == expected.wrong);
}

/// Samples of one feature.
Array<double> column(const std::vector<double>& values) {
    Array<double> X = Array<double>::from_shape({values.size(), 1});
    std::copy(values.begin(), values.end(), X.begin());
    return X;
}

std::vector<std::size_t> range(std::size_t first, std::size_t last) {
    std::vector<std::size_t> result;
    while (first < last) result.push_back(first++);
    return result;
}

/// Versicolor and virginica, the classes of iris that no line separates.
ClassificationData two_of_iris() {
    const ClassificationData iris = load_iris();
    const std::vector<std::size_t> rows = range(50, 150);
    return {algorithms::detail::take_rows(iris.X, rows), algorithms::detail::take_rows(iris.y, rows), {}, {}};
}

/// Two classes of one feature: 1, 3 and 5 with mean 3 and variance 4, and 8 and 10 with mean 9 and variance 2.
const Array<double> few = column({1, 8, 3, 10, 5});
const Array<std::int64_t> few_labels{-1, 4, -1, 4, -1};

} // namespace

TEST_CASE("LDA: coefficients, projections and predictions as scikit-learn's") {
    check(load_iris(), EXPECTED_LDA(iris), 1e-10);
    check(load_wine(), EXPECTED_LDA(wine), 1e-10);
    check(load_breast_cancer(), EXPECTED_LDA(breast_cancer), 1e-9); // features nearly depend on others
}

TEST_CASE("QDA: axes, densities and predictions as scikit-learn's") {
    check(load_iris(), EXPECTED_QDA(iris), 1e-10);
    check(load_wine(), EXPECTED_QDA(wine), 1e-10);
    check(load_breast_cancer(), EXPECTED_QDA(breast_cancer), 1e-6); // of a condition number of 1e12
}

TEST_CASE("LDA and QDA: priors and regularisation as scikit-learn's") {
    const ClassificationData iris = load_iris();
    const Array<double> rows = every(25, iris.X);
    const std::vector<double> priors{0.2, 0.3, 0.5};
    const auto lda = LinearDiscriminantAnalysis({.priors = priors}).fit(iris.X, iris.y);
    CHECK(worst_error(lda.decision_function(rows), reference::discriminant_analysis::lda_priors_decision) < 1e-11);
    const auto qda = QuadraticDiscriminantAnalysis({.priors = priors, .reg_param = 0.1}).fit(iris.X, iris.y);
    CHECK(worst_error(qda.decision_function(rows), reference::discriminant_analysis::qda_priors_decision) < 1e-11);
}

TEST_CASE("LDA: w and b of two classes are the lectures'") {
    const auto [X, y, names, targets] = two_of_iris();
    const LinearDiscriminantAnalysis lda = LinearDiscriminantAnalysis().fit(X, y);
    // mu and Sigma as the lectures say, and w and b from them by solving, through the library's operations.
    const Variable<double> first(algorithms::detail::take_rows(X, range(0, 50)));
    const Variable<double> second(algorithms::detail::take_rows(X, range(50, 100)));
    const NoGrad guard;
    const Variable<double> mu_0 = mean(first, 0), mu_1 = mean(second, 0);
    const Variable<double> a = first - mu_0, b = second - mu_1;
    const Variable<double> sigma = (matmul(a, a, {.transpose_a = true}) + matmul(b, b, {.transpose_a = true})) / 98.0;
    const Variable<double> w = solve(sigma, mu_1 - mu_0);
    const double bias = 0.5 * (matmul(mu_0, solve(sigma, mu_0)) - matmul(mu_1, solve(sigma, mu_1))).item();
    const Array<double> expected = w.value();
    CHECK(worst_error(lda.coef_, std::vector<double>(expected.begin(), expected.end())) < 1e-11);
    CHECK(lda.intercept_(0) == doctest::Approx(bias).epsilon(1e-12));
    // a = log P(1) / P(0) is part of b.
    const auto with_priors = LinearDiscriminantAnalysis({.priors = {0.25, 0.75}}).fit(X, y);
    CHECK(with_priors.intercept_(0) == doctest::Approx(bias + std::log(3)).epsilon(1e-12));
    // P(1 | x) = sigmoid(w' x + b)
    const Array<double> decision = lda.decision_function(X), proba = lda.predict_proba(X);
    CHECK(decision.dimension() == 1);
    for (std::size_t i = 0; i < 100; ++i) CHECK(proba(i, 1) == doctest::Approx(1 / (1 + std::exp(-decision(i)))).epsilon(1e-12));
}

TEST_CASE("LDA and QDA: few samples, by hand") {
    // Sigma = ((4 + 0 + 4) + (1 + 1)) / (5 - 2) = 10 / 3, w = 6 / Sigma = 1.8, b = (9 - 81) / (2 Sigma) + log(2 / 3).
    const auto lda = LinearDiscriminantAnalysis().fit(few, few_labels);
    CHECK(lda.coef_(0, 0) == doctest::Approx(1.8).epsilon(1e-14));
    CHECK(lda.intercept_(0) == doctest::Approx(-10.8 + std::log(2.0 / 3)).epsilon(1e-14));
    CHECK(lda.means_ == column({3, 9}));
    CHECK(lda.predict(column({0, 6, 20})) == Array<std::int64_t>{-1, -1, 4}); // the boundary is at (10.8 + 0.405) / 1.8 = 6.2
    // 7 is 2 standard deviations from 3, and sqrt(2) from 9: -2 - log(2) + log(3/5) against -1 - log(sqrt(2)) + log(2/5).
    const auto qda = QuadraticDiscriminantAnalysis().fit(few, few_labels);
    CHECK(worst_error(qda.scalings_, {4, 2}) < 1e-14);
    CHECK(qda.decision_function(column({7}))(0) == doctest::Approx(1 + std::log(2) / 2 + std::log(2.0 / 3)).epsilon(1e-13));
    // The wider class has the far side of the narrower one, too.
    CHECK(qda.predict(column({0, 9, 40})) == Array<std::int64_t>{-1, 4, -1});
}

TEST_CASE("LDA and QDA: logarithms of probabilities that are too small for a double") {
    const auto lda = LinearDiscriminantAnalysis().fit(few, few_labels);
    CHECK(lda.predict_proba(column({-1000}))(0, 1) == 0);
    CHECK(lda.predict_log_proba(column({-1000}))(0, 1) == doctest::Approx(-1800 - 10.8 + std::log(2.0 / 3)).epsilon(1e-13));
    const auto qda = QuadraticDiscriminantAnalysis().fit(few, few_labels);
    // -(1000 - 9)^2 / 4 - log(2) / 2 + log(2 / 5) less -(1000 - 3)^2 / 8 - log(4) / 2 + log(3 / 5)
    const double expected = -245520.25 + 124251.125 + std::log(2) / 2 + std::log(2.0 / 3);
    CHECK(qda.predict_log_proba(column({1000}))(0, 1) == doctest::Approx(expected).epsilon(1e-13));
}

TEST_CASE("LDA: as many components as are asked for") {
    const ClassificationData iris = load_iris();
    const auto all = LinearDiscriminantAnalysis().fit(iris.X, iris.y);
    const auto one = LinearDiscriminantAnalysis({.n_components = 1}).fit(iris.X, iris.y);
    const Array<double> both = all.transform(iris.X), first = one.transform(iris.X);
    CHECK(both.shape(1) == 2);
    CHECK(first.shape(1) == 1);
    CHECK(first(149, 0) == both(149, 0));
    CHECK(one.explained_variance_ratio_.size() == 1);
    // Along the first component the classes' variance is 1, and their means are at the centre together.
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 150; ++i) sum += first(i, 0);
    for (std::size_t k = 0; k < 3; ++k) {
        double mean = 0;
        for (std::size_t i = 50 * k; i < 50 * k + 50; ++i) mean += first(i, 0) / 50;
        for (std::size_t i = 50 * k; i < 50 * k + 50; ++i) squares += (first(i, 0) - mean) * (first(i, 0) - mean);
    }
    CHECK(std::abs(sum) < 1e-10);
    CHECK(squares / 147 == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("LDA: directions without variance do not count") {
    const Array<double> X{{1, 5, 0.1}, {2, 5, 0.1}, {1, 5, 0.1}, {4, 5, 0.1}, {5, 5, 0.1}, {4, 5, 0.1}};
    const Array<std::int64_t> y{0, 0, 0, 1, 1, 1};
    const auto lda = LinearDiscriminantAnalysis().fit(X, y);
    CHECK(lda.coef_(0, 1) == 0);
    CHECK(lda.coef_(0, 2) == 0);
    CHECK(lda.score(X, y) == 1);
    // With one more class, the means still lie on a line: one component, of the two that there may be.
    const auto three = LinearDiscriminantAnalysis().fit(X, {0, 0, 1, 1, 2, 2});
    CHECK(three.transform(X).shape(1) == 1);
    CHECK(three.explained_variance_ratio_(0) == 1);
}

TEST_CASE("QDA: a class with fewer samples than features is regularised in all directions") {
    const Array<double> X{{0, 0, 0}, {2, 0, 0}, {5, 5, 5}, {5, 7, 5}};
    const Array<std::int64_t> y{0, 0, 1, 1};
    const auto qda = QuadraticDiscriminantAnalysis({.reg_param = 0.5, .store_covariance = true}).fit(X, y);
    // 1/2 times a variance of 2 along the first axis, plus 1/2 I.
    const Array<double> expected{1.5, 0, 0, 0, 0.5, 0, 0, 0, 0.5, 0.5, 0, 0, 0, 1.5, 0, 0, 0, 0.5};
    CHECK(worst_error(qda.covariance_, std::vector<double>(expected.begin(), expected.end())) < 1e-15);
    CHECK(qda.score(X, y) == 1);
    // Along the third axis the distance counts: 3 less the density of class 0 by exp(-9 / (2 * 0.5)).
    CHECK(qda.decision_function({{1, 0, 3}})(0) - qda.decision_function({{1, 0, 0}})(0) == doctest::Approx(9.0 - (4.0 - 25.0)));
}

TEST_CASE("LDA and QDA: what they refuse") {
    const Array<double> X{{1, 2}, {3, 5}, {4, 1}, {0, 2}};
    const Array<std::int64_t> y{0, 0, 1, 1};
    using Labels = Array<std::int64_t>;
    const auto lda = [&](const LinearDiscriminantAnalysisOptions& options, const Array<double>& samples, const Labels& labels) {
        return message_of<Error>([&] { LinearDiscriminantAnalysis(options).fit(samples, labels); });
    };
    const auto qda = [&](const QuadraticDiscriminantAnalysisOptions& options, const Array<double>& samples, const Labels& labels) {
        return message_of<Error>([&] { QuadraticDiscriminantAnalysis(options).fit(samples, labels); });
    };
    CHECK(lda({}, X, {3, 3, 3, 3}) == "LinearDiscriminantAnalysis.fit: y holds 1 class; at least 2 are needed");
    CHECK(lda({}, X, {0, 1, 2, 3}) ==
          "LinearDiscriminantAnalysis.fit: X has 4 samples of 4 classes; there must be more samples than classes");
    CHECK(lda({.n_components = 2}, X, y).starts_with("LinearDiscriminantAnalysis.fit: n_components is 2; it may be up to 1"));
    CHECK(lda({.tol = -1}, X, y).starts_with("LinearDiscriminantAnalysis.fit: tol is -1"));
    CHECK(lda({.priors = {1}}, X, y) == "LinearDiscriminantAnalysis.fit: priors has 1 elements, but y has 2 classes");
    CHECK(lda({.priors = {0.5, 0.6}}, X, y).starts_with("LinearDiscriminantAnalysis.fit: priors add up to 1.1"));
    CHECK(lda({.priors = {1.5, -0.5}}, X, y).starts_with("LinearDiscriminantAnalysis.fit: priors has -0.5"));
    CHECK(lda({}, column({0.1, 0.1, 0.7, 0.7}), y) == "LinearDiscriminantAnalysis.fit: no feature varies within the classes");
    CHECK(lda({}, column({1, 2, 1e160, 1e160}), y).starts_with("LinearDiscriminantAnalysis.fit: the means of the classes are too far"));
    CHECK(lda({}, {{1, missing}, {2, 3}}, {0, 1}) == "LinearDiscriminantAnalysis.fit: X[0, 1] is NaN");
    CHECK(lda({}, X, {0, 1}) == "LinearDiscriminantAnalysis.fit: X has 4 samples, y 2");

    CHECK(qda({}, X, {3, 3, 3, 3}) == "QuadraticDiscriminantAnalysis.fit: y holds 1 class; at least 2 are needed");
    CHECK(qda({}, X, {0, 0, 0, 7}) == "QuadraticDiscriminantAnalysis.fit: class 7 has 1 sample; at least 2 are needed");
    CHECK(qda({}, {{1, 0.1}, {2, 0.1}, {5, 0.1}, {1, 4}, {2, 2}, {3, 7}}, {0, 0, 0, 1, 1, 1})
              ==
          "QuadraticDiscriminantAnalysis.fit: class 0 varies along 1 of 2 directions only, with singular values above tol, 0.0001; "
          "scale X, or give a smaller tol or a reg_param");
    // Both have all directions, of a size that tol has to suit.
    const Array<double> small = 1e-6 * Array<double>{{0, 0}, {1, 0}, {0, 1}, {1, 3}, {4, 4}, {3, 5}};
    CHECK(qda({}, small, {0, 0, 0, 1, 1, 1}).find("0 of 2 directions only, with singular values above tol") != std::string::npos);
    CHECK(QuadraticDiscriminantAnalysis({.tol = 1e-12}).fit(small, {0, 0, 0, 1, 1, 1}).score(small, {0, 0, 0, 1, 1, 1}) == 1);
    for (const double scale : {1e-160, 1e160}) {
        const Array<double> samples = scale * small;
        const char* const size = scale < 1 ? "fit: X is too small: it varies by " : "fit: X is too large: it varies by ";
        CHECK(qda({}, samples, {0, 0, 0, 1, 1, 1}).find(size) != std::string::npos);
        CHECK(lda({}, samples, {0, 0, 0, 1, 1, 1}).find(size) != std::string::npos);
    }
    CHECK(qda({.reg_param = 1.5}, X, y).starts_with("QuadraticDiscriminantAnalysis.fit: reg_param is 1.5"));
    CHECK(qda({.reg_param = missing}, X, y).starts_with("QuadraticDiscriminantAnalysis.fit: reg_param is nan"));
    CHECK(qda({.tol = -1}, X, y).starts_with("QuadraticDiscriminantAnalysis.fit: tol is -1"));

    LinearDiscriminantAnalysis model;
    CHECK_THROWS_WITH_AS(model.predict(X), doctest::Contains("LinearDiscriminantAnalysis.predict: the estimator is not fitted"),
                         NotFittedError);
    CHECK_THROWS_AS(model.transform(X), NotFittedError);
    CHECK_THROWS_AS(QuadraticDiscriminantAnalysis().decision_function(X), NotFittedError);
    model.fit({{1, 2}, {3, 5}, {4, 1}, {0, 2}, {5, 5}}, {0, 0, 1, 1, 1});
    const Array<double> coef = model.coef_;
    CHECK_THROWS_AS(model.fit(X, {1, 1, 1, 1}), ValueError);
    CHECK(model.coef_ == coef);
    CHECK_THROWS_WITH_AS(model.predict_proba(column({1})), doctest::Contains("LinearDiscriminantAnalysis.predict_proba: X has 1 features"),
                         ShapeError);
}

// Kernel machines against scikit-learn's on the shipped data sets, and against the conditions of optimality.
#include "tests/algorithms/decomposition/compare.hpp"
#include "tests/algorithms/svm/iris.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/svm.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/svm/svc.hpp>
#include <xgrad/ops/random.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;

namespace {

static_assert(SupervisedEstimator<SVC>);

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

struct Expected {
    const std::vector<int>&support, &n_support;
    const std::vector<double>&intercept, &dual_coef, &decision;
    const std::vector<int>& wrong;
};

#define EXPECTED(name)                                                                                                              \
    {                                                                                                                               \
        reference::svm::svc_##name##_support, reference::svm::svc_##name##_n_support, reference::svm::svc_##name##_intercept,                      \
            reference::svm::svc_##name##_dual_coef, reference::svm::svc_##name##_decision, reference::svm::svc_##name##_wrong                      \
    }

template <class A>
std::vector<int> integers(const A& a) {
    return std::vector<int>(a.begin(), a.end());
}

/// With the tolerance of both at 1e-8; scikit-learn keeps the kernel's rows in float.
SVC check(const ClassificationData& data, SVCOptions options, const Expected& expected) {
    const Array<double> X = standardised(data.X);
    options.tol = 1e-8;
    options.decision_function_shape = DecisionFunctionShape::ovo;
    SVC model(options);
    model.fit(X, data.y);
    CHECK(integers(model.support_) == expected.support);
    CHECK(integers(model.n_support_) == expected.n_support);
    CHECK(worst_error(model.intercept_, expected.intercept) < 1e-5);
    CHECK(worst_error(model.decision_function(every(25, X)), expected.decision) < 1e-5);
    CHECK(wrong(model.predict(X), data.y) == expected.wrong);
    std::vector<double> dual_coef;
    for (std::size_t k = 0; k < model.dual_coef_.shape(0); ++k) {
        for (std::size_t v = 0; v < model.dual_coef_.shape(1); v += 5) dual_coef.push_back(model.dual_coef_(k, v));
    }
    CHECK(worst_error(dual_coef, expected.dual_coef) < 1e-5);
    return model;
}

const SVCOptions with_linear{.C = 0.1, .kernel = Kernel::linear};
const SVCOptions cubic{.kernel = Kernel::poly, .degree = 3, .gamma = Gamma::automatic, .coef0 = 1};
const SVCOptions with_sigmoid{.kernel = Kernel::sigmoid, .gamma = 0.01};

/// Two normal clouds that overlap, with every third sample of class 1.
struct Clouds {
    explicit Clouds(std::size_t m) : X(Array<double>::from_shape({m, 4})), y(Array<std::int64_t>::from_shape({m})) {
        Generator generator(7);
        for (std::size_t i = 0; i < m; ++i) {
            y(i) = i % 3 == 0;
            for (std::size_t j = 0; j < 4; ++j) X(i, j) = generator.normal() + 0.7 * static_cast<double>(y(i));
        }
    }
    Array<double> X;
    Array<std::int64_t> y;
};

/// How far the worst sample is from the conditions of optimality: y f = 1 if 0 < y beta < C, >= 1 if beta is 0, <= 1 at C.
double worst_violation(const SVC& model, const Clouds& data) {
    const Array<double> f = model.decision_function(data.X);
    std::vector<double> beta(data.y.size(), 0.0);
    double sum = 0;
    for (std::size_t v = 0; v < model.support_.size(); ++v) {
        beta[static_cast<std::size_t>(model.support_(v))] = model.dual_coef_(0, v);
        sum += model.dual_coef_(0, v);
    }
    CHECK(std::abs(sum) < 1e-9);
    double worst = 0;
    for (std::size_t i = 0; i < data.y.size(); ++i) {
        const double sign = data.y(i) == 1 ? 1 : -1, alpha = sign * beta[i], excess = sign * f(i) - 1;
        CHECK(alpha >= 0);
        CHECK(alpha <= model.options.C);
        if (alpha > 0) worst = std::max(worst, excess);
        if (alpha < model.options.C) worst = std::max(worst, -excess);
    }
    return worst;
}

} // namespace

TEST_CASE("SVC: the radial basis kernel's machines are scikit-learn's") {
    check(iris_without_double(), {}, EXPECTED(iris_rbf));
    check(load_wine(), {}, EXPECTED(wine_rbf));
    check(load_breast_cancer(), {}, EXPECTED(breast_cancer_rbf));
}

TEST_CASE("SVC: the linear kernel's machines are scikit-learn's, with their weights") {
    CHECK(worst_error(check(iris_without_double(), with_linear, EXPECTED(iris_linear)).coef_, reference::svm::svc_iris_linear_coef) < 1e-5);
    CHECK(worst_error(check(load_wine(), with_linear, EXPECTED(wine_linear)).coef_, reference::svm::svc_wine_linear_coef) < 1e-5);
    const SVC model = check(load_breast_cancer(), with_linear, EXPECTED(breast_cancer_linear));
    CHECK(worst_error(model.coef_, reference::svm::svc_breast_cancer_linear_coef) < 1e-5);
    double squares = 0;
    for (const double w : model.coef_) squares += w * w;
    CHECK(model.margin_(0) == doctest::Approx(2 / std::sqrt(squares)).epsilon(1e-9));
}

TEST_CASE("SVC: polynomial and sigmoid kernels' machines are scikit-learn's") {
    check(iris_without_double(), cubic, EXPECTED(iris_poly));
    check(load_wine(), cubic, EXPECTED(wine_poly));
    check(load_breast_cancer(), cubic, EXPECTED(breast_cancer_poly));
    check(iris_without_double(), with_sigmoid, EXPECTED(iris_sigmoid));
    check(load_wine(), with_sigmoid, EXPECTED(wine_sigmoid));
    check(load_breast_cancer(), with_sigmoid, EXPECTED(breast_cancer_sigmoid));
}

TEST_CASE("SVC: a decision for each class is scikit-learn's") {
    const ClassificationData iris = iris_without_double(), wine = load_wine();
    const Array<double> X = standardised(iris.X), Z = standardised(wine.X);
    CHECK(worst_error(SVC({.tol = 1e-8}).fit(X, iris.y).decision_function(every(25, X)), reference::svm::svc_iris_ovr) < 1e-5);
    CHECK(worst_error(SVC({.tol = 1e-8}).fit(Z, wine.y).decision_function(every(25, Z)), reference::svm::svc_wine_ovr) < 1e-5);
}

TEST_CASE("SVC: XOR, which no line separates, by the radial basis kernel") {
    const Array<double> X{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const Array<std::int64_t> y{0, 1, 1, 0};
    const SVC model = SVC({.C = 10, .gamma = 1.0, .tol = 1e-10}).fit(X, y);
    CHECK(model.predict(X) == y);
    // By symmetry all |beta| are equal, and b = 0: 1 = y f(x) = beta (1 - 2 exp(-1) + exp(-2)).
    const double beta = 1 / std::pow(1 - std::exp(-1), 2);
    CHECK(worst_error(model.dual_coef_, {-beta, -beta, beta, beta}) < 1e-9);
    CHECK(integers(model.support_) == std::vector<int>{0, 3, 1, 2});
    CHECK(std::abs(model.intercept_(0)) < 1e-9);
    // |w|^2 = sum_i beta_i f(x_i) = 4 beta
    CHECK(model.margin_(0) == doctest::Approx(2 / std::sqrt(4 * beta)).epsilon(1e-9));
    CHECK(SVC({.C = 10, .kernel = Kernel::linear}).fit(X, y).score(X, y) < 1);
    // The product of the two signs is a polynomial of degree 2.
    CHECK(SVC({.C = 100, .kernel = Kernel::poly, .degree = 2, .gamma = 1.0, .coef0 = 1}).fit(X, y).predict(X) == y);
}

TEST_CASE("SVC: the boundary is as far from the closest samples as can be") {
    // The classes' closest points are (1, 1) and (3, 3): the boundary is x + y = 4, with a margin of sqrt(8). (9, 0) and (0, 0) are no
    // support vectors.
    const Array<double> X{{0, 0}, {1, 1}, {3, 3}, {9, 0}, {4, 9}};
    const Array<std::int64_t> y{0, 0, 1, 1, 1};
    const SVC model = SVC({.C = 1000, .kernel = Kernel::linear, .tol = 1e-10}).fit(X, y);
    CHECK(integers(model.support_) == std::vector<int>{1, 2});
    CHECK(worst_error(model.coef_, {0.5, 0.5}) < 1e-9);
    CHECK(worst_error(model.intercept_, {-2}) < 1e-9);
    CHECK(model.margin_(0) == doctest::Approx(std::sqrt(8)).epsilon(1e-9));
    // f is 1 and -1 at the support vectors.
    CHECK(worst_error(model.decision_function(model.support_vectors_), {-1, 1}) < 1e-9);
}

TEST_CASE("SVC: more samples than a working set has, with a cache for all rows, for some, and for a pair") {
    const Clouds data(530), fewer(100);
    const SVC all = SVC({.tol = 1e-6}).fit(data.X, data.y);
    CHECK(worst_violation(all, data) < 1e-6);
    const SVC some = SVC({.tol = 1e-6, .cache_size = 0.5}).fit(data.X, data.y); // 117 rows
    CHECK(worst_violation(some, data) < 1e-6);
    const SVC pair = SVC({.tol = 0.1, .cache_size = 1e-6}).fit(fewer.X, fewer.y);
    CHECK(worst_violation(pair, fewer) < 0.1);
    const Array<double> f = all.decision_function(data.X), g = some.decision_function(data.X);
    CHECK(worst_error(g, std::vector<double>(f.begin(), f.end())) < 1e-5);
}

TEST_CASE("SVC: it stops after max_iter changes, and is what it was before") {
    const Clouds data(60);
    const SVC model = SVC({.max_iter = 5}).fit(data.X, data.y);
    CHECK(model.n_iter_(0) == 5);
    CHECK(SVC().fit(data.X, data.y).n_iter_(0) > 5);
    CHECK(model.support_.size() <= 10);
}

TEST_CASE("SVC: gamma from the samples") {
    // All elements: 0, 2, 4 and 6 with variance 5.
    const Array<double> X{{0, 2}, {4, 6}};
    const Array<std::int64_t> y{0, 1};
    CHECK(SVC().fit(X, y).gamma_ == doctest::Approx(0.1).epsilon(1e-15));
    CHECK(SVC({.gamma = Gamma::automatic}).fit(X, y).gamma_ == 0.5);
    CHECK(SVC({.gamma = 3}).fit(X, y).gamma_ == 3);
    CHECK(to_string(SVC().options.gamma) == "scale");
    CHECK(to_string(Gamma(Gamma::automatic)) == "auto");
    CHECK(to_string(Gamma(0.1)) == "0.1");
    // Of equal elements there is none, and nothing to tell the classes apart by.
    const SVC constant = SVC().fit({{0.1, 0.1}, {0.1, 0.1}, {0.1, 0.1}}, {0, 1, 1});
    CHECK(constant.gamma_ == 1);
    CHECK(std::isfinite(constant.decision_function({{0.1, 0.1}, {5, 5}})(1)));
}

TEST_CASE("SVC: of five classes, each pair has the machine of its two") {
    const Clouds data(75);
    Array<std::int64_t> y = data.y;
    for (std::size_t i = 0; i < 75; ++i) y(i) = static_cast<std::int64_t>(i * 3 % 7 % 5);
    for (const Kernel kernel : {Kernel::linear, Kernel::rbf}) {
        SVCOptions options{.kernel = kernel, .gamma = 0.2, .tol = 1e-9, .decision_function_shape = DecisionFunctionShape::ovo};
        const SVC all = SVC(options).fit(data.X, y);
        const Array<double> decisions = all.decision_function(data.X);
        std::size_t pair = 0;
        for (std::int64_t i = 0; i < 5; ++i) {
            for (std::int64_t j = i + 1; j < 5; ++j, ++pair) {
                std::vector<std::size_t> rows;
                for (std::size_t s = 0; s < 75; ++s) {
                    if (y(s) == i || y(s) == j) rows.push_back(s);
                }
                const SVC two = SVC(options).fit(algorithms::detail::take_rows(data.X, rows), algorithms::detail::take_rows(y, rows));
                const Array<double> own = two.decision_function(data.X); // positive for the second class
                for (std::size_t s = 0; s < 75; ++s) CHECK(std::abs(decisions(s, pair) + own(s)) < 1e-7);
                for (std::size_t k = 0; k < two.coef_.size(); ++k) CHECK(std::abs(all.coef_(pair, k) + two.coef_(0, k)) < 1e-7);
            }
        }
        CHECK(pair == decisions.shape(1));
    }
}

TEST_CASE("SVC: the unit of the samples is no matter") {
    const Clouds data(60);
    const SVC plain = SVC({.kernel = Kernel::linear}).fit(data.X, data.y);
    // By a power of 2 nothing is rounded otherwise.
    const Array<double> X = std::ldexp(1.0, -24) * data.X;
    const SVC scaled = SVC({.C = std::ldexp(1.0, 48), .kernel = Kernel::linear}).fit(X, data.y);
    CHECK(scaled.n_iter_(0) == plain.n_iter_(0));
    CHECK(scaled.decision_function(X) == plain.decision_function(data.X));
}

TEST_CASE("SVC: the radial basis kernel far from the origin") {
    // Quarters, which 2^27 leaves as they are.
    Array<double> X = Array<double>::from_shape({40, 3});
    Array<std::int64_t> y = Array<std::int64_t>::from_shape({40});
    for (std::size_t i = 0; i < 40; ++i) {
        X(i, 0) = static_cast<double>(i * 7 % 11) / 4;
        X(i, 1) = static_cast<double>(i * 5 % 13) / 4;
        X(i, 2) = static_cast<double>(i * 3 % 17) / 4;
        y(i) = i * i % 7 > 2;
    }
    // scikit-learn's of the samples about 0; of those far away its own are -2.5, -1.6, -1.8 and -1.9.
    const std::vector<double> expected{-1.0681796984676986, -1.1334163900217735, -0.5840697077642609, -0.9999999885226244};
    const Array<double> far = X + 134217728.0;
    for (const Array<double>& samples : {X, far}) {
        const SVC model = SVC({.gamma = 0.5, .tol = 1e-8}).fit(samples, y);
        CHECK(worst_error(model.decision_function(algorithms::detail::take_rows(samples, {0, 1, 2, 3})), expected) < 1e-6);
        CHECK(integers(model.n_support_) == std::vector<int>{18, 11});
        CHECK(model.score(samples, y) == 0.725);
    }
}

TEST_CASE("SVC: it is what it was where fit() throws, also if options were changed") {
    const Clouds data(60);
    SVC model({.kernel = Kernel::poly, .coef0 = 1});
    const Array<double> before = model.fit(data.X, data.y).decision_function(data.X);
    model.options = {.C = -1, .kernel = Kernel::rbf, .degree = 2, .coef0 = 3};
    CHECK_THROWS_AS(model.fit(data.X, data.y), ValueError);
    CHECK(model.decision_function(data.X) == before);
}

TEST_CASE("SVC: kernels beyond the range of a double") {
    const Clouds data(40);
    const auto message = [&](const SVCOptions& options, double scale) {
        const Array<double> X = scale * data.X;
        return message_of<Error>([&] { SVC(options).fit(X, data.y); });
    };
    const std::string linear = "SVC.fit: the linear kernel's machine is beyond the range of a double, with C = 1; scale X";
    CHECK(message({.kernel = Kernel::linear}, 1e160) == linear);
    CHECK(message({.kernel = Kernel::linear, .max_iter = 5}, 1e160) == linear);
    CHECK(message({}, 1e160) == "SVC.fit: gamma is scale, which is 0 for X; scale X");
    CHECK(message({}, 1e-155) == "SVC.fit: gamma is scale, which is inf for X; scale X");
    CHECK(message({}, 1e-165) == "SVC.fit: gamma is scale, which is inf for X; scale X");
    CHECK(message({.kernel = Kernel::poly}, 1e-155) == "SVC.fit: gamma is scale, which is inf for X; scale X");
    CHECK(message({.gamma = 1.0}, 1e155).starts_with("SVC.fit: the rbf kernel's machine is beyond the range of a double, with gamma = 1"));
    const char* const poly = "SVC.fit: the poly kernel's machine is beyond the range of a double, with gamma = 1, degree = ";
    CHECK(message({.kernel = Kernel::poly, .gamma = 1.0}, 1e60).starts_with(poly));
    CHECK(message({.kernel = Kernel::poly, .degree = 1000, .gamma = 1.0}, 1).starts_with(poly));
}

TEST_CASE("SVC: what it refuses") {
    const Array<double> X{{1, 2}, {3, 5}, {4, 1}};
    const Array<std::int64_t> y{0, 0, 1};
    const auto message = [&](const SVCOptions& options, const Array<std::int64_t>& labels) {
        return message_of<Error>([&] { SVC(options).fit(X, labels); });
    };
    CHECK(message({.C = 0}, y) == "SVC.fit: C is 0; it must be above 0");
    CHECK(message({.C = missing}, y) == "SVC.fit: C is nan; it must be above 0");
    CHECK(message({.C = std::numeric_limits<double>::infinity()}, y) == "SVC.fit: C is inf; it must be finite");
    CHECK(message({.gamma = -0.5}, y) == "SVC.fit: gamma is -0.5; it must be above 0");
    CHECK(message({.gamma = missing}, y).starts_with("SVC.fit: gamma is nan"));
    CHECK(message({.kernel = Kernel::poly, .degree = 0}, y).starts_with("SVC.fit: degree is 0"));
    CHECK(message({.coef0 = missing}, y).starts_with("SVC.fit: coef0 is nan"));
    CHECK(message({.tol = 0}, y).starts_with("SVC.fit: tol is 0"));
    CHECK(message({.cache_size = -1}, y).starts_with("SVC.fit: cache_size is -1"));
    CHECK(message({.max_iter = 0}, y).starts_with("SVC.fit: max_iter is 0"));
    CHECK(message({.max_iter = -2}, y).starts_with("SVC.fit: max_iter is -2"));
    CHECK(message({}, {1, 1, 1}) == "SVC.fit: y holds 1 class; at least 2 are needed");
    CHECK(message({}, {1, 0}) == "SVC.fit: X has 3 samples, y 2");
    SVC model;
    CHECK_THROWS_WITH_AS(model.predict(X), doctest::Contains("SVC.predict: the estimator is not fitted"), NotFittedError);
    CHECK_THROWS_AS(model.decision_function(X), NotFittedError);
    model.fit(X, y);
    const Array<double> intercept = model.intercept_;
    CHECK_THROWS_WITH_AS(model.fit({{1, missing}, {1, 2}}, {0, 1}), doctest::Contains("SVC.fit: X[0, 1] is NaN"), ValueError);
    CHECK(model.intercept_ == intercept);
    CHECK_THROWS_AS(model.predict({{1, 2, 3}, {4, 5, 6}}), ShapeError);
}

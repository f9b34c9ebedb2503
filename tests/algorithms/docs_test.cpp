// The code in docs/algorithms.md: it is here, it compiles, and it does what the page says of it.
#include <xgrad/algorithms/algorithms.hpp>
#include <xgrad/xgrad.hpp>
using namespace xgrad;
using namespace xgrad::algorithms;

#include "tests/message_of.hpp"
#include "tests/page.hpp"

#include <doctest/doctest.h>

#include <iostream>
#include <sstream>

namespace {

const char* const page = "docs/algorithms.md";

/// What the page prints goes here.
struct Captured {
    std::ostringstream text;
    std::streambuf* before = std::cout.rdbuf(text.rdbuf());
    ~Captured() { std::cout.rdbuf(before); }
};

} // namespace

TEST_CASE("docs/algorithms.md shows this code") { CHECK(tests::check_code_of_page(page, "tests/algorithms/docs_test.cpp") == 9); }

TEST_CASE("docs/algorithms.md: models, validation and searches") {
    const Captured out;
    const auto cancer = load_breast_cancer();
    const auto [X_train, X_test, y_train, y_test] = train_test_split(cancer.X, cancer.y, {.stratify = true, .random_state = 1});

    Pipeline model{StandardScaler(), PCA({.n_components = 0.95}), LogisticRegression()};
    model.fit(X_train, y_train);

    const double accuracy = model.score(X_test, y_test);
    std::cout << confusion_matrix(y_test, model.predict(X_test));

    CHECK(accuracy > 0.94);
    CHECK(out.text.str().starts_with("n=143"));

    const Array<double> scores = cross_val_score(model, cancer.X, cancer.y, {.cv = StratifiedKFold({.n_splits = 5})});

    REQUIRE(scores.size() == 5);
    for (const double score : scores) CHECK(score > 0.9);

    GridSearchCV search(Pipeline{StandardScaler(), SVC()},
                        Grid<Pipeline<StandardScaler, SVC>>().vary<&SVCOptions::C>({0.1, 1., 10.}).vary<&SVCOptions::gamma>({0.01, 0.1}),
                        {.cv = 3});
    search.fit(X_train, y_train);
    const std::string& C = search.best_params_.at("SVC.C");
    search.predict(X_test);

    CHECK((C == "1" || C == "10"));
    CHECK(search.best_score_ > 0.95);
    CHECK(search.score(X_test, y_test) > 0.94);
}

TEST_CASE("docs/algorithms.md: an estimator") {
    const auto [X, y, feature_names, target_names] = load_diabetes();
    Ridge ridge({.alpha = 0.5});
    ridge.fit(X, y);
    const Array<double>& theta = ridge.coef_; // theta_1, theta_2, ...
    const double theta_0 = ridge.intercept_;
    const Array<double> h = ridge.predict(X);
    const double r2 = ridge.score(X, y);

    CHECK(theta.size() == 10);
    double sum_of_products = 0;
    for (std::size_t j = 0; j < 10; ++j) sum_of_products += X(0, j) * theta(j);
    CHECK(std::abs(h(0) - theta_0 - sum_of_products) < 1e-9);
    CHECK(r2 > 0.4);

    Pipeline cubic{PolynomialFeatures({.degree = 3, .include_bias = false}), LinearRegression()};
    cubic.fit(X, y);

    CHECK(cubic.score(X, y) > r2);
}

TEST_CASE("docs/algorithms.md: errors") {
    const Array<double> X{{0, 1}, {1, 0}, {1, 1}};
    KMeans model({.n_clusters = 5});
    CHECK(tests::page_shows(page, "xgrad::ValueError: " + tests::message_of<ValueError>([&] { model.fit(X); }) + "\n"));
}

TEST_CASE("docs/algorithms.md: optimisation lessons") {
    const auto himmelblau = [](auto x, auto y) { return square(square(x) + y - 11) + square(x + square(y) - 7); };
    const Descent descent = gradient_descent(himmelblau, {0, 0}, {.method = nn::SGDOptions{.lr = 0.01}});
    const Array<double>& path = descent.path; // of shape (steps + 1, 2)
    const auto test = classify_critical_point(himmelblau, descent.x, 1e-3); // its kind is CriticalPoint::minimum

    CHECK(descent.stop == DescentStop::converged);
    CHECK(path.shape(0) == descent.n_iter + 1);
    CHECK(test.kind == CriticalPoint::minimum);
}

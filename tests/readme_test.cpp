// The code in README.md: it is here, it compiles, and it does what README.md says of it.
#include <doctest/doctest.h>

#include <xgrad/xgrad.hpp>
using namespace xgrad;
#include <xgrad/algorithms/algorithms.hpp>
using namespace xgrad::algorithms;

#include "tests/page.hpp"
#include "tests/temporary_folder.hpp"

#include <cmath>
#include <iostream>
#include <sstream>

TEST_CASE("README: the model") {
    Array<double> X{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, y{0, 1, 1, 0}; // exclusive or
    Variable W{{0.9, -0.7}, {-0.8, 1.1}}, b{0.1, -0.2}, v{0.7, 0.6}, c{0.0};
    for (int step = 0; step < 500; ++step) {
        auto loss = mean(square(matmul(tanh(matmul(X, W) + b), v) + c - y));
        loss.backward();
        for (auto parameter : {W, b, v, c}) {
            parameter.value() -= 0.5 * parameter.grad();
            parameter.zero_grad();
        }
    }

    const auto learnt = no_grad([&] { return matmul(tanh(matmul(X, W) + b), v) + c; });
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(learnt.value()(i) - y(i)) < 0.05);
}

TEST_CASE("README: derivatives") {
    Variable x{2.0};
    auto f = sqrt(square(x) + exp(square(x)));
    auto [dx] = grad(f, wrt(x));

    const double e4 = std::exp(4.0), value = std::sqrt(4 + e4);
    CHECK(f.item() == doctest::Approx(value).epsilon(1e-14));
    CHECK(dx.item() == doctest::Approx(2 * (1 + e4) / value).epsilon(1e-14));
}

TEST_CASE("README: derivatives of functions") {
    auto g = [](auto x) { return sin(x) * exp(x); };
    auto d2g = grad(grad(g));
    d2g(1.0).item();

    CHECK(d2g(1.0).item() == doctest::Approx(2 * std::cos(1.0) * std::exp(1.0)).epsilon(1e-14));
}

TEST_CASE("README: gradcheck") {
    auto model = [](auto W, auto x) { return sum(softplus(matmul(W, x))); };
    auto report = gradcheck(model, wrt(Variable{{0.1, 0.2}, {0.3, 0.4}}, Variable{1.0, -1.0}), {.order = 2});

    CHECK_MESSAGE(report.passed, report.message);
}

TEST_CASE("README: estimators") {
    std::ostringstream text;
    std::streambuf* const before = std::cout.rdbuf(text.rdbuf());
    const auto cancer = load_breast_cancer();
    const auto [X_train, X_test, y_train, y_test] = train_test_split(cancer.X, cancer.y, {.stratify = true, .random_state = 1});
    Pipeline pipeline{StandardScaler(), PCA({.n_components = 0.95}), LogisticRegression()};
    pipeline.fit(X_train, y_train);
    std::cout << confusion_matrix(y_test, pipeline.predict(X_test));
    std::cout.rdbuf(before);

    CHECK(pipeline.score(X_test, y_test) > 0.94);
    CHECK(text.str().starts_with("n=143"));
}

TEST_CASE("README: an error says what, and where") {
    Array<double> a = xt::ones<double>({32, 784}), b = xt::ones<double>({512, 10});
    CHECK_THROWS_WITH_AS(matmul(constant(a), b),
                         doctest::Contains("matmul: inner dimensions differ: (32, 784) x (512, 10)"), ShapeError);
    CHECK_THROWS_WITH_AS(matmul(constant(a), b), doctest::Contains("readme_test.cpp:"), ShapeError);
}

TEST_CASE("README: a model") {
    const tests::InFolder here(XGRAD_SOURCE_DIR);
    manual_seed(1);
    const nn::Table table = nn::read_csv("data/digits.csv");
    const nn::Dataset data(Array<float>(table.drop({"label"}).values / 16), table.labels("label"));
    const auto digits = nn::train_test_split(data, {.test_fraction = 0.2, .stratify = true});

    nn::Sequential model{nn::Linear(64, 128), nn::ReLU(), nn::Linear(128, 10)};
    nn::Adam optimizer(model.parameters(), {.lr = 1e-2});
    nn::Loader loader(digits.train, {.batch_size = 64});
    for (int epoch = 0; epoch < 5; ++epoch) {
        for (auto [images, labels] : loader) {
            auto loss = nn::cross_entropy(model(images), labels);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
    }
    const double score = no_grad([&] { return nn::accuracy(model(digits.test.features()), digits.test.targets()); });

    CHECK(score > 0.93); // README.md promises it
}

TEST_CASE("README: its C++ is the code above") {
    CHECK(tests::check_code_of_page("README.md", "tests/readme_test.cpp") >= 7);
}

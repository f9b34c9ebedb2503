// The code in README.md: it is here, it compiles, and it does what README.md says of it.
#include <doctest/doctest.h>

#include <xgrad/xgrad.hpp>
using namespace xgrad;

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

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

TEST_CASE("README: an error says what, and where") {
    Array<double> a = xt::ones<double>({32, 784}), b = xt::ones<double>({512, 10});
    CHECK_THROWS_WITH_AS(matmul(constant(a), b),
                         doctest::Contains("matmul: inner dimensions differ: (32, 784) x (512, 10)"), ShapeError);
    CHECK_THROWS_WITH_AS(matmul(constant(a), b), doctest::Contains("readme_test.cpp:"), ShapeError);
}

namespace {

std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream file(path);
    REQUIRE(file.good());
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

std::string dedent(const std::string& line) {
    return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

} // namespace

TEST_CASE("README: its C++ is the code above") {
    std::string source = "\n";
    for (const std::string& line : lines_of(XGRAD_SOURCE_DIR "/tests/readme_test.cpp")) source += dedent(line) + "\n";

    // Each paragraph of each block stands in this file, but for its indentation.
    int paragraphs = 0;
    bool code = false;
    std::string paragraph;
    for (const std::string& line : lines_of(XGRAD_SOURCE_DIR "/README.md")) {
        const bool ends = code && (line.empty() || line == "```");
        if (ends && !paragraph.empty()) {
            ++paragraphs;
            CHECK_MESSAGE(source.find("\n" + paragraph) != source.npos, "not in readme_test.cpp: ", paragraph);
            paragraph.clear();
        }
        if (line == "```cpp") {
            code = true;
        } else if (line == "```") {
            code = false;
        } else if (code && !line.empty()) {
            paragraph += dedent(line) + "\n";
        }
    }
    CHECK(paragraphs >= 5);
}

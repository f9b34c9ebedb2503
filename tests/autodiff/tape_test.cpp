// The tape to look at: the notes' table for their own two examples (week 41, "Automatic differentiation"), and the picture.
#include <doctest/doctest.h>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/power.hpp>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

using namespace xgrad;

namespace {

/// The cells of one line of the table, which are set apart by two spaces or more.
std::vector<std::string> cells(const std::string& table, std::size_t line) {
    std::istringstream lines(table);
    std::string text;
    for (std::size_t i = 0; i <= line; ++i) std::getline(lines, text);
    std::vector<std::string> result;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find("  ", start), text.size());
        result.push_back(text.substr(start, end - start));
        start = std::min(text.find_first_not_of(' ', end), text.size());
    }
    return result;
}

using Cells = std::vector<std::string>;

} // namespace

TEST_CASE("the notes' f(x) = exp(x^2): value, derivative, table, operation counts") {
    const Variable x{2.0};
    Tape tape({.keep = true});
    const auto a = square(x);
    const auto b = exp(a);
    tape.name(x, "x");
    tape.name(a, "a");
    tape.name(b, "b");
    CHECK(b.item() == doctest::Approx(std::exp(4.0)).epsilon(1e-15));
    CHECK(tape.flops() == 2); // "two floating point operations only"
    b.backward();
    CHECK(x.grad()() == doctest::Approx(2 * 2.0 * std::exp(4.0)).epsilon(1e-15)); // 2 x exp x^2

    const std::string table = tape.table();
    CHECK(cells(table, 0) == Cells{"i", "x_i = g_i(parents)", "shape", "value", "adjoint", "flops"});
    CHECK(cells(table, 1) == Cells{"1", "x1 = x = input", "()", "2", "218.393", "0"});
    CHECK(cells(table, 2) == Cells{"2", "x2 = a = square(x1)", "()", "4", "54.5982", "1"});
    CHECK(cells(table, 3) == Cells{"3", "x3 = b = exp(x2)", "()", "54.5982", "1", "1"});
}

TEST_CASE("the notes' f(x) = sqrt(x^2 + exp(x^2)): value, derivative, table, operation counts") {
    const double x0 = 1.0, e = std::exp(1.0);
    const Variable x{x0};
    Tape tape({.keep = true});
    const auto a = square(x);
    const auto b = exp(a);
    const auto c = a + b;
    const auto d = sqrt(c);
    tape.name(a, "a");
    tape.name(b, "b");
    tape.name(c, "c");
    tape.name(d, "d");
    CHECK(d.item() == doctest::Approx(std::sqrt(1 + e)).epsilon(1e-15));
    CHECK(tape.size() == 5); // "one input variable, l = 1, and four intermediate variables"
    CHECK(tape.flops() == 4);
    d.backward();
    CHECK(x.grad()() == doctest::Approx(x0 * (1 + e) / std::sqrt(1 + e)).epsilon(1e-15)); // x (1 + b) / d

    const std::string table = tape.table();
    CHECK(cells(table, 2) == Cells{"2", "x2 = a = square(x1)", "()", "1", "0.964142", "1"}); // (1 + exp a) / (2 sqrt c)
    CHECK(cells(table, 3) == Cells{"3", "x3 = b = exp(x2)", "()", "2.71828", "0.259298", "1"}); // 1 / (2 sqrt c)
    CHECK(cells(table, 4) == Cells{"4", "x4 = c = add(x2, x3)", "()", "3.71828", "0.259298", "1"});
    CHECK(cells(table, 5) == Cells{"5", "x5 = d = sqrt(x4)", "()", "1.92828", "1", "1"});
}

TEST_CASE("the operation counts that the notes give, with and without intermediate variables") {
    const Variable x{1.3};
    const auto flops = [&](auto formula) {
        Tape tape;
        const auto result = formula();
        return tape.flops();
    };
    // exp(x^2): two for the value and four for the derivative, or two more if b is at hand.
    CHECK(flops([&] { return exp(square(x)); }) == 2);
    CHECK(flops([&] { return 2 * x * exp(square(x)); }) == 4);
    {
        const auto b = exp(square(x));
        CHECK(flops([&] { return 2 * x * b; }) == 2);
    }
    // sqrt(x^2 + exp(x^2)): five and ten as SymPy writes them; four and three with intermediates.
    CHECK(flops([&] { return sqrt(x * x + exp(x * x)); }) == 5);
    CHECK(flops([&] { return (x * exp(x * x) + x) / sqrt(x * x + exp(x * x)); }) == 10);
    {
        const auto a = square(x), b = exp(a), d = sqrt(a + b);
        CHECK(flops([&] { return x * (1 + b) / d; }) == 3);
    }
}

TEST_CASE("the picture in DOT has a node for each variable and an arrow from each parent") {
    const Variable x{2.0};
    Tape tape;
    const auto a = square(x);
    const auto c = a + exp(a);
    tape.name(a, "a");
    const std::string dot = tape.dot();
    CHECK(dot.find("digraph") == 0);
    CHECK(dot.find("d1 [label=\"x1\\ninput ()\", shape=box];") != dot.npos);
    CHECK(dot.find("d2 [label=\"x2 = a\\nsquare ()\"];") != dot.npos);
    CHECK(dot.find("d1 -> d2;") != dot.npos);
    CHECK(dot.find("d2 -> d3;") != dot.npos);
    CHECK(dot.find("d2 -> d4;") != dot.npos);
    CHECK(dot.find("d3 -> d4;") != dot.npos);
    CHECK(c.item() == doctest::Approx(4 + std::exp(4.0)));
}

TEST_CASE("Tape scopes nest, and a graph ends with its scope") {
    const Variable x{3.0};
    Tape outer;
    const auto y = x * x;
    Variable<double> escaped;
    {
        Tape inner;
        escaped = y * x;
        CHECK(inner.size() == 1); // the product, and nothing of the outer graph
        CHECK(inner.table().find("multiply(outer, outer)") != std::string::npos);
        CHECK(grad(escaped, wrt(x), {.retain_graph = true})[0].item() == 27);
        CHECK(outer.size() == 3);
    }
    CHECK(outer.size() == 2);
    CHECK(escaped.item() == 27);
    CHECK_THROWS_AS(escaped.backward(), GraphError);
    CHECK(grad(y, wrt(x))[0].item() == 6);
}

TEST_CASE("a table of arrays shows their first elements, and what was let go as -") {
    const Variable x{xt::xarray<float>{{1, 2, 4}, {5, 6, 7}}};
    Tape tape;
    const auto y = exp(x + 1.0);
    const std::string table = tape.table();
    CHECK(cells(table, 1) == Cells{"1", "x1 = input", "(2, 3)", "{1, 2, 4, ...}", "-", "0"});
    CHECK(cells(table, 2) == Cells{"2", "x2 = constant", "()", "-", "-", "0"});
    CHECK(cells(table, 3) == Cells{"3", "x3 = add(x1, x2)", "(2, 3)", "-", "-", "6"});
    CHECK(cells(table, 4)[3].find("{7.38906, 20.0855, 148.413, ...}") == 0);
}

// Reductions: PyTorch's values and derivatives, with ties and zeros; what happens at the edges; what is
// refused.
#include <xgrad/ops/reduction.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/reduction.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <map>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::Case;
using tests::reference::Numbers;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

struct Arguments {
    Axes axes;
    bool keepdims = false;
    std::size_t ddof = 0;
};

/// The call that a case names: the start of its text tells the function, the rest the arguments.
template <class T>
Variable<T> reduction(const std::string& call, const Variable<T>& x) {
    using Function = std::function<Variable<T>(const Arguments&)>;
    const std::map<std::string, Function> functions = {
        {"sum(x", [&](const Arguments& a) { return sum(x, a.axes, a.keepdims); }},
        {"mean(x", [&](const Arguments& a) { return mean(x, a.axes, a.keepdims); }},
        {"prod(x", [&](const Arguments& a) { return prod(x, a.axes, a.keepdims); }},
        {"var(x", [&](const Arguments& a) { return var(x, a.axes, a.keepdims, a.ddof); }},
        {"stddev(x", [&](const Arguments& a) { return stddev(x, a.axes, a.keepdims, a.ddof); }},
        {"max(x", [&](const Arguments& a) { return max(x, a.axes, a.keepdims); }},
        {"min(x", [&](const Arguments& a) { return min(x, a.axes, a.keepdims); }},
        {"norm(x, 1", [&](const Arguments& a) { return norm(x, 1, a.axes, a.keepdims); }},
        {"norm(x, 2", [&](const Arguments& a) { return norm(x, 2, a.axes, a.keepdims); }},
        {"norm(x, infinity", [&](const Arguments& a) { return norm(x, infinity, a.axes, a.keepdims); }},
        {"logsumexp(x", [&](const Arguments& a) { return logsumexp(x, a.axes, a.keepdims); }},
    };
    const std::map<std::string, Arguments> arguments = {
        {")", {}},
        {", 1)", {1}},
        {", 0)", {0}},
        {", {0, -1})", {{0, -1}}},
        {", {0}, keepdims)", {0, keepdims}},
        {", {}, keepdims)", {{}, keepdims}},
        {", 1, false, 1)", {1, false, 1}},
    };
    for (const auto& [start, function] : functions) {
        if (call.starts_with(start)) return function(arguments.at(call.substr(start.size())));
    }
    FAIL("no such call: ", call);
    return x;
}

template <class T>
Variable<T> variable(const Shape& shape, const Numbers& numbers) {
    return tests::reference::as_variable<T>(shape, numbers, true);
}

template <class T>
Variable<T> filled(const Shape& shape, double value) {
    return Variable<T>(Tensor<T>(shape, static_cast<T>(value)), true);
}

/// The gradient of the sum of y's elements.
template <class T>
Variable<T> gradient(const Variable<T>& y, const Variable<T>& x) {
    return grad(y, wrt(x), {.seed = filled<T>(y.shape(), 1).detach()})[0];
}

} // namespace

TEST_CASE("reductions agree with PyTorch") {
    for (const Case& c : tests::reference::reduction_cases) {
        if (c.call.starts_with("cum")) continue; // cumulative_test.cpp
        const auto call = [](const std::string& text, const auto& x) { return reduction(text, x); };
        tests::reference::check<double>(c, call);
        tests::reference::check<float>(c, call);
    }
}

TEST_CASE_TEMPLATE("reductions of every layout give what a plain loop gives", T, float, double) {
    // Rows and columns around the widths of SIMD batches, of unrolled loops and of tiles.
    for (const std::size_t outer : {1, 3}) {
        for (const std::size_t extent : {1, 2, 5, 63, 64, 67, 300, 5000}) {
            for (const std::size_t inner : {1, 2, 15, 16, 17, 31, 64, 65, 500, 512, 513, 530}) {
                if (extent * inner > 300000) continue;
                Tensor<T> x({outer, extent, inner});
                for (std::size_t i = 0; i < x.size(); ++i)
                    x.data()[i] = static_cast<T>((i * 37 + i / 7) % 101) - 50;
                const Variable<T> v(x, false);
                const auto s = sum(v, 1), m = max(v, 1), l = min(v, 1), n = norm(v, 1, 1);
                bool equal = true; // all of these sums are exact
                for (std::size_t o = 0; o < outer; ++o) {
                    for (std::size_t j = 0; j < inner; ++j) {
                        T total = 0, largest = -100, smallest = 100, magnitude = 0;
                        for (std::size_t i = 0; i < extent; ++i) {
                            const T element = x.data()[(o * extent + i) * inner + j];
                            total += element;
                            magnitude += std::abs(element);
                            largest = std::max(largest, element);
                            smallest = std::min(smallest, element);
                        }
                        const std::size_t k = o * inner + j;
                        equal = equal && s.tensor().data()[k] == total && m.tensor().data()[k] == largest &&
                                l.tensor().data()[k] == smallest && n.tensor().data()[k] == magnitude;
                    }
                }
                INFO("shape ", to_string(x.shape()));
                CHECK(equal);
            }
        }
    }
}

TEST_CASE("float sums keep their digits") {
    // Added up one by one in float, five million times 0.1 is off by a tenth. Here no more than eight
    // additions are made in float, each of which is off by 2^-25 of the sum so far at most, and the result is
    // rounded once.
    const double tolerance = 9 * 0x1p-24;
    const std::size_t n = 5'000'000;
    const double exact = static_cast<double>(0.1f) * n;
    const auto x = Variable<float>(Tensor<float>({n, 1}, 0.1f), false);
    CHECK(std::abs(static_cast<double>(sum(x).item()) / exact - 1) < tolerance);
    CHECK(std::abs(mean(x).item() / 0.1f - 1) < tolerance);
    const auto wide = Variable<float>(Tensor<float>({n / 20, 20}, 0.1f), false);
    for (const auto& columns : {sum(wide, 0), sum_to(wide, {20})}) {
        for (const float column : columns.tensor()) {
            CHECK(std::abs(static_cast<double>(column) / (exact / 20) - 1) < tolerance);
        }
    }
}

TEST_CASE_TEMPLATE("the spread of equal elements is zero, and so is its gradient", T, float, double) {
    for (const double value : {0.1, -1e6 / 3, 0.0}) {
        for (const Shape& shape : {Shape{1}, Shape{7}, Shape{1000}, Shape{3, 333}}) {
            const auto x = filled<T>(shape, value);
            CHECK(var(x).item() == 0);
            CHECK(stddev(x, {}, keepdims).item() == 0);
            CHECK(agree(gradient(stddev(x), x), Numbers(x.size(), 0)));
        }
    }
    // One constant row among others; and the second derivative there.
    const auto x = variable<T>({2, 2}, {3, 3, 1, 5});
    const auto s = stddev(x, 1);
    CHECK(agree(s, {0, 2}));
    const auto first = grad(s, wrt(x), {.seed = variable<T>({2}, {1, 1}).detach(), .create_graph = true})[0];
    CHECK(agree(first, {0, 0, -0.5, 0.5}));
    // d2/dx2 of |x1 - x2| / 2 is zero away from the kink.
    CHECK(agree(grad(first, wrt(x), {.seed = variable<T>({2, 2}, {1, 2, 3, 5}).detach()})[0], {0, 0, 0, 0}));
}

TEST_CASE_TEMPLATE("a small spread beside a large mean is not lost", T, float, double) {
    const double big = std::is_same_v<T, float> ? 4096 : 1e9;
    const auto x = variable<T>({4}, {big - 1, big + 1, big - 1, big + 1});
    CHECK(var(x).item() == 1);
    CHECK(var(x, {}, false, 1).item() == doctest::Approx(4.0 / 3));
}

TEST_CASE_TEMPLATE("NaN prevails in max and min, wherever it is", T, float, double) {
    for (const std::size_t n : {1, 5, 16, 40, 100}) {
        for (const std::size_t at : {std::size_t{0}, n / 2, n - 1}) {
            Numbers numbers(2 * n, 1);
            numbers[at] = NaN;
            const auto rows = variable<T>({2, n}, numbers);
            for (const auto& y : {max(rows, 1), min(rows, 1), norm(rows, infinity, 1)}) {
                CHECK(std::isnan(y.tensor().data()[0]));
                CHECK(y.tensor().data()[1] == 1);
            }
            Numbers across(2 * n, 1);
            across[2 * at] = NaN;
            const auto columns = variable<T>({n, 2}, across);
            for (const auto& y : {max(columns, 0), min(columns, 0), norm(columns, infinity, 0)}) {
                CHECK(std::isnan(y.tensor().data()[0]));
                CHECK(y.tensor().data()[1] == 1);
            }
            CHECK(std::isnan(gradient(max(rows, 1), rows).tensor().data()[at]));
        }
    }
    CHECK(max(variable<T>({2}, {-infinity, -infinity})).item() == -infinity);
    CHECK(min(variable<T>({2}, {infinity, infinity})).item() == infinity);
}

TEST_CASE_TEMPLATE("elements that tie share the gradient evenly", T, float, double) {
    const auto x = variable<T>({2, 4}, {1, 3, 3, 3, 2, 2, -2, 1});
    const T third = T(1) / 3;
    CHECK(agree(gradient(max(x, 1), x), {0, third, third, third, 0.5, 0.5, 0, 0}));
    CHECK(agree(gradient(min(x, {0, 1}), x), {0, 0, 0, 0, 0, 0, 1, 0}));
    CHECK(agree(gradient(norm(x, infinity, 1), x), {0, third, third, third, third, third, -third, 0}));
}

TEST_CASE("the second derivative of a product with two zeros") {
    const auto x = variable<double>({5}, {2, 0, 3, 0, 4});
    const auto first = grad(prod(x), wrt(x), {.create_graph = true})[0];
    CHECK(agree(first, {0, 0, 0, 0, 0}));
    // Only d2/dx2 dx4 is not zero: the product of the others, 24.
    CHECK(agree(grad(first, wrt(x), {.seed = variable<double>({5}, {1, 2, 3, 5, 7}).detach()})[0],
                {0, 120, 0, 48, 0}));
}

TEST_CASE_TEMPLATE("norms at zero and at the ends of the range", T, float, double) {
    const auto zero = filled<T>({2, 3}, 0);
    for (const double order : {1.0, 2.0, infinity}) {
        CHECK(norm(zero, order).item() == 0);
        CHECK(agree(gradient(norm(zero, order, 1), zero), Numbers(6, 0)));
    }
    // The squares of these overflow and underflow.
    const double big = std::is_same_v<T, float> ? 1e30 : 1e300, small = 1 / big;
    const auto x = variable<T>({3, 2}, {3 * big, -4 * big, 3 * small, 4 * small, 3, 4});
    const auto y = norm(x, 2, 1);
    CHECK(y.tensor().data()[0] == doctest::Approx(5 * big));
    CHECK(y.tensor().data()[1] == doctest::Approx(5 * small));
    CHECK(y.tensor().data()[2] == doctest::Approx(5));
    CHECK(agree(gradient(y, x), {0.6, -0.8, 0.6, 0.8, 0.6, 0.8}));
    CHECK(norm(variable<T>({2}, {infinity, 1})).item() == infinity);
    CHECK(std::isnan(norm(variable<T>({2}, {NaN, 1})).item()));
}

TEST_CASE_TEMPLATE("logsumexp is stable", T, float, double) {
    const double log2 = std::log(2.0), log3 = std::log(3.0);
    const auto x = variable<T>({3, 2}, {1000, 1000, -1000, -1000, 1000, -1000});
    CHECK(agree(logsumexp(x, 1), {1000 + log2, -1000 + log2, 1000}));
    const auto row = variable<T>({3}, {-1000, -1000, -1000});
    CHECK(logsumexp(row).item() == doctest::Approx(-1000 + log3));
    CHECK(agree(gradient(logsumexp(row), row), {1.0 / 3, 1.0 / 3, 1.0 / 3}));
    CHECK(agree(gradient(logsumexp(x, 1), x), {0.5, 0.5, 0.5, 0.5, 1, 0}));
    // Nothing but -inf, beside a row with one -inf; across rows, too.
    const auto cut = variable<T>({2, 2}, {-infinity, -infinity, -infinity, 3});
    const auto y = logsumexp(cut, 1);
    CHECK(y.tensor().data()[0] == -infinity);
    CHECK(y.tensor().data()[1] == 3);
    CHECK(agree(gradient(y, cut), {0, 0, 0, 1}));
    const auto down = logsumexp(cut, 0);
    CHECK(down.tensor().data()[0] == -infinity);
    CHECK(agree(gradient(down, cut), {0, 0, 0, 1}));
    CHECK(logsumexp(variable<T>({2}, {infinity, 1})).item() == infinity);
    CHECK(std::isnan(logsumexp(variable<T>({2}, {NaN, 1})).item()));
}

TEST_CASE("reductions of nothing") {
    const auto x = filled<double>({0, 3}, 0);
    CHECK(sum(x).item() == 0);
    CHECK(agree(sum(x, 0), {0, 0, 0}));
    CHECK(agree(prod(x, 0, keepdims), {1, 1, 1}));
    CHECK(prod(x, 0, keepdims).shape() == Shape{1, 3});
    CHECK(norm(x, 1).item() == 0);
    CHECK(norm(x).item() == 0);
    CHECK(logsumexp(x).item() == -infinity);
    CHECK(gradient(sum(x, 0), x).shape() == Shape{0, 3});
    // No element of the result is missing an operand.
    CHECK(max(x, 1).shape() == Shape{0});
    CHECK(mean(x, 1, keepdims).shape() == Shape{0, 1});

    CHECK(message_of<ValueError>([&] { max(x); }) ==
          "max: there is nothing to reduce in an array of shape (0, 3)");
    CHECK(message_of<ValueError>([&] { min(x, 0); }) ==
          "min: there is nothing to reduce in an array of shape (0, 3)");
    CHECK(message_of<ValueError>([&] { mean(x, 0); }) ==
          "mean: there is nothing to reduce in an array of shape (0, 3)");
    CHECK(message_of<ValueError>([&] { norm(x, infinity); }) ==
          "norm: there is nothing to reduce in an array of shape (0, 3)");
    CHECK(message_of<ValueError>([&] { var(x, 0); }) ==
          "var: needs more than 0 elements (ddof), not 0, in an array of shape (0, 3)");
}

TEST_CASE("reductions refuse axes and options that make no sense") {
    const auto x = filled<float>({2, 3}, 1);
    CHECK(message_of<IndexError>([&] { sum(x, 2); }) == "sum: axis 2 is out of range for shape (2, 3)");
    CHECK(message_of<IndexError>([&] {
              prod(x, {0, -3});
          }) == "prod: axis -3 is out of range for shape (2, 3)");
    CHECK(message_of<ValueError>([&] {
              mean(x, {1, -1});
          }) == "mean: axis -1 is given twice: axes {1, -1} of shape (2, 3)");
    CHECK(message_of<ValueError>([&] { stddev(x, 0, false, 2); }) ==
          "stddev: needs more than 2 elements (ddof), not 2, in an array of shape (2, 3)");
    CHECK(message_of<ValueError>([&] { norm(x, 3); }) ==
          "norm: the order must be 1, 2 or infinity, not 3.000000");
    static_assert(!std::is_convertible_v<bool, Axes>, "sum(x, keepdims) must not reduce axis 1");
}

TEST_CASE("an error names the place of the call") {
    const auto x = filled<float>({2, 3}, 1);
    try {
        sum(x, 2);
        FAIL("nothing was thrown");
    } catch (const IndexError& error) {
        CHECK(std::string(error.what()).find("called at reduction_test.cpp:") != std::string::npos);
    }
}

// dropout: how many are kept, the mean, and that everything goes by one draw.
#include <xgrad/autodiff/backward.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/dropout.hpp>
#include <xgrad/ops/reduction.hpp>

#include "tests/message_of.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using tests::message_of;

namespace {

template <class T>
Variable<T> ones(std::size_t n) {
    return Variable<T>(Tensor<T>(Shape{n}, T(1)), true);
}

template <class T>
bool same(const Variable<T>& a, const Variable<T>& b) {
    return std::equal(a.tensor().begin(), a.tensor().end(), b.tensor().begin(), b.tensor().end());
}

} // namespace

TEST_CASE_TEMPLATE("dropout keeps as many as it should, and the mean", T, float, double) {
    constexpr std::size_t n = 100'001;
    Generator generator(1);
    for (const double p : {0.01, 0.1, 0.5, 0.9}) {
        const auto y = dropout(ones<T>(n), p, generator);
        const T scale = static_cast<T>(1 / (1 - p));
        std::size_t kept = 0, pairs = 0, others = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const T element = y.tensor().data()[i];
            others += element != 0 && element != scale;
            kept += element != 0;
            pairs += i > 0 && element != 0 && y.tensor().data()[i - 1] != 0;
        }
        INFO("p = ", p);
        CHECK(others == 0);
        const auto within = [](std::size_t count, double expected, double deviation) {
            return std::abs(static_cast<double>(count) - expected) < 5 * deviation;
        };
        const double q = 1 - p, deviation = std::sqrt(n * p * q);
        CHECK(within(kept, n * q, deviation));
        // Neighbours are independent: of n - 1 overlapping pairs the count has variance n (q^2 - q^4 + 2 (q^3 - q^4)).
        CHECK(within(pairs, (n - 1) * q * q, std::sqrt(n * (q * q + 2 * q * q * q - 3 * q * q * q * q))));
        CHECK(std::abs(static_cast<double>(mean(y).item()) - 1) < 5 * deviation / q / n);
    }
}

TEST_CASE_TEMPLATE("dropout drops the same in the derivatives", T, float, double) {
    Generator generator(2);
    const auto x = ones<T>(501);
    const auto y = dropout(x, 0.4, generator);
    const auto seed = Variable<T>(Tensor<T>(y.shape(), T(1)), true);
    const auto dx = grad(y, wrt(x), {.seed = seed, .create_graph = true})[0];
    CHECK(same(dx, y));
    CHECK(same(grad(dx, wrt(seed), {.seed = seed.detach()})[0], y));
    CHECK(same(grad(y + y, wrt(x), {.seed = seed.detach()})[0], y + y));
}

TEST_CASE("dropout is drawn anew in each call, and again the same from the same seed") {
    const auto x = ones<float>(200);
    Generator generator(3), again(3), other(4);
    const auto first = dropout(x, 0.5, generator), second = dropout(x, 0.5, generator);
    CHECK_FALSE(same(first, second));
    CHECK(same(dropout(x, 0.5, again), first));
    CHECK(same(dropout(x, 0.5, again), second));
    CHECK_FALSE(same(dropout(x, 0.5, other), first));
    manual_seed(3);
    CHECK(same(dropout(x), first));
}

TEST_CASE("dropout with probability 0 and 1") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Generator generator(5);
    const Variable x{1.0, infinity, -2.0};
    CHECK(same(dropout(x, 0, generator), x));
    CHECK(generator == Generator(5)); // nothing is drawn
    const auto y = dropout(x, 1, generator);
    CHECK(same(y, Variable{0.0, 0.0, 0.0}));
    CHECK(same(grad(y, wrt(x), {.seed = x.detach()})[0], Variable{0.0, 0.0, 0.0}));
}

TEST_CASE("dropout refuses what is no probability") {
    const Variable x{1.0, 2.0};
    Generator generator(6);
    CHECK(message_of<ValueError>([&] { dropout(x, 1.5, generator); }) ==
          "dropout: the probability must be in [0, 1], but is 1.500000");
    CHECK_THROWS_AS(dropout(x, -0.1, generator), ValueError);
    CHECK_THROWS_AS(dropout(x, std::numeric_limits<double>::quiet_NaN(), generator), ValueError);
    CHECK(generator == Generator(6));
}

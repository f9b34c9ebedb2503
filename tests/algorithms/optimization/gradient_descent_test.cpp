// Gradient descent: PyTorch's paths, the formula by hand, line search and Newton, and why it stops.
#include "tests/algorithms/optimization/functions.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/optimization.hpp"

#include <xgrad/algorithms/optimization/gradient_descent.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/reduction.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;
namespace truth = xgrad::tests::reference::optimization;

namespace {

const auto parabola = [](auto x) { return square(x); };

std::vector<double> numbers(const Array<double>& array) { return {array.begin(), array.end()}; }

/// Points 0, 1, 2 and 50 of the path, the values there and the lengths of the gradient.
void check_path(const DescentMethod& method, const std::vector<double>& expected) {
    const DescentResult descent = gradient_descent(rosenbrock, {-1.2, 1.0}, {.method = method, .max_iter = 50});
    CHECK(descent.n_iter == 50);
    CHECK(descent.stop == DescentStop::max_iter);
    REQUIRE(descent.path.shape(0) == 51);
    std::size_t k = 0;
    for (const std::size_t i : {0, 1, 2, 50}) {
        for (const double number : {descent.path(i, 0), descent.path(i, 1), descent.values(i), descent.gradient_norms(i)}) {
            CAPTURE(i);
            CHECK(number == doctest::Approx(expected[k++]).epsilon(1e-9));
        }
    }
    CHECK(descent.x == Array<double>{descent.path(50, 0), descent.path(50, 1)});
    CHECK(descent.value == descent.values(50));
}

} // namespace

TEST_CASE("the paths of the optimizers are PyTorch's") {
    check_path(nn::SGDOptions{.lr = 1e-3}, truth::plain);
    check_path(nn::SGDOptions{.lr = 1e-3, .momentum = 0.9}, truth::momentum);
    check_path(nn::SGDOptions{.lr = 1e-3, .momentum = 0.9, .nesterov = true}, truth::nesterov);
    check_path(nn::AdagradOptions{.lr = 0.1}, truth::adagrad);
    check_path(nn::RMSpropOptions{.lr = 0.01}, truth::rmsprop);
    check_path(nn::AdadeltaOptions{}, truth::adadelta);
    check_path(nn::AdamOptions{.lr = 0.05}, truth::adam);
}

TEST_CASE("a step is x - alpha v") {
    // On x^2 a step of 1/4 halves x: each number is exact.
    const DescentResult descent = gradient_descent(parabola, 8.0, {.method = nn::SGDOptions{.lr = 0.25}, .tolerance = 0.5});
    CHECK(descent.stop == DescentStop::converged);
    CHECK(descent.n_iter == 5); // 2 x = 0.5 at x = 0.25
    CHECK(numbers(descent.path) == std::vector<double>{8, 4, 2, 1, 0.5, 0.25});
    CHECK(descent.values == Array<double>{64, 16, 4, 1, 0.25, 0.0625});
    CHECK(descent.gradient_norms == Array<double>{16, 8, 4, 2, 1, 0.5});
    CHECK(descent.x.dimension() == 0);
    CHECK(descent.x() == 0.25);

    // The notes' gradient of 2 x^2 + 4 y is (4 x, 4).
    const auto f = [](auto x, auto y) { return 2 * square(x) + 4 * y; };
    const DescentResult two = gradient_descent(f, {3, 1}, {.method = nn::SGDOptions{.lr = 0.125}, .max_iter = 2});
    CHECK(two.path == Array<double>{{3, 1}, {1.5, 0.5}, {0.75, 0}});
    CHECK(two.gradient_norms(0) == doctest::Approx(std::sqrt(160)).epsilon(1e-15));
}

TEST_CASE("momentum adds the step before, times its coefficient") {
    // w <- w - eta g + alpha (step before), on x^2 with eta = 1/4 and alpha = 1/2: 8, 4, then 4 - 2 - 2, then 0 - 0 - 2.
    const DescentResult descent =
        gradient_descent(parabola, 8, {.method = nn::SGDOptions{.lr = 0.25, .momentum = 0.5}, .max_iter = 3});
    CHECK(numbers(descent.path) == std::vector<double>{8, 4, 0});
    CHECK(descent.stop == DescentStop::converged); // it does not see that it is passing by
    const DescentResult on = gradient_descent([](auto x) { return square(x - 1); }, 9,
                                        {.method = nn::SGDOptions{.lr = 0.125, .momentum = 0.5}, .max_iter = 3});
    CHECK(numbers(on.path) == std::vector<double>{9, 7, 4.5, 2.375});
}

TEST_CASE("functions of one, two, three, four and n variables") {
    const GradientDescentOptions options{.method = nn::SGDOptions{.lr = 0.25}};
    const auto bowl = [](auto x, auto y, auto z) { return square(x - 1) + square(y) + square(z + 2); };
    const auto three = gradient_descent(bowl, {5, 5, 5}, options);
    const auto four = gradient_descent([=](auto x, auto y, auto z, auto w) { return bowl(x, y, z) + square(w); }, {5, 5, 5, 5}, options);
    const auto many = gradient_descent([](auto x) { return sum(square(x - Array<double>{1, 0, -2, 0})); }, {5, 5, 5, 5}, options);
    CHECK(three.stop == DescentStop::converged);
    CHECK(three.path.shape(1) == 3);
    for (std::size_t j = 0; j < 3; ++j) CHECK(std::abs(three.x(j) - (j == 0 ? 1. : j == 2 ? -2. : 0.)) < 1e-6);
    CHECK(four.path == many.path);
    const auto matrix = gradient_descent([](const Variable<double>& x) { return sum(square(x)); }, {{1, 2}, {3, 4}}, options);
    CHECK(matrix.x.shape() == Array<double>{{1, 2}, {3, 4}}.shape());
    CHECK(matrix.path.shape(1) == 4);
    CHECK(matrix.stop == DescentStop::converged);
}

TEST_CASE("from four starts to the four minima of Himmelblau's function") {
    const double starts[4][2] = {{3, 3}, {-3, 3}, {-3, -3}, {3, -3}};
    std::vector<std::size_t> found;
    for (const auto& start : starts) {
        const auto descent = gradient_descent(himmelblau, {start[0], start[1]}, {.method = nn::SGDOptions{.lr = 0.01}, .tolerance = 1e-10});
        CHECK(descent.stop == DescentStop::converged);
        CHECK(std::is_sorted(descent.values.begin(), descent.values.end(), std::greater<>()));
        for (std::size_t k = 0; k < truth::himmelblau.size(); k += 4) {
            const double* const point = &truth::himmelblau[k];
            if (std::hypot(descent.x(0) - point[0], descent.x(1) - point[1]) < 1e-10 && point[2] > 0) found.push_back(k);
        }
    }
    std::sort(found.begin(), found.end());
    CHECK(found.size() == 4);
    CHECK(std::unique(found.begin(), found.end()) == found.end());
}

TEST_CASE("a line search goes down by its condition at each step") {
    const BacktrackingOptions method{.lr = 1, .shrink = 0.5, .sufficient = 0.3};
    const DescentResult descent = gradient_descent(rosenbrock, {-1.2, 1}, {.method = method, .max_iter = 300});
    for (std::size_t i = 0; i < descent.n_iter; ++i) {
        const double norm = descent.gradient_norms(i);
        const double t = std::hypot(descent.path(i + 1, 0) - descent.path(i, 0), descent.path(i + 1, 1) - descent.path(i, 1)) / norm;
        const double halvings = std::log2(t);
        CHECK(std::abs(halvings - std::round(halvings)) < 1e-6);
        CHECK(descent.values(i + 1) <= descent.values(i) - 0.299999 * t * norm * norm);
    }
    CHECK(descent.n_iter == 300);
    // On x^2 the first length, 1, leads to -x, and the half of it to 0.
    CHECK(numbers(gradient_descent(parabola, 3, {.method = BacktrackingOptions{}}).path) == std::vector<double>{3, 0});
    // A gradient of 2e-30 does not move 1e10.
    const DescentResult stalled =
        gradient_descent([](auto x) { return 1e-40 * square(x); }, 1e10, {.method = BacktrackingOptions{}, .tolerance = 0});
    CHECK(stalled.stop == DescentStop::stalled);
    CHECK(to_string(stalled.stop) == "stalled");
    // A length that is hardly shrunk is tried 1001 times.
    std::size_t calls = 0;
    const auto counted = [&calls](auto x) {
        ++calls;
        return square(x);
    };
    const BacktrackingOptions slow{.lr = 1, .shrink = 1 - 1e-6, .sufficient = 0.9};
    CHECK(gradient_descent(counted, 1, {.method = slow}).stop == DescentStop::stalled);
    CHECK(calls >= 1001);
    CHECK(calls < 1010);
}

TEST_CASE("Newton's method takes the textbook's steps on Rosenbrock's function") {
    const DescentResult pure =
        gradient_descent(rosenbrock, {-1.2, 1}, {.method = nn::NewtonOptions{.backtracking = false}, .tolerance = 1e-9});
    CHECK(pure.stop == DescentStop::converged);
    CHECK(pure.n_iter <= 7);
    CHECK(pure.path(1, 0) == doctest::Approx(-1.175280898876405).epsilon(1e-12));
    CHECK(pure.path(1, 1) == doctest::Approx(1.380674157303371).epsilon(1e-12));
    CHECK(std::abs(pure.x(0) - 1) < 1e-12);
    CHECK(std::abs(pure.x(1) - 1) < 1e-12);
}

TEST_CASE("why it stops") {
    // 1 - 2 alpha = -1: back and forth for ever; beyond that, away.
    const DescentResult forever = gradient_descent(parabola, 1, {.method = nn::SGDOptions{.lr = 1}, .max_iter = 7});
    CHECK(forever.stop == DescentStop::max_iter);
    CHECK(forever.n_iter == 7);
    CHECK(forever.x() == -1);
    const DescentResult away = gradient_descent(parabola, 1, {.method = nn::SGDOptions{.lr = 1.5}});
    CHECK(away.stop == DescentStop::diverged);
    CHECK(to_string(away.stop) == "diverged");
    CHECK(std::abs(away.x()) > 2e8);
    CHECK(away.n_iter == 28); // 2^28 > 2e8 + 1
    // The function overflows before the distance does: the last finite point is kept.
    const DescentResult overflow = gradient_descent([](auto x) { return exp(square(x)); }, 2, {.method = nn::SGDOptions{.lr = 1}});
    CHECK(overflow.stop == DescentStop::diverged);
    CHECK(overflow.n_iter == 0);
    CHECK(overflow.x() == 2);
    CHECK(overflow.value == doctest::Approx(std::exp(4.)).epsilon(1e-14));
    // Unbounded below.
    const DescentResult below = gradient_descent([](auto x) { return -square(x); }, 1, {.method = nn::SGDOptions{.lr = 1}});
    CHECK(below.stop == DescentStop::diverged);

    const DescentResult enough = gradient_descent(parabola, 8, {.method = nn::SGDOptions{.lr = 0.25}, .target = 5});
    CHECK(enough.stop == DescentStop::target);
    CHECK(enough.value == 4);
    const DescentResult there = gradient_descent(parabola, 0);
    CHECK(there.stop == DescentStop::converged);
    CHECK(there.n_iter == 0);
    // A constant has no gradient.
    CHECK(gradient_descent([](const Variable<double>&) { return constant(3.0); }, 1).stop == DescentStop::converged);
    CHECK(gradient_descent(parabola, 1, {.max_iter = 0}).n_iter == 0);
}

TEST_CASE("what the function captured is left alone") {
    const Variable<double> a{2.0};
    const DescentResult descent = gradient_descent([&](auto x) { return a * square(x - 1); }, 0, {.method = nn::SGDOptions{.lr = 0.25}});
    CHECK(descent.x() == 1);
    CHECK_FALSE(a.has_grad());
    CHECK(gradient_descent([&](auto x) { return a * square(x - 1); }, 0, {.method = nn::NewtonOptions{}}).stop == DescentStop::converged);
    CHECK_FALSE(a.has_grad());
    // Nor does a scope without recording keep it from its gradient.
    const NoGrad scope;
    CHECK(gradient_descent(parabola, 1, {.method = nn::SGDOptions{.lr = 0.5}}).x() == 0);
    CHECK(std::abs(gradient_descent(parabola, 1, {.method = nn::NewtonOptions{}}).x()) < 1e-15);
}

TEST_CASE("what gradient_descent refuses") {
    CHECK(message_of<ShapeError>([] { gradient_descent(rosenbrock, {1, 2, 3}); }) ==
          "gradient_descent: f takes 2 Variables, but the point has shape (3)");
    CHECK_THROWS_AS(gradient_descent(rosenbrock, 1), ShapeError);
    CHECK(message_of<ShapeError>([] { gradient_descent(parabola, {1, 2}); }) ==
          "gradient_descent: f must return one element, not shape (2)");
    CHECK(message_of<ValueError>([] { gradient_descent(parabola, Array<double>::from_shape({0})); }) == "gradient_descent: x0 is empty");
    CHECK_THROWS_AS(gradient_descent(parabola, NAN), ValueError);
    CHECK_THROWS_AS(gradient_descent([](auto x) { return log(x); }, 0), ValueError);
    CHECK(message_of<ValueError>([] { gradient_descent(parabola, 1, {.tolerance = -1}); }) == "gradient_descent: tolerance is -1");
    CHECK_THROWS_AS(gradient_descent(parabola, 1, {.tolerance = NAN}), ValueError);
    CHECK_THROWS_AS(gradient_descent(parabola, 1, {.target = NAN}), ValueError);
    CHECK_THROWS_AS(gradient_descent(parabola, 1, {.divergence = 0}), ValueError);
    CHECK_THROWS_AS(gradient_descent(parabola, 1, {.method = nn::SGDOptions{.lr = -1}}), ValueError);
    CHECK_THROWS_AS(gradient_descent(parabola, 1, {.method = BacktrackingOptions{.lr = 0}}), ValueError);
    CHECK_THROWS_AS(gradient_descent(parabola, 1, {.method = BacktrackingOptions{.shrink = 1}}), ValueError);
    CHECK_THROWS_AS(gradient_descent(parabola, 1, {.method = BacktrackingOptions{.sufficient = NAN}}), ValueError);
}

// Newton's method: one step to the minimum of a quadratic, quadratic convergence, indefinite Hessians, what is refused.
#include <xgrad/nn/optim/newton.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/power.hpp>

#include "tests/message_of.hpp"
#include "tests/nn/optim/network.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using tests::message_of;
using tests::Network;

namespace {

Variable<double> rosenbrock(const Variable<double>& x) {
    const auto a = slice(x, {0}), b = slice(x, {1});
    return square(1 - a) + 100 * square(b - square(a));
}

} // namespace

TEST_CASE_TEMPLATE("Newton solves a linear regression in one step", T, float, double) {
    const Array<T> X = {{1, 0}, {1, 1}, {1, 2}, {1, 3}}, y = {1, 3, 5, 7}; // y = 1 + 2 x
    const Variable<T> theta{T(0), T(0)};
    nn::Newton optimizer(std::vector{theta});
    const auto cost = [&] { return nn::squared_error(matmul(X, theta), y); };
    CHECK(optimizer.step(cost) == doctest::Approx(10.5));
    CHECK(theta.value()(0) == doctest::Approx(1).epsilon(1e-4));
    CHECK(theta.value()(1) == doctest::Approx(2).epsilon(1e-4));
    CHECK_FALSE(theta.has_grad());
}

TEST_CASE("Newton on Rosenbrock's function takes the pure steps of the textbook") {
    // From (-1.2, 1) the full steps go to (-1.1752809, 1.3806742) and, uphill at first, arrive in six.
    const Variable<double> x{-1.2, 1.0};
    nn::Newton pure(std::vector{x}, {.backtracking = false});
    pure.step([&] { return rosenbrock(x); });
    CHECK(x.value()(0) == doctest::Approx(-1.175280898876405).epsilon(1e-12));
    CHECK(x.value()(1) == doctest::Approx(1.380674157303371).epsilon(1e-12));
    for (int step = 0; step < 5; ++step) pure.step([&] { return rosenbrock(x); });
    CHECK(rosenbrock(x).item() < 1e-15);
}

TEST_CASE("Newton with backtracking never goes uphill") {
    const Variable<double> x{-1.2, 1.0};
    nn::Newton optimizer(std::vector{x});
    double last = std::numeric_limits<double>::infinity();
    for (int step = 0; step < 25; ++step) {
        const double loss = optimizer.step([&] { return rosenbrock(x); });
        CHECK(loss <= last);
        last = loss;
    }
    CHECK(std::abs(x.value()(0) - 1) < 1e-9);
    CHECK(std::abs(x.value()(1) - 1) < 1e-9);
}

TEST_CASE("Newton goes downhill where the Hessian is not positive definite") {
    // At (0.1, 0.1) the Hessian of x^4 / 4 - x^2 / 2 + y^2 is diag(3 x^2 - 1, 2): a pure step goes to the maximum at 0.
    const Variable<double> x{0.1, 0.1};
    nn::Newton optimizer(std::vector{x});
    const auto f = [&] {
        const auto a = slice(x, {0}), b = slice(x, {1});
        return square(square(a)) / 4 - square(a) / 2 + square(b);
    };
    for (int step = 0; step < 12; ++step) optimizer.step(f);
    CHECK(std::abs(std::abs(x.value()(0)) - 1) < 1e-9);
    CHECK(std::abs(x.value()(1)) < 1e-9);
    CHECK(f().item() == doctest::Approx(-0.25));
}

TEST_CASE("Newton with a singular Hessian, several parameters and a frozen one") {
    const Variable<double> a{1.0, 2.0}, b{3.0}, unused{5.0}, frozen{7.0};
    frozen.cell().requires_grad = false;
    nn::Newton optimizer(std::vector{a, frozen, b, unused}, {.damping = 1e-6});
    const auto f = [&] { return sum(square(a - frozen)) + square(b + frozen); };
    optimizer.step(f);
    optimizer.step(f);
    CHECK(a.value()(0) == doctest::Approx(7));
    CHECK(a.value()(1) == doctest::Approx(7));
    CHECK(b.item() == doctest::Approx(-7));
    CHECK(unused.item() == 5);
    CHECK(frozen.item() == 7);
}

TEST_CASE("Newton trains a small network further than gradient descent") {
    const Network<double> net;
    nn::Newton optimizer(net.parameters(), {.damping = 1e-3});
    for (int step = 0; step < 30; ++step) optimizer.step([&] { return net.loss(); });
    CHECK(net.loss().item() < tests::reference::optimizer_trajectories[0].losses.back() / 5);
}

TEST_CASE("Newton refuses what is too large or not finite, and changes nothing then") {
    const Variable<double> many(Tensor<double>({5000}, 1.0), true);
    CHECK(message_of<ValueError>([&] { nn::Newton(std::vector{many}); }) ==
          "Newton: 5000 elements are more than the 4096 whose Hessian it takes on");
    CHECK(message_of<ValueError>([&] { nn::Newton(std::vector{Variable{1.0}}, {.damping = -1}); }) ==
          "Newton: damping is -1, not in [0, inf)");
    const Variable<double> x{0.0};
    nn::Newton optimizer(std::vector{x});
    CHECK(message_of<ValueError>([&] { optimizer.step([&] { return log(x); }); }) ==
          "Newton: the gradient is not finite");
    CHECK(message_of<ValueError>([&] { optimizer.step([&] { return pow(x, 1.5); }); }) ==
          "Newton: the Hessian is not finite");
    CHECK_THROWS_AS(optimizer.step([&] { return many; }), ShapeError);
    CHECK(x.item() == 0);
    CHECK(optimizer.step([] { return constant(3.0); }) == 3);

    // Indefinite, and what would have to be added is beyond the largest number.
    const Variable<double> pair{0.5, 0.5};
    nn::Newton steep(std::vector{pair});
    CHECK_THROWS_AS(steep.step([&] { return slice(pair, {0}) * slice(pair, {1}) * 1.79e308; }), ValueError);
    CHECK(pair.value()(0) == 0.5);
}

TEST_CASE("a closure that throws leaves Newton's parameters as they were") {
    const Variable<double> x{-1.2, 1.0};
    nn::Newton optimizer(std::vector{x});
    int evaluations = 0;
    const auto closure = [&] {
        if (++evaluations == 2) throw ValueError("enough", Location());
        return rosenbrock(x);
    };
    CHECK(message_of<ValueError>([&] { optimizer.step(closure); }) == "enough");
    CHECK(x.value()(0) == -1.2);
    CHECK(x.value()(1) == 1);
}

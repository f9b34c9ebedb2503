// The penalties: values and derivatives by hand.
#include <xgrad/autodiff/gradcheck.hpp>
#include <xgrad/nn/penalty.hpp>
#include <xgrad/ops/arithmetic.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/case.hpp"

#include <doctest/doctest.h>

using namespace xgrad;
using tests::reference::agree;

TEST_CASE_TEMPLATE("penalties add up the elements of all parameters", T, float, double) {
    const Variable<T> W{{T(1), T(-2)}, {T(0), T(3)}};
    const Variable<T> v{T(-1), T(0.5)};
    CHECK(nn::l1_penalty({W, v}).item() == 7.5);
    CHECK(nn::l2_penalty({W, v}).item() == 15.25);
    CHECK(nn::l1_penalty(v).item() == 1.5);
    CHECK(nn::l2_penalty(std::vector{W}).item() == 14);
    CHECK(nn::l2_penalty(W).shape() == Shape{});
    const auto [dW, dv] = grad(nn::l1_penalty({W, v}), wrt(W, v));
    CHECK(agree(dW, {1, -1, 0, 1}));
    CHECK(agree(dv, {-1, 1}));
    CHECK(agree(grad(nn::l2_penalty({W, v}) / 2, wrt(W, v))[0], {1, -2, 0, 3}));
    const auto f = [](const auto& a, const auto& b) { return nn::l2_penalty({a, b}); };
    CHECK(gradcheck(f, wrt(W, v), {.order = 2}));
}

TEST_CASE("the penalty of no parameters is 0, that of an empty Variable is refused") {
    CHECK(nn::l1_penalty(std::vector<Variable<float>>{}).item() == 0);
    CHECK(nn::l2_penalty(Variable<double>(Tensor<double>({0, 3}), true)).item() == 0);
    CHECK_THROWS_AS(nn::l2_penalty(Variable<float>()), GraphError);
}

// The digits example's optimizers against the numbers of torch.optim (PyTorch 1.13): x = (1, -2), loss =
// sum(x^4) / 4.
#include "examples/digits/optimizer.hpp"

#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

using namespace digits;
using xgrad::Variable;

namespace {

/// The parameter after three steps.
xgrad::Array<float> descend(std::string_view name, float rate) {
    Variable<float> x{1.0F, -2.0F};
    const auto optimizer = make_optimizer(name, {x});
    for (int step = 0; step < 3; ++step) {
        const auto y = x * x * x * x / 4;
        y.backward({.seed = xgrad::constant(xgrad::Array<float>{1.0F, 1.0F})});
        optimizer->step(rate);
        CHECK_FALSE(x.has_grad());
    }
    return x.value();
}

} // namespace

TEST_CASE("sgd with momentum follows PyTorch") {
    const auto x = descend("sgd", 0.01F);
    CHECK(x(0) == doctest::Approx(0.945300929).epsilon(1e-6));
    CHECK(x(1) == doctest::Approx(-1.592586334).epsilon(1e-6));
}

TEST_CASE("adam follows PyTorch") {
    const auto x = descend("adam", 0.01F);
    CHECK(x(0) == doctest::Approx(0.970033070).epsilon(1e-6));
    CHECK(x(1) == doctest::Approx(-1.970015424).epsilon(1e-6));
}

TEST_CASE("an optimizer that does not exist") {
    CHECK_THROWS_WITH_AS(make_optimizer("newton", {}), "no optimizer named newton", std::invalid_argument);
}

// Clipping: by value, by each norm, and gradients that are not finite.
#include <xgrad/nn/optim/clip.hpp>
#include <xgrad/ops/reduction.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/case.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::Numbers;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Parameters with the gradients (3, -4), 12 and none.
template <class T>
struct Fixture {
    Variable<T> a{T(0), T(0)}, b{T(0)}, without{T(0)};
    std::vector<Variable<T>> all{a, without, b};

    Fixture() { (sum(a * Array<T>{3, -4}) + b * 12).backward(); }
    bool gradients_are(const Numbers& of_a, double of_b) const {
        return agree(constant(a.grad()), of_a) && agree(constant(b.grad()), {of_b}) && !without.has_grad();
    }
};

} // namespace

TEST_CASE_TEMPLATE("clip_grad_value limits each element", T, float, double) {
    const Fixture<T> x;
    nn::clip_grad_value(x.all, 20);
    CHECK(x.gradients_are({3, -4}, 12));
    nn::clip_grad_value(x.all, 3.5);
    CHECK(x.gradients_are({3, -3.5}, 3.5));
    nn::clip_grad_value(x.all, 0);
    CHECK(x.gradients_are({0, 0}, 0));
    CHECK(message_of<ValueError>([&] { nn::clip_grad_value(x.all, -1); }) ==
          "clip_grad_value: the limit is -1, not a number from 0 on");
}

TEST_CASE_TEMPLATE("clip_grad_norm scales all gradients together", T, float, double) {
    const Fixture<T> x;
    CHECK(nn::clip_grad_norm(x.all, 20) == doctest::Approx(13));
    CHECK(x.gradients_are({3, -4}, 12));
    CHECK(nn::clip_grad_norm(x.all, 6.5) == doctest::Approx(13));
    const double scale = 6.5 / (13 + 1e-6);
    CHECK(x.gradients_are({3 * scale, -4 * scale}, 12 * scale));

    const Fixture<T> y, z;
    CHECK(nn::clip_grad_norm(y.all, 9.5, {.norm_type = 1}) == doctest::Approx(19));
    CHECK(y.gradients_are({3 * 9.5 / (19 + 1e-6), -4 * 9.5 / (19 + 1e-6)}, 12 * 9.5 / (19 + 1e-6)));
    CHECK(nn::clip_grad_norm(z.all, 3, {.norm_type = infinity}) == doctest::Approx(12));
    CHECK(z.gradients_are({9 / (12 + 1e-6), -12 / (12 + 1e-6)}, 36 / (12 + 1e-6)));
}

TEST_CASE("clip_grad_norm of gradients that are not finite") {
    Fixture<double> x;
    x.b.grad()(0) = std::nan("");
    for (const double type : {1.0, 2.0, infinity}) {
        CHECK(message_of<ValueError>([&] {
                  nn::clip_grad_norm(x.all, 1, {.norm_type = type, .error_if_nonfinite = true});
              }) == "clip_grad_norm: the norm of the gradients is nan");
    }
    CHECK(agree(constant(x.a.grad()), {3, -4}));
    CHECK(std::isnan(nn::clip_grad_norm(x.all, 1)));
    CHECK(std::isnan(x.a.grad()(0)));

    Fixture<double> y;
    y.b.grad()(0) = infinity;
    CHECK(message_of<ValueError>([&] { nn::clip_grad_norm(y.all, 1, {.error_if_nonfinite = true}); }) ==
          "clip_grad_norm: the norm of the gradients is inf");
    CHECK(nn::clip_grad_norm(y.all, 1) == infinity);
    CHECK(y.a.grad()(0) == 0);
    nn::clip_grad_value(y.all, 1); // a NaN stays one
    CHECK(std::isnan(y.b.grad()(0)));
}

TEST_CASE("clip_grad_norm without gradients, and what it refuses") {
    const std::vector<Variable<float>> none{Variable{1.0F}, Variable<float>(Tensor<float>({0}), true)};
    CHECK(nn::clip_grad_norm(none, 1) == 0);
    CHECK(nn::clip_grad_norm(std::vector<Variable<float>>{}, 1) == 0);
    CHECK(message_of<ValueError>([&] { nn::clip_grad_norm(none, -1); }) ==
          "clip_grad_norm: max_norm is -1, not a number from 0 on");
    CHECK(message_of<ValueError>([&] { nn::clip_grad_norm(none, 1, {.norm_type = 3}); }) ==
          "clip_grad_norm: norm_type is 3, not 1, 2 or infinity");
}

#include "tests/message_of.hpp"

#include <xgrad/nn/init.hpp>
#include <xgrad/nn/parameter.hpp>
#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xgrad;
namespace init = xgrad::nn::init;

namespace {

struct Moments {
    double mean, deviation, least, most;
};

template <class T>
Moments moments(const Variable<T>& x) {
    double sum = 0, square = 0, least = 1e300, most = -1e300;
    for (const T element : x.tensor()) {
        const double value = element;
        sum += value;
        square += value * value;
        least = std::min(least, value);
        most = std::max(most, value);
    }
    const double n = static_cast<double>(x.size());
    return {sum / n, std::sqrt(square / n - sum / n * sum / n), least, most};
}

} // namespace

TEST_CASE_TEMPLATE("initialisers draw from the ranges and with the deviations of their papers", T, float, double) {
    Generator generator(1);
    nn::Parameter<T> weight(Tensor<T>({60, 80, 3, 3})); // fan-in 720, fan-out 540
    // 43200 numbers: the deviation is known to within 5 standard errors of 1/sqrt(2 n), 1.7 %.
    const auto normal_with = [&](double deviation) {
        const Moments m = moments<T>(weight);
        CHECK(m.deviation == doctest::Approx(deviation).epsilon(0.017));
        CHECK(std::abs(m.mean) < 5 * deviation / std::sqrt(43200.0));
        CHECK(m.most > 3 * deviation);
    };
    const auto uniform_in = [&](double bound) {
        const Moments m = moments<T>(weight);
        CHECK(m.most <= bound);
        CHECK(m.least >= -bound);
        CHECK(m.most > 0.999 * bound);
        CHECK(m.least < -0.999 * bound);
        CHECK(m.deviation == doctest::Approx(bound / std::sqrt(3.0)).epsilon(0.017));
    };
    init::xavier_uniform(weight, 1, generator);
    uniform_in(std::sqrt(6.0 / (720 + 540)));
    init::xavier_normal(weight, 5.0 / 3, generator);
    normal_with(5.0 / 3 * std::sqrt(2.0 / (720 + 540)));
    init::kaiming_uniform(weight, {}, generator);
    uniform_in(std::sqrt(2.0) * std::sqrt(3.0 / 720));
    init::kaiming_uniform(weight, {.nonlinearity = init::Nonlinearity::leaky_relu, .slope = std::sqrt(5.0)}, generator);
    uniform_in(1 / std::sqrt(720.0)); // as PyTorch's layers start
    init::kaiming_normal(weight, {.nonlinearity = init::Nonlinearity::linear, .fan = init::Fan::out}, generator);
    normal_with(1 / std::sqrt(540.0));
    init::uniform(weight, -2, 2, generator);
    uniform_in(2);
    init::normal(weight, 0, 3, generator);
    normal_with(3);
    init::zeros(weight);
    CHECK(moments<T>(weight).most == 0);
    init::ones(weight);
    CHECK(moments<T>(weight).least == 1);
    init::constant(weight, -2.5);
    CHECK(moments<T>(weight).most == -2.5);
}

TEST_CASE("the gains are those of PyTorch's calculate_gain") {
    using enum init::Nonlinearity;
    CHECK(init::gain(linear) == 1);
    CHECK(init::gain(sigmoid) == 1);
    CHECK(init::gain(tanh) == doctest::Approx(1.6666666666666667).epsilon(1e-15));
    CHECK(init::gain(relu) == doctest::Approx(1.4142135623730951).epsilon(1e-15));
    CHECK(init::gain(leaky_relu, 0.2) == doctest::Approx(1.3867504905630728).epsilon(1e-15));
    CHECK(init::gain(selu) == 0.75);
}

TEST_CASE_TEMPLATE("orthogonal weights have orthonormal rows or columns", T, float, double) {
    Generator generator(2);
    for (const Shape& shape : {Shape{5, 5}, Shape{3, 8}, Shape{8, 3}, Shape{4, 2, 3}, Shape{1, 1}}) {
        CAPTURE(to_string(shape));
        nn::Parameter<T> weight{Tensor<T>(shape)};
        init::orthogonal(weight, 2, generator);
        const auto matrix = reshape(weight.detach(), {shape[0], shape.size() / shape[0]});
        const bool wide = matrix.shape()[0] <= matrix.shape()[1];
        const auto product = wide ? matmul(matrix, matrix, {.transpose_b = true}) : matmul(matrix, matrix, {.transpose_a = true});
        const std::size_t n = product.shape()[0];
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                CHECK(std::abs(product.value()(i, j) - (i == j ? 4 : 0)) < (std::is_same_v<T, float> ? 2e-6 : 4e-15));
            }
        }
    }
    nn::Parameter<T> empty{Tensor<T>({0, 4})};
    CHECK_NOTHROW(init::orthogonal(empty, 1, generator));
}

TEST_CASE("initialisers refuse what they cannot scale") {
    nn::Parameter<> bias{Tensor<float>({4})};
    CHECK(tests::message_of<ShapeError>([&] { init::xavier_uniform(bias); }) ==
          "xavier_uniform: fan-in and fan-out need two axes or more, not shape (4)");
    CHECK_THROWS_AS(init::kaiming_normal(bias), ShapeError);
    CHECK_THROWS_AS(init::orthogonal(bias), ShapeError);
    CHECK_THROWS_AS(init::uniform(bias, 1, 0), ValueError);
    CHECK_THROWS_AS(init::normal(bias, 0, -1), ValueError);
    CHECK_THROWS_AS(init::uniform(bias, 0, 1e39), ValueError); // infinite in float
    CHECK_THROWS_AS(init::uniform(bias, -3e38, 3e38), ValueError);
    CHECK_THROWS_AS(init::normal(bias, 0, 1e39), ValueError);
    CHECK_THROWS_AS(init::normal(bias, NAN, 1), ValueError);
}

// batch_norm and layer_norm: PyTorch's values and derivatives in training and evaluation, running statistics; offsets, sizes
// and arguments at the edge.
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/normalization.hpp>
#include <xgrad/ops/shape.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/normalization.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <sstream>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::Case;
using tests::reference::part;
using tests::reference::Numbers;

namespace {

template <class T>
Tensor<T> tensor_of(const Numbers& numbers) {
    return as_variable<T>({numbers.size()}, numbers, false).tensor();
}

/// The name of a call, and the extents behind it; see normalization.py.
std::pair<std::string, Shape> parse(const std::string& call) {
    std::istringstream text(call);
    std::string name;
    Shape shape;
    text >> name;
    for (std::size_t extent; text >> extent;) shape.push_back(extent);
    return {name, shape};
}

template <class T>
Variable<T> evaluate_call(const std::string& call, const Variable<T>& operands) {
    const auto [name, shape] = parse(call);
    std::size_t start = 0;
    const Variable<T> x = part(operands, start, shape);
    if (name == "plain") return batch_norm(x).output;
    const Shape parameter{shape[1]};
    const Variable<T> weight = part(operands, start, parameter), bias = part(operands, start, parameter);
    if (name == "layer_norm") return layer_norm(x, parameter, weight, bias);
    if (name == "training") return batch_norm(x, weight, bias).output;
    REQUIRE(name == "evaluation");
    return batch_norm(x, tensor_of<T>({0.5, -0.25, 1}), tensor_of<T>({2, 0.125, 0.75}), weight, bias, 0.125);
}

/// What PyTorch's layer does with its running statistics, by what batch_norm() gives.
template <class T>
void check_running(const Case& c) {
    INFO(std::string(c.call));
    const auto operand = as_variable<T>(c.operand, c.x, false);
    const auto running_mean = tensor_of<T>({0, 0, 0}), running_variance = tensor_of<T>({1, 1, 1});
    const T momentum = T(0.25);
    for (int batch = 0; batch < 2; ++batch) {
        const Variable<T> x = slice(operand, {batch}) * (batch + 1) + batch;
        const auto [output, mean, variance] = batch_norm(x);
        for (std::size_t channel = 0; channel < 3; ++channel) {
            T& m = running_mean.data()[channel];
            T& v = running_variance.data()[channel];
            m = (1 - momentum) * m + momentum * mean.data()[channel];
            v = (1 - momentum) * v + momentum * variance.data()[channel];
        }
    }
    const Variable<T> y = batch_norm(slice(operand, {2}), running_mean, running_variance);
    CHECK(agree(concatenate({Variable<T>(running_mean, false), Variable<T>(running_variance, false), flatten(y)}), c.value));
}

} // namespace

TEST_CASE("batch_norm and layer_norm agree with PyTorch") {
    int checked = 0, running = 0;
    for (const Case& c : tests::reference::normalization_cases) {
        const std::string name = parse(std::string(c.call)).first;
        if (name == "running") {
            check_running<double>(c);
            check_running<float>(c);
            ++running;
        } else if (name != "embedding" && name != "padded") {
            const auto call = [](const std::string& text, const auto& x) { return evaluate_call(text, x); };
            tests::reference::check<double>(c, call);
            tests::reference::check<float>(c, call);
            ++checked;
        }
    }
    CHECK(checked == 18);
    CHECK(running == 3);
}

TEST_CASE_TEMPLATE("batch_norm and layer_norm of values far from 0", T, float, double) {
    // 4096 + {-1, 0, 1}: a mean of squares would lose the variance of 2/3 in float.
    const auto x = as_variable<T>({3, 1}, {4095, 4096, 4097}, true);
    const double z = 1 / std::sqrt(2.0 / 3 + 1e-5);
    const auto [y, mean, variance] = batch_norm(x);
    CHECK(agree(y, {-z, 0, z}));
    CHECK(agree(Variable<T>(mean, false), {4096}));
    CHECK(agree(Variable<T>(variance, false), {1}));
    CHECK(agree(layer_norm(reshape(x, {3}), {3}), {-z, 0, z}));
}

TEST_CASE_TEMPLATE("batch_norm of many values keeps its digits", T, float, double) {
    // Two channels of 100,000 values, i mod 8 and 3; for one, mean 3.5 and variance 5.25.
    constexpr std::size_t n = 100'000;
    for (const Shape& shape : {Shape{n, 2}, Shape{1000, 2, n / 1000}}) {
        Tensor<T> x(shape), u(shape);
        const std::size_t inner = shape.product(2, shape.rank());
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::size_t channel = i / inner % 2, row = i / inner / 2 * inner + i % inner;
            x.data()[i] = channel == 0 ? static_cast<T>(row % 8) : T(3);
            u.data()[i] = static_cast<T>(row % 8) / 8;
        }
        const auto weight = as_variable<T>({2}, {1, 1}, true), bias = as_variable<T>({2}, {0, 0}, true);
        const auto [y, mean, variance] = batch_norm(Variable<T>(x, false), weight, bias, 0);
        INFO(to_string(shape));
        CHECK(static_cast<double>(mean.data()[0]) == doctest::Approx(3.5).epsilon(1e-7));
        CHECK(static_cast<double>(variance.data()[0]) == doctest::Approx(5.25 * n / (n - 1)).epsilon(2e-7));
        CHECK(variance.data()[1] == 0);
        // sum of u z is n cov(u, x) / sd(x) = n 5.25 / 8 / sqrt(5.25); sum of u is n 3.5 / 8.
        const auto first = Variable<T>(Tensor<T>(u), false);
        const auto y_first = slice(y, {all(), 0}), u_first = slice(first, {all(), 0});
        const auto [dw, db] = grad(y_first, wrt(weight, bias), {.seed = u_first});
        CHECK(static_cast<double>(dw.tensor().data()[0]) == doctest::Approx(n * std::sqrt(5.25) / 8).epsilon(1e-6));
        CHECK(static_cast<double>(db.tensor().data()[0]) == doctest::Approx(n * 3.5 / 8).epsilon(1e-7));
    }
}

TEST_CASE("batch_norm in evaluation does not see what becomes of the running statistics") {
    const Tensor<double> mean(Shape{1}, 1.0), variance(Shape{1}, 4.0);
    const auto x = as_variable<double>({1, 1}, {3}, true);
    const auto y = batch_norm(x, mean, variance, {}, {}, 0);
    mean.data()[0] = variance.data()[0] = 100;
    CHECK(y.item() == 1);
    CHECK(grad(y, wrt(x))[0].item() == 0.5);
}

TEST_CASE("batch_norm in training does not see what becomes of the mean that it gives") {
    const auto x = as_variable<double>({2, 1}, {1, 3}, true), weight = as_variable<double>({1}, {1}, true);
    const auto result = batch_norm(x, weight, {}, 0);
    result.mean.data()[0] = result.variance.data()[0] = 100;
    // The sum of g z, of which z = (-1, 1).
    CHECK(grad(result.output, wrt(weight), {.seed = as_variable<double>({2, 1}, {1, 5}, false)})[0].item() == 4);
}

TEST_CASE("batch_norm and layer_norm of equal values, and of NaN") {
    const auto x = as_variable<float>({3, 2}, {5, 1, 5, 2, 5, 3}, true);
    const auto y = batch_norm(x).output;
    const float dx = grad(y, wrt(x), {.seed = as_variable<float>({3, 2}, {1, 1, 1, 1, 1, 1}, false)})[0].tensor().data()[0];
    CHECK(y.tensor().data()[0] == 0);
    CHECK(dx == 0);
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const auto z = batch_norm(as_variable<double>({3, 2}, {5, 1, nan, 2, 5, 3}, false)).output;
    CHECK(std::isnan(z.tensor().data()[0]));
    CHECK_FALSE(std::isnan(z.tensor().data()[1]));
    CHECK(std::isnan(layer_norm(as_variable<double>({2}, {nan, 1}, false), {2}).tensor().data()[1]));
}

TEST_CASE("batch_norm and layer_norm of nothing") {
    const auto none = as_variable<float>({0, 3}, {}, true);
    CHECK(message_of<ValueError>([&] { batch_norm(none); }) ==
          "batch_norm: in training a channel needs more than one value, but in x of shape (0, 3) it has 0");
    CHECK(batch_norm(as_variable<float>({2, 0}, {}, true)).mean.shape() == Shape{0});
    const auto ones = tensor_of<float>({1, 1, 1});
    CHECK(batch_norm(none, ones, ones).shape() == Shape{0, 3});
    const auto weight = as_variable<float>({3}, {1, 2, 3}, true);
    const auto y = layer_norm(none, {3}, weight);
    CHECK(y.shape() == Shape{0, 3});
    CHECK(agree(grad(y, wrt(weight), {.seed = none.detach()})[0], {0, 0, 0}));
    CHECK(message_of<ValueError>([&] { layer_norm(as_variable<float>({2, 0}, {}, true), {0}); }) ==
          "layer_norm: there is nothing to take the mean of in axes of shape (0)");
}

TEST_CASE("batch_norm of any number of rows without channels, or of channels without values") {
    constexpr std::size_t many = std::size_t{1} << 43;
    const Variable<float> x(Tensor<float>(Shape{many, 0}), true), seed(Tensor<float>(Shape{many, 0}), false);
    CHECK(grad(batch_norm(x).output, wrt(x), {.seed = seed})[0].shape() == x.shape());
    const Variable<float> y(Tensor<float>(Shape{many, 1, 0}), true), u(Tensor<float>(Shape{many, 1, 0}), false);
    CHECK_THROWS_AS(batch_norm(y), ValueError);
    const auto one = tensor_of<float>({1});
    const Variable<float> weight(one, true);
    const auto [dx, dw] = grad(batch_norm(y, one, one, weight), wrt(y, weight), {.seed = u});
    CHECK(dx.shape() == y.shape());
    CHECK(agree(dw, {0}));
    const Variable<float> z(Tensor<float>(Shape{0, many}), true), v(Tensor<float>(Shape{0, many}), false);
    CHECK(grad(layer_norm(z, {many}), wrt(z), {.seed = v})[0].shape() == z.shape());
}

TEST_CASE("batch_norm and layer_norm refuse what does not fit") {
    const auto x = as_variable<double>({2, 3}, {1, 2, 3, 4, 5, 6}, true);
    const auto two = as_variable<double>({2}, {1, 2}, true), three = as_variable<double>({3}, {1, 2, 3}, true);
    CHECK(message_of<ValueError>([&] { batch_norm(as_variable<double>({1, 3}, {1, 2, 3}, true)); }) ==
          "batch_norm: in training a channel needs more than one value, but in x of shape (1, 3) it has 1");
    CHECK(message_of<ShapeError>([&] { batch_norm(three); }) ==
          "batch_norm: x must have shape (N, C) or (N, C, ...), not (3)");
    CHECK(message_of<ShapeError>([&] { batch_norm(x, two); }) ==
          "batch_norm: the weight for x of shape (2, 3) must have shape (3), not (2)");
    CHECK(message_of<ShapeError>([&] { batch_norm(x, three, x); }) ==
          "batch_norm: the bias for x of shape (2, 3) must have shape (3), not (2, 3)");
    CHECK(message_of<ShapeError>([&] { batch_norm(x, two.tensor(), three.tensor()); }) ==
          "batch_norm: the mean for x of shape (2, 3) must have shape (3), not (2)");
    CHECK(message_of<ShapeError>([&] { batch_norm(x, three.tensor(), two.tensor()); }) ==
          "batch_norm: the variance for x of shape (2, 3) must have shape (3), not (2)");
    CHECK(message_of<ValueError>([&] { batch_norm(x, three, three, -1); }) ==
          "batch_norm: epsilon must not be negative, but is -1.000000");
    CHECK_THROWS_AS(layer_norm(x, {3}, three, three, std::numeric_limits<double>::quiet_NaN()), ValueError);
    CHECK(message_of<ShapeError>([&] { layer_norm(x, {2}); }) ==
          "layer_norm: x of shape (2, 3) does not end in the axes to normalise over, of shape (2)");
    CHECK_THROWS_AS(layer_norm(x, {}), ShapeError);
    CHECK_THROWS_AS(layer_norm(x, {1, 2, 3}), ShapeError);
    CHECK(message_of<ShapeError>([&] { layer_norm(x, {3}, three, two); }) ==
          "layer_norm: the bias for x of shape (2, 3) must have shape (3), not (2)");
}

// Convolutions and transposed convolutions: PyTorch's values and derivatives, bad arguments, extremes.
#include <xgrad/ops/convolution.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/convolution.hpp"

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/reduction.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::ConvolutionCase;
using tests::reference::Numbers;

namespace {

/// The elements that convolution.py names.
template <class F>
Numbers numbers(const Shape& shape, const F& element) {
    Numbers result(shape.size());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = element(static_cast<int>(i));
    return result;
}

template <class T>
Variable<T> operand(const Shape& shape, int k) {
    return as_variable<T>(shape, numbers(shape, [k](int i) { return ((37 * i + 11 + 5 * k) % 19 - 9) / 8.0; }), true);
}

template <class T>
Variable<T> call(const ConvolutionCase& c, const std::vector<Variable<T>>& x) {
    const Conv2dOptions options{c.stride, c.padding, c.dilation, c.groups};
    const ConvTranspose2dOptions transposed{c.stride, c.padding, c.output_padding, c.dilation, c.groups};
    const Conv1dOptions options1{c.stride.w, c.padding.w, c.dilation.w, c.groups};
    const ConvTranspose1dOptions transposed1{c.stride.w, c.padding.w, c.output_padding.w, c.dilation.w, c.groups};
    const bool bias = x.size() > 2;
    if (c.operation == "conv2d") return bias ? conv2d(x[0], x[1], x[2], options) : conv2d(x[0], x[1], options);
    if (c.operation == "conv1d") return bias ? conv1d(x[0], x[1], x[2], options1) : conv1d(x[0], x[1], options1);
    if (c.operation == "conv_transpose1d") {
        return bias ? conv_transpose1d(x[0], x[1], x[2], transposed1) : conv_transpose1d(x[0], x[1], transposed1);
    }
    REQUIRE(c.operation == "conv_transpose2d");
    return bias ? conv_transpose2d(x[0], x[1], x[2], transposed) : conv_transpose2d(x[0], x[1], transposed);
}

template <class T>
void check(const ConvolutionCase& c) {
    std::vector<Variable<T>> x;
    for (const Shape& shape : c.operands) x.push_back(operand<T>(shape, static_cast<int>(x.size())));
    const Variable<T> y = call(c, x);
    REQUIRE(y.shape() == c.result);
    CHECK(agree(y, c.value));
    const auto seed =
        as_variable<T>(c.result, numbers(c.result, [](int i) { return 1 + i % 7 / 4.0; }), false);
    const auto fused = grad(y, x, {.seed = seed, .retain_graph = true});
    const auto recorded = grad(y, x, {.seed = seed, .create_graph = true});
    Variable<T> total(Tensor<T>(Shape{}, T(0)), false);
    for (std::size_t k = 0; k < x.size(); ++k) {
        INFO("operand ", k);
        CHECK(agree(fused[k], c.gradients[k]));
        CHECK(agree(recorded[k], c.gradients[k]));
        const Shape& shape = c.operands[k];
        total += sum(recorded[k] * as_variable<T>(shape, numbers(shape, [](int i) { return (i % 5 - 2) / 2.0; }), false));
    }
    const auto seconds = grad(total, x, {});
    for (std::size_t k = 0; k < x.size(); ++k) {
        INFO("operand ", k);
        CHECK(agree(seconds[k], c.seconds[k]));
    }
}

template <class T = double>
Variable<T> zeros(const Shape& shape) {
    return Variable<T>(Tensor<T>(shape, T(0)), true);
}

} // namespace

TEST_CASE("convolutions agree with PyTorch, values, first and second derivatives") {
    for (const ConvolutionCase& c : tests::reference::convolution_cases) {
        INFO(c.operation, " of ", to_string(c.operands[0]), " and ", to_string(c.operands[1]));
        check<double>(c);
        check<float>(c);
    }
    CHECK(tests::reference::convolution_cases.size() > 20);
}

TEST_CASE("a convolution's gradients add to what is there") {
    for (const char* const operation : {"conv2d", "conv_transpose2d"}) {
        const ConvolutionCase c{.operation = operation,
                                .operands = {{2, 2, 5, 5}, {2, 2, 3, 3}, {2}},
                                .stride = 1,
                                .padding = 1,
                                .output_padding = 0,
                                .dilation = 1,
                                .groups = 1,
                                .result = {},
                                .value = {},
                                .gradients = {},
                                .seconds = {}};
        std::vector<Variable<double>> x;
        for (const Shape& shape : c.operands) x.push_back(operand<double>(shape, static_cast<int>(x.size())));
        const auto once = grad(sum(call(c, x)), x, {});
        const auto twice = grad(sum(call(c, x)) + 2.0 * sum(call(c, x)), x, {});
        for (std::size_t k = 0; k < x.size(); ++k) {
            for (std::size_t i = 0; i < x[k].size(); ++i)
                CHECK(twice[k].tensor().data()[i] == doctest::Approx(3 * once[k].tensor().data()[i]).epsilon(1e-13));
        }
    }
}

TEST_CASE_TEMPLATE("a convolution of nothing", T, float, double) {
    const auto w = operand<T>({4, 2, 3, 3}, 1);
    const auto b = operand<T>({4}, 2);
    SUBCASE("no images") {
        const auto x = zeros<T>({0, 2, 5, 5});
        const auto y = conv2d(x, w, b);
        CHECK(y.shape() == Shape{0, 4, 3, 3});
        const auto gradients = grad(sum(y), wrt(x, w, b));
        CHECK(gradients[0].shape() == Shape{0, 2, 5, 5});
        CHECK(agree(gradients[1], Numbers(w.size(), 0)));
        CHECK(agree(gradients[2], Numbers(4, 0)));
        CHECK(conv_transpose2d(zeros<T>({0, 4, 5, 5}), w).shape() == Shape{0, 2, 7, 7});
    }
    SUBCASE("no input channels: the bias alone") {
        const auto y = conv2d(zeros<T>({1, 0, 3, 3}), zeros<T>({4, 0, 3, 3}), b);
        CHECK(agree(y, Numbers(b.tensor().begin(), b.tensor().end())));
    }
    SUBCASE("no output channels") {
        const auto x = operand<T>({1, 2, 3, 3}, 0);
        const auto y = conv2d(x, zeros<T>({0, 2, 3, 3}));
        CHECK(y.shape() == Shape{1, 0, 1, 1});
        CHECK(agree(grad(sum(y), wrt(x))[0], Numbers(x.size(), 0)));
    }
    SUBCASE("no pixels but padding") {
        const auto y = conv2d(zeros<T>({1, 2, 0, 3}), w, {.padding = {2, 0}});
        CHECK(y.shape() == Shape{1, 4, 2, 1});
        CHECK(agree(y, Numbers(8, 0)));
    }
}

TEST_CASE("a convolution whose taps lie far beyond the image") {
    const auto x = operand<double>({1, 1, 2, 2}, 0), w = operand<double>({1, 1, 3, 1}, 1);
    const auto y = conv2d(x, w, {.padding = {1 << 30, 0}, .dilation = {1 << 30, 1}});
    REQUIRE(y.shape() == x.shape()); // the middle tap alone meets the image
    for (std::size_t i = 0; i < 4; ++i) CHECK(y.tensor().data()[i] == x.tensor().data()[i] * w.tensor().data()[1]);
    CHECK(grad(sum(y), wrt(x))[0].tensor().data()[0] == w.tensor().data()[1]);
}

TEST_CASE("a convolution takes arrays beside Variables, and tells where it was called") {
    const Array<double> images = xt::ones<double>({1, 1, 3, 3});
    const auto w = operand<double>({1, 1, 2, 2}, 0);
    const auto y = conv2d(images, w, Array<double>{2.0});
    CHECK(y.requires_grad());
    const double expected = 2 + sum(w).item();
    CHECK(agree(y, Numbers(4, expected)));
    try {
        conv2d(images, zeros({1, 2, 2, 2}));
        FAIL("nothing was thrown");
    } catch (const ShapeError& error) {
        CHECK(std::string(error.what()).find("convolution_test.cpp") != std::string::npos);
    }
}

TEST_CASE("NaN and infinity pass through a convolution to what they touch") {
    const double infinity = std::numeric_limits<double>::infinity();
    auto x = operand<double>({1, 1, 4, 4}, 0);
    x.tensor().data()[0] = std::numeric_limits<double>::quiet_NaN();
    x.tensor().data()[15] = infinity;
    const Variable<double> y = conv2d(x, Variable<double>(Tensor<double>(Shape{1, 1, 2, 2}, 1.0), true));
    CHECK(std::isnan(y.tensor().data()[0]));
    CHECK(y.tensor().data()[8] == infinity);
    for (const std::size_t i : {1, 2, 3, 4, 5, 6, 7}) CHECK(std::isfinite(y.tensor().data()[i]));
}

TEST_CASE("a convolution refuses operands that do not fit") {
    const auto error = [](const auto& f) { return message_of<ShapeError>(f); };
    const auto x = zeros({2, 3, 5, 5}), w = zeros({4, 3, 3, 3});
    CHECK(error([&] { conv2d(zeros({3, 5, 5}), w); }) ==
          "conv2d: the input must have the shape (N, C, H, W), not (3, 5, 5)");
    CHECK(error([&] { conv1d(x, w); }) == "conv1d: the input must have the shape (N, C, L), not (2, 3, 5, 5)");
    CHECK(error([&] { conv2d(x, zeros({4, 3, 3})); }) ==
          "conv2d: the weight must have the shape (out, in / groups, kH, kW), not (4, 3, 3)");
    CHECK(error([&] { conv1d(zeros({2, 3, 5}), w); }) ==
          "conv1d: the weight must have the shape (out, in / groups, k), not (4, 3, 3, 3)");
    CHECK(error([&] { conv2d(x, zeros({4, 2, 3, 3})); }) ==
          "conv2d: the input (2, 3, 5, 5) has 3 channels, but the weight (4, 2, 3, 3) takes 2");
    CHECK(error([&] { conv2d(x, w, {.groups = 3}); }) ==
          "conv2d: groups = 3 do not divide the 4 output channels of the weight (4, 3, 3, 3)");
    CHECK(error([&] { conv2d(x, zeros({4, 1, 3, 3}), {.groups = 2}); }) ==
          "conv2d: groups = 2 do not divide the 3 channels of the input (2, 3, 5, 5)");
    CHECK(error([&] { conv2d(zeros({2, 4, 5, 5}), zeros({4, 3, 3, 3}), {.groups = 2}); }) ==
          "conv2d: the input (2, 4, 5, 5) has 4 channels, but the weight (4, 3, 3, 3) takes 6 in 2 groups");
    CHECK(error([&] { conv2d(x, w, zeros({3})); }) ==
          "conv2d: the bias of 4 channels must have the shape (4), not (3)");
    CHECK(error([&] { conv2d(x, w, zeros({4, 1})); }) ==
          "conv2d: the bias of 4 channels must have the shape (4), not (4, 1)");
    CHECK(error([&] { conv2d(x, zeros({4, 3, 6, 3})); }) ==
          "conv2d: the kernel spans (6, 3), more than the padded image's (5, 5): input (2, 3, 5, 5), kernel (6, 3), "
          "padding (0, 0), dilation (1, 1)");
    CHECK(error([&] { conv2d(x, w, {.padding = {0, 1}, .dilation = {1, 4}}); }) ==
          "conv2d: the kernel spans (3, 9), more than the padded image's (5, 7): input (2, 3, 5, 5), kernel (3, 3), "
          "padding (0, 1), dilation (1, 4)");
    CHECK(error([&] { conv1d(zeros({2, 3, 2}), zeros({4, 3, 3})); }) ==
          "conv1d: the kernel spans 3, more than the padded image's 2: input (2, 3, 2), kernel 3, padding 0, dilation 1");
}

TEST_CASE("a convolution refuses options that make no sense") {
    const auto error = [](const auto& f) { return message_of<ValueError>(f); };
    const auto x = zeros({2, 3, 5, 5}), w = zeros({4, 3, 3, 3});
    CHECK(error([&] { conv2d(x, w, {.stride = 0}); }) == "conv2d: stride must be at least 1, not (0, 0)");
    CHECK(error([&] { conv2d(x, w, {.stride = {1, -2}}); }) == "conv2d: stride must be at least 1, not (1, -2)");
    CHECK(error([&] { conv2d(x, w, {.padding = {-1, 0}}); }) == "conv2d: padding must be 0 or more, not (-1, 0)");
    CHECK(error([&] { conv2d(x, w, {.dilation = 0}); }) == "conv2d: dilation must be at least 1, not (0, 0)");
    CHECK(error([&] { conv2d(x, w, {.groups = 0}); }) == "conv2d: groups must be at least 1, not 0");
    CHECK(error([&] { conv1d(zeros({2, 3, 5}), zeros({4, 3, 3}), {.groups = -1}); }) ==
          "conv1d: groups must be at least 1, not -1");
    CHECK(error([&] { conv1d(zeros({2, 3, 5}), zeros({4, 3, 3}), {.stride = -1}); }) ==
          "conv1d: stride must be at least 1, not -1");
    CHECK(error([&] { conv2d(x, zeros({4, 3, 0, 3})); }) == "conv2d: kernel must be at least 1, not (0, 3)");
    const std::size_t huge = std::numeric_limits<std::size_t>::max();
    CHECK(error([&] { conv2d(x, w, {.padding = {0, huge}}); }) ==
          "conv2d: padding must be at most 2147483647, not (0, 9223372036854775807)");
    // Each option may be, but no array holds the result.
    CHECK_THROWS_AS(conv2d(x, w, {.padding = 2147483647}), ShapeError);
}

TEST_CASE("a transposed convolution refuses what makes no sense") {
    const auto x = zeros({2, 4, 5, 5}), w = zeros({4, 3, 3, 3});
    const auto shape_error = [](const auto& f) { return message_of<ShapeError>(f); };
    const auto value_error = [](const auto& f) { return message_of<ValueError>(f); };
    CHECK(shape_error([&] { conv_transpose2d(zeros({5, 5}), w); }) ==
          "conv_transpose2d: the input must have the shape (N, C, H, W), not (5, 5)");
    CHECK(shape_error([&] { conv_transpose2d(x, zeros({4, 3, 3})); }) ==
          "conv_transpose2d: the weight must have the shape (in, out / groups, kH, kW), not (4, 3, 3)");
    CHECK(shape_error([&] { conv_transpose2d(x, zeros({3, 4, 3, 3})); }) ==
          "conv_transpose2d: the input (2, 4, 5, 5) has 4 channels, but the weight (3, 4, 3, 3) takes 3");
    CHECK(shape_error([&] { conv_transpose2d(x, w, {.groups = 3}); }) ==
          "conv_transpose2d: groups = 3 do not divide the 4 input channels of the weight (4, 3, 3, 3)");
    CHECK(shape_error([&] { conv_transpose2d(x, w, zeros({3}), {.groups = 2}); }) ==
          "conv_transpose2d: the bias of 6 channels must have the shape (6), not (3)");
    CHECK(shape_error([&] { conv_transpose2d(x, w, {.padding = {4, 0}}); }) ==
          "conv_transpose2d: the result would have the extents (-1, 7): input (2, 4, 5, 5), kernel (3, 3), "
          "padding (4, 0)");
    CHECK(value_error([&] { conv_transpose2d(x, w, {.output_padding = 1}); }) ==
          "conv_transpose2d: output_padding (1, 1) must be less than the stride or the dilation, which are (1, 1) and "
          "(1, 1)");
    CHECK(value_error([&] { conv_transpose2d(x, w, {.stride = 2, .output_padding = -1}); }) ==
          "conv_transpose2d: output_padding must be 0 or more, not (-1, -1)");
    const auto x1 = zeros({2, 4, 5}), w1 = zeros({4, 3, 3});
    CHECK(value_error([&] { conv_transpose1d(x1, w1, {.stride = 0}); }) ==
          "conv_transpose1d: stride must be at least 1, not 0");
    CHECK(value_error([&] { conv_transpose1d(x1, w1, {.stride = 2, .output_padding = 2}); }) ==
          "conv_transpose1d: output_padding 2 must be less than the stride or the dilation, which are 2 and 1");
    CHECK_THROWS_AS(conv_transpose2d(x, w, {.stride = 2147483647}), ShapeError);
    CHECK_THROWS_AS(conv_transpose2d(x, w, {.dilation = 2147483647}), ShapeError);
}

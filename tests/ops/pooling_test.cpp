// Poolings, unfold(), fold() and upsampling: PyTorch's values and gradients, ties, NaN, bad arguments; the notes' example.
#include <xgrad/ops/pooling.hpp>
#include <xgrad/ops/unfold.hpp>
#include <xgrad/ops/upsample.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/convolution.hpp"

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/convolution.hpp>
#include <xgrad/ops/reduction.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::Numbers;
using tests::reference::PoolingCase;

namespace {

template <class T>
Variable<T> call(const PoolingCase& c, const Variable<T>& x) {
    const UnfoldOptions windows{c.stride, c.padding, c.dilation};
    if (c.operation == "max_pool2d") {
        // A stride that is the kernel is left to the default.
        if (c.stride.h == c.kernel.h && c.stride.w == c.kernel.w) {
            return max_pool2d(x, c.kernel, {.padding = c.padding, .dilation = c.dilation, .ceil_mode = c.ceil_mode});
        }
        return max_pool2d(x, c.kernel, {c.stride, c.padding, c.dilation, c.ceil_mode});
    }
    if (c.operation == "max_pool1d") {
        if (c.stride.w == c.kernel.w) return max_pool1d(x, c.kernel.w, {.ceil_mode = c.ceil_mode});
        return max_pool1d(x, c.kernel.w, {c.stride.w, c.padding.w, c.dilation.w, c.ceil_mode});
    }
    if (c.operation == "avg_pool2d")
        return avg_pool2d(x, c.kernel, {c.stride, c.padding, c.ceil_mode, c.count_include_pad});
    if (c.operation == "unfold") return unfold(x, c.kernel, windows);
    if (c.operation == "fold") return fold(x, c.output_size, c.kernel, windows);
    if (c.operation == "upsample_nearest") return upsample_nearest(x, c.kernel);
    REQUIRE(c.operation == "upsample_nearest_to");
    return upsample_nearest_to(x, c.kernel);
}

template <class T>
void check(const PoolingCase& c) {
    const auto x = as_variable<T>(c.operand, c.x, true);
    const Variable<T> y = call(c, x);
    REQUIRE(y.shape() == c.result);
    CHECK(agree(y, c.value));
    Numbers u(y.size());
    for (std::size_t i = 0; i < u.size(); ++i) u[i] = 1 + static_cast<double>(i % 7) / 4;
    const auto seed = as_variable<T>(c.result, u, true);
    CHECK(agree(grad(y, wrt(x), {.seed = seed, .retain_graph = true})[0], c.gradient));
    // All are linear where they are differentiable: the gradient is linear in the seed, and the transpose of y.
    const Variable<T> gradient = grad(y, wrt(x), {.seed = seed, .create_graph = true})[0];
    CHECK(agree(gradient, c.gradient));
    CHECK(agree(grad(gradient, wrt(seed), {.seed = x.detach()})[0], c.value));
}

template <class T = double>
Variable<T> zeros(const Shape& shape) {
    return Variable<T>(Tensor<T>(shape, T(0)), true);
}

} // namespace

TEST_CASE("poolings, unfold, fold and upsampling agree with PyTorch") {
    for (const PoolingCase& c : tests::reference::pooling_cases) {
        INFO(c.operation, " of ", to_string(c.operand), ", result ", to_string(c.result));
        check<double>(c);
        check<float>(c);
    }
    CHECK(tests::reference::pooling_cases.size() > 30);
}

TEST_CASE("the notes' picture of an X, filtered and pooled over the edge") {
    // White is 1, black -1. The feature is compared with each patch: the sum of the products, divided by the 9 pixels.
    Array<double> image = -xt::ones<double>({1, 1, 9, 9});
    for (std::size_t i = 1; i < 8; ++i) image(0, 0, i, i) = image(0, 0, i, 8 - i) = 1;
    const Array<double> feature{{{{1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}}}};
    const Variable<double> filtered = conv2d(constant(image), feature) / 9.0;
    REQUIRE(filtered.shape() == Shape{1, 1, 7, 7});
    CHECK(filtered.tensor().data()[8] == 1); // a perfect match, at (1, 1)
    const Variable<double> pooled = max_pool2d(filtered, 2, {.ceil_mode = true});
    REQUIRE(pooled.shape() == Shape{1, 1, 4, 4});
    // The first row as printed: "1.0 0.3 0.5 0.3", cut off after the first digit.
    const Numbers printed{1.0, 0.3, 0.5, 0.3};
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::floor(pooled.tensor().data()[i] * 10) / 10 == printed[i]);
}

TEST_CASE_TEMPLATE("of equal elements the first in the window has the gradient", T, float, double) {
    const auto x = as_variable<T>({1, 1, 2, 4}, {1, 2, 3, 3, 2, 1, 3, 3}, true);
    const auto y = max_pool2d(x, 2);
    CHECK(agree(y, {2, 3}));
    CHECK(agree(grad(sum(y), wrt(x))[0], {0, 1, 1, 0, 0, 0, 0, 0}));
}

TEST_CASE_TEMPLATE("NaN and infinities in a pooling", T, float, double) {
    const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
    const Numbers elements{nan, 1, -infinity, -infinity, 1, 2, 5, 2, -infinity, -infinity, infinity, 4};
    const auto x = as_variable<T>({1, 1, 2, 6}, elements, true);
    const auto y = max_pool2d(x, 2);
    CHECK(std::isnan(y.tensor().data()[0]));
    CHECK(y.tensor().data()[1] == -infinity);
    CHECK(y.tensor().data()[2] == infinity);
    CHECK(agree(grad(sum(y), wrt(x))[0], {1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0}));
    CHECK(std::isnan(avg_pool2d(x, 2).tensor().data()[0]));
}

TEST_CASE_TEMPLATE("lines of windows of every length have the largest element of each", T, float, double) {
    struct Case {
        std::ptrdiff_t kernel, stride, padding, dilation;
        bool ceil_mode;
    };
    const Case cases[] = {{2, 2, 0, 1, false}, {2, 2, 1, 1, true},  {3, 2, 1, 1, false}, {3, 1, 1, 1, false}, {2, 1, 0, 3, false},
                          {3, 3, 0, 1, true},  {2, 4, 0, 1, false}, {1, 2, 0, 1, false}, {5, 2, 2, 2, true}};
    const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
    constexpr std::ptrdiff_t height = 6;
    for (std::ptrdiff_t width = 1; width <= 41; ++width) {
        Numbers image; // with equal elements, infinities and NaN
        for (std::ptrdiff_t i = 0; i < height * width; ++i)
            image.push_back(i % 53 == 7 ? nan : i % 31 < 4 ? -infinity : static_cast<double>(i * 37 % 11));
        const auto x = as_variable<T>({1, 1, height, static_cast<std::size_t>(width)}, image, true);
        for (const auto& [kernel, stride, padding, dilation, ceil_mode] : cases) {
            if (width + 2 * padding < dilation * (kernel - 1) + 1) continue;
            INFO("width ", width, ", kernel ", kernel, ", stride ", stride, ", padding ", padding, ", dilation ", dilation);
            const MaxPool2dOptions options{Extent2(stride), padding, dilation, ceil_mode};
            const auto y = max_pool2d(x, kernel, options);
            const auto places = static_cast<std::ptrdiff_t>(y.shape()[3]);
            Numbers seed, gradient(image.size());
            for (std::size_t window = 0; window < y.size(); ++window) {
                // By the definition: of equal elements the first, NaN above all.
                const auto u = static_cast<std::ptrdiff_t>(window) / places, v = static_cast<std::ptrdiff_t>(window) % places;
                std::size_t best = image.size();
                for (std::ptrdiff_t tap = 0; tap < kernel * kernel; ++tap) {
                    const std::ptrdiff_t row = u * stride + tap / kernel * dilation - padding;
                    const std::ptrdiff_t column = v * stride + tap % kernel * dilation - padding;
                    if (row < 0 || row >= height || column < 0 || column >= width) continue;
                    const auto pixel = static_cast<std::size_t>(row * width + column);
                    if (best == image.size() || image[pixel] > image[best] || std::isnan(image[pixel])) best = pixel;
                }
                const double value = static_cast<double>(y.tensor().data()[window]);
                CHECK((value == image[best] || (std::isnan(value) && std::isnan(image[best]))));
                seed.push_back(static_cast<double>(window));
                gradient[best] += seed.back();
            }
            const auto g = as_variable<T>(y.shape(), seed, false);
            CHECK(agree(grad(y, wrt(x), {.seed = g, .retain_graph = true})[0], gradient));
            for (double& element : gradient) element *= 2;
            const auto sum = y + max_pool2d(x, kernel, options); // the second is added to the first
            CHECK(agree(grad(sum, wrt(x), {.seed = g})[0], gradient));
        }
    }
}

TEST_CASE_TEMPLATE("poolings, unfold, fold and upsampling of no images", T, float, double) {
    const auto x = zeros<T>({0, 2, 5, 4});
    CHECK(max_pool2d(x, 2).shape() == Shape{0, 2, 2, 2});
    CHECK(max_pool1d(zeros<T>({2, 0, 5}), 2, {.ceil_mode = true}).shape() == Shape{2, 0, 3});
    CHECK(avg_pool2d(x, 2).shape() == Shape{0, 2, 2, 2});
    CHECK(unfold(x, 2).shape() == Shape{0, 8, 12});
    CHECK(fold(zeros<T>({0, 8, 12}), {5, 4}, 2).shape() == Shape{0, 2, 5, 4});
    CHECK(upsample_nearest(x, 2).shape() == Shape{0, 2, 10, 8});
    CHECK(grad(sum(max_pool2d(x, 2) + avg_pool2d(x, 2)), wrt(x))[0].shape() == x.shape());
    CHECK(upsample_nearest(zeros<T>({1, 1, 0, 3}), 2).shape() == Shape{1, 1, 0, 6});
}

TEST_CASE("unfold times the weight is the convolution") {
    const auto x = as_variable<double>({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}, true);
    const Variable<double> columns = unfold(x, 2);
    CHECK(agree(columns, {1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9}));
    // Back again, each pixel counts as often as it is in a window.
    CHECK(agree(fold(columns, 3, 2), {1, 4, 3, 8, 20, 12, 7, 16, 9}));
}

TEST_CASE("a pooling's window may be larger than any image") {
    const auto x = as_variable<double>({1, 1, 2, 3}, {1, 3, 2, 6, 5, 4}, true);
    const Extent2 kernel(1, 2147483647), padding(0, 1073741823);
    CHECK(agree(max_pool2d(x, kernel, {.padding = padding}), {3, 6}));
    CHECK(agree(avg_pool2d(x, kernel, {.padding = padding, .count_include_pad = false}), {2, 5}));
    CHECK_THROWS_AS(max_pool2d(x, 2147483647, {.padding = 1073741823}), ShapeError);
}

TEST_CASE("poolings refuse what makes no sense") {
    const auto x = zeros({1, 1, 5, 6});
    const auto shape_error = [](const auto& f) { return message_of<ShapeError>(f); };
    const auto value_error = [](const auto& f) { return message_of<ValueError>(f); };
    CHECK(shape_error([&] { max_pool2d(zeros({5, 6}), 2); }) ==
          "max_pool2d: the input must have the shape (N, C, H, W), not (5, 6)");
    CHECK(shape_error([&] { max_pool1d(x, 2); }) ==
          "max_pool1d: the input must have the shape (N, C, L), not (1, 1, 5, 6)");
    CHECK(shape_error([&] { avg_pool2d(zeros({1, 1, 0, 6}), 2); }) ==
          "avg_pool2d: the images of (1, 1, 0, 6) have no pixels");
    CHECK(shape_error([&] { max_pool2d(x, {2, 7}); }) ==
          "max_pool2d: the kernel spans (2, 7), more than the padded image's (5, 6): input (1, 1, 5, 6), kernel (2, 7), "
          "padding (0, 0), dilation (1, 1)");
    CHECK(shape_error([&] { max_pool2d(x, 8, {.stride = 2, .ceil_mode = true}); }) ==
          "max_pool2d: the kernel spans (8, 8), more than the padded image's (5, 6): input (1, 1, 5, 6), kernel (8, 8), "
          "padding (0, 0), dilation (1, 1)");
    CHECK(shape_error([&] { max_pool2d(zeros({1, 1, 2, 2}), 2, {.padding = 1, .dilation = 3}); }) ==
          "max_pool2d: a window has no pixel on the image: input (1, 1, 2, 2), kernel (2, 2), padding (1, 1), dilation "
          "(3, 3)");
    CHECK(value_error([&] { max_pool2d(x, 0); }) == "max_pool2d: kernel must be at least 1, not (0, 0)");
    CHECK(value_error([&] { max_pool2d(x, 2, {.stride = 0}); }) == "max_pool2d: stride must be at least 1, not (0, 0)");
    CHECK(value_error([&] { max_pool2d(x, 2, {.dilation = -1}); }) ==
          "max_pool2d: dilation must be at least 1, not (-1, -1)");
    CHECK(value_error([&] { max_pool2d(x, 3, {.padding = 2}); }) ==
          "max_pool2d: padding must be at most half of the kernel (3, 3), not (2, 2)");
    CHECK(value_error([&] { avg_pool2d(x, 2, {.padding = -1}); }) ==
          "avg_pool2d: padding must be 0 or more, not (-1, -1)");
    CHECK(value_error([&] { max_pool1d(zeros({1, 1, 5}), 3, {.padding = 2}); }) ==
          "max_pool1d: padding must be at most half of the kernel 3, not 2");
}

TEST_CASE("unfold, fold and upsampling refuse what makes no sense") {
    const auto x = zeros({1, 1, 5, 6});
    const auto shape_error = [](const auto& f) { return message_of<ShapeError>(f); };
    const auto value_error = [](const auto& f) { return message_of<ValueError>(f); };
    CHECK(shape_error([&] { unfold(zeros({5, 6}), 2); }) ==
          "unfold: images must have the shape (N, C, H, W), not (5, 6)");
    CHECK(shape_error([&] { unfold(x, 7); }) ==
          "unfold: the kernel spans (7, 7), more than the padded image's (5, 6): input (1, 1, 5, 6), kernel (7, 7), "
          "padding (0, 0), dilation (1, 1)");
    CHECK(value_error([&] { unfold(x, 2, {.stride = {0, 1}}); }) == "unfold: stride must be at least 1, not (0, 1)");
    CHECK_THROWS_AS(unfold(x, 2, {.padding = 2147483647}), ShapeError);
    CHECK(shape_error([&] { fold(x, 4, 2); }) ==
          "fold: columns must have the shape (N, C kH kW, windows), not (1, 1, 5, 6)");
    CHECK(shape_error([&] { fold(zeros({1, 6, 9}), 4, 2); }) ==
          "fold: the rows of columns (1, 6, 9) are not a multiple of the 4 pixels of a window (2, 2)");
    CHECK(shape_error([&] { fold(zeros({1, 8, 10}), 4, 2); }) ==
          "fold: columns (1, 8, 10) for images of (4, 4) and a kernel (2, 2): there are 9 windows, not 10");
    CHECK(value_error([&] { fold(zeros({1, 8, 10}), {-1, 4}, 2); }) ==
          "fold: output_size must be 0 or more, not (-1, 4)");
    CHECK(shape_error([&] { upsample_nearest(zeros({3}), 2); }) ==
          "upsample_nearest: images must have the shape (N, C, H, W), not (3)");
    CHECK(value_error([&] { upsample_nearest(x, {2, 0}); }) ==
          "upsample_nearest: factor must be at least 1, not (2, 0)");
    CHECK_THROWS_AS(upsample_nearest(x, 2147483647), ShapeError);
    CHECK(value_error([&] { upsample_nearest_to(x, 0); }) ==
          "upsample_nearest_to: size must be at least 1, not (0, 0)");
    CHECK(shape_error([&] { upsample_nearest_to(zeros({1, 1, 0, 2}), 2); }) ==
          "upsample_nearest_to: the images of (1, 1, 0, 2) have no pixels");
}

#include "tests/ops/op_table.hpp"

#include <xgrad/ops/convolution.hpp>
#include <xgrad/ops/pooling.hpp>
#include <xgrad/ops/unfold.hpp>
#include <xgrad/ops/upsample.hpp>

namespace xgrad::tests {

namespace {

constexpr bool allow_zero = true;

std::vector<Input> inputs(std::initializer_list<Shape> shapes) {
    std::vector<Input> result;
    for (const Shape& shape : shapes) result.push_back({.shape = shape});
    return result;
}

/// A call with a bias, if there is a third operand.
template <class Options, class Call>
Example with_options(std::initializer_list<Shape> shapes, Call call, const Options& options, bool zero = false) {
    return Example(inputs(shapes), [=](const auto& x) { return call(x, options); }, zero);
}

constexpr auto call_conv1d = [](const auto& x, const Conv1dOptions& options) {
    return x.size() == 3 ? conv1d(x[0], x[1], x[2], options) : conv1d(x[0], x[1], options);
};
constexpr auto call_conv2d = [](const auto& x, const Conv2dOptions& options) {
    return x.size() == 3 ? conv2d(x[0], x[1], x[2], options) : conv2d(x[0], x[1], options);
};
constexpr auto call_conv_transpose1d = [](const auto& x, const ConvTranspose1dOptions& options) {
    return x.size() == 3 ? conv_transpose1d(x[0], x[1], x[2], options) : conv_transpose1d(x[0], x[1], options);
};
constexpr auto call_conv_transpose2d = [](const auto& x, const ConvTranspose2dOptions& options) {
    return x.size() == 3 ? conv_transpose2d(x[0], x[1], x[2], options) : conv_transpose2d(x[0], x[1], options);
};

std::vector<Example> conv1d_examples() {
    const auto example = [](std::initializer_list<Shape> shapes, const Conv1dOptions& options, bool zero = false) {
        return with_options(shapes, call_conv1d, options, zero);
    };
    return {
        example({{1, 2, 5}, {2, 2, 3}, {2}}, {}),
        example({{2, 1, 6}, {1, 1, 3}}, {.stride = 2, .padding = 1}),
        example({{1, 2, 5}, {4, 1, 2}}, {.dilation = 2, .groups = 2}),
        example({{1, 1, 1}, {1, 1, 1}}, {}),
        example({{0, 1, 3}, {1, 1, 2}}, {}, allow_zero),
    };
}

std::vector<Example> conv2d_examples() {
    const auto example = [](std::initializer_list<Shape> shapes, const Conv2dOptions& options, bool zero = false) {
        return with_options(shapes, call_conv2d, options, zero);
    };
    return {
        example({{2, 2, 3, 3}, {2, 2, 2, 2}, {2}}, {}),
        example({{1, 1, 4, 5}, {2, 1, 3, 2}}, {.stride = {2, 1}, .padding = {1, 0}}),
        example({{1, 1, 5, 4}, {1, 1, 2, 2}}, {.padding = 1, .dilation = {2, 1}}),
        example({{1, 2, 3, 3}, {4, 1, 2, 2}, {4}}, {.groups = 2}),
        example({{2, 3, 2, 2}, {2, 3, 1, 1}, {2}}, {}), // a product of matrices
        example({{1, 1, 3, 18}, {1, 1, 2, 2}}, {}),
        example({{1, 1, 1, 1}, {1, 1, 1, 1}, {1}}, {}),
        example({{0, 2, 3, 3}, {2, 2, 2, 2}, {2}}, {}, allow_zero),
    };
}

std::vector<Example> conv_transpose1d_examples() {
    const auto example = [](std::initializer_list<Shape> shapes, const ConvTranspose1dOptions& options) {
        return with_options(shapes, call_conv_transpose1d, options);
    };
    return {
        example({{1, 2, 3}, {2, 2, 3}, {2}}, {}),
        example({{2, 2, 3}, {2, 1, 2}}, {.stride = 3, .padding = 1, .output_padding = 1, .groups = 2}),
    };
}

std::vector<Example> conv_transpose2d_examples() {
    const auto example = [](std::initializer_list<Shape> shapes, const ConvTranspose2dOptions& options,
                            bool zero = false) { return with_options(shapes, call_conv_transpose2d, options, zero); };
    return {
        example({{1, 2, 2, 2}, {2, 2, 2, 2}, {2}}, {}),
        example({{1, 1, 2, 3}, {1, 2, 3, 2}}, {.stride = {2, 1}, .padding = {1, 0}, .output_padding = {1, 0}}),
        example({{1, 2, 2, 2}, {2, 1, 2, 2}, {2}}, {.dilation = 2, .groups = 2}),
        example({{1, 2, 2, 2}, {2, 2, 1, 1}}, {}),
        example({{1, 1, 1, 1}, {1, 1, 1, 1}}, {}),
        example({{0, 2, 2, 2}, {2, 2, 2, 2}}, {}, allow_zero),
    };
}

/// Elements far enough apart that finite differences meet no ties.
std::vector<Input> distinct(const Shape& shape) { return {{.shape = shape, .distance = 0.05}}; }

std::vector<Example> max_pool2d_examples() {
    const auto example = [](const Shape& shape, Extent2 kernel, const MaxPool2dOptions& options = {}) {
        return Example(distinct(shape), [=](const auto& x) { return max_pool2d(x[0], kernel, options); });
    };
    return {
        example({2, 1, 4, 4}, 2),
        example({1, 2, 5, 3}, 2, {.ceil_mode = true}),
        example({1, 1, 4, 5}, {3, 2}, {.stride = 1, .padding = 1}),
        example({1, 1, 5, 5}, 2, {.stride = 3, .dilation = 2, .ceil_mode = true}),
        example({1, 1, 1, 1}, 1),
        example({0, 1, 2, 2}, 2),
    };
}

std::vector<Example> avg_pool2d_examples() {
    const auto example = [](const Shape& shape, Extent2 kernel, const AvgPool2dOptions& options = {}) {
        return Example(inputs({shape}), [=](const auto& x) { return avg_pool2d(x[0], kernel, options); });
    };
    return {
        example({2, 1, 4, 4}, 2),
        example({1, 2, 5, 3}, 2, {.ceil_mode = true}),
        example({1, 1, 4, 5}, {3, 2}, {.stride = 2, .padding = 1}),
        example({1, 1, 4, 5}, {3, 2}, {.stride = 2, .padding = 1, .ceil_mode = true, .count_include_pad = false}),
        example({1, 1, 1, 1}, 1),
        example({0, 1, 2, 2}, 2),
    };
}

std::vector<OpRow> pooling_rows() {
    return {
        {"max_pool2d", "pooling", "max of x over each window", "g put where the maxima are, into zeros",
         max_pool2d_examples()},
        {"max_pool1d",
         "pooling",
         "max of x over each window",
         "g put where the maxima are, into zeros",
         {
             {distinct({1, 2, 5}), [](const auto& x) { return max_pool1d(x[0], 2); }},
             {distinct({2, 1, 6}), [](const auto& x) { return max_pool1d(x[0], 3, {.stride = 2, .ceil_mode = true}); }},
         }},
        {"avg_pool2d", "pooling", "mean of x over each window", "g / n added to each pixel of the window",
         avg_pool2d_examples()},
    };
}

std::vector<OpRow> unfold_rows() {
    return {
        {"unfold",
         "unfold",
         "the windows of x as columns",
         "fold(g)",
         {
             {inputs({{1, 2, 3, 3}}), [](const auto& x) { return unfold(x[0], 2); }},
             {inputs({{2, 1, 4, 3}}),
              [](const auto& x) {
                  return unfold(x[0], {2, 3}, {.stride = 2, .padding = 1, .dilation = {2, 1}});
              }},
             {inputs({{1, 1, 1, 1}}), [](const auto& x) { return unfold(x[0], 1); }},
             {inputs({{0, 1, 2, 2}}), [](const auto& x) { return unfold(x[0], 2); }},
         }},
        {"fold",
         "unfold",
         "the sum of the columns, each put into its window",
         "unfold(g)",
         {
             {inputs({{1, 8, 4}}), [](const auto& x) { return fold(x[0], 3, 2); }},
             {inputs({{2, 6, 6}}),
              [](const auto& x) {
                  return fold(x[0], {4, 3}, {2, 3}, {.stride = {2, 1}, .padding = 1, .dilation = {2, 1}});
              }},
             {inputs({{0, 4, 1}}), [](const auto& x) { return fold(x[0], 2, 2); }},
         }},
    };
}

std::vector<OpRow> upsample_rows() {
    return {
        {"upsample_nearest",
         "upsample",
         "x[..., i / factor, j / factor]",
         "the sum of g over each pixel's copies",
         {
             {inputs({{1, 2, 2, 3}}), [](const auto& x) { return upsample_nearest(x[0], 2); }},
             {inputs({{2, 1, 2, 1}}), [](const auto& x) { return upsample_nearest(x[0], {1, 3}); }},
             {inputs({{0, 1, 2, 2}}), [](const auto& x) { return upsample_nearest(x[0], 2); }},
         }},
        {"upsample_nearest_to",
         "upsample",
         "x[..., i H / H', j W / W']",
         "the sum of g over each pixel's copies",
         {
             {inputs({{1, 2, 2, 3}}), [](const auto& x) { return upsample_nearest_to(x[0], {5, 4}); }},
             {inputs({{1, 1, 4, 3}}), [](const auto& x) { return upsample_nearest_to(x[0], {3, 2}); }},
         }},
    };
}

} // namespace

std::vector<OpRow> convolution_rows() {
    std::vector<OpRow> rows{
        {"conv1d", "convolution", "sum of w x over channels and taps, + b", "conv_transpose1d(g, w); sum g x; sum g",
         conv1d_examples()},
        {"conv2d", "convolution", "sum of w x over channels and taps, + b", "conv_transpose2d(g, w); sum g x; sum g",
         conv2d_examples()},
        {"conv_transpose1d", "convolution", "the adjoint of conv1d in x, + b", "conv1d(g, w); sum g x; sum g",
         conv_transpose1d_examples()},
        {"conv_transpose2d", "convolution", "the adjoint of conv2d in x, + b", "conv2d(g, w); sum g x; sum g",
         conv_transpose2d_examples()},
    };
    for (const auto& family : {pooling_rows(), unfold_rows(), upsample_rows()})
        rows.insert(rows.end(), family.begin(), family.end());
    return rows;
}

} // namespace xgrad::tests

#include "tests/ops/op_table.hpp"

#include <xgrad/ops/arg.hpp>
#include <xgrad/ops/cumulative.hpp>
#include <xgrad/ops/reduction.hpp>

#include <limits>

namespace xgrad::tests {

namespace {

struct Case {
    Shape shape;
    Axes axes;
    bool keepdims = false;
};

/// Every layout that the kernels tell apart: all axes, the last, the first, one in the middle, several with
/// and without others between them; axes of extent 1 and 0; rows and columns shorter and longer than a SIMD
/// batch.
std::vector<Case> cases(bool empty) {
    std::vector<Case> all = {{{}, {}},
                             {{}, {}, keepdims},
                             {{1}, {}},
                             {{5}, 0},
                             {{3, 4}, {}},
                             {{3, 4}, {}, keepdims},
                             {{3, 4}, 1},
                             {{3, 4}, -1, keepdims},
                             {{3, 4}, 0},
                             {{3, 4}, {-2}, keepdims},
                             {{2, 3, 4}, 1},
                             {{2, 3, 4}, {0, 2}},
                             {{2, 3, 4}, {-1, 0}, keepdims},
                             {{2, 3, 4}, {1, 2}},
                             {{2, 2, 3, 2}, {0, -2}, keepdims},
                             {{2, 1, 3}, 1},
                             {{2, 1, 3}, {0, 1}},
                             {{2, 37}, 1},
                             {{3, 25}, 0},
                             {{35, 2}, 0},
                             {{2, 2, 67}, {0, 1}}};
    if (empty) {
        all.push_back({{0}, {}});
        all.push_back({{0, 3}, 0});
        all.push_back({{2, 0, 3}, {1, 2}, keepdims});
    }
    all.push_back({{0, 3}, 1});
    return all;
}

/// Whether each element is reduced alone.
bool alone(const Case& c) {
    return sum(Variable<double>(Tensor<double>(c.shape, 1.0), false), c.axes).size() == c.shape.size();
}

/// Examples of `call(x, axes, keepdims)`.
/// @param empty       include reductions of nothing
/// @param zero_alone  the derivative is zero for an element that is reduced alone
template <class Call>
std::vector<Example> reductions(Call call, bool empty, Input like = {}, bool zero_alone = false) {
    std::vector<Example> examples;
    for (const Case& c : cases(empty)) {
        Input input = like;
        input.shape = c.shape;
        examples.emplace_back(
            std::vector{input}, [=](const auto& x) { return call(x[0], c.axes, c.keepdims); },
            zero_alone && alone(c));
    }
    return examples;
}

template <class Call>
std::vector<Example> cumulatives(Call call) {
    std::vector<Example> examples;
    const std::vector<std::pair<Shape, std::ptrdiff_t>> along = {
        {{1}, 0},     {{7}, 0}, {{3, 4}, 0},    {{3, 4}, -1}, {{2, 3, 2}, 1}, {{2, 1, 3}, 1}, {{2, 2, 3}, -3},
        {{4, 19}, 0}, {{0}, 0}, {{2, 0, 3}, 1}, {{0, 2}, 1},  {{2, 35}, 1},   {{33, 2}, 0}};
    for (const auto& [shape, axis] : along) {
        examples.emplace_back(std::vector<Input>{{.shape = shape}},
                              [call, axis = axis](const auto& x) { return call(x[0], axis); });
    }
    return examples;
}

} // namespace

std::vector<OpRow> reduction_rows() {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto norm_of = [](double order) {
        return [order](const auto& x, const Axes& axes, bool keep) { return norm(x, order, axes, keep); };
    };
    // Away from the kinks of |x|, and from ties.
    std::vector<Example> norms = reductions(norm_of(2), true);
    for (Example& example : reductions(norm_of(1), true, {.kink = 0})) norms.push_back(std::move(example));
    for (Example& example : reductions(norm_of(infinity), false, {.low = 1, .distance = 0.1})) {
        norms.push_back(std::move(example));
    }
    return {
        {"sum", "reduction", "sum x", "g",
         reductions([](const auto& x, const Axes& axes, bool keep) { return sum(x, axes, keep); }, true)},
        {"mean", "reduction", "sum x / n", "g / n",
         reductions([](const auto& x, const Axes& axes, bool keep) { return mean(x, axes, keep); }, false)},
        {"prod", "reduction", "prod x", "g (product of the others)",
         reductions([](const auto& x, const Axes& axes, bool keep) { return prod(x, axes, keep); }, true,
                    {.low = -1.5, .high = 1.5})},
        {"var", "reduction", "sum (x - mean)^2 / (n - ddof)", "2 g (x - mean) / (n - ddof)",
         reductions([](const auto& x, const Axes& axes, bool keep) { return var(x, axes, keep); }, false, {},
                    true)},
        {"stddev", "reduction", "sqrt(var(x))", "g (x - mean) / ((n - ddof) y)",
         reductions([](const auto& x, const Axes& axes, bool keep) { return stddev(x, axes, keep); }, false,
                    {.distance = 0.1}, true)},
        {"max", "reduction", "max x", "g / ties where x = y",
         reductions([](const auto& x, const Axes& axes, bool keep) { return max(x, axes, keep); }, false,
                    {.distance = 0.1})},
        {"min", "reduction", "min x", "g / ties where x = y",
         reductions([](const auto& x, const Axes& axes, bool keep) { return min(x, axes, keep); }, false,
                    {.distance = 0.1})},
        {"norm", "reduction", "sum |x|, sqrt(sum x^2) or max |x|",
         "g sign(x), g x / y or g sign(x) / ties where |x| = y", std::move(norms)},
        {"logsumexp", "reduction", "log sum e^x", "g e^(x - y)",
         reductions([](const auto& x, const Axes& axes, bool keep) { return logsumexp(x, axes, keep); },
                    false)},
        {"sum_to", "reduction", "x summed over the axes along which a shape was stretched to x's", "broadcast_to(g, shape of x)",
         {
             {{{.shape = {2, 3}}}, [](const auto& x) { return sum_to(x[0], {3}); }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return sum_to(x[0], {2, 1}); }},
             {{{.shape = {2, 3}}}, [](const auto& x) { return sum_to(x[0], {}); }},
             {{{.shape = {2, 3, 4}}}, [](const auto& x) { return sum_to(x[0], {3, 1}); }},
             {{{.shape = {0, 3}}}, [](const auto& x) { return sum_to(x[0], {1, 3}); }},
         }},
        {"cumsum", "cumulative", "y_k = x_0 + ... + x_k", "g_k + ... + g_n",
         cumulatives([](const auto& x, std::ptrdiff_t axis) { return cumsum(x, axis); })},
        {"cumprod", "cumulative", "y_k = x_0 ... x_k",
         "sum over k >= i of g_k (product of the other x_0 ... x_k)",
         cumulatives([](const auto& x, std::ptrdiff_t axis) { return cumprod(x, axis); })},
        {"argmax", "arg", "index of the first largest element", "none", {}},
        {"argmin", "arg", "index of the first smallest element", "none", {}},
    };
}

} // namespace xgrad::tests

#include "tests/ops/op_table.hpp"

#include <xgrad/ops/cross_entropy.hpp>
#include <xgrad/ops/softmax.hpp>

namespace xgrad::tests {

namespace {

template <class Call>
std::vector<Example> along_axes(Call call) {
    std::vector<Example> examples;
    const std::vector<std::pair<Shape, std::ptrdiff_t>> along = {
        {{3}, -1},    {{2, 3}, -1}, {{2, 3}, 0},  {{2, 3, 2}, 1}, {{2, 3, 1}, -2}, {{2, 2, 3}, 0},
        {{2, 37}, 1}, {{3, 21}, 0}, {{0, 3}, -1}, {{2, 0}, -1},   {{2, 0, 3}, 0}};
    for (const auto& [shape, axis] : along) {
        examples.emplace_back(std::vector<Input>{{.shape = shape}},
                              [call, axis = axis](const auto& x) { return call(x[0], axis); });
    }
    // The softmax of one element is 1 whatever it is.
    examples.emplace_back(
        std::vector<Input>{{.shape = {1}}}, [call](const auto& x) { return call(x[0], 0); }, true);
    return examples;
}

std::vector<Example> cross_entropies() {
    std::vector<Example> examples;
    for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum}) {
        for (const std::size_t classes : {3, 19}) {
            examples.emplace_back(std::vector<Input>{{.shape = {4, classes}}}, [reduction](const auto& x) {
                return cross_entropy(x[0], Array<int>{2, 0, 1, 2}, reduction);
            });
        }
        examples.emplace_back(std::vector<Input>{{.shape = {3}}},
                              [reduction](const auto& x) { return cross_entropy(x[0], 1, reduction); });
    }
    examples.emplace_back(
        std::vector<Input>{{.shape = {2, 1}}},
        [](const auto& x) {
            return cross_entropy(x[0], Array<int>{0, 0});
        },
        true);
    return examples;
}

std::vector<Example> binary_cross_entropies() {
    std::vector<Example> examples;
    for (const Reduction reduction : {Reduction::none, Reduction::mean, Reduction::sum}) {
        for (const Shape& shape : {Shape{}, Shape{1}, Shape{2, 3}, Shape{35}, Shape{0, 2}}) {
            if (shape.size() == 0 && reduction == Reduction::mean) continue;
            examples.emplace_back(
                std::vector<Input>{{.shape = shape}, {.shape = shape, .low = 0.1, .high = 0.9}},
                [reduction](const auto& x) {
                    return binary_cross_entropy_with_logits(x[0], x[1], reduction);
                });
        }
    }
    return examples;
}

} // namespace

std::vector<OpRow> softmax_rows() {
    return {
        {"softmax", "softmax", "e^x / sum e^x", "y (g - sum g y)",
         along_axes([](const auto& x, std::ptrdiff_t axis) { return softmax(x, axis); })},
        {"log_softmax", "softmax", "x - log sum e^x", "g - e^y sum g",
         along_axes([](const auto& x, std::ptrdiff_t axis) { return log_softmax(x, axis); })},
        {"cross_entropy", "cross_entropy", "-log_softmax(x)[label]", "g (softmax(x) - onehot(label))",
         cross_entropies()},
        {"binary_cross_entropy_with_logits", "cross_entropy", "max(x, 0) - x t + log(1 + e^-|x|)",
         "g (sigmoid(x) - t); -g x", binary_cross_entropies()},
    };
}

} // namespace xgrad::tests

#include "tests/ops/op_table.hpp"

#include <xgrad/ops/dropout.hpp>
#include <xgrad/ops/embedding.hpp>
#include <xgrad/ops/normalization.hpp>

namespace xgrad::tests {

namespace {

constexpr bool allow_zero = true;

/// Training with parameters of both kinds, one and none; evaluation. Rows and runs shorter and longer than a SIMD batch, and
/// more rows than are added up at once.
std::vector<Example> batch_norms() {
    std::vector<Example> examples;
    for (const Shape& shape : {Shape{4, 3}, Shape{2, 1}, Shape{35, 1}, Shape{3, 18}, Shape{2, 3, 4}, Shape{1, 2, 5},
                               Shape{2, 2, 2, 2}, Shape{3, 2, 1, 1}, Shape{1, 1, 35}, Shape{2, 0}, Shape{2, 0, 3}}) {
        const Input x{.shape = shape}, parameter{.shape = {shape[1]}};
        examples.emplace_back(std::vector<Input>{x, parameter, parameter},
                              [](const auto& v) { return batch_norm(v[0], v[1], v[2]).output; });
    }
    for (const Shape& shape : {Shape{4, 3}, Shape{2, 2, 3}}) {
        examples.emplace_back(std::vector<Input>{{.shape = shape}}, [](const auto& v) { return batch_norm(v[0]).output; });
    }
    examples.emplace_back(std::vector<Input>{{.shape = {3, 2}}, {.shape = {2}}},
                          [](const auto& v) { return batch_norm(v[0], v[1], {}, 0.1).output; });
    examples.emplace_back(std::vector<Input>{{.shape = {3, 2}}, {.shape = {2}}},
                          [](const auto& v) { return batch_norm(v[0], {}, v[1], 0.5).output; });
    for (const Shape& shape : {Shape{4, 3}, Shape{1, 3}, Shape{2, 3, 2}, Shape{0, 3}, Shape{0, 3, 2}}) {
        const Input x{.shape = shape}, parameter{.shape = {3}};
        const auto evaluate = []<class T>(const std::vector<Variable<T>>& v) {
            Tensor<T> mean(Shape{3}), variance(Shape{3});
            for (std::size_t c = 0; c < 3; ++c) {
                mean.data()[c] = static_cast<T>(c) / 2;
                variance.data()[c] = static_cast<T>(c + 1) / 4;
            }
            if (v.size() == 1) return batch_norm(v[0], mean, variance);
            return batch_norm(v[0], mean, variance, v[1], v[2]);
        };
        examples.emplace_back(std::vector<Input>{x, parameter, parameter}, evaluate);
        if (shape.rank() == 3) examples.emplace_back(std::vector<Input>{x}, evaluate);
    }
    return examples;
}

std::vector<Example> layer_norms() {
    std::vector<Example> examples;
    const std::vector<std::pair<Shape, Shape>> shapes = {
        {{4, 3}, {3}},       {{3}, {3}},          {{2, 19}, {19}}, {{35, 2}, {2}}, {{2, 2, 4}, {4}},
        {{2, 3, 4}, {3, 4}}, {{2, 3, 1}, {3, 1}}, {{0, 3}, {3}},   {{1, 4}, {1, 4}}};
    for (const auto& [shape, normalized] : shapes) {
        // Apart from each other: near a row of equal elements finite differences are of no use.
        const Input x{.shape = shape, .distance = 0.25}, parameter{.shape = normalized};
        examples.emplace_back(std::vector<Input>{x, parameter, parameter}, [normalized = normalized](const auto& v) {
            return layer_norm(v[0], normalized, v[1], v[2]);
        });
    }
    examples.emplace_back(std::vector<Input>{{.shape = {2, 3}, .distance = 0.25}},
                          [](const auto& v) { return layer_norm(v[0], {3}); });
    examples.emplace_back(std::vector<Input>{{.shape = {2, 3}}, {.shape = {3}}},
                          [](const auto& v) { return layer_norm(v[0], {3}, v[1], {}, 0.1); });
    examples.emplace_back(std::vector<Input>{{.shape = {2, 3}}, {.shape = {3}}},
                          [](const auto& v) { return layer_norm(v[0], {3}, {}, v[1], 0.5); });
    // One Variable in every place.
    examples.emplace_back(std::vector<Input>{{.shape = {4}}},
                          [](const auto& v) { return layer_norm(v[0], {4}, v[0], v[0]); });
    // One element is its own mean.
    examples.emplace_back(
        std::vector<Input>{{.shape = {2, 1}}}, [](const auto& v) { return layer_norm(v[0], {1}); }, allow_zero);
    return examples;
}

std::vector<Example> dropouts() {
    std::vector<Example> examples;
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{2, 3}, Shape{37}, Shape{0}, Shape{2, 0, 3}}) {
        for (const double p : {0.0, 0.3, 1.0}) {
            examples.emplace_back(
                std::vector<Input>{{.shape = shape}},
                [p](const auto& v) {
                    Generator generator(5);
                    return dropout(v[0], p, generator);
                },
                p == 1);
        }
    }
    // Two draws of which one goes on with the other's result.
    examples.emplace_back(std::vector<Input>{{.shape = {20}}}, [](const auto& v) {
        Generator generator(7);
        const auto y = dropout(v[0], 0.25, generator);
        return dropout(y * v[0], 0.5, generator);
    });
    return examples;
}

std::vector<Example> embeddings() {
    using Index = Array<int>;
    return {
        {{{.shape = {4, 3}}},
         [](const auto& v) {
             return embedding(Index{0, 2, 2, 3, 2}, v[0]);
         }},
        {{{.shape = {3, 2}}},
         [](const auto& v) {
             return embedding(Index{{0, 2}, {1, 1}, {2, 0}}, v[0]);
         }},
        {{{.shape = {3, 18}}}, [](const auto& v) { return embedding({1}, v[0]); }},
        {{{.shape = {1, 1}}},
         [](const auto& v) {
             return embedding(Index{0, 0}, v[0]);
         }},
        {{{.shape = {3, 2}}}, [](const auto& v) { return embedding(Index(1), v[0]); }},
        // What is looked up of a padded matrix, elsewhere; of the padding itself see embedding_test.cpp.
        {{{.shape = {3, 2}}},
         [](const auto& v) {
             return embedding(Index{0, 1, 0}, v[0], 2) * embedding(Index{0, 0, 1}, v[0], -1);
         }},
        {{{.shape = {3, 2}}}, [](const auto& v) { return embedding(Array<int>::from_shape({0}), v[0]); }, allow_zero},
        {{{.shape = {3, 0}}},
         [](const auto& v) {
             return embedding(Index{2, 0}, v[0], 0);
         }},
        {{{.shape = {0, 3}}}, [](const auto& v) { return embedding(Array<int>::from_shape({2, 0}), v[0]); }},
    };
}

} // namespace

std::vector<OpRow> normalization_rows() {
    return {
        {"batch_norm", "normalization", "z weight + bias, z = (x - mean) / sqrt(var + epsilon)",
         "weight (g - mean(g) - z mean(g z)) / sqrt(var + epsilon); sum g z; sum g", batch_norms()},
        {"layer_norm", "normalization", "z weight + bias, z = (x - mean) / sqrt(var + epsilon)",
         "(d - mean(d) - z mean(d z)) / sqrt(var + epsilon), d = g weight; sum g z; sum g", layer_norms()},
        {"dropout", "dropout", "0 with probability p, else x / (1 - p)", "0 where y was dropped, else g / (1 - p)",
         dropouts()},
        {"embedding", "embedding", "weight[indices]", "g added at the indices, into zeros", embeddings()},
    };
}

} // namespace xgrad::tests

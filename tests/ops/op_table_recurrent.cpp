#include "tests/ops/op_table.hpp"

#include <xgrad/ops/recurrent.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::tests {

namespace {

/// Shapes of a state: rows narrower than a SIMD batch, wider, one, none; without and with axes for batches.
const std::vector<Shape> states = {{2, 3}, {3}, {1, 1}, {1, 18}, {2, 1, 2}, {0, 3}, {2, 0}};

Shape times(Shape shape, std::size_t factor) {
    shape[shape.rank() - 1] *= factor;
    return shape;
}

std::vector<Example> lstm_cells() {
    std::vector<Example> examples;
    for (const Shape& state : states) {
        examples.emplace_back(std::vector<Input>{{.shape = times(state, 4)}, {.shape = state}}, [](const auto& v) {
            const auto [h, c] = lstm_cell(v[0], v[1]);
            return h * c;
        });
    }
    const std::vector<Input> inputs{{.shape = {2, 12}}, {.shape = {2, 3}}};
    examples.emplace_back(inputs, [](const auto& v) { return lstm_cell(v[0], v[1]).h; });
    examples.emplace_back(inputs, [](const auto& v) { return lstm_cell(v[0], v[1]).c; });
    // Two steps, of the same gates.
    examples.emplace_back(std::vector<Input>{{.shape = {2, 8}}, {.shape = {2, 2}}}, [](const auto& v) {
        const auto [h, c] = lstm_cell(v[0], v[1]);
        const auto next = lstm_cell(v[0], c);
        return h * next.h + next.c;
    });
    // Two steps from weights: x, h, c, and the parameters.
    examples.emplace_back(
        std::vector<Input>{{.shape = {2, 3}}, {.shape = {2, 2}}, {.shape = {2, 2}}, {.shape = {8, 3}}, {.shape = {8, 2}},
                           {.shape = {8}}, {.shape = {8}}},
        [](const auto& v) {
            const auto [h, c] = lstm_cell(v[0], v[1], v[2], v[3], v[4], v[5], v[6]);
            return lstm_cell(v[0], h, c, v[3], v[4], v[5], v[6]).h;
        });
    examples.emplace_back(
        std::vector<Input>{{.shape = {3}}, {.shape = {2}}, {.shape = {2}}, {.shape = {8, 3}}, {.shape = {8, 2}}},
        [](const auto& v) { return lstm_cell(v[0], v[1], v[2], v[3], v[4]).c; });
    return examples;
}

std::vector<Example> gru_cells() {
    std::vector<Example> examples;
    for (const Shape& state : states) {
        examples.emplace_back(std::vector<Input>{{.shape = times(state, 3)}, {.shape = times(state, 3)}, {.shape = state}},
                              [](const auto& v) { return gru_cell(v[0], v[1], v[2]); });
    }
    // The same Variable in two places, and two steps.
    examples.emplace_back(std::vector<Input>{{.shape = {2, 6}}, {.shape = {2, 2}}}, [](const auto& v) {
        const auto h = gru_cell(v[0], v[0], v[1]);
        return gru_cell(v[0], v[0] * v[0], h) * h;
    });
    examples.emplace_back(std::vector<Input>{{.shape = {2, 3}}, {.shape = {2, 2}}, {.shape = {6, 3}}, {.shape = {6, 2}},
                                             {.shape = {6}}, {.shape = {6}}},
                          [](const auto& v) {
                              const auto h = gru_cell(v[0], v[1], v[2], v[3], v[4], v[5]);
                              return gru_cell(v[0], h, v[2], v[3], v[4], v[5]);
                          });
    examples.emplace_back(
        std::vector<Input>{{.shape = {3}}, {.shape = {2}}, {.shape = {6, 3}}, {.shape = {6, 2}}},
        [](const auto& v) { return gru_cell(v[0], v[1], v[2], v[3]); });
    return examples;
}

} // namespace

std::vector<OpRow> recurrent_rows() {
    return {
        {"lstm_cell", "recurrent",
         "c' = f c + i tanh(a_g), h' = o tanh(c'), (i, f, o) = sigmoid(a_i, a_f, a_o)",
         "by the chain rule, one pass for c' and one for h'", lstm_cells()},
        {"gru_cell", "recurrent",
         "(1 - z) n + z h, (r, z) = sigmoid(a_r + b_r, a_z + b_z), n = tanh(a_n + r b_n)",
         "by the chain rule, in one pass", gru_cells()},
    };
}

} // namespace xgrad::tests

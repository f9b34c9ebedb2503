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

/// Sequences: three steps of two rows with three inputs and two units, forwards and backwards, with biases and without.
/// @param states  parts of the state
/// @param run     of the operands and the options
template <class Run>
std::vector<Example> sequences(std::size_t gates, std::size_t states, Run run) {
    const auto operands = [&](std::size_t steps, std::size_t rows, std::size_t inputs, std::size_t units, bool bias) {
        std::vector<Input> list{{.shape = {steps, rows, inputs}}};
        list.insert(list.end(), states, {.shape = {rows, units}});
        list.push_back({.shape = {gates * units, inputs}});
        list.push_back({.shape = {gates * units, units}});
        if (bias) list.insert(list.end(), 2, {.shape = {gates * units}});
        return list;
    };
    std::vector<Example> examples;
    for (const bool reverse : {false, true}) {
        examples.emplace_back(operands(3, 2, 3, 2, true), [=](const auto& v) { return run(v, SequenceOptions{reverse}); });
        examples.emplace_back(operands(2, 3, 1, 3, false), [=](const auto& v) { return run(v, SequenceOptions{reverse}); });
    }
    // A single step, a single unit; nobody.
    examples.emplace_back(operands(1, 3, 2, 1, true), [=](const auto& v) { return run(v, SequenceOptions{}); });
    examples.emplace_back(operands(2, 0, 2, 1, true), [=](const auto& v) { return run(v, SequenceOptions{}); });
    // The same Variable in several places.
    examples.emplace_back(std::vector<Input>{{.shape = {2, 2, 2}}, {.shape = {2, 2}}, {.shape = {gates * 2, 2}}, {.shape = {gates * 2}}},
                          [=](const auto& v) {
                              std::decay_t<decltype(v)> all{v[0]};
                              all.insert(all.end(), states, v[1]);
                              all.insert(all.end(), {v[2], v[2], v[3], v[3]});
                              return run(all, SequenceOptions{});
                          });
    return examples;
}

template <class T>
Variable<T> optional(const std::vector<Variable<T>>& v, std::size_t k) {
    return k < v.size() ? v[k] : Variable<T>();
}

std::vector<Example> lstms() {
    auto examples = sequences(4, 2, [](const auto& v, SequenceOptions options) {
        const auto [output, state] = lstm(v[0], {v[1], v[2]}, v[3], v[4], optional(v, 5), optional(v, 6), options);
        return concatenate({flatten(output * output), flatten(state.h * state.c)});
    });
    const std::vector<Input> inputs{{.shape = {3, 2, 2}}, {.shape = {2, 2}}, {.shape = {2, 2}}, {.shape = {8, 2}}, {.shape = {8, 2}}};
    examples.emplace_back(inputs, [](const auto& v) { return lstm(v[0], {v[1], v[2]}, v[3], v[4]).output; });
    examples.emplace_back(inputs, [](const auto& v) { return lstm(v[0], {v[1], v[2]}, v[3], v[4]).state.c; });
    return examples;
}

/// Of gru() and its like, whose state is of one part.
template <class Run>
std::vector<Example> of_one_state(std::size_t gates, Run run) {
    auto examples = sequences(gates, 1, [=](const auto& v, SequenceOptions options) {
        const auto [output, state] = run(v[0], v[1], v[2], v[3], optional(v, 4), optional(v, 5), options);
        return concatenate({flatten(output * output), flatten(state)});
    });
    const std::vector<Input> inputs{{.shape = {3, 2, 2}}, {.shape = {2, 2}}, {.shape = {gates * 2, 2}}, {.shape = {gates * 2, 2}}};
    examples.emplace_back(inputs, [=](const auto& v) {
        return run(v[0], v[1], v[2], v[3], optional(v, 4), optional(v, 4), SequenceOptions{}).output;
    });
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
        {"lstm", "recurrent", "lstm_cell for every step of sequences", "through time, with one product a step", lstms()},
        {"gru", "recurrent", "gru_cell for every step of sequences", "through time, with one product a step",
         of_one_state(3, [](const auto&... v) { return gru(v...); })},
        {"rnn_tanh", "recurrent", "h' = tanh(W_ih x + b_ih + W_hh h + b_hh) for every step of sequences",
         "through time, with one product a step", of_one_state(1, [](const auto&... v) { return rnn_tanh(v...); })},
        {"rnn_relu", "recurrent", "h' = relu(W_ih x + b_ih + W_hh h + b_hh) for every step of sequences",
         "through time, with one product a step", of_one_state(1, [](const auto&... v) { return rnn_relu(v...); })},
    };
}

} // namespace xgrad::tests

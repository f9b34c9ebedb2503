// Recurrent operations: chains of steps and sequences against PyTorch's; extreme pre-activations, shapes.
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/random.hpp>
#include <xgrad/ops/recurrent.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/recurrent.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::Case;
using tests::reference::part;

namespace {

/// The steps that a call of recurrent.py names, one by one or as a sequence.
template <class T>
Variable<T> run(const std::string& call, const Variable<T>& operands, bool as_sequence) {
    std::istringstream text(call);
    std::string name, bias;
    std::size_t steps, rows, inputs, units, start = 0;
    text >> name >> steps >> rows >> inputs >> units >> bias;
    const std::size_t gates = name == "lstm" ? 4 * units : 3 * units;
    const Variable<T> x = part(operands, start, {steps, rows, inputs});
    Variable<T> h = part(operands, start, {rows, units}), c, bias_ih, bias_hh;
    if (name == "lstm") c = part(operands, start, {rows, units});
    const Variable<T> weight_ih = part(operands, start, {gates, inputs});
    const Variable<T> weight_hh = part(operands, start, {gates, units});
    if (!bias.empty()) {
        bias_ih = part(operands, start, {gates});
        bias_hh = part(operands, start, {gates});
    }
    if (as_sequence && name == "lstm") {
        const auto [output, state] = lstm(x, {h, c}, weight_ih, weight_hh, bias_ih, bias_hh);
        return concatenate({flatten(output), flatten(state.c)});
    }
    if (as_sequence) return flatten(gru(x, h, weight_ih, weight_hh, bias_ih, bias_hh).output);
    std::vector<Variable<T>> results;
    for (std::size_t t = 0; t < steps; ++t) {
        const Variable<T> x_t = slice(x, {t});
        if (name == "lstm") {
            const LSTMState<T> state = lstm_cell(x_t, h, c, weight_ih, weight_hh, bias_ih, bias_hh);
            h = state.h;
            c = state.c;
        } else {
            h = gru_cell(x_t, h, weight_ih, weight_hh, bias_ih, bias_hh);
        }
        results.push_back(flatten(h));
    }
    if (name == "lstm") results.push_back(flatten(c));
    return concatenate(results);
}

} // namespace

TEST_CASE("steps of lstm_cell and gru_cell, and lstm and gru, agree with PyTorch") {
    for (const Case& c : tests::reference::recurrent_cases) {
        for (const bool as_sequence : {false, true}) {
            const auto call = [=](const std::string& text, const auto& x) { return run(text, x, as_sequence); };
            tests::reference::check<double>(c, call);
            tests::reference::check<float>(c, call);
        }
    }
    CHECK(std::size(tests::reference::recurrent_cases) == 10);
}

TEST_CASE_TEMPLATE("lstm_cell of extreme pre-activations", T, float, double) {
    // i, f, g, o of two units: all open, then all closed.
    const auto gates = as_variable<T>({8}, {1000, -1000, 1000, -1000, 1000, -1000, 1000, -1000}, true);
    const auto c = as_variable<T>({2}, {0.5, 0.5}, true), ones = as_variable<T>({2}, {1, 1}, false);
    const auto [h, next] = lstm_cell(gates, c);
    CHECK(agree(next, {1.5, 0}));
    CHECK(agree(h, {std::tanh(1.5), 0}));
    const auto [dgates, dc] = grad(h, wrt(gates, c), {.seed = ones});
    CHECK(agree(dgates, {0, 0, 0, 0, 0, 0, 0, 0}));
    CHECK(agree(dc, {1 - std::tanh(1.5) * std::tanh(1.5), 0}));
}

TEST_CASE_TEMPLATE("gru_cell of extreme pre-activations", T, float, double) {
    // r, z, n of two units. The first keeps its state; the second takes tanh(0.5), since its reset gate is closed.
    const auto a = as_variable<T>({6}, {1000, -1000, 1000, -1000, 1000, 0.5}, true);
    const auto b = as_variable<T>({6}, {1000, -1000, 1000, -1000, 1000, 1000}, true);
    const auto h = as_variable<T>({2}, {0.25, 0.75}, true), ones = as_variable<T>({2}, {1, 1}, false);
    const auto next = gru_cell(a, b, h);
    CHECK(agree(next, {0.25, std::tanh(0.5)}));
    const auto [da, db, dh] = grad(next, wrt(a, b, h), {.seed = ones});
    CHECK(agree(da, {0, 0, 0, 0, 0, 1 - std::tanh(0.5) * std::tanh(0.5)}));
    CHECK(agree(db, {0, 0, 0, 0, 0, 0}));
    CHECK(agree(dh, {1, 0}));
}

namespace {

/// The operands of a sequence of 5 steps, 9 rows, 3 inputs and 20 units: x, h, c, weights and biases.
template <class T>
std::vector<Variable<T>> operands_for(const std::string& name) {
    const std::size_t gates = name == "lstm" ? 80 : name == "gru" ? 60 : 20;
    Generator generator(3);
    std::vector<Variable<T>> operands;
    for (const Shape& shape : {Shape{5, 9, 3}, Shape{9, 20}, Shape{9, 20}, Shape{gates, 3}, Shape{gates, 20}, Shape{gates}, Shape{gates}})
        operands.emplace_back(random_uniform<T>(shape, T(-0.5), T(0.5), generator), true);
    return operands;
}

const std::vector<std::string> sequences = {"lstm", "gru", "rnn_tanh", "rnn_relu"};

/// All that a sequence results in.
template <class T>
std::vector<Variable<T>> run(const std::string& name, const std::vector<Variable<T>>& v, SequenceOptions options) {
    if (name == "lstm") {
        const auto [output, state] = lstm(v[0], {v[1], v[2]}, v[3], v[4], v[5], v[6], options);
        return {output, state.h, state.c};
    }
    const auto [output, h] = name == "gru"        ? gru(v[0], v[1], v[3], v[4], v[5], v[6], options)
                             : name == "rnn_tanh" ? rnn_tanh(v[0], v[1], v[3], v[4], v[5], v[6], options)
                                                  : rnn_relu(v[0], v[1], v[3], v[4], v[5], v[6], options);
    return {output, h};
}

template <class T>
bool same(const Variable<T>& a, const Variable<T>& b) {
    return a.shape() == b.shape() && std::equal(a.tensor().begin(), a.tensor().end(), b.tensor().begin());
}

} // namespace

TEST_CASE_TEMPLATE("a sequence in reverse is that of its elements in reverse", T, float, double) {
    for (const std::string& name : sequences) {
        CAPTURE(name);
        auto operands = operands_for<T>(name);
        const auto there = run(name, operands, {});
        CHECK(same(there[1], slice(there[0], {-1})));
        operands[0] = flip(operands[0], 0);
        const auto back = run(name, operands, {.reverse = true});
        CHECK(same(back[0], flip(there[0], 0)));
        for (std::size_t k = 1; k < there.size(); ++k) CHECK(same(back[k], there[k]));
    }
}

TEST_CASE_TEMPLATE("a sequence is the same where nothing is recorded", T, float, double) {
    for (const std::string& name : sequences) {
        CAPTURE(name);
        const auto operands = operands_for<T>(name);
        for (const bool reverse : {false, true}) {
            const auto recorded = run(name, operands, {reverse});
            const auto unrecorded = no_grad([&] { return run(name, operands, {reverse}); });
            for (std::size_t k = 0; k < recorded.size(); ++k) {
                CHECK_FALSE(unrecorded[k].requires_grad());
                CHECK(same(unrecorded[k], recorded[k]));
            }
        }
    }
}

TEST_CASE("the gradients of a sequence are those of its steps, and stay so if the graph is retained") {
    for (const std::string& name : sequences) {
        CAPTURE(name);
        auto operands = operands_for<double>(name);
        for (const bool reverse : {false, true}) {
            const auto results = run(name, operands, {reverse});
            Variable<double> y = sum(results[0] * results[0]);
            for (std::size_t k = 1; k < results.size(); ++k) y = y + sum(results[k]);
            auto xs = operands;
            if (name != "lstm") xs.erase(xs.begin() + 2); // there is no cell state
            const auto first = grad(y, xs, {.retain_graph = true}), second = grad(y, xs, {.retain_graph = true});
            const auto of_steps = grad(y, xs, {.create_graph = true}); // by the graph of the steps
            for (std::size_t k = 0; k < xs.size(); ++k) {
                CHECK(same(first[k], second[k]));
                const std::vector<double> numbers(of_steps[k].tensor().begin(), of_steps[k].tensor().end());
                CHECK(agree(first[k], numbers));
                // Alone, so that nothing else is needed.
                CHECK(agree(grad(y, wrt(xs[k]), {.retain_graph = true})[0], numbers));
                CHECK(agree(grad(y, wrt(xs[k]), {.create_graph = true})[0], numbers));
            }
        }
    }
}

TEST_CASE("sequences refuse shapes that do not fit") {
    const auto x = as_variable<double>({2, 1, 1}, {1, 2}, true), h = as_variable<double>({1, 1}, {1}, true);
    const auto w = as_variable<double>({4, 1}, {1, 2, 3, 4}, true), u = slice(w, {range(0, 3)}), r = slice(w, {range(0, 1)});
    CHECK(lstm(x, {h, h}, w, w).output.shape() == Shape{2, 1, 1});
    CHECK(message_of<ShapeError>([&] { lstm(h, {h, h}, w, w); }) == "lstm: sequences must have shape (L, N, I), not (1, 1)");
    CHECK(message_of<ValueError>([&] { gru(slice(x, {range(0, 0)}), h, u, u); }) == "gru: the sequences have no elements");
    CHECK(message_of<ShapeError>([&] { rnn_tanh(x, h, w, r); }) ==
          "rnn_tanh: for an input of shape (1, 1) and a state of shape (1, 1) weight_ih must have shape (1, 1), not (4, 1)");
    CHECK(message_of<ShapeError>([&] { lstm(x, {h, w}, w, w); }) ==
          "lstm: the hidden state has shape (1, 1), the cell state (4, 1)");
    CHECK_THROWS_AS(rnn_relu(x, w, r, r), ShapeError);
    CHECK_THROWS_AS(rnn_relu(x, h, r, r, {}, w), ShapeError);
    CHECK_THROWS_AS(gru(x, as_variable<double>({1}, {1}, true), u, u), ShapeError);
}

TEST_CASE("lstm_cell and gru_cell without gradients, and with few of them") {
    const auto gates = as_variable<double>({1, 4}, {0.5, 0.25, -0.5, 1}, false);
    const auto c = as_variable<double>({1, 1}, {2}, true);
    CHECK_FALSE(lstm_cell(gates, c.detach()).h.requires_grad());
    // Only the state before: h = o tanh(f c + i g).
    const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
    const double t = std::tanh(sigmoid(0.25) * 2 + sigmoid(0.5) * std::tanh(-0.5));
    CHECK(agree(grad(lstm_cell(gates, c).h, wrt(c))[0], {sigmoid(1) * (1 - t * t) * sigmoid(0.25)}));
    const auto a = as_variable<double>({1, 3}, {0.5, 0.25, -0.5}, false), h = as_variable<double>({1, 1}, {2}, true);
    CHECK(agree(grad(gru_cell(a, a, h), wrt(h))[0], {sigmoid(0.5)}));
}

TEST_CASE("lstm_cell and gru_cell of any number of rows without units") {
    const Shape shape{std::size_t{1} << 43, 0};
    const Variable<float> nothing(Tensor<float>(shape), true), seed(Tensor<float>(shape), false);
    CHECK(grad(lstm_cell(nothing, nothing).h, wrt(nothing), {.seed = seed})[0].shape() == shape);
    CHECK(grad(gru_cell(nothing, nothing, nothing), wrt(nothing), {.seed = seed})[0].shape() == shape);
}

TEST_CASE("lstm_cell and gru_cell refuse shapes that do not fit") {
    const auto c = as_variable<double>({2, 1}, {1, 2}, true);
    const auto six = as_variable<double>({2, 3}, {1, 2, 3, 4, 5, 6}, true);
    CHECK(message_of<ShapeError>([&] { lstm_cell(six, c); }) ==
          "lstm_cell: for a state of shape (..., H) the gates must have shape (..., 4 H), but the state has shape (2, 1) and "
          "the gates (2, 3)");
    CHECK(message_of<ShapeError>([&] { gru_cell(six, c, c); }) ==
          "gru_cell: for a state of shape (..., H) the gates must have shape (..., 3 H), but the state has shape (2, 1) and "
          "the gates (2, 1)");
    CHECK_THROWS_AS(gru_cell(six, six, slice(c, {range(0, 1)})), ShapeError);
    CHECK_THROWS_AS(lstm_cell(Variable{1.0}, Variable{1.0}), ShapeError);
    CHECK_THROWS_AS(lstm_cell(six, as_variable<double>({3}, {1, 2, 3}, true)), ShapeError);
    // From weights; a single row is not stretched to a batch.
    const auto w = as_variable<double>({4, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, true);
    const auto u = as_variable<double>({4, 1}, {1, 2, 3, 4}, true), two = as_variable<double>({2}, {1, 2}, true);
    CHECK(lstm_cell(six, c, c, w, u).h.shape() == Shape{2, 1});
    CHECK(message_of<ShapeError>([&] { lstm_cell(slice(six, {range(0, 1)}), c, c, w, u); }) ==
          "lstm_cell: an input of shape (1, 3) does not fit a state of shape (2, 1): both must have the same axes but for the "
          "last");
    CHECK_THROWS_AS(gru_cell(six, as_variable<double>({}, {1}, true), w, u), ShapeError);
    CHECK_THROWS_AS(lstm_cell(six, c, slice(c, {range(0, 1)}), w, u), ShapeError);
    CHECK(message_of<ShapeError>([&] { lstm_cell(six, c, c, u, u); }) ==
          "lstm_cell: for an input of shape (2, 3) and a state of shape (2, 1) weight_ih must have shape (4, 3), not (4, 1)");
    CHECK(message_of<ShapeError>([&] { gru_cell(six, c, slice(w, {range(0, 3)}), u); }) ==
          "gru_cell: for an input of shape (2, 3) and a state of shape (2, 1) weight_hh must have shape (3, 1), not (4, 1)");
    CHECK(message_of<ShapeError>([&] { lstm_cell(six, c, c, w, u, two); }) ==
          "lstm_cell: for an input of shape (2, 3) and a state of shape (2, 1) bias_ih must have shape (4), not (2)");
    CHECK_THROWS_AS(lstm_cell(six, c, c, w, u, {}, two), ShapeError);
}

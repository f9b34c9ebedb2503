/// @file
/// The steps that recurrent networks go through sequences in: kernels for the units of all rows, forward and backward.
/// Included only where operations are compiled.
#pragma once

#include <xgrad/ops/recurrent.hpp>
#include <xgrad/ops/recurrent_kernels.hpp>

#include <array>
#include <string_view>

namespace xgrad::ops {

/// L steps of N rows, with I inputs and H units.
struct RecurrenceExtents {
    RecurrenceExtents(const Shape& x, const Shape& h) : steps(x[0]), rows(x[1]), inputs(x[2]), width(h[1]) {}
    std::size_t state() const noexcept { return rows * width; }

    std::size_t steps, rows, inputs, width;
};

/// The arrays of a step, each of N rows: of H elements, or for the gates of G H, one gate after the other.
template <class T>
struct ForwardStep {
    T* gates;                   ///< x W_ih', and after the step what its derivative reads of the gates
    const T* hidden;            ///< h W_hh'
    const T *bias_ih, *bias_hh; ///< a single row
    const T *h, *c;             ///< the state before the step
    T *kept, *next;             ///< what is kept beside the gates; h'

    /// What comes from the inputs, of the gates from `at` on, whose biases begin at `j`.
    Batch<T> from_input(std::size_t at, std::size_t j, std::size_t count) const {
        return kernels::load(gates + at, count) + kernels::load(bias_ih + j, count);
    }
    /// What comes from the state.
    Batch<T> from_state(std::size_t at, std::size_t j, std::size_t count) const {
        return kernels::load(hidden + at, count) + kernels::load(bias_hh + j, count);
    }
    Batch<T> pre_activation(std::size_t at, std::size_t j, std::size_t count) const {
        return from_input(at, j, count) + from_state(at, j, count);
    }
};

template <class T>
struct BackwardStep {
    const T *gates, *h, *c, *kept, *next; ///< as the step left them
    const T* dnext;                       ///< the adjoint of h' from the result
    T* dh;                                ///< that from the steps after; then, if it carries h, what h gets past the product
    T* dc;                                ///< the adjoint of c', and after the step that of c
    T* dgates;                            ///< the adjoint of x W_ih', to be written
    T* dhidden;                           ///< the adjoint of h W_hh', likewise: the same array, unless they split
};

// The steps of each kind of network say how many gates there are and of how many parts the state is; whether they keep (`keeps`) an
// array beside the gates; whether the gates' adjoints differ (`split`) for inputs and state; and whether h goes to h' past the
// product as well (`carries`). step() is a step of the graph.

/// h' = activation(a + b).
template <class T, class Activation>
struct RNNSteps {
    static constexpr const char* name = Activation::info.name == std::string_view("tanh") ? "rnn_tanh" : "rnn_relu";
    static constexpr std::size_t gates = 1, states = 1;
    static constexpr bool keeps = false, split = false, carries = false;

    /// The one gate is the state, and both are in one array.
    static void forward(const RecurrenceExtents& e, const ForwardStep<T>& s) {
        for_each_unit<T>(e.rows, e.width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const std::size_t at = row * e.width + j;
            kernels::store(Batch<T>(Activation{}.value(s.pre_activation(at, j, n))), s.next + at, n);
        });
    }

    static void backward(const RecurrenceExtents& e, const BackwardStep<T>& s) {
        for_each_unit<T>(e.rows, e.width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const std::size_t at = row * e.width + j;
            const Batch<T> y = kernels::load(s.next + at, n), dy = kernels::load(s.dnext + at, n) + kernels::load(s.dh + at, n);
            kernels::store(Batch<T>(Activation{}.vjp(dy, y, y)), s.dgates + at, n);
        });
    }

    static void step(const Variable<T>& projected, std::array<Variable<T>, 2>& state, const Variable<T>& hidden) {
        state[0] = Activation{}.value(projected + hidden);
    }
};

/// c' = f c + i g, h' = o tanh(c'). The gates become i, f, g and o; c' is kept.
template <class T>
struct LSTMSteps {
    static constexpr const char* name = "lstm";
    static constexpr std::size_t gates = lstm_gates, states = 2;
    static constexpr bool keeps = true, split = false, carries = false;

    static void forward(const RecurrenceExtents& e, const ForwardStep<T>& s) {
        const std::size_t width = e.width;
        for_each_unit<T>(e.rows, width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const std::size_t at = row * width + j, first = row * gates * width + j;
            const auto gate = [&](std::size_t k) { return s.pre_activation(first + k * width, j + k * width, n); };
            const auto keep = [&](std::size_t k, const Batch<T>& y) { kernels::store(y, s.gates + first + k * width, n); };
            const Batch<T> i = sigmoid(gate(input_gate)), f = sigmoid(gate(forget_gate));
            const Batch<T> g = tanh(gate(cell_gate)), o = sigmoid(gate(output_gate));
            const Batch<T> c = f * kernels::load(s.c + at, n) + i * g;
            keep(input_gate, i);
            keep(forget_gate, f);
            keep(cell_gate, g);
            keep(output_gate, o);
            kernels::store(c, s.kept + at, n);
            kernels::store(Batch<T>(o * tanh(c)), s.next + at, n);
        });
    }

    static void backward(const RecurrenceExtents& e, const BackwardStep<T>& s) {
        const std::size_t width = e.width;
        for_each_unit<T>(e.rows, width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const std::size_t at = row * width + j, first = row * gates * width + j;
            const auto gate = [&](std::size_t k) { return kernels::load(s.gates + first + k * width, n); };
            const auto give = [&](std::size_t k, const Batch<T>& da) { kernels::store(da, s.dgates + first + k * width, n); };
            const Batch<T> dh = kernels::load(s.dnext + at, n) + kernels::load(s.dh + at, n);
            const auto output = lstm_output_adjoints<Batch<T>>(dh, gate(output_gate), tanh(kernels::load(s.kept + at, n)));
            const auto cell = lstm_cell_adjoints<Batch<T>>(kernels::load(s.dc + at, n) + output.c, gate(input_gate), gate(forget_gate),
                                                           gate(cell_gate), kernels::load(s.c + at, n));
            give(input_gate, cell.a_i);
            give(forget_gate, cell.a_f);
            give(cell_gate, cell.a_g);
            give(output_gate, output.a_o);
            kernels::store(cell.c, s.dc + at, n);
        });
    }

    static void step(const Variable<T>& projected, std::array<Variable<T>, 2>& state, const Variable<T>& hidden) {
        const auto [h, c] = lstm_cell(projected + hidden, state[1]);
        state = {h, c};
    }
};

/// h' = (1 - z) n + z h with n = tanh(a_n + r b_n). The gates become r, z and n; b_n is kept.
template <class T>
struct GRUSteps {
    static constexpr const char* name = "gru";
    static constexpr std::size_t gates = gru_gates, states = 1;
    static constexpr bool keeps = true, split = true, carries = true;

    static void forward(const RecurrenceExtents& e, const ForwardStep<T>& s) {
        const std::size_t width = e.width;
        for_each_unit<T>(e.rows, width, [&](std::size_t row, std::size_t j, std::size_t count) {
            const std::size_t at = row * width + j, first = row * gates * width + j;
            const auto gate = [&](std::size_t k) { return s.pre_activation(first + k * width, j + k * width, count); };
            const auto keep = [&](std::size_t k, const Batch<T>& y) { kernels::store(y, s.gates + first + k * width, count); };
            const std::size_t of_new = new_gate * width;
            const Batch<T> r = sigmoid(gate(reset_gate)), z = sigmoid(gate(update_gate));
            const Batch<T> b_n = s.from_state(first + of_new, j + of_new, count);
            const Batch<T> n = tanh(Batch<T>(s.from_input(first + of_new, j + of_new, count) + r * b_n));
            keep(reset_gate, r);
            keep(update_gate, z);
            keep(new_gate, n);
            kernels::store(b_n, s.kept + at, count);
            kernels::store(Batch<T>(n + z * (kernels::load(s.h + at, count) - n)), s.next + at, count);
        });
    }

    static void backward(const RecurrenceExtents& e, const BackwardStep<T>& s) {
        const std::size_t width = e.width;
        for_each_unit<T>(e.rows, width, [&](std::size_t row, std::size_t j, std::size_t count) {
            const std::size_t at = row * width + j, first = row * gates * width + j;
            const auto gate = [&](std::size_t k) { return kernels::load(s.gates + first + k * width, count); };
            const Batch<T> dh = kernels::load(s.dnext + at, count) + kernels::load(s.dh + at, count);
            const auto d = gru_adjoints<Batch<T>>(dh, gate(reset_gate), gate(update_gate), gate(new_gate),
                                                  kernels::load(s.kept + at, count), kernels::load(s.h + at, count));
            const auto give = [&](T* to, const Batch<T>& of_new) {
                kernels::store(d.a_r, to + first + reset_gate * width, count);
                kernels::store(d.a_z, to + first + update_gate * width, count);
                kernels::store(of_new, to + first + new_gate * width, count);
            };
            give(s.dgates, d.a_n);
            give(s.dhidden, d.b_n);
            kernels::store(d.h, s.dh + at, count);
        });
    }

    static void step(const Variable<T>& projected, std::array<Variable<T>, 2>& state, const Variable<T>& hidden) {
        state[0] = gru_cell(projected, hidden, state[0]);
    }
};

} // namespace xgrad::ops

/// @file
/// What the steps and the sequences of recurrent networks share: the formulas of their units, and loops over units.
/// Included only where operations are compiled.
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/activation.hpp>
#include <xgrad/ops/hyperbolic.hpp>
#include <xgrad/ops/reduction_kernels.hpp>

#include <algorithm>
#include <string>

namespace xgrad::ops {

enum LSTMGate : std::size_t { input_gate, forget_gate, cell_gate, output_gate, lstm_gates };
enum GRUGate : std::size_t { reset_gate, update_gate, new_gate, gru_gates };

// Derivatives of the units, for SIMD batches and for Variables. An adjoint is named for what it belongs to.

/// The adjoint of what entered a sigmoid or tanh, from the adjoint and the value of what came out.
template <class V>
V through_sigmoid(const V& dy, const V& y) {
    return Sigmoid{}.vjp(dy, y, y);
}
template <class V>
V through_tanh(const V& dy, const V& y) {
    return Tanh{}.vjp(dy, y, y);
}

/// Of c' = f c + i g.
template <class V>
struct LSTMCellAdjoints {
    V a_i, a_f, a_g, c;
};
template <class V>
LSTMCellAdjoints<V> lstm_cell_adjoints(const V& dc, const V& i, const V& f, const V& g, const V& c) {
    return {through_sigmoid<V>(dc * g, i), through_sigmoid<V>(dc * c, f), through_tanh<V>(dc * i, g), dc * f};
}

/// Of h' = o t with t = tanh(c').
template <class V>
struct LSTMOutputAdjoints {
    V a_o, c;
};
template <class V>
LSTMOutputAdjoints<V> lstm_output_adjoints(const V& dh, const V& o, const V& t) {
    return {through_sigmoid<V>(dh * t, o), through_tanh<V>(dh * o, t)};
}

/// Of h' = (1 - z) n + z h with n = tanh(a_n + r b_n); those of b_r and b_z are those of a_r and a_z.
template <class V>
struct GRUAdjoints {
    V a_r, a_z, a_n, b_n, h;
};
template <class V>
GRUAdjoints<V> gru_adjoints(const V& dh, const V& r, const V& z, const V& n, const V& b_n, const V& h) {
    const V a_n = through_tanh<V>(dh * (1 - z), n);
    return {through_sigmoid<V>(a_n * b_n, r), through_sigmoid<V>(dh * (h - n), z), a_n, a_n * r, dh * z};
}

/// Calls `f(row, j, count)` for each batch of elements j of each of `rows` rows of `width` elements.
template <class T, class F>
void for_each_unit(std::size_t rows, std::size_t width, const F& f) {
    if (width == 0) return;
    for (std::size_t row = 0; row < rows; ++row)
        kernels::for_each_batch<T>(width, [&](std::size_t j, std::size_t count) { f(row, j, count); });
}

/// @param gates  how many times wider than the state h the pre-activations are
/// @throws ShapeError if x, h and the parameters do not fit together
template <class T>
void check_parameters(const char* operation, std::size_t gates, const Shape& x, const Shape& h, const Variable<T>& weight_ih,
                      const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh,
                      const Location& at) {
    if (h.rank() == 0 || x.rank() != h.rank() || !std::equal(x.begin(), x.end() - 1, h.begin())) {
        throw ShapeError(std::string(operation) + ": an input of shape " + to_string(x) + " does not fit a state of shape " +
                             to_string(h) + ": both must have the same axes but for the last",
                         at);
    }
    const std::size_t rows = gates * h.back();
    const auto check = [&](const char* name, const Variable<T>& parameter, const Shape& expected) {
        if (parameter.shape() == expected) return;
        throw ShapeError(std::string(operation) + ": for an input of shape " + to_string(x) + " and a state of shape " +
                             to_string(h) + " " + name + " must have shape " + to_string(expected) + ", not " +
                             to_string(parameter.shape()),
                         at);
    };
    check("weight_ih", weight_ih, {rows, x.back()});
    check("weight_hh", weight_hh, {rows, h.back()});
    if (bias_ih.defined()) check("bias_ih", bias_ih, {rows});
    if (bias_hh.defined()) check("bias_hh", bias_hh, {rows});
}

} // namespace xgrad::ops

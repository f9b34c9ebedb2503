/// @file
/// One step in time of the gated recurrent networks, LSTM and GRU, with PyTorch's gates and layouts.
///
/// A layer multiplies the inputs of all steps by their weights at once, before the first step; the steps therefore take
/// *pre-activations*: what enters the gates' sigmoid and tanh. The overloads that take weights are for a single step.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// The state of an LSTM after a step, each of shape (..., H).
template <class T>
struct LSTMState {
    Variable<T> h; ///< the hidden state, which is also the output
    Variable<T> c; ///< the cell state
};

/// A step of a long short-term memory (Hochreiter and Schmidhuber, 1997; with the forget gate of Gers, Schmidhuber and
/// Cummins, 2000) from the pre-activations a of its gates:
///
///     i = sigmoid(a_i), f = sigmoid(a_f), g = tanh(a_g), o = sigmoid(a_o)
///     c' = f c + i g
///     h' = o tanh(c')
///
/// Two nodes on the tape, one for c' and one for h', each of one pass forward and one backward.
/// @param gates  (..., 4 H): a_i, a_f, a_g and a_o one after the other, for PyTorch's weights
///               x W_ih' + b_ih + h W_hh' + b_hh
/// @param c      (..., H): the cell state before the step
/// @throws ShapeError if the shapes do not fit
template <class T>
LSTMState<T> lstm_cell(const Variable<T>& gates, const Variable<T>& c, Location at = Location::current());

/// A step of a long short-term memory, as torch.nn.LSTMCell takes it.
/// @param x          (..., I): the input
/// @param h,c        (..., H): the state before the step
/// @param weight_ih  (4 H, I)
/// @param weight_hh  (4 H, H)
/// @param bias_ih    (4 H), or an empty handle if there is none
/// @param bias_hh    likewise
/// @throws ShapeError if the shapes do not fit
template <class T>
LSTMState<T> lstm_cell(const Variable<T>& x, const Variable<T>& h, const Variable<T>& c, const Variable<T>& weight_ih,
                       const Variable<T>& weight_hh, const Variable<T>& bias_ih = {}, const Variable<T>& bias_hh = {},
                       Location at = Location::current());

/// A step of a gated recurrent unit (Cho et al., 2014, with the reset gate after the product with the hidden weights, as
/// in PyTorch and cuDNN) from the pre-activations a that come from the input and b that come from the hidden state:
///
///     r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z), n = tanh(a_n + r b_n)
///     h' = (1 - z) n + z h
///
/// One node on the tape, of one pass forward and one backward.
/// @param input_gates   a: (..., 3 H): a_r, a_z and a_n one after the other, for PyTorch's weights x W_ih' + b_ih
/// @param hidden_gates  b: (..., 3 H), likewise h W_hh' + b_hh
/// @param h             (..., H): the state before the step
/// @returns h': (..., H), which is also the output
/// @throws ShapeError if the shapes do not fit
template <class T>
Variable<T> gru_cell(const Variable<T>& input_gates, const Variable<T>& hidden_gates, const Variable<T>& h,
                     Location at = Location::current());

/// A step of a gated recurrent unit, as torch.nn.GRUCell takes it.
/// @param x          (..., I): the input
/// @param h          (..., H): the state before the step
/// @param weight_ih  (3 H, I)
/// @param weight_hh  (3 H, H)
/// @param bias_ih    (3 H), or an empty handle if there is none
/// @param bias_hh    likewise
/// @throws ShapeError if the shapes do not fit
template <class T>
Variable<T> gru_cell(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih, const Variable<T>& weight_hh,
                     const Variable<T>& bias_ih = {}, const Variable<T>& bias_hh = {}, Location at = Location::current());

} // namespace xgrad

/// @file
/// Recurrent networks, with PyTorch's gates and layouts: over whole sequences, and one step in time of LSTM and GRU.
///
/// A step from *pre-activations*, what enters the gates' sigmoid and tanh, leaves the products to the caller; the overloads
/// that take weights have them too.
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

/// What becomes of sequences: `auto [output, state] = gru(x, h, ...);`.
template <class T, class State>
struct Recurrence {
    Variable<T> output; ///< the hidden state after every step
    State state;        ///< after the last step; to go on with
};

/// How an operation goes through sequences.
struct SequenceOptions {
    bool reverse = false; ///< from the last element to the first; the output stands in the order of the elements
};

/// A long short-term memory over whole sequences: the steps of lstm_cell(), one after the other.
///
/// One node on the tape. The inputs of all steps are multiplied by their weights at once, and so are the gradients of all
/// weights: a step has one product with the hidden weights forward and one backward, and a pass over its gates.
/// @param x          (L, N, I): L elements of each of N sequences
/// @param state      each part (N, H): before the first step
/// @param weight_ih  (4 H, I)
/// @param weight_hh  (4 H, H)
/// @param bias_ih    (4 H), or an empty handle if there is none
/// @param bias_hh    likewise
/// @returns the output (L, N, H), and the state, each part (N, H)
/// @throws ShapeError if the shapes do not fit
/// @throws ValueError if the sequences have no elements
template <class T>
Recurrence<T, LSTMState<T>> lstm(const Variable<T>& x, const LSTMState<T>& state, const Variable<T>& weight_ih,
                                 const Variable<T>& weight_hh, const Variable<T>& bias_ih = {}, const Variable<T>& bias_hh = {},
                                 SequenceOptions options = {}, Location at = Location::current());

/// A gated recurrent unit over whole sequences: the steps of gru_cell(), one after the other, as lstm() has them.
/// @param x          (L, N, I): L elements of each of N sequences
/// @param h          (N, H): the state before the first step
/// @param weight_ih  (3 H, I)
/// @param weight_hh  (3 H, H)
/// @param bias_ih    (3 H), or an empty handle if there is none
/// @param bias_hh    likewise
/// @returns the output (L, N, H), and the state (N, H)
/// @throws ShapeError if the shapes do not fit
/// @throws ValueError if the sequences have no elements
template <class T>
Recurrence<T, Variable<T>> gru(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih,
                               const Variable<T>& weight_hh, const Variable<T>& bias_ih = {}, const Variable<T>& bias_hh = {},
                               SequenceOptions options = {}, Location at = Location::current());

/// The simple recurrent network of Elman (1990) over whole sequences, h' = tanh(W_ih x + b_ih + W_hh h + b_hh), as lstm() goes
/// through them.
/// @param x          (L, N, I): L elements of each of N sequences
/// @param h          (N, H): the state before the first step
/// @param weight_ih  (H, I)
/// @param weight_hh  (H, H)
/// @param bias_ih    (H), or an empty handle if there is none
/// @param bias_hh    likewise
/// @returns the output (L, N, H), and the state (N, H)
/// @throws ShapeError if the shapes do not fit
/// @throws ValueError if the sequences have no elements
template <class T>
Recurrence<T, Variable<T>> rnn_tanh(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih,
                                    const Variable<T>& weight_hh, const Variable<T>& bias_ih = {},
                                    const Variable<T>& bias_hh = {}, SequenceOptions options = {},
                                    Location at = Location::current());

/// The same with relu in place of tanh.
/// @copydetails rnn_tanh
template <class T>
Recurrence<T, Variable<T>> rnn_relu(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih,
                                    const Variable<T>& weight_hh, const Variable<T>& bias_ih = {},
                                    const Variable<T>& bias_hh = {}, SequenceOptions options = {},
                                    Location at = Location::current());

} // namespace xgrad

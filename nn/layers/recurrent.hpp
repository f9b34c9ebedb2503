/// @file
/// Recurrent layers over whole sequences, with PyTorch's gates, layouts and names.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/ops/random.hpp>
#include <xgrad/ops/recurrent.hpp>

namespace xgrad {

/// The Variables of a state or a result, for what goes through a module's arguments and results.
template <class T>
auto variables_of(const LSTMState<T>& state) {
    return std::tuple{state.h, state.c};
}

template <class T, class State>
auto variables_of(const Recurrence<T, State>& result) {
    return std::tuple{result.output, result.state};
}

} // namespace xgrad

namespace xgrad::nn {

/// How LSTM and GRU are made.
struct RecurrentOptions {
    std::size_t layers = 1;     ///< each takes the output of the one before
    bool bias = true;
    bool batch_first = false;   ///< sequences as (N, L, ...) instead of (L, N, ...)
    double dropout = 0;         ///< in training, on the output of each layer but the last
    bool bidirectional = false; ///< with a second network that goes through the sequence backwards; their outputs are joined
};

/// The activation of an RNN.
enum class RNNActivation { tanh, relu };

/// How RNN is made.
struct RNNOptions {
    std::size_t layers = 1;     ///< each takes the output of the one before
    RNNActivation activation = RNNActivation::tanh;
    bool bias = true;
    bool batch_first = false;   ///< sequences as (N, L, ...) instead of (L, N, ...)
    double dropout = 0;         ///< in training, on the output of each layer but the last
    bool bidirectional = false; ///< with a second network that goes through the sequence backwards; their outputs are joined
};

/// What a recurrent layer makes of sequences, `auto [output, state] = lstm(x);`: the output is (L, N, D H) or, batch first,
/// (N, L, D H), the hidden state of the last layer after every step; the state that of every layer and direction.
using xgrad::Recurrence;

namespace detail {

/// What RNN, LSTM and GRU share: parameters, layers, directions. `Derived` goes through the
/// sequences in one of them.
///
/// Parameters of layer k, for G gates: `weight_ih_lk` (G H, inputs), `weight_hh_lk` (G H, H), `bias_ih_lk` and `bias_hh_lk` (G H), and
/// the same with the suffix `_reverse` for the direction backwards; all uniform in ±1 / sqrt(H).
template <class Derived, class T, class State>
class Recurrent : public Module<Derived, T> {
  public:
    /// The parameters of one layer and direction.
    struct Cell {
        Parameter<T> weight_ih, weight_hh, bias_ih, bias_hh;
    };
    /// Those of layer 0, of layer 0 backwards if there is such, of layer 1, and so on.
    std::vector<Cell> cells;

    std::vector<Member> members() override;

    /// Runs through sequences from a state of zeros.
    /// @param x  (L, N, inputs), or (N, L, inputs) if batch first
    /// @throws ShapeError if x has another shape
    /// @throws ValueError if the sequences have no elements
    Recurrence<T, State> forward(const Variable<T>& x, const Location& at);
    /// Runs through sequences from a given state.
    /// @param state  each part (layers D, N, H), with D = 2 directions if bidirectional, else 1
    /// @throws ShapeError if x or the state has another shape
    Recurrence<T, State> forward(const Variable<T>& x, const State& state, const Location& at);

  protected:
    Recurrent(const char* name, std::size_t gates, std::size_t inputs, std::size_t hidden, const RecurrentOptions& options,
              Generator& generator, const Location& at);

  private:
    const char* name_;
    std::size_t inputs_, hidden_;
    RecurrentOptions options_;
};

} // namespace detail

/// The simple recurrent network of Elman (1990): h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.
template <class T = float>
class RNN : public detail::Recurrent<RNN<T>, T, Variable<T>> {
  public:
    /// @throws ValueError if an extent or the number of layers is 0, or the dropout is not in [0, 1]
    RNN(std::size_t inputs, std::size_t hidden, const RNNOptions& options = {}, Generator& generator = default_generator(),
        Location at = Location::current())
        : detail::Recurrent<RNN, T, Variable<T>>(
              "RNN", 1, inputs, hidden,
              {options.layers, options.bias, options.batch_first, options.dropout, options.bidirectional}, generator, at),
          activation_(options.activation) {}

    /// All steps of one layer and direction, from a state of (N, H).
    Recurrence<T, Variable<T>> run(const Variable<T>& x, const Variable<T>& state,
                                   const typename detail::Recurrent<RNN, T, Variable<T>>::Cell& cell, SequenceOptions options,
                                   const Location& at) const;

  private:
    RNNActivation activation_;
};

/// Long short-term memory (Hochreiter and Schmidhuber, 1997), whose state has two parts, h and c; see lstm_cell().
template <class T = float>
class LSTM : public detail::Recurrent<LSTM<T>, T, LSTMState<T>> {
  public:
    /// @throws ValueError if an extent or the number of layers is 0, or the dropout is not in [0, 1]
    LSTM(std::size_t inputs, std::size_t hidden, const RecurrentOptions& options = {}, Generator& generator = default_generator(),
         Location at = Location::current())
        : detail::Recurrent<LSTM, T, LSTMState<T>>("LSTM", 4, inputs, hidden, options, generator, at) {}

    /// All steps of one layer and direction, from a state of (N, H).
    Recurrence<T, LSTMState<T>> run(const Variable<T>& x, const LSTMState<T>& state,
                                    const typename detail::Recurrent<LSTM, T, LSTMState<T>>::Cell& cell, SequenceOptions options,
                                    const Location& at) const;
};

/// The gated recurrent unit (Cho et al., 2014); see gru_cell().
template <class T = float>
class GRU : public detail::Recurrent<GRU<T>, T, Variable<T>> {
  public:
    /// @throws ValueError if an extent or the number of layers is 0, or the dropout is not in [0, 1]
    GRU(std::size_t inputs, std::size_t hidden, const RecurrentOptions& options = {}, Generator& generator = default_generator(),
        Location at = Location::current())
        : detail::Recurrent<GRU, T, Variable<T>>("GRU", 3, inputs, hidden, options, generator, at) {}

    /// All steps of one layer and direction, from a state of (N, H).
    Recurrence<T, Variable<T>> run(const Variable<T>& x, const Variable<T>& state,
                                   const typename detail::Recurrent<GRU, T, Variable<T>>::Cell& cell, SequenceOptions options,
                                   const Location& at) const;
};

namespace detail {
extern template class Recurrent<RNN<float>, float, Variable<float>>;
extern template class Recurrent<RNN<double>, double, Variable<double>>;
extern template class Recurrent<LSTM<float>, float, LSTMState<float>>;
extern template class Recurrent<LSTM<double>, double, LSTMState<double>>;
extern template class Recurrent<GRU<float>, float, Variable<float>>;
extern template class Recurrent<GRU<double>, double, Variable<double>>;
} // namespace detail
extern template class RNN<float>;
extern template class RNN<double>;
extern template class LSTM<float>;
extern template class LSTM<double>;
extern template class GRU<float>;
extern template class GRU<double>;

} // namespace xgrad::nn

#include <xgrad/nn/layers/recurrent.hpp>

#include <xgrad/nn/layers/layer_init.hpp>
#include <xgrad/ops/dropout.hpp>
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/transpose.hpp>

namespace xgrad::nn {

namespace {

/// @throws ShapeError unless a part of the state has the shape `expected`
template <class T>
void check_state(const char* name, const Variable<T>& part, const Shape& expected, const Location& at) {
    if (!part.defined()) throw GraphError(std::string(name) + ": the state is an empty Variable", at);
    if (part.shape() != expected) {
        throw ShapeError(std::string(name) + ": the state is of shape " + to_string(part.shape()) + ", not " + to_string(expected), at);
    }
}
template <class T>
void check_state(const char* name, const LSTMState<T>& state, const Shape& expected, const Location& at) {
    check_state(name, state.h, expected, at);
    check_state(name, state.c, expected, at);
}

/// A state of zeros.
template <class T>
void make_zeros(Variable<T>& state, const Shape& shape) {
    state = Variable<T>(Tensor<T>(shape, T(0)), false);
}
template <class T>
void make_zeros(LSTMState<T>& state, const Shape& shape) {
    make_zeros(state.h, shape);
    make_zeros(state.c, shape);
}

/// The state of layer and direction k, (N, H).
template <class T>
Variable<T> part_of(const Variable<T>& state, std::size_t k, const Location& at) {
    return slice(state, {k}, at);
}
template <class T>
LSTMState<T> part_of(const LSTMState<T>& state, std::size_t k, const Location& at) {
    return {part_of(state.h, k, at), part_of(state.c, k, at)};
}

template <class T>
Variable<T> join_states(const std::vector<Variable<T>>& states, const Location& at) {
    return stack(states, 0, at);
}
template <class T>
LSTMState<T> join_states(const std::vector<LSTMState<T>>& states, const Location& at) {
    std::vector<Variable<T>> h, c;
    for (const auto& state : states) {
        h.push_back(state.h);
        c.push_back(state.c);
    }
    return {stack(h, 0, at), stack(c, 0, at)};
}

} // namespace

namespace detail {

template <class Derived, class T, class State>
Recurrent<Derived, T, State>::Recurrent(const char* name, std::size_t gates, std::size_t inputs, std::size_t hidden,
                                        const RecurrentOptions& options, Generator& generator, const Location& at)
    : name_(name), inputs_(inputs), hidden_(hidden), options_(options) {
    check_extents(name, {{"inputs", inputs}, {"hidden", hidden}, {"layers", options.layers}}, at);
    if (!(options.dropout >= 0 && options.dropout <= 1)) {
        throw ValueError(std::string(name) + ": dropout is " + std::to_string(options.dropout) + ", not in [0, 1]", at);
    }
    const std::size_t directions = options.bidirectional ? 2 : 1;
    for (std::size_t k = 0; k < options.layers * directions; ++k) {
        const std::size_t features = k < directions ? inputs : directions * hidden;
        Cell cell;
        cell.weight_ih = default_parameter<T>({gates * hidden, features}, hidden, generator);
        cell.weight_hh = default_parameter<T>({gates * hidden, hidden}, hidden, generator);
        if (options.bias) {
            cell.bias_ih = default_parameter<T>({gates * hidden}, hidden, generator);
            cell.bias_hh = default_parameter<T>({gates * hidden}, hidden, generator);
        }
        cells.push_back(std::move(cell));
    }
}

template <class Derived, class T, class State>
std::vector<Member> Recurrent<Derived, T, State>::members() {
    const std::size_t directions = options_.bidirectional ? 2 : 1;
    std::vector<Member> list;
    for (std::size_t k = 0; k < cells.size(); ++k) {
        const std::string suffix = "_l" + std::to_string(k / directions) + (k % directions == 1 ? "_reverse" : "");
        add_member(list, "weight_ih" + suffix, cells[k].weight_ih);
        add_member(list, "weight_hh" + suffix, cells[k].weight_hh);
        add_member(list, "bias_ih" + suffix, cells[k].bias_ih);
        add_member(list, "bias_hh" + suffix, cells[k].bias_hh);
    }
    return list;
}

template <class Derived, class T, class State>
Recurrence<T, State> Recurrent<Derived, T, State>::forward(const Variable<T>& x, const Location& at) {
    State zeros;
    const std::size_t batch = x.rank() == 3 ? x.shape()[options_.batch_first ? 0 : 1] : 0;
    make_zeros(zeros, {cells.size(), batch, hidden_});
    return forward(x, zeros, at);
}

template <class Derived, class T, class State>
Recurrence<T, State> Recurrent<Derived, T, State>::forward(const Variable<T>& x, const State& state, const Location& at) {
    if (x.rank() != 3 || x.shape()[2] != inputs_) {
        throw ShapeError(std::string(name_) + ": the input is of shape " + to_string(x.shape()) + ", not " +
                             (options_.batch_first ? "(N, L, " : "(L, N, ") + std::to_string(inputs_) + ")",
                         at);
    }
    Variable<T> sequence = options_.batch_first ? swapaxes(x, 0, 1, at) : x;
    const std::size_t steps = sequence.shape()[0], batch = sequence.shape()[1];
    if (steps == 0) throw ValueError(std::string(name_) + ": the sequences have no elements", at);
    check_state(name_, state, {cells.size(), batch, hidden_}, at);

    const auto& derived = static_cast<const Derived&>(*this);
    const std::size_t directions = options_.bidirectional ? 2 : 1;
    std::vector<State> states;
    for (std::size_t layer = 0; layer < options_.layers; ++layer) {
        if (layer > 0 && this->is_training() && options_.dropout > 0) {
            sequence = dropout(sequence, options_.dropout, default_generator(), at);
        }
        std::vector<Variable<T>> outputs;
        for (std::size_t direction = 0; direction < directions; ++direction) {
            const std::size_t k = states.size();
            auto [output, last] = derived.run(sequence, part_of(state, k, at), cells[k], {.reverse = direction == 1}, at);
            outputs.push_back(std::move(output));
            states.push_back(std::move(last));
        }
        sequence = directions == 1 ? outputs[0] : concatenate(outputs, 2, at);
    }
    return {options_.batch_first ? swapaxes(sequence, 0, 1, at) : sequence, join_states(states, at)};
}

template class Recurrent<RNN<float>, float, Variable<float>>;
template class Recurrent<RNN<double>, double, Variable<double>>;
template class Recurrent<LSTM<float>, float, LSTMState<float>>;
template class Recurrent<LSTM<double>, double, LSTMState<double>>;
template class Recurrent<GRU<float>, float, Variable<float>>;
template class Recurrent<GRU<double>, double, Variable<double>>;

} // namespace detail

template <class T>
Recurrence<T, Variable<T>> RNN<T>::run(const Variable<T>& x, const Variable<T>& state,
                                       const typename detail::Recurrent<RNN, T, Variable<T>>::Cell& cell, SequenceOptions options,
                                       const Location& at) const {
    const auto& [w_ih, w_hh, b_ih, b_hh] = cell;
    if (activation_ == RNNActivation::tanh) return rnn_tanh<T>(x, state, w_ih, w_hh, b_ih, b_hh, options, at);
    return rnn_relu<T>(x, state, w_ih, w_hh, b_ih, b_hh, options, at);
}

template <class T>
Recurrence<T, LSTMState<T>> LSTM<T>::run(const Variable<T>& x, const LSTMState<T>& state,
                                         const typename detail::Recurrent<LSTM, T, LSTMState<T>>::Cell& cell,
                                         SequenceOptions options, const Location& at) const {
    return lstm<T>(x, state, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh, options, at);
}

template <class T>
Recurrence<T, Variable<T>> GRU<T>::run(const Variable<T>& x, const Variable<T>& state,
                                       const typename detail::Recurrent<GRU, T, Variable<T>>::Cell& cell, SequenceOptions options,
                                       const Location& at) const {
    return gru<T>(x, state, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh, options, at);
}

template class RNN<float>;
template class RNN<double>;
template class LSTM<float>;
template class LSTM<double>;
template class GRU<float>;
template class GRU<double>;

} // namespace xgrad::nn

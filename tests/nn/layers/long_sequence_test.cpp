// Sequences of ten thousand steps: as a layer takes them, and as a loop of one's own does. What a step costs must not grow with
// their number, nor may anything recurse.
#include <xgrad/xgrad.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

using namespace xgrad;

namespace {

constexpr std::size_t steps = 10000, inputs = 2, hidden = 4;

Variable<double> sequence() {
    Generator generator(5);
    return Variable<double>(random_normal<double>({steps, 1, inputs}, 0, 1, generator), true);
}

Variable<double> zeros() { return Variable<double>(Tensor<double>({1, hidden}, 0), false); }

bool agree(const Variable<double>& a, const Variable<double>& b) {
    double scale = 1e-12;
    for (const double element : b.tensor()) scale = std::max(scale, std::abs(element));
    return std::equal(a.tensor().begin(), a.tensor().end(), b.tensor().begin(), b.tensor().end(),
                      [&](double x, double y) { return std::abs(x - y) <= 1e-9 * scale; });
}

/// Checks the output of a layer and its gradients against those of a loop.
/// @param loop  makes the hidden states (1, hidden) of the inputs (1, inputs)
template <class Layer>
void check(Layer& layer, const std::function<std::vector<Variable<double>>(const std::vector<Variable<double>>&)>& loop) {
    const auto x = sequence();
    std::vector<Variable<double>> xs{x};
    for (const auto& parameter : layer.parameters()) xs.push_back(parameter);

    const auto output = layer(x).output;
    const auto gradients = grad(mean(square(output)), xs);

    std::vector<Variable<double>> rows;
    for (std::size_t t = 0; t < steps; ++t) rows.push_back(slice(x, {t}));
    const auto states = stack(loop(rows));
    CHECK(agree(output, states));
    const auto of_loop = grad(mean(square(states)), xs);
    for (std::size_t k = 0; k < xs.size(); ++k) CHECK(agree(gradients[k], of_loop[k]));
}

} // namespace

TEST_CASE("an RNN over ten thousand steps") {
    nn::RNN<double> rnn(inputs, hidden);
    const auto& cell = rnn.cells[0];
    check(rnn, [&](const auto& rows) {
        auto h = zeros();
        std::vector<Variable<double>> states;
        for (const auto& row : rows)
            states.push_back(h = tanh(linear(row, cell.weight_ih, cell.bias_ih) + linear(h, cell.weight_hh, cell.bias_hh)));
        return states;
    });
}

TEST_CASE("an LSTM over ten thousand steps") {
    nn::LSTM<double> lstm(inputs, hidden);
    const auto& cell = lstm.cells[0];
    check(lstm, [&](const auto& rows) {
        LSTMState<double> state{zeros(), zeros()};
        std::vector<Variable<double>> states;
        for (const auto& row : rows) {
            state = lstm_cell<double>(row, state.h, state.c, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh);
            states.push_back(state.h);
        }
        return states;
    });
}

TEST_CASE("a GRU over ten thousand steps") {
    nn::GRU<double> gru(inputs, hidden);
    const auto& cell = gru.cells[0];
    check(gru, [&](const auto& rows) {
        auto h = zeros();
        std::vector<Variable<double>> states;
        for (const auto& row : rows)
            states.push_back(h = gru_cell<double>(row, h, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh));
        return states;
    });
}

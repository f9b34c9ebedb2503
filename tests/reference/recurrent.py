"""Writes recurrent.hpp: a few steps of PyTorch's LSTMCell and GRUCell, one after the other. The operand of a case holds the
inputs of all steps, the state before the first and the parameters, one after the other; the call is its name followed by
the numbers of steps, rows, inputs and units. The result holds the hidden states of all steps, and for an LSTM the last
cell state."""

import torch

from cases import case, parts, plain, size_of, write

STEPS = 3


def cases():
    for rows, inputs, units in [(2, 3, 2), (1, 1, 1), (2, 1, 17)]:
        for bias in [True, False] if units < 17 else [True]:
            def shapes(gates):
                biases = [(gates * units,), (gates * units,)] if bias else []
                return [(gates * units, inputs), (gates * units, units)] + biases

            lstm_shapes = [(STEPS, rows, inputs), (rows, units), (rows, units)] + shapes(4)
            gru_shapes = [(STEPS, rows, inputs), (rows, units)] + shapes(3)

            def lstm(operands):
                x, h, c, *parameters = parts(operands, *lstm_shapes)
                result = []
                for x_t in x:
                    h, c = torch.lstm_cell(x_t, (h, c), *parameters)
                    result.append(h.flatten())
                return torch.cat([*result, c.flatten()])

            def gru(operands):
                x, h, *parameters = parts(operands, *gru_shapes)
                result = []
                for x_t in x:
                    h = torch.gru_cell(x_t, h, *parameters)
                    result.append(h.flatten())
                return torch.cat(result)

            extents = f"{STEPS} {rows} {inputs} {units}" + (" bias" if bias else "")
            yield case(f"lstm {extents}", lstm, plain(size_of(*lstm_shapes)))
            yield case(f"gru {extents}", gru, plain(size_of(*gru_shapes)))


write(__file__, cases())

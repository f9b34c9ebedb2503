"""Writes normalization.hpp: batch_norm, layer_norm and embedding by PyTorch. The operand of a case holds all operands of the
call, one after the other; the call is its name followed by the extents of x (of layer_norm: the rows and the width)."""

import torch
import torch.nn.functional as F

from cases import braces, case, numbers, parts, plain, size_of, write

MEAN, VARIANCE = torch.tensor([0.5, -0.25, 1.0]).double(), torch.tensor([2.0, 0.125, 0.75]).double()
INDICES, PADDING = torch.tensor([[0, 3, 1], [3, 3, 0]]), 3  # of a weight of shape (4, 2)


def name(call, shape):
    return " ".join([call, *map(str, shape)])


def of_batches():
    """Two batches and what they leave in the running statistics, then a third in evaluation."""
    for shape in [(4, 3), (2, 3, 5), (2, 3, 2, 2)]:
        layer = {2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm1d, 4: torch.nn.BatchNorm2d}[len(shape)](3, momentum=0.25).double()
        batches = plain((3, *shape))
        layer(batches[0]), layer(batches[1] * 2 + 1)
        layer.eval()
        result = torch.cat([layer.running_mean, layer.running_var, layer(batches[2]).flatten()])
        yield (f'    {{"{name("running", shape)}", {braces(batches.shape)}, {numbers(batches)},\n'
               f'     {braces(result.shape)}, {numbers(result)}, {{}}, {{}}}},\n')


def cases():
    for shape in [(4, 3), (35, 3), (2, 3, 5), (2, 3, 2, 2), (2, 3, 4, 5)]:
        shapes = [shape, (3,), (3,)]

        def training(operands):
            x, weight, bias = parts(operands, *shapes)
            return F.batch_norm(x, None, None, weight, bias, training=True)

        def evaluation(operands):
            x, weight, bias = parts(operands, *shapes)
            return F.batch_norm(x, MEAN, VARIANCE, weight, bias, eps=0.125)

        yield case(name("training", shape), training, plain(size_of(*shapes)))
        yield case(name("evaluation", shape), evaluation, plain(size_of(*shapes)))
        yield case(name("plain", shape), lambda x: F.batch_norm(x.reshape(shape), None, None, training=True), plain(size_of(shape)))
    yield from of_batches()
    for shape in [(3, 4), (2, 37), (40, 5)]:
        shapes = [shape, shape[1:], shape[1:]]

        def layer(operands):
            x, weight, bias = parts(operands, *shapes)
            return F.layer_norm(x, shape[1:], weight, bias)

        yield case(name("layer_norm", shape), layer, plain(size_of(*shapes)))
    yield case("embedding", lambda x: F.embedding(INDICES, x.reshape(4, 2)) ** 2, plain((8,)))
    yield case("padded", lambda x: F.embedding(INDICES, x.reshape(4, 2), padding_idx=PADDING) ** 2, plain((8,)))


write(__file__, cases())

"""The layers of nn and what PyTorch makes of them: outputs, gradients and buffers.

The adjoint of each output counts u_i = 1 + i / 4 - n / 8, with n its number of elements. Parameters and inputs are
multiples of 1/64, exact in float. A layer is called twice on different inputs, so that running statistics are seen to run;
the gradients are those of both calls together.
"""

import pathlib

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
random = np.random.RandomState(7)


def draw(shape):
    return torch.tensor(random.randint(-64, 65, shape) / 64)


def braces(values):
    return "{" + ", ".join(str(v) for v in values) + "}"


def array(tensor):
    numbers = ", ".join(f"{v:.17g}" for v in tensor.detach().double().reshape(-1).tolist())
    return f"{{{braces(tensor.shape)}, {{{numbers}}}}}"


def named(pairs):
    return "{" + ",\n      ".join(f'{{"{name}", {array(value)}}}' for name, value in pairs) + "}"


def flat(result):
    if isinstance(result, torch.Tensor):
        return [result]
    return [tensor for part in result for tensor in flat(part)]


def case(name, layer, *shapes, inputs=None, eval_mode=False, call=None):
    for parameter in layer.parameters():
        parameter.data = draw(parameter.shape)
    for key, buffer in layer.named_buffers():
        if key == "running_var":
            buffer.data = 1 + draw(buffer.shape).abs()
        elif buffer.dtype == torch.float64:
            buffer.data = draw(buffer.shape)
    layer.train(not eval_mode)
    before = [(key, value.clone()) for key, value in layer.state_dict().items()]
    calls = []
    for _ in range(2):
        given = inputs() if inputs else [draw(shape) for shape in shapes]
        given = [x.requires_grad_() if x.dtype == torch.float64 else x for x in given]
        outputs = flat(call(layer, *given) if call else layer(*given))
        total = 0
        for output in outputs:
            n = output.numel()
            u = 1 + torch.arange(n) / 4 - n / 8
            total = total + (output * u.reshape(output.shape)).sum()
        if total.requires_grad:
            total.backward()
        calls.append((given, outputs))
    gradients = [(key, value.grad) for key, value in layer.named_parameters()]
    after = [(key, value) for key, value in layer.state_dict().items() if key not in dict(gradients)]
    text = ",\n     ".join(
        "{{" + ", ".join(array(x) for x in given) + "},\n      {" + ", ".join(array(y) for y in outputs) + "},\n      {"
        + ", ".join(array(x.grad) for x in given if x.grad is not None) + "}}" for given, outputs in calls)
    return f'    {{"{name}",\n     {named(before)},\n     {{{text}}},\n     {named(gradients)},\n     {named(after)}}},\n'


def state(parts):
    return lambda layer, x, *given: layer(x, given[0] if parts == 1 else given)


cases = [
    case("Linear", nn.Linear(3, 4), (2, 3)),
    case("Linear without bias, 3 axes", nn.Linear(3, 2, bias=False), (2, 2, 3)),
    case("Bilinear", nn.Bilinear(3, 2, 4), (2, 3), (2, 2)),
    case("Bilinear, 3 axes", nn.Bilinear(2, 3, 2, bias=False), (2, 2, 2), (2, 2, 3)),
    case("Conv1d", nn.Conv1d(2, 3, 3, stride=2, padding=1, dilation=2), (2, 2, 9)),
    case("Conv1d, 2 groups", nn.Conv1d(4, 2, 2, groups=2, bias=False), (1, 4, 5)),
    case("Conv2d", nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2)), (2, 2, 5, 4)),
    case("Conv2d, 2 groups", nn.Conv2d(4, 6, 2, groups=2), (1, 4, 3, 3)),
    case("Conv2d, depthwise", nn.Conv2d(3, 3, 3, padding=1, groups=3, bias=False), (2, 3, 3, 4)),
    case("ConvTranspose2d", nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1), (2, 2, 2, 3)),
    case("ConvTranspose2d, 2 groups", nn.ConvTranspose2d(4, 4, (2, 3), stride=(1, 2), groups=2, dilation=(2, 1), bias=False),
         (1, 4, 2, 2)),
    case("MaxPool2d", nn.MaxPool2d(2), (1, 2, 4, 5)),
    case("MaxPool2d, ceil mode", nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), (1, 2, 6, 5)),
    case("AvgPool2d", nn.AvgPool2d((2, 3), stride=1), (1, 2, 3, 4)),
    case("AvgPool2d, ceil mode", nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), (1, 1, 6, 5)),
    case("Upsample", nn.Upsample(scale_factor=(2, 3)), (1, 2, 2, 2)),
    case("BatchNorm1d", nn.BatchNorm1d(3), (4, 3)),
    case("BatchNorm1d, 3 axes", nn.BatchNorm1d(2, eps=1e-3, momentum=0.3), (2, 2, 3)),
    case("BatchNorm1d, evaluation", nn.BatchNorm1d(3), (4, 3), eval_mode=True),
    case("BatchNorm1d, without running statistics", nn.BatchNorm1d(2, track_running_stats=False), (5, 2), eval_mode=True),
    case("BatchNorm2d", nn.BatchNorm2d(2), (2, 2, 2, 3)),
    case("BatchNorm2d, mean of all batches", nn.BatchNorm2d(2, momentum=None, affine=False), (2, 2, 3, 2)),
    case("BatchNorm2d, evaluation", nn.BatchNorm2d(2), (1, 2, 2, 2), eval_mode=True),
    case("LayerNorm", nn.LayerNorm(5), (2, 3, 5)),
    case("LayerNorm, 2 axes", nn.LayerNorm((2, 3), eps=1e-2, elementwise_affine=False), (2, 2, 3)),
    case("Dropout, evaluation", nn.Dropout(0.7), (2, 3), eval_mode=True),
    case("Embedding", nn.Embedding(5, 3), inputs=lambda: [torch.tensor(random.randint(0, 5, (2, 4)))]),
    case("Embedding, padding", nn.Embedding(4, 2, padding_idx=1), inputs=lambda: [torch.tensor([1, 3, 1, 0])]),
    case("Flatten", nn.Flatten(), (2, 2, 3)),
    case("ReLU", nn.ReLU(), (9,)),
    case("Sigmoid", nn.Sigmoid(), (9,)),
    case("LogSigmoid", nn.LogSigmoid(), (9,)),
    case("Tanh", nn.Tanh(), (9,)),
    case("Softplus", nn.Softplus(), (9,)),
    case("Softsign", nn.Softsign(), (9,)),
    case("SELU", nn.SELU(), (9,)),
    case("GELU", nn.GELU(), (9,)),
    case("SiLU", nn.SiLU(), (9,)),
    case("LeakyReLU", nn.LeakyReLU(0.2), (9,)),
    case("ELU", nn.ELU(0.7), (9,)),
    case("Hardtanh", nn.Hardtanh(-0.5, 0.25), (9,)),
    case("Softmax", nn.Softmax(1), (2, 3, 2)),
    case("LogSoftmax", nn.LogSoftmax(-1), (2, 4)),
    case("RNN", nn.RNN(3, 2), (4, 2, 3)),
    case("RNN, relu, 2 layers, bidirectional", nn.RNN(2, 2, 2, nonlinearity="relu", bidirectional=True), (3, 2, 2), (4, 2, 2),
         call=state(1)),
    case("LSTM", nn.LSTM(3, 2), (4, 2, 3)),
    case("LSTM, 2 layers, bidirectional, batch first", nn.LSTM(2, 2, 2, bidirectional=True, batch_first=True), (2, 3, 2),
         (4, 2, 2), (4, 2, 2), call=state(2)),
    case("LSTM without bias", nn.LSTM(2, 3, bias=False, batch_first=True), (1, 3, 2)),
    case("GRU", nn.GRU(3, 2), (4, 2, 3)),
    case("GRU, 2 layers, bidirectional", nn.GRU(2, 2, 2, bidirectional=True), (3, 2, 2), (4, 2, 2), call=state(1)),
]

path = pathlib.Path(__file__)
path.with_suffix(".hpp").write_text(
    f"// Made by {path.name} with PyTorch {torch.__version__} and NumPy {np.__version__}. Do not edit.\n#pragma once\n\n"
    '#include "tests/reference/layer_case.hpp"\n\n'
    f"namespace xgrad::tests::reference {{\n\ninline constexpr LayerCase layer_cases[] = {{\n{''.join(cases)}}};\n\n"
    "} // namespace xgrad::tests::reference\n")

"""Writes convolution.hpp: convolutions, poolings, unfold, fold and upsampling with their derivatives, by PyTorch.

Element i of operand k is ((37 i + 11 + 5 k) mod 19 - 9) / 8, of a pooled array with ties (7 i^2 + 3 i) mod 5 mod 3 - 1, of
the result's adjoint 1 + (i mod 7) / 4, and of what the gradients are multiplied with for the second derivatives
(i mod 5 - 2) / 2: all exact in float.
"""

import pathlib

import numpy as np
import torch
import torch.nn.functional as F


def shaped(values, shape):
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def size(shape):
    return int(np.prod(shape, dtype=int))


def operand(shape, k=0):
    return shaped([((37 * i + 11 + 5 * k) % 19 - 9) / 8 for i in range(size(shape))], shape)


def ties(shape):
    return shaped([(7 * i * i + 3 * i) % 5 % 3 - 1.0 for i in range(size(shape))], shape)


def adjoint(shape):
    return shaped([1 + i % 7 / 4 for i in range(size(shape))], shape)


def direction(shape):
    return shaped([(i % 5 - 2) / 2 for i in range(size(shape))], shape)


def pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def braces(values, prefix=""):
    return prefix + "{" + ", ".join(str(v) for v in values) + "}"


def numbers(tensor):
    return braces(f"{v:.17g}" for v in tensor.detach().reshape(-1).tolist())


CONVOLUTIONS = [
    # operation, shapes of x, weight and bias, options
    ("conv2d", [(1, 1, 3, 3), (1, 1, 2, 2)], {}),
    ("conv2d", [(2, 3, 5, 4), (4, 3, 3, 2), (4,)], {}),
    ("conv2d", [(2, 1, 6, 6), (3, 1, 5, 5), (3,)], {"padding": 2}),
    ("conv2d", [(2, 2, 7, 5), (3, 2, 3, 3)], {"stride": 2, "padding": 1}),
    ("conv2d", [(1, 2, 7, 8), (2, 2, 3, 2), (2,)], {"stride": (3, 2), "padding": (2, 0)}),
    ("conv2d", [(1, 2, 8, 7), (2, 2, 3, 3)], {"dilation": (3, 2)}),
    ("conv2d", [(2, 2, 9, 8), (2, 2, 3, 3), (2,)], {"stride": (2, 3), "padding": (3, 1), "dilation": (2, 1)}),
    ("conv2d", [(1, 1, 6, 7), (2, 1, 3, 3)], {"stride": 2, "padding": 2, "dilation": 2}),
    ("conv2d", [(2, 4, 4, 5), (6, 2, 3, 3), (6,)], {"padding": 1, "groups": 2}),
    ("conv2d", [(2, 4, 5, 5), (4, 1, 3, 3), (4,)], {"padding": 1, "groups": 4}),
    ("conv2d", [(1, 3, 5, 6), (6, 1, 3, 2)], {"stride": 2, "groups": 3}),
    ("conv2d", [(2, 3, 4, 5), (5, 3, 1, 1), (5,)], {}),
    ("conv2d", [(2, 4, 3, 3), (4, 2, 1, 1)], {"groups": 2}),
    ("conv2d", [(2, 3, 4, 5), (2, 3, 1, 1)], {"stride": 2}),
    ("conv2d", [(1, 2, 3, 3), (2, 2, 1, 1), (2,)], {"padding": 1}),
    ("conv2d", [(1, 1, 1, 1), (1, 1, 1, 1), (1,)], {}),
    ("conv2d", [(2, 2, 3, 4), (3, 2, 3, 4), (3,)], {}),
    ("conv2d", [(1, 1, 2, 2), (1, 1, 5, 4)], {"padding": (3, 2), "stride": 5}),
    ("conv2d", [(1, 1, 3, 40), (2, 1, 2, 3)], {"padding": (0, 1)}),
    ("conv2d", [(1, 9, 4, 19), (17, 9, 2, 2), (17,)], {"padding": 1}),
    ("conv1d", [(2, 3, 7), (4, 3, 3), (4,)], {}),
    ("conv1d", [(1, 2, 9), (2, 2, 3)], {"stride": 2, "padding": 2, "dilation": 2}),
    ("conv1d", [(2, 4, 6), (4, 1, 2), (4,)], {"groups": 4, "padding": 1}),
    ("conv1d", [(1, 1, 37), (2, 1, 5)], {}),
    ("conv_transpose2d", [(1, 1, 2, 2), (1, 1, 2, 2)], {}),
    ("conv_transpose2d", [(2, 3, 3, 4), (3, 2, 3, 2), (2,)], {}),
    ("conv_transpose2d", [(2, 2, 3, 4), (2, 3, 3, 3), (3,)], {"stride": 2, "padding": 1, "output_padding": 1}),
    ("conv_transpose2d", [(1, 2, 3, 2), (2, 2, 4, 3)], {"stride": (3, 2), "padding": (1, 0), "output_padding": (2, 1)}),
    ("conv_transpose2d", [(1, 2, 3, 3), (2, 1, 3, 2), (1,)], {"dilation": (2, 3), "padding": 1, "output_padding": (1, 2)}),
    ("conv_transpose2d", [(2, 4, 3, 3), (4, 3, 3, 3), (6,)], {"stride": 2, "groups": 2, "output_padding": (1, 0)}),
    ("conv_transpose2d", [(2, 3, 3, 4), (3, 1, 2, 2)], {"stride": 2, "groups": 3}),
    ("conv_transpose2d", [(2, 3, 2, 3), (3, 4, 1, 1), (4,)], {}),
    ("conv_transpose2d", [(1, 2, 2, 3), (2, 2, 1, 1)], {"stride": 2, "output_padding": 1}),
    ("conv_transpose1d", [(2, 3, 4), (3, 2, 3), (2,)], {}),
    ("conv_transpose1d", [(1, 4, 5), (4, 1, 3)],
     {"stride": 3, "padding": 1, "output_padding": 2, "dilation": 2, "groups": 2}),
]


def convolution(operation, shapes, options):
    operands = [operand(shape, k).requires_grad_() for k, shape in enumerate(shapes)]
    y = getattr(F, operation)(*operands, **options)
    gradients = torch.autograd.grad(y, operands, adjoint(tuple(y.shape)), create_graph=True)
    total = sum((direction(tuple(g.shape)) * g).sum() for g in gradients)
    seconds = torch.autograd.grad(total, operands, allow_unused=True)
    seconds = [torch.zeros_like(x) if s is None else s for x, s in zip(operands, seconds)]
    given = [braces(pair(options.get(key, default))) for key, default in
             [("stride", 1), ("padding", 0), ("output_padding", 0), ("dilation", 1)]]
    return (f'    {{"{operation}", {braces(braces(s, "Shape") for s in shapes)}, {", ".join(given)}, '
            f'{options.get("groups", 1)},\n'
            f'     {braces(y.shape)}, {numbers(y)},\n     {braces(numbers(g) for g in gradients)},\n'
            f'     {braces(numbers(s) for s in seconds)}}},\n')


def upsample_nearest(x, factor):
    return F.interpolate(x, scale_factor=factor, mode="nearest")


def upsample_nearest_to(x, size):
    return F.interpolate(x, size=size, mode="nearest")


POOLINGS = [
    # operation, shape of x, further arguments
    ("max_pool2d", (1, 1, 4, 4), [2], {}),
    ("max_pool2d", (2, 3, 7, 7), [2], {"ceil_mode": True}),
    ("max_pool2d", (2, 2, 7, 6), [3], {"stride": 2}),
    ("max_pool2d", (1, 2, 6, 8), [3], {"stride": 2, "ceil_mode": True}),
    ("max_pool2d", (1, 2, 5, 6), [(3, 2)], {"stride": (3, 4), "padding": (1, 1), "ceil_mode": True}),
    ("max_pool2d", (1, 1, 5, 5), [2], {"stride": 3, "padding": 1, "ceil_mode": True}),  # the last would start in the padding
    ("max_pool2d", (1, 1, 1, 4), [(2, 3)], {"stride": (2, 3), "ceil_mode": True}),  # larger than the image
    ("max_pool2d", (1, 2, 8, 9), [3], {"stride": (2, 1), "padding": 1, "dilation": (2, 3)}),
    ("max_pool2d", (1, 1, 9, 8), [2], {"stride": 3, "dilation": 3, "ceil_mode": True}),
    ("max_pool2d", (2, 1, 6, 5), [4], {"stride": 1, "padding": 2}),
    ("max_pool2d", (1, 1, 3, 41), [(1, 2)], {}),
    ("max_pool2d", (1, 1, 2, 39), [2], {"stride": 1}),
    ("max_pool2d", (1, 1, 1, 1), [1], {}),
    ("max_pool2d", (1, 1, 1, 1), [2], {"padding": 1}),
    ("max_pool1d", (2, 3, 7), [2], {"ceil_mode": True}),
    ("max_pool1d", (1, 2, 9), [3], {"stride": 2, "padding": 1, "dilation": 2}),
    ("avg_pool2d", (1, 1, 4, 4), [2], {}),
    ("avg_pool2d", (2, 3, 7, 6), [3], {"stride": 2, "padding": 1}),
    ("avg_pool2d", (2, 2, 7, 6), [(3, 2)], {"stride": (2, 1), "padding": (1, 1), "count_include_pad": False}),
    ("avg_pool2d", (2, 1, 7, 8), [3], {"stride": 2, "ceil_mode": True}),
    ("avg_pool2d", (1, 2, 6, 7), [3], {"stride": 2, "padding": 1, "ceil_mode": True}),
    ("avg_pool2d", (1, 2, 6, 7), [3], {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}),
    ("avg_pool2d", (1, 1, 5, 5), [2], {"stride": 3, "padding": 1, "ceil_mode": True}),
    ("avg_pool2d", (1, 1, 1, 4), [(2, 3)], {"stride": (2, 3), "ceil_mode": True}),
    ("avg_pool2d", (1, 1, 1, 1), [2], {"padding": 1}),
    ("unfold", (2, 2, 4, 5), [2], {}),
    ("unfold", (1, 2, 5, 4), [(3, 2)], {"stride": (2, 1), "padding": (1, 2)}),
    ("unfold", (1, 1, 6, 7), [(2, 3)], {"stride": 2, "padding": 1, "dilation": (3, 2)}),
    ("unfold", (1, 2, 1, 1), [1], {}),
    ("fold", (2, 8, 12), [(4, 5), 2], {}),
    ("fold", (1, 12, 21), [(5, 4), (3, 2)], {"stride": (2, 1), "padding": (1, 2)}),
    ("fold", (1, 6, 9), [(6, 7), (2, 3)], {"stride": 2, "padding": 1, "dilation": (3, 2)}),
    ("upsample_nearest", (2, 2, 2, 3), [2], {}),
    ("upsample_nearest", (1, 2, 3, 2), [(1, 3)], {}),
    ("upsample_nearest_to", (1, 2, 3, 4), [(7, 5)], {}),
    ("upsample_nearest_to", (1, 1, 6, 7), [(4, 3)], {}),
    ("upsample_nearest_to", (1, 1, 1, 1), [(2, 3)], {}),
]


def pooling(operation, shape, arguments, options):
    tied = operation.startswith("max") and size(shape) > 16
    x = (ties if tied else operand)(shape).requires_grad_()
    function = globals().get(operation) or getattr(F, operation)
    y = function(x, *arguments, **options)
    (gradient,) = torch.autograd.grad(y, x, adjoint(tuple(y.shape)))
    output, kernel = (arguments if operation == "fold" else [0, *arguments])
    given = [braces(pair(v)) for v in [output, kernel, options.get("stride", kernel if "pool" in operation else 1),
                                       options.get("padding", 0), options.get("dilation", 1)]]
    flags = [str(options.get(key, default)).lower() for key, default in [("ceil_mode", False), ("count_include_pad", True)]]
    return (f'    {{"{operation}", {braces(shape)}, {numbers(x)},\n     {", ".join(given + flags)},\n'
            f'     {braces(y.shape)}, {numbers(y)},\n     {numbers(gradient)}}},\n')


HEAD = f"""// Written by convolution.py with PyTorch {torch.__version__} and NumPy {np.__version__}. Do not edit.
#pragma once

#include "tests/reference/case.hpp"

#include <xgrad/ops/extent2.hpp>

namespace xgrad::tests::reference {{

/// A convolution; convolution.py says what the operands and the adjoints are.
struct ConvolutionCase {{
    std::string operation;
    std::vector<Shape> operands; ///< x, weight, and bias if there is one
    Extent2 stride, padding, output_padding, dilation;
    std::ptrdiff_t groups;
    Shape result;
    Numbers value;
    std::vector<Numbers> gradients, seconds; ///< one for each operand
}};

/// A pooling, unfold, fold or upsampling. Not every operation has all the options.
struct PoolingCase {{
    std::string operation;
    Shape operand;
    Numbers x;
    Extent2 output_size, kernel, stride, padding, dilation;
    bool ceil_mode, count_include_pad;
    Shape result;
    Numbers value, gradient;
}};

// clang-format off
"""

pathlib.Path(__file__).with_suffix(".hpp").write_text(
    HEAD + "inline const std::vector<ConvolutionCase> convolution_cases{\n" + "".join(convolution(*c) for c in CONVOLUTIONS)
    + "};\n\ninline const std::vector<PoolingCase> pooling_cases{\n" + "".join(pooling(*c) for c in POOLINGS)
    + "};\n// clang-format on\n\n} // namespace xgrad::tests::reference\n")

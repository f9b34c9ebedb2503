"""Writes linalg.hpp: products, permutations and diagonals, with their gradients, by PyTorch and NumPy.

Operands are eighths, so that every number in the file is exact in float, too. Operand s (0, 1, ...) has the elements
((37 i + 11 s) mod 19 - 9) / 8; the adjoint of the result counts as operand 7.
"""

import pathlib

import numpy as np
import torch


def operand(shape, s):
    i = torch.arange(int(np.prod(shape, dtype=int)), dtype=torch.float64)
    return (((37 * i + 11 * s) % 19 - 9) / 8).reshape(shape)


def braces(values):
    return "{" + ", ".join(str(v) for v in values) + "}"


def numbers(tensor):
    return "{" + ", ".join(f"{v:.17g}" for v in tensor.detach().reshape(-1).tolist()) + "}"


def case(name, function, shapes, options=()):
    """One entry: the operation, its options as integers, the operands' shapes, the result and the gradients."""
    x = [operand(shape, s).requires_grad_() for s, shape in enumerate(shapes)]
    y = function(*x)
    y.backward(operand(tuple(y.shape), 7))
    return (f'    {{"{name}", {braces(map(int, options))}, {{{", ".join(braces(s) for s in shapes)}}}, {braces(y.shape)},\n'
            f'     {numbers(y)},\n     {{{", ".join(numbers(v.grad) for v in x)}}}}},\n')


def swapped(x, swap):
    return x.transpose(-1, -2) if swap and x.ndim > 1 else x


MATMUL = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((1, 3), (3, 1)), ((3, 1), (1, 2)), ((2, 0), (0, 3)),
    ((2, 3, 4), (2, 4, 2)), ((3, 2, 4), (4, 2)), ((2, 4), (3, 4, 2)), ((2, 1, 2, 3), (3, 3, 2)), ((2, 3, 4), (4,)),
    ((4,), (2, 4, 3)), ((1, 2, 3), (2, 3, 2)),
]

TRANSPOSED = [
    ((3, 2), (3, 4), True, False), ((2, 3), (4, 3), False, True), ((3, 2), (4, 3), True, True), ((3,), (4, 3), True, True),
    ((3, 2), (3,), True, False), ((2, 4, 3), (4, 2), True, False), ((2, 3, 4), (2, 4), False, True),
    ((2, 1, 4, 3), (3, 2, 4), True, True),
]

LINEAR = [((2, 3), (4, 3), (4,)), ((3,), (2, 3), (2,)), ((2, 2, 3), (4, 3), (4,)), ((1, 1), (1, 1), (1,)), ((2, 3), (4, 3))]

PERMUTE = [((2, 3), (1, 0)), ((2, 3, 4), (2, 0, 1)), ((2, 3, 4), (0, 2, 1)), ((2, 3, 2, 2), (-1, 1, -4, 2)), ((2, 1, 3), (1, 2, 0))]

DIAG = [((3,), 0), ((2,), 1), ((2,), -2), ((3, 3), 0), ((3, 4), 1), ((3, 4), -1), ((4, 3), 2), ((2, 3), 5)]


def diag(x, k):
    """PyTorch refuses a diagonal outside the matrix; NumPy, which is the authority, gives an empty vector."""
    y = x.reshape(-1)[:0] if x.ndim == 2 and abs(k) >= max(x.shape) else torch.diag(x, k)
    assert np.array_equal(y.detach().numpy(), np.diag(x.detach().numpy(), k))
    return y


def cases():
    for a, b in MATMUL:
        yield case("matmul", torch.matmul, (a, b), (False, False))
    for a, b, ta, tb in TRANSPOSED:
        yield case("matmul", lambda x, y: torch.matmul(swapped(x, ta), swapped(y, tb)), (a, b), (ta, tb))
    for shapes in LINEAR:
        yield case("linear", torch.nn.functional.linear, shapes)
    yield case("dot", torch.dot, ((5,), (5,)))
    for shapes in [((3,), (2,)), ((1,), (4,))]:
        yield case("outer", torch.outer, shapes)
    for shape in [(3, 3), (2, 4), (4, 2)]:
        # Not torch.trace: in PyTorch 1.13 its gradient is wrong for a matrix with more rows than columns.
        yield case("trace", lambda x: torch.diagonal(x).sum(), (shape,))
    for shape, k in DIAG:
        yield case("diag", lambda x: diag(x, k), (shape,), (k,))
    for shape in [(2, 3), (2, 3, 4)]:
        yield case("transpose", lambda x: x.permute(*reversed(range(x.ndim))), (shape,))
    yield case("swapaxes", lambda x: torch.swapaxes(x, -1, 0), ((2, 3, 4),), (-1, 0))
    for shape, axes in PERMUTE:
        yield case("permute", lambda x: x.permute(axes), (shape,), axes)


pathlib.Path(__file__).with_suffix(".hpp").write_text(
    f"// Made by linalg.py with PyTorch {torch.__version__} and NumPy {np.__version__}. Do not edit.\n"
    """#pragma once

#include <cstddef>
#include <vector>

namespace xgrad::tests::reference::linalg {

using Numbers = std::vector<double>;

struct Case {
    const char* operation;
    std::vector<std::ptrdiff_t> options; ///< the transposes of matmul, the k of diag, the axes of permute and swapaxes
    std::vector<std::vector<std::size_t>> operands;
    std::vector<std::size_t> shape; ///< of the result
    Numbers value;
    std::vector<Numbers> gradients;
};

inline const std::vector<Case> cases = {
""" + "".join(cases()) + "};\n\n} // namespace xgrad::tests::reference::linalg\n")

"""Writes shape.hpp: rearranging and indexing, with gradients, by NumPy and PyTorch.

Each case is the C++ call, the function that does the same, and the shapes of x (and y). Element i of x is i + 1, of y
(100 + i) / 8, of the result's adjoint 1 + i + (i^2 mod 7) / 8: all exact in float, and so are the results.

What NumPy does is done to the positions of the elements, so that NumPy says which element goes where and PyTorch
differentiates that. (PyTorch 1.13 cannot differentiate scatter_add where the source is longer than the index; what is
beyond is cut off first.)
"""

import pathlib

import numpy as np
import torch

_ = slice  # _(0, 5, 2) is 0:5:2


def by_numpy(function):
    def apply(x):
        positions = function(np.arange(x.numel()).reshape(tuple(x.shape)))
        return x.reshape(-1)[torch.from_numpy(np.array(positions, order="C"))]

    return apply


def index(*key):
    return by_numpy(lambda p: p[key])


def longs(values):
    return torch.tensor(values, dtype=torch.int64)


SHAPE = [
    ("reshape(x, {3, 2})", by_numpy(lambda p: p.reshape(3, 2)), [(2, 3)]),
    ("reshape(x, {2, -1, 2})", by_numpy(lambda p: p.reshape(2, -1, 2)), [(3, 4)]),
    ("reshape(x, -1)", by_numpy(lambda p: p.reshape(-1)), [(2, 2)]),
    ("reshape(x, {})", by_numpy(lambda p: p.reshape(())), [(1, 1)]),
    ("reshape(x, {-1, 5})", by_numpy(lambda p: p.reshape(-1, 5)), [(0, 3)]),
    ("flatten(x)", lambda x: torch.flatten(x), [(2, 3)]),
    ("flatten(x)", lambda x: torch.flatten(x), [()]),
    ("flatten(x, 1)", lambda x: torch.flatten(x, 1), [(2, 3, 2)]),
    ("flatten(x, 0, -2)", lambda x: torch.flatten(x, 0, -2), [(2, 3, 2)]),
    ("flatten(x, 1, 1)", lambda x: torch.flatten(x, 1, 1), [(2, 3, 2)]),
    ("squeeze(x)", by_numpy(np.squeeze), [(1, 3, 1)]),
    ("squeeze(x, {-1})", by_numpy(lambda p: np.squeeze(p, -1)), [(1, 3, 1)]),
    ("squeeze(x, {0, 2})", by_numpy(lambda p: np.squeeze(p, (0, 2))), [(1, 1, 1)]),
    ("expand_dims(x, 0)", by_numpy(lambda p: np.expand_dims(p, 0)), [(2, 3)]),
    ("expand_dims(x, -2)", by_numpy(lambda p: np.expand_dims(p, -2)), [(2, 3)]),
    ("expand_dims(x, 2)", by_numpy(lambda p: np.expand_dims(p, 2)), [(2, 3)]),
    ("concatenate({x, y})", lambda x, y: torch.cat([x, y]), [(2, 3), (1, 3)]),
    ("concatenate({y, x, y}, -1)", lambda x, y: torch.cat([y, x, y], -1), [(2, 3), (2, 2)]),
    ("concatenate({x, y}, 1)", lambda x, y: torch.cat([x, y], 1), [(2, 2, 2), (2, 1, 2)]),
    ("stack({x, y})", lambda x, y: torch.stack([x, y]), [(3,), (3,)]),
    ("stack({x, y, x}, 1)", lambda x, y: torch.stack([x, y, x], 1), [(2, 3), (2, 3)]),
    ("stack({x, y}, -1)", lambda x, y: torch.stack([x, y], -1), [(2, 3), (2, 3)]),
    ("stack({x, y})", lambda x, y: torch.stack([x, y]), [(), ()]),
    ("split(x, 3)[1]", by_numpy(lambda p: np.split(p, 3)[1]), [(6, 2)]),
    ("split(x, 2, -1)[1]", by_numpy(lambda p: np.split(p, 2, -1)[1]), [(2, 4)]),
    ("split_at(x, {2, 5})[1]", by_numpy(lambda p: np.split(p, [2, 5])[1]), [(7,)]),
    ("split_at(x, {2, 5})[2]", by_numpy(lambda p: np.split(p, [2, 5])[2]), [(7,)]),
    ("split_at(x, {3, 1}, 1)[1]", by_numpy(lambda p: np.split(p, [3, 1], 1)[1]), [(2, 4)]),
    ("split_at(x, {3, 1}, 1)[2]", by_numpy(lambda p: np.split(p, [3, 1], 1)[2]), [(2, 4)]),
    ("split_at(x, {-3, 9})[1]", by_numpy(lambda p: np.split(p, [-3, 9])[1]), [(5,)]),
    ("split_at(x, {-3, 9})[2]", by_numpy(lambda p: np.split(p, [-3, 9])[2]), [(5,)]),
    ("tile(x, 2)", by_numpy(lambda p: np.tile(p, 2)), [(2, 3)]),
    ("tile(x, {3, 2})", by_numpy(lambda p: np.tile(p, (3, 2))), [(2, 2)]),
    ("tile(x, {2, 1, 2})", by_numpy(lambda p: np.tile(p, (2, 1, 2))), [(2,)]),
    ("tile(x, {2, 3, 2})", by_numpy(lambda p: np.tile(p, (2, 3, 2))), [(2, 1, 2)]),
    ("tile(x, {2, 0})", by_numpy(lambda p: np.tile(p, (2, 0))), [(2,)]),
    ("repeat(x, 2)", by_numpy(lambda p: np.repeat(p, 2)), [(2, 2)]),
    ("repeat(x, 3, 0)", by_numpy(lambda p: np.repeat(p, 3, 0)), [(2, 2)]),
    ("repeat(x, 2, -1)", by_numpy(lambda p: np.repeat(p, 2, -1)), [(2, 2)]),
    ("pad(x, {{1, 2}})", lambda x: torch.nn.functional.pad(x, (1, 2)), [(3,)]),
    ("pad(x, {{1, 0}, {0, 2}}, 7)", lambda x: torch.nn.functional.pad(x, (0, 2, 1, 0), value=7), [(2, 3)]),
    ("pad(x, {{1, 1}})", lambda x: torch.nn.functional.pad(x, (1, 1, 1, 1)), [(2, 2)]),
    ("pad(x, {{2, 1}, {0, 2}}, PadMode::edge)",
     by_numpy(lambda p: np.pad(p, ((2, 1), (0, 2)), mode="edge")), [(2, 2)]),
    ("pad(x, {{2, 1}, {1, 0}}, PadMode::reflect)",
     by_numpy(lambda p: np.pad(p, ((2, 1), (1, 0)), mode="reflect")), [(3, 2)]),
    ("pad(x, {{5, 4}}, PadMode::reflect)", by_numpy(lambda p: np.pad(p, ((5, 4),), mode="reflect")), [(3,)]),
    ("pad(x, {{2, 1}}, PadMode::reflect)", by_numpy(lambda p: np.pad(p, ((2, 1),), mode="reflect")), [(1,)]),
    ("flip(x)", by_numpy(np.flip), [(2, 3)]),
    ("flip(x, {1})", by_numpy(lambda p: np.flip(p, 1)), [(2, 3)]),
    ("flip(x, {0, -1})", by_numpy(lambda p: np.flip(p, (0, -1))), [(2, 2, 2)]),
    ("roll(x, 2)", by_numpy(lambda p: np.roll(p, 2)), [(2, 3)]),
    ("roll(x, -7)", by_numpy(lambda p: np.roll(p, -7)), [(5,)]),
    ("roll(x, 1, 1)", by_numpy(lambda p: np.roll(p, 1, 1)), [(2, 3)]),
    ("roll(x, -1, -2)", by_numpy(lambda p: np.roll(p, -1, -2)), [(3, 2)]),
]

INDEXING = [
    ("slice(x, {range(1, 4)})", index(_(1, 4)), [(6,)]),
    ("slice(x, {range(0, 7, 3)})", index(_(0, 7, 3)), [(7,)]),
    ("slice(x, {range(-4, -1)})", index(_(-4, -1)), [(6,)]),
    ("slice(x, {range(-100, 100)})", index(_(-100, 100)), [(4,)]),
    ("slice(x, {range(4, 2)})", index(_(4, 2)), [(6,)]),
    ("slice(x, {range({}, {}, -1)})", index(_(None, None, -1)), [(5,)]),
    ("slice(x, {range({}, {}, -2)})", index(_(None, None, -2)), [(6,)]),
    ("slice(x, {range(4, 0, -2)})", index(_(4, 0, -2)), [(6,)]),
    ("slice(x, {range(-2, {}, -3)})", index(_(-2, None, -3)), [(6,)]),
    ("slice(x, {range(9, -9, -2)})", index(_(9, -9, -2)), [(5,)]),
    ("slice(x, {range({}, -3, -1)})", index(_(None, -3, -1)), [(6,)]),
    ("slice(x, {range(1, {}, 100)})", index(_(1, None, 100)), [(4,)]),
    ("slice(x, {1})", index(1), [(3, 4)]),
    ("slice(x, {-1, -2})", index(-1, -2), [(3, 4)]),
    ("slice(x, {all(), 2})", index(_(None), 2), [(3, 4)]),
    ("slice(x, {range(0, 3, 2), range(1, 3)})", index(_(0, 3, 2), _(1, 3)), [(3, 4)]),
    ("slice(x, {range(1, 3), all()})", index(_(1, 3), _(None)), [(3, 2)]),
    ("slice(x, {range({}, {}, -1), range({}, {}, -2)})", index(_(None, None, -1), _(None, None, -2)), [(2, 4)]),
    ("slice(x, {ellipsis(), 1})", index(..., 1), [(2, 2, 2)]),
    ("slice(x, {1, ellipsis()})", index(1, ...), [(2, 2, 2)]),
    ("slice(x, {0, ellipsis(), range({}, {}, -1)})", index(0, ..., _(None, None, -1)), [(2, 2, 3)]),
    ("slice(x, {newaxis(), 1, newaxis(), range(0, 2)})", index(None, 1, None, _(0, 2)), [(2, 3)]),
    ("slice(x, {0, 1, ellipsis()})", index(0, 1, ...), [(2, 3)]),
    ("slice(x, {range(2, 9), range(1, 2)})", index(_(2, 9), _(1, 2)), [(0, 3)]),
    ("take(x, {2, 0, 2}, 0)", by_numpy(lambda p: np.take(p, [2, 0, 2], 0)), [(3, 2)]),
    ("take(x, {-1, 0, 1, -1}, 1)", by_numpy(lambda p: np.take(p, [-1, 0, 1, -1], 1)), [(2, 3)]),
    ("take(x, Array<int>{{0, 1}, {2, 2}}, -1)", by_numpy(lambda p: np.take(p, [[0, 1], [2, 2]], -1)), [(2, 3)]),
    ("take(x, Array<int>{{0, 1}, {1, -1}}, 0)", by_numpy(lambda p: np.take(p, [[0, 1], [1, -1]], 0)), [(2, 2)]),
    ("take(x, {5, 0, -6, 5})", by_numpy(lambda p: np.take(p, [5, 0, -6, 5])), [(2, 3)]),
    ("gather(x, 1, Array<int>{{0, 3, 0}, {1, 1, 2}})",
     lambda x: torch.gather(x, 1, longs([[0, 3, 0], [1, 1, 2]])), [(3, 4)]),
    ("gather(x, 0, Array<int>{{0, 2, 2}, {1, 1, 0}})",
     lambda x: torch.gather(x, 0, longs([[0, 2, 2], [1, 1, 0]])), [(3, 4)]),
    ("gather(x, 1, Array<int>{{{0, 1}, {2, 2}}})", lambda x: torch.gather(x, 1, longs([[[0, 1], [2, 2]]])), [(2, 3, 2)]),
    ("gather(x, -3, Array<int>{{{1, 0}}, {{0, 1}}, {{1, 1}}})",
     lambda x: torch.gather(x, -3, longs([[[1, 0]], [[0, 1]], [[1, 1]]])), [(2, 3, 2)]),
    ("gather(x, 0, {2, 2, 0, 1})", lambda x: torch.gather(x, 0, longs([2, 2, 0, 1])), [(3,)]),
    ("scatter_add(x, 1, Array<int>{{0, 3}, {1, 1}}, y)",
     lambda x, y: torch.scatter_add(x, 1, longs([[0, 3], [1, 1]]), y), [(2, 4), (2, 2)]),
    ("scatter_add(x, 0, Array<int>{{0, 1, 1}, {0, 0, 1}}, y)",
     lambda x, y: torch.scatter_add(x, 0, longs([[0, 1, 1], [0, 0, 1]]), y[:2, :3]), [(2, 4), (3, 4)]),
    ("scatter_add(x, 0, {2, 2, 2, 0}, y)", lambda x, y: torch.scatter_add(x, 0, longs([2, 2, 2, 0]), y), [(3,), (4,)]),
    ("scatter_add(x, 2, Array<int>{{{0, 1}, {1, 1}}}, y)",
     lambda x, y: torch.scatter_add(x, 2, longs([[[0, 1], [1, 1]]]), y[:, :, :2]), [(1, 2, 2), (1, 2, 3)]),
    ("masked_select(x, Array<bool>{{true, false, true}, {false, false, true}})",
     lambda x: torch.masked_select(x, torch.tensor([[True, False, True], [False, False, True]])), [(2, 3)]),
    ("masked_select(x, Array<bool>{false, true, true})",
     lambda x: torch.masked_select(x, torch.tensor([False, True, True])), [(2, 3)]),
    ("masked_select(x, Array<bool>{false, true, true})",
     lambda x: torch.masked_select(x, torch.tensor([False, True, True])), [(2, 1)]),
    ("masked_select(x, x > 2.5)", lambda x: torch.masked_select(x, x > 2.5), [(4,)]),
    ("masked_select(x, x > 9)", lambda x: torch.masked_select(x, x > 9), [(4,)]),
]


def operand(shape, first, scale):
    n = int(np.prod(shape, dtype=int))
    return (scale * (first + torch.arange(n, dtype=torch.float64))).reshape(shape)


def adjoint(shape):
    i = torch.arange(int(np.prod(shape, dtype=int)), dtype=torch.float64)
    return (1 + i + (i * i % 7) / 8).reshape(shape)


def braces(values, prefix=""):
    return prefix + "{" + ", ".join(str(v) for v in values) + "}"


def numbers(tensor):
    return braces(f"{v:.17g}" for v in tensor.detach().reshape(-1).tolist())


def case(call, function, shapes):
    x = [operand(shape, *of).requires_grad_() for shape, of in zip(shapes, [(1, 1), (100, 0.125)])]
    y = function(*x)
    y.backward(adjoint(tuple(y.shape)))
    return (f'    {{"{call}",\n     {braces(braces(s, "Shape") for s in shapes)},\n     {braces(y.shape, "Shape")},\n     {numbers(y)},\n'
            f'     {braces(numbers(v.grad) for v in x)}}},\n')


HEAD = """// Written by shape.py with NumPy {numpy} and PyTorch {torch}.
#pragma once

#include <xgrad/autodiff/shape.hpp>

#include <vector>

namespace xgrad::tests::reference {{

/// A call on operands x and y, its result, and the operands' gradients.
struct ShapeCase {{
    const char* call;
    std::vector<Shape> operands;
    Shape shape;
    std::vector<double> value;
    std::vector<std::vector<double>> gradients;
}};

// clang-format off
"""

text = HEAD.format(numpy=np.__version__, torch=torch.__version__)
for name, cases in [("shape_cases", SHAPE), ("indexing_cases", INDEXING)]:
    text += f"inline const std::vector<ShapeCase> {name}{{\n" + "".join(case(*c) for c in cases) + "};\n"
text += "// clang-format on\n\n} // namespace xgrad::tests::reference\n"
pathlib.Path(__file__).with_suffix(".hpp").write_text(text)

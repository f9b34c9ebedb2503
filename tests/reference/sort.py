"""Writes sort.hpp: sort and topk by PyTorch, and argsort by NumPy."""

import numpy as np
import torch

from cases import case, plain, shaped, ties, write

FLAG = ("false", "true")


def argsort(x, axis, descending):
    """NumPy's stable order; of the negative for the descending one. As a constant function."""
    order = np.argsort(-x.detach().numpy() if descending else x.detach().numpy(), axis, kind="stable")
    return torch.tensor(order, dtype=torch.float64) + 0 * x


def sort(x, axis, descending):
    return torch.sort(x, stable=True, dim=axis, descending=descending)[0]


def cases():
    for shape, axes in [((9,), (0,)), ((3, 5), (0, -1)), ((2, 4, 3), (0, 1, 2)), ((1, 1), (0,))]:
        for axis in axes:
            for descending in (False, True):
                flags = f"{axis}, {FLAG[descending]}"
                yield case(f"sort(x, {flags})", lambda x: sort(x ** 2, axis, descending), plain(shape))
                yield case(f"sort(x, {flags})", lambda x: sort(x ** 2, axis, descending), ties(shape))
                yield case(f"argsort(x, {flags})", lambda x: argsort(x, axis, descending), ties(shape))
                for k in (1, 2):
                    if shape[axis] >= k:
                        yield case(f"topk(x, {k}, {flags})", lambda x: torch.topk(x ** 2, k, axis, descending)[0],
                                   shaped(np.arange(np.prod(shape)) * 7 % 31 / 8, shape))


write(__file__, cases())

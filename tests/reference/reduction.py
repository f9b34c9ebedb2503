"""Writes reduction.hpp: reductions and cumulative functions, with ties and zeros, by PyTorch."""

import torch

from cases import case, plain, shaped, ties, write

inf = float("inf")


def over(function):
    """`function` over the axes of a C++ call; None means all."""
    return lambda axes, keep=False: lambda x: function(x, tuple(range(x.ndim)) if axes is None else axes, keep)


def prod(x, axes, keep):
    """Axis by axis: PyTorch's product over all axes has a wrong second derivative where two elements are zero."""
    for axis in sorted((a % x.ndim for a in axes), reverse=True):
        x = x.prod(axis, keepdim=True)
    return x if keep else x.reshape([n for n, a in zip(x.shape, range(x.ndim)) if a not in [b % x.ndim for b in axes]])


CALLS = [  # the C++ arguments after x, and the same in Python
    ("", None, False), (", 1", (1,), False), (", 0", (0,), False), (", {0, -1}", (0, -1), False),
    (", {0}, keepdims", (0,), True), (", {}, keepdims", None, True),
]

FUNCTIONS = {
    "sum": over(lambda x, a, k: x.sum(a, keepdim=k)),
    "mean": over(lambda x, a, k: x.mean(a, keepdim=k)),
    "prod": over(prod),
    "var": over(lambda x, a, k: torch.var(x, a, unbiased=False, keepdim=k)),
    "stddev": over(lambda x, a, k: torch.std(x, a, unbiased=False, keepdim=k)),
    "max": over(lambda x, a, k: x.amax(a, keepdim=k)),
    "min": over(lambda x, a, k: x.amin(a, keepdim=k)),
    "norm": over(lambda x, a, k: torch.linalg.vector_norm(x, 2, a, keepdim=k)),
    "logsumexp": over(lambda x, a, k: torch.logsumexp(x, a, keepdim=k)),
}


def cases():
    for name, function in FUNCTIONS.items():
        for arguments, axes, keep in CALLS:
            call = f"norm(x, 2{arguments})" if name == "norm" else f"{name}(x{arguments})"
            for shape in [(3, 4), (2, 3, 4)]:
                yield case(call, function(axes, keep), plain(shape))
    for name in ["var", "stddev"]:
        unbiased = {"var": torch.var, "stddev": torch.std}[name]
        yield case(f"{name}(x, 1, false, 1)", lambda x: unbiased(x, 1, unbiased=True), plain((3, 4)))
    for order, text in [(1, "1"), (inf, "infinity")]:
        for arguments, axes, keep in CALLS:
            norm = over(lambda x, a, k: torch.linalg.vector_norm(x, order, a, keepdim=k))
            yield case(f"norm(x, {text}{arguments})", norm(axes, keep), plain((3, 4)))
            yield case(f"norm(x, {text}{arguments})", norm(axes, keep), ties((4, 5)))
    for name in ["max", "min"]:
        for arguments, axes, keep in CALLS:
            yield case(f"{name}(x{arguments})", FUNCTIONS[name](axes, keep), ties((4, 5)))
    # Products of no, one, two and all zeros.
    zeros = shaped([2, -1, 3, 4, 0.5, 0, 3, -2, 0, 5, 0, -1, 0, 0, 0, 0], (4, 4))
    for arguments, axes, keep in CALLS:
        yield case(f"prod(x{arguments})", FUNCTIONS["prod"](axes, keep), zeros)
    yield case("prod(x)", FUNCTIONS["prod"](None), shaped([2, 0, 3], (3,)))
    yield case("prod(x)", FUNCTIONS["prod"](None), shaped([2, 0, 3, 0, 4], (5,)))
    for axis in (0, 1, -1):
        for shape in [(3, 4), (2, 3, 2)]:
            yield case(f"cumsum(x, {axis})", lambda x: x.cumsum(axis), plain(shape))
            yield case(f"cumprod(x, {axis})", lambda x: x.cumprod(axis), plain(shape))
        yield case(f"cumprod(x, {axis})", lambda x: x.cumprod(axis), zeros)


write(__file__, cases())

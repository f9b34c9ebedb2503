"""Writes softmax.hpp: softmax, log_softmax and the cross-entropies, at moderate and at extreme logits, by PyTorch."""

import torch
import torch.nn.functional as F

from cases import case, plain, shaped, write

EXTREME = shaped([1000, -1000, 0, 999, 1000, 1000, -1000, -1000, -1000, 0.5, 0, -0.5], (4, 3))
LABELS = torch.tensor([2, 0, 1, 2])  # of 4 rows
TARGETS = shaped([0, 1, 0.25, 0.5, 0.75, 1, 0, 0.125, 1, 0.5, 0, 1], (4, 3))


def cases():
    for name, function in [("softmax", torch.softmax), ("log_softmax", torch.log_softmax)]:
        for axis in (-1, 0, 1):
            for shape in [(3, 4), (2, 3, 4)]:
                yield case(f"{name}(x, {axis})", lambda x: function(x, axis), plain(shape))
            yield case(f"{name}(x, {axis})", lambda x: function(x, axis), EXTREME)
        yield case(f"{name}(x)", lambda x: function(x, -1), plain((2, 40)))
        yield case(f"{name}(x, 0)", lambda x: function(x, 0), plain((3, 18)))
    for reduction in ["none", "mean", "sum"]:
        for x in [plain((4, 3)), plain((4, 37)), EXTREME]:
            yield case(f"cross_entropy(x, labels, Reduction::{reduction})",
                       lambda x: F.cross_entropy(x, LABELS, reduction=reduction), x)
        yield case(f"cross_entropy(x, 1, Reduction::{reduction})",
                   lambda x: F.cross_entropy(x, torch.tensor(1), reduction=reduction), plain((5,)))
        call = f"binary_cross_entropy_with_logits({{}}, Reduction::{reduction})"
        for x in [plain((4, 3)), EXTREME]:
            yield case(call.format("x, targets"),
                       lambda x: F.binary_cross_entropy_with_logits(x, TARGETS, reduction=reduction), x)
        yield case(call.format("logits, x"),
                   lambda t: F.binary_cross_entropy_with_logits(EXTREME, t, reduction=reduction), TARGETS)


write(__file__, cases())

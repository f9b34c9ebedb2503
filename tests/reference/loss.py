#!/usr/bin/python3
"""Writes loss.hpp: the losses of nn/ by PyTorch, with the gradients and second derivatives of all their arguments.

The adjoint of the result counts u_i = 1 + i / 4; the second derivative is that of the sum over the arguments of
<v, gradient>, where v_i = (i mod 5 - 2) / 2. The arguments are exact in float.
"""

import pathlib

import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from cases import braces, numbers, plain, shaped

LABELS = torch.tensor([2, 0, 1, 2])
IGNORING = torch.tensor([2, -100, 1, -100])
IGNORING_1 = torch.tensor([2, 1, 0, 1])
WEIGHT = shaped([0.5, 2, 1.25], (3,))
SIGNS = shaped([1, -1, -1, 1], (4,))
P = shaped([0.25, 0.5, 0.875, 0.0625, 0.75, 0.9375], (3, 2))
T = shaped([0, 1, 0.25, 0.5, 0.75, 1], (3, 2))
EDGE_P = shaped([0, 1, 0, 1, 0, 0.5], (6,))
EDGE_T = shaped([0, 1, 1, 0, 0.5, 0.5], (6,))
SOFT = shaped([0.5, 0.25, 0.25, 0, 1, 0, 0.125, 0.125, 0.75, 0.25, 0.25, 0.5], (4, 3))
REDUCTIONS = ["none", "mean", "sum"]


def reduce(x, reduction):
    return {"none": lambda: x, "mean": x.mean, "sum": x.sum}[reduction]()


def other(shape):
    return plain(shape).flip(0) * 0.75 + 0.125


def entry(call, function, *arguments, second=True):
    xs = [x.clone().requires_grad_() for x in arguments]
    y = function(*xs)
    u = 1 + torch.arange(y.numel(), dtype=torch.float64).reshape(y.shape) / 4
    gradients = torch.autograd.grad(y, xs, u, create_graph=second)
    seconds = [torch.zeros_like(x) for x in xs]
    if second:
        total = 0
        for x, g in zip(xs, gradients):
            v = (torch.arange(x.numel(), dtype=torch.float64).reshape(x.shape) % 5 - 2) / 2
            total = total + (v * g).sum()
        if total.requires_grad:
            for s, d in zip(seconds, torch.autograd.grad(total, xs, allow_unused=True)):
                if d is not None:
                    s += d
    rows = ",\n".join(f"      {{{braces(x.shape)}, {numbers(x)},\n       {numbers(g)},\n       {numbers(s)}}}"
                      for x, g, s in zip(xs, gradients, seconds))
    flag = "true" if second else "false"
    return f'    {{"{call}", {{\n{rows}}},\n     {braces(y.shape)}, {numbers(y)}, {flag}}},\n'


def kl(mean_p, log_p, mean_q, log_q):
    p = Normal(mean_p, (log_p / 2).exp())
    return kl_divergence(p, Normal(mean_q, (log_q / 2).exp())).sum(-1)


def entries():
    for r in REDUCTIONS:
        for shape in [(5,), (3, 4)]:
            a, b = plain(shape), other(shape)
            yield entry(f"mse_loss {r}", lambda x, t: F.mse_loss(x, t, reduction=r), a, b)
            yield entry(f"l1_loss {r}", lambda x, t: F.l1_loss(x, t, reduction=r), a, b)
            yield entry(f"huber_loss 1 {r}", lambda x, t: F.huber_loss(x, t, reduction=r), a, b)
            yield entry(f"huber_loss 0.3 {r}", lambda x, t: F.huber_loss(x, t, reduction=r, delta=0.3), a, b)
            yield entry(f"squared_error {r}",
                        lambda x, t: reduce(((x - t)**2).reshape(shape[0], -1).sum(1) / 2, r), a, b)
        yield entry(f"l1_loss {r}", lambda x, t: F.l1_loss(x, t, reduction=r), plain((5,)), plain((5,)))
        yield entry(f"mse_loss {r}", lambda x, t: F.mse_loss(x, t, reduction=r), plain(()), other((1,)).reshape(()))
        yield entry(f"squared_error {r}", lambda x, t: (x - t)**2 / 2, plain(()), other((1,)).reshape(()))
        yield entry(f"binary_cross_entropy {r}", lambda p, t: F.binary_cross_entropy(p, t, reduction=r), P, T)
        yield entry(f"binary_cross_entropy edge {r}", lambda p: F.binary_cross_entropy(p, EDGE_T, reduction=r), EDGE_P,
                    second=False)
        yield entry(f"hinge_loss {r}", lambda f: reduce(torch.clamp(1 - SIGNS * f, min=0), r), plain((4,)))
        yield entry(f"cosine_embedding_loss 0 {r}",
                    lambda a, b: F.cosine_embedding_loss(a, b, SIGNS, reduction=r), 4 * plain((4, 3)), 4 * other((4, 3)))
        yield entry(f"cosine_embedding_loss 0.25 {r}",
                    lambda a, b: F.cosine_embedding_loss(a, b, SIGNS, 0.25, reduction=r), 4 * plain((4, 3)),
                    4 * other((4, 3)))
        yield entry(f"kl_divergence {r}", lambda *x: reduce(kl(*x), r), plain((4, 3)), other((4, 3)), plain((4, 3)).flip(1),
                    other((4, 3)).flip(0))
        yield entry(f"kl_standard_normal {r}",
                    lambda m, v: reduce(kl(m, v, torch.zeros_like(m), torch.zeros_like(v)), r), plain((4, 3)), other((4, 3)))
        yield entry(f"kl_standard_normal {r}",
                    lambda m, v: kl(m, v, torch.zeros_like(m), torch.zeros_like(v)), plain((3,)), other((3,)))
        x = plain((4, 3))
        yield entry(f"cross_entropy labels {r}", lambda x: F.cross_entropy(x, LABELS, reduction=r), x)
        yield entry(f"cross_entropy weight {r}", lambda x: F.cross_entropy(x, LABELS, WEIGHT, reduction=r), x)
        yield entry(f"cross_entropy smooth {r}",
                    lambda x: F.cross_entropy(x, LABELS, reduction=r, label_smoothing=0.125), x)
        yield entry(f"cross_entropy weight smooth {r}",
                    lambda x: F.cross_entropy(x, LABELS, WEIGHT, reduction=r, label_smoothing=0.125), x)
        yield entry(f"cross_entropy ignore {r}", lambda x: F.cross_entropy(x, IGNORING, reduction=r), x)
        yield entry(f"cross_entropy ignore_1 weight smooth {r}",
                    lambda x: F.cross_entropy(x, IGNORING_1, WEIGHT, ignore_index=1, reduction=r, label_smoothing=0.125), x)
        yield entry(f"cross_entropy single {r}",
                    lambda x: F.cross_entropy(x, torch.tensor(1), WEIGHT, reduction=r), plain((3,)))
        yield entry(f"cross_entropy soft {r}", lambda x, t: F.cross_entropy(x, t, reduction=r), x, SOFT)
        yield entry(f"cross_entropy soft weight smooth {r}",
                    lambda x, t: F.cross_entropy(x, t, WEIGHT, reduction=r, label_smoothing=0.125), x, SOFT)
        yield entry(f"nll_loss {r}", lambda x: F.nll_loss(x, LABELS, reduction=r), x)
        yield entry(f"nll_loss weight {r}", lambda x: F.nll_loss(x, LABELS, WEIGHT, reduction=r), x)
        yield entry(f"nll_loss ignore weight {r}", lambda x: F.nll_loss(x, IGNORING, WEIGHT, reduction=r), x)
        yield entry(f"multi_margin_loss 1 {r}", lambda x: F.multi_margin_loss(x, LABELS, reduction=r), x,
                    second=False)
        yield entry(f"multi_margin_loss 0.3 {r}",
                    lambda x: F.multi_margin_loss(x, LABELS, margin=0.3, reduction=r), x, second=False)
    for axis in [0, 1]:
        yield entry(f"cosine_similarity {axis}", lambda a, b: F.cosine_similarity(a, b, dim=axis), plain((4, 3)), other((4, 3)))
    zeros = torch.zeros((2, 3), dtype=torch.float64)
    yield entry("cosine_similarity 1", lambda a, b: F.cosine_similarity(a, b, dim=1), zeros, plain((2, 3)), second=False)


header = pathlib.Path(__file__).with_suffix(".hpp")
header.write_text(f"""// Made by loss.py with PyTorch {torch.__version__}. Do not edit.
#pragma once

#include "tests/reference/case.hpp"

namespace xgrad::tests::reference {{

struct LossArgument {{
    Extents shape;
    NumberList x, gradient, second;
}};

struct LossCase {{
    std::string_view call;
    std::initializer_list<LossArgument> arguments;
    Extents result;
    NumberList value;
    bool has_second;
}};

inline constexpr LossCase loss_cases[] = {{
{"".join(entries())}}};

}} // namespace xgrad::tests::reference
""")

#!/usr/bin/python3
"""Writes optimizer.hpp: 50 steps of each optimizer of nn/ on a small network's squared error, by PyTorch.

The network is tanh(X W^T + b) V^T with 3 inputs, 4 hidden units and 2 outputs; all numbers to start from are exact in float.
An entry holds the loss before each step and the parameters W, b, V after the last.
"""

import pathlib

import torch

from cases import numbers, shaped


def values(shape, a, b, m, scale):
    return shaped([((a * i + b) % m - m // 2) * scale for i in range(int(torch.tensor(shape).prod()))], shape)


X = values((8, 3), 7, 3, 17, 1 / 8)
Y = values((8, 2), 5, 1, 13, 1 / 8)


def start():
    return [values((4, 3), 37, 11, 19, 1 / 16).requires_grad_(), values((4,), 3, 1, 7, 1 / 16).requires_grad_(),
            values((2, 4), 5, 2, 11, 1 / 8).requires_grad_()]


def loss(W, b, V):
    return ((torch.tanh(X @ W.T + b) @ V.T - Y)**2).mean()


def trajectory(make, steps=50):
    parameters = start()
    optimizer = make(parameters)
    losses = []

    def closure():
        optimizer.zero_grad()
        value = loss(*parameters)
        value.backward()
        return value

    for _ in range(steps):
        losses.append(optimizer.step(closure).item())
    return torch.tensor(losses, dtype=torch.float64), torch.cat([p.detach().reshape(-1) for p in parameters])


def groups(kind, *options):
    def make(p):
        return kind([dict(params=[p[0], p[2]], **options[0]), dict(params=[p[1]], **options[1])])
    return make


O = torch.optim
OPTIMIZERS = {
    "SGD": lambda p: O.SGD(p, lr=0.1),
    "SGD weight_decay": lambda p: O.SGD(p, lr=0.1, weight_decay=0.01),
    "SGD momentum": lambda p: O.SGD(p, lr=0.1, momentum=0.9),
    "SGD momentum dampening weight_decay": lambda p: O.SGD(p, lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.01),
    "SGD nesterov": lambda p: O.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "SGD groups": groups(O.SGD, dict(lr=0.1, weight_decay=0.01), dict(lr=0.3, momentum=0.5)),
    "Adam": lambda p: O.Adam(p, lr=0.02),
    "Adam default": lambda p: O.Adam(p),
    "Adam amsgrad weight_decay": lambda p: O.Adam(p, lr=0.05, amsgrad=True, weight_decay=0.01, betas=(0.8, 0.9)),
    "Adam groups": groups(O.Adam, dict(lr=0.02, weight_decay=0.01), dict(lr=0.05, eps=1e-3)),
    "AdamW": lambda p: O.AdamW(p, lr=0.02),
    "AdamW amsgrad": lambda p: O.AdamW(p, lr=0.05, amsgrad=True, weight_decay=0.1, betas=(0.8, 0.9)),
    "Adagrad": lambda p: O.Adagrad(p, lr=0.1),
    "Adagrad lr_decay weight_decay initial": lambda p: O.Adagrad(p, lr=0.1, lr_decay=0.1, weight_decay=0.01,
                                                                 initial_accumulator_value=0.25),
    "RMSprop": lambda p: O.RMSprop(p, lr=0.01),
    "RMSprop weight_decay momentum": lambda p: O.RMSprop(p, lr=0.01, alpha=0.9, weight_decay=0.01, momentum=0.5, eps=1e-2),
    "RMSprop centered": lambda p: O.RMSprop(p, lr=0.01, alpha=0.9, centered=True, eps=1e-2),
    "RMSprop centered momentum": lambda p: O.RMSprop(p, lr=0.01, alpha=0.9, centered=True, momentum=0.5, eps=1e-2),
    "Adadelta": lambda p: O.Adadelta(p),
    "Adadelta weight_decay": lambda p: O.Adadelta(p, lr=0.5, rho=0.8, eps=1e-4, weight_decay=0.01),
}


def lbfgs(**options):
    return lambda p: O.LBFGS(p, **options)


LBFGS = {
    "LBFGS": (lbfgs(line_search_fn="strong_wolfe"), 4),
    "LBFGS one iteration": (lbfgs(max_iter=1, line_search_fn="strong_wolfe"), 50),
    "LBFGS short history": (lbfgs(lr=0.8, max_iter=3, history_size=2, line_search_fn="strong_wolfe"), 12),
    "LBFGS fixed": (lbfgs(lr=0.1, max_iter=2), 50),
}


def entry(name, make, steps=50):
    losses, end = trajectory(make, steps)
    return f'    {{"{name}",\n     {numbers(losses)},\n     {numbers(end)}}},\n'


header = pathlib.Path(__file__).with_suffix(".hpp")
header.write_text(f"""// Made by optimizer.py with PyTorch {torch.__version__}. Do not edit.
#pragma once

#include <string>
#include <vector>

namespace xgrad::tests::reference {{

inline const std::vector<double> optimizer_x = {numbers(X)};
inline const std::vector<double> optimizer_y = {numbers(Y)};
inline const std::vector<double> optimizer_w = {numbers(start()[0])};
inline const std::vector<double> optimizer_b = {numbers(start()[1])};
inline const std::vector<double> optimizer_v = {numbers(start()[2])};

struct Trajectory {{
    std::string name;
    std::vector<double> losses; ///< before each step
    std::vector<double> end;    ///< W, b and V after the last
}};

inline const std::vector<Trajectory> optimizer_trajectories = {{
{"".join(entry(name, make) for name, make in OPTIMIZERS.items())}}};

inline const std::vector<Trajectory> lbfgs_trajectories = {{
{"".join(entry(name, *case) for name, case in LBFGS.items())}}};

}} // namespace xgrad::tests::reference
""")

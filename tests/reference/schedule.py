#!/usr/bin/python3
"""Writes schedule.hpp: the learning rates of PyTorch's schedules over 50 epochs, from 0.1."""

import math
import pathlib
import warnings

import torch

warnings.filterwarnings("ignore")  # that no optimizer steps
S = torch.optim.lr_scheduler
SCHEDULES = {
    "StepLR": lambda o: S.StepLR(o, 7, 0.5),
    "StepLR default": lambda o: S.StepLR(o, 20),
    "ExponentialLR": lambda o: S.ExponentialLR(o, 0.9),
    "CosineAnnealingLR": lambda o: S.CosineAnnealingLR(o, 50),
    "CosineAnnealingLR back up": lambda o: S.CosineAnnealingLR(o, 20, eta_min=0.01),
    "LinearLR": lambda o: S.LinearLR(o),
    "LinearLR down": lambda o: S.LinearLR(o, 1.0, 0.25, 12),
    "LambdaLR": lambda o: S.LambdaLR(o, lambda epoch: min((epoch + 1) / 8, 8 / (epoch + 1))),
}
METRICS = [1 / (1 + epoch) + 0.3 * math.sin(epoch) ** 2 + (0.2 if epoch > 30 else 0) for epoch in range(50)]
PLATEAUS = {
    "default": dict(),
    "patience": dict(patience=2, factor=0.5),
    "cooldown": dict(patience=1, factor=0.5, cooldown=3, min_lr=0.01),
    "absolute": dict(patience=2, factor=0.5, threshold=0.05, threshold_mode="abs"),
    "max": dict(mode="max", patience=3, factor=0.25, threshold=0.01),
    "max absolute": dict(mode="max", patience=0, factor=0.25, threshold=0.01, threshold_mode="abs", eps=1e-3),
}


def optimizer():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


def rates(schedule, o, *metrics):
    result = []
    for epoch in range(50):
        result.append(o.param_groups[0]["lr"])
        schedule.step(*(values[epoch] for values in metrics))
    return result


def braces(values):
    return "{" + ", ".join(f"{v:.17g}" for v in values) + "}"


def entries():
    for name, make in SCHEDULES.items():
        o = optimizer()
        yield f'    {{"{name}",\n     {braces(rates(make(o), o))}}},\n'


def plateaus():
    for name, options in PLATEAUS.items():
        o = optimizer()
        yield f'    {{"{name}",\n     {braces(rates(S.ReduceLROnPlateau(o, **options), o, METRICS))}}},\n'


header = pathlib.Path(__file__).with_suffix(".hpp")
header.write_text(f"""// Made by schedule.py with PyTorch {torch.__version__}. Do not edit.
#pragma once

#include <string>
#include <vector>

namespace xgrad::tests::reference {{

struct LearningRates {{
    std::string schedule;
    std::vector<double> rates; ///< in each epoch
}};

inline const std::vector<LearningRates> schedules = {{
{"".join(entries())}}};

/// The metrics after each epoch, and what becomes of the learning rate.
inline const std::vector<double> plateau_metrics = {braces(METRICS)};
inline const std::vector<LearningRates> plateaus = {{
{"".join(plateaus())}}};

}} // namespace xgrad::tests::reference
""")

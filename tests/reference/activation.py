"""Writes activation.hpp: values and gradients of PyTorch's piecewise functions and activations, kinks included."""

import pathlib

import torch
import torch.nn.functional as F

POINTS = [-1000.0, -20.0, -3.0, -1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 20.0, 1000.0]
FUNCTIONS = {
    "abs": torch.abs,
    "clip": lambda x: torch.clamp(x, -1, 1),
    "sigmoid": torch.sigmoid,
    "log_sigmoid": F.logsigmoid,
    "softplus": lambda x: F.softplus(x, threshold=30),
    "softsign": F.softsign,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "hardtanh": F.hardtanh,
}


def row(numbers):
    return "{" + ", ".join(repr(float(n)) for n in numbers) + "}"


lines = [
    "// Made by activation.py with PyTorch " + torch.__version__.split("+")[0] + ".",
    "#pragma once",
    "",
    "#include <array>",
    "",
    "namespace xgrad::tests::reference {",
    "",
    f"using Points = std::array<double, {len(POINTS)}>;",
    "inline constexpr Points points = " + row(POINTS) + ";",
    "",
    "struct Activation {",
    "    const char* name;",
    "    Points value, gradient;",
    "};",
    "inline constexpr Activation activations[] = {",
]
for name, function in FUNCTIONS.items():
    x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    y = function(x)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    lines += [f'    {{"{name}",', f"     {row(y)},", f"     {row(gradient)}}},"]
lines += ["};", "", "} // namespace xgrad::tests::reference", ""]
pathlib.Path(__file__).with_suffix(".hpp").write_text("\n".join(lines))

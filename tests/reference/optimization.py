#!/usr/bin/env python3
"""Where PyTorch's optimizers go on Rosenbrock's function, and the critical points of Himmelblau's; writes optimization.hpp.

    /usr/bin/python3 tests/reference/optimization.py
"""
import pathlib

import numpy
import scipy
import scipy.optimize
import torch


def array(name, values):
    values = numpy.asarray(values).reshape(-1)
    return f"inline const std::vector<double> {name}{{" + ", ".join(f"{v:.17g}" for v in values) + "};\n"


lines = [f"// Written by {pathlib.Path(__file__).name} with PyTorch {torch.__version__} and SciPy {scipy.__version__}: do not edit.\n",
         "#pragma once\n\n#include <vector>\n\nnamespace xgrad::tests::reference::optimization {\n\n",
         "// Points 0, 1, 2 and 50 of the path from (-1.2, 1), the values there and the lengths of the gradient.\n"]
for name, make in {
    "plain": lambda x: torch.optim.SGD([x], lr=1e-3),
    "momentum": lambda x: torch.optim.SGD([x], lr=1e-3, momentum=0.9),
    "nesterov": lambda x: torch.optim.SGD([x], lr=1e-3, momentum=0.9, nesterov=True),
    "adagrad": lambda x: torch.optim.Adagrad([x], lr=0.1),
    "rmsprop": lambda x: torch.optim.RMSprop([x], lr=0.01),
    "adadelta": lambda x: torch.optim.Adadelta([x]),
    "adam": lambda x: torch.optim.Adam([x], lr=0.05),
}.items():
    x = torch.tensor([-1.2, 1], dtype=torch.float64, requires_grad=True)
    optimizer = make(x)
    rows = []
    for step in range(51):
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        if step in (0, 1, 2, 50):
            rows.append([*x.tolist(), loss.item(), x.grad.norm().item()])
        optimizer.step()
    lines.append(array(name, rows))


def gradient(p):
    x, y = p
    return [4 * x * (x * x + y - 11) + 2 * (x + y * y - 7), 2 * (x * x + y - 11) + 4 * y * (x + y * y - 7)]


def hessian(p):
    x, y = p
    return numpy.array([[12 * x * x + 4 * y - 42, 4 * x + 4 * y], [4 * x + 4 * y, 12 * y * y + 4 * x - 26]])


points = set()
for a in numpy.linspace(-5, 5, 41):
    for b in numpy.linspace(-5, 5, 41):
        p, _, status, _ = scipy.optimize.fsolve(gradient, [a, b], fprime=hessian, xtol=1e-14, full_output=True)
        for _ in range(3):
            p = p - numpy.linalg.solve(hessian(p), gradient(p))
        if numpy.abs(gradient(p)).max() < 1e-11:
            points.add(tuple(numpy.round(p, 13) + 0.0))
distinct = []
for p in sorted(points):
    if all(numpy.hypot(p[0] - q[0], p[1] - q[1]) > 1e-6 for q in distinct):
        distinct.append(p)
assert len(distinct) == 9
lines.append("\n// Himmelblau's critical points: x, y, the eigenvalues of the Hessian, ascending.\n")
lines.append(array("himmelblau", [[*p, *numpy.linalg.eigvalsh(hessian(p))] for p in distinct]))
lines.append("\n} // namespace xgrad::tests::reference::optimization\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

#!/usr/bin/python3
"""Prints the numbers in tests/examples/optimizer_test.cpp: three steps on sum(x^4) / 4 from (1, -2)."""

import torch

for name, make in {
    "sgd": lambda x: torch.optim.SGD([x], lr=0.01, momentum=0.9),
    "adam": lambda x: torch.optim.Adam([x], lr=0.01),
}.items():
    x = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    optimizer = make(x)
    for _ in range(3):
        optimizer.zero_grad()
        (x**4 / 4).sum().backward()
        optimizer.step()
    print(name, *(f"{v:.9f}" for v in x.tolist()))

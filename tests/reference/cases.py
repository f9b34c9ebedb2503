"""What the scripts here share: a case is a C++ call of one operand x, and what PyTorch makes of it.

The adjoint of the result counts u_i = 1 + i / 4, and the second derivative is that of <v, gradient> with respect to x,
where v_i = (i mod 5 - 2) / 2. All of them, and the operands, are exact in float.
"""

import pathlib

import numpy as np
import torch


def shaped(values, shape):
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def plain(shape):
    """Eighths, no two of the first 19 alike; the 17th is 0."""
    return shaped([((37 * i + 11) % 19 - 9) / 8 for i in range(int(np.prod(shape, dtype=int)))], shape)


def ties(shape):
    """-1, 0 and 1, many times each."""
    return shaped([(7 * i * i + 3 * i) % 5 % 3 - 1.0 for i in range(int(np.prod(shape, dtype=int)))], shape)


def braces(values):
    return "{" + ", ".join(str(v) for v in values) + "}"


def numbers(tensor):
    return "{" + ", ".join(f"{v:.17g}" for v in tensor.detach().reshape(-1).tolist()) + "}"


def size_of(*shapes):
    """The shape of one operand that holds operands of these shapes one after the other."""
    return (sum(torch.Size(shape).numel() for shape in shapes),)


def parts(operand, *shapes):
    """The operands that it holds."""
    sizes = [torch.Size(shape).numel() for shape in shapes]
    return [part.reshape(shape) for part, shape in zip(operand.split(sizes), shapes)]


def case(call, function, x):
    """One entry: the call, the operand, the result, the gradient and the second derivative."""
    x = x.clone().requires_grad_()
    y = function(x)
    u = 1 + torch.arange(y.numel(), dtype=torch.float64).reshape(y.shape) / 4
    v = (torch.arange(x.numel(), dtype=torch.float64).reshape(x.shape) % 5 - 2) / 2
    (gradient,) = torch.autograd.grad(y, x, u, create_graph=True)
    second = torch.zeros_like(x)
    if gradient.requires_grad:
        (d,) = torch.autograd.grad(gradient, x, v, allow_unused=True)
        second = second if d is None else second + d
    return (f'    {{"{call}", {braces(x.shape)}, {numbers(x)},\n     {braces(y.shape)}, {numbers(y)},\n'
            f'     {numbers(gradient)},\n     {numbers(second)}}},\n')


def write(script, cases):
    """The header beside `script` with the entries `cases`."""
    script = pathlib.Path(script)
    script.with_suffix(".hpp").write_text(
        f"// Made by {script.name} with PyTorch {torch.__version__} and NumPy {np.__version__}. Do not edit.\n"
        "#pragma once\n\n"
        '#include "tests/reference/case.hpp"\n\n'
        f"namespace xgrad::tests::reference {{\n\ninline constexpr Case {script.stem}_cases[] = {{\n"
        f"{''.join(cases)}}};\n\n}} // namespace xgrad::tests::reference\n")

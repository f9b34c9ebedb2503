"""Writes decomposition.hpp: everything in decomposition.hpp and solve.hpp, by PyTorch.

spd(x) = x x' + 3 and sym(x) = x + x'; B and C are the constants of decomposition_test.cpp. Functions of vectors are such
that their signs do not matter. The derivative of lstsq is that of pinv(A) B, after NumPy has agreed to the value.
"""

import numpy as np
import torch

from cases import case, shaped, write

linalg = torch.linalg
B = shaped([0.5, -1, 0.25, 2, 1, -0.75, 1.5, -0.5], (4, 2))
C = shaped([1, 0.5, -1, 0.25, 2, 0.5], (2, 3))


def plain(shape):
    """Eighths, of full rank and with singular values well apart."""
    return shaped([((53 * i * i + 7 * i + 5) % 31 - 15) / 8 for i in range(int(np.prod(shape, dtype=int)))], shape)


def spd(x):
    return x @ x.T + 3 * torch.eye(x.shape[0], dtype=torch.float64)


def sym(x):
    return x + x.T


def dominant(x):
    """Well-conditioned, and not symmetric."""
    return x + 3 * torch.eye(x.shape[0], dtype=torch.float64)


def eigh_function(x):
    values, vectors = linalg.eigh(sym(x))
    return (vectors * torch.exp(values / 2)) @ vectors.T


def svd(x):
    return linalg.svd(x, full_matrices=False)


def svd_function(x):
    u, s, vt = svd(x)
    return (u * torch.log(1 + s)) @ vt


def lstsq(a, b):
    x = linalg.pinv(a) @ b
    assert np.allclose(x.detach(), np.linalg.lstsq(a.detach(), b.detach(), rcond=None)[0], rtol=1e-12, atol=1e-12)
    return x


def triangular(x, b, upper, transpose=False, unit=False):
    a = x.T if transpose else x
    return linalg.solve_triangular(a, b if b.ndim == 2 else b[:, None], upper=upper != transpose, unitriangular=unit
                                   ).reshape(b.shape)


def cases():
    square, tall, wide = plain((3, 3)), plain((4, 3)), plain((3, 7))
    for x in [square, plain((4, 2)), plain((1, 1))]:
        yield case("cholesky(spd(x))", lambda x: linalg.cholesky(spd(x)), x)
    for x in [square, plain((4, 4)), plain((1, 1))]:
        yield case("eigh(sym(x)).values", lambda x: linalg.eigh(sym(x))[0], x)
        yield case("square(eigh(sym(x)).vectors)", lambda x: linalg.eigh(sym(x))[1] ** 2, x)
        yield case("eigh_function(x)", eigh_function, x)
    for x in [square, tall, wide, plain((1, 3)), plain((4, 1))]:
        yield case("svd(x).s", lambda x: svd(x)[1], x)
        yield case("square(svd(x).u)", lambda x: svd(x)[0] ** 2, x)
        yield case("square(svd(x).vt)", lambda x: svd(x)[2] ** 2, x)
        yield case("svd_function(x)", svd_function, x)
    for x in [square, plain((4, 4)), plain((1, 1))]:
        yield case("inv(dominant(x))", lambda x: linalg.inv(dominant(x)), x)
        yield case("det(dominant(x))", lambda x: linalg.det(dominant(x)), x)
        yield case("slogdet(dominant(x)).logabsdet", lambda x: linalg.slogdet(dominant(x))[1], x)
    yield case("slogdet(-dominant(x)).logabsdet", lambda x: linalg.slogdet(-dominant(x))[1], square)
    x = plain((4, 4))
    for b, name in [(B, "B"), (B[:, 0], "b")]:
        yield case(f"solve(dominant(x), {name})", lambda x: linalg.solve(dominant(x), b), x)
        for upper in (False, True):
            for transpose in (False, True):
                for unit in (False, True):
                    flags = ", ".join(str(int(flag)) for flag in (not upper, transpose, unit))
                    yield case(f"solve_triangular(dominant(x), {name}, {{{flags}}})",
                               lambda x: triangular(dominant(x), b, upper, transpose, unit), x)
        yield case(f"lstsq(x, {name})", lambda x: lstsq(x, b), tall)
        yield case(f"lstsq(x, {name})", lambda x: lstsq(x, b), plain((4, 6)))
    yield case("solve(spd(x), x)", lambda x: linalg.solve(spd(x), x), wide)
    yield case("solve_triangular(dominant(b), x)", lambda x: triangular(dominant(plain((4, 4))), x, True), B)
    for x in [square, tall, wide, plain((1, 3))]:
        yield case("pinv(x)", linalg.pinv, x)
    yield case("pinv(x C, 1e-5)", lambda x: linalg.pinv(x @ C, rcond=1e-5), plain((4, 2)))
    yield case("pinv((x C)', 1e-5)", lambda x: linalg.pinv((x @ C).T, rcond=1e-5), plain((4, 2)))
    yield case("lstsq(A, x)", lambda x: lstsq(tall, x), B)


write(__file__, cases())

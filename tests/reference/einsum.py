"""Writes einsum.hpp: einsum by NumPy, and its derivatives by PyTorch. The first operand is x; operand s (1, 2, ...) has the
elements ((37 i + 11 s) mod 19 - 9) / 8.

torch.einsum does not take all that numpy.einsum does. So the derivatives are those of an elementary form, a sum over a
product in which each index is an axis of its own; its value is held against numpy.einsum.
The text of a case is the equation, and after a bar each the shapes of the other operands.
"""

import numpy as np
import torch

from cases import case, plain, write

CASES = [
    ("ij->ji", (2, 3)), ("ij", (2, 3)), ("ji", (2, 3)), ("ij->i", (2, 3)), ("ij->", (2, 3)), ("ijk->ki", (2, 3, 4)),
    ("ii", (3, 3)), ("ii->i", (3, 3)), ("iij->ji", (2, 2, 3)), ("ijij->ij", (2, 3, 2, 3)), ("iii->i", (3, 3, 3)),
    ("...ii->...i", (2, 3, 3)), ("i...", (2, 3, 2)), ("i...j->j...i", (2, 3, 2)), ("B a -> a B", (2, 3)), ("Ba", (2, 3)),
    ("i,i", (4,), (4,)), ("i,i->i", (4,), (4,)), ("i,j", (2,), (3,)), ("i,j->ji", (2,), (3,)), ("i,j->", (2,), (3,)),
    ("ij,jk", (2, 3), (3, 4)), ("ij,jk->ki", (2, 3), (3, 4)), ("ij,kj", (2, 3), (4, 3)), ("ji,jk", (3, 2), (3, 4)),
    ("ji,kj->ik", (3, 2), (4, 3)), ("ij,j", (2, 3), (3,)), ("ij,i", (2, 3), (2,)), ("ij,ij", (2, 3), (2, 3)),
    ("ij,ji", (2, 3), (3, 2)), ("ij,ij->ij", (2, 3), (2, 3)), ("ij,ji->i", (2, 3), (3, 2)), ("ij,k->", (2, 3), (2,)),
    ("bij,bjk->bik", (2, 3, 2), (2, 2, 4)), ("ijb,jkb->bki", (3, 2, 2), (2, 4, 2)), ("ibj,jbk->kib", (3, 2, 2), (2, 2, 4)),
    ("bi,bj->bij", (3, 2), (3, 4)), ("bi,b->bi", (3, 2), (3,)), ("ijkl,lk->ji", (2, 3, 2, 4), (4, 2)),
    ("ijkl,jl->ik", (2, 3, 2, 4), (3, 4)), ("ijk,kji", (2, 3, 4), (4, 3, 2)),
    ("...ij,...jk", (2, 3, 2), (2, 2, 4)), ("...ij,jk->...ik", (2, 2, 3, 2), (2, 4)), ("...ij,...j", (3, 1, 2, 2), (4, 2)),
    ("...,...", (2, 3), (3,)), ("...,...->...", (2, 1, 3), (4, 1)), ("i...,i...->...", (2, 3), (2, 3)),
    ("ij,j", (2, 1), (3,)), ("ij,ij->ij", (2, 1), (1, 3)), ("ii,ij->i", (3, 3), (3, 2)),
    ("ij,jk,kl", (2, 3), (3, 4), (4, 2)), ("bi,ijk,bk->bj", (2, 3), (3, 2, 4), (2, 4)), ("i,j,k->kij", (2,), (3,), (2,)),
    ("ij,ik,il->jkl", (2, 3), (2, 2), (2, 4)), ("ij,j,jk,k,i->", (2, 3), (3,), (3, 2), (2,), (2,)), (",ij,->ji", (), (2, 3), ()),
    ("ij,jk->ik", (2, 0), (0, 3)), ("ij->j", (0, 3)), ("ij,j->i", (0, 3), (3,)),
]


def terms_of(equation, shapes):
    """The indices of the operands and of the result, with a number for each axis of an ellipsis."""
    left, arrow, result = equation.replace(" ", "").partition("->")
    terms, stretched = [], 0
    for term, shape in zip(left.split(","), shapes):
        axes = len(shape) - len(term.replace("...", ""))
        stretched = max(stretched, axes)
        terms.append([c for c in term.replace("...", "".join(str(k) for k in range(axes, 0, -1)))])
    dots = "".join(str(k) for k in range(stretched, 0, -1))
    once = [c for c in sorted(set(left) - set(".,")) if left.count(c) == 1]
    return terms, list(result.replace("...", dots) if arrow else dots + "".join(once))


def elementary(equation, operands):
    terms, result = terms_of(equation, [x.shape for x in operands])
    every = sorted({index for term in terms for index in term})
    product = torch.ones((), dtype=torch.float64)
    for term, x in zip(terms, operands):
        for index in set(term):
            while term.count(index) > 1:
                first, second = [k for k, c in enumerate(term) if c == index][:2]
                x = torch.diagonal(x, 0, first, second)
                term = [c for k, c in enumerate(term) if k not in (first, second)] + [index]
        extent = dict(zip(term, x.shape))
        x = x.permute([term.index(c) for c in every if c in term])
        product = product * x.reshape([extent.get(c, 1) for c in every])
    product = product.permute([every.index(c) for c in result] + [k for k, c in enumerate(every) if c not in result])
    return product.sum(list(range(len(result), len(every)))) if len(result) < len(every) else product


def operand(shape, s):
    i = torch.arange(int(np.prod(shape, dtype=int)), dtype=torch.float64)
    return (((37 * i + 11 * s) % 19 - 9) / 8).reshape(shape)


def name(equation, shapes):
    return equation + "".join("|" + ",".join(map(str, shape)) for shape in shapes[1:])


def cases():
    for equation, *shapes in CASES:
        others = [operand(shape, s) for s, shape in enumerate(shapes) if s > 0]

        def function(x):
            y = elementary(equation, [x, *others])
            wanted = np.einsum(equation, *[v.detach().numpy() for v in [x, *others]])
            assert y.shape == wanted.shape and np.allclose(y.detach().numpy(), wanted, rtol=1e-13, atol=1e-13), equation
            return y ** 2

        yield case(name(equation, shapes), function, plain(shapes[0]))


write(__file__, cases())

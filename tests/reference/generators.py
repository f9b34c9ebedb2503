#!/usr/bin/env python3
"""Points without noise as scikit-learn's generators make them; writes generators.hpp.

    /usr/bin/python3 tests/reference/generators.py
"""
import pathlib

import sklearn
from sklearn.datasets import make_circles, make_moons


def array(name, values, type):
    return f"inline const std::vector<{type}> {name}{{" + ", ".join(f"{v:.17g}" for v in values.reshape(-1)) + "};\n"


lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n",
         "#pragma once\n\n#include <vector>\n\nnamespace xgrad::tests::reference {\n\n"]
for name, (x, y) in {
    "moons": make_moons(9, shuffle=False),
    "circles": make_circles(9, shuffle=False, factor=0.3),
}.items():
    lines += [array(name, x, "double"), array(name + "_labels", y, "int")]
lines.append("\n} // namespace xgrad::tests::reference\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

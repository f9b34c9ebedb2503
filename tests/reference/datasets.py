#!/usr/bin/env python3
"""What scikit-learn's data sets hold: some rows, and a hash of all numbers; writes datasets.hpp.

    /usr/bin/python3 tests/reference/datasets.py
"""
import pathlib

import sklearn
from sklearn import datasets


def vector(values):
    return "{" + ", ".join(f"{v:.17g}" for v in values) + "}"


def fnv(numbers):
    """The hash of Fowler, Noll and Vo, of 64-bit words."""
    result = 0xCBF29CE484222325
    for word in numbers.astype("<f8").reshape(-1).view("<u8"):
        result = ((result ^ int(word)) * 0x100000001B3) % 2**64
    return f"{result:#x}"


lines = [f"""// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace xgrad::tests::reference::datasets {{

struct Dataset {{
    std::size_t samples, features;
    std::uint64_t hash_X, hash_y;    ///< of all numbers' bits
    std::vector<std::size_t> rows;   ///< numbers of some
    std::vector<double> values;      ///< theirs, one after the other
    std::vector<double> targets;     ///< theirs
    std::vector<std::string> feature_names;
}};

"""]
for name in ["iris", "digits", "wine", "breast_cancer", "diabetes"]:
    data = getattr(datasets, "load_" + name)()
    n = len(data.target)
    rows = [0, n // 2 + 1, n - 1]
    names = ", ".join(f'"{name}"' for name in data.feature_names)
    lines.append(f"inline const Dataset {name}{{{n}, {data.data.shape[1]}, {fnv(data.data)}, {fnv(data.target)},\n"
                 f"    {vector(rows)}, {vector(data.data[rows].reshape(-1))},\n"
                 f"    {vector(data.target[rows])}, {{{names}}}}};\n\n")
lines.append("} // namespace xgrad::tests::reference::datasets\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

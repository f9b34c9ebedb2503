#!/usr/bin/python3
"""Writes the data sets of this folder from the copies that scikit-learn carries."""

from pathlib import Path

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine


def text(number):
    """The shortest text that is read back exactly; whole numbers without decimals."""
    return repr(float(number)).removesuffix(".0")


for name, load, target in [
    ("breast_cancer", load_breast_cancer, "label"),
    ("diabetes", load_diabetes, "progression"),
    ("digits", load_digits, "label"),
    ("iris", load_iris, "label"),
    ("wine", load_wine, "label"),
]:
    data = load()
    lines = [",".join([*data.feature_names, target])]
    lines += [",".join(map(text, [*row, y])) for row, y in zip(data.data, data.target)]
    Path(__file__).with_name(name + ".csv").write_text("\n".join(lines) + "\n")

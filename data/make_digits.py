#!/usr/bin/python3
"""Writes data/digits.csv from the copy of the UCI optical digits that scikit-learn carries."""

from pathlib import Path

from sklearn.datasets import load_digits

digits = load_digits()
lines = [",".join([*(f"pixel_{row}_{column}" for row in range(8) for column in range(8)), "label"])]
for pixels, label in zip(digits.data.astype(int), digits.target):
    lines.append(",".join(map(str, [*pixels, label])))
Path(__file__).with_name("digits.csv").write_text("\n".join(lines) + "\n")

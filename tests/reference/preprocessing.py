#!/usr/bin/env python3
"""What scikit-learn's preprocessing makes of small data and of the data sets; writes preprocessing.hpp.

    /usr/bin/python3 tests/reference/preprocessing.py
"""
import pathlib

import numpy as np
import sklearn
from sklearn import preprocessing
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline


def vector(values):
    return "{" + ", ".join(f"{v:.17g}" for v in np.asarray(values, float).reshape(-1)) + "}"


# Whole numbers, a constant column, one of zeros, one of large numbers that differ little.
small = np.array([[1, -5, 3, 0, 1e8], [2, 0, 3, 0, 1e8 + 1], [4, 10, 3, 0, 1e8 + 3], [8, 2.5, 3, 0, 1e8]])
later = np.array([[0, 20, 4, -1, 1e8 - 1], [9, -6, 3, 2, 1e8 + 2]])

lines = [f"""// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.
#pragma once

#include <string>
#include <vector>

namespace xgrad::tests::reference::preprocessing {{

struct Scaling {{
    std::vector<double> transformed, later;  ///< of the data that was fitted; of data that was not
    std::vector<std::vector<double>> learned; ///< the attributes, in the order of the test
}};

"""]


def add(name, type, value):
    lines.append(f"inline const {type} {name}{value};\n\n")


add("small", "std::vector<double>", vector(small))
add("later", "std::vector<double>", vector(later))
for name, scaler, attributes in [
    ("standard", preprocessing.StandardScaler(), ["mean_", "var_", "scale_"]),
    ("standard_without_mean", preprocessing.StandardScaler(with_mean=False), ["mean_", "var_", "scale_"]),
    ("standard_without_std", preprocessing.StandardScaler(with_std=False), ["mean_"]),
    ("min_max", preprocessing.MinMaxScaler(), ["data_min_", "data_max_", "data_range_", "scale_", "min_"]),
    ("min_max_range", preprocessing.MinMaxScaler(feature_range=(-2, 3), clip=True), ["scale_", "min_"]),
    ("max_abs", preprocessing.MaxAbsScaler(), ["max_abs_", "scale_"]),
]:
    transformed = scaler.fit_transform(small)
    learned = ", ".join(vector(getattr(scaler, a)) for a in attributes)
    add(name, "Scaling", f"{{{vector(transformed)},\n    {vector(scaler.transform(later))},\n    {{{learned}}}}}")

for name, load in [("wine", load_wine), ("breast_cancer", load_breast_cancer)]:
    X = load().data
    scaler = preprocessing.StandardScaler().fit(X)
    rows = scaler.transform(X)[[0, -1]]
    add(name + "_scaled", "Scaling", f"{{{vector(rows)}, {{}},\n    {{{vector(scaler.mean_)}, {vector(scaler.scale_)}}}}}")

lines.append("""struct Polynomial {
    int degree;
    bool interaction_only, include_bias;
    std::vector<double> powers, transformed;
    std::vector<std::string> names;
};

""")
points = np.array([[2, -3, 5], [0.5, 0, 7], [-1.25, 0.1, 3]])
add("points", "std::vector<double>", vector(points))
cases = []
for degree, interaction_only, include_bias in [(2, False, True), (3, False, False), (3, True, True), (5, True, False), (1, False, True),
                                               (0, False, True), (4, False, True)]:
    features = preprocessing.PolynomialFeatures(degree, interaction_only=interaction_only, include_bias=include_bias)
    transformed = features.fit_transform(points)
    names = ", ".join(f'"{n}"' for n in features.get_feature_names_out(["x0", "x1", "x2"]))
    cases.append(f"    {{{degree}, {str(interaction_only).lower()}, {str(include_bias).lower()},\n     {vector(features.powers_)},\n"
                 f"     {vector(transformed)},\n     {{{names}}}}},\n")
add("polynomials", "std::vector<Polynomial>", "{\n" + "".join(cases) + "}")

iris = load_iris().data  # the width of a petal from the length and width of the sepal
regression = make_pipeline(preprocessing.PolynomialFeatures(3, include_bias=False), LinearRegression()).fit(iris[:, :2], iris[:, 3])
add("polynomial_regression", "std::vector<double>",
    vector(np.array([regression[1].intercept_, *regression[1].coef_, regression.score(iris[:, :2], iris[:, 3])])))

categories = np.array([[3, -1], [1, 0.5], [3, 7], [2, -1]])
unknown = np.array([[1, 7], [4, -1], [3, 2]])
encoder = preprocessing.OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(categories)
add("one_hot", "std::vector<double>", vector(encoder.transform(categories)))
add("one_hot_unknown", "std::vector<double>", vector(encoder.transform(unknown)))
lines.append("} // namespace xgrad::tests::reference::preprocessing\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

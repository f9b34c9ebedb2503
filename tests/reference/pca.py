#!/usr/bin/env python3
"""Principal components of the shipped data sets by scikit-learn; writes pca.hpp.

    /usr/bin/python3 tests/reference/pca.py
"""
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA


def array(name, values):
    return f"inline const std::vector<double> {name}{{" + ", ".join(f"{v:.17g}" for v in np.asarray(values).reshape(-1)) + "};\n"


def standardised(X):
    return (X - X.mean(0)) / X.std(0)


lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n",
         "#pragma once\n\n#include <vector>\n\nnamespace xgrad::tests::reference::pca {\n\n"]
for name, X, k in [
    ("iris", load_iris().data, 3),
    ("wine", load_wine().data, 4),  # raw: the variances span many orders of magnitude
    ("wine_standardised", standardised(load_wine().data), 13),
    ("breast_cancer_standardised", standardised(load_breast_cancer().data), 5),
    ("digits", load_digits().data, 3),  # with constant columns
    ("wide_digits", load_digits().data[:20], 5),  # more features than samples
]:
    pca = PCA(k, svd_solver="full").fit(X)
    lines += [array(f"pca_{name}_components", pca.components_), array(f"pca_{name}_variance", pca.explained_variance_),
              array(f"pca_{name}_ratio", pca.explained_variance_ratio_), array(f"pca_{name}_singular_values", pca.singular_values_),
              array(f"pca_{name}_noise", [pca.noise_variance_]),
              array(f"pca_{name}_transformed", pca.transform(X)[[0, 7, 19]]),
              array(f"pca_{name}_restored", pca.inverse_transform(pca.transform(X))[7])]
whitened = PCA(3, svd_solver="full", whiten=True).fit(load_iris().data)
lines += [array("pca_iris_whitened", whitened.transform(load_iris().data)[[0, 7, 19]])]
# The 1 % rule.
for name, X in [("iris", load_iris().data), ("wine_standardised", standardised(load_wine().data)), ("digits", load_digits().data)]:
    lines += [f"inline const int pca_{name}_rule = {PCA(0.99, svd_solver='full').fit(X).n_components_};\n"]
lines.append("\n} // namespace xgrad::tests::reference::pca\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

#!/usr/bin/env python3
"""Support vector machines of the shipped data sets by scikit-learn; writes svm.hpp.

    /usr/bin/python3 tests/reference/svm.py
"""
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.svm import SVC, LinearSVC

warnings.simplefilter("error")


def array(name, values, type="double"):
    return f"inline const std::vector<{type}> {name}{{" + ", ".join(f"{v:.17g}" for v in np.asarray(values).reshape(-1)) + "};\n"


def standardised(X):
    return (X - X.mean(0)) / X.std(0)


lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n",
         "#pragma once\n\n#include <vector>\n\nnamespace xgrad::tests::reference::svm {\n\n"]
sets = {name: (standardised(load().data), load().target)
        for name, load in [("iris", load_iris), ("wine", load_wine), ("breast_cancer", load_breast_cancer)]}
X, y = load_iris(return_X_y=True)
sets["iris"] = standardised(np.delete(X, 142, 0)), np.delete(y, 142)  # equal to row 101: which of them has the weight is open


def objective(w, b, X, y, C, scaling, power):
    f = X @ w + b
    return 0.5 * (w @ w) + 0.5 * (b / scaling) ** 2 + C * (np.maximum(0, 1 - y * f) ** power).sum()


for name, (X, y) in sets.items():
    svc = LinearSVC(C=0.5, dual=False, tol=1e-11).fit(X, y)
    lines += [array(f"linear_{name}_coef", svc.coef_), array(f"linear_{name}_intercept", svc.intercept_),
              array(f"linear_{name}_decision", svc.decision_function(X[::25])),
              array(f"linear_{name}_wrong", np.flatnonzero(svc.predict(X) != y), "int")]
    # The minimum of the hinge's objective, of each class against the rest.
    svc = LinearSVC(C=0.5, loss="hinge", tol=1e-7, max_iter=10_000_000, random_state=0).fit(X, y)
    signs = [np.where(y == k, 1, -1) for k in ([1] if len(svc.coef_) == 1 else svc.classes_)]
    lines += [array(f"hinge_{name}_objective",
                    [objective(w, b, X, s, 0.5, 1, 1) for w, b, s in zip(svc.coef_, svc.intercept_, signs)])]
# An intercept that is hardly penalised.
svc = LinearSVC(dual=False, intercept_scaling=100, tol=1e-11).fit(*sets["breast_cancer"])
lines += [array("linear_scaled_coef", svc.coef_), array("linear_scaled_intercept", svc.intercept_)]

for name, (X, y) in sets.items():
    for kernel, options in {
        "rbf": dict(kernel="rbf"),
        "linear": dict(kernel="linear", C=0.1),
        "poly": dict(kernel="poly", degree=3, gamma="auto", coef0=1),
        "sigmoid": dict(kernel="sigmoid", gamma=0.01),
    }.items():
        svc = SVC(tol=1e-8, decision_function_shape="ovo", **options).fit(X, y)
        key = f"svc_{name}_{kernel}"
        lines += [array(key + "_support", svc.support_, "int"), array(key + "_n_support", svc.n_support_, "int"),
                  array(key + "_intercept", svc.intercept_), array(key + "_dual_coef", svc.dual_coef_[:, ::5]),
                  array(key + "_decision", svc.decision_function(X[::25])),
                  array(key + "_wrong", np.flatnonzero(svc.predict(X) != y), "int")]
        if kernel == "linear":
            lines += [array(key + "_coef", svc.coef_)]
    svc = SVC(tol=1e-8).fit(X, y)
    lines += [array(f"svc_{name}_ovr", svc.decision_function(X[::25]))]
lines.append("\n} // namespace xgrad::tests::reference::svm\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

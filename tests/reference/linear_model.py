#!/usr/bin/env python3
"""What scikit-learn's linear models learn; writes linear_model.hpp.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tests/reference/linear_model.py
"""
import pathlib
import warnings
from fractions import Fraction

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")  # that a tolerance near rounding was not reached
lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n",
         "#pragma once\n\n#include <xgrad/autodiff/array.hpp>\n\nnamespace xgrad::tests::reference::linear_model {\n\n"]


def literal(values):
    values = np.asarray(values)
    if values.ndim == 0:
        return f"{values:.17g}"
    return "{" + ", ".join(literal(v) for v in values) + "}"


def write(name, values):
    values = np.asarray(values)
    kind = "double" if values.ndim == 0 else f"Array<{'double' if values.dtype.kind == 'f' else 'std::int64_t'}>"
    lines.append(f"inline const {kind} {name}{literal(values) if values.ndim else '{' + literal(values) + '}'};\n")


def write_model(name, model):
    write(f"{name}_coef", model.coef_)
    write(f"{name}_intercept", model.intercept_)
    return model


# Least squares.
X, y = load_diabetes(return_X_y=True)
model = write_model("diabetes_least_squares", LinearRegression().fit(X, y))
write("diabetes_singular", model.singular_)
write("diabetes_r2", model.score(X, y))
write_model("diabetes_through_origin", LinearRegression(fit_intercept=False).fit(X, y))
write_model("diabetes_ridge", Ridge(alpha=0.1).fit(X, y))
write_model("diabetes_ridge_through_origin", Ridge(alpha=1, fit_intercept=False).fit(X, y))
for name, alpha in ("diabetes_lasso", 0.1), ("diabetes_lasso_sparse", 1):
    model = Lasso(alpha=alpha).fit(X, y)
    write(f"{name}_n_iter", np.array(float(model.n_iter_)))
    write(f"{name}_dual_gap", model.dual_gap_)
    write_model(name, Lasso(alpha=alpha, tol=1e-14, max_iter=100000).fit(X, y))

# Powers of i/16 up to the 8th, nearly collinear; all exact, and so is the solution in fractions.
x, y = [Fraction(i, 16) for i in range(17)], [3, 1, -2, 0, 4, 1, 5, -3, 2, 2, 6, -1, 0, 3, -4, 1, 7]
rows = [[v**k for k in range(9)] for v in x]
system = [[sum(r[i] * r[j] for r in rows) for j in range(9)] + [sum(r[i] * t for r, t in zip(rows, y))] for i in range(9)]
for i in range(9):  # Gauss and Jordan
    system[i] = [v / system[i][i] for v in system[i]]
    system = [r if r is system[i] else [a - r[i] * b for a, b in zip(r, system[i])] for r in system]
write("powers_y", np.array(y, dtype=float))
write("powers_intercept", np.array(float(system[0][9])))
write("powers_coef", np.array([float(r[9]) for r in system[1:]]))

# Columns of scales that differ by 1e5: the condition number of X'X is 1e12.
X, y = load_breast_cancer(return_X_y=True)
model = write_model("cancer_least_squares", LinearRegression().fit(X, y.astype(float)))
write("cancer_singular", model.singular_)

# Fewer samples than features.
rng = np.random.RandomState(0)
X, y = np.round(rng.normal(size=(6, 9)), 2), np.round(rng.normal(size=6), 2)
write("wide_X", X)
write("wide_y", y)
model = write_model("wide_least_squares", LinearRegression().fit(X, y))
write_model("wide_ridge", Ridge(alpha=0.5).fit(X, y))
model = write_model("wide_lasso", Lasso(alpha=0.1, tol=1e-14, max_iter=100000).fit(X, y))

# Logistic regression, to as many digits as Newton's method gives.
exact = {"tol": 1e-12, "max_iter": 1000}
X, y = load_iris(return_X_y=True)
model = write_model("iris_multinomial", LogisticRegression(solver="newton-cg", **exact).fit(X, y))
write("iris_multinomial_proba", model.predict_proba(X[[0, 70, 133]]))
write("iris_multinomial_score", model.score(X, y))
model = write_model("iris_ovr", LogisticRegression(solver="newton-cholesky", multi_class="ovr", **exact).fit(X, y))
write("iris_ovr_proba", model.predict_proba(X[[0, 70, 133]]))
write("iris_ovr_score", model.score(X, y))
two, of_two = X[y > 0], y[y > 0]
write_model("iris_pair_unpenalized", LogisticRegression(penalty=None, solver="newton-cholesky", **exact).fit(two, of_two))
model = write_model("iris_pair_multinomial", LogisticRegression(solver="newton-cg", multi_class="multinomial", **exact).fit(two, of_two))
write("iris_pair_multinomial_proba", model.predict_proba(two[[0, 20, 83]]))

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
write_model("cancer", LogisticRegression(solver="newton-cholesky", **exact).fit(X, y))
write_model("cancer_through_origin", LogisticRegression(C=0.1, fit_intercept=False, solver="newton-cholesky", **exact).fit(X, y))

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
write_model("wine", LogisticRegression(C=0.5, solver="newton-cg", **exact).fit(X, y))

# Students: hours studied and slept, and whether they passed.
rng = np.random.RandomState(1)
hours = np.round(np.c_[rng.uniform(0, 10, 60), rng.uniform(3, 10, 60)], 1)
passed = (rng.uniform(size=60) < 1 / (1 + np.exp(7 - 0.9 * hours[:, 0] - 0.4 * hours[:, 1]))).astype(int)
write("student_hours", hours)
write("student_passed", passed)
model = write_model("student", LogisticRegression(penalty=None, solver="newton-cholesky", **exact).fit(hours, passed))
write("student_proba", model.predict_proba([[6, 8], [2, 4]])[:, 1])

lines.append("\n} // namespace xgrad::tests::reference::linear_model\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

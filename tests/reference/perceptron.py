#!/usr/bin/env python3
"""Perceptrons as scikit-learn trains them, and Adaline as its SGDRegressor and NumPy do; writes perceptron.hpp.

    /usr/bin/python3 tests/reference/perceptron.py
"""
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import load_iris, make_blobs
from sklearn.linear_model import Perceptron, SGDRegressor

lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n",
         "#pragma once\n\n#include <xgrad/autodiff/array.hpp>\n\nnamespace xgrad::tests::reference::perceptron {\n\n"]


def write(name, values):
    values = np.asarray(values)
    if values.dtype.kind in "iu":
        text, type = str(values.tolist()), "std::int64_t"
    else:
        text, type = "[" + ", ".join(str(row.tolist()) for row in values) + "]" if values.ndim == 2 else str(values.tolist()), "double"
    lines.append(f"inline const Array<{type}> {name}" + text.replace("[", "{").replace("]", "}") + ";\n")


def write_model(name, model):
    write(name + "_coef", model.coef_)
    write(name + "_intercept", model.intercept_)


def perceptron(X, y, **options):
    return Perceptron(**{"shuffle": False, "tol": None, **options}).fit(X, y)


gates = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
write_model("and", perceptron(gates, [0, 0, 0, 1], max_iter=50))
write_model("or", perceptron(gates, [0, 1, 1, 1], max_iter=50))

# Setosa and versicolor by the lengths of sepal and petal.
flowers, species = load_iris(return_X_y=True)
write_model("flowers", perceptron(flowers, species, max_iter=20))
X, y = flowers[:100, [0, 2]], species[:100]
write_model("iris_perceptron", perceptron(X, y, max_iter=50, eta0=0.1))

# Three classes that overlap.
B, c = make_blobs(36, n_features=3, centers=3, cluster_std=8.0, random_state=3)
B = np.round(B, 2)
write("blobs", B)
write("blobs_labels", c * 5 - 5)
for name, options in {
    "plain": {},
    "l2": {"penalty": "l2", "alpha": 0.01},
    "l1": {"penalty": "l1", "alpha": 0.01},
    "elasticnet": {"penalty": "elasticnet", "alpha": 0.01, "l1_ratio": 0.3},
    "origin": {"fit_intercept": False},
}.items():
    write_model("blobs_" + name, perceptron(B, c * 5 - 5, max_iter=7, **options))
stopped = perceptron(B, c * 5 - 5, tol=1e-3)
assert stopped.n_iter_ < 1000 and all(np.any((stopped.decision_function(B)[:, k] > 0) != (c == k)) for k in range(3))
write_model("blobs_stopped", stopped)
write("blobs_stopped_n_iter", np.array([stopped.n_iter_]))

# Adaline on standardised features, with targets 1 and -1.
Z, t = (X - X.mean(0)) / X.std(0), 2.0 * y - 1
sgd = SGDRegressor(penalty=None, learning_rate="constant", eta0=0.01, shuffle=False, tol=None, max_iter=5).fit(Z, t)
write_model("adaline_stochastic", sgd)
w, b, losses = np.zeros(2), 0.0, []
for epoch in range(5):
    total = 0.0
    for x, target in zip(Z, t):
        error = target - (x @ w + b)
        total += error**2 / 2
        w, b = w + 0.01 * error * x, b + 0.01 * error
    losses.append(total / 100)
assert np.allclose(w, sgd.coef_, rtol=1e-12)
write("adaline_stochastic_losses", losses)
w, b, losses = np.zeros(2), 0.0, []
for epoch in range(20):
    error = t - (Z @ w + b)
    losses.append(np.mean(error**2) / 2)
    w, b = w + 0.1 * Z.T @ error / 100, b + 0.1 * np.mean(error)
write("adaline_batch_coef", w)
write("adaline_batch_intercept", np.array([b]))
write("adaline_batch_losses", losses)
write("adaline_batch_score", np.array([np.mean((Z @ w + b > 0) == (t > 0))]))
w = np.linalg.lstsq(np.c_[Z, np.ones(100)], t, rcond=None)[0]
write("adaline_least_squares", w)
write("adaline_least_squares_score", np.array([np.mean((np.c_[Z, np.ones(100)] @ w > 0) == (t > 0))]))

lines.append("\n} // namespace xgrad::tests::reference::perceptron\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

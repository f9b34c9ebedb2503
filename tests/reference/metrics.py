#!/usr/bin/env python3
"""scikit-learn's metrics of small data and of models of the data sets; writes metrics.hpp.

    /usr/bin/python3 tests/reference/metrics.py
"""
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression

warnings.simplefilter("ignore")  # zero division

lines = [f"""// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xgrad::tests::reference::metrics {{

using Numbers = std::vector<double>;
using Labels = std::vector<std::int64_t>;

"""]


def vector(values):
    return "{" + ", ".join(f"{v:.17g}" for v in np.asarray(values, float).reshape(-1)) + "}"


def add(name, type, value):
    lines.append(f"inline const {type} {name}{value};\n")


def numbers(name, values):
    add(name, "Numbers", vector(values))


def labels(name, values):
    add(name, "Labels", vector(values))


rng = np.random.RandomState(0)

# Regression.
y, h = rng.normal(size=20) * 10, rng.normal(size=20)
numbers("targets", y)
numbers("predictions", h)
mse = metrics.mean_squared_error(y, h)
numbers("errors", [metrics.mean_absolute_error(y, h), mse, np.sqrt(mse), metrics.r2_score(y, h)])

# Labels: of three classes, one of them never predicted, one predicted that does not occur.
y, h = np.array([3, 3, 3, -1, -1, 5, 5, 5, 5, 3]), np.array([3, 3, 5, 3, 5, 5, 5, 3, 8, 3])
labels("classes_y", y)
labels("classes_h", h)
labels("classes_matrix", metrics.confusion_matrix(y, h))
labels("classes_matrix_of_two", metrics.confusion_matrix(y, h, labels=[5, 3]))
binary_y, binary_h = np.array([0, 1, 1, 0, 1, 0, 1, 1]), np.array([0, 1, 0, 1, 1, 0, 1, 0])
labels("binary_y", binary_y)
labels("binary_h", binary_h)
lines.append("// precision, recall and F1: binary for 1 and 0; micro, macro and weighted; macro with zero_division=1; each class\n")
scores = [metrics.precision_score, metrics.recall_score, metrics.f1_score]
numbers("binary_scores", [[s(binary_y, binary_h, pos_label=p) for s in scores] for p in (1, 0)])
numbers("average_scores", [[s(y, h, average=a) for s in scores] for a in ("micro", "macro", "weighted")])
numbers("zero_division_scores", [s(y, h, average="macro", zero_division=1) for s in scores])
numbers("class_scores", metrics.precision_recall_fscore_support(y, h))
zeros = np.zeros(3, int)
numbers("negative_scores", [[s(zeros, zeros, zero_division=z) for s in scores] for z in (0, 1)])
add("report", "std::string", "{" + repr(metrics.classification_report(y, h)).replace("'", '"') + "}")
report = metrics.classification_report(binary_y, binary_h, target_names=["no", "a name longer than others"], digits=4)
add("named_report", "std::string", "{" + repr(report).replace("'", '"') + "}")

# Scores, with ties.
y = rng.randint(2, size=40)
s = np.round(rng.normal(size=40) + y, 1)
labels("ranked_y", y)
numbers("ranked_scores", s)
for name, options in {"roc": {}, "roc_all": {"drop_intermediate": False}, "roc_negative": {"pos_label": 0}}.items():
    for part, values in zip(("fpr", "tpr", "thresholds"), metrics.roc_curve(y, s, **options)):
        numbers(f"{name}_{part}", values)
for part, values in zip(("precision", "recall", "thresholds"), metrics.precision_recall_curve(y, s)):
    numbers(f"pr_{part}", values)
numbers("ranked_areas", [metrics.roc_auc_score(y, s), metrics.average_precision_score(y, s),
                         metrics.average_precision_score(y, s, pos_label=0)])
p = np.round(1 / (1 + np.exp(-s)), 3)
numbers("ranked_probabilities", p)
numbers("ranked_losses", [metrics.log_loss(y, p), metrics.brier_score_loss(y, p), metrics.brier_score_loss(y, p, pos_label=0),
                          metrics.log_loss(y, np.round(p))])

# Probabilities of three classes, by a model that is not very good.
iris = load_iris()
y = iris.target[::5]
P = np.round(LogisticRegression(C=0.01).fit(iris.data[:, :2], iris.target).predict_proba(iris.data[::5, :2]), 2)
P[:, 2] = 1 - P[:, 0] - P[:, 1]
labels("iris_y", 2 * y)
numbers("iris_probabilities", P)
keep = np.arange(len(y)) % 5 != 0  # so that the classes are not of equal size
keep[:4] = False
labels("iris_kept", np.flatnonzero(keep))
numbers("iris_areas", [metrics.roc_auc_score(y[keep], P[keep], multi_class=m, average=a)
                       for m in ("ovr", "ovo") for a in ("macro", "weighted")])
numbers("iris_loss", [metrics.log_loss(y, P), metrics.log_loss(y[:5], P[:5], labels=[0, 1, 2])])

# Clusters.
clusters = KMeans(3, n_init=1, random_state=0).fit_predict(iris.data)
labels("iris_clusters", clusters)
silhouettes = metrics.silhouette_samples(iris.data, clusters)
numbers("iris_silhouettes", silhouettes)
tumours = load_breast_cancer()
numbers("silhouette_scores", [metrics.silhouette_score(iris.data, clusters), metrics.silhouette_score(iris.data, iris.target),
                              metrics.silhouette_score(tumours.data, tumours.target)])
numbers("rand_scores", [f(iris.target, clusters) for f in (metrics.rand_score, metrics.adjusted_rand_score)])
a, b = rng.randint(4, size=30), rng.randint(6, size=30)
labels("partition_a", a)
labels("partition_b", b)
numbers("partition_scores", [f(a, b) for f in (metrics.rand_score, metrics.adjusted_rand_score)])

lines.append("\n} // namespace xgrad::tests::reference::metrics\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

#!/usr/bin/env python3
"""Nearest neighbours as scikit-learn finds them; writes neighbors.hpp.

    /usr/bin/python3 tests/reference/neighbors.py
"""
import pathlib

import numpy
import sklearn
from sklearn.datasets import load_diabetes, load_digits, load_iris, load_wine
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor


def array(name, values, type="double"):
    return f"inline const std::vector<{type}> {name}{{" + ", ".join(f"{v:.17g}" for v in numpy.asarray(values).reshape(-1)) + "};\n"


def without_ties(X, queries, k, least=1e-9, **options):
    """The queries whose k nearest samples, and their order, no rounding can change."""
    distances, _ = KNeighborsClassifier(k + 1, **options).fit(X, numpy.zeros(len(X))).kneighbors(queries)
    return (numpy.diff(distances) > least).all(axis=1)


lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n",
         "#pragma once\n\n#include <vector>\n\nnamespace xgrad::tests::reference::neighbors {\n\n"]

# Flowers between those of the data set, which has equal ones.
X, y = load_iris(return_X_y=True)
random = numpy.random.RandomState(1)
queries = numpy.round(X[random.permutation(150)[:40]] + random.normal(scale=0.3, size=(40, 4)), 3)
queries = queries[without_ties(X, queries, 5)][:24]
assert len(queries) == 24
lines.append(array("iris_queries", queries))
model = KNeighborsClassifier().fit(X, y)
distances, indices = model.kneighbors(queries)
lines += [array("iris_distances", distances), array("iris_indices", indices, "int"),
          array("iris_uniform", model.predict_proba(queries)), array("iris_labels", model.predict(queries), "int"),
          array("iris_by_distance", KNeighborsClassifier(weights="distance").fit(X, y).predict_proba(queries))]

# Other distances.
X, y = load_wine(return_X_y=True)
queries = numpy.round(X[::20] + 0.1 * random.normal(size=(9, 13)), 4)
for name, p in ("1", 1), ("3", 3), ("infinite", numpy.inf):
    assert without_ties(X, queries, 4, p=p).all()
    distances, indices = KNeighborsClassifier(4, p=p, algorithm="kd_tree").fit(X, y).kneighbors(queries)
    lines += [array(f"wine_distances_{name}", distances), array(f"wine_indices_{name}", indices, "int")]
lines.append(array("wine_queries", queries))

# The second half of the digits by the first, where the last neighbour is not as far as the next.
X, y = load_digits(return_X_y=True)
distances = KNeighborsClassifier(6).fit(X[:900], y[:900]).kneighbors(X[900:])[0]
chosen = numpy.flatnonzero(distances[:, 4] < distances[:, 5])[::4]
model = KNeighborsClassifier().fit(X[:900], y[:900])
lines += [array("digits_queries", 900 + chosen, "int"), array("digits_labels", model.predict(X[900 + chosen]), "int"),
          f"inline const double digits_score = {model.score(X[900 + chosen], y[900 + chosen]):.17g};\n"]

X, y = load_diabetes(return_X_y=True)
assert without_ties(X[:400], X[400:], 5).all()
for weights in "uniform", "distance":
    model = KNeighborsRegressor(weights=weights).fit(X[:400], y[:400])
    lines += [array(f"diabetes_{weights}", model.predict(X[400:])),
              f"inline const double diabetes_{weights}_score = {model.score(X[400:], y[400:]):.17g};\n"]

lines.append("\n} // namespace xgrad::tests::reference::neighbors\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

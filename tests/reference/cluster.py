#!/usr/bin/env python3
"""Clusters as scikit-learn finds them; writes cluster.hpp.

    /usr/bin/python3 tests/reference/cluster.py
"""
import pathlib

import numpy
import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris


def array(name, values, type="double"):
    return f"inline const std::vector<{type}> {name}{{" + ", ".join(f"{v:.17g}" for v in numpy.asarray(values).reshape(-1)) + "};\n"


def least_gap(X, init, iterations):
    """By how much a sample is nearer to its centroid than to another, at least, in any iteration: rounding must not decide."""
    gaps = []
    for done in range(iterations):
        centers = KMeans(len(init), init=init, n_init=1, max_iter=done, tol=0).fit(X).cluster_centers_ if done else init
        distances = numpy.sort(((X[:, None] - centers)**2).sum(axis=2))
        gaps.append((distances[:, 1] - distances[:, 0]).min())
    return min(gaps)


def case(name, X, init, **options):
    """The clusters that given centroids end in."""
    model = KMeans(len(init), init=init, n_init=1, **options).fit(X)
    assert least_gap(X, init, model.n_iter_ + 1) > 1e-6
    init, centers = (", ".join(f"{v:.17g}" for v in a.reshape(-1)) for a in (init, model.cluster_centers_))
    return (f'inline const KMeansCase {name}{{{{{init}}}, "{"".join(map(str, model.labels_))}", {{{centers}}}, '
            f"{model.inertia_:.17g}, {model.n_iter_}}};\n")


lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n", """\
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace xgrad::tests::reference::cluster {

struct KMeansCase {
    std::vector<double> init;
    std::string labels; ///< a digit each
    std::vector<double> centers;
    double inertia;
    std::size_t iterations;
};

"""]

X, _ = load_iris(return_X_y=True)
# Between the samples, which lie on a grid.
three, apart, five = (numpy.round(X[rows] + numpy.random.RandomState(1).normal(scale=0.1, size=(len(rows), 4)), 4)
                      for rows in ([0, 50, 100], [41, 15, 106], [0, 1, 2, 3, 4]))
lines += [case("iris_3", X, three), case("iris_local_minimum", X, apart), case("iris_5", X, five),
          case("iris_one_iteration", X, five, max_iter=1), case("iris_rough", X, five, tol=0.02),
          f"inline const double iris_best = {KMeans(3, n_init=200, tol=0, random_state=0).fit(X).inertia_:.17g};\n"]
points = numpy.array([0.0, 1.0, 1.5, 7.0, 8.5, 20.0, 21.5, 40.0])[:, None]
lines.append(case("two_empty", points, numpy.array([[0.0], [10.0], [1000.0], [2000.0]])))

X, _ = load_digits(return_X_y=True)
init = X[:10] + numpy.outer(numpy.arange(10), numpy.arange(64)) / 4096
model = KMeans(10, init=init, n_init=1).fit(X)
assert least_gap(X, init, model.n_iter_ + 1) > 1e-6
lines += [f'inline const std::string digits_labels = "{"".join(map(str, model.labels_))}";\n',
          array("digits_distances", model.transform(X[:6])), f"inline const double digits_inertia = {model.inertia_:.17g};\n",
          f"inline const std::size_t digits_iterations = {model.n_iter_};\n",
          f"inline const double digits_best = {KMeans(10, n_init=20, random_state=0).fit(X).inertia_:.17g};\n"]

lines.append("\n} // namespace xgrad::tests::reference::cluster\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

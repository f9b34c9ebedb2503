#!/usr/bin/env python3
"""Folds, cross-validation, searches and curves as scikit-learn has them; writes model_selection.hpp.

    /usr/bin/python3 tests/reference/model_selection.py
"""
import pathlib

import numpy
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (GridSearchCV, KFold, LeaveOneOut, StratifiedKFold, cross_val_predict, cross_val_score,
                                     cross_validate, learning_curve, validation_curve)
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


def array(name, values, type):
    values = numpy.asarray(values).reshape(-1)
    return f"inline const std::vector<{type}> {name}{{" + ", ".join(f"{v:.17g}" for v in values) + "};\n"


def fold_of(splits, n):
    """The split that each sample is the test of."""
    fold = numpy.full(n, -1)
    for k, (_, test) in enumerate(splits):
        fold[test] = k
    return fold


lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n",
         "#pragma once\n\n#include <vector>\n\nnamespace xgrad::tests::reference::model_selection {\n\n"]

# Folds: of numbers that the folds divide and do not; of classes in any order, of any size, one smaller than the folds.
for n, k in ((6, 3), (11, 4), (10, 7)):
    lines.append(array(f"kfold_{n}_{k}", fold_of(KFold(k).split(numpy.zeros(n)), n), "std::size_t"))
labels = {
    "sorted": [0] * 7 + [1] * 5 + [2] * 6,
    "mixed": [5, -1, 5, 5, 2, -1, 2, 5, 5, -1, 2, 5, 5, 2, -1, -1, 5, 5, 2, 5, 2, 5, -1],
    "small_class": [1, 0, 1, 1, 0, 2, 1, 0, 1, 1, 0, 2, 1],
}
for name, y in labels.items():
    lines.append(array(f"labels_{name}", y, "std::int64_t"))
    for k in (2, 3, 4):
        with numpy.testing.suppress_warnings() as warnings:
            warnings.filter(UserWarning)
            folds = fold_of(StratifiedKFold(k).split(numpy.zeros(len(y)), y), len(y))
        lines.append(array(f"stratified_{name}_{k}", folds, "std::size_t"))

# Three overlapping classes, and a noisy linear function, both of two features.
random = numpy.random.RandomState(5)
n = 42
y = random.permutation(numpy.repeat([3, 7, 8], [18, 14, 10]))
X = numpy.round(random.randn(n, 2) + numpy.select([y[:, None] == 3, y[:, None] == 7], [[[0, 0]], [[1.5, 0.5]]], [[0.5, 2]]), 2)
t = numpy.round(X @ [1.5, -0.7] + 0.5 * random.randn(n), 2)
lines += [array("X", X, "double"), array("y", y, "std::int64_t"), array("t", t, "double")]

centroid = NearestCentroid()
lines += [array("centroid_scores", cross_val_score(centroid, X, y, cv=5), "double"),
          array("centroid_scores_kfold", cross_val_score(centroid, X, y, cv=KFold(4)), "double"),
          array("centroid_train_scores", cross_validate(centroid, X, y, cv=3, return_train_score=True)["train_score"], "double"),
          array("centroid_f1_macro", cross_val_score(centroid, X, y, cv=3, scoring="f1_macro"), "double"),
          array("centroid_predictions", cross_val_predict(centroid, X, y, cv=5), "std::int64_t"),
          array("centroid_leave_one_out", [cross_val_score(centroid, X, y, cv=LeaveOneOut()).mean()], "double")]

for name, load in {"iris": load_iris, "digits": load_digits, "breast_cancer": load_breast_cancer}.items():
    lines.append(array(f"centroid_{name}", cross_val_score(centroid, *load(return_X_y=True), cv=5), "double"))

ridge = Ridge(fit_intercept=False, solver="cholesky")
lines += [array("ridge_scores", cross_val_score(ridge, X, t, cv=5), "double"),
          array("ridge_mse", -cross_val_score(ridge, X, t, cv=5, scoring="neg_mean_squared_error"), "double"),
          array("ridge_predictions", cross_val_predict(ridge, X, t, cv=4), "double")]

alphas = [100, 0.01, 0.01, 1, 5]
search = GridSearchCV(ridge, {"alpha": alphas}, cv=5, return_train_score=True).fit(X, t)
results = search.cv_results_
lines += [array("alphas", alphas, "double"),
          array("search_test", numpy.stack([results[f"split{k}_test_score"] for k in range(5)], 1), "double"),
          array("search_mean", results["mean_test_score"], "double"),
          array("search_std", results["std_test_score"], "double"),
          array("search_rank", results["rank_test_score"], "std::int64_t"),
          array("search_mean_train", results["mean_train_score"], "double"),
          array("search_best", [search.best_score_, search.best_index_, *search.best_estimator_.coef_], "double")]

sizes, train, test = learning_curve(ridge, X, t, cv=4, train_sizes=[0.2, 0.5, 0.8, 1.0])
lines += [array("learning_sizes", sizes, "std::int64_t"), array("learning_train", train, "double"),
          array("learning_test", test, "double")]
lines.append(array("learning_sizes_default", learning_curve(ridge, X, t, cv=5)[0], "std::int64_t"))
train, test = validation_curve(ridge, X, t, param_name="alpha", param_range=[0.1, 1, 10], cv=3)
lines += [array("validation_train", train, "double"), array("validation_test", test, "double")]

# The estimators on the data sets.
iris, wine, diabetes = load_iris(return_X_y=True), load_wine(return_X_y=True), load_diabetes(return_X_y=True)
logistic = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
lines += [array("logistic_iris", cross_val_score(logistic, *iris, cv=10), "double"),
          array("logistic_iris_f1", cross_val_score(logistic, *iris, cv=3, scoring="f1_macro"), "double")]
lda_knn = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(), KNeighborsClassifier())
lines.append(array("lda_knn_iris", cross_val_score(lda_knn, *iris, cv=5), "double"))
search = GridSearchCV(make_pipeline(StandardScaler(), PCA(), SVC()),
                      {"pca__n_components": [2, 5], "svc__C": [0.1, 1, 10], "svc__kernel": ["linear", "rbf"]}, cv=4).fit(*wine)
lines += [array("svc_wine", search.cv_results_["mean_test_score"], "double"),
          array("svc_wine_rank", search.cv_results_["rank_test_score"], "std::int64_t")]
lines.append(array("knn_wine", validation_curve(make_pipeline(StandardScaler(), KNeighborsClassifier()), *wine,
                                                param_name="kneighborsclassifier__n_neighbors", param_range=[1, 5, 25], cv=5)[1], "double"))
search = GridSearchCV(Ridge(), {"alpha": [1e-3, 0.1, 10]}, cv=KFold(6), scoring="neg_mean_squared_error").fit(*diabetes)
lines.append(array("ridge_diabetes", search.cv_results_["mean_test_score"], "double"))

lines.append("\n} // namespace xgrad::tests::reference::model_selection\n")
text = "".join(lines).replace("#include <vector>", "#include <cstddef>\n#include <cstdint>\n#include <vector>")
pathlib.Path(__file__).with_suffix(".hpp").write_text(text)

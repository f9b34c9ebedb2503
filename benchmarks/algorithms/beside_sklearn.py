#!/usr/bin/env python3
"""Fits xgrad's and scikit-learn's estimators to the same 50,000 samples of 50 features in turn, and prints times and ratios.

    script/benchmark-algorithms [--rounds 5] [--threads 2] [--only lasso]
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--only", default="", help="the estimators whose name contains this")
options = parser.parse_args()
for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]:
    os.environ[name] = str(options.threads)

import numpy as np  # after the number of threads is set
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Perceptron, Ridge, SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, LinearSVC

random = np.random.default_rng(0)
X = random.normal(size=(50000, 50)) @ (np.eye(50) + 0.1 * random.normal(size=(50, 50)))
y = X @ random.normal(size=50) + random.normal(size=50000)
two = (X @ random.normal(size=50) + 3 * random.normal(size=50000) > 0).astype(np.int64)
five = np.argmax(X @ random.normal(size=(50, 5)) + 3 * random.normal(size=(50000, 5)), axis=1).astype(np.int64)

tasks = {
    "linear_regression": lambda: LinearRegression().fit(X, y).coef_[0],
    "ridge": lambda: Ridge().fit(X, y).coef_[0],
    "lasso": lambda: Lasso(alpha=0.1).fit(X, y).coef_[0],
    "logistic_regression, 2 classes": lambda: LogisticRegression().fit(X, two).coef_[0, 0],
    "logistic_regression, 5 classes": lambda: LogisticRegression().fit(X, five).coef_[0, 0],
    "logistic_regression, newton": lambda: LogisticRegression(solver="newton-cholesky").fit(X, two).coef_[0, 0],
    "adaline, 3 epochs, sample by sample":
        lambda: SGDClassifier(loss="squared_error", penalty=None, learning_rate="constant", eta0=1e-3, max_iter=3, tol=None).fit(X, two).coef_[0, 0],
    "perceptron": lambda: Perceptron(max_iter=10).fit(X, two).coef_[0, 0],
    "linear_svc": lambda: LinearSVC(dual=False).fit(X, two).coef_[0, 0],
    "svc, 5,000 samples": lambda: len(SVC().fit(X[:5000], two[:5000]).support_),
    "linear_discriminant_analysis": lambda: LinearDiscriminantAnalysis().fit(X, five).coef_[0, 0],
    "quadratic_discriminant_analysis": lambda: QuadraticDiscriminantAnalysis().fit(X, five).means_[0, 0],
    "pca": lambda: PCA(svd_solver="full").fit(X).explained_variance_[0],
    "k_means, 1 start": lambda: KMeans(8, n_init=1, random_state=0).fit(X).inertia_,
    "k_neighbors, 1,000 queries": lambda: KNeighborsClassifier(algorithm="brute").fit(X, two).score(X[:1000], two[:1000]),
    "k_neighbors, 3 features, 10,000 queries":
        lambda: KNeighborsClassifier(algorithm="kd_tree").fit(X[:, :3], two).score(X[:10000, :3], two[:10000]),
    "mlp, 5 epochs": lambda: MLPClassifier(max_iter=5).fit(X, two).loss_curve_[-1],
    "mlp regressor, 5 epochs": lambda: MLPRegressor(max_iter=5).fit(X, y).loss_curve_[-1],
    "standard_scaler": lambda: StandardScaler().fit_transform(X)[0, 0],
    "polynomial_features, 10 features": lambda: PolynomialFeatures().fit_transform(X[:, :10])[0, 20],
    "cross_val_score of a pipeline": lambda: cross_val_score(make_pipeline(StandardScaler(), LogisticRegression()), X, two)[0],
}


def ours(folder, task):
    result = subprocess.run([options.program, folder, task, str(options.threads)], check=True, capture_output=True, text=True)
    return map(float, result.stdout.split())


def theirs(task):
    start = time.perf_counter()
    figure = tasks[task]()
    return time.perf_counter() - start, float(figure)


np.seterr(all="ignore")
import warnings  # of iterations that end early
warnings.filterwarnings("ignore")
names = subprocess.run([options.program], check=True, capture_output=True, text=True).stdout.splitlines()
if sorted(names) != sorted(tasks):
    sys.exit(f"not the same tasks on both sides: {set(names) ^ set(tasks)}")
with tempfile.TemporaryDirectory() as folder:
    for name, array in {"X": X, "y": y, "two": two, "five": five}.items():
        np.save(pathlib.Path(folder) / f"{name}.npy", array)
    print(f"seconds on {options.threads} thread(s), medians of {options.rounds} rounds\n")
    print(f"{'':42} {'xgrad':>9} {'sklearn':>9} {'ratio':>6}   a figure of each")
    for task in tasks:
        if options.only not in task:
            continue
        rounds = [(*ours(folder, task), *theirs(task)) for _ in range(options.rounds)]
        times = [statistics.median(column) for column in zip(*rounds)]
        print(f"{task:42} {times[0]:9.4f} {times[2]:9.4f} {times[0] / times[2]:6.2f}   {times[1]:.6g} {times[3]:.6g}", flush=True)

#!/usr/bin/env python3
"""Multilayer perceptrons as scikit-learn trains them from given weights, and ridge regression on radial basis functions; writes
neural_network.hpp.

    /usr/bin/python3 tests/reference/neural_network.py
"""
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.datasets import load_digits, make_classification
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.filterwarnings("ignore")
lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n",
         "#pragma once\n\n#include <xgrad/algorithms/neural_network/multilayer_perceptron.hpp>\n\nnamespace xgrad::tests::reference::neural_network {\n\n",
         "inline Array<double> shaped(const std::vector<std::size_t>& shape, const Array<double>& elements) {\n",
         "    Array<double> result = elements;\n    result.reshape(shape);\n    return result;\n}\n"]


def braces(values):
    return str(values).replace("[", "{").replace("]", "}")


def write(name, values):
    values = np.asarray(values)
    type = "std::int64_t" if values.dtype.kind in "iu" else "double"
    lines.append(f"inline const Array<{type}> {name}{braces(values.tolist())};\n")


random = np.random.default_rng(5)
X = np.round(random.normal(size=(24, 3)), 2)
labels = {2: (X[:, 0] * X[:, 1] + 0.3 * X[:, 2] > 0).astype(int), 3: np.digitize(X[:, 0] + X[:, 1] ** 2, [0.3, 1.2])}
y = np.round(np.sin(X[:, 0]) + X[:, 1] * X[:, 2], 3)
write("network_X", X)
write("network_labels2", labels[2])
write("network_labels3", labels[3])
write("network_y", y)

hidden = (4, 3)
start = {}
for outputs in (1, 3):
    sizes = (3,) + hidden + (outputs,)
    coefs = [np.round(random.uniform(-1, 1, shape), 2) for shape in zip(sizes[:-1], sizes[1:])]
    intercepts = [np.round(random.uniform(-1, 1, size), 2) for size in sizes[1:]]
    start[outputs] = (coefs, intercepts)
    for name, arrays in ("coefs", coefs), ("intercepts", intercepts):
        each = (f"shaped({braces(list(a.shape))}, {braces(a.ravel().tolist())})" for a in arrays)
        lines.append(f"inline const std::vector<Array<double>> network{outputs}_{name}{{{', '.join(each)}}};\n")

lines.append("""
/// A training from the weights above, without shuffling.
struct NetworkCase {
    const char* name;
    int classes; ///< 0: of numbers
    algorithms::MLPOptions options;
    std::vector<double> losses, predictions; ///< of each epoch; probabilities or numbers
};

""")
cases = []


def case(name, classes, options, cpp):
    outputs = 3 if classes == 3 else 1
    target = labels[classes] if classes else y
    kind = MLPClassifier if classes else MLPRegressor
    common = dict(hidden_layer_sizes=hidden, shuffle=False, warm_start=True)
    model = kind(**common, **{**options, "max_iter": 1}).fit(X, target)
    model.coefs_, model.intercepts_ = [a.copy() for a in start[outputs][0]], [a.copy() for a in start[outputs][1]]
    model.loss_curve_, model.n_iter_, model.t_, model.best_loss_, model._no_improvement_count = [], 0, 0, np.inf, 0
    model.set_params(max_iter=options["max_iter"]).fit(X, target)
    predicted = model.predict_proba(X) if classes else model.predict(X)
    cases.append(f'    {{"{name}", {classes}, {{{cpp}}},\n     {braces(model.loss_curve_)},\n     {braces(predicted.ravel().tolist())}}},\n')


prefix = ".hidden_layer_sizes = {4, 3}, .activation = algorithms::MLPActivation::%s, .solver = algorithms::MLPSolver::%s, "
case("adam, relu, two classes", 2, dict(max_iter=8, epsilon=1e-14, learning_rate_init=0.02),
     prefix % ("relu", "adam") + ".learning_rate_init = 0.02, .max_iter = 8, .shuffle = false, .warm_start = true, .epsilon = 1e-14")
case("adam, tanh, numbers, batches", 0, dict(activation="tanh", max_iter=8, epsilon=1e-14, alpha=0.3, batch_size=10, beta_1=0.8, beta_2=0.95),
     prefix % ("tanh", "adam") +
     ".alpha = 0.3, .batch_size = 10, .max_iter = 8, .shuffle = false, .warm_start = true, .beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 1e-14")
case("sgd with Nesterov's momentum, tanh, three classes, batches", 3,
     dict(activation="tanh", solver="sgd", max_iter=8, alpha=0.1, batch_size=10, learning_rate_init=0.1),
     prefix % ("tanh", "sgd") + ".alpha = 0.1, .batch_size = 10, .learning_rate_init = 0.1, .max_iter = 8, .shuffle = false, .warm_start = true")
case("sgd with momentum, logistic, numbers", 0,
     dict(activation="logistic", solver="sgd", max_iter=8, learning_rate_init=0.1, momentum=0.7, nesterovs_momentum=False),
     prefix % ("logistic", "sgd") +
     ".learning_rate_init = 0.1, .max_iter = 8, .shuffle = false, .warm_start = true, .momentum = 0.7, .nesterovs_momentum = false")
case("sgd with a decaying rate, identity, three classes", 3,
     dict(activation="identity", solver="sgd", max_iter=8, learning_rate="invscaling", learning_rate_init=0.5, power_t=0.4, momentum=0),
     prefix % ("identity", "sgd") + ".learning_rate = algorithms::MLPLearningRate::invscaling, .learning_rate_init = 0.5, .power_t = 0.4, "
     ".max_iter = 8, .shuffle = false, .warm_start = true, .momentum = 0")
case("sgd with an adaptive rate, relu, two classes", 2,
     dict(solver="sgd", max_iter=60, learning_rate="adaptive", learning_rate_init=0.5, tol=0.02, n_iter_no_change=2, momentum=0),
     prefix % ("relu", "sgd") + ".learning_rate = algorithms::MLPLearningRate::adaptive, .learning_rate_init = 0.5, "
     ".max_iter = 60, .shuffle = false, .tol = 0.02, .warm_start = true, .momentum = 0, .n_iter_no_change = 2")
lines += ["inline const std::vector<NetworkCase> network_cases{\n", *cases, "};\n\n"]

# Without hidden layers the loss is convex: lbfgs has one place to go.
flat = MLPClassifier((), solver="lbfgs", alpha=0.5, tol=1e-9, max_iter=1000).fit(X, labels[3])
write("flat_probabilities", flat.predict_proba(X))
lines.append(f"inline constexpr double flat_loss = {flat.loss_!r};\n")
flat = MLPRegressor((), solver="lbfgs", alpha=0.5, tol=1e-9, max_iter=1000).fit(X, y)
write("flat_predictions", flat.predict(X))

# The data of Week 41, "Adding Neural Networks", to six digits.
C, c = make_classification(n_samples=100, random_state=1)
C = np.vectorize(lambda v: float(f"{v:.6g}"))(C)
score = MLPClassifier(random_state=1, max_iter=300).fit(C, c).score(C, c)
assert score == 1.0
write("classification_X", C)
write("classification_labels", c)

# Digits: the worst of five seeds.
D, d = load_digits(return_X_y=True)
D /= 16
scores = [MLPClassifier((32,), max_iter=40, random_state=seed).fit(D[:1000], d[:1000]).score(D[1000:], d[1000:]) for seed in range(5)]
lines.append(f"inline constexpr double digits_score = {min(scores)!r}; // of {', '.join(f'{s:.4f}' for s in scores)}\n")

# Radial basis functions around all samples.
gamma = 1 / (2 * 0.8**2)
phi, at = rbf_kernel(X, X, gamma), rbf_kernel(X + 0.125, X, gamma)
write("rbf_predictions", Ridge(alpha=0.1, solver="svd").fit(phi, y).predict(at))
write("rbf_decisions", (RidgeClassifier(alpha=0.1, solver="svd").fit(phi, labels[3]).decision_function(at) + 1) / 2)

lines.append("\n} // namespace xgrad::tests::reference::neural_network\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

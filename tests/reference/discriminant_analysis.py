#!/usr/bin/env python3
"""Linear and quadratic discriminant analysis of the shipped data sets by scikit-learn; writes discriminant_analysis.hpp.

    /usr/bin/python3 tests/reference/discriminant_analysis.py
"""
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis


def array(name, values, type="double"):
    return f"inline const std::vector<{type}> {name}{{" + ", ".join(f"{v:.17g}" for v in np.asarray(values).reshape(-1)) + "};\n"


lines = [f"// Written by {pathlib.Path(__file__).name} with scikit-learn {sklearn.__version__}: do not edit.\n",
         "#pragma once\n\n#include <vector>\n\nnamespace xgrad::tests::reference::discriminant_analysis {\n\n"]
for name, load in [("iris", load_iris), ("wine", load_wine), ("breast_cancer", load_breast_cancer)]:
    X, y = load(return_X_y=True)
    rows = np.arange(0, len(X), 25)
    lda = LinearDiscriminantAnalysis(store_covariance=True).fit(X, y)
    lines += [array(f"lda_{name}_coef", lda.coef_), array(f"lda_{name}_intercept", lda.intercept_),
              array(f"lda_{name}_ratio", lda.explained_variance_ratio_), array(f"lda_{name}_scalings", lda.scalings_),
              array(f"lda_{name}_xbar", lda.xbar_), array(f"lda_{name}_covariance", np.diag(lda.covariance_)),
              array(f"lda_{name}_decision", lda.decision_function(X[rows])), array(f"lda_{name}_proba", lda.predict_proba(X[rows])),
              array(f"lda_{name}_transformed", lda.transform(X[rows])),
              array(f"lda_{name}_wrong", np.flatnonzero(lda.predict(X) != y), "int")]
    qda = QuadraticDiscriminantAnalysis(store_covariance=True).fit(X, y)
    lines += [array(f"qda_{name}_scalings", qda.scalings_), array(f"qda_{name}_covariance", [np.diag(c) for c in qda.covariance_]),
              array(f"qda_{name}_rotations", np.abs(qda.rotations_[0])),
              array(f"qda_{name}_decision", qda.decision_function(X[rows])), array(f"qda_{name}_proba", qda.predict_proba(X[rows])),
              array(f"qda_{name}_wrong", np.flatnonzero(qda.predict(X) != y), "int")]
X, y = load_iris(return_X_y=True)
rows = np.arange(0, len(X), 25)
priors = [0.2, 0.3, 0.5]
lines += [array("lda_priors_decision", LinearDiscriminantAnalysis(priors=priors).fit(X, y).decision_function(X[rows])),
          array("qda_priors_decision", QuadraticDiscriminantAnalysis(priors=priors, reg_param=0.1).fit(X, y).decision_function(X[rows]))]
lines.append("\n} // namespace xgrad::tests::reference::discriminant_analysis\n")
pathlib.Path(__file__).with_suffix(".hpp").write_text("".join(lines))

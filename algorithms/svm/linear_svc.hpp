/// @file
/// The linear support vector machine (Sehayek 2.10), by the hinge loss through the tape.
///
/// The decision boundary f(x) = w' x + b = 0 is to be as far as possible from the closest samples of either class, y = 1 or -1: with
/// the samples where y f(x) = 1 as the closest, the margin between the lines f = 1 and f = -1 is 2 / |w|. (The notes call these
/// lines the support vectors; it is the samples on them, or within, that are.) Samples on the wrong side of their line cost as much
/// as they are off, and w and b minimise
///
///     J(w, b) = 1/2 |w|^2 + 1/2 (b / s)^2 + C sum_i loss(y_i f(x_i)),    loss(z) = max(0, 1 - z), or its square.
///
/// As in liblinear the intercept is part of the penalty, as the weight b / s of a further feature that is s, `intercept_scaling`,
/// for all samples: a large s leaves it free. Of several classes each is told from the rest by a boundary of its own.
///
/// The gradient is the tape's. With the squared hinge, which has one everywhere, L-BFGS goes to the minimum. The hinge itself has
/// kinks; it is approached by functions that follow it but for a parabola of width gamma at the kink,
///
///     h(u) = u^2 / (2 gamma) for 0 < u < gamma,  u - gamma / 2 beyond, with u = 1 - z,
///
/// of smaller and smaller gamma, each minimised by L-BFGS from where the one before ended. How far J is from its minimum is known:
/// alpha_i = C h'(u_i) is feasible for the dual problem, so that sum_i alpha_i - 1/2 |sum_i alpha_i y_i x_i|^2 (with the further
/// feature) is at most the minimum. It ends when the gap between the two is at most tol J.
///
/// Chapelle: Training a support vector machine in the primal, 2007. Nesterov: Smooth minimization of non-smooth functions, 2005.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

namespace xgrad::algorithms {

/// The loss of a support vector machine.
enum class SVMLoss {
    hinge,         ///< max(0, 1 - z)
    squared_hinge, ///< max(0, 1 - z)^2
};

struct LinearSVCOptions {
    SVMLoss loss = SVMLoss::squared_hinge;
    double C = 1;                 ///< what a unit of loss costs; above 0: a small C gives a wide margin
    bool fit_intercept = true;    ///< otherwise b = 0
    double intercept_scaling = 1; ///< s
    double tol = 1e-4;            ///< with the hinge: the gap by J; with its square: the largest derivative by the first one
    int max_iter = 1000;          ///< iterations of L-BFGS for a class; with the hinge, evaluations of J
};

/// A linear classifier with the largest margin. As sklearn.svm.LinearSVC with penalty="l2". Nothing is random.
class LinearSVC : public Classifier<LinearSVC> {
  public:
    using Options = LinearSVCOptions;
    explicit LinearSVC(const LinearSVCOptions& options = {}) : options(options) {}

    LinearSVCOptions options;

    Array<double> coef_;      ///< w of each class against the rest: (classes, features), or (1, features) for two classes
    Array<double> intercept_; ///< b of each: (classes), or (1)
    Array<double> margin_;    ///< 2 / |w| of each: (classes), or (1)
    int n_iter_ = 0;          ///< evaluations of J with its gradient, for the class that took the most; max_iter or more: not converged

    /// @param X  (samples, features). Scale them: the penalty favours features of large numbers
    /// @param y  (samples): labels of at least 2 classes
    /// @throws ShapeError, ValueError also if an option is out of range, or the machine is beyond the range of a double
    LinearSVC& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// f(x) of each class, (samples, classes); of two classes, f(x) > 0 for the second, (samples).
    /// @throws NotFittedError, ShapeError, ValueError; so does predict()
    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const;
    /// The class with the largest f(x).
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;

  private:
    Array<double> scores(const char* method, const Array<double>& X, const Location& at) const;
};

} // namespace xgrad::algorithms

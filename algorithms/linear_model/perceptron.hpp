/// @file
/// Perceptron: Rosenblatt's rule, which learns from mistakes.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms {

/// What makes the weights decay.
enum class PerceptronPenalty { none, l2, l1, elasticnet };

struct PerceptronOptions {
    PerceptronPenalty penalty = PerceptronPenalty::none;
    double alpha = 1e-4;    ///< the weight of the penalty
    double l1_ratio = 0.15; ///< of elasticnet: the share of l1
    bool fit_intercept = true;
    std::size_t max_iter = 1000; ///< epochs
    /// Training ends when the sum of the losses max(0, -t f(x)) of an epoch has not fallen below the least so far, by this much for
    /// each sample, in `n_iter_no_change` epochs in a row. Minus infinity: that never ends it.
    double tol = 1e-3;
    bool shuffle = true; ///< the samples, before each epoch
    double eta0 = 1;     ///< eta
    std::size_t n_iter_no_change = 5;
    std::uint64_t random_state = 0;
};

/// The perceptron: f(x) = w x + b says which side of a hyperplane x is on. From w = 0 and b = 0, samples are taken one after the
/// other; with the target t = 1 for the second class and -1 for the first,
///
///     w <- w + eta t x,    b <- b + eta t    for a mistake, t f(x) <= 0,
///
/// until an epoch goes by without one (with a penalty, which goes on moving the weights, that does not end it). EDSF lectures,
/// "Perceptron algorithm"; Deep learning slides, "Perceptron learning rule", with targets 0 and 1, whose error t - y is our t.
///
/// If a hyperplane separates the classes this comes to an end (perceptron convergence theorem): with targets t, samples no longer than
/// R and a unit vector u with t u x >= gamma for all of them, after at most (R / gamma)^2 mistakes, whatever eta is (Novikoff, 1962); an
/// intercept counts as a further feature that is 1. Of classes that are not separable, such as XOR, some sample is always wrong.
///
/// More than two classes: one perceptron for each against the rest; the largest f wins. As scikit-learn's Perceptron, but for the
/// end after an epoch without a mistake, which changes only n_iter_.
///
/// Rosenblatt: The perceptron, a probabilistic model for information storage and organization in the brain, 1958.
class Perceptron : public Classifier<Perceptron> {
  public:
    using Options = PerceptronOptions;

    explicit Perceptron(const PerceptronOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError if X and y do not fit, there are fewer than two classes, or an option is out of range
    Perceptron& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// f(x), positive for the second class: of shape (samples); with more than two classes (samples, classes).
    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const;
    /// Labels, of shape (samples); the first of two classes where f(x) = 0.
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;

    PerceptronOptions options;

    Array<double> coef_;              ///< w, of shape (1, features); with more than two classes (classes, features)
    Array<double> intercept_;         ///< b, of shape (1); with more than two classes (classes)
    std::size_t n_iter_ = 0;          ///< epochs; with more than two classes the most that one of them took
    std::vector<std::size_t> errors_; ///< mistakes in each epoch, of all classes together
    std::size_t mistakes_ = 0;        ///< their sum
};

} // namespace xgrad::algorithms

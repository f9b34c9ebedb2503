/// @file
/// Adaline: the adaptive linear neuron of Widrow and Hoff.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms {

struct AdalineOptions {
    double eta0 = 0.01; ///< the learning rate alpha
    /// Samples for each step: 0 for all of them, which is batch gradient descent; 1 for stochastic gradient descent, sample by sample.
    std::size_t batch_size = 0;
    bool fit_intercept = true;
    std::size_t max_iter = 1000; ///< epochs
    /// Training ends when the loss has not fallen below the least so far by this much in `n_iter_no_change` epochs in a row.
    /// Minus infinity: that never ends it.
    double tol = 1e-5;
    bool shuffle = true; ///< the samples, before each epoch of several steps
    std::size_t n_iter_no_change = 5;
    std::uint64_t random_state = 0;
};

/// Adaline: where the perceptron learns from the label that it predicts, Adaline learns from its linear activation y = w x + b, which
/// says by how much it was right or wrong. With targets t of 1 for the second class and -1 for the first, the loss of a sample is
///
///     E = 1/2 (t - y)^2,    so that a step is    w <- w + alpha (t - y) x,    b <- b + alpha (t - y),
///
/// and that of a batch the mean of them, J = 1 / (2m) sum_i (t_i - y_i)^2. From w = 0 and b = 0, the tape takes the derivatives and
/// nn::SGD the steps. Deep learning slides, "Single neuron with linear activation function" and "What Adaline and the Perceptron have
/// in common". (The mean square error at their end is twice J.)
///
/// Features of different scales make the valley narrow, and a step that suits one of them diverges along another: standardise them.
/// A step must be shorter than 2 / the largest eigenvalue of X'X / m, with a column of ones for the intercept.
///
/// Sample by sample, each step is a graph of its own, at about a microsecond for 50 features: some three times as long as a loop takes in
/// which the derivative is written out. Larger batches cost little more than their products.
///
/// Widrow, Hoff: Adaptive switching circuits, 1960.
class Adaline : public Classifier<Adaline> {
  public:
    using Options = AdalineOptions;

    explicit Adaline(const AdalineOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError if X and y do not fit, there are not exactly two classes, or an option is out of range
    /// @throws ValueError if training diverges
    Adaline& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// The activation y, of shape (samples); positive for the second class.
    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const;
    /// Labels, of shape (samples).
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;

    AdalineOptions options;

    Array<double> coef_;             ///< w, of shape (features)
    double intercept_ = 0;           ///< b
    std::size_t n_iter_ = 0;         ///< epochs
    std::vector<double> loss_curve_; ///< of each epoch: the mean of 1/2 (t - y)^2, each taken before the step that it leads to
};

} // namespace xgrad::algorithms

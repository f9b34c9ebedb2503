/// @file
/// Logistic regression (Sehayek 2.4 and 2.5; EDSF lectures: logistic regression).
///
/// The probability of the second of two classes is
///
///     p(x) = sigmoid(z),  z = theta_0 + theta'x,
///
/// and that is the class predicted where p >= 1/2, which is where z >= 0. The decision boundary is the hyperplane z = 0: for two features
/// the line x_2 = -(theta_0 + theta_1 x_1) / theta_2. (The notes write theta_1 x_1 + theta_2 x_2 >= theta_0 and draw theta = (-3, 1, 1)
/// with the boundary x_1 + x_2 = 3: it is -theta_0 on the right.)
///
/// For K classes there is either one such problem for each class against all others (one-vs-rest, the notes' way), where the class with
/// the largest p wins; or one problem for all, in which the probabilities are softmax(z), z_k = theta_k0 + theta_k'x (multinomial).
///
/// theta minimises
///
///     sum_i loss_i + |theta|^2 / (2C),
///
/// where loss_i is the cross-entropy -log of the probability of x_i's class, and theta_0 is not penalised. Divided by m, that is Sehayek's
/// J with lambda = 1/C. It is convex. Its gradient comes from the tape.
///
/// - **lbfgs**: a quasi-Newton method, nn::LBFGS.
/// - **newton**: theta <- theta - t H^+ g. As z is linear in theta, the Hessian is H = sum_i (d2 loss_i / dz dz) x x', with the derivatives
///   by z from the tape, two deep. It takes the fewest iterations, each with (K (features + 1))^2 numbers, and reaches the most digits.
///   With an intercept, both take the means of X away first: theta_0 makes up for them, and far from 0 they would hide the features.
/// - **gradient_descent**, **sgd**: theta <- theta - learning_rate dJ/dtheta with J = 1/m (sum_i loss_i + |theta|^2 / (2C)).
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms {

enum class LogisticPenalty { l2, none };
/// `automatic` is multinomial for more than two classes.
enum class MultiClass { automatic, ovr, multinomial };
enum class LogisticSolver { lbfgs, newton, gradient_descent, sgd };

struct LogisticRegressionOptions {
    LogisticPenalty penalty = LogisticPenalty::l2;
    double C = 1; ///< the inverse of the penalty's strength, infinite for none; not used without one
    bool fit_intercept = true;
    MultiClass multi_class = MultiClass::automatic;
    LogisticSolver solver = LogisticSolver::lbfgs;
    std::size_t max_iter = 100; ///< iterations; of SGD, passes over the examples
    /// Ends when no element of the gradient is larger than this (with an intercept, the gradient for X less its means); lbfgs also when an
    /// iteration lowers the objective by less than 2.2e-5 times this, relatively; gradient descent as LinearRegressionOptions::tol says.
    double tol = 1e-4;
    double learning_rate = 0.1;     ///< of gradient descent and SGD
    std::size_t batch_size = 32;    ///< examples in a step of SGD
    std::uint64_t random_state = 0; ///< of the order in which SGD takes the examples
};

/// A linear classifier that gives probabilities.
///
/// @code
/// LogisticRegression model({.C = 10});
/// model.fit(X, passed);                          // X: hours studied, hours slept
/// model.predict_proba({{6, 8}})(0, 1);           // the probability of passing
/// @endcode
class LogisticRegression : public Classifier<LogisticRegression> {
  public:
    using Options = LogisticRegressionOptions;
    explicit LogisticRegression(const LogisticRegressionOptions& options = {}) : options(options) {}

    LogisticRegressionOptions options;

    Array<double> coef_;              ///< theta: (1, features) for two classes, that of the second; else (classes, features)
    Array<double> intercept_;         ///< theta_0: (1) or (classes)
    bool multinomial_ = false;        ///< whether the classes were one problem
    std::vector<std::size_t> n_iter_; ///< of each problem: 1, or as many as there are classes
    /// Of each problem: the objective divided by m before each iteration; of SGD, the mean of each pass.
    std::vector<std::vector<double>> loss_curves_;
    /// Whether all problems ended as `tol` says within `max_iter` iterations, for lbfgs also where only the decrease was small enough, as
    /// it is on features of very different scales some way from the minimum. Newton's method also ends where rounding leaves nothing to
    /// lower, and has converged if the gradient is no larger than `tol` there.
    bool converged_ = false;

    /// @throws ShapeError, ValueError as all classifiers for X and y; also if an option is out of range, or gradient descent diverges
    LogisticRegression& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// z: of shape (samples) for two classes, else (samples, classes).
    /// @throws NotFittedError, ShapeError, ValueError
    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const;

    /// The probabilities of the classes, in the order of classes_: (samples, classes). Those of one-vs-rest are divided by their sum.
    /// @throws NotFittedError, ShapeError, ValueError
    Array<double> predict_proba(const Array<double>& X, Location at = Location::current()) const;
    /// Their logarithms, also where a probability underflows to 0.
    /// @throws NotFittedError, ShapeError, ValueError
    Array<double> predict_log_proba(const Array<double>& X, Location at = Location::current()) const;

    /// The class with the largest decision function; of two classes the second where z >= 0, as in the notes (scikit-learn: z > 0).
    /// @throws NotFittedError, ShapeError, ValueError
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;
};

} // namespace xgrad::algorithms

/// @file
/// Linear regression by least squares (Sehayek 2.1 to 2.3).
///
/// The hypothesis is h(x) = theta_0 + theta_1 x_1 + ... + theta_n x_n, and the cost of m examples
///
///     J(theta) = 1/(2m) sum_i (h(x_i) - y_i)^2.
///
/// **Normal equation.** J is smallest where X'X theta = X'y. The means of X and y are taken away first, which decides theta_0, and the
/// columns of X are scaled to one length. What forming X'X loses, as it squares the condition number, is brought back by a step of
/// refinement, theta + (X'X)^-1 X'(y - X theta). Where its condition number is above 1e8 all the same, the pseudo-inverse takes over:
/// theta = X^+ y from the singular values of X itself, which is the smallest of all solutions if X'X is singular, as with redundant
/// features or fewer examples than features. `used_pseudo_inverse_` says so. Either way the coefficients are about as accurate as those of
/// an orthogonal factorisation.
///
/// **Gradient descent.** theta <- theta - alpha dJ/dtheta from theta = 0 on, with the gradient from the tape: by all examples, or by
/// batches of them (SGD). It wants features of a similar scale. (The notes have the gradient point where J falls most: it is where J grows
/// most, hence the minus.)
///
/// **Polynomial regression** (Sehayek 2.2) is linear in the powers of x and in products of features, so that it needs no estimator of its
/// own: it is a pipeline of PolynomialFeatures and LinearRegression, or Ridge where a high degree overfits.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms {

enum class LinearRegressionSolver { normal_equation, gradient_descent, sgd };

/// All but `fit_intercept` and `solver` is for gradient descent.
struct LinearRegressionOptions {
    bool fit_intercept = true; ///< else theta_0 is 0
    LinearRegressionSolver solver = LinearRegressionSolver::normal_equation;
    double learning_rate = 0.01;
    std::size_t max_iter = 1000; ///< steps; of SGD, passes over the examples
    /// Ends when no element of the gradient is larger than this times the largest at the start; SGD, when the loss of five passes in a row
    /// is not lower than the lowest so far less this.
    double tol = 1e-6;
    std::size_t batch_size = 32;    ///< examples in a step of SGD
    std::uint64_t random_state = 0; ///< of the order in which SGD takes the examples
};

/// h(x) = theta_0 + theta'x with the least sum of squared errors.
///
/// @code
/// LinearRegression model;
/// model.fit({{1, 0}, {0, 1}, {1, 1}}, {3, 4, 6});
/// model.coef_;              // {2, 3}
/// model.intercept_;         // 1
/// model.predict({{2, 2}});  // {11}
/// @endcode
class LinearRegression : public Regressor<LinearRegression> {
  public:
    using Options = LinearRegressionOptions;
    explicit LinearRegression(const LinearRegressionOptions& options = {}) : options(options) {}

    LinearRegressionOptions options;

    Array<double> coef_;    ///< theta_1 to theta_n: (features)
    double intercept_ = 0;  ///< theta_0
    bool converged_ = true; ///< whether gradient descent reached `tol`; the normal equation always does

    // Of the normal equation:
    std::size_t rank_ = 0;             ///< of X less its means, to rounding
    Array<double> singular_;           ///< its singular values, descending: (min(samples, features))
    bool used_pseudo_inverse_ = false; ///< whether X'X was singular, or too near to it; the former if rank_ is below the number of features

    // Of gradient descent:
    std::size_t n_iter_ = 0;
    std::vector<double> loss_curve_; ///< J before each step; of SGD, the mean of each pass

    /// @throws ShapeError, ValueError as all estimators for X and y
    /// @throws ValueError if an option is out of range, gradient descent diverges, or what is learned is not finite
    LinearRegression& fit(const Array<double>& X, const Array<double>& y, Location at = Location::current());

    /// h(x) of each row.
    /// @throws NotFittedError, ShapeError, ValueError
    Array<double> predict(const Array<double>& X, Location at = Location::current()) const;
};

} // namespace xgrad::algorithms

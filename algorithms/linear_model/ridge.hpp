/// @file
/// Linear regression that keeps its coefficients small (Sehayek 2.5).
///
/// Ridge minimises |y - theta_0 - X theta|^2 + alpha |theta|^2, where theta_0 is not penalised. The notes' cost,
/// J = 1/(2m) [sum_i (h(x_i) - y_i)^2 + lambda sum_j theta_j^2], has the same minimum with lambda = alpha. In closed form
///
///     theta = (X'X + lambda D)^-1 X'y,
///
/// with a column of ones in X and D the identity but for a zero in theta_0's place. (The notes' bracket closes only after D^-1: the inverse
/// is of the whole sum.) Here the means of X and y are taken away instead, and the system is solved by Cholesky's decomposition; with fewer
/// examples than features it is (XX' + alpha I)^-1 that is applied, theta = X'(XX' + alpha I)^-1 y.
///
/// Gradient descent is theta_j <- theta_j (1 - eta lambda / m) - eta / m sum_i (h(x_i) - y_i) x_ij, in one gradient from the tape.
/// Hoerl, Kennard: Ridge regression: biased estimation for nonorthogonal problems, 1970.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms {

enum class RidgeSolver { cholesky, gradient_descent, sgd };

/// What follows `solver` is for gradient descent.
struct RidgeOptions {
    double alpha = 1; ///< at least 0; 0 is LinearRegression
    bool fit_intercept = true;
    RidgeSolver solver = RidgeSolver::cholesky;
    double learning_rate = 0.01;
    std::size_t max_iter = 1000;    ///< steps; of SGD, passes over the examples
    double tol = 1e-6;              ///< as LinearRegressionOptions::tol
    std::size_t batch_size = 32;    ///< examples in a step of SGD
    std::uint64_t random_state = 0; ///< of the order in which SGD takes the examples
};

/// Linear regression with an L2 penalty.
class Ridge : public Regressor<Ridge> {
  public:
    using Options = RidgeOptions;
    explicit Ridge(const RidgeOptions& options = {}) : options(options) {}

    RidgeOptions options;

    Array<double> coef_;             ///< theta: (features)
    double intercept_ = 0;           ///< theta_0
    bool converged_ = true;          ///< whether gradient descent reached `tol`; the closed form always does
    std::size_t n_iter_ = 0;         ///< of gradient descent
    std::vector<double> loss_curve_; ///< of gradient descent: J with its penalty before each step; of SGD, the mean of each pass

    /// @throws ShapeError, ValueError as all estimators for X and y
    /// @throws ValueError if an option is out of range, gradient descent diverges, or what is learned is not finite
    Ridge& fit(const Array<double>& X, const Array<double>& y, Location at = Location::current());

    /// theta_0 + theta'x of each row.
    /// @throws NotFittedError, ShapeError, ValueError
    Array<double> predict(const Array<double>& X, Location at = Location::current()) const;
};

} // namespace xgrad::algorithms

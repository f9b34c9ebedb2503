/// @file
/// Linear regression that sets coefficients to zero: an L1 penalty.
///
/// Lasso minimises, with theta_0 not penalised,
///
///     1/(2m) |y - theta_0 - X theta|^2 + alpha |theta|_1
///
/// one coordinate after the other, each to its minimum: with r the residual without feature j, theta_j is
/// sign(x_j'r) max(|x_j'r| - m alpha, 0) / |x_j|^2. The duality gap bounds how far the objective is from its minimum: with
/// u = c (y - X theta) and c <= 1 so small that |X'u|_inf <= m alpha, no theta is better than the dual's y'u - |u|^2 / 2.
///
/// Tibshirani: Regression shrinkage and selection via the lasso, 1996. Friedman, Hastie, Tibshirani: Regularization paths for generalized
/// linear models via coordinate descent, 2010.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

namespace xgrad::algorithms {

struct LassoOptions {
    double alpha = 1; ///< at least 0
    bool fit_intercept = true;
    std::size_t max_iter = 1000; ///< passes over the coordinates
    /// Ends when no coordinate moved by as much as this times the largest, and the duality gap is below this times the mean of y^2, y being
    /// less its mean.
    double tol = 1e-4;
};

/// Linear regression with an L1 penalty.
class Lasso : public Regressor<Lasso> {
  public:
    using Options = LassoOptions;
    explicit Lasso(const LassoOptions& options = {}) : options(options) {}

    LassoOptions options;

    Array<double> coef_;     ///< theta: (features)
    double intercept_ = 0;   ///< theta_0
    std::size_t n_iter_ = 0; ///< passes
    double dual_gap_ = 0;    ///< at the end, in the units of the objective
    bool converged_ = false; ///< whether the gap came below its bound within `max_iter` passes

    /// @throws ShapeError, ValueError as all estimators for X and y
    /// @throws ValueError if an option is out of range, or the squares of X or y are beyond the largest number
    Lasso& fit(const Array<double>& X, const Array<double>& y, Location at = Location::current());

    /// theta_0 + theta'x of each row.
    /// @throws NotFittedError, ShapeError, ValueError
    Array<double> predict(const Array<double>& X, Location at = Location::current()) const;
};

} // namespace xgrad::algorithms

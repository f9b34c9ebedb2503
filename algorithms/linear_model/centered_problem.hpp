/// @file
/// Internal: a regression without its intercept, and the closed forms of least squares.
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <cstddef>

namespace xgrad::algorithms::detail {

/// X and y less their means. Least squares with a free intercept, whatever is asked of the coefficients, has the coefficients of this
/// problem without one; the intercept then makes the mean of the predictions that of y.
struct CenteredProblem {
    /// @param centers  else both stay as they are, and the intercept is 0
    /// @throws ShapeError if a product of X with itself is beyond what BLAS can count
    CenteredProblem(const char* method, const Array<double>& X, const Array<double>& y, bool centers, const Location& at);

    std::size_t rows() const noexcept { return X.shape()[0]; }
    std::size_t columns() const noexcept { return X.shape()[1]; }

    /// X'X, of shape (columns, columns).
    Tensor<double> gram() const;
    /// X'r, of shape (columns).
    Tensor<double> project(const Tensor<double>& r) const;
    /// y - X w, of shape (rows).
    Tensor<double> residual(const Tensor<double>& w) const;
    bool is_zero(std::size_t column) const;
    /// The mean of y less that of X's rows times w.
    double intercept(const Tensor<double>& w) const;

    Tensor<double> X;      ///< (rows, columns)
    Tensor<double> y;      ///< (rows)
    Tensor<double> X_mean; ///< (columns)
    double y_mean = 0;
};

/// The coefficients of least squares, and what was found out about X on the way.
struct LeastSquaresSolution {
    Tensor<double> coef;     ///< (columns)
    Tensor<double> singular; ///< X's singular values, descending: (min(rows, columns))
    std::size_t rank = 0;
    bool by_pseudo_inverse = false;
};

/// The w that makes |y - X w| smallest; if there are several, the smallest of them.
LeastSquaresSolution solve_least_squares(const char* method, const CenteredProblem& problem, const Location& at);

/// The w that makes |y - X w|^2 + alpha |w|^2 smallest.
/// @pre alpha is positive
Tensor<double> solve_ridge(const char* method, const CenteredProblem& problem, double alpha, const Location& at);

/// X w + intercept, of shape (rows), for the predictions of a regressor.
Array<double> predict_linear(const Array<double>& X, const Array<double>& w, double intercept);

Array<double> to_array(const Tensor<double>& vector);

} // namespace xgrad::algorithms::detail

/// @file
/// Internal: a regression without its intercept, and the closed forms of least squares.
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <cstddef>
#include <functional>
#include <vector>

namespace xgrad::algorithms::detail {

/// X with `mean` taken from each row.
/// @throws ValueError naming `method` if a difference is beyond the largest number
Tensor<double> centered(const char* method, const Array<double>& X, const std::vector<double>& mean, const Location& at);

/// The sum of f over blocks of some hundred rows, which stay in the cache: twice as fast as one product for X'X. A fixed number of partial
/// sums is shared by the threads, so that their number does not change the result.
/// @param add  add(begin, end, sum) adds what rows `begin` to `end` contribute to all elements of `sum`
Tensor<double> sum_over_rows(std::size_t rows, const Shape& shape,
                             const std::function<void(std::size_t begin, std::size_t end, double* sum)>& add);

/// X and y less their means. Least squares with a free intercept, whatever is asked of the coefficients, has the coefficients of this
/// problem without one; the intercept then makes the mean of the predictions that of y.
struct CenteredProblem {
    /// @param centers  else both stay as they are, and the intercept is 0
    /// @throws ShapeError if a product of X with itself is beyond what BLAS can count
    /// @throws ValueError if X or y less their means is beyond the largest number
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

    Tensor<double> X;           ///< (rows, columns)
    Tensor<double> y;           ///< (rows)
    std::vector<double> X_mean; ///< (columns)
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

/// What fit() does last, before it keeps what it has learned.
/// @throws ValueError naming `method` if a number is NaN or infinite: those in X and y were too large, or too small, to compute with
void check_learned(const char* method, const Array<double>& coef, double intercept, const Location& at);

} // namespace xgrad::algorithms::detail

/// @file
/// Centred samples, products, and the right singular vectors of a matrix. Internal to algorithms/.
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/ops/gemm.hpp>

#include <cstddef>
#include <vector>

namespace xgrad::algorithms::detail {

/// The mean of each column of an (m, n) matrix; of a constant column exactly its element.
/// @pre m > 0
std::vector<double> column_means(const double* x, std::size_t m, std::size_t n);

/// Writes the (m, n) matrix with `row`, of n elements, subtracted from each of its rows.
void subtract_row(const double* x, std::size_t m, std::size_t n, const double* row, double* result);
Tensor<double> subtract_row(const double* x, std::size_t m, std::size_t n, const double* row);

/// Checks that the squares of centred samples can be added up, and have digits.
/// @throws ValueError that X is too large or too small
void check_squares(const char* method, const Tensor<double>& centred, const Location& at);

ops::Factor<double> factor(const Tensor<double>& a);
Tensor<double> product(const ops::Factor<double>& a, const ops::Factor<double>& b);

/// The S and V' of A = U diag(S) V', without U: of an (m, n) matrix, S has k = min(m, n) elements and V' k rows.
struct RightSvd {
    Tensor<double> values; ///< (k), descending
    Tensor<double> vt;     ///< (k, n)
};

/// Of a matrix with many more rows than columns they come from the eigenvalues and eigenvectors of A'A, in a fraction of the time,
/// and in several rounds, so that small singular values keep their digits.
/// @throws ValueError if the algorithm does not converge, or an element is not finite
RightSvd right_svd(const char* method, const Tensor<double>& a, const Location& at);

/// A row-major Array with a copy of these elements.
Array<double> to_array(const double* data, std::vector<std::size_t> shape);

} // namespace xgrad::algorithms::detail

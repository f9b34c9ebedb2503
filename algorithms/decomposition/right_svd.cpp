#include <xgrad/algorithms/decomposition/right_svd.hpp>

#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace xgrad::algorithms::detail {

namespace {

/// The eigenvalues of a symmetric matrix, descending, and the eigenvectors as rows.
struct Descending {
    Descending(const char* method, const Tensor<double>& a, const Location& at) : values(Shape{a.shape()[0]}), rows(a.shape()) {
        const ops::lapack::Eigh<double> eigen(method, a, at);
        const std::size_t n = values.size();
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t source = n - 1 - i;
            values.data()[i] = eigen.values.data()[source];
            for (std::size_t j = 0; j < n; ++j) rows.data()[i * n + j] = eigen.vectors.data()[j * n + source];
        }
    }

    Tensor<double> values, rows;
};

/// Singular values within a factor of 100 are found from A'A, whose rounding errors are in proportion to the largest; then those
/// of what A is beside their vectors; and so on.
RightSvd of_tall_matrix(const char* method, const Tensor<double>& a, const Location& at) {
    constexpr double least_ratio = 1e-4, epsilon = std::numeric_limits<double>::epsilon();
    const std::size_t n = a.shape()[1];
    RightSvd result{Tensor<double>(Shape{n}), Tensor<double>(Shape{n, n})};
    Tensor<double> rest = a;                  // A times the vectors that are still to be turned, ...
    Tensor<double> vectors(Shape{n, n}, 0.0); // ... which are these rows
    for (std::size_t i = 0; i < n; ++i) vectors.data()[i * n + i] = 1;
    double negligible = 0;
    for (std::size_t found = 0; found < n;) {
        const std::size_t left = n - found;
        const Descending eigen(method, product(factor(rest).transpose(), factor(rest)), at);
        const double* const squares = eigen.values.data();
        if (found == 0) negligible = 100 * epsilon * epsilon * static_cast<double>(n) * squares[0];
        std::size_t reliable = left;
        if (squares[0] > negligible) {
            const double least = least_ratio * squares[0];
            reliable = static_cast<std::size_t>(std::count_if(squares, squares + left, [&](double s) { return s >= least; }));
        }
        vectors = product(factor(eigen.rows), factor(vectors));
        std::copy_n(vectors.data(), reliable * n, result.vt.data() + found * n);
        std::transform(squares, squares + reliable, result.values.data() + found, [](double s) { return std::sqrt(std::max(s, 0.0)); });
        found += reliable;
        if (found == n) break;
        rest = product(factor(rest), factor(eigen.rows.slice(reliable * left, Shape{left - reliable, left})).transpose());
        vectors = vectors.slice(reliable * n, Shape{left - reliable, n});
    }
    return result;
}

} // namespace

std::vector<double> column_means(const double* x, std::size_t m, std::size_t n) {
    // Sums of a block are added up apart, so that those of many rows keep their digits; of differences from the first row, so that
    // those of a constant column are 0.
    constexpr std::size_t block = 256;
    std::vector<double> sum(n, 0.0), partial(n);
    for (std::size_t first = 0; first < m; first += block) {
        std::fill(partial.begin(), partial.end(), 0.0);
        for (std::size_t i = first; i < std::min(m, first + block); ++i) {
            for (std::size_t j = 0; j < n; ++j) partial[j] += x[i * n + j] - x[j];
        }
        for (std::size_t j = 0; j < n; ++j) sum[j] += partial[j];
    }
    for (std::size_t j = 0; j < n; ++j) sum[j] = x[j] + sum[j] / static_cast<double>(m);
    return sum;
}

void subtract_row(const double* x, std::size_t m, std::size_t n, const double* row, double* result) {
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) result[i * n + j] = x[i * n + j] - row[j];
    }
}

Tensor<double> subtract_row(const double* x, std::size_t m, std::size_t n, const double* row) {
    Tensor<double> result(Shape{m, n});
    subtract_row(x, m, n, row, result.data());
    return result;
}

void check_squares(const char* method, const Tensor<double>& centred, const Location& at) {
    double largest = 0, sum = 0;
    for (const double element : centred) {
        largest = std::max(largest, std::abs(element));
        sum += element * element;
    }
    // Below, squares lose digits, and then vanish.
    const double least = std::sqrt(std::numeric_limits<double>::min() / std::numeric_limits<double>::epsilon());
    if (std::isfinite(sum) && (largest == 0 || largest >= least)) return;
    const char* const what = std::isfinite(sum) ? " is too small: it varies by " : " is too large: it varies by ";
    throw ValueError(std::string(method) + ": X" + what + nn::detail::format_number(largest) +
                         ", the square of which is beyond the range of a double; scale X",
                     at);
}

ops::Factor<double> factor(const Tensor<double>& a) {
    return {a.data(), a.shape()[0], a.shape()[1]};
}

Tensor<double> product(const ops::Factor<double>& a, const ops::Factor<double>& b) {
    Tensor<double> result(Shape{a.rows, b.columns});
    ops::gemm(a, b, 0.0, result.data());
    return result;
}

RightSvd right_svd(const char* method, const Tensor<double>& a, const Location& at) {
    const std::size_t m = a.shape()[0], n = a.shape()[1];
    if (m >= 4 * n) return of_tall_matrix(method, a, at);
    const ops::lapack::Svd<double> svd(method, a, at);
    return {svd.values, svd.vt()};
}

Array<double> to_array(const double* data, std::vector<std::size_t> shape) {
    Array<double> result = Array<double>::from_shape(shape);
    std::copy_n(data, result.size(), result.data());
    return result;
}

} // namespace xgrad::algorithms::detail

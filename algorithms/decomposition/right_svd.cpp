#include <xgrad/algorithms/decomposition/right_svd.hpp>

#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/lapack.hpp>

#include <algorithm>
#include <cmath>

namespace xgrad::algorithms::detail {

namespace {

/// The largest ratio of eigenvalues of A'A that are taken for the squares of singular values.
constexpr double largest_condition = 1e4;

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

RightSvd right_svd(const char* method, const Tensor<double>& a, const Location& at) {
    const std::size_t m = a.shape()[0], n = a.shape()[1];
    if (m >= 4 * n) {
        const ops::Factor<double> factor{a.data(), m, n};
        const Tensor<double> gram(Shape{n, n});
        ops::gemm(factor.transpose(), factor, 0.0, gram.data());
        const ops::lapack::Eigh<double> eigen(method, gram, at);
        const double *const squares = eigen.values.data(), *const columns = eigen.vectors.data();
        if (squares[0] * largest_condition > squares[n - 1]) {
            RightSvd result{Tensor<double>(Shape{n}), Tensor<double>(Shape{n, n})};
            for (std::size_t i = 0; i < n; ++i) {
                const std::size_t source = n - 1 - i; // eigenvalues ascend
                result.values.data()[i] = std::sqrt(squares[source]);
                for (std::size_t j = 0; j < n; ++j) result.vt.data()[i * n + j] = columns[j * n + source];
            }
            return result;
        }
    }
    const ops::lapack::Svd<double> svd(method, a, at);
    return {svd.values, svd.vt()};
}

Array<double> to_array(const double* data, std::vector<std::size_t> shape) {
    Array<double> result = Array<double>::from_shape(shape);
    std::copy_n(data, result.size(), result.data());
    return result;
}

} // namespace xgrad::algorithms::detail

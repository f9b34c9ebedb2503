#include <xgrad/ops/gemm.hpp>

#include <cblas.h>

#include <algorithm>
#include <string>
#include <utility>

namespace xgrad::ops {

void check_product_size(const char* operation, std::size_t m, std::size_t n, std::size_t k,
                        const Shape& result, const Location& at) {
    if (std::max({m, n, k}) > max_blas_extent) {
        throw ShapeError(std::string(operation) + ": a product of " + to_string(Shape{m, k}) + " and " +
                             to_string(Shape{k, n}) + " matrices is too large: BLAS counts to " +
                             std::to_string(max_blas_extent),
                         at);
    }
    double elements = 1; // in a number that does not overflow
    for (const std::size_t extent : result) elements *= static_cast<double>(extent);
    if (elements > 0x1p48) {
        throw ShapeError(
            std::string(operation) + ": a result of shape " + to_string(result) + " is too large", at);
    }
}

namespace {

blasint blas(std::size_t extent) noexcept {
    return static_cast<blasint>(extent);
}

/// The extents of a factor as it is stored, and what BLAS is to do with it.
template <class T>
struct Stored {
    explicit Stored(const Factor<T>& factor) noexcept
        : rows(blas(factor.transposed ? factor.columns : factor.rows)),
          columns(blas(factor.transposed ? factor.rows : factor.columns)),
          transpose(factor.transposed ? CblasTrans : CblasNoTrans) {}

    blasint rows, columns;
    CBLAS_TRANSPOSE transpose;
};

float dot(blasint n, const float* a, const float* b) {
    return cblas_sdot(n, a, 1, b, 1);
}
double dot(blasint n, const double* a, const double* b) {
    return cblas_ddot(n, a, 1, b, 1);
}

/// y = A x + beta y.
void gemv(const Factor<float>& a, const float* x, float beta, float* y) {
    const Stored<float> s(a);
    cblas_sgemv(CblasRowMajor, s.transpose, s.rows, s.columns, 1, a.data, s.columns, x, 1, beta, y, 1);
}
void gemv(const Factor<double>& a, const double* x, double beta, double* y) {
    const Stored<double> s(a);
    cblas_dgemv(CblasRowMajor, s.transpose, s.rows, s.columns, 1, a.data, s.columns, x, 1, beta, y, 1);
}

void full_gemm(const Factor<float>& a, const Factor<float>& b, float beta, float* c) {
    const Stored<float> sa(a), sb(b);
    cblas_sgemm(CblasRowMajor, sa.transpose, sb.transpose, blas(a.rows), blas(b.columns), blas(a.columns), 1,
                a.data, sa.columns, b.data, sb.columns, beta, c, blas(b.columns));
}
void full_gemm(const Factor<double>& a, const Factor<double>& b, double beta, double* c) {
    const Stored<double> sa(a), sb(b);
    cblas_dgemm(CblasRowMajor, sa.transpose, sb.transpose, blas(a.rows), blas(b.columns), blas(a.columns), 1,
                a.data, sa.columns, b.data, sb.columns, beta, c, blas(b.columns));
}

/// C = a b' + beta C. A loop of our own: BLAS has it for beta = 1 only, and is slower.
template <class T>
void rank_one(const T* a, std::size_t m, const T* b, std::size_t n, T beta, T* c) {
    if (n == 1) { // one long row is faster than many of one element
        std::swap(a, b);
        std::swap(m, n);
    }
    for (std::size_t i = 0; i < m; ++i, c += n) {
        const T factor = a[i];
        if (beta == 0) {
            for (std::size_t j = 0; j < n; ++j) c[j] = factor * b[j];
        } else {
            for (std::size_t j = 0; j < n; ++j) c[j] += factor * b[j];
        }
    }
}

} // namespace

// Products of a few elements go to BLAS too: OpenBLAS answers in 16 to 60 ns up to 4 x 4, and loops of our
// own would save at most 40 of them.
template <class T>
void gemm(const Factor<T>& a, const Factor<T>& b, T beta, T* c) {
    const std::size_t m = a.rows, n = b.columns, k = a.columns;
    if (m == 0 || n == 0) return;
    if (k == 0) {
        if (beta == 0) std::fill_n(c, m * n, T(0));
    } else if (k == 1) {
        rank_one(a.data, m, b.data, n, beta, c);
    } else if (m == 1 && n == 1) {
        const T product = dot(blas(k), a.data, b.data);
        *c = beta == 0 ? product : *c + product;
    } else if (n == 1) {
        gemv(a, b.data, beta, c);
    } else if (m == 1) {
        gemv(b.transpose(), a.data, beta, c);
    } else {
        full_gemm(a, b, beta, c);
    }
}

template void gemm(const Factor<float>&, const Factor<float>&, float, float*);
template void gemm(const Factor<double>&, const Factor<double>&, double, double*);

} // namespace xgrad::ops

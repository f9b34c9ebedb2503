#include <xgrad/ops/gemm.hpp>

#include <xgrad/autodiff/threads.hpp>

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
struct Stored {
    template <class T>
    explicit Stored(const Factor<T>& factor) noexcept
        : rows(blas(factor.transposed ? factor.columns : factor.rows)),
          columns(blas(factor.transposed ? factor.rows : factor.columns)),
          transpose(factor.transposed ? CblasTrans : CblasNoTrans) {}

    blasint rows, columns;
    CBLAS_TRANSPOSE transpose;
};

template <class T>
struct Blas;
template <>
struct Blas<float> {
    static constexpr auto dot = cblas_sdot;
    static constexpr auto gemv = cblas_sgemv;
    static constexpr auto gemm = cblas_sgemm;
};
template <>
struct Blas<double> {
    static constexpr auto dot = cblas_ddot;
    static constexpr auto gemv = cblas_dgemv;
    static constexpr auto gemm = cblas_dgemm;
};

/// y = A x + beta y.
template <class T>
void gemv(const Factor<T>& a, const T* x, T beta, T* y) {
    const Stored s(a);
    Blas<T>::gemv(CblasRowMajor, s.transpose, s.rows, s.columns, 1, a.data, s.columns, x, 1, beta, y, 1);
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

/// The product of two matrices, of which each thread computes some rows or columns.
template <class T>
void share(const Factor<T>& a, const Factor<T>& b, T beta, T* c) {
    // Parts of whole tiles, that take some ten microseconds.
    constexpr std::size_t tile = 16, part_of_work = std::size_t{1} << 20;
    const std::size_t m = a.rows, n = b.columns, k = a.columns;
    const bool columns = is_cut_between_columns(m, n, k);
    const std::size_t extent = columns ? n : m, tiles = (extent + tile - 1) / tile, work = tile * (columns ? m : n) * k;
    const Stored sa(a), sb(b);
    const auto lda = static_cast<std::size_t>(sa.columns), ldb = static_cast<std::size_t>(sb.columns);
    parallel_for(tiles, 1 + part_of_work / (work + 1), [&](std::size_t begin, std::size_t end) {
        const std::size_t first = begin * tile, count = std::min(extent, end * tile) - first;
        const std::size_t row = columns ? 0 : first, column = columns ? first : 0;
        Blas<T>::gemm(CblasRowMajor, sa.transpose, sb.transpose, blas(columns ? m : count), blas(columns ? count : n), blas(k), 1,
                      a.data + row * (a.transposed ? 1 : lda), sa.columns, b.data + column * (b.transposed ? ldb : 1), sb.columns,
                      beta, c + row * n + column, blas(n));
    });
}

template <class T>
void copy_to_rows(const T* row, std::size_t m, std::size_t n, T* c) {
    parallel_for(m, 1 + (std::size_t{1} << 15) / n, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) std::copy_n(row, n, c + i * n);
    });
}

} // namespace

// Products of a few elements go to BLAS too: OpenBLAS takes 16 to 65 ns for them. Loops of our own would save
// at most 45 of these, and lose as many from 5 x 5 on.
template <class T>
void gemm(const Factor<T>& a, const Factor<T>& b, T beta, T* c, const T* row_added) {
    const std::size_t m = a.rows, n = b.columns, k = a.columns;
    if (m == 0 || n == 0) return;
    if (row_added) { // first: BLAS, which adds to what is there, then takes no longer than for a product alone
        copy_to_rows(row_added, m, n, c);
        beta = 1;
    }
    detail::take_over_blas_threads();
    if (k == 0) {
        if (beta == 0) std::fill_n(c, m * n, T(0));
    } else if (k == 1) {
        rank_one(a.data, m, b.data, n, beta, c);
    } else if (m == 1 && n == 1) {
        const T product = Blas<T>::dot(blas(k), a.data, 1, b.data, 1);
        *c = beta == 0 ? product : *c + product;
    } else if (n == 1) {
        gemv(a, b.data, beta, c);
    } else if (m == 1) {
        gemv(b.transpose(), a.data, beta, c);
    } else {
        share(a, b, beta, c);
    }
}

template void gemm(const Factor<float>&, const Factor<float>&, float, float*, const float*);
template void gemm(const Factor<double>&, const Factor<double>&, double, double*, const double*);

} // namespace xgrad::ops

/// @file
/// Matrix products of bare memory: the one place that calls BLAS for them. For the sources of operations only.
#pragma once

#include <xgrad/autodiff/shape.hpp>

#include <cstddef>

namespace xgrad::ops {

/// The largest extent BLAS can be asked for: its integers have 32 bits.
inline constexpr std::size_t max_blas_extent = 0x7fffffff;

/// @param m,n,k   of the matrices (m, k) and (k, n)
/// @param result  the shape of the result, which may hold several products
/// @throws ShapeError naming `operation` if an extent is beyond what BLAS can count, or the result beyond
///                    any memory
void check_product_size(const char* operation, std::size_t m, std::size_t n, std::size_t k,
                        const Shape& result, const Location& at);

/// A factor of a product: consecutive elements, row by row; or the transpose of such a matrix.
template <class T>
struct Factor {
    const T* data;
    std::size_t rows, columns; ///< as it enters the product: of the transpose, if `transposed`
    bool transposed = false;

    Factor transpose() const noexcept { return {data, columns, rows, !transposed}; }
};

/// Whether threads that share C = A B, with A (m, k) and B (k, n), get columns of it, not rows. Each copies the other factor as a
/// whole to where its kernel reads it, which speaks for cutting the longer side. But where columns meet, two threads write close
/// to one another in every row of C: for a product of little depth that costs more than the copies.
inline bool is_cut_between_columns(std::size_t m, std::size_t n, std::size_t k) noexcept {
    return n > m && k * (n - m) > m * n;
}

/// C = A B + beta C, with A (m, k), B (k, n), and C (m, n) stored row by row. Every element of the sum
/// counts, zeros too, so NaN and infinity spread as they should.
/// @param beta       0, then C is only written and may hold anything before; or 1
/// @param c          must not overlap A or B
/// @param row_added  n elements that are added to each row of A B, with beta = 0; or nullptr
/// @pre a.columns == b.rows, and the extents have passed check_product_size()
template <class T>
void gemm(const Factor<T>& a, const Factor<T>& b, T beta, T* c, const T* row_added = nullptr);

} // namespace xgrad::ops

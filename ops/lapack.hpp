/// @file
/// Factorizations of dense matrices and systems with them: the one place that calls LAPACK, and BLAS for triangular
/// systems. Internal: for the sources of operations, and of Newton's method.
///
/// LAPACK is called by its Fortran names, not through xtensor-blas, whose solvers take only one right-hand column,
/// abort on NaN and on shapes that differ, and copy every matrix into column-major order. A row-major matrix is to
/// LAPACK the transpose of what it is to us, so that most of it needs no copy: each function below says how.
///
/// Matrices are row-major and contiguous. Before anything of LAPACK runs, every element that it will read is checked:
/// with a NaN or an infinity its iterations may not end.
#pragma once

#include <xgrad/autodiff/tensor.hpp>

#include <cstddef>
#include <cstdint>

namespace xgrad::ops::lapack {

/// @throws ShapeError naming `operation` if `shape` is not that of a matrix, or too large for LAPACK's 32-bit integers
void check_matrix(const char* operation, const Shape& shape, const Location& at);
/// @throws ShapeError also if it is not square
void check_square(const char* operation, const Shape& shape, const Location& at);

/// The elements of a matrix that an operation reads.
enum class Part { all, lower, upper, below_diagonal, above_diagonal };

/// @throws ValueError naming `operation` and the first element of the part that is NaN or infinite
template <class T>
void check_finite(const char* operation, const Tensor<T>& matrix, Part part, const Location& at);

/// The lower triangular L with L L' = A, from the lower triangle of A; zeros above.
/// @throws ValueError naming the order of the first leading minor that is not positive
template <class T>
Tensor<T> cholesky(const char* operation, const Tensor<T>& a, const Location& at);

/// The eigenvalues, ascending, and the orthonormal eigenvectors, one in each column, of the symmetric matrix whose
/// lower triangle is that of A.
/// @throws ValueError if the algorithm does not converge
template <class T>
struct Eigh {
    Eigh(const char* operation, const Tensor<T>& a, const Location& at);
    Tensor<T> values, vectors;
};

/// A = U diag(S) Vt with the singular values S descending: of an (m, n) matrix, U is (m, k), S (k) and Vt (k, n), where
/// k = min(m, n). The elements of U and then those of Vt lie in one array.
/// @throws ValueError if the algorithm does not converge
template <class T>
struct Svd {
    Svd(const char* operation, const Tensor<T>& a, const Location& at);
    Tensor<T> u() const { return vectors.slice(0, Shape{rows, values.size()}); }
    Tensor<T> vt() const { return vectors.slice(rows * values.size(), Shape{values.size(), columns}); }

    std::size_t rows, columns;
    Tensor<T> values, vectors;
};

/// A square matrix as a product of triangular ones, by Gaussian elimination with row exchanges. Copies share the
/// factors.
template <class T>
class Lu {
  public:
    /// Never throws for a singular matrix: see zero_pivot().
    Lu(const char* operation, const Tensor<T>& a, const Location& at);

    /// The first pivot that is exactly zero, counted from 1; 0 if the matrix is invertible.
    std::size_t zero_pivot() const noexcept { return zero_pivot_; }
    /// @throws ValueError naming `operation` and the pivot if the matrix is singular
    void check_invertible(const char* operation, const Location& at) const;

    /// The sign of the determinant, 0 if the matrix is singular.
    T sign() const noexcept;
    T det() const noexcept;
    T logabsdet() const noexcept;

    /// B becomes A^-1 B, or A'^-1 B if `transpose`; B has `columns` columns.
    /// @pre the matrix is invertible
    void solve(bool transpose, T* b, std::size_t columns) const;

  private:
    Tensor<T> factors_;             ///< read row by row: U' with its diagonal below, the unit triangular L' above
    Tensor<std::int64_t> exchange_; ///< row i was exchanged with row exchange_[i], in order
    std::size_t zero_pivot_ = 0;
};

/// @throws ValueError if the matrix is singular
template <class T>
Tensor<T> inverse(const char* operation, const Tensor<T>& a, const Location& at);

/// Which triangle of a matrix a system is solved with.
struct Triangle {
    bool lower, transpose, unit_diagonal;
};

/// B becomes the X of A X = B, or A' X = B; B has `columns` columns.
/// @pre no diagonal element that is read is zero
template <class T>
void solve_triangular(const T* a, std::size_t n, Triangle triangle, T* b, std::size_t columns);

} // namespace xgrad::ops::lapack

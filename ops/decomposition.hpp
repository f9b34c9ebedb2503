/// @file
/// Decompositions of matrices: Cholesky, eigenvalues, singular values.
///
/// **Symmetric matrices.** cholesky() and eigh() read the lower triangle and the diagonal, as NumPy's and PyTorch's do
/// by default (UPLO = "L"); what stands above is taken to be the same. The gradient is symmetric: it is the derivative
/// along every change that keeps the matrix symmetric, and a step along it does.
///
/// **Gauge.** Eigenvectors and singular vectors are determined up to their signs, and where values coincide only up to
/// a rotation among their vectors. A loss that depends on that choice has a gradient that means nothing. A loss that
/// does not, like one of V f(λ) V', has the right one wherever the values are distinct. Where two of them are equal,
/// the derivative *through the vectors* has a division by zero and is not finite (and inaccurate where they are nearly
/// so); the first derivative through the values alone is right also there.
///
/// All of them throw ShapeError for anything but a matrix, and ValueError naming the first element that is read and is
/// NaN or infinite. Of an empty matrix the factors are empty.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// The lower triangular L, with a positive diagonal, for which L L' = A.
///
/// With P the lower triangle of L' g and half its diagonal, the adjoint of A is the symmetric part of L^-T P L^-1
/// (I. Murray, Differentiation of the Cholesky decomposition, 2016).
/// @param a  (n, n), symmetric positive definite; the lower triangle is read
/// @throws ShapeError if it is not square
/// @throws ValueError if it is not positive definite, with the order of the leading minor that is not positive
template <class T>
Variable<T> cholesky(const Variable<T>& a, Location at = Location::current());

/// What eigh() returns: A = V diag(λ) V'.
template <class T>
struct Eigh {
    Variable<T> values;  ///< λ: (n), ascending
    Variable<T> vectors; ///< V: (n, n), orthonormal; column j belongs to values[j]
};

/// The eigenvalues and eigenvectors of a symmetric matrix: `auto [values, vectors] = eigh(a);`.
///
/// The adjoint of A is V (diag(g_λ) + F ∘ V' g_V) V', made symmetric, where F_ij = 1 / (λ_j - λ_i) off the diagonal and
/// 0 on it (M. Giles, Collected matrix derivative results, 2008). On equal eigenvalues see above.
/// @param a  (n, n), symmetric; the lower triangle is read
/// @throws ShapeError if it is not square, or too large
/// @throws ValueError if the algorithm does not converge
template <class T>
Eigh<T> eigh(const Variable<T>& a, Location at = Location::current());

/// What svd() returns: A = U diag(S) Vt. With k = min(m, n):
template <class T>
struct Svd {
    Variable<T> u;  ///< (m, k), orthonormal columns
    Variable<T> s;  ///< (k), descending, not negative
    Variable<T> vt; ///< (k, n), orthonormal rows
};

/// The thin singular value decomposition (torch.linalg.svd with full_matrices=False): `auto [u, s, vt] = svd(a);`.
///
/// The derivative is that of J. Townsend, Differentiating the singular value decomposition, 2016. On equal singular
/// values see above. For a matrix that is not square, the derivative through the vectors also divides by each singular
/// value: it is not finite unless the rank is full.
/// @param a  (m, n)
/// @throws ShapeError if it is too large
/// @throws ValueError if the algorithm does not converge
template <class T>
Svd<T> svd(const Variable<T>& a, Location at = Location::current());

} // namespace xgrad

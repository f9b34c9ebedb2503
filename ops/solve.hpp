/// @file
/// Inverses, linear systems, least squares and determinants. Nothing is inverted to solve a system, and a matrix is
/// factored once for the value and derivatives of any order.
///
/// All of them throw ShapeError if an operand is not of the rank named, and ValueError naming the first element of A that
/// is read and is NaN or infinite. (In B such an element spreads, as in a product.)
#pragma once

#include <xgrad/autodiff/operation.hpp>

#include <optional>

namespace xgrad {

/// The triangle of A that solve_triangular() reads.
struct TriangularOptions {
    bool lower = false;         ///< the lower one instead of the upper one
    bool transpose = false;     ///< solve A' X = B
    bool unit_diagonal = false; ///< the diagonal is taken to be ones, and not read
};

namespace ops {

template <class T>
Variable<T> solve(const Operand<T>& a, const Operand<T>& b);
template <class T>
Variable<T> solve_triangular(const Operand<T>& a, const Operand<T>& b, TriangularOptions options);
template <class T>
Variable<T> lstsq(const Operand<T>& a, const Operand<T>& b, std::optional<double> rcond);

} // namespace ops

/// The inverse of a square matrix: Y = A^-1. The adjoint of A is -Y' g Y'. To solve a system, solve() is faster and more
/// accurate.
/// @throws ShapeError if A is not square
/// @throws ValueError if A is singular
template <class T>
Variable<T> inv(const Variable<T>& a, Location at = Location::current());

/// The solution X of A X = B, by Gaussian elimination. The adjoint of B is g_B = A'^-1 g, and that of A is -g_B X'.
/// @param a  (n, n)
/// @param b  (n), or (n, k) for k systems
/// @throws ShapeError if A is not square, or B has not as many rows
/// @throws ValueError if A is singular
template <class A, class B>
    requires Operands<A, B>
Variable<element_of<A, B>> solve(const A& a, const B& b, Location at = Location::current()) {
    using T = element_of<A, B>;
    return ops::solve<T>(Operand<T>(a, at), Operand<T>(b, at));
}

/// The solution X of A X = B for a triangular A: the upper triangle of `a`, unless the options say otherwise
/// (scipy.linalg.solve_triangular). The other triangle is neither read nor has it a gradient.
/// @param a  (n, n)
/// @param b  (n), or (n, k) for k systems
/// @throws ShapeError if A is not square, or B has not as many rows
/// @throws ValueError if an element of A's diagonal is zero
template <class A, class B>
    requires Operands<A, B>
Variable<element_of<A, B>> solve_triangular(const A& a, const B& b, TriangularOptions options = {},
                                            Location at = Location::current()) {
    using T = element_of<A, B>;
    return ops::solve_triangular<T>(Operand<T>(a, at), Operand<T>(b, at), options);
}

/// The determinant of a square matrix; 1 if it is empty. The adjoint of A is g det(A) A'^-1; where that is not defined it is
/// g times the matrix of cofactors, from the singular value decomposition. The second derivative of a singular matrix's
/// determinant is there only if no two singular values are equal.
/// @throws ShapeError if A is not square
template <class T>
Variable<T> det(const Variable<T>& a, Location at = Location::current());

/// What slogdet() returns: det(A) = sign exp(logabsdet).
template <class T>
struct Slogdet {
    Variable<T> sign;      ///< 1, -1, or 0 for a singular matrix; a constant
    Variable<T> logabsdet; ///< log |det(A)|; -inf for a singular matrix
};

/// The sign and the logarithm of the determinant (numpy.linalg.slogdet), which overflows and underflows less easily:
/// `auto [sign, logabsdet] = slogdet(a);`. The adjoint of A is g A'^-1; to ask for it if A is singular throws ValueError.
/// @throws ShapeError if A is not square
template <class T>
Slogdet<T> slogdet(const Variable<T>& a, Location at = Location::current());

/// The Moore-Penrose inverse P of an (m, n) matrix A, by its singular values: of shape (n, m).
///
/// With dP = -P dA P + P P' dA' (I - A P) + (I - P A) dA' P' P (G. Golub and V. Pereyra, 1973), the derivative holds as long
/// as the rank stays the same. Where it does not, as near a matrix of deficient rank, P jumps.
/// @param rcond  singular values up to this times the largest count as zero; by default the longer side of A times the
///               machine epsilon of T
/// @throws ValueError if rcond is negative or NaN
template <class T>
Variable<T> pinv(const Variable<T>& a, std::optional<double> rcond = {}, Location at = Location::current());

/// The least-squares solution X of A X = B: the one that makes |A X - B| smallest; if there are several, for a wide A or one
/// of deficient rank, the smallest of them. It is pinv(A) B, and has its derivative: exact for full rank, and else along
/// changes of A that keep the rank.
/// @param a  (m, n)
/// @param b  (m), or (m, k) for k problems
/// @param rcond  as for pinv(): what rank A has
/// @returns (n) or (n, k)
/// @throws ShapeError if B has not as many rows as A
/// @throws ValueError if rcond is negative or NaN
template <class A, class B>
    requires Operands<A, B>
Variable<element_of<A, B>> lstsq(const A& a, const B& b, std::optional<double> rcond = {},
                                 Location at = Location::current()) {
    using T = element_of<A, B>;
    return ops::lstsq<T>(Operand<T>(a, at), Operand<T>(b, at), rcond);
}

} // namespace xgrad

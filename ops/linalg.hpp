/// @file
/// Products of vectors, and diagonals. Products of matrices are in matmul.hpp.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

namespace ops {

template <class T>
Variable<T> dot(const Operand<T>& a, const Operand<T>& b);
template <class T>
Variable<T> outer(const Operand<T>& a, const Operand<T>& b);

} // namespace ops

/// The inner product of two vectors (torch.dot): sum_i a_i b_i, a scalar.
/// @throws ShapeError if they are not vectors of one length, or have more than 2^31 - 1 elements
template <class A, class B>
    requires Operands<A, B>
Variable<element_of<A, B>> dot(const A& a, const B& b, Location at = Location::current()) {
    using T = element_of<A, B>;
    return ops::dot<T>(Operand<T>(a, at), Operand<T>(b, at));
}

/// The outer product of vectors (m) and (n) (torch.outer): y_ij = a_i b_j, of shape (m, n).
/// @throws ShapeError if they are not vectors, or have more than 2^31 - 1 elements
template <class A, class B>
    requires Operands<A, B>
Variable<element_of<A, B>> outer(const A& a, const B& b, Location at = Location::current()) {
    using T = element_of<A, B>;
    return ops::outer<T>(Operand<T>(a, at), Operand<T>(b, at));
}

/// The sum of a matrix's diagonal (torch.trace): sum_i x_ii. The matrix need not be square.
/// @throws ShapeError if x is not a matrix
template <class T>
Variable<T> trace(const Variable<T>& x, Location at = Location::current());

/// The k-th diagonal of a matrix, x_{i, i+k}, as a vector; or the square matrix that has a vector on its k-th
/// diagonal and zeros elsewhere (numpy.diag).
/// @param k  0 is the main diagonal, positive ones lie above, negative ones below; the vector of a diagonal
///           outside the matrix is empty
/// @throws ShapeError if x is neither a vector nor a matrix, or the result is too large
template <class T>
Variable<T> diag(const Variable<T>& x, std::ptrdiff_t k = 0, Location at = Location::current());

} // namespace xgrad

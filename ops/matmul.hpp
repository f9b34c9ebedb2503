/// @file
/// Products of matrices, vectors and stacks of matrices, and the affine map of a neural network's layer.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// Which operands of matmul() enter transposed. Nothing is copied for it.
struct MatmulOptions {
    bool transpose_a = false; ///< swap the last two axes of a
    bool transpose_b = false; ///< swap the last two axes of b
};

namespace ops {

template <class T>
Variable<T> matmul(const Operand<T>& a, const Operand<T>& b, MatmulOptions options);

/// @param bias  null if there is none
template <class T>
Variable<T> linear(const Operand<T>& x, const Operand<T>& weight, const Operand<T>* bias);

} // namespace ops

/// The matrix product, by NumPy's rules (numpy.matmul):
///
/// | a           | b           | result      |                                             |
/// |-------------|-------------|-------------|---------------------------------------------|
/// | (m, k)      | (k, n)      | (m, n)      | c_ij = sum over p of a_ip b_pj              |
/// | (k)         | (k)         | ()          | the inner product                           |
/// | (m, k)      | (k)         | (m)         | a vector on the right is a column ...       |
/// | (k)         | (k, n)      | (n)         | ... and on the left a row                   |
/// | (..., m, k) | (..., k, n) | (..., m, n) | a product for each index of the other axes, |
/// |             |             |             | which broadcast                             |
///
/// An empty sum (k = 0) is 0. Backward is two products, added straight to the adjoints.
///
/// @param options  `matmul(a, b, {.transpose_a = true})` is `matmul(transpose(a), b)` without the copy that
///                 transpose() makes; of a stack, each matrix is transposed, and a vector stays as it is
/// @throws ShapeError if an operand is a scalar, the inner dimensions differ, the other axes do not
///                    broadcast, or a dimension exceeds what BLAS can count (2^31 - 1)
template <class A, class B>
    requires Operands<A, B>
Variable<element_of<A, B>> matmul(const A& a, const B& b, MatmulOptions options = {},
                                  Location at = Location::current()) {
    using T = element_of<A, B>;
    return ops::matmul<T>(Operand<T>(a, at), Operand<T>(b, at), options);
}

/// y = x W' + b, in PyTorch's layout (torch.nn.functional.linear): a layer that maps `in` features to `out`.
/// @param x       (..., in): a vector, or any number of them
/// @param weight  W: (out, in)
/// @param bias    b: (out)
/// @returns (..., out)
/// @throws ShapeError if x is a scalar, W is not a matrix, the number of features differs, the bias has
///                    another shape, or a dimension exceeds what BLAS can count (2^31 - 1)
template <class X, class W, class B>
    requires Operands<X, W, B>
Variable<element_of<X, W, B>> linear(const X& x, const W& weight, const B& bias,
                                     Location at = Location::current()) {
    using T = element_of<X, W, B>;
    const Operand<T> b(bias, at);
    return ops::linear<T>(Operand<T>(x, at), Operand<T>(weight, at), &b);
}

/// y = x W': without a bias.
/// @copydetails linear(const X&, const W&, const B&, Location)
template <class X, class W>
    requires Operands<X, W>
Variable<element_of<X, W>> linear(const X& x, const W& weight, Location at = Location::current()) {
    using T = element_of<X, W>;
    return ops::linear<T>(Operand<T>(x, at), Operand<T>(weight, at), nullptr);
}

} // namespace xgrad

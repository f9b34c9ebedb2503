/// @file
/// Constant matrices that are one number below, one on and one above the diagonal: masks of triangles, and the
/// identity. Internal to ops/.
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <algorithm>

namespace xgrad::ops {

template <class T>
Variable<T> triangles(std::size_t n, T below, T diagonal, T above) {
    Tensor<T> matrix(Shape{n, n});
    for (std::size_t i = 0; i < n; ++i) {
        T* const row = matrix.data() + i * n;
        std::fill(row, row + i, below);
        row[i] = diagonal;
        std::fill(row + i + 1, row + n, above);
    }
    return Variable<T>(std::move(matrix), false);
}

template <class T>
Variable<T> identity(std::size_t n) {
    return triangles<T>(n, 0, 1, 0);
}

} // namespace xgrad::ops

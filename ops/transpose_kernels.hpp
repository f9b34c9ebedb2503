/// @file
/// The transpose of a matrix, tile by tile. Included only where operations are compiled.
#pragma once

#include <xgrad/ops/simd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace xgrad::ops {

/// Swaps, in each square of 2 D elements of a matrix of N by N, the upper right and the lower left quarter, and so on in the
/// quarters.
template <std::size_t D, std::size_t N, class Row>
[[gnu::always_inline]] inline void transpose_quarters(Row* rows) {
    [&]<int... K>(std::integer_sequence<int, K...>) {
        constexpr int n = N, d = D;
#pragma GCC unroll 16
        for (std::size_t j = 0; j < N; ++j) {
            if (j & D) continue;
            const Row upper = rows[j], lower = rows[j + D];
            rows[j] = __builtin_shufflevector(upper, lower, (K & d ? n + K - d : K)...);
            rows[j + D] = __builtin_shufflevector(upper, lower, (K & d ? n + K : K + d)...);
        }
    }(std::make_integer_sequence<int, N>());
    if constexpr (D > 1) transpose_quarters<D / 2, N>(rows);
}

/// to[i * to_stride + j] = from[j * from_stride + i] for i, j < N, in registers.
template <std::size_t N, class T>
void transpose_tile(const T* from, std::size_t from_stride, T* to, std::size_t to_stride) {
    using Row [[gnu::vector_size(N * sizeof(T))]] = T;
    Row rows[N];
#pragma GCC unroll 16
    for (std::size_t j = 0; j < N; ++j) std::memcpy(&rows[j], from + j * from_stride, sizeof(Row));
    transpose_quarters<N / 2, N>(rows);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < N; ++i) std::memcpy(to + i * to_stride, &rows[i], sizeof(Row));
}

/// to[i * to_stride + j] = from[j * from_stride + i] for i < rows, j < columns, in tiles of N by N, the last of which may overlap
/// those before them, or smaller ones.
template <class T, std::size_t N = std::max<std::size_t>(8, Batch<T>::size)>
void transpose_matrix(const T* from, std::size_t from_stride, T* to, std::size_t to_stride, std::size_t rows,
                      std::size_t columns) {
    constexpr std::size_t block = 64; // rows of `from` whose cache lines are still there for the next tile
    if constexpr (N == 1) {
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < columns; ++j) to[i * to_stride + j] = from[j * from_stride + i];
        }
    } else if (rows < N || columns < N) {
        transpose_matrix<T, (N > 4 ? N / 2 : 1)>(from, from_stride, to, to_stride, rows, columns);
    } else {
        for (std::size_t first = 0; first < columns; first += block) {
            const std::size_t last = std::min(columns, first + block);
            for (std::size_t row = 0; row < rows; row += N) {
                const std::size_t i = std::min(row, rows - N);
                for (std::size_t column = first; column < last; column += N) {
                    const std::size_t j = std::min(column, columns - N);
                    transpose_tile<N>(from + j * from_stride + i, from_stride, to + i * to_stride + j, to_stride);
                }
            }
        }
    }
}

} // namespace xgrad::ops

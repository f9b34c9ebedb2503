/// @file
/// The loops of a transposing copy. Internal to ops/.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace xgrad::ops {

/// to[i * to_stride + j] = from[j * from_stride + i] for i, j < 8, in registers: three rounds of interleaving
/// row i with row i + 4.
template <class T>
void transpose_tile(const T* from, std::size_t from_stride, T* to, std::size_t to_stride) {
    using Row [[gnu::vector_size(8 * sizeof(T))]] = T;
    Row rows[8], next[8];
    for (std::size_t j = 0; j < 8; ++j) std::memcpy(&rows[j], from + j * from_stride, sizeof(Row));
    for (int round = 0; round < 3; ++round) {
        for (std::size_t j = 0; j < 4; ++j) {
            next[2 * j] = __builtin_shufflevector(rows[j], rows[j + 4], 0, 8, 1, 9, 2, 10, 3, 11);
            next[2 * j + 1] = __builtin_shufflevector(rows[j], rows[j + 4], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        std::copy_n(next, 8, rows);
    }
    for (std::size_t i = 0; i < 8; ++i) std::memcpy(to + i * to_stride, &rows[i], sizeof(Row));
}

/// to[i * to_stride + j] = from[j * from_stride + i] for i < rows, j < columns.
template <class T>
void transpose_matrix(const T* from, std::size_t from_stride, T* to, std::size_t to_stride, std::size_t rows,
                      std::size_t columns) {
    constexpr std::size_t block = 64; // rows of `from` whose cache lines are still there for the next tile
    const std::size_t tiled_rows = rows - rows % 8, tiled_columns = columns - columns % 8;
    for (std::size_t first = 0; first < tiled_columns; first += block) {
        const std::size_t last = std::min(tiled_columns, first + block);
        for (std::size_t i = 0; i < tiled_rows; i += 8) {
            for (std::size_t j = first; j < last; j += 8) {
                transpose_tile(from + j * from_stride + i, from_stride, to + i * to_stride + j, to_stride);
            }
        }
    }
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = i < tiled_rows ? tiled_columns : 0; j < columns; ++j) {
            to[i * to_stride + j] = from[j * from_stride + i];
        }
    }
}

} // namespace xgrad::ops

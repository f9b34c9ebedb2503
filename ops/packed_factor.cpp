#include <xgrad/ops/packed_factor.hpp>

#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/reduction_kernels.hpp>
#include <xgrad/ops/simd.hpp>
#include <xgrad/ops/transpose_kernels.hpp>

namespace xgrad::ops {

namespace {

/// With fewer bits in a register the instruction set has no fused multiply-add, or not enough registers for a tile.
template <class T>
constexpr bool is_wide = Batch<T>::size * sizeof(T) >= 32;

/// A tile of the product has this many rows and two batches of columns, or one at the end. Its sums stay in registers, of which
/// AVX-512 has 32 and AVX2 16.
constexpr std::size_t tile_rows = Batch<float>::size == 16 ? 8 : 4;
template <class T>
constexpr std::size_t panel_width = 2 * Batch<T>::size;

/// A tile of C = A B + beta C, of `R` rows and the first `N` batches of a panel's columns.
/// @param a        R rows, of `depth` elements each
/// @param panel    `depth` rows
/// @param stride   from row to row of C
/// @param columns  of the tile that C has
template <class T, std::size_t R, std::size_t N>
void multiply_tile(const T* a, const T* panel, std::size_t depth, T beta, T* c, std::size_t stride, std::size_t columns) {
    using V = Batch<T>;
    constexpr std::size_t W = V::size;
    V sums[R][N];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) sums[r][n] = V(T(0));
    }
    for (std::size_t k = 0; k < depth; ++k, panel += panel_width<T>) {
        V b[N];
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) b[n] = V::load_unaligned(panel + n * W);
#pragma GCC unroll 8
        for (std::size_t r = 0; r < R; ++r) {
            const V factor(a[r * depth + k]);
#pragma GCC unroll 8
            for (std::size_t n = 0; n < N; ++n) sums[r][n] = fma(factor, b[n], sums[r][n]);
        }
    }
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) {
            const std::size_t count = n + 1 < N ? W : columns - n * W;
            T* const to = c + r * stride + n * W;
            kernels::store(beta == 0 ? sums[r][n] : sums[r][n] + kernels::load(to, count), to, count);
        }
    }
}

/// Tiles of `R` rows, and of fewer for those that are left.
template <class T, std::size_t R, std::size_t N>
void multiply_panel(const T* a, std::size_t rows, const T* panel, std::size_t depth, T beta, T* c, std::size_t stride,
                    std::size_t columns) {
    for (; rows >= R; rows -= R, a += R * depth, c += R * stride)
        multiply_tile<T, R, N>(a, panel, depth, beta, c, stride, columns);
    if constexpr (R > 1) {
        if (rows > 0) multiply_panel<T, R / 2, N>(a, rows, panel, depth, beta, c, stride, columns);
    }
}

} // namespace

template <class T>
PackedFactor<T>::PackedFactor(const Factor<T>& b, std::size_t rows) : b_(b) {
    const std::size_t depth = b.rows, width = panel_width<T>;
    // A single row makes a product of as many steps as there are elements to lay out.
    if (!is_wide<T> || rows <= 1 || b.columns <= 1 || depth == 0) return;
    const std::size_t panels = (b.columns + width - 1) / width;
    panels_ = Tensor<T>(Shape{panels, depth, width});
    parallel_for(panels, 1 + (std::size_t{1} << 15) / (depth * width), [&](std::size_t begin, std::size_t end) {
        T* to = panels_.data() + begin * depth * width;
        for (std::size_t first = begin * width; first < end * width; first += width) {
            const std::size_t columns = std::min(width, b.columns - first);
            if (b.transposed) transpose_matrix(b.data + first * depth, depth, to, width, depth, columns);
            for (std::size_t k = 0; k < depth; ++k, to += width) {
                if (!b.transposed) std::copy_n(b.data + k * b.columns + first, columns, to);
                std::fill(to + columns, to + width, T(0));
            }
        }
    });
}

template <class T>
void PackedFactor<T>::multiply(const T* a, std::size_t rows, T beta, T* c) const {
    if (!panels_) return gemm<T>({a, rows, b_.rows}, b_, beta, c);
    const std::size_t depth = b_.rows, width = panel_width<T>;
    // Parts for a few tens of microseconds; of these so many rows at a time as stay in the second-level cache for all panels.
    const std::size_t tiles = (rows + tile_rows - 1) / tile_rows, grain = 1 + (std::size_t{1} << 20) / (tile_rows * depth * b_.columns);
    const std::size_t block = std::max(tile_rows, (std::size_t{1} << 19) / (depth * sizeof(T)) / tile_rows * tile_rows);
    parallel_for(tiles, grain, [&](std::size_t begin, std::size_t end) {
        const std::size_t last_row = std::min(rows, end * tile_rows);
        for (std::size_t row = begin * tile_rows; row < last_row; row += block) {
            const std::size_t count = std::min(block, last_row - row);
            const T* panel = panels_.data();
            for (std::size_t first = 0; first < b_.columns; first += width, panel += depth * width) {
                const std::size_t columns = std::min(width, b_.columns - first);
                const auto multiply = columns > Batch<T>::size ? multiply_panel<T, tile_rows, 2> : multiply_panel<T, tile_rows, 1>;
                multiply(a + row * depth, count, panel, depth, beta, c + row * b_.columns + first, b_.columns, columns);
            }
        }
    });
}

template class PackedFactor<float>;
template class PackedFactor<double>;

} // namespace xgrad::ops

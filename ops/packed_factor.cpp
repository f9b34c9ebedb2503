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

/// What the sums of products are added to: zeros, the elements of a row, or those of C.
template <class T>
struct Start {
    const T* data = nullptr;
    std::size_t stride = 0; ///< from row to row

    Start at(std::size_t row, std::size_t column) const noexcept {
        return data ? Start{data + row * stride + column, stride} : Start{};
    }
};
template <class T>
Start<T> start_of(const T* row, T beta, const T* c, std::size_t columns) noexcept {
    return row ? Start<T>{row, 0} : beta == 0 ? Start<T>{} : Start<T>{c, columns};
}

/// A tile of C = S + A B, of `R` rows and the first `N` batches of a panel's columns.
/// @param a        R rows, of `depth` elements each
/// @param panel    `depth` rows
/// @param stride   from row to row of C
/// @param columns  of the tile that C has
template <class T, std::size_t R, std::size_t N>
void multiply_tile(const T* a, const T* panel, std::size_t depth, Start<T> start, T* c, std::size_t stride, std::size_t columns) {
    using V = Batch<T>;
    constexpr std::size_t W = V::size;
    V sums[R][N];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r) {
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) {
            const std::size_t count = n + 1 < N ? W : columns - n * W;
            sums[r][n] = start.data ? kernels::load(start.data + r * start.stride + n * W, count) : V(T(0));
        }
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
            kernels::store(sums[r][n], c + r * stride + n * W, count);
        }
    }
}

/// Tiles of `R` rows, and of fewer for those that are left.
template <class T, std::size_t R, std::size_t N>
void multiply_tiles(const T* a, std::size_t rows, const T* panel, std::size_t depth, Start<T> start, T* c, std::size_t stride,
                    std::size_t columns) {
    for (; rows >= R; rows -= R, a += R * depth, start = start.at(R, 0), c += R * stride)
        multiply_tile<T, R, N>(a, panel, depth, start, c, stride, columns);
    if constexpr (R > 1) {
        if (rows > 0) multiply_tiles<T, R / 2, N>(a, rows, panel, depth, start, c, stride, columns);
    }
}

/// The columns of C = S + A B, `stride` in all, that begin with `first` and that a panel makes.
template <class T>
void multiply_panel(const T* a, std::size_t rows, const T* panel, std::size_t depth, Start<T> start, T* c, std::size_t stride,
                    std::size_t first) {
    const std::size_t columns = std::min(panel_width<T>, stride - first);
    const auto multiply = columns > Batch<T>::size ? multiply_tiles<T, tile_rows, 2> : multiply_tiles<T, tile_rows, 1>;
    multiply(a, rows, panel, depth, start.at(0, first), c + first, stride, columns);
}

/// Lays out the columns of B from `first` on that make up a panel: `b.rows` rows, with zeros after the last column.
template <class T>
void pack_panel(const Factor<T>& b, std::size_t first, T* to) {
    const std::size_t depth = b.rows, width = panel_width<T>, columns = std::min(width, b.columns - first);
    if (columns < width) std::fill_n(to, depth * width, T(0));
    if (b.transposed) return transpose_matrix(b.data + first * depth, depth, to, width, depth, columns);
    for (std::size_t k = 0; k < depth; ++k, to += width) std::copy_n(b.data + k * b.columns + first, columns, to);
}

/// So many of `unit` multiplications that a part of a loop takes some ten microseconds.
std::size_t grain_of(std::size_t unit) noexcept {
    return 1 + (std::size_t{1} << 20) / unit;
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
        for (std::size_t i = begin; i < end; ++i) pack_panel(b, i * width, panels_.data() + i * depth * width);
    });
}

template <class T>
void PackedFactor<T>::multiply(const T* a, std::size_t rows, T beta, T* c, const T* row_added) const {
    if (!panels_) return gemm<T>({a, rows, b_.rows}, b_, beta, c, row_added);
    const std::size_t depth = b_.rows, width = panel_width<T>, tiles = (rows + tile_rows - 1) / tile_rows;
    // So many rows at a time as stay in the second-level cache for all panels.
    const std::size_t block = std::max(tile_rows, (std::size_t{1} << 19) / (depth * sizeof(T)) / tile_rows * tile_rows);
    const Start<T> start = start_of(row_added, beta, c, b_.columns);
    parallel_for(tiles, grain_of(tile_rows * depth * b_.columns), [&](std::size_t begin, std::size_t end) {
        const std::size_t last_row = std::min(rows, end * tile_rows);
        for (std::size_t row = begin * tile_rows; row < last_row; row += block) {
            const T* panel = panels_.data();
            for (std::size_t first = 0; first < b_.columns; first += width, panel += depth * width) {
                multiply_panel(a + row * depth, std::min(block, last_row - row), panel, depth, start.at(row, 0), c + row * b_.columns,
                               b_.columns, first);
            }
        }
    });
}

template <class T>
void multiply_by_panels(const T* a, std::size_t rows, const Factor<T>& b, T beta, T* c, const T* row_added) {
    const std::size_t depth = b.rows, width = panel_width<T>;
    if (!is_wide<T> || rows <= 1 || b.columns <= 1 || depth == 0) return gemm<T>({a, rows, depth}, b, beta, c, row_added);
    const Start<T> start = start_of(row_added, beta, c, b.columns);
    parallel_for((b.columns + width - 1) / width, grain_of(rows * depth * width), [&](std::size_t begin, std::size_t end) {
        const Tensor<T> panel(Shape{depth, width});
        for (std::size_t first = begin * width; first < end * width; first += width) {
            pack_panel(b, first, panel.data());
            multiply_panel(a, rows, panel.data(), depth, start, c, b.columns, first);
        }
    });
}

template void multiply_by_panels(const float*, std::size_t, const Factor<float>&, float, float*, const float*);
template void multiply_by_panels(const double*, std::size_t, const Factor<double>&, double, double*, const double*);
template class PackedFactor<float>;
template class PackedFactor<double>;

} // namespace xgrad::ops

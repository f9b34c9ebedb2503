/// @file
/// The inner loops of the direct convolutions: tiles of the result that stay in registers while they are summed.
/// Included only where these are compiled.
///
/// A strand is what one tap of the kernel meets: for each of consecutive places the pixel under it.
#pragma once

#include <xgrad/autodiff/tensor.hpp>
#include <xgrad/ops/simd.hpp>

#include <array>
#include <utility>

namespace xgrad::ops::tiles {

/// How many batches a loop can keep at hand: AVX-512 has more registers than its predecessors.
inline constexpr std::size_t registers = Batch<float>::size == 16 ? 32 : 16;

/// As few parts as can be, none larger than `most`, of sizes that differ by no more than 1.
struct Parts {
    Parts(std::size_t total, std::size_t most) noexcept
        : total(total), count((total + most - 1) / most), size(count == 0 ? 0 : (total + count - 1) / count) {}
    std::size_t total, count;
    std::size_t size; ///< of the first, which is one of the largest
    std::size_t begin(std::size_t part) const noexcept { return part * (total / count) + std::min(part, total % count); }
    std::size_t length(std::size_t part) const noexcept { return total / count + (part < total % count); }
};

// ---------------------------------------------------------------------------------------------------------------------
// Weight times strands

/// What an element of the result starts from.
enum class Start { zero, bias, result };

/// Strands that a weight is multiplied by: the batch `n` of strand `k` is at data + offsets[k] + n * step.
template <class T>
struct StrandsView {
    const T* data;
    const std::size_t* offsets;
    std::size_t step = Batch<T>::size;
};

/// A tile of the result, M rows by N batches: C = W S, where S has the strands for rows.
/// @param weights  M consecutive elements for each strand
/// @param last     how many elements of the last batch there are
template <class T, std::size_t M, std::size_t N>
void multiply_tile(const T* weights, const StrandsView<T>& strands, std::size_t count, Start start, const T* bias, T* c,
                   std::size_t stride, std::size_t last) {
    using V = Batch<T>;
    constexpr std::size_t W = V::size;
    V sums[M][N];
#pragma GCC unroll 8
    for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) {
            const T* const from = c + m * stride + n * W;
            if (start == Start::zero) {
                sums[m][n] = V(T(0));
            } else if (start == Start::bias) {
                sums[m][n] = V(bias[m]);
            } else {
                sums[m][n] = n + 1 < N || last == W ? V::load_unaligned(from) : load_partial(from, last);
            }
        }
    }
    const auto [data, offsets, step] = strands;
    for (std::size_t k = 0; k < count; ++k, weights += M) {
        const T* const strand = data + offsets[k];
        V x[N];
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) x[n] = V::load_unaligned(strand + n * step);
#pragma GCC unroll 8
        for (std::size_t m = 0; m < M; ++m) {
            const V w(weights[m]);
#pragma GCC unroll 8
            for (std::size_t n = 0; n < N; ++n) sums[m][n] = fma(w, x[n], sums[m][n]);
        }
    }
#pragma GCC unroll 8
    for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) {
            T* const to = c + m * stride + n * W;
            if (n + 1 < N || last == W) {
                sums[m][n].store_unaligned(to);
            } else {
                store_partial(sums[m][n], to, last);
            }
        }
    }
}

/// The most rows of a tile, and the most batches of one with so many rows: there are registers for the sums, a row of
/// strands and a weight.
inline constexpr std::size_t max_rows = registers / 4, max_batches = 8;
constexpr std::size_t tile_batches(std::size_t rows) { return std::min(max_batches, (registers - 1) / (rows + 1)); }

template <class T>
using Multiply = void (*)(const T*, const StrandsView<T>&, std::size_t, Start, const T*, T*, std::size_t, std::size_t);

/// multiply_tile() of m + 1 rows and n + 1 batches, at [m][n].
template <class T>
constexpr auto multiply_tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Multiply<T>, sizeof...(I)>{
        &multiply_tile<T, I / max_batches + 1, std::min(I % max_batches + 1, tile_batches(I / max_batches + 1))>...};
}(std::make_index_sequence<max_rows * max_batches>());

/// A weight (rows, strands) in the order in which the tiles read it.
template <class T>
class PackedWeight {
  public:
    /// @param at  the element at (row, strand)
    template <class At>
    PackedWeight(std::size_t rows, std::size_t strands, const At& at)
        : rows_(rows, max_rows), strands_(strands), elements_(Shape{rows, strands}) {
        T* to = elements_.data();
        for (std::size_t part = 0; part < rows_.count; ++part) {
            const std::size_t begin = rows_.begin(part), end = begin + rows_.length(part);
            for (std::size_t k = 0; k < strands; ++k) {
                for (std::size_t row = begin; row < end; ++row) *to++ = at(row, k);
            }
        }
    }

    /// c (rows, length) = the weights from strand `first` on times the `count` strands, from `start` on.
    /// @param stride  from one row of c to the next
    void multiply(std::size_t first, std::size_t count, const StrandsView<T>& strands, std::size_t length, Start start,
                  const T* bias, T* c, std::size_t stride) const {
        constexpr std::size_t W = Batch<T>::size;
        const Parts tiles((length + W - 1) / W, tile_batches(rows_.size));
        for (std::size_t tile = 0; tile < tiles.count; ++tile) {
            const std::size_t begin = tiles.begin(tile), batches = tiles.length(tile);
            const std::size_t last = std::min(length - (begin + batches - 1) * W, W);
            const StrandsView<T> part_of_strands{strands.data + begin * strands.step, strands.offsets, strands.step};
            for (std::size_t part = 0; part < rows_.count; ++part) {
                const std::size_t row = rows_.begin(part), rows = rows_.length(part);
                multiply_tiles<T>[(rows - 1) * max_batches + batches - 1](
                    elements_.data() + row * strands_ + first * rows, part_of_strands, count, start,
                    bias ? bias + row : nullptr, c + row * stride + begin * W, stride, last);
            }
        }
    }

  private:
    Parts rows_;
    std::size_t strands_;
    Tensor<T> elements_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Output times strands

inline constexpr std::size_t sum_rows = registers / 8, sum_strands = registers == 32 ? 6 : 4;

/// What a sum of products goes over: `count` lines of `length` elements of the output, and a batch of the strand for each
/// of the output.
struct Lines {
    std::size_t count, length;
    std::size_t stride;         ///< from one row of the output to the next
    std::size_t y_step, x_step; ///< from one line to the next, of the output and of a strand
    std::size_t step;           ///< from one batch of a strand to the next
};

/// A tile of the weight's gradient, M rows by N strands: adds the products, lane by lane, to `sums`.
template <class T, std::size_t M, std::size_t N>
void sum_tile(const T* y, const T* strands, const std::size_t* offsets, const Lines& lines, T* sums) {
    using V = Batch<T>;
    constexpr std::size_t W = V::size;
    V total[M][N];
    const T* x[N];
#pragma GCC unroll 8
    for (std::size_t n = 0; n < N; ++n) x[n] = strands + offsets[n];
#pragma GCC unroll 8
    for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) total[m][n] = V::load_unaligned(sums + (m * N + n) * W);
    }
    const auto add = [&](const auto& load_y, const auto& load_x) {
        V g[M];
#pragma GCC unroll 8
        for (std::size_t m = 0; m < M; ++m) g[m] = load_y(y + m * lines.stride);
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) {
            const V v = load_x(x[n]);
#pragma GCC unroll 8
            for (std::size_t m = 0; m < M; ++m) total[m][n] = fma(g[m], v, total[m][n]);
        }
    };
    for (std::size_t line = 0; line < lines.count; ++line, y += lines.y_step) {
        std::size_t i = 0, j = line * lines.x_step;
        for (; i + W <= lines.length; i += W, j += lines.step) {
            add([i](const T* from) { return V::load_unaligned(from + i); },
                [j](const T* from) { return V::load_unaligned(from + j); });
        }
        if (const std::size_t rest = lines.length - i; rest > 0) {
            // Both with zeros beyond the end: 0 times what stands there could be NaN.
            add([=](const T* from) { return first_lanes(load_partial(from + i, rest), rest, T(0)); },
                [=](const T* from) { return first_lanes(V::load_unaligned(from + j), rest, T(0)); });
        }
    }
#pragma GCC unroll 8
    for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) total[m][n].store_unaligned(sums + (m * N + n) * W);
    }
}

template <class T>
using Sum = void (*)(const T*, const T*, const std::size_t*, const Lines&, T*);

/// sum_tile() of m + 1 rows and n + 1 strands, at [m][n].
template <class T>
constexpr auto sum_tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Sum<T>, sizeof...(I)>{&sum_tile<T, I / sum_strands + 1, I % sum_strands + 1>...};
}(std::make_index_sequence<sum_rows * sum_strands>());

/// The gradient of a weight (rows, strands) as it is summed: a batch for each element.
template <class T>
class WeightSums {
  public:
    WeightSums(std::size_t rows, std::size_t strands)
        : rows_(rows, sum_rows), strands_(strands, sum_strands), sums_(Shape{rows * strands * W}) {
        clear();
    }

    void clear() { std::fill_n(sums_.data(), sums_.size(), T(0)); }

    /// Adds the products of each row of y and each strand.
    void add(const T* y, const T* strands, const std::size_t* offsets, const Lines& lines) {
        T* sums = sums_.data();
        for_each_tile([&](std::size_t row, std::size_t rows, std::size_t strand, std::size_t count) {
            sum_tiles<T>[(rows - 1) * sum_strands + count - 1](y + row * lines.stride, strands, offsets + strand, lines, sums);
            sums += rows * count * W;
        });
    }

    /// weight = the sums, or += them unless `fresh`.
    void write(T* weight, bool fresh) const {
        const T* sums = sums_.data();
        for_each_tile([&](std::size_t row, std::size_t rows, std::size_t strand, std::size_t count) {
            for (std::size_t m = row; m < row + rows; ++m) {
                T* const to = weight + m * strands_.total;
                for (std::size_t n = strand; n < strand + count; ++n, sums += W) {
                    const T sum = reduce_sum(Batch<T>::load_unaligned(sums));
                    to[n] = fresh ? sum : to[n] + sum;
                }
            }
        });
    }

  private:
    static constexpr std::size_t W = Batch<T>::size;

    /// Calls `tile(first row, rows, first strand, strands)` for each tile, in order.
    template <class Tile>
    void for_each_tile(const Tile& tile) const {
        for (std::size_t i = 0; i < rows_.count; ++i) {
            for (std::size_t j = 0; j < strands_.count; ++j)
                tile(rows_.begin(i), rows_.length(i), strands_.begin(j), strands_.length(j));
        }
    }

    Parts rows_, strands_;
    Tensor<T> sums_;
};

} // namespace xgrad::ops::tiles

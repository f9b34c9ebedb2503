#include <xgrad/ops/direct_convolution.hpp>

#include <xgrad/autodiff/tensor.hpp>
#include <xgrad/ops/simd.hpp>

#include <array>
#include <numeric>
#include <utility>

namespace xgrad::ops {

namespace {

/// How many batches a loop can keep at hand: AVX-512 has more registers than its predecessors.
constexpr std::size_t registers = Batch<float>::size == 16 ? 32 : 16;

/// An image unfolded along its rows only: for each channel, column of the kernel and row of the padded image, the
/// pixels that the tap meets as the window goes along the row. What a tap (c, i, j) meets at all places are then
/// consecutive elements, from offsets()[tap] on: the rows of the unfolded matrix, but those of one kernel column
/// overlap, so that it takes as many times less memory as the kernel is high.
///
/// With a vertical stride a tap meets only every so many rows: rows are sorted by the remainder, and those of
/// remainders that no tap has are left out.
template <class T>
class Strands {
  public:
    Strands(std::size_t channels, const Windows& windows)
        : windows_(windows), period_(period(windows.h)), remainders_(std::min(period_, windows.h.kernel)),
          rows_(rows(windows.h)), offsets_(Shape{channels * windows.taps()}),
          elements_(Shape{channels * windows.w.kernel * remainders_ * rows_ * windows.w.places + Batch<T>::size}) {
        const auto& [h, w] = windows;
        std::size_t* offset = offsets_.data();
        for (std::size_t c = 0; c < channels; ++c) {
            for (std::size_t i = 0; i < h.kernel; ++i) {
                const std::size_t row = i % period_ * rows_ + i * h.dilation / h.stride;
                for (std::size_t j = 0; j < w.kernel; ++j)
                    *offset++ = ((c * w.kernel + j) * remainders_ * rows_ + row) * w.places;
            }
        }
        // The padding stays what it is; beyond the last row, loads of whole batches read a few elements.
        std::fill_n(elements_.data(), elements_.size(), T(0));
    }

    /// Whether they take no more memory than the unfolded matrix: between far dilated taps lie rows that none meets.
    static bool are_small(const Windows& windows) noexcept {
        const Slide& h = windows.h;
        return std::min(period(h), h.kernel) * rows(h) <= h.kernel * h.places;
    }

    const std::size_t* offsets() const noexcept { return offsets_.data(); }
    std::size_t count() const noexcept { return offsets_.size(); }
    const T* data() const noexcept { return elements_.data(); }

    /// Unfolds `image` (channels, height, width), of as many channels as there is room for, or fewer.
    void fill(const T* image, std::size_t channels) {
        const auto& [h, w] = windows_;
        const std::size_t size = rows_ * w.places; // of one remainder's rows
        for (std::size_t c = 0; c < channels; ++c, image += windows_.pixels()) {
            for (std::size_t j = 0; j < w.kernel; ++j) {
                const Slide::Range inside = w.inside(j);
                if (inside.size() == 0) continue;
                const std::size_t first = static_cast<std::size_t>(w.pixel(inside.begin, j));
                for (std::size_t r = 0; r < remainders_; ++r) {
                    T* const to = elements_.data() + ((c * w.kernel + j) * remainders_ + r) * size + inside.begin;
                    const std::size_t remainder = r * h.dilation % h.stride;
                    const Slide::Range rows = h.on_image(remainder, rows_);
                    for (std::size_t row = rows.begin; row < rows.end; ++row) {
                        const std::size_t y = row * h.stride + remainder - h.padding;
                        copy(image + y * w.extent + first, inside.size(), to + row * w.places);
                    }
                }
            }
        }
    }

  private:
    void copy(const T* from, std::size_t n, T* to) const {
        using V = Batch<T>;
        const std::size_t stride = windows_.w.stride;
        if (stride != 1) {
            for (std::size_t i = 0; i < n; ++i) to[i] = from[i * stride];
            return;
        }
        std::size_t i = 0;
        for (; i + V::size <= n; i += V::size) V::load_unaligned(from + i).store_unaligned(to + i);
        if (i < n) store_partial(load_partial(from + i, n - i), to + i, n - i);
    }

    /// After how many taps the remainders of their rows, i * dilation mod stride, recur.
    static std::size_t period(const Slide& h) noexcept { return h.stride / std::gcd(h.stride, h.dilation); }
    /// How many rows of one remainder there are.
    static std::size_t rows(const Slide& h) noexcept { return h.places + h.dilation * (h.kernel - 1) / h.stride; }

    Windows windows_;
    std::size_t period_, remainders_, rows_;
    Tensor<std::size_t> offsets_;
    Tensor<T> elements_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Weight times strands

/// What an element of the result starts from.
enum class Start { zero, bias, result };

/// A tile of the result, M rows by N batches: C = W S, where S has the strands for rows.
/// @param weights  M consecutive elements for each strand
/// @param last     how many elements of the last batch there are
template <class T, std::size_t M, std::size_t N>
void multiply_tile(const T* weights, const T* strands, const std::size_t* offsets, std::size_t count, Start start,
                   const T* bias, T* c, std::size_t stride, std::size_t last) {
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
    for (std::size_t k = 0; k < count; ++k, weights += M) {
        const T* const strand = strands + offsets[k];
        V x[N];
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) x[n] = V::load_unaligned(strand + n * W);
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
constexpr std::size_t max_rows = registers / 4, max_batches = 8;
constexpr std::size_t tile_batches(std::size_t rows) { return std::min(max_batches, (registers - 1) / (rows + 1)); }

template <class T>
using Multiply = void (*)(const T*, const T*, const std::size_t*, std::size_t, Start, const T*, T*, std::size_t,
                          std::size_t);

/// multiply_tile() of m + 1 rows and n + 1 batches, at [m][n].
template <class T>
constexpr auto multiply_tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Multiply<T>, sizeof...(I)>{
        &multiply_tile<T, I / max_batches + 1, std::min(I % max_batches + 1, tile_batches(I / max_batches + 1))>...};
}(std::make_index_sequence<max_rows * max_batches>());

/// As few parts as can be, none larger than `most`, of sizes that differ by no more than 1.
struct Parts {
    Parts(std::size_t total, std::size_t most) noexcept
        : total(total), count((total + most - 1) / most), size(count == 0 ? 0 : (total + count - 1) / count) {}
    std::size_t total, count;
    std::size_t size; ///< of the first, which is one of the largest
    std::size_t begin(std::size_t part) const noexcept { return part * (total / count) + std::min(part, total % count); }
    std::size_t length(std::size_t part) const noexcept { return total / count + (part < total % count); }
};

/// Channels whose strands a tile reads at a time: few enough to stay in the first-level cache.
Parts channel_blocks(std::size_t channels, const Windows& windows) {
    return Parts(channels, std::max<std::size_t>(1, 160 / windows.taps()));
}

/// A weight (rows, channels, taps) in the order in which the tiles read it.
template <class T>
class PackedWeight {
  public:
    /// @param at  the element at (row, channel, tap)
    template <class At>
    PackedWeight(std::size_t rows, const Parts& channels, std::size_t taps, At&& at)
        : rows_(rows, max_rows), channels_(channels), taps_(taps), elements_(Shape{rows, channels.total, taps}) {
        T* to = elements_.data();
        for (std::size_t block = 0; block < channels_.count; ++block) {
            for (std::size_t part = 0; part < rows_.count; ++part) {
                const std::size_t rows = rows_.length(part), channels_of_block = channels_.length(block);
                for (std::size_t m = 0; m < rows; ++m) {
                    T* element = to + m;
                    for (std::size_t c = 0; c < channels_of_block; ++c) {
                        for (std::size_t tap = 0; tap < taps; ++tap, element += rows)
                            *element = at(rows_.begin(part) + m, channels_.begin(block) + c, tap);
                    }
                }
                to += rows * channels_of_block * taps;
            }
        }
    }

    /// c (rows, places) = the weights of a block of channels times their strands, from `start` on.
    void multiply(std::size_t block, const Strands<T>& x, std::size_t places, Start start, const T* bias, T* c) const {
        constexpr std::size_t W = Batch<T>::size;
        const std::size_t count = channels_.length(block) * taps_;
        const Parts tiles((places + W - 1) / W, tile_batches(rows_.size));
        for (std::size_t tile = 0; tile < tiles.count; ++tile) {
            const std::size_t place = tiles.begin(tile) * W, batches = tiles.length(tile);
            const std::size_t last = std::min(places - place - (batches - 1) * W, W);
            const T* weights = elements_.data() + channels_.begin(block) * taps_ * rows_.total;
            for (std::size_t part = 0; part < rows_.count; ++part) {
                const std::size_t row = rows_.begin(part), rows = rows_.length(part);
                multiply_tiles<T>[(rows - 1) * max_batches + batches - 1](
                    weights, x.data() + place, x.offsets(), count, start, bias ? bias + row : nullptr,
                    c + row * places + place, places, last);
                weights += rows * count;
            }
        }
    }

  private:
    Parts rows_, channels_;
    std::size_t taps_;
    Tensor<T> elements_;
};

/// The convolution of x (samples, groups in, pixels) with weights whose element (row, channel, tap) is
/// `weight(group, row, channel, tap)`.
template <class T, class Weight>
void convolve(const ConvolutionExtents& e, const T* x, const Weight& weight, const T* bias, T* y, bool fresh) {
    const Parts blocks = channel_blocks(e.in, e.windows);
    Strands<T> strands(blocks.size, e.windows);
    const std::size_t pixels = e.windows.pixels(), places = e.windows.places();
    for (std::size_t g = 0; g < e.groups; ++g) {
        const PackedWeight<T> packed(e.out, blocks, e.windows.taps(),
                                     [&weight, g](auto... position) { return weight(g, position...); });
        for (std::size_t n = 0; n < e.samples; ++n) {
            const std::size_t part = n * e.groups + g;
            for (std::size_t block = 0; block < blocks.count; ++block) {
                const Start start = !fresh || block > 0 ? Start::result : bias ? Start::bias : Start::zero;
                strands.fill(x + (part * e.in + blocks.begin(block)) * pixels, blocks.length(block));
                packed.multiply(block, strands, places, start, bias ? bias + g * e.out : nullptr,
                                y + part * e.out * places);
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Output times strands

constexpr std::size_t sum_rows = registers / 8, sum_strands = registers == 32 ? 6 : 4;

/// A tile of the weight's gradient, M rows by N strands: adds the products of the places, lane by lane, to `sums`.
template <class T, std::size_t M, std::size_t N>
void sum_tile(const T* y, const T* strands, const std::size_t* offsets, std::size_t places, T* sums) {
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
        for (std::size_t m = 0; m < M; ++m) g[m] = load_y(y + m * places);
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) {
            const V v = load_x(x[n]);
#pragma GCC unroll 8
            for (std::size_t m = 0; m < M; ++m) total[m][n] = fma(g[m], v, total[m][n]);
        }
    };
    std::size_t i = 0;
    for (; i + W <= places; i += W) {
        const auto load = [i](const T* from) { return V::load_unaligned(from + i); };
        add(load, load);
    }
    if (const std::size_t rest = places - i; rest > 0) {
        // Both with zeros beyond the end: 0 times what stands there could be NaN.
        add([=](const T* from) { return first_lanes(load_partial(from + i, rest), rest, T(0)); },
            [=](const T* from) { return first_lanes(V::load_unaligned(from + i), rest, T(0)); });
    }
#pragma GCC unroll 8
    for (std::size_t m = 0; m < M; ++m) {
#pragma GCC unroll 8
        for (std::size_t n = 0; n < N; ++n) total[m][n].store_unaligned(sums + (m * N + n) * W);
    }
}

template <class T>
using Sum = void (*)(const T*, const T*, const std::size_t*, std::size_t, T*);

/// sum_tile() of m + 1 rows and n + 1 strands, at [m][n].
template <class T>
constexpr auto sum_tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Sum<T>, sizeof...(I)>{&sum_tile<T, I / sum_strands + 1, I % sum_strands + 1>...};
}(std::make_index_sequence<sum_rows * sum_strands>());

/// Calls `tile(first row, rows, first strand, strands)` for each tile, in order.
template <class Tile>
void for_each_sum_tile(std::size_t rows, std::size_t strands, Tile&& tile) {
    const Parts m(rows, sum_rows), n(strands, sum_strands);
    for (std::size_t i = 0; i < m.count; ++i) {
        for (std::size_t j = 0; j < n.count; ++j) tile(m.begin(i), m.length(i), n.begin(j), n.length(j));
    }
}

/// The gradient of the weight from the input x and the adjoint y of the output.
template <class T>
void sum_products(const ConvolutionExtents& e, const T* x, const T* y, T* weight, bool fresh) {
    constexpr std::size_t W = Batch<T>::size;
    Strands<T> strands(e.in, e.windows);
    const std::size_t places = e.windows.places(), taps = strands.count();
    const std::size_t in_size = e.in * e.windows.pixels(), out_size = e.out * places;
    const Tensor<T> sums(Shape{e.out * taps * W}); // a batch for each element
    for (std::size_t g = 0; g < e.groups; ++g) {
        std::fill_n(sums.data(), sums.size(), T(0));
        for (std::size_t n = 0; n < e.samples; ++n) {
            const std::size_t part = n * e.groups + g;
            strands.fill(x + part * in_size, e.in);
            T* to = sums.data();
            for_each_sum_tile(e.out, taps, [&](std::size_t row, std::size_t rows, std::size_t tap, std::size_t count) {
                sum_tiles<T>[(rows - 1) * sum_strands + count - 1](y + part * out_size + row * places, strands.data(),
                                                                   strands.offsets() + tap, places, to);
                to += rows * count * W;
            });
        }
        const T* from = sums.data();
        T* const to = weight + g * e.out * taps;
        for_each_sum_tile(e.out, taps, [&](std::size_t row, std::size_t rows, std::size_t tap, std::size_t count) {
            for (std::size_t m = row; m < row + rows; ++m) {
                for (std::size_t n = tap; n < tap + count; ++n, from += W) {
                    const T sum = reduce_sum(Batch<T>::load_unaligned(from));
                    to[m * taps + n] = fresh ? sum : to[m * taps + n] + sum;
                }
            }
        });
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Transposed: convolutions with the kernel turned round

/// Along one axis the part of a transposed convolution that computes every stride-th pixel: a convolution of the output,
/// with a stride of 1, with every stride-th tap of the kernel.
struct Interleaved {
    Slide slide;
    std::size_t last, step; ///< taps of the kernel

    /// Which of the kernel's taps tap `t` of this one is.
    std::size_t tap(std::size_t t) const noexcept { return last - t * step; }
};

/// The last tap that meets the pixels `remainder`, `remainder + stride`, ...
/// @pre stride and dilation have no common factor, and stride <= kernel: then there is one
std::size_t last_tap(const Slide& s, std::size_t remainder) noexcept {
    std::size_t tap = s.kernel - 1;
    while (tap * s.dilation % s.stride != (remainder + s.padding) % s.stride) --tap;
    return tap;
}

/// Whether there is such a part for every remainder of the pixels: each must have its taps, and not more padding than
/// they reach over.
bool is_interleaved(const Slide& s) noexcept {
    if (s.stride > s.kernel || std::gcd(s.stride, s.dilation) != 1) return false;
    for (std::size_t remainder = 0; remainder < s.stride; ++remainder) {
        if (last_tap(s, remainder) * s.dilation < remainder + s.padding) return false;
    }
    return true;
}

/// The part of the pixels `remainder`, `remainder + stride`, ...
/// @pre is_interleaved(s), remainder < s.extent
Interleaved interleaved(const Slide& s, std::size_t remainder) noexcept {
    const std::size_t last = last_tap(s, remainder);
    return {.slide = {.extent = s.places,
                      .kernel = last / s.stride + 1,
                      .stride = 1,
                      .padding = (last * s.dilation - remainder - s.padding) / s.stride,
                      .dilation = s.dilation,
                      .places = (s.extent - remainder - 1) / s.stride + 1},
            .last = last,
            .step = s.stride};
}

/// The transposed convolution of y, by the remainders of the pixels.
/// @param weight  as convolve() takes it
template <class T, class Weight>
void convolve_transposed(const ConvolutionExtents& e, const T* y, const Weight& weight, const T* bias, T* x, bool fresh) {
    const auto& [h, w] = e.windows;
    for (std::size_t rh = 0; rh < std::min(h.stride, h.extent); ++rh) {
        for (std::size_t rw = 0; rw < std::min(w.stride, w.extent); ++rw) {
            const Interleaved ph = interleaved(h, rh), pw = interleaved(w, rw);
            const ConvolutionExtents part{e.samples, e.groups, e.out, e.in, {ph.slide, pw.slide}};
            const Tensor<std::size_t> taps(Shape{part.windows.taps()});
            for (std::size_t t = 0; t < taps.size(); ++t)
                taps.data()[t] = ph.tap(t / pw.slide.kernel) * w.kernel + pw.tap(t % pw.slide.kernel);
            const auto at = [&weight, tap = taps.data()](std::size_t g, std::size_t row, std::size_t channel,
                                                         std::size_t t) { return weight(g, channel, row, tap[t]); };
            if (h.stride == 1 && w.stride == 1) return convolve(part, y, at, bias, x, fresh);
            const Tensor<T> pixels(Shape{part.size(Role::output)});
            convolve(part, y, at, bias, pixels.data(), true);
            const T* from = pixels.data();
            for (T* image = x; image < x + e.size(Role::input); image += e.windows.pixels()) {
                for (std::size_t row = rh; row < h.extent; row += h.stride) {
                    T* const to = image + row * w.extent;
                    for (std::size_t column = rw; column < w.extent; column += w.stride, ++from)
                        to[column] = fresh ? *from : to[column] + *from;
                }
            }
        }
    }
}

} // namespace

bool has_direct_way(const ConvolutionExtents& e, Role role) noexcept {
    const auto& [h, w] = e.windows;
    const bool empty = e.size(Role::weight) == 0 || e.windows.places() == 0 || e.windows.pixels() == 0;
    // The unfolded matrix of a single tap is the image itself.
    if (empty || (e.windows.taps() == 1 && h.stride == 1 && w.stride == 1)) return false;
    if (role == Role::input) {
        return is_interleaved(h) && is_interleaved(w) &&
               Strands<float>::are_small({interleaved(h, 0).slide, interleaved(w, 0).slide});
    }
    // The partial sums of the weight's gradient must stay in the cache, of the second level.
    const bool few_sums = e.out * e.in * e.windows.taps() * sizeof(Batch<float>) <= (std::size_t{5} << 19);
    return Strands<float>::are_small(e.windows) && (role == Role::output || few_sums);
}

template <class T>
void contract_directly(const ConvolutionExtents& e, Role role, const std::array<const T*, 3>& arrays, const T* bias,
                       T* result, bool fresh) {
    const T* const x = arrays[0];
    const T* const y = arrays[2];
    const auto weight = [w = arrays[1], out = e.out, in = e.in, taps = e.windows.taps()](
                            std::size_t g, std::size_t o, std::size_t c, std::size_t tap) {
        return w[((g * out + o) * in + c) * taps + tap];
    };
    if (role == Role::output) {
        convolve(e, x, weight, bias, result, fresh);
    } else if (role == Role::input) {
        convolve_transposed(e, y, weight, bias, result, fresh);
    } else {
        sum_products(e, x, y, result, fresh);
    }
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template void contract_directly(const ConvolutionExtents&, Role, const std::array<const T*, 3>&, const T*, T*, bool);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::ops

#include <xgrad/ops/direct_convolution.hpp>

#include <xgrad/ops/convolution_tiles.hpp>
#include <xgrad/ops/lanewise_convolution.hpp>

#include <numeric>

namespace xgrad::ops {

using namespace tiles;

namespace {

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
          elements_(Shape{channels * windows.w.kernel * lines(windows.h) * windows.w.places + Batch<T>::size}) {
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

    /// How many rows there are for each channel and column of the kernel.
    static std::size_t lines(const Slide& h) noexcept { return std::min(period(h), h.kernel) * rows(h); }
    /// Whether they take no more memory than the unfolded matrix: between far dilated taps lie rows that none meets.
    static bool are_small(const Windows& windows) noexcept { return lines(windows.h) <= windows.h.kernel * windows.h.places; }

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
        if (n < V::size) return store_partial(load_partial(from, n), to, n);
        for (std::size_t i = 0; i < n; i += V::size) {
            const std::size_t start = std::min(i, n - V::size); // the last may overlap those before
            V::load_unaligned(from + start).store_unaligned(to + start);
        }
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

/// Whether to give each sample a lane rather than lay out strands: if there are samples enough to fill the lanes, and the
/// elements to lay out are not half as many again, these being aligned then, and do not leave the caches.
template <class T>
bool suits_lanes(const ConvolutionExtents& e) noexcept {
    constexpr std::size_t W = Batch<T>::size;
    if (4 * e.samples < 3 * ((e.samples + W - 1) / W) * W) return false;
    const auto& [h, w] = e.windows;
    const auto product = [](auto... n) { return (static_cast<double>(n) * ...); }; // which does not overflow
    const double elements = product(e.in, h.reach(), w.reach()) + product(e.out, h.places, w.places);
    return elements <= 1.5 * product(e.in, w.kernel, Strands<T>::lines(h), w.places) &&
           product(elements, sizeof(Batch<T>)) <= 0x1p22;
}

/// Channels whose strands a tile reads at a time: few enough to stay in the first-level cache.
Parts channel_blocks(std::size_t channels, const Windows& windows) {
    return Parts(channels, std::max<std::size_t>(1, 160 / windows.taps()));
}

/// The convolution of x (samples, groups in, pixels) with a weight (groups, out, in, taps).
template <class T>
void convolve(const ConvolutionExtents& e, const T* x, const T* weight, const T* bias, T* y, bool fresh) {
    if (suits_lanes<T>(e)) return convolve_lanewise(e, x, weight, bias, y, fresh);
    const Parts blocks = channel_blocks(e.in, e.windows);
    Strands<T> strands(blocks.size, e.windows);
    const std::size_t pixels = e.windows.pixels(), places = e.windows.places(), taps = e.windows.taps();
    for (std::size_t g = 0; g < e.groups; ++g) {
        const std::size_t columns = e.in * taps;
        const PackedWeight<T> packed(e.out, columns, [=](std::size_t row, std::size_t column) {
            return weight[(g * e.out + row) * columns + column];
        });
        const T* const bias_of_group = bias ? bias + g * e.out : nullptr;
        for (std::size_t n = 0; n < e.samples; ++n) {
            const std::size_t part = n * e.groups + g;
            for (std::size_t block = 0; block < blocks.count; ++block) {
                const Start start = !fresh || block > 0 ? Start::result : bias ? Start::bias : Start::zero;
                const std::size_t channel = blocks.begin(block), channels = blocks.length(block);
                strands.fill(x + (part * e.in + channel) * pixels, channels);
                packed.multiply(channel * taps, channels * taps, {strands.data(), strands.offsets()}, places, start,
                                bias_of_group, y + part * e.out * places, places);
            }
        }
    }
}

/// The gradient of the weight from the input x and the adjoint y of the output.
template <class T>
void sum_products(const ConvolutionExtents& e, const T* x, const T* y, T* weight, bool fresh) {
    if (suits_lanes<T>(e)) return sum_products_lanewise(e, x, y, weight, fresh);
    Strands<T> strands(e.in, e.windows);
    const std::size_t places = e.windows.places(), taps = strands.count();
    WeightSums<T> sums(e.out, taps);
    for (std::size_t g = 0; g < e.groups; ++g) {
        sums.clear();
        for (std::size_t n = 0; n < e.samples; ++n) {
            const std::size_t part = n * e.groups + g;
            strands.fill(x + part * e.in * e.windows.pixels(), e.in);
            sums.add(y + part * e.out * places, strands.data(), strands.offsets(),
                     {.count = 1, .length = places, .stride = places, .y_step = 0, .x_step = 0, .step = Batch<T>::size});
        }
        sums.write(weight + g * e.out * taps, fresh);
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
template <class T>
void convolve_transposed(const ConvolutionExtents& e, const T* y, const T* weight, const T* bias, T* x, bool fresh) {
    const auto& [h, w] = e.windows;
    for (std::size_t rh = 0; rh < std::min(h.stride, h.extent); ++rh) {
        for (std::size_t rw = 0; rw < std::min(w.stride, w.extent); ++rw) {
            const Interleaved ph = interleaved(h, rh), pw = interleaved(w, rw);
            const ConvolutionExtents part{e.samples, e.groups, e.out, e.in, {ph.slide, pw.slide}};
            const Tensor<T> turned(Shape{part.size(Role::weight)});
            T* to = turned.data();
            for (std::size_t g = 0; g < e.groups; ++g) {
                for (std::size_t c = 0; c < e.in; ++c) {
                    for (std::size_t o = 0; o < e.out; ++o) {
                        const T* const kernel = weight + ((g * e.out + o) * e.in + c) * e.windows.taps();
                        for (std::size_t i = 0; i < ph.slide.kernel; ++i) {
                            for (std::size_t j = 0; j < pw.slide.kernel; ++j)
                                *to++ = kernel[ph.tap(i) * w.kernel + pw.tap(j)];
                        }
                    }
                }
            }
            if (h.stride == 1 && w.stride == 1) return convolve(part, y, turned.data(), bias, x, fresh);
            const Tensor<T> pixels(Shape{part.size(Role::output)});
            convolve(part, y, turned.data(), bias, pixels.data(), true);
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

template <class T>
bool has_direct_way(const ConvolutionExtents& e, Role role) noexcept {
    const auto& [h, w] = e.windows;
    const bool empty = e.size(Role::weight) == 0 || e.windows.places() == 0 || e.windows.pixels() == 0;
    // The unfolded matrix of a single tap is the image itself.
    if (empty || (e.windows.taps() == 1 && h.stride == 1 && w.stride == 1)) return false;
    const auto has_way = [](const ConvolutionExtents& convolution) {
        return suits_lanes<T>(convolution) || Strands<T>::are_small(convolution.windows);
    };
    if (role == Role::input) {
        return is_interleaved(h) && is_interleaved(w) &&
               has_way({e.samples, e.groups, e.out, e.in, {interleaved(h, 0).slide, interleaved(w, 0).slide}});
    }
    // The partial sums of the weight's gradient must stay in the cache, of the second level.
    const bool few_sums = e.out * e.in * e.windows.taps() * sizeof(Batch<T>) <= (std::size_t{5} << 19);
    return has_way(e) && (role == Role::output || few_sums);
}

template <class T>
void contract_directly(const ConvolutionExtents& e, Role role, const std::array<const T*, 3>& arrays, const T* bias,
                       T* result, bool fresh) {
    const auto& [x, weight, y] = arrays;
    if (role == Role::output) {
        convolve(e, x, weight, bias, result, fresh);
    } else if (role == Role::input) {
        convolve_transposed(e, y, weight, bias, result, fresh);
    } else {
        sum_products(e, x, y, result, fresh);
    }
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template bool has_direct_way<T>(const ConvolutionExtents&, Role) noexcept;                                         \
    template void contract_directly(const ConvolutionExtents&, Role, const std::array<const T*, 3>&, const T*, T*, bool);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::ops

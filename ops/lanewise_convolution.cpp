#include <xgrad/ops/lanewise_convolution.hpp>

#include <xgrad/ops/convolution_tiles.hpp>
#include <xgrad/ops/transpose_kernels.hpp>

#include <utility>

namespace xgrad::ops {

using namespace tiles;

namespace {

/// Images of several samples, pixel by pixel with the samples side by side: (channels, height, width, lanes), padded.
template <class T>
class LaneImages {
  public:
    LaneImages(std::size_t channels, const Windows& windows)
        : channels_(channels), height_(windows.h.reach()), width_(windows.w.reach()), windows_(windows),
          elements_(Shape{channels, height_, width_, lanes}) {}

    /// @param from    the image of the first sample
    /// @param stride  from one sample to the next
    void fill(const T* from, std::size_t stride, std::size_t samples) {
        const auto& [h, w] = windows_;
        const std::size_t rows = on_image(h), columns = on_image(w);
        const bool padded = rows * columns < std::max(windows_.pixels(), height_ * width_);
        // The padding is zero, and so are the lanes of no sample.
        if (samples != std::exchange(samples_, samples) && (padded || samples < lanes))
            std::fill_n(elements_.data(), elements_.size(), T(0));
        if (!padded) return transpose_matrix(from, stride, elements_.data(), lanes, channels_ * rows * columns, samples);
        for (std::size_t c = 0; c < channels_; ++c) {
            const T* image = from + c * windows_.pixels();
            T* to = elements_.data() + ((c * height_ + h.padding) * width_ + w.padding) * lanes;
            for (std::size_t row = 0; row < rows; ++row, image += w.extent, to += width_ * lanes)
                transpose_matrix(image, stride, to, lanes, columns, samples);
        }
    }

    const T* data() const noexcept { return elements_.data(); }
    std::size_t row_size() const noexcept { return width_ * lanes; }
    /// Where a tap is in the first window, which is how far it is from the start of any.
    std::size_t offset(std::size_t channel, std::size_t i, std::size_t j) const noexcept {
        return ((channel * height_ + i * windows_.h.dilation) * width_ + j * windows_.w.dilation) * lanes;
    }

    static constexpr std::size_t lanes = Batch<T>::size;

  private:
    /// How many of the pixels along an axis the windows go over.
    static std::size_t on_image(const Slide& slide) noexcept {
        return slide.reach() > slide.padding ? std::min(slide.extent, slide.reach() - slide.padding) : 0;
    }

    std::size_t channels_, height_, width_, samples_ = 0;
    Windows windows_;
    Tensor<T> elements_;
};

} // namespace

template <class T>
void convolve_lanewise(const ConvolutionExtents& e, const T* x, const T* weight, const T* bias, T* y, bool fresh) {
    constexpr std::size_t W = Batch<T>::size;
    const auto& [h, w] = e.windows;
    const std::size_t pixels = e.windows.pixels(), places = e.windows.places();
    LaneImages<T> images(e.in, e.windows);
    const Tensor<T> outputs(Shape{e.out * places * W});
    // By rows of the kernel: near the image's upper and lower edge, some of them are over the padding.
    const std::size_t row_strands = e.in * w.kernel, strands = h.kernel * row_strands;
    const Tensor<std::size_t> offsets(Shape{strands}), taps(Shape{strands});
    for (std::size_t k = 0; k < strands; ++k) {
        const std::size_t i = k / row_strands, c = k / w.kernel % e.in, j = k % w.kernel;
        offsets.data()[k] = images.offset(c, i, j);
        taps.data()[k] = (c * h.kernel + i) * w.kernel + j;
    }
    const Parts sets(e.samples, W);
    for (std::size_t g = 0; g < e.groups; ++g) {
        const T* const weight_of_group = weight + g * e.out * strands;
        const PackedWeight<T> packed(e.out, strands, [=, tap = taps.data()](std::size_t row, std::size_t k) {
            return weight_of_group[row * strands + tap[k]];
        });
        const T* const bias_of_group = bias ? bias + g * e.out : nullptr;
        const Start start = !fresh ? Start::result : bias ? Start::bias : Start::zero;
        for (std::size_t set = 0; set < sets.count; ++set) {
            const std::size_t part = sets.begin(set) * e.groups + g, samples = sets.length(set);
            images.fill(x + part * e.in * pixels, e.groups * e.in * pixels, samples);
            T* const to = y + part * e.out * places;
            const std::size_t stride = e.groups * e.out * places; // from one sample to the next
            if (!fresh) transpose_matrix(to, stride, outputs.data(), W, e.out * places, samples);
            for (std::size_t u = 0; u < h.places; ++u) {
                const Slide::Range rows = h.taps(u);
                const std::size_t first = rows.begin * row_strands;
                const StrandsView<T> view{images.data() + u * h.stride * images.row_size(), offsets.data() + first,
                                          w.stride * W};
                packed.multiply(first, rows.size() * row_strands, view, w.places * W, start, bias_of_group,
                                outputs.data() + u * w.places * W, places * W);
            }
            transpose_matrix(outputs.data(), W, to, stride, samples, e.out * places);
        }
    }
}

template <class T>
void sum_products_lanewise(const ConvolutionExtents& e, const T* x, const T* y, T* weight, bool fresh) {
    constexpr std::size_t W = Batch<T>::size;
    const auto& [h, w] = e.windows;
    const std::size_t pixels = e.windows.pixels(), places = e.windows.places(), strands = e.in * e.windows.taps();
    LaneImages<T> images(e.in, e.windows);
    LaneImages<T> outputs(e.out, {{.extent = h.places, .places = h.places}, {.extent = w.places, .places = w.places}});
    const Tensor<std::size_t> offsets(Shape{strands});
    for (std::size_t k = 0; k < strands; ++k)
        offsets.data()[k] = images.offset(k / e.windows.taps(), k / w.kernel % h.kernel, k % w.kernel);
    // As many lines at a time as a tile reads from the first-level cache.
    const std::size_t line = w.places * W, most = (std::size_t{1} << 15) / (sum_rows * line * sizeof(T));
    const Parts bands(h.places, std::max<std::size_t>(1, most));
    WeightSums<T> sums(e.out, strands);
    const Parts sets(e.samples, W);
    for (std::size_t g = 0; g < e.groups; ++g) {
        sums.clear();
        for (std::size_t set = 0; set < sets.count; ++set) {
            const std::size_t part = sets.begin(set) * e.groups + g, samples = sets.length(set);
            images.fill(x + part * e.in * pixels, e.groups * e.in * pixels, samples);
            outputs.fill(y + part * e.out * places, e.groups * e.out * places, samples);
            for (std::size_t band = 0; band < bands.count; ++band) {
                const std::size_t first = bands.begin(band);
                sums.add(outputs.data() + first * line, images.data() + first * h.stride * images.row_size(), offsets.data(),
                         {.count = bands.length(band),
                          .length = line,
                          .stride = places * W,
                          .y_step = line,
                          .x_step = h.stride * images.row_size(),
                          .step = w.stride * W});
            }
        }
        sums.write(weight + g * e.out * strands, fresh);
    }
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template void convolve_lanewise(const ConvolutionExtents&, const T*, const T*, const T*, T*, bool);                \
    template void sum_products_lanewise(const ConvolutionExtents&, const T*, const T*, T*, bool);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::ops

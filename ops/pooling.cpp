#include <xgrad/ops/pooling.hpp>

#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/region.hpp>
#include <xgrad/ops/sliding_window.hpp>

#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

namespace xgrad {

using ops::Caller;
using ops::Slide;
using ops::Windows;

namespace {

/// The windows of a pooling: those within the padded image, and in ceil mode those that hang over its end but start
/// before the end of the image itself.
Windows pooling_windows(const Caller& caller, const Shape& x, const ops::WindowOptions& options, bool ceil_mode) {
    if (x.rank() != caller.axes + 2) {
        caller.shape_error(std::string("the input must have the shape ") +
                           (caller.axes == 1 ? "(N, C, L)" : "(N, C, H, W)") + ", not " + to_string(x));
    }
    const Extent2 image = ops::image_extents(x, caller.axes), padding = options.padding, kernel = options.kernel;
    if (image.h == 0 || image.w == 0) caller.shape_error("the images of " + to_string(x) + " have no pixels");
    caller.check_range("kernel", kernel, 1);
    caller.check_range("padding", padding, 0);
    if (padding.h > kernel.h / 2 || padding.w > kernel.w / 2) {
        caller.value_error("padding must be at most half of the kernel " + caller.text(kernel) + ", not " +
                           caller.text(padding));
    }
    return make_windows(caller, x, options, ceil_mode ? ops::Overhang::allowed : ops::Overhang::none);
}

// ---------------------------------------------------------------------------------------------------------------------
// Maximum

/// The pixels of one image.
std::size_t image_size(const Shape& shape) noexcept {
    return shape.product(2, shape.rank());
}

/// Of each element of the result, which pixel of its image it is.
using Pixels = Tensor<std::int32_t>;

/// So many images that a thread has work for some tens of microseconds.
std::size_t images_of_part(std::size_t pixels) noexcept {
    return 1 + 32768 / (pixels + 1);
}

/// to[pixels] += from, image by image, which are `stride` apart; with `fresh`, to zeros.
template <class T>
void scatter(const Pixels& pixels, std::size_t stride, const T* from, T* to, bool fresh) {
    const std::size_t places = image_size(pixels.shape()), images = places == 0 ? 0 : pixels.size() / places;
    parallel_for(images, images_of_part(stride), [&](std::size_t begin, std::size_t end) {
        for (std::size_t image = begin; image < end; ++image) {
            const std::int32_t* const pixel = pixels.data() + image * places;
            const T* const adjoint = from + image * places;
            T* const pixels_of_image = to + image * stride;
            if (fresh) std::fill_n(pixels_of_image, stride, T(0));
            for (std::size_t i = 0; i < places; ++i) pixels_of_image[pixel[i]] += adjoint[i];
        }
    });
}

template <class T>
Variable<T> max_unpool(const Variable<T>& g, const Pixels& pixels, const Shape& shape, const Location& at);

template <class T>
Variable<T> pick(const char* name, const Variable<T>& x, const Pixels& pixels, const Location& at);

/// Picks the given pixels of each image: a pooling, once the places of its maxima are known.
template <class T>
class MaxPool final : public Operation<T> {
  public:
    MaxPool(const char* name, Pixels pixels) : Operation<T>(Saves::nothing), name_(name), pixels_(std::move(pixels)) {}
    const char* name() const noexcept override { return name_; }

    void vjp(Pullback<T>& p) const override { p.add(0, max_unpool(p.grad(), pixels_, p.shape(0), p.at())); }

    void backward(Pullback<T>& p) const override {
        const auto [to, fresh] = p.target(0, false);
        scatter(pixels_, image_size(p.shape(0)), p.adjoint().data(), to, fresh);
    }

    std::size_t flops(std::span<const Shape> parents, const Shape&) const override { return parents[0].size(); }

  private:
    const char* name_;
    Pixels pixels_;
};

template <class T>
class MaxUnpool final : public Operation<T> {
  public:
    explicit MaxUnpool(Pixels pixels) : Operation<T>(Saves::nothing), pixels_(std::move(pixels)) {}
    const char* name() const noexcept override { return "max_unpool"; }
    void vjp(Pullback<T>& p) const override { p.add(0, pick("max_unpool_adjoint", p.grad(), pixels_, p.at())); }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override { return parents[0].size(); }

  private:
    Pixels pixels_;
};

template <class T>
Variable<T> max_unpool(const Variable<T>& g, const Pixels& pixels, const Shape& shape, const Location& at) {
    Tensor<T> value(shape);
    scatter(pixels, image_size(shape), g.tensor().data(), value.data(), true);
    return record<T>("max_unpool", std::move(value), {&g}, at, [&] { return new MaxUnpool<T>(pixels); });
}

template <class T>
Variable<T> pick(const char* name, const Variable<T>& x, const Pixels& pixels, const Location& at) {
    Tensor<T> value(pixels.shape());
    const std::size_t places = image_size(pixels.shape()), pixels_of_image = image_size(x.shape());
    const T* from = x.tensor().data();
    for (std::size_t start = 0; start < pixels.size(); start += places, from += pixels_of_image) {
        for (std::size_t i = start; i < start + places; ++i) value.data()[i] = from[pixels.data()[i]];
    }
    return record<T>(name, std::move(value), {&x}, at, [&] { return new MaxPool<T>(name, pixels); });
}

/// N elements side by side, in registers of whatever size there are.
template <class T, std::size_t N>
using Lanes [[gnu::vector_size(N * sizeof(T))]] = T;

/// Loads N elements that are `stride` apart.
/// @tparam Stride  the stride if it is 1 or 2
template <std::size_t N, std::size_t Stride, class T, class L>
void load_lanes(const T* from, std::size_t stride, L& lanes) {
    if constexpr (Stride == 1) {
        std::memcpy(&lanes, from, sizeof(lanes));
    } else if constexpr (Stride == 2 && N > 1) {
        // The second half are the odd ones of what ends with the last of them: nothing beyond is read.
        L first, second;
        std::memcpy(&first, from, sizeof(first));
        std::memcpy(&second, from + N - 1, sizeof(second));
        [&]<int... K>(std::integer_sequence<int, K...>) {
            lanes = __builtin_shufflevector(first, second, (2 * K + (2 * K >= static_cast<int>(N)))...);
        }(std::make_integer_sequence<int, static_cast<int>(N)>());
    } else {
        for (std::size_t k = 0; k < N; ++k) lanes[k] = from[k * stride];
    }
}

/// Of each of N windows side by side the largest pixel so far, and how far it is from the window's first.
template <std::size_t N, class T>
struct Largest {
    Lanes<T, N> value;
    Lanes<std::int32_t, N> offset;

    /// Without branches: the order of the pixels cannot be foreseen.
    void take_larger(const Largest& other) {
        const auto larger = (other.value > value) | (other.value != other.value); // or NaN
        value = larger ? other.value : value;
        offset = __builtin_convertvector(larger, Lanes<std::int32_t, N>) ? other.offset : offset;
    }
};

/// Windows that have the same taps on the image.
struct Block {
    Slide::Range lines, places, rows, columns; ///< which windows, and which taps of each

    bool is(std::size_t height, std::size_t width) const { return rows.size() == height && columns.size() == width; }
};

/// The largest pixel under each window of a block, and where it is.
/// @tparam N       how many windows of a line to look at together; there may be fewer
/// @tparam Stride  the stride along a line if it is 1 or 2, the usual ones
/// @tparam Size    the rows and columns of taps if they are 2, the usual number
template <std::size_t N, std::size_t Stride, std::size_t Size, class T>
void largest_pixels(const T* image, const Windows& windows, const Block& block, T* largest, std::int32_t* pixels) {
    const std::size_t count = block.places.size();
    if (count < N) {
        if constexpr (N > 1) largest_pixels<N / 2, Stride, Size>(image, windows, block, largest, pixels);
        return;
    }
    const auto& [h, w] = windows;
    const std::size_t height = Size ? Size : block.rows.size(), width = Size ? Size : block.columns.size();
    const std::size_t stride = Stride ? Stride : w.stride, next_row = h.dilation * w.extent, next_column = w.dilation;
    Lanes<std::int32_t, N> starts;
    for (std::size_t k = 0; k < N; ++k) starts[k] = static_cast<std::int32_t>(k * stride);
    const auto column = static_cast<std::size_t>(w.pixel(block.places.begin, block.columns.begin));
    for (std::size_t line = block.lines.begin; line < block.lines.end; ++line) {
        const std::size_t first = static_cast<std::size_t>(h.pixel(line, block.rows.begin)) * w.extent + column;
        const std::size_t start = line * w.places + block.places.begin;
        for (std::size_t k = 0; k < count; k += N) {
            const std::size_t place = std::min(k, count - N); // the last may overlap those before
            const std::size_t pixel = first + place * stride;
            const auto get = [&](std::size_t tap, Largest<N, T>& result) {
                load_lanes<N, Stride>(image + pixel + tap, stride, result.value);
                result.offset = Lanes<std::int32_t, N>{} + static_cast<std::int32_t>(tap);
            };
            Largest<N, T> result;
            for (std::size_t i = 0; i < height; ++i) {
                Largest<N, T> of_row, next;
                get(i * next_row, of_row);
                for (std::size_t j = 1; j < width; ++j) {
                    get(i * next_row + j * next_column, next);
                    of_row.take_larger(next);
                }
                if (i == 0) {
                    result = of_row;
                } else {
                    result.take_larger(of_row);
                }
            }
            result.offset += starts + static_cast<std::int32_t>(pixel);
            std::memcpy(largest + start + place, &result.value, sizeof(result.value));
            std::memcpy(pixels + start + place, &result.offset, sizeof(result.offset));
        }
    }
}

/// Calls `f(places, taps)` for places one after the other at which the same taps are on the image.
template <class F>
void for_each_range(const Slide& slide, const F& f) {
    // Those at which all are come in one range.
    const std::size_t begin = slide.inside(0).begin, end = std::max(begin, slide.inside(slide.kernel - 1).end);
    for (std::size_t place = 0; place < begin; ++place) f(Slide::Range{place, place + 1}, slide.taps(place));
    if (begin < end) f(Slide::Range{begin, end}, Slide::Range{0, slide.kernel});
    for (std::size_t place = end; place < slide.places; ++place) f(Slide::Range{place, place + 1}, slide.taps(place));
}

/// The largest pixels under the windows over one image, and where they are.
template <class T>
void largest_pixels(const T* image, const Windows& windows, T* largest, std::int32_t* pixels) {
    const auto find = [](const Block& block, std::size_t stride) {
        if (stride == 2) return block.is(2, 2) ? largest_pixels<8, 2, 2, T> : largest_pixels<8, 2, 0, T>;
        return stride == 1 ? largest_pixels<8, 1, 0, T> : largest_pixels<8, 0, 0, T>;
    };
    for_each_range(windows.h, [&](Slide::Range lines, Slide::Range rows) {
        for_each_range(windows.w, [&](Slide::Range places, Slide::Range columns) {
            const Block block{lines, places, rows, columns};
            find(block, windows.w.stride)(image, windows, block, largest, pixels);
        });
    });
}

/// @throws ShapeError if a window has no pixel of the image: dilated, it can have the image between two taps
void check_touching(const Caller& caller, const Shape& shape, const Slide& slide, const ops::WindowOptions& options) {
    // Only windows that start in the padding are in question: the others start on the image.
    for (std::size_t place = 0; place < slide.places && place * slide.stride < slide.padding; ++place) {
        if (slide.taps(place).size() > 0) continue;
        caller.shape_error("a window has no pixel on the image: input " + to_string(shape) + ", kernel " +
                           caller.text(options.kernel) + ", padding " + caller.text(options.padding) + ", dilation " +
                           caller.text(options.dilation));
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Mean

/// A mean's windows, and by what it divides.
struct Averages {
    Windows windows;
    bool count_include_pad;

    /// How many pixels count along an axis of the window at `place`.
    std::size_t count(const Slide& slide, std::size_t place) const noexcept {
        const auto first = slide.pixel(place, 0), padding = static_cast<std::ptrdiff_t>(slide.padding);
        const auto end = static_cast<std::ptrdiff_t>(slide.extent);
        const std::ptrdiff_t last = first + static_cast<std::ptrdiff_t>(slide.kernel);
        if (count_include_pad) return static_cast<std::size_t>(std::min(last, end + padding) - first);
        return static_cast<std::size_t>(std::min(last, end) - std::max<std::ptrdiff_t>(first, 0));
    }

    /// Divides each element by its window's count.
    template <class T>
    void divide(const T* from, T* to) const {
        const auto& [h, w] = windows;
        for (std::size_t u = 0; u < h.places; ++u) {
            for (std::size_t v = 0; v < w.places; ++v, ++from, ++to) {
                *to = *from / static_cast<T>(count(h, u) * count(w, v));
            }
        }
    }
};

template <class T>
Variable<T> averaged(const Variable<T>& x, const Averages& averages, const Location& at);
template <class T>
Variable<T> spread(const Variable<T>& g, const Averages& averages, const Location& at);

/// Adds to each pixel its share of the adjoints of the windows that it is in.
template <class T>
void spread_images(const Tensor<T>& g, const Averages& averages, T* to) {
    const std::size_t places = averages.windows.places(), pixels = averages.windows.pixels();
    const Tensor<T> shares(Shape{places});
    for (std::size_t start = 0; start < g.size(); start += places, to += pixels) {
        averages.divide(g.data() + start, shares.data());
        const auto add = [from = shares.data(), to](std::size_t, std::size_t place, std::size_t pixel, std::size_t n,
                                                    std::size_t stride) {
            for (std::size_t i = 0; i < n; ++i) to[pixel + i * stride] += from[place + i];
        };
        ops::for_each_window_run(1, averages.windows, add);
    }
}

template <class T>
class AvgPool final : public Operation<T> {
  public:
    explicit AvgPool(const Averages& averages) : Operation<T>(Saves::nothing), averages_(averages) {}
    const char* name() const noexcept override { return "avg_pool2d"; }
    void vjp(Pullback<T>& p) const override { p.add(0, spread(p.grad(), averages_, p.at())); }

    void backward(Pullback<T>& p) const override {
        const auto [to, fresh] = p.target(0, false);
        if (fresh) std::fill_n(to, p.shape(0).size(), T(0));
        spread_images(p.adjoint(), averages_, to);
    }

    std::size_t flops(std::span<const Shape>, const Shape& result) const override {
        return result.size() * averages_.windows.taps();
    }

  private:
    Averages averages_;
};

template <class T>
class AvgPoolAdjoint final : public Operation<T> {
  public:
    explicit AvgPoolAdjoint(const Averages& averages) : Operation<T>(Saves::nothing), averages_(averages) {}
    const char* name() const noexcept override { return "avg_pool2d_adjoint"; }
    void vjp(Pullback<T>& p) const override { p.add(0, averaged(p.grad(), averages_, p.at())); }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        return parents[0].size() * averages_.windows.taps();
    }

  private:
    Averages averages_;
};

template <class T>
Variable<T> averaged(const Variable<T>& x, const Averages& averages, const Location& at) {
    const Windows& windows = averages.windows;
    Tensor<T> value(ops::with_image(x.shape(), 2, windows.h.places, windows.w.places), T(0));
    const T* image = x.tensor().data();
    const std::size_t places = windows.places();
    for (std::size_t start = 0; start < value.size(); start += places, image += windows.pixels()) {
        T* const sums = value.data() + start;
        const auto add = [=](std::size_t, std::size_t place, std::size_t pixel, std::size_t n, std::size_t stride) {
            for (std::size_t i = 0; i < n; ++i) sums[place + i] += image[pixel + i * stride];
        };
        ops::for_each_window_run(1, windows, add);
        averages.divide(sums, sums);
    }
    return record<T>("avg_pool2d", std::move(value), {&x}, at, [&] { return new AvgPool<T>(averages); });
}

template <class T>
Variable<T> spread(const Variable<T>& g, const Averages& averages, const Location& at) {
    Tensor<T> value(ops::with_image(g.shape(), 2, averages.windows.h.extent, averages.windows.w.extent), T(0));
    spread_images(g.tensor(), averages, value.data());
    return record<T>("avg_pool2d_adjoint", std::move(value), {&g}, at, [&] { return new AvgPoolAdjoint<T>(averages); });
}

} // namespace

template <class T>
Variable<T> ops::max_pool(const Variable<T>& x, std::size_t axes, Extent2 kernel, const MaxPool2dOptions& options,
                          const Location& at) {
    const Caller caller{axes == 1 ? "max_pool1d" : "max_pool2d", axes, at};
    const WindowOptions window{kernel, options.stride.value_or(kernel), options.padding, options.dilation};
    const Windows windows = pooling_windows(caller, x.shape(), window, options.ceil_mode);
    check_touching(caller, x.shape(), windows.h, window);
    check_touching(caller, x.shape(), windows.w, window);
    if (windows.pixels() > std::numeric_limits<std::int32_t>::max())
        caller.shape_error("the images of " + to_string(x.shape()) + " have too many pixels");

    Tensor<T> value(with_image(x.shape(), axes, windows.h.places, windows.w.places));
    Pixels pixels(value.shape());
    const std::size_t places = windows.places(), images = places == 0 ? 0 : value.size() / places;
    parallel_for(images, images_of_part(windows.pixels()), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const T* const image = x.tensor().data() + i * windows.pixels();
            largest_pixels(image, windows, value.data() + i * places, pixels.data() + i * places);
        }
    });
    return record<T>(caller.operation, std::move(value), {&x}, at,
                     [&] { return new MaxPool<T>(caller.operation, std::move(pixels)); });
}

template <class T>
Variable<T> avg_pool2d(const Variable<T>& x, Extent2 kernel, const AvgPool2dOptions& options, Location at) {
    const Caller caller{"avg_pool2d", 2, at};
    const ops::WindowOptions window{kernel, options.stride.value_or(kernel), options.padding};
    const Windows windows = pooling_windows(caller, x.shape(), window, options.ceil_mode);
    return averaged(x, Averages{windows, options.count_include_pad}, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template Variable<T> ops::max_pool(const Variable<T>&, std::size_t, Extent2, const MaxPool2dOptions&,              \
                                       const Location&);                                                              \
    template Variable<T> avg_pool2d(const Variable<T>&, Extent2, const AvgPool2dOptions&, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

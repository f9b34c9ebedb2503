#include <xgrad/ops/pooling.hpp>

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

/// to[pixels] += from, image by image, which are `stride` apart; with `fresh`, to zeros.
template <class T>
void scatter(const Pixels& pixels, std::size_t stride, const T* from, T* to, bool fresh) {
    const std::size_t places = image_size(pixels.shape());
    const std::int32_t* pixel = pixels.data();
    for (const std::int32_t* const end = pixels.end(); pixel < end; pixel += places, from += places, to += stride) {
        if (fresh) std::fill_n(to, stride, T(0));
        for (std::size_t i = 0; i < places; ++i) to[pixel[i]] += from[i];
    }
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
/// @tparam Stride  the stride if it is 1 or 2, the usual ones
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

/// The largest pixel under each of N windows side by side, and where it is. Without branches: the order of the pixels
/// cannot be foreseen.
/// @param rows, columns  the taps that are on the image, of every window
/// @param line           the pixel under the first of them, of the first window
template <std::size_t N, std::size_t Stride, class T>
void largest_of_windows(const T* image, const Windows& windows, Slide::Range rows, Slide::Range columns, std::size_t line,
                        T* largest, std::int32_t* pixels) {
    const auto& [h, w] = windows;
    Lanes<T, N> value = Lanes<T, N>{} - std::numeric_limits<T>::infinity(), x;
    Lanes<std::int32_t, N> offset;
    for (std::size_t k = 0; k < N; ++k) offset[k] = static_cast<std::int32_t>(k * (Stride ? Stride : w.stride));
    auto position = offset + static_cast<std::int32_t>(line);
    for (std::size_t i = rows.begin; i < rows.end; ++i, line += h.dilation * w.extent) {
        std::size_t pixel = line;
        for (std::size_t j = columns.begin; j < columns.end; ++j, pixel += w.dilation) {
            load_lanes<N, Stride>(image + pixel, w.stride, x);
            const auto larger = (x > value) | (x != x); // or NaN
            value = larger ? x : value;
            position = __builtin_convertvector(larger, Lanes<std::int32_t, N>)
                           ? offset + static_cast<std::int32_t>(pixel)
                           : position;
        }
    }
    std::memcpy(largest, &value, sizeof(value));
    std::memcpy(pixels, &position, sizeof(position));
}

/// Calls `f.template operator()<N>(place)` for each N places from `begin` on; the last may overlap those before them.
template <std::size_t N, class F>
void for_each_lanes(std::size_t begin, std::size_t end, const F& f) {
    if (begin + N <= end) {
        for (; begin + N <= end; begin += N) f.template operator()<N>(begin);
        if (begin < end) f.template operator()<N>(end - N);
    } else if constexpr (N > 1) {
        for_each_lanes<N / 2>(begin, end, f);
    }
}

/// The largest pixels under the windows over one image, and where they are.
template <std::size_t Stride, class T>
void largest_pixels(const T* image, Windows windows, T* largest, std::int32_t* pixels) {
    const auto& [h, w] = windows;
    // The places at which all taps are on the image.
    const std::size_t begin = w.inside(0).begin, end = std::max(begin, w.inside(w.kernel - 1).end);
    for (std::size_t u = 0; u < h.places; ++u, largest += w.places, pixels += w.places) {
        const Slide::Range rows = h.taps(u);
        const std::size_t line = static_cast<std::size_t>(h.pixel(u, rows.begin)) * w.extent;
        const auto over_the_edge = [&]<std::size_t N>(std::size_t v) {
            const Slide::Range columns = w.taps(v);
            const std::size_t pixel = line + static_cast<std::size_t>(w.pixel(v, columns.begin));
            largest_of_windows<N, Stride>(image, windows, rows, columns, pixel, largest + v, pixels + v);
        };
        const auto inside = [&]<std::size_t N>(std::size_t v) {
            const std::size_t pixel = line + v * w.stride - w.padding;
            largest_of_windows<N, Stride>(image, windows, rows, {0, w.kernel}, pixel, largest + v, pixels + v);
        };
        for_each_lanes<1>(0, begin, over_the_edge);
        for_each_lanes<8>(begin, end, inside);
        for_each_lanes<1>(end, w.places, over_the_edge);
    }
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
    const auto largest = windows.w.stride == 1   ? largest_pixels<1, T>
                         : windows.w.stride == 2 ? largest_pixels<2, T>
                                                 : largest_pixels<0, T>;
    const T* image = x.tensor().data();
    for (std::size_t start = 0; start < value.size(); start += windows.places(), image += windows.pixels())
        largest(image, windows, value.data() + start, pixels.data() + start);
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

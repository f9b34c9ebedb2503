/// @file
/// Windows that slide over images, as convolutions and poolings see them. Internal to ops/.
#pragma once

#include <xgrad/ops/extent2.hpp>

#include <algorithm>
#include <cstddef>
#include <string>

namespace xgrad::ops {

/// A window of `kernel` taps, `dilation` apart, that moves by `stride` along one axis of an image, which has
/// `padding` further pixels at either end.
struct Slide {
    std::size_t extent; ///< of the image, without the padding
    std::size_t kernel = 1, stride = 1, padding = 0, dilation = 1;
    std::size_t places; ///< the number of positions that the window takes

    /// The pixel under a tap; outside [0, extent) it is of the padding.
    std::ptrdiff_t pixel(std::size_t place, std::size_t tap) const noexcept {
        return static_cast<std::ptrdiff_t>(place * stride + tap * dilation) -
               static_cast<std::ptrdiff_t>(padding);
    }

    struct Range {
        std::size_t begin, end;
        std::size_t size() const noexcept { return end - begin; }
    };
    /// Of the first `count` places those at which what lies `offset` after the window's start is on the image.
    Range on_image(std::size_t offset, std::size_t count) const noexcept { return on_image(offset, stride, count); }
    /// The places at which a tap is on the image.
    Range inside(std::size_t tap) const noexcept { return on_image(tap * dilation, places); }
    /// The taps that are on the image at a place.
    Range taps(std::size_t place) const noexcept { return on_image(place * stride, dilation, kernel); }
    /// How many pixels lie from the first tap of the first window to the last of the last, the padding included.
    /// @pre places > 0
    std::size_t reach() const noexcept { return (places - 1) * stride + (kernel - 1) * dilation + 1; }
    /// Taps of which some may be on the image. All others never are.
    Range touching() const noexcept {
        const std::size_t last = places == 0 ? 0 : (places - 1) * stride; // where the last window starts
        const std::size_t end = std::min(kernel, (extent + padding + dilation - 1) / dilation);
        return {std::min(end, padding > last ? (padding - last) / dilation : 0), end};
    }

  private:
    /// Which of `count` positions in the padded image, `step` apart from `start` on, are on the image.
    Range on_image(std::size_t start, std::size_t step, std::size_t count) const noexcept {
        const std::size_t end = extent + padding;
        if (count > 0 && start >= padding && start + (count - 1) * step < end) return {0, count}; // the usual case
        const std::size_t before = padding > start ? (padding - start + step - 1) / step : 0;
        const std::size_t until = end > start ? (end - start + step - 1) / step : 0;
        const std::size_t last = std::min(until, count);
        return {std::min(before, last), last};
    }
};

/// A window over the two axes of an image. A signal of one axis is an image of height 1.
struct Windows {
    Slide h, w;

    std::size_t pixels() const noexcept { return h.extent * w.extent; }
    std::size_t taps() const noexcept { return h.kernel * w.kernel; }
    std::size_t places() const noexcept { return h.places * w.places; }
    bool has_padding() const noexcept { return h.padding > 0 || w.padding > 0; }
};

/// What is asked of a window; checked by make_windows() and its like.
struct WindowOptions {
    Extent2 kernel, stride = 1, padding = 0, dilation = 1;
};

/// A call as its error messages name it.
struct Caller {
    const char* operation;
    std::size_t axes; ///< 1 or 2: how many axes the images have for the user
    Location at;

    /// "(3, 5)", or for one axis "5".
    std::string text(Extent2 extent) const;
    [[noreturn]] void shape_error(const std::string& what) const {
        throw ShapeError(std::string(operation) + ": " + what, at);
    }
    [[noreturn]] void value_error(const std::string& what) const {
        throw ValueError(std::string(operation) + ": " + what, at);
    }
    /// @throws ValueError if one of the two is less than `least`, or beyond 2^31 - 1, which keeps what is
    ///                    computed from them from overflowing
    void check_range(const char* option, Extent2 value, std::ptrdiff_t least) const;
};

/// The extents of an array's last `axes` axes.
inline Extent2 image_extents(const Shape& shape, std::size_t axes) noexcept {
    return {axes == 1 ? 1 : shape.back(1), shape.back()};
}

/// `shape` with its last axes replaced by those of an image.
Shape with_image(const Shape& shape, std::size_t axes, std::size_t height, std::size_t width);

/// Whether windows may end beyond the padded image.
enum class Overhang {
    none,
    allowed, ///< as far as they start before the end of the image itself: the "ceil mode" of poolings
};

/// The windows over images of `shape`'s last axes.
/// @throws ValueError if the kernel, the stride or the dilation is less than 1, or the padding negative
/// @throws ShapeError if the padded image is smaller than a window, or no array could hold a window or an element
///                    for each place
Windows make_windows(const Caller& caller, const Shape& shape, const WindowOptions& options,
                     Overhang overhang = Overhang::none);

/// Calls `run(row, place, pixel, length, stride)` for each run of pixels that a tap meets as the window goes along a row
/// of the image. The row is the tap's, of the unfolded matrix (channels taps, places); the pixel is the first one's
/// position in the image (channels, height, width).
template <class Run>
void for_each_window_run(std::size_t channels, const Windows& windows, Run&& run) {
    const auto& [h, w] = windows;
    const Slide::Range taps_h = h.touching(), taps_w = w.touching();
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t i = taps_h.begin; i < taps_h.end; ++i) {
            const Slide::Range lines = h.inside(i);
            std::size_t row = (c * h.kernel + i) * w.kernel + taps_w.begin;
            for (std::size_t j = taps_w.begin; j < taps_w.end; ++j, ++row) {
                const Slide::Range range = w.inside(j);
                if (range.size() == 0) continue;
                const std::size_t first = static_cast<std::size_t>(w.pixel(range.begin, j));
                for (std::size_t line = lines.begin; line < lines.end; ++line) {
                    const std::size_t y = c * h.extent + static_cast<std::size_t>(h.pixel(line, i));
                    run(row, line * w.places + range.begin, y * w.extent + first, range.size(), w.stride);
                }
            }
        }
    }
}

/// The pixels under each tap at each place, "im2col": columns (channels taps, places) of an image (channels, height,
/// width); 0 where the tap is over the padding.
template <class T>
void unfold_image(const T* image, std::size_t channels, const Windows& windows, T* columns) {
    if (windows.has_padding()) std::fill_n(columns, channels * windows.taps() * windows.places(), T(0));
    const auto copy = [=, places = windows.places()](std::size_t row, std::size_t place, std::size_t pixel, std::size_t n,
                                                     std::size_t stride) {
        const T* const from = image + pixel;
        T* const to = columns + row * places + place;
        if (stride == 1) {
            std::copy_n(from, n, to);
        } else {
            for (std::size_t i = 0; i < n; ++i) to[i] = from[i * stride];
        }
    };
    for_each_window_run(channels, windows, copy);
}

/// The transpose of unfold_image(), "col2im": adds each element of the columns to its pixel.
template <class T>
void fold_image(const T* columns, std::size_t channels, const Windows& windows, T* image) {
    const auto add = [=, places = windows.places()](std::size_t row, std::size_t place, std::size_t pixel, std::size_t n,
                                                    std::size_t stride) {
        const T* const from = columns + row * places + place;
        T* to = image + pixel;
        if (stride == 1) {
            for (std::size_t i = 0; i < n; ++i) to[i] += from[i];
        } else {
            for (std::size_t i = 0; i < n; ++i, to += stride) *to += from[i];
        }
    };
    for_each_window_run(channels, windows, add);
}

} // namespace xgrad::ops

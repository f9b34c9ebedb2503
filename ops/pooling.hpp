/// @file
/// The largest and the mean element of each window of a signal or an image, as PyTorch has them.
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/extent2.hpp>

#include <optional>

namespace xgrad {

/// How the windows of max_pool2d() go over the image. Each but `ceil_mode` takes one number, or `{height, width}`.
struct MaxPool2dOptions {
    std::optional<Extent2> stride{}; ///< from one window to the next; by default the kernel: windows side by side
    Extent2 padding = 0;             ///< pixels beyond each edge, which are never the largest
    Extent2 dilation = 1;            ///< from one pixel of a window to the next
    bool ceil_mode = false;          ///< windows may hang over the lower and right edge; see max_pool2d()
};

/// How the windows of max_pool1d() go over the signal.
struct MaxPool1dOptions {
    std::optional<std::ptrdiff_t> stride{}; ///< from one window to the next; by default the kernel
    std::ptrdiff_t padding = 0;             ///< elements beyond each end, which are never the largest
    std::ptrdiff_t dilation = 1;            ///< from one element of a window to the next
    bool ceil_mode = false;                 ///< windows may hang over the end
};

/// How the windows of avg_pool2d() go over the image, and what they divide by.
struct AvgPool2dOptions {
    std::optional<Extent2> stride{}; ///< from one window to the next; by default the kernel: windows side by side
    Extent2 padding = 0;             ///< zeros beyond each edge
    bool ceil_mode = false;          ///< windows may hang over the lower and right edge; see max_pool2d()
    bool count_include_pad = true;   ///< divide by the window's pixels in the padded image, not only those in the image
};

namespace ops {

/// max_pool2d() of images with `axes` axes.
template <class T>
Variable<T> max_pool(const Variable<T>& x, std::size_t axes, Extent2 kernel, const MaxPool2dOptions& options,
                     const Location& at);

} // namespace ops

/// The largest element of each window (torch.nn.functional.max_pool2d), NaN if there is one. The gradient goes to that
/// element; of equal ones to the first in the window, row by row.
///
/// A result is floor((H + 2 padding - dilation (kH - 1) - 1) / stride) + 1 high. With `ceil_mode` the quotient is
/// rounded up: windows then hang over the edge, and have fewer elements to choose from; but none starts beyond it.
/// @param x       images (N, C, H, W)
/// @param kernel  height and width of a window
/// @returns (N, C, H', W')
/// @throws ShapeError if x has not four axes, its images have no or more than 2^31 - 1 pixels, or a window exceeds the
///                    padded image or lies beside the image altogether
/// @throws ValueError if the kernel, the stride or the dilation is less than 1, the padding negative or more than half of
///                    the kernel
template <class T>
Variable<T> max_pool2d(const Variable<T>& x, Extent2 kernel, const MaxPool2dOptions& options = {},
                       Location at = Location::current()) {
    return ops::max_pool(x, 2, kernel, options, at);
}

/// The largest element of each window (torch.nn.functional.max_pool1d): max_pool2d() of images of height 1.
/// @param x  signals (N, C, L)
/// @returns (N, C, L')
/// @throws ShapeError, ValueError as max_pool2d()
template <class T>
Variable<T> max_pool1d(const Variable<T>& x, std::ptrdiff_t kernel, const MaxPool1dOptions& options = {},
                       Location at = Location::current()) {
    return ops::max_pool(x, 1, {1, kernel},
                         {.stride = Extent2(1, options.stride.value_or(kernel)),
                          .padding = {0, options.padding},
                          .dilation = {1, options.dilation},
                          .ceil_mode = options.ceil_mode},
                         at);
}

/// The mean of each window (torch.nn.functional.avg_pool2d), where the padding counts as zeros; see
/// `count_include_pad`. What hangs over the padding in `ceil_mode` never counts. The result is as large as that of
/// max_pool2d().
/// @param x       images (N, C, H, W)
/// @param kernel  height and width of a window
/// @returns (N, C, H', W')
/// @throws ShapeError if x has not four axes, its images have no pixels, or a window exceeds the padded image
/// @throws ValueError if the kernel or the stride is less than 1, the padding negative or more than half of the kernel
template <class T>
Variable<T> avg_pool2d(const Variable<T>& x, Extent2 kernel, const AvgPool2dOptions& options = {},
                       Location at = Location::current());

} // namespace xgrad

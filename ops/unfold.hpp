/// @file
/// The windows of an image as the columns of a matrix, and back.
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/extent2.hpp>

namespace xgrad {

/// How the windows of unfold() and fold() lie over an image. Each takes one number, or `{height, width}`.
struct UnfoldOptions {
    Extent2 stride = 1;   ///< from one window to the next
    Extent2 padding = 0;  ///< zeros beyond each edge
    Extent2 dilation = 1; ///< from one pixel of a window to the next
};

/// The windows of images as columns ("im2col", torch.nn.functional.unfold): y[n, (c, i, j), (u, v)] =
/// x[n, c, u stride + i dilation - padding, v stride + j dilation - padding]. A convolution is a product of its
/// weight with them. Linear; its adjoint is fold().
/// @param x       images (N, C, H, W)
/// @param kernel  height and width of a window
/// @returns (N, C kH kW, the number of windows)
/// @throws ShapeError if x has not four axes, a window exceeds the padded image, or the result is too large
/// @throws ValueError if the kernel, the stride or the dilation is less than 1, or the padding negative
template <class T>
Variable<T> unfold(const Variable<T>& x, Extent2 kernel, UnfoldOptions options = {},
                   Location at = Location::current());

/// Images from columns ("col2im", torch.nn.functional.fold): each pixel is the sum of the elements that unfold()
/// would take from it. Linear; its adjoint is unfold().
/// @param x            columns (N, C kH kW, the number of windows)
/// @param output_size  height and width of the images
/// @param kernel       height and width of a window
/// @returns (N, C, H, W)
/// @throws ShapeError if x has not three axes or not as many columns and rows as there are windows and pixels in
///                    one, a window exceeds the padded image, or the result is too large
/// @throws ValueError if the output size is negative, the kernel, the stride or the dilation less than 1, or the
///                    padding negative
template <class T>
Variable<T> fold(const Variable<T>& x, Extent2 output_size, Extent2 kernel, UnfoldOptions options = {},
                 Location at = Location::current());

} // namespace xgrad

/// @file
/// Convolutions and their transposes over signals and images, in PyTorch's layouts and with its options.
///
/// (Strictly they are cross-correlations: the kernel is not flipped. That is what the field calls a convolution.)
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/extent2.hpp>

namespace xgrad {

/// How the kernel of conv1d() goes over the signal.
struct Conv1dOptions {
    std::ptrdiff_t stride = 1;   ///< from one place of the kernel to the next
    std::ptrdiff_t padding = 0;  ///< zeros beyond each end
    std::ptrdiff_t dilation = 1; ///< from one tap of the kernel to the next
    std::ptrdiff_t groups = 1;   ///< parts of the channels that are convolved each by itself
};

/// How the kernel of conv2d() goes over the image. All but `groups` take one number, or `{height, width}`.
struct Conv2dOptions {
    Extent2 stride = 1;        ///< from one place of the kernel to the next
    Extent2 padding = 0;       ///< zeros beyond each edge
    Extent2 dilation = 1;      ///< from one tap of the kernel to the next
    std::ptrdiff_t groups = 1; ///< parts of the channels that are convolved each by itself
};

/// The options of the conv1d() that conv_transpose1d() is the transpose of.
struct ConvTranspose1dOptions {
    std::ptrdiff_t stride = 1;
    std::ptrdiff_t padding = 0; ///< what the result is cropped by at each end
    /// What the result is longer at its end: signals of several lengths have a convolution of one length.
    std::ptrdiff_t output_padding = 0;
    std::ptrdiff_t dilation = 1;
    std::ptrdiff_t groups = 1;
};

/// The options of the conv2d() that conv_transpose2d() is the transpose of.
struct ConvTranspose2dOptions {
    Extent2 stride = 1;
    Extent2 padding = 0; ///< what the result is cropped by at each edge
    /// What the result is larger at its lower and right edge: images of several sizes have a convolution of one size.
    Extent2 output_padding = 0;
    Extent2 dilation = 1;
    std::ptrdiff_t groups = 1;
};

namespace ops {

/// The convolution of images with `axes` axes.
/// @param bias  null if there is none
template <class T>
Variable<T> convolution(const Operand<T>& x, const Operand<T>& weight, const Operand<T>* bias, std::size_t axes,
                        const Conv2dOptions& options);

/// The transpose of convolution().
/// @param bias  null if there is none
template <class T>
Variable<T> transposed_convolution(const Operand<T>& x, const Operand<T>& weight, const Operand<T>* bias,
                                   std::size_t axes, const ConvTranspose2dOptions& options);

/// Options for signals as those for images of height 1.
inline Conv2dOptions as_image(const Conv1dOptions& o) noexcept {
    return {{1, o.stride}, {0, o.padding}, {1, o.dilation}, o.groups};
}
inline ConvTranspose2dOptions as_image(const ConvTranspose1dOptions& o) noexcept {
    return {{1, o.stride}, {0, o.padding}, {0, o.output_padding}, {1, o.dilation}, o.groups};
}

} // namespace ops

/// The convolution of images (torch.nn.functional.conv2d):
/// y[n, o, u, v] = bias[o] + sum over c, i, j of weight[o, c, i, j] x[n, c, u stride + i dilation - padding, ...], where
/// pixels beyond the edges are 0. A result is floor((H + 2 padding - dilation (kH - 1) - 1) / stride) + 1 high.
///
/// With `groups`, the channels of x and of y are cut into as many equal parts, and each part of y sees only its part of
/// x: `groups = in` is a depthwise convolution.
/// @param x       images (N, in, H, W)
/// @param weight  (out, in / groups, kH, kW)
/// @param bias    (out)
/// @returns (N, out, H', W')
/// @throws ShapeError if an operand has another number of axes, the channels do not fit together or are no multiple of
///                    `groups`, the kernel exceeds the padded image, or the result is too large
/// @throws ValueError if the stride, the dilation or `groups` is less than 1, or the padding negative
template <class X, class W, class B>
    requires Operands<X, W, B>
Variable<element_of<X, W, B>> conv2d(const X& x, const W& weight, const B& bias, const Conv2dOptions& options = {},
                                     Location at = Location::current()) {
    using T = element_of<X, W, B>;
    const Operand<T> b(bias, at);
    return ops::convolution<T>(Operand<T>(x, at), Operand<T>(weight, at), &b, 2, options);
}

/// Without a bias.
/// @copydetails conv2d(const X&, const W&, const B&, const Conv2dOptions&, Location)
template <class X, class W>
    requires Operands<X, W>
Variable<element_of<X, W>> conv2d(const X& x, const W& weight, const Conv2dOptions& options = {},
                                  Location at = Location::current()) {
    using T = element_of<X, W>;
    return ops::convolution<T>(Operand<T>(x, at), Operand<T>(weight, at), nullptr, 2, options);
}

/// The convolution of signals (torch.nn.functional.conv1d): conv2d() of images of height 1.
/// @param x       signals (N, in, L)
/// @param weight  (out, in / groups, k)
/// @param bias    (out)
/// @returns (N, out, L')
/// @throws ShapeError, ValueError as conv2d()
template <class X, class W, class B>
    requires Operands<X, W, B>
Variable<element_of<X, W, B>> conv1d(const X& x, const W& weight, const B& bias, const Conv1dOptions& options = {},
                                     Location at = Location::current()) {
    using T = element_of<X, W, B>;
    const Operand<T> b(bias, at);
    return ops::convolution<T>(Operand<T>(x, at), Operand<T>(weight, at), &b, 1, ops::as_image(options));
}

/// Without a bias.
/// @copydetails conv1d(const X&, const W&, const B&, const Conv1dOptions&, Location)
template <class X, class W>
    requires Operands<X, W>
Variable<element_of<X, W>> conv1d(const X& x, const W& weight, const Conv1dOptions& options = {},
                                  Location at = Location::current()) {
    using T = element_of<X, W>;
    return ops::convolution<T>(Operand<T>(x, at), Operand<T>(weight, at), nullptr, 1, ops::as_image(options));
}

/// The transposed convolution (torch.nn.functional.conv_transpose2d): each pixel of x, times the kernel, is added to
/// y where conv2d() with the same weight and options would have read; so it is the gradient of conv2d() with respect
/// to its input. The result is (H - 1) stride - 2 padding + dilation (kH - 1) + output_padding + 1 high.
/// @param x       images (N, in, H, W)
/// @param weight  (in, out / groups, kH, kW)
/// @param bias    (out)
/// @returns (N, out, H', W')
/// @throws ShapeError if an operand has another number of axes, the channels do not fit together or are no multiple of
///                    `groups`, or the result has no pixels or is too large
/// @throws ValueError if the stride, the dilation or `groups` is less than 1, a padding negative, or the output padding
///                    less than neither the stride nor the dilation
template <class X, class W, class B>
    requires Operands<X, W, B>
Variable<element_of<X, W, B>> conv_transpose2d(const X& x, const W& weight, const B& bias,
                                               const ConvTranspose2dOptions& options = {},
                                               Location at = Location::current()) {
    using T = element_of<X, W, B>;
    const Operand<T> b(bias, at);
    return ops::transposed_convolution<T>(Operand<T>(x, at), Operand<T>(weight, at), &b, 2, options);
}

/// Without a bias.
/// @copydetails conv_transpose2d(const X&, const W&, const B&, const ConvTranspose2dOptions&, Location)
template <class X, class W>
    requires Operands<X, W>
Variable<element_of<X, W>> conv_transpose2d(const X& x, const W& weight, const ConvTranspose2dOptions& options = {},
                                            Location at = Location::current()) {
    using T = element_of<X, W>;
    return ops::transposed_convolution<T>(Operand<T>(x, at), Operand<T>(weight, at), nullptr, 2, options);
}

/// The transposed convolution of signals (torch.nn.functional.conv_transpose1d): conv_transpose2d() of images of
/// height 1.
/// @param x       signals (N, in, L)
/// @param weight  (in, out / groups, k)
/// @param bias    (out)
/// @returns (N, out, L')
/// @throws ShapeError, ValueError as conv_transpose2d()
template <class X, class W, class B>
    requires Operands<X, W, B>
Variable<element_of<X, W, B>> conv_transpose1d(const X& x, const W& weight, const B& bias,
                                               const ConvTranspose1dOptions& options = {},
                                               Location at = Location::current()) {
    using T = element_of<X, W, B>;
    const Operand<T> b(bias, at);
    return ops::transposed_convolution<T>(Operand<T>(x, at), Operand<T>(weight, at), &b, 1, ops::as_image(options));
}

/// Without a bias.
/// @copydetails conv_transpose1d(const X&, const W&, const B&, const ConvTranspose1dOptions&, Location)
template <class X, class W>
    requires Operands<X, W>
Variable<element_of<X, W>> conv_transpose1d(const X& x, const W& weight, const ConvTranspose1dOptions& options = {},
                                            Location at = Location::current()) {
    using T = element_of<X, W>;
    return ops::transposed_convolution<T>(Operand<T>(x, at), Operand<T>(weight, at), nullptr, 1, ops::as_image(options));
}

} // namespace xgrad

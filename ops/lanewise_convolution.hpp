/// @file
/// Convolutions of many samples at once, each in a lane of the SIMD registers: a tap then meets whole batches at any stride,
/// with nothing to lay out but the images themselves. Internal to ops/.
#pragma once

#include <xgrad/ops/convolution_kernels.hpp>

namespace xgrad::ops {

/// y = the convolution of x, or += if not `fresh`.
/// @param weight  (groups, out, in, taps)
/// @param bias    what to add to each channel, or null; with `fresh` only
template <class T>
void convolve_lanewise(const ConvolutionExtents& e, const T* x, const T* weight, const T* bias, T* y, bool fresh);

/// weight = the gradient of the weight from the input x and the adjoint y of the output, or += if not `fresh`.
template <class T>
void sum_products_lanewise(const ConvolutionExtents& e, const T* x, const T* y, T* weight, bool fresh);

} // namespace xgrad::ops

/// @file
/// Convolutions without the unfolded matrix, which for few channels costs more than the products. Internal to ops/.
#pragma once

#include <xgrad/ops/convolution_kernels.hpp>

namespace xgrad::ops {

/// The convolution: the output from the input and the weight. See contract().
/// @param bias  the value to start from in each channel, or null for 0; with `fresh` only
template <class T>
void direct_output(const ConvolutionExtents& e, const T* input, const T* weight, const T* bias, T* output, bool fresh);

/// Whether direct_input() can do it: for a stride of 1 the transposed convolution is itself a convolution, with
/// the kernel turned round.
bool has_direct_input(const ConvolutionExtents& e) noexcept;

/// The transposed convolution: the input from the output and the weight. See contract().
/// @param bias  the value to start from in each channel, or null for 0; with `fresh` only
/// @pre has_direct_input(e)
template <class T>
void direct_input(const ConvolutionExtents& e, const T* output, const T* weight, const T* bias, T* input, bool fresh);

/// Whether direct_weight() should do it: its partial sums must stay in the cache.
bool has_direct_weight(const ConvolutionExtents& e) noexcept;

/// The gradient of the weight from the input and that of the output. See contract().
template <class T>
void direct_weight(const ConvolutionExtents& e, const T* input, const T* output, T* weight, bool fresh);

} // namespace xgrad::ops

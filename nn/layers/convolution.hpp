/// @file
/// Convolutions as layers, with PyTorch's layouts, options and start.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/ops/convolution.hpp>
#include <xgrad/ops/random.hpp>

namespace xgrad::nn {

/// How the kernel of Conv1d goes over the signal; see xgrad::Conv1dOptions.
struct Conv1dOptions {
    std::ptrdiff_t stride = 1;
    std::ptrdiff_t padding = 0;
    std::ptrdiff_t dilation = 1;
    std::ptrdiff_t groups = 1;
    bool bias = true;
};

/// How the kernel of Conv2d goes over the image; see xgrad::Conv2dOptions.
struct Conv2dOptions {
    Extent2 stride = 1;
    Extent2 padding = 0;
    Extent2 dilation = 1;
    std::ptrdiff_t groups = 1;
    bool bias = true;
};

/// The options of the convolution that ConvTranspose2d is the transpose of; see xgrad::ConvTranspose2dOptions.
struct ConvTranspose2dOptions {
    Extent2 stride = 1;
    Extent2 padding = 0;
    Extent2 output_padding = 0;
    Extent2 dilation = 1;
    std::ptrdiff_t groups = 1;
    bool bias = true;
};

/// Convolves signals (N, in, L) to (N, out, L'); see conv1d().
///
/// Parameters: `weight` (out, in / groups, kernel) and `bias` (out), both uniform in ±1 / sqrt(fan-in) with the fan-in
/// in / groups times the kernel.
template <class T = float>
class Conv1d : public Module<Conv1d<T>, T> {
  public:
    /// @throws ValueError if an extent is less than 1 or the channels are no multiple of `groups`
    Conv1d(std::size_t in_channels, std::size_t out_channels, std::size_t kernel, const Conv1dOptions& options = {},
           Generator& generator = default_generator(), Location at = Location::current());

    Parameter<T> weight, bias;
    XGRAD_MEMBERS(weight, bias)

    Variable<T> forward(const Variable<T>& x, const Location& at);

  private:
    xgrad::Conv1dOptions options_;
};

/// Convolves images (N, in, H, W) to (N, out, H', W'); see conv2d().
///
/// Parameters: `weight` (out, in / groups, kH, kW) and `bias` (out), both uniform in ±1 / sqrt(fan-in) with the fan-in
/// in / groups kH kW.
template <class T = float>
class Conv2d : public Module<Conv2d<T>, T> {
  public:
    /// @throws ValueError if an extent is less than 1 or the channels are no multiple of `groups`
    Conv2d(std::size_t in_channels, std::size_t out_channels, Extent2 kernel, const Conv2dOptions& options = {},
           Generator& generator = default_generator(), Location at = Location::current());

    Parameter<T> weight, bias;
    XGRAD_MEMBERS(weight, bias)

    Variable<T> forward(const Variable<T>& x, const Location& at);

  private:
    xgrad::Conv2dOptions options_;
};

/// The transpose of a convolution, from images (N, in, H, W) to larger ones (N, out, H', W'); see conv_transpose2d().
///
/// Parameters: `weight` (in, out / groups, kH, kW) and `bias` (out), both uniform in ±1 / sqrt(out / groups kH kW).
template <class T = float>
class ConvTranspose2d : public Module<ConvTranspose2d<T>, T> {
  public:
    /// @throws ValueError if an extent is less than 1 or the channels are no multiple of `groups`
    ConvTranspose2d(std::size_t in_channels, std::size_t out_channels, Extent2 kernel, const ConvTranspose2dOptions& options = {},
                    Generator& generator = default_generator(), Location at = Location::current());

    Parameter<T> weight, bias;
    XGRAD_MEMBERS(weight, bias)

    Variable<T> forward(const Variable<T>& x, const Location& at);

  private:
    xgrad::ConvTranspose2dOptions options_;
};

extern template class Conv1d<float>;
extern template class Conv1d<double>;
extern template class Conv2d<float>;
extern template class Conv2d<double>;
extern template class ConvTranspose2d<float>;
extern template class ConvTranspose2d<double>;

} // namespace xgrad::nn

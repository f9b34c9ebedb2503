#include <xgrad/nn/layers/convolution.hpp>

#include <xgrad/nn/layers/layer_init.hpp>

namespace xgrad::nn {

namespace {

/// Checks what every convolution is made with. The remaining options are the operation's to check.
void check_channels(const char* layer, std::size_t in, std::size_t out, Extent2 kernel, std::ptrdiff_t groups, const Location& at) {
    detail::check_extents(layer, {{"in_channels", in}, {"out_channels", out}}, at);
    if (kernel.h < 1 || kernel.w < 1) {
        throw ValueError(std::string(layer) + ": the kernel is " + std::to_string(kernel.h) + " x " + std::to_string(kernel.w), at);
    }
    if (groups < 1 || in % static_cast<std::size_t>(groups) != 0 || out % static_cast<std::size_t>(groups) != 0) {
        throw ValueError(std::string(layer) + ": " + std::to_string(in) + " channels in and " + std::to_string(out) +
                             " out do not divide into " + std::to_string(groups) + " groups",
                         at);
    }
}

/// The weight and the bias of a convolution.
template <class T>
void make_parameters(Parameter<T>& weight, Parameter<T>& bias, const Shape& shape, std::size_t out, bool has_bias, Generator& generator) {
    const std::size_t fan_in = shape.product(1, shape.rank());
    weight = detail::default_parameter<T>(shape, fan_in, generator);
    if (has_bias) bias = detail::default_parameter<T>({out}, fan_in, generator);
}

} // namespace

template <class T>
Conv1d<T>::Conv1d(std::size_t in, std::size_t out, std::size_t kernel, const Conv1dOptions& options, Generator& generator, Location at)
    : options_{options.stride, options.padding, options.dilation, options.groups} {
    check_channels("Conv1d", in, out, {1, kernel}, options.groups, at);
    make_parameters(weight, bias, {out, in / static_cast<std::size_t>(options.groups), kernel}, out, options.bias, generator);
}

template <class T>
Variable<T> Conv1d<T>::forward(const Variable<T>& x, const Location& at) {
    return bias.defined() ? conv1d(x, weight, bias, options_, at) : conv1d(x, weight, options_, at);
}

template <class T>
Conv2d<T>::Conv2d(std::size_t in, std::size_t out, Extent2 kernel, const Conv2dOptions& options, Generator& generator, Location at)
    : options_{options.stride, options.padding, options.dilation, options.groups} {
    check_channels("Conv2d", in, out, kernel, options.groups, at);
    make_parameters(weight, bias,
                    {out, in / static_cast<std::size_t>(options.groups), static_cast<std::size_t>(kernel.h),
                     static_cast<std::size_t>(kernel.w)},
                    out, options.bias, generator);
}

template <class T>
Variable<T> Conv2d<T>::forward(const Variable<T>& x, const Location& at) {
    return bias.defined() ? conv2d(x, weight, bias, options_, at) : conv2d(x, weight, options_, at);
}

template <class T>
ConvTranspose2d<T>::ConvTranspose2d(std::size_t in, std::size_t out, Extent2 kernel, const ConvTranspose2dOptions& options,
                                    Generator& generator, Location at)
    : options_{options.stride, options.padding, options.output_padding, options.dilation, options.groups} {
    check_channels("ConvTranspose2d", in, out, kernel, options.groups, at);
    make_parameters(weight, bias,
                    {in, out / static_cast<std::size_t>(options.groups), static_cast<std::size_t>(kernel.h),
                     static_cast<std::size_t>(kernel.w)},
                    out, options.bias, generator);
}

template <class T>
Variable<T> ConvTranspose2d<T>::forward(const Variable<T>& x, const Location& at) {
    return bias.defined() ? conv_transpose2d(x, weight, bias, options_, at) : conv_transpose2d(x, weight, options_, at);
}

template class Conv1d<float>;
template class Conv1d<double>;
template class Conv2d<float>;
template class Conv2d<double>;
template class ConvTranspose2d<float>;
template class ConvTranspose2d<double>;

} // namespace xgrad::nn

#include <xgrad/ops/convolution.hpp>

#include <xgrad/ops/convolution_kernels.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/simd.hpp>

#include <optional>
#include <utility>

namespace xgrad {

using ops::Caller;
using ops::ConvolutionExtents;
using ops::Role;
using ops::Slide;
using ops::Windows;

namespace {

/// A convolution as an operation computes it: the extents, and how many axes the images have for the user.
struct Problem {
    ConvolutionExtents extents;
    std::size_t axes;

    Shape shape(Role role) const {
        const auto& [samples, groups, in, out, windows] = extents;
        const auto& [h, w] = windows;
        const auto with = [this](std::size_t a, std::size_t b, std::size_t height, std::size_t width) {
            return axes == 1 ? Shape{a, b, width} : Shape{a, b, height, width};
        };
        switch (role) {
        case Role::input: return with(samples, groups * in, h.extent, w.extent);
        case Role::weight: return with(groups * out, in, h.kernel, w.kernel);
        default: return with(samples, groups * out, h.places, w.places);
        }
    }

    const char* name(Role role) const noexcept {
        switch (role) {
        case Role::input: return axes == 1 ? "conv_transpose1d" : "conv_transpose2d";
        case Role::weight: return axes == 1 ? "conv1d_weight" : "conv2d_weight";
        default: return axes == 1 ? "conv1d" : "conv2d";
        }
    }
};

/// The roles of the first and the second operand of the operation that computes `result`.
constexpr std::array<Role, 2> operands_of(Role result) noexcept {
    switch (result) {
    case Role::input: return {Role::output, Role::weight};
    case Role::weight: return {Role::input, Role::output};
    default: return {Role::input, Role::weight};
    }
}

/// `result` of the two operands, as operands_of() orders them.
template <class T>
Variable<T> contraction(const Problem& problem, Role result, const Variable<T>& first, const Variable<T>& second,
                        const Variable<T>* bias, const Location& at);

/// The operation that computes the array `result` of a convolution from the two others.
template <class T>
class Convolution final : public Operation<T> {
  public:
    Convolution(Saves saves, const Problem& problem, Role result, bool has_bias)
        : Operation<T>(saves), problem_(problem), result_(result), has_bias_(has_bias) {}

    const char* name() const noexcept override { return problem_.name(result_); }

    void vjp(Pullback<T>& p) const override {
        for (std::size_t k = 0; k < 2; ++k) {
            if (!p.needs(k)) continue;
            const Role wanted = operands_of(result_)[k];
            const Variable<T> other = p.parent(1 - k);
            const bool grad_first = operands_of(wanted)[0] == result_;
            p.add(k, contraction<T>(problem_, wanted, grad_first ? p.grad() : other, grad_first ? other : p.grad(),
                                    nullptr, p.at()));
        }
        if (has_bias_ && p.needs(2)) p.add(2, sum(p.grad(), bias_axes(), false, p.at()));
    }

    void backward(Pullback<T>& p) const override {
        for (std::size_t k = 0; k < 2; ++k) {
            if (!p.needs(k)) continue;
            std::array<const T*, 3> arrays{};
            arrays[index(result_)] = p.adjoint().data();
            arrays[index(operands_of(result_)[1 - k])] = p.tensor(1 - k).data();
            const auto [to, fresh] = p.target(k, false);
            ops::contract<T>(problem_.extents, operands_of(result_)[k], arrays, nullptr, to, fresh);
        }
        if (has_bias_ && p.needs(2)) {
            const auto [to, fresh] = p.target(2, false);
            add_channel_sums(p.adjoint(), to, fresh);
        }
    }

    std::size_t flops(std::span<const Shape>, const Shape& result) const override {
        return problem_.extents.flops() + has_bias_ * result.size();
    }

    static constexpr std::size_t index(Role role) noexcept { return static_cast<std::size_t>(role); }

  private:
    Axes bias_axes() const { return problem_.axes == 1 ? Axes{0, 2} : Axes{0, 2, 3}; }

    /// to[c] += the sum of channel c over all samples, or = if `fresh`.
    static void add_channel_sums(const Tensor<T>& g, T* to, bool fresh) {
        const std::size_t samples = g.shape()[0], channels = g.shape()[1];
        const std::size_t pixels = g.shape().product(2, g.shape().rank());
        for (std::size_t c = 0; c < channels; ++c) {
            double total = fresh ? 0 : static_cast<double>(to[c]);
            for (std::size_t n = 0; n < samples; ++n) total += ops::sum(g.data() + (n * channels + c) * pixels, pixels);
            to[c] = static_cast<T>(total);
        }
    }

    Problem problem_;
    Role result_;
    bool has_bias_;
};

template <class T>
Variable<T> contraction(const Problem& problem, Role result, const Variable<T>& first, const Variable<T>& second,
                        const Variable<T>* bias, const Location& at) {
    Tensor<T> value(problem.shape(result));
    std::array<const T*, 3> arrays{};
    arrays[Convolution<T>::index(operands_of(result)[0])] = first.tensor().data();
    arrays[Convolution<T>::index(operands_of(result)[1])] = second.tensor().data();
    ops::contract<T>(problem.extents, result, arrays, bias ? bias->tensor().data() : nullptr, value.data(), true);
    const auto make = [&] {
        // Each operand is read for the other's derivative.
        const Saves saves = (second.requires_grad() ? parent(0) : Saves::nothing) |
                            (first.requires_grad() ? parent(1) : Saves::nothing);
        return new Convolution<T>(saves, problem, result, bias != nullptr);
    };
    const char* const name = problem.name(result);
    if (bias) return record<T>(name, std::move(value), {&first, &second, bias}, at, make);
    return record<T>(name, std::move(value), {&first, &second}, at, make);
}

// ---------------------------------------------------------------------------------------------------------------------
// What the caller gave

/// The weight's leading extents in words, of a convolution and of a transposed one.
constexpr const char* weight_layout[2][2] = {{"(out, in / groups, k)", "(out, in / groups, kH, kW)"},
                                             {"(in, out / groups, k)", "(in, out / groups, kH, kW)"}};

/// Checks the numbers of axes and `groups`.
void check_operands(const Caller& caller, const Shape& x, const Shape& weight, std::ptrdiff_t groups, bool transposed) {
    if (x.rank() != caller.axes + 2) {
        caller.shape_error(std::string("the input must have the shape ") +
                           (caller.axes == 1 ? "(N, C, L)" : "(N, C, H, W)") + ", not " + to_string(x));
    }
    if (weight.rank() != caller.axes + 2) {
        caller.shape_error(std::string("the weight must have the shape ") + weight_layout[transposed][caller.axes - 1] +
                           ", not " + to_string(weight));
    }
    if (groups < 1) caller.value_error("groups must be at least 1, not " + std::to_string(groups));
    if (weight[0] % static_cast<std::size_t>(groups) != 0) {
        caller.shape_error("groups = " + std::to_string(groups) + " do not divide the " + std::to_string(weight[0]) +
                           (transposed ? " input" : " output") + " channels of the weight " + to_string(weight));
    }
}

[[noreturn]] void fail_channels(const Caller& caller, const Shape& x, const Shape& weight, std::size_t expected,
                                std::ptrdiff_t groups) {
    caller.shape_error("the input " + to_string(x) + " has " + std::to_string(x[1]) + " channels, but the weight " +
                       to_string(weight) + " takes " + std::to_string(expected) +
                       (groups == 1 ? "" : " in " + std::to_string(groups) + " groups"));
}

void check_bias(const Caller& caller, const Shape& bias, std::size_t channels) {
    if (bias == Shape{channels}) return;
    caller.shape_error("the bias of " + std::to_string(channels) + " channels must have the shape " +
                       to_string(Shape{channels}) + ", not " + to_string(bias));
}

/// Checks that BLAS can count what is multiplied, and that memory could hold the columns and the result.
void check_sizes(const Caller& caller, const Problem& problem, Role result) {
    const auto& [samples, groups, in, out, windows] = problem.extents;
    check_size({in, windows.taps(), windows.places()}, caller.operation, caller.at);
    ops::check_product_size(caller.operation, out, windows.places(), in * windows.taps(), problem.shape(result), caller.at);
    check_size(problem.shape(result), caller.operation, caller.at);
}

/// The other way round than make_windows(): from the number of places to the extents of the image.
Windows make_transposed_windows(const Caller& caller, const Shape& x, Extent2 kernel,
                                const ConvTranspose2dOptions& options) {
    const Extent2 stride = options.stride, dilation = options.dilation;
    const Extent2 padding = options.padding, output_padding = options.output_padding;
    caller.check_range("kernel", kernel, 1);
    caller.check_range("stride", stride, 1);
    caller.check_range("padding", padding, 0);
    caller.check_range("output_padding", output_padding, 0);
    caller.check_range("dilation", dilation, 1);
    const auto fits = [](std::ptrdiff_t extra, std::ptrdiff_t s, std::ptrdiff_t d) { return extra < std::max(s, d); };
    // The height of a signal is no option.
    const bool fits_h = caller.axes == 1 || fits(output_padding.h, stride.h, dilation.h);
    if (!fits_h || !fits(output_padding.w, stride.w, dilation.w)) {
        caller.value_error("output_padding " + caller.text(output_padding) +
                           " must be less than the stride or the dilation, which are " + caller.text(stride) + " and " +
                           caller.text(dilation));
    }
    const Extent2 image = ops::image_extents(x, caller.axes);
    const auto extent = [&](std::ptrdiff_t Extent2::* axis) {
        // In a number that does not overflow; what passes is exact in integers.
        if (static_cast<double>(image.*axis) * static_cast<double>(stride.*axis) > 0x1p50 ||
            static_cast<double>(dilation.*axis) * static_cast<double>(kernel.*axis) > 0x1p50) {
            caller.shape_error("the result is too large: input " + to_string(x) + ", kernel " + caller.text(kernel) +
                               ", stride " + caller.text(stride) + ", dilation " + caller.text(dilation));
        }
        return (image.*axis - 1) * stride.*axis - 2 * (padding.*axis) + dilation.*axis * (kernel.*axis - 1) +
               output_padding.*axis + 1;
    };
    const Extent2 result(extent(&Extent2::h), extent(&Extent2::w));
    if (result.h < 1 || result.w < 1) {
        caller.shape_error("the result would have the extents " + caller.text(result) + ": input " + to_string(x) +
                           ", kernel " + caller.text(kernel) + ", padding " + caller.text(padding));
    }
    const auto slide = [&](std::ptrdiff_t Extent2::* axis) {
        const auto u = [axis](Extent2 value) { return static_cast<std::size_t>(value.*axis); };
        return Slide{u(result), u(kernel), u(stride), u(padding), u(dilation), u(image)};
    };
    check_size({static_cast<std::size_t>(kernel.h), static_cast<std::size_t>(kernel.w)}, caller.operation, caller.at);
    check_size({static_cast<std::size_t>(result.h), static_cast<std::size_t>(result.w)}, caller.operation, caller.at);
    return {slide(&Extent2::h), slide(&Extent2::w)};
}

} // namespace

template <class T>
Variable<T> ops::convolution(const Operand<T>& x, const Operand<T>& weight, const Operand<T>* bias, std::size_t axes,
                             const Conv2dOptions& options) {
    const Caller caller{axes == 1 ? "conv1d" : "conv2d", axes, x.at()};
    const Shape &sx = x.shape(), &sw = weight.shape();
    check_operands(caller, sx, sw, options.groups, false);
    const auto groups = static_cast<std::size_t>(options.groups);
    if (sx[1] % groups != 0 || sx[1] / groups != sw[1]) {
        if (sx[1] % groups == 0) fail_channels(caller, sx, sw, sw[1] * groups, options.groups);
        caller.shape_error("groups = " + std::to_string(groups) + " do not divide the " + std::to_string(sx[1]) +
                           " channels of the input " + to_string(sx));
    }
    if (bias) check_bias(caller, bias->shape(), sw[0]);
    const Windows windows = make_windows(
        caller, sx, {image_extents(sw, axes), options.stride, options.padding, options.dilation});
    const Problem problem{{sx[0], groups, sw[1], sw[0] / groups, windows}, axes};
    check_sizes(caller, problem, Role::output);
    return contraction<T>(problem, Role::output, x.variable(), weight.variable(), bias ? &bias->variable() : nullptr,
                          x.at());
}

template <class T>
Variable<T> ops::transposed_convolution(const Operand<T>& x, const Operand<T>& weight, const Operand<T>* bias,
                                        std::size_t axes, const ConvTranspose2dOptions& options) {
    const Caller caller{axes == 1 ? "conv_transpose1d" : "conv_transpose2d", axes, x.at()};
    const Shape &sx = x.shape(), &sw = weight.shape();
    check_operands(caller, sx, sw, options.groups, true);
    const auto groups = static_cast<std::size_t>(options.groups);
    if (sx[1] != sw[0]) fail_channels(caller, sx, sw, sw[0], options.groups);
    check_size({groups, sw[1]}, caller.operation, caller.at);
    if (bias) check_bias(caller, bias->shape(), groups * sw[1]);
    const Windows windows = make_transposed_windows(caller, sx, image_extents(sw, axes), options);
    const Problem problem{{sx[0], groups, sw[1], sw[0] / groups, windows}, axes};
    check_sizes(caller, problem, Role::input);
    return contraction<T>(problem, Role::input, x.variable(), weight.variable(), bias ? &bias->variable() : nullptr,
                          x.at());
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template Variable<T> ops::convolution(const Operand<T>&, const Operand<T>&, const Operand<T>*, std::size_t,        \
                                          const Conv2dOptions&);                                                       \
    template Variable<T> ops::transposed_convolution(const Operand<T>&, const Operand<T>&, const Operand<T>*,          \
                                                     std::size_t, const ConvTranspose2dOptions&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

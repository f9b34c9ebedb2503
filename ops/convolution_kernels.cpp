#include <xgrad/ops/convolution_kernels.hpp>

#include <xgrad/autodiff/tensor.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/direct_convolution.hpp>
#include <xgrad/ops/gemm.hpp>

namespace xgrad::ops {

namespace {

/// A kernel of one pixel that visits every pixel: the columns are the image itself.
bool is_pointwise(const Windows& windows) noexcept {
    return windows.taps() == 1 && windows.h.stride == 1 && windows.w.stride == 1 && !windows.has_padding();
}

/// By sample and group, as products of the weight (out, in taps), the unfolded input (in taps, places) and the output
/// (out, places). One group's columns at a time, so that they stay in the cache.
template <class T>
void contract_by_products(const ConvolutionExtents& e, Role role, const std::array<const T*, 3>& arrays, T* result,
                          bool fresh) {
    const Windows& windows = e.windows;
    const bool pointwise = is_pointwise(windows);
    const std::size_t rows = e.in * windows.taps(), places = windows.places();
    const std::size_t input_size = e.in * windows.pixels(), output_size = e.out * places;
    if (fresh && role != Role::output) std::fill_n(result, e.size(role), T(0));
    const Tensor<T> columns(Shape{pointwise ? 0 : rows, places});
    const auto& [x, w, y] = arrays;
    for (std::size_t n = 0; n < e.samples; ++n) {
        for (std::size_t g = 0; g < e.groups; ++g) {
            const std::size_t input = (n * e.groups + g) * input_size, output = (n * e.groups + g) * output_size;
            const std::size_t weight = g * e.out * rows;
            if (role == Role::input) {
                const Factor<T> wt = Factor<T>{w + weight, e.out, rows}.transpose(), gy{y + output, e.out, places};
                if (pointwise) {
                    gemm(wt, gy, T(1), result + input);
                } else {
                    gemm(wt, gy, T(0), columns.data());
                    fold_image(columns.data(), e.in, windows, result + input);
                }
                continue;
            }
            if (!pointwise) unfold_image(x + input, e.in, windows, columns.data());
            const Factor<T> unfolded{pointwise ? x + input : columns.data(), rows, places};
            if (role == Role::output) {
                gemm<T>({w + weight, e.out, rows}, unfolded, fresh ? T(0) : T(1), result + output);
            } else {
                gemm<T>({y + output, e.out, places}, unfolded.transpose(), T(1), result + weight);
            }
        }
    }
}

/// contract() on one thread.
template <class T>
void contract_samples(const ConvolutionExtents& e, Role role, const std::array<const T*, 3>& arrays, const T* bias, T* result,
                      bool fresh) {
    if (has_direct_way<T>(e, role)) return contract_directly(e, role, arrays, bias, result, fresh);
    if (bias) {
        const std::size_t channels = e.groups * (role == Role::output ? e.out : e.in);
        const std::size_t pixels = role == Role::output ? e.windows.places() : e.windows.pixels();
        for (std::size_t i = 0; i < e.samples * channels; ++i)
            std::fill_n(result + i * pixels, pixels, bias[i % channels]);
    }
    contract_by_products(e, role, arrays, result, fresh && !bias);
}

} // namespace

template <class T>
void contract(const ConvolutionExtents& e, Role role, const std::array<const T*, 3>& arrays, const T* bias, T* result,
              bool fresh) {
    // In sets of as many samples as a SIMD batch has lanes, and so many that a thread has work for some tens of microseconds.
    constexpr std::size_t set = 16;
    const std::size_t sets = (e.samples + set - 1) / set;
    const std::size_t grain = 1 + (std::size_t{1} << 21) / (e.flops() / std::max<std::size_t>(1, sets) + 1);
    const std::size_t input = e.size(Role::input) / std::max<std::size_t>(1, e.samples);
    const std::size_t output = e.size(Role::output) / std::max<std::size_t>(1, e.samples);
    const auto contract_sets = [&](std::size_t begin, std::size_t end, T* to, bool is_fresh) {
        ConvolutionExtents part = e;
        part.samples = std::min(e.samples, end * set) - begin * set;
        std::array<const T*, 3> from = arrays;
        if (from[0]) from[0] += begin * set * input;
        if (from[2]) from[2] += begin * set * output;
        contract_samples(part, role, from, bias, to, is_fresh);
    };
    const std::size_t parts = std::min(num_threads(), sets / grain);
    if (parts <= 1) return contract_samples(e, role, arrays, bias, result, fresh);
    if (role != Role::weight) {
        const std::size_t size = role == Role::input ? input : output;
        parallel_for(sets, grain, [&](std::size_t begin, std::size_t end) {
            contract_sets(begin, end, result + begin * set * size, fresh);
        });
        return;
    }
    // The gradients of the weight from all parts are added up in order.
    const std::size_t size = e.size(Role::weight);
    const Tensor<T> others(Shape{parts - 1, size});
    parallel_for(parts, 1, [&](std::size_t first, std::size_t last) {
        for (std::size_t part = first; part < last; ++part) {
            T* const to = part == 0 ? result : others.data() + (part - 1) * size;
            contract_sets(part * sets / parts, (part + 1) * sets / parts, to, part > 0 || fresh);
        }
    });
    for (const T* other = others.data(); other < others.end(); other += size) {
        for (std::size_t i = 0; i < size; ++i) result[i] += other[i];
    }
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template void contract(const ConvolutionExtents&, Role, const std::array<const T*, 3>&, const T*, T*, bool);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::ops

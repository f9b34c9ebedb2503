#include <xgrad/nn/optim/clip.hpp>

#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/reduction_kernels.hpp>

#include <cmath>
#include <limits>

namespace xgrad::nn {

namespace {

using ops::kernels::for_each_batch;
using ops::kernels::load;
using ops::kernels::store;

/// Replaces each batch g of the gradients by f(g).
template <class T, class F>
void transform_gradients(const std::vector<Variable<T>>& parameters, const F& f) {
    for (const Variable<T>& parameter : parameters) {
        xgrad::detail::Cell<T>& cell = parameter.cell();
        if (!cell.grad) continue;
        T* const g = static_cast<T*>(cell.grad.data());
        for_each_batch<T>(cell.value.size(), [&](auto i, auto count) { store(f(load(g + i, count)), g + i, count); });
        cell.grad.touch();
    }
}

/// Of the elements of all gradients.
template <class T>
double total_norm(const std::vector<Variable<T>>& parameters, double type, const Location& at) {
    const NoGrad guard;
    double total = 0;
    for (const Variable<T>& parameter : parameters) {
        if (!parameter.has_grad() || parameter.size() == 0) continue;
        const Variable<T> gradient(Tensor<T>(parameter.cell().grad, parameter.shape()), false);
        const auto part = static_cast<double>(norm(gradient, type, {}, false, at).item());
        if (type == 1) {
            total += part;
        } else if (type == 2) {
            total = std::hypot(total, part);
        } else if (part > total || std::isnan(part)) {
            total = part;
        }
        if (std::isnan(total)) break;
    }
    return total;
}

} // namespace

template <class T>
void clip_grad_value(const std::vector<Variable<T>>& parameters, double limit, Location at) {
    if (!(limit >= 0)) {
        throw ValueError("clip_grad_value: the limit is " + detail::format_number(limit) + ", not a number from 0 on",
                         at);
    }
    using V = ops::Batch<T>;
    const V high(static_cast<T>(limit)), low(static_cast<T>(-limit));
    transform_gradients<T>(parameters, [=](const V& g) { return select(g > high, high, select(g < low, low, g)); });
}

template <class T>
double clip_grad_norm(const std::vector<Variable<T>>& parameters, double max_norm, const ClipNormOptions& options,
                      Location at) {
    const double type = options.norm_type;
    if (!(max_norm >= 0)) {
        throw ValueError("clip_grad_norm: max_norm is " + detail::format_number(max_norm) + ", not a number from 0 on",
                         at);
    }
    if (type != 1 && type != 2 && type != std::numeric_limits<double>::infinity()) {
        throw ValueError("clip_grad_norm: norm_type is " + detail::format_number(type) + ", not 1, 2 or infinity", at);
    }
    const double total = total_norm(parameters, type, at);
    if (options.error_if_nonfinite && !std::isfinite(total)) {
        throw ValueError("clip_grad_norm: the norm of the gradients is " + detail::format_number(total), at);
    }
    const double scale = max_norm / (total + 1e-6);
    if (!(scale >= 1)) {
        const ops::Batch<T> factor(static_cast<T>(scale));
        transform_gradients<T>(parameters, [=](const ops::Batch<T>& g) { return g * factor; });
    }
    return total;
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template void clip_grad_value(const std::vector<Variable<T>>&, double, Location);                                  \
    template double clip_grad_norm(const std::vector<Variable<T>>&, double, const ClipNormOptions&, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::nn

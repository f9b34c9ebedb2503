#include <xgrad/nn/layers/normalization.hpp>

#include <xgrad/nn/layers/layer_init.hpp>
#include <xgrad/ops/normalization.hpp>

namespace xgrad::nn {

namespace detail {

namespace {

void check_eps(const char* layer, double eps, const Location& at) {
    if (!(eps >= 0)) throw ValueError(std::string(layer) + ": eps is " + std::to_string(eps), at);
}

} // namespace

template <class Derived, class T>
BatchNorm<Derived, T>::BatchNorm(const char* name, std::size_t channels, const BatchNormOptions& options, const Location& at)
    : channels_(channels), options_(options) {
    check_extents(name, {{"channels", channels}}, at);
    check_eps(name, options.eps, at);
    if (options.momentum && !(*options.momentum >= 0 && *options.momentum <= 1)) {
        throw ValueError(std::string(name) + ": momentum is " + std::to_string(*options.momentum) + ", not in [0, 1]", at);
    }
    if (options.affine) {
        weight = Parameter<T>(Tensor<T>({channels}, T(1)));
        bias = Parameter<T>(Tensor<T>({channels}, T(0)));
    }
    if (options.track_running_stats) {
        running_mean = Buffer<T>(Tensor<T>({channels}, T(0)));
        running_var = Buffer<T>(Tensor<T>({channels}, T(1)));
    }
}

template <class Derived, class T>
std::vector<Member> BatchNorm<Derived, T>::members() {
    if (!options_.track_running_stats) return list_members("weight, bias", weight, bias);
    return list_members("weight, bias, running_mean, running_var, num_batches_tracked", weight, bias, running_mean, running_var,
                        num_batches_tracked);
}

template <class Derived, class T>
Variable<T> BatchNorm<Derived, T>::normalize(const Variable<T>& x, const Location& at) {
    const bool running = running_mean.defined();
    if (running && !this->is_training()) {
        return batch_norm(x, running_mean.tensor(), running_var.tensor(), weight, bias, options_.eps, at);
    }
    auto [output, mean, variance] = batch_norm<T>(x, weight, bias, options_.eps, at);
    if (running && this->is_training()) {
        ++num_batches_tracked;
        const T share = static_cast<T>(options_.momentum ? *options_.momentum : 1.0 / static_cast<double>(num_batches_tracked));
        const auto update = [&](Buffer<T>& buffer, const Tensor<T>& batch) {
            // A derivative of an evaluation before may still read the old statistics: it keeps them.
            Tensor<T> next(batch.shape());
            for (std::size_t c = 0; c < next.size(); ++c) {
                next.data()[c] = (1 - share) * buffer.tensor().data()[c] + share * batch.data()[c];
            }
            buffer.value() = ArrayRef<T>(next);
        };
        update(running_mean, mean);
        update(running_var, variance);
    }
    return output;
}

template <class Derived, class T>
void BatchNorm<Derived, T>::check(const char* name, const Variable<T>& x, std::size_t rank, std::size_t or_rank, const char* expected,
                                  const Location& at) const {
    if ((x.rank() != rank && x.rank() != or_rank) || x.shape()[1] != channels_) {
        throw ShapeError(std::string(name) + ": the input is of shape " + to_string(x.shape()) + ", not " + expected +
                             " with C = " + std::to_string(channels_),
                         at);
    }
}

template class BatchNorm<BatchNorm1d<float>, float>;
template class BatchNorm<BatchNorm1d<double>, double>;
template class BatchNorm<BatchNorm2d<float>, float>;
template class BatchNorm<BatchNorm2d<double>, double>;

} // namespace detail

template <class T>
LayerNorm<T>::LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options, Location at)
    : normalized_shape_(normalized_shape), eps_(options.eps) {
    detail::check_eps("LayerNorm", options.eps, at);
    if (normalized_shape.rank() == 0) throw ValueError("LayerNorm: there is no axis to normalise over", at);
    for (const std::size_t extent : normalized_shape) detail::check_extents("LayerNorm", {{"an extent", extent}}, at);
    if (options.affine) {
        weight = Parameter<T>(Tensor<T>(normalized_shape, T(1)));
        bias = Parameter<T>(Tensor<T>(normalized_shape, T(0)));
    }
}

template <class T>
Variable<T> LayerNorm<T>::forward(const Variable<T>& x, const Location& at) {
    return layer_norm<T>(x, normalized_shape_, weight, bias, eps_, at);
}

template class LayerNorm<float>;
template class LayerNorm<double>;

} // namespace xgrad::nn

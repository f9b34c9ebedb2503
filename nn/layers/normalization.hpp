/// @file
/// Layers that normalise: batch norm and layer norm.
#pragma once

#include <xgrad/nn/module.hpp>

#include <optional>

namespace xgrad::nn {

/// How BatchNorm1d and BatchNorm2d are made.
struct BatchNormOptions {
    double eps = 1e-5;
    /// The weight of a batch in the running statistics; without one they are the mean over all batches.
    std::optional<double> momentum = 0.1;
    bool affine = true;               ///< with a weight and a bias
    bool track_running_stats = true;  ///< otherwise the statistics of the batch serve in evaluation as well
};

namespace detail {

/// What BatchNorm1d and BatchNorm2d share.
template <class Derived, class T>
class BatchNorm : public Module<Derived, T> {
  public:
    Parameter<T> weight, bias;
    Buffer<T> running_mean, running_var;
    std::int64_t num_batches_tracked = 0;

    std::vector<Member> members() override;

  protected:
    BatchNorm(const char* name, std::size_t channels, const BatchNormOptions& options, const Location& at);
    /// Normalises, and in training takes the batch's statistics into the running ones.
    Variable<T> normalize(const Variable<T>& x, const Location& at);
    /// @throws ShapeError unless x has one of the ranks and `channels` along axis 1
    void check(const char* name, const Variable<T>& x, std::size_t rank, std::size_t or_rank, const char* expected, const Location& at) const;

  private:
    std::size_t channels_;
    BatchNormOptions options_;
};

} // namespace detail

/// Normalises each channel of (N, C) or (N, C, L) over the batch (Ioffe and Szegedy, 2015): in training by the mean and variance of the
/// batch, in evaluation by running ones; see batch_norm().
///
/// Parameters: `weight` (C), 1, and `bias` (C), 0. Buffers: `running_mean`, `running_var` (of the unbiased variance) and
/// `num_batches_tracked`.
template <class T = float>
class BatchNorm1d : public detail::BatchNorm<BatchNorm1d<T>, T> {
  public:
    /// @throws ValueError if there are no channels, or an option is out of range
    explicit BatchNorm1d(std::size_t channels, const BatchNormOptions& options = {}, Location at = Location::current())
        : detail::BatchNorm<BatchNorm1d, T>("BatchNorm1d", channels, options, at) {}
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        this->check("BatchNorm1d", x, 2, 3, "(N, C) or (N, C, L)", at);
        return this->normalize(x, at);
    }
};

/// Normalises each channel of images (N, C, H, W) over the batch; as BatchNorm1d.
template <class T = float>
class BatchNorm2d : public detail::BatchNorm<BatchNorm2d<T>, T> {
  public:
    /// @throws ValueError if there are no channels, or an option is out of range
    explicit BatchNorm2d(std::size_t channels, const BatchNormOptions& options = {}, Location at = Location::current())
        : detail::BatchNorm<BatchNorm2d, T>("BatchNorm2d", channels, options, at) {}
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        this->check("BatchNorm2d", x, 4, 4, "(N, C, H, W)", at);
        return this->normalize(x, at);
    }
};

/// How LayerNorm is made.
struct LayerNormOptions {
    double eps = 1e-5;
    bool affine = true; ///< with a weight and a bias
};

/// Normalises each example over its last axes (Ba, Kiros and Hinton, 2016); see layer_norm().
///
/// Parameters, of the shape that is normalised over: `weight`, 1, and `bias`, 0.
template <class T = float>
class LayerNorm : public Module<LayerNorm<T>, T> {
  public:
    /// @param normalized_shape  the extents of the last axes
    /// @throws ValueError if there is none or one is 0
    explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {}, Location at = Location::current());
    /// Over the last axis alone.
    explicit LayerNorm(std::size_t features, const LayerNormOptions& options = {}, Location at = Location::current())
        : LayerNorm(Shape{features}, options, at) {}

    Parameter<T> weight, bias;
    XGRAD_MEMBERS(weight, bias)

    Variable<T> forward(const Variable<T>& x, const Location& at);

  private:
    Shape normalized_shape_;
    double eps_;
};

namespace detail {
extern template class BatchNorm<BatchNorm1d<float>, float>;
extern template class BatchNorm<BatchNorm1d<double>, double>;
extern template class BatchNorm<BatchNorm2d<float>, float>;
extern template class BatchNorm<BatchNorm2d<double>, double>;
} // namespace detail
extern template class LayerNorm<float>;
extern template class LayerNorm<double>;

} // namespace xgrad::nn

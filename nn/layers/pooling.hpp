/// @file
/// Pooling and upsampling as layers. None has parameters; each takes either element type.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/ops/pooling.hpp>
#include <xgrad/ops/upsample.hpp>

namespace xgrad::nn {

/// The largest element of each window of images (N, C, H, W); see max_pool2d().
class MaxPool2d : public Module<MaxPool2d, void> {
  public:
    explicit MaxPool2d(Extent2 kernel, const MaxPool2dOptions& options = {}) : kernel_(kernel), options_(options) {}
    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        return max_pool2d(x, kernel_, options_, at);
    }

  private:
    Extent2 kernel_;
    MaxPool2dOptions options_;
};

/// The mean of each window of images (N, C, H, W); see avg_pool2d().
class AvgPool2d : public Module<AvgPool2d, void> {
  public:
    explicit AvgPool2d(Extent2 kernel, const AvgPool2dOptions& options = {}) : kernel_(kernel), options_(options) {}
    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        return avg_pool2d(x, kernel_, options_, at);
    }

  private:
    Extent2 kernel_;
    AvgPool2dOptions options_;
};

/// Every pixel of images (N, C, H, W) repeated; see upsample_nearest().
class Upsample : public Module<Upsample, void> {
  public:
    explicit Upsample(Extent2 factor) : factor_(factor) {}
    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        return upsample_nearest(x, factor_, at);
    }

  private:
    Extent2 factor_;
};

} // namespace xgrad::nn

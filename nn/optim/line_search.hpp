/// @file
/// Internal: the line search of L-BFGS.
#pragma once

#include <xgrad/autodiff/tensor.hpp>

#include <functional>

namespace xgrad::nn::detail {

/// A function along a line: at x + t d.
template <class T>
struct LinePoint {
    double t;
    double loss;
    Tensor<T> gradient;
    double slope; ///< gradient . d
};

template <class T>
struct LineSearch {
    LinePoint<T> point;
    int evaluations;
};

/// A step length that satisfies the strong Wolfe conditions: the loss falls by at least 1e-4 t |slope at 0|, and the
/// slope is at most 0.9 times as steep as at 0. Nocedal, Wright: Numerical optimization, algorithms 3.5 and 3.6, with
/// cubic interpolation as in minFunc and PyTorch.
/// @param evaluate   the point at t
/// @param start      the point at 0, where the slope is negative
/// @param t          the first length to try
/// @param longest    the largest |d_i|
/// @param tolerance  the search ends once no element can move by more than this
template <class T>
LineSearch<T> strong_wolfe(const std::function<LinePoint<T>(double)>& evaluate, const LinePoint<T>& start, double t,
                           double longest, double tolerance);

} // namespace xgrad::nn::detail

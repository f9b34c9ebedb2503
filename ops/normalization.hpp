/// @file
/// Batch and layer normalisation: (x - mean) / sqrt(variance + epsilon) weight + bias, as one node of the tape.
#pragma once

#include <xgrad/autodiff/operation.hpp>

namespace xgrad {

/// What batch_norm() makes of a batch.
template <class T>
struct BatchNormResult {
    Variable<T> output;
    Tensor<T> mean;     ///< (C): of each channel over the batch
    Tensor<T> variance; ///< (C): likewise, the unbiased estimate, sum((x - mean)^2) / (n - 1), for running statistics
};

/// Normalises each channel by its mean and variance over the batch (Ioffe and Szegedy, 2015), as in training:
/// y = (x - mean) / sqrt(variance + epsilon) weight + bias, with the biased variance sum((x - mean)^2) / n. The derivative
/// takes into account that the mean and the variance depend on x.
/// @param x        (N, C) or (N, C, ...): a channel is all that has the same index of axis 1
/// @param weight   (C), or an empty handle for 1
/// @param bias     (C), or an empty handle for 0
/// @param epsilon  added to the variance; not negative
/// @throws ShapeError if x has no axis 1, or the weight or the bias has another shape
/// @throws ValueError if there are not two values of a channel at least, or epsilon is negative or NaN
template <class T>
BatchNormResult<T> batch_norm(const Variable<T>& x, const Variable<T>& weight = {}, const Variable<T>& bias = {},
                              double epsilon = 1e-5, Location at = Location::current());

/// Normalises each channel by a mean and a variance that are given, as in evaluation: usually running ones.
/// @param x         (N, C) or (N, C, ...)
/// @param mean      (C): a constant
/// @param variance  (C): a constant
/// @param weight    (C), or an empty handle for 1
/// @param bias      (C), or an empty handle for 0
/// @param epsilon   added to the variance; not negative
/// @throws ShapeError if x has no axis 1, or one of the others has another shape
/// @throws ValueError if epsilon is negative or NaN
template <class T>
Variable<T> batch_norm(const Variable<T>& x, const Tensor<T>& mean, const Tensor<T>& variance,
                       const Variable<T>& weight = {}, const Variable<T>& bias = {}, double epsilon = 1e-5,
                       Location at = Location::current());

/// Normalises over the last axes (Ba, Kiros and Hinton, 2016): each part of shape `normalized_shape` by its own mean and
/// biased variance, y = (x - mean) / sqrt(variance + epsilon) weight + bias.
/// @param x                 (..., normalized_shape)
/// @param normalized_shape  the extents of the last axes, one at least
/// @param weight            of shape `normalized_shape`, or an empty handle for 1
/// @param bias              likewise, for 0
/// @param epsilon           added to the variance; not negative
/// @throws ShapeError if x does not end in `normalized_shape`, or the weight or the bias has another shape
/// @throws ValueError if there is nothing to take the mean of, or epsilon is negative or NaN
template <class T>
Variable<T> layer_norm(const Variable<T>& x, const Shape& normalized_shape, const Variable<T>& weight = {},
                       const Variable<T>& bias = {}, double epsilon = 1e-5, Location at = Location::current());

} // namespace xgrad

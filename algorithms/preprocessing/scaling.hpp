/// @file
/// Features of similar scale, so that gradient descent converges in fewer steps (Sehayek 2.1) and no feature outweighs the others in
/// a distance or a principal component (Sehayek 2.9).
///
/// Each learns from X, of shape (samples, features), what to subtract from a feature and what to divide it by, and does the same to
/// every later X. inverse_transform() takes that back. A constant feature is divided by 1; so is one whose range, or largest magnitude,
/// is below 10 epsilon = 2.2e-15, which counts as zero, as in scikit-learn.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <array>

namespace xgrad::algorithms {

struct StandardScalerOptions {
    bool with_mean = true; ///< subtract the mean
    bool with_std = true;  ///< divide by the standard deviation
};

/// (x - mean) / sqrt(variance): mean 0 and variance 1 in every feature. The variance is sum (x - mean)^2 / m.
///
/// A feature is constant also if its variance is not above what rounding alone may leave (Chan, Golub, LeVeque: Algorithms for
/// computing the sample variance, 1983).
class StandardScaler : public Transformer<StandardScaler> {
  public:
    using Options = StandardScalerOptions;
    explicit StandardScaler(const StandardScalerOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError unless X is a matrix of finite numbers whose variances are finite
    StandardScaler& fit(const Array<double>& X, Location at = Location::current());
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const;
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    Array<double> inverse_transform(const Array<double>& X, Location at = Location::current()) const;

    StandardScalerOptions options;
    std::size_t n_samples_seen_ = 0;
    Array<double> mean_;  ///< (features)
    Array<double> var_;   ///< (features)
    Array<double> scale_; ///< (features): sqrt(var_), 1 for a constant one or without with_std
};

struct MinMaxScalerOptions {
    std::array<double, 2> feature_range{0, 1}; ///< where the smallest and the largest of a feature go
    bool clip = false;                         ///< what is beyond in a later X goes to the end of the range
};

/// a + (x - min) / (max - min) (b - a), which is in the range [a, b].
class MinMaxScaler : public Transformer<MinMaxScaler> {
  public:
    using Options = MinMaxScalerOptions;
    explicit MinMaxScaler(const MinMaxScalerOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError unless X is a matrix of finite numbers whose ranges are finite, and a < b
    MinMaxScaler& fit(const Array<double>& X, Location at = Location::current());
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const;
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    Array<double> inverse_transform(const Array<double>& X, Location at = Location::current()) const;

    MinMaxScalerOptions options;
    std::size_t n_samples_seen_ = 0;
    Array<double> data_min_;   ///< (features)
    Array<double> data_max_;   ///< (features)
    Array<double> data_range_; ///< (features): max - min
    Array<double> scale_;      ///< (features): (b - a) / (max - min)
    Array<double> min_;        ///< (features): a - min scale_, where 0 goes

  private:
    std::array<double, 2> feature_range_{0, 1}; ///< as fit() saw it
};

/// x / max |x|, between -1 and 1: the division by the maximum (Sehayek 2.1), of the magnitude, since a maximum may be negative or 0.
class MaxAbsScaler : public Transformer<MaxAbsScaler> {
  public:
    /// @throws ShapeError, ValueError unless X is a matrix of finite numbers
    MaxAbsScaler& fit(const Array<double>& X, Location at = Location::current());
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const;
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    Array<double> inverse_transform(const Array<double>& X, Location at = Location::current()) const;

    std::size_t n_samples_seen_ = 0;
    Array<double> max_abs_; ///< (features)
    Array<double> scale_;   ///< (features): max_abs_, 1 where that counts as zero
};

/// (x - mean) / (max - min), between -1 and 1 with mean 0: the mean normalization of Sehayek 2.1. The notes divide by max, by max - min
/// or by the standard deviation. The first would turn the sign of a feature that is below 0, the last is StandardScaler's.
class MeanNormalizer : public Transformer<MeanNormalizer> {
  public:
    /// @throws ShapeError, ValueError unless X is a matrix of finite numbers whose sums and ranges are finite
    MeanNormalizer& fit(const Array<double>& X, Location at = Location::current());
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const;
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    Array<double> inverse_transform(const Array<double>& X, Location at = Location::current()) const;

    std::size_t n_samples_seen_ = 0;
    Array<double> mean_;       ///< (features)
    Array<double> data_range_; ///< (features): max - min
    Array<double> scale_;      ///< (features): data_range_, 1 where that counts as zero
};

} // namespace xgrad::algorithms

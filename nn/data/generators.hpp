/// @file
/// Data made up for tests and tutorials: scikit-learn's, where it has them.
#pragma once

#include <xgrad/nn/data/dataset.hpp>
#include <xgrad/ops/random.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace xgrad::nn {

struct MakeBlobsOptions {
    std::size_t features = 2;
    /// The number of blobs, and classes.
    std::size_t centers = 3;
    /// Where the blobs are, one row each; empty: anywhere in the box. Takes the place of `features` and `centers`.
    std::vector<std::vector<double>> at{};
    /// The standard deviation about each center.
    double standard_deviation = 1;
    /// The interval in which each coordinate of a center is drawn.
    double low = -10, high = 10;
    bool shuffle = true;
};

/// n points in normally distributed blobs; a point's label is its blob's number. As many in each; the first get what is left.
/// (scikit-learn's make_blobs.)
/// @tparam T  float or double
/// @throws ValueError if there are no features or centers, or they contradict each other; if the standard deviation is negative
template <class T = float>
Dataset<T, std::int64_t> make_blobs(std::size_t n, const MakeBlobsOptions& options = {},
                                    Generator& generator = default_generator(), Location at = Location::current());

struct MakeMoonsOptions {
    /// The standard deviation of the noise on each coordinate.
    double noise = 0;
    bool shuffle = true;
};

/// n points on two interleaving half circles: label 0 on (cos t, sin t), label 1 on (1 - cos t, 1/2 - sin t), with t evenly
/// from 0 to pi. (scikit-learn's make_moons.)
/// @throws ValueError if the noise is negative
template <class T = float>
Dataset<T, std::int64_t> make_moons(std::size_t n, const MakeMoonsOptions& options = {},
                                    Generator& generator = default_generator(), Location at = Location::current());

struct MakeCirclesOptions {
    /// The standard deviation of the noise on each coordinate.
    double noise = 0;
    /// The radius of the inner circle.
    double factor = 0.8;
    bool shuffle = true;
};

/// n points on two circles about the origin: label 0 on that of radius 1, label 1 on the inner one. (scikit-learn's
/// make_circles.)
/// @throws ValueError if the noise is negative, or the factor is not in [0, 1)
template <class T = float>
Dataset<T, std::int64_t> make_circles(std::size_t n, const MakeCirclesOptions& options = {},
                                      Generator& generator = default_generator(), Location at = Location::current());

struct MakeSpiralsOptions {
    /// The number of spirals, and classes.
    std::size_t arms = 2;
    /// How often a spiral winds about the origin.
    double turns = 1;
    /// The standard deviation of the noise on each coordinate.
    double noise = 0;
    bool shuffle = true;
};

/// n points on spirals that start at the origin and end at radius 1: that with label k at r (cos t, sin t),
/// t = 2 pi (turns r + k / arms), with r evenly from 0 to 1. As many on each; the first get what is left.
/// @throws ValueError if there are no arms, or the noise is negative
template <class T = float>
Dataset<T, std::int64_t> make_spirals(std::size_t n, const MakeSpiralsOptions& options = {},
                                      Generator& generator = default_generator(), Location at = Location::current());

struct MakeLinearOptions {
    /// One for each feature.
    std::vector<double> weights{1};
    double bias = 0;
    /// The standard deviation of the noise on the targets.
    double noise = 0;
};

/// n points x of standard normal features, of shape (n, weights), with the targets y = w x + bias + noise, of shape (n).
/// (scikit-learn's make_regression with weights that are known.)
/// @throws ValueError if there are no weights, or the noise is negative
template <class T = float>
Dataset<T, T> make_linear(std::size_t n, const MakeLinearOptions& options = {}, Generator& generator = default_generator(),
                          Location at = Location::current());

struct MakePolynomialOptions {
    /// Those of 1, x, x^2, ...
    std::vector<double> coefficients{0, 0, 1};
    /// The interval of x.
    double low = -1, high = 1;
    /// The standard deviation of the noise on the targets.
    double noise = 0;
};

/// n numbers x uniform in [low, high), of shape (n, 1), with the targets y = c_0 + c_1 x + c_2 x^2 + ... + noise, of shape (n).
/// @throws ValueError if the interval is empty, or the noise is negative
template <class T = float>
Dataset<T, T> make_polynomial(std::size_t n, const MakePolynomialOptions& options = {},
                              Generator& generator = default_generator(), Location at = Location::current());

} // namespace xgrad::nn

/// @file
/// Radial basis function networks as estimators.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms {

/// Where the bumps are: around samples, drawn without repetition, or around the means of KMeans, which are where the samples are dense.
enum class RBFCenters { random, kmeans };
/// What is trained: the output weights alone, which is a linear problem; or afterwards centres, widths and output weights together, by
/// nn::LBFGS with derivatives from the tape.
enum class RBFTraining { least_squares, gradient };

struct RBFNetworkOptions {
    std::size_t n_centers = 10; ///< at most as many as there are samples
    RBFCenters centers = RBFCenters::random;
    double sigma = 0;           ///< the width of all bumps; 0: D / sqrt(2 n_centers), with D the largest distance between two centres
    double alpha = 1e-6;        ///< the weight of the squares of the output weights in the loss
    RBFTraining training = RBFTraining::least_squares;
    std::size_t max_iter = 200; ///< iterations of nn::LBFGS
    double tol = 1e-5;          ///< ... which end when no derivative is larger
    std::uint64_t random_state = 0;
};

/// What a radial basis function network learns.
struct RBFNetwork {
    Array<double> centers_;   ///< c_k, of shape (centres, features)
    Array<double> sigma_;     ///< of shape (centres)
    Array<double> coef_;      ///< w, of shape (outputs, centres)
    Array<double> intercept_; ///< b, of shape (outputs)
    double loss_ = 0;         ///< J
    std::size_t n_iter_ = 0;  ///< iterations of nn::LBFGS; 0 for least squares
};

/// A network whose one hidden layer has a bump around each centre, and whose output is linear in them (Week 41, "Other types of
/// networks": made for interpolation in many dimensions):
///
///     f(x) = b + sum_k w_k exp(-|x - c_k|^2 / (2 sigma_k^2)).
///
/// The centres are chosen first, without a look at y, and all bumps have the same width. Then
///
///     J = 1 / (2m) sum_i |f(x_i) - y_i|^2 + alpha / (2m) |w|^2
///
/// is least where a ridge regression without a penalty on b says. With as many centres as samples and alpha = 0 the network interpolates.
/// Training by gradient goes on from there and lets the bumps move and change their widths (nn::RadialBasis); it holds arrays of m times
/// n_centers times features numbers.
///
/// Broomhead, Lowe: Multivariable functional interpolation and adaptive networks, 1988. The width: Haykin, Neural networks, 1999.
class RBFNetworkRegressor : public Regressor<RBFNetworkRegressor>, public RBFNetwork {
  public:
    using Options = RBFNetworkOptions;

    explicit RBFNetworkRegressor(const RBFNetworkOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError if X and y do not fit, there are fewer samples than centres, or an option is out of range
    RBFNetworkRegressor& fit(const Array<double>& X, const Array<double>& y, Location at = Location::current());

    /// f(x), of shape (samples).
    Array<double> predict(const Array<double>& X, Location at = Location::current()) const;

    RBFNetworkOptions options;
};

/// As RBFNetworkRegressor, with an output for each class whose targets are 1 for the samples of the class and 0 for the others; the largest
/// output wins.
class RBFNetworkClassifier : public Classifier<RBFNetworkClassifier>, public RBFNetwork {
  public:
    using Options = RBFNetworkOptions;

    explicit RBFNetworkClassifier(const RBFNetworkOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError if X and y do not fit, there are fewer than two classes, fewer samples than centres, or an option is
    /// out of range
    RBFNetworkClassifier& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// The outputs, of shape (samples, classes).
    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const;
    /// Labels, of shape (samples).
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;

    RBFNetworkOptions options;
};

} // namespace xgrad::algorithms

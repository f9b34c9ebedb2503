/// @file
/// Principal component analysis (Sehayek 2.9).
///
/// The directions in which samples vary most: of the samples x_i, less their mean mu, the covariance matrix is
///
///     Sigma = 1/m sum_{i=1..m} (x_i - mu)(x_i - mu)',
///
/// (the notes let the sum run to n; it is over the m samples), and its eigenvectors u_1, u_2, ... by descending eigenvalue are the
/// principal components. The first k of them make z = U_k' (x - mu), of which x_approx = mu + U_k z is the point of the surface
/// nearest to x: no other k directions have a smaller projection error |x - x_approx|^2. The eigenvectors are the right singular
/// vectors of the centred samples, and are computed as such: the covariance matrix of ill-conditioned samples would not keep their
/// digits.
///
/// The notes choose the smallest k for which
///
///     (1/m sum |x_i - x_approx,i|^2) / (1/m sum |x_i - mu|^2) <= 0.01:
///
/// PCA({.n_components = 0.99}). The quotient is projection_error().
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms {

struct PCAOptions {
    /// How many components are kept: 1, 2, ...; or, below 1, the share of the variance that they are to keep at least, with as few
    /// as it takes; or 0 for all, as many as X has samples or features, whichever are fewer.
    double n_components = 0;
    /// Divide each component by its standard deviation, so that all have variance 1.
    bool whiten = false;
};

/// The principal components of samples: projects them, and back. As sklearn.decomposition.PCA with svd_solver="full": variances are
/// sums over m samples divided by m - 1, and the sign of each component is such that the sample with the largest coordinate along
/// it, by absolute value, has a positive one.
///
/// @code
/// PCA pca({.n_components = 0.99});
/// const Array<double> Z = pca.fit_transform(X); // (m, pca.n_components_)
/// @endcode
///
/// With samples of very different scales, scale them first: the component of the largest numbers would be the first.
class PCA : public Transformer<PCA> {
  public:
    using Options = PCAOptions;
    explicit PCA(const PCAOptions& options = {}) : options(options) {}

    PCAOptions options;

    Array<double> components_;               ///< (k, features): orthonormal rows, by descending variance
    Array<double> explained_variance_;       ///< (k): the variance along each
    Array<double> explained_variance_ratio_; ///< (k): ... as a share of that of all features
    Array<double> singular_values_;          ///< (k): of the centred samples
    Array<double> mean_;                     ///< (features)
    double noise_variance_ = 0;              ///< the mean variance along the components that are not kept; 0 if all are
    std::size_t n_components_ = 0;           ///< k
    std::size_t n_samples_ = 0;

    /// @param X  (samples, features), of at least 2 samples that are not all equal. Constant columns are no matter
    /// @throws ShapeError, ValueError also if n_components is more than X has samples or features, or not a whole number above 1,
    /// or if a component to be whitened has no variance, or if the squares of X are beyond the range of a double
    PCA& fit(const Array<double>& X, Location at = Location::current());

    /// The coordinates along the components, (samples, k).
    /// @throws NotFittedError, ShapeError, ValueError
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const;

    /// The points with these coordinates, (samples, features): x_approx for those that transform() returns.
    /// @param Z  (samples, k)
    /// @throws NotFittedError, ShapeError, ValueError
    Array<double> inverse_transform(const Array<double>& Z, Location at = Location::current()) const;

    /// The notes' quotient for X: the mean squared distance between samples and their projections, as a share of that between
    /// samples and the mean. For the X that fit() was given it is 1 - sum(explained_variance_ratio_).
    /// @throws NotFittedError, ShapeError, ValueError also if all samples are equal to the mean
    double projection_error(const Array<double>& X, Location at = Location::current()) const;

  private:
    std::vector<double> scales_; ///< (k): what coordinates are divided by: 1, or the standard deviations if it was to whiten
};

} // namespace xgrad::algorithms

/// @file
/// K-means clustering. Sehayek 2.8. Lloyd: Least squares quantization in PCM, 1982.
///
/// Labels c and centroids mu that make the cost
///
///     J = 1/m sum_i ||x_i - mu_(c_i)||^2
///
/// small: every sample gets the label of the centroid nearest to it, then every centroid moves to the mean of its samples, and again.
/// No step raises J, but where they end depends on where they began, and may be a local minimum. So several starts are made, and the
/// best end is kept. If many starts end alike, the notes say, that is likely the global minimum.
///
/// @code
/// KMeans model({.n_clusters = 3, .random_state = 1});
/// model.fit(X);
/// model.inertia_;           // m J
/// auto c = model.predict(more);
/// @endcode
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <cstddef>
#include <cstdint>
#include <variant>

namespace xgrad::algorithms {

/// Where centroids start: at samples of which each is drawn in proportion to its squared distance from those before (of 2 + log k
/// draws the one that leaves the smallest cost; Arthur, Vassilvitskii: k-means++: The advantages of careful seeding, 2007), or,
/// as in the notes, at any samples.
enum class KMeansInit { k_means_plus_plus, random };

struct KMeansOptions {
    std::size_t n_clusters = 8;
    std::variant<KMeansInit, Array<double>> init = KMeansInit::k_means_plus_plus; ///< or the centroids, of shape (clusters, features)
    std::size_t n_init = 10;    ///< starts; from given centroids there is one
    std::size_t max_iter = 300; ///< iterations from a start; they end before if no label changes
    double tol = 1e-4;          ///< ... or the centroids' squared steps add up to no more than this times the features' mean variance
    std::uint64_t random_state = 0;
};

/// K-means by Lloyd's iterations.
///
/// A cluster that loses all its samples gets the one that is farthest from its centroid, so the cost falls. Where X has fewer distinct
/// rows than n_clusters, some clusters stay empty: each distinct row is a centroid then, and the cost is 0 but for rounding.
class KMeans : public Transformer<KMeans> {
  public:
    using Options = KMeansOptions;

    explicit KMeans(const KMeansOptions& options = {}) : options(options) {}

    /// @param X  of shape (samples, features)
    /// @throws ShapeError, ValueError for what are no such samples, for options that make no sense, for fewer samples than clusters,
    ///         and where the squared distances from the mean add up to more than an eighth of the largest double
    KMeans& fit(const Array<double>& X, Location at = Location::current());

    /// fit(X), then labels_.
    Array<std::int64_t> fit_predict(const Array<double>& X, Location at = Location::current());

    /// The nearest centroid's number for each row; of centroids as near, the first.
    /// @throws NotFittedError, ShapeError, ValueError
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;

    /// The distances from each row to each centroid, of shape (samples, clusters).
    /// @throws NotFittedError, ShapeError, ValueError
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const;

    /// What inertia_ would be for X, negative: the more, the better.
    /// @throws NotFittedError, ShapeError, ValueError
    double score(const Array<double>& X, Location at = Location::current()) const;

    KMeansOptions options;

    Array<double> cluster_centers_; ///< of shape (clusters, features)
    Array<std::int64_t> labels_;    ///< of fit()'s samples: the numbers of their centroids
    double inertia_ = 0;            ///< sum_i ||x_i - mu_(c_i)||^2, as in scikit-learn: m times the notes' J
    std::size_t n_iter_ = 0;        ///< iterations of the start that ended best
};

} // namespace xgrad::algorithms

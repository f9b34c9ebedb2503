/// @file
/// The k nearest neighbours: what a sample is, is what most of those around it are. Sehayek 2.6. Cover, Hart: Nearest neighbor pattern
/// classification, 1967.
///
/// @code
/// KNeighborsClassifier model({.n_neighbors = 3});
/// model.fit(X, y);
/// auto labels = model.predict(grid);
/// auto white = model.ties(grid); // where two classes have as many votes each
/// @endcode
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace xgrad::algorithms {

/// What a neighbour counts: as much as every other, or 1 / its distance. Where some are no distance away, they alone count then.
enum class NeighborWeights { uniform, distance };

/// How neighbours are found: from the distances to all samples, by a k-d tree, or by whichever is likely to be faster for as many samples
/// and features. All find the same.
enum class NeighborAlgorithm { automatic, brute, kd_tree };

/// The number of neighbours and their weights may change after fit(), the rest is fit()'s.
struct KNeighborsOptions {
    std::size_t n_neighbors = 5;
    NeighborWeights weights = NeighborWeights::uniform;
    NeighborAlgorithm algorithm = NeighborAlgorithm::automatic;
    std::size_t leaf_size = 30; ///< up to how many samples a box of the k-d tree holds that is not cut
    double p = 2;               ///< of the distance (sum |x_j - y_j|^p)^(1/p), from 1 to infinity
};

/// The neighbours of some samples, from near to far; of two samples at one distance, the one that fit() was given first.
struct Neighbors {
    Array<double> distances;     ///< of shape (samples, neighbours)
    Array<std::int64_t> indices; ///< the rows of fit()'s X; of the same shape
};

namespace detail {

class NeighborIndex;

/// What both estimators are made of: the samples, prepared for searches.
class KNeighbors {
  public:
    KNeighbors() = default;
    /// @throws ValueError for options that make no sense, and for fewer samples than neighbours
    KNeighbors(const char* method, const Array<double>& X, const KNeighborsOptions& options, const Location& at);

    Neighbors find(const char* method, const Array<double>& X, std::size_t k, const Location& at) const;

  private:
    std::shared_ptr<const NeighborIndex> index_; ///< shared by copies, since none changes it
};

} // namespace detail

/// Classification by a vote of the neighbours.
class KNeighborsClassifier : public Classifier<KNeighborsClassifier> {
  public:
    using Options = KNeighborsOptions;

    explicit KNeighborsClassifier(const KNeighborsOptions& options = {}) : options(options) {}

    /// @param X  of shape (samples, features)
    /// @param y  labels, of shape (samples); one class is enough
    /// @throws ShapeError, ValueError for what is no such data, for options that make no sense, and for fewer samples than neighbours
    KNeighborsClassifier& fit(const Array<double>& X, const LabelArray& y, Location at = Location::current());

    /// The nearest samples to each row of X.
    /// @param n_neighbors  how many; 0 means as many as options say
    /// @throws NotFittedError, ShapeError, ValueError also if there are fewer samples
    Neighbors kneighbors(const Array<double>& X, std::size_t n_neighbors = 0, Location at = Location::current()) const;

    /// The share of the votes for each class, of shape (samples, classes).
    /// @throws what kneighbors() throws
    Array<double> predict_proba(const Array<double>& X, Location at = Location::current()) const;

    /// The class with the most votes; of classes with as many, the one with the smallest label.
    /// @throws what kneighbors() throws
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;

    /// Where two or more classes have the most votes: no clear decision, which the notes leave white in their figures. predict() takes
    /// the smallest label there. Weights count as equal up to rounding. Of shape (samples).
    /// @throws what kneighbors() throws
    Array<bool> ties(const Array<double>& X, Location at = Location::current()) const;

    KNeighborsOptions options;

  private:
    Array<double> votes(const char* method, const Array<double>& X, const Location& at) const;

    detail::KNeighbors neighbors_;
    std::vector<std::size_t> codes_; ///< of each sample, where its label stands in classes_
};

/// Regression by the mean of the neighbours' targets.
class KNeighborsRegressor : public Regressor<KNeighborsRegressor> {
  public:
    using Options = KNeighborsOptions;

    explicit KNeighborsRegressor(const KNeighborsOptions& options = {}) : options(options) {}

    /// @param X  of shape (samples, features)
    /// @param y  of shape (samples)
    /// @throws ShapeError, ValueError for what is no such data, for options that make no sense, and for fewer samples than neighbours
    KNeighborsRegressor& fit(const Array<double>& X, const Array<double>& y, Location at = Location::current());

    /// @copydoc KNeighborsClassifier::kneighbors()
    Neighbors kneighbors(const Array<double>& X, std::size_t n_neighbors = 0, Location at = Location::current()) const;

    /// The mean of the neighbours' targets, weighted as options say.
    /// @throws what kneighbors() throws
    Array<double> predict(const Array<double>& X, Location at = Location::current()) const;

    KNeighborsOptions options;

  private:
    detail::KNeighbors neighbors_;
    std::vector<double> targets_;
};

} // namespace xgrad::algorithms

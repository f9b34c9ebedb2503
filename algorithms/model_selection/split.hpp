/// @file
/// Splitting samples into those to train on and those to test with: k-fold cross-validation, leave-one-out and hold-out
/// (Sehayek 2.7).
///
/// @code
/// auto [X_train, X_test, y_train, y_test] = train_test_split(X, y, {.test_size = 0.2, .stratify = true});
/// for (const Split& split : KFold({.n_splits = 5}).split(X.shape(0))) ...
/// @endcode
#pragma once

#include <xgrad/algorithms/label_array.hpp>
#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace xgrad::algorithms {

/// The numbers of the samples to train on, and of those to test with.
struct Split {
    std::vector<std::size_t> train, test;

    bool operator==(const Split&) const = default;
};

struct KFoldOptions {
    std::size_t n_splits = 5;
    bool shuffle = false; ///< draw each fold's samples at random, instead of consecutive ones
    std::uint64_t random_state = 0;
};

/// K folds of the samples, as equal as can be; each is the test of one split, and the others together are what it trains on.
/// The first n mod k folds have a sample more than the others.
class KFold {
  public:
    using Options = KFoldOptions;
    explicit KFold(const KFoldOptions& options = {}) : options(options) {}
    KFoldOptions options;

    /// @throws ValueError if there are fewer than 2 folds, or fewer samples than folds
    std::vector<Split> split(std::size_t n_samples, Location at = Location::current()) const;
};

/// K folds of which each has, to a sample, the share of every class that the whole has. A class with fewer members than there
/// are folds is absent from the test of some.
class StratifiedKFold {
  public:
    using Options = KFoldOptions;
    explicit StratifiedKFold(const KFoldOptions& options = {}) : options(options) {}
    KFoldOptions options;

    /// @param y  labels, of shape (samples)
    /// @throws ValueError if there are fewer than 2 folds, or every class has fewer members than there are folds
    /// @throws ShapeError if y is not a vector
    std::vector<Split> split(const LabelArray& y, Location at = Location::current()) const;
};

struct RepeatedKFoldOptions {
    std::size_t n_splits = 5;
    std::size_t n_repeats = 10;
    std::uint64_t random_state = 0;
};

/// Shuffled KFolds one after the other, of which each draws anew.
class RepeatedKFold {
  public:
    using Options = RepeatedKFoldOptions;
    explicit RepeatedKFold(const RepeatedKFoldOptions& options = {}) : options(options) {}
    RepeatedKFoldOptions options;

    /// @throws ValueError as KFold, or if there are no repeats
    std::vector<Split> split(std::size_t n_samples, Location at = Location::current()) const;
};

/// Shuffled StratifiedKFolds one after the other, of which each draws anew.
class RepeatedStratifiedKFold {
  public:
    using Options = RepeatedKFoldOptions;
    explicit RepeatedStratifiedKFold(const RepeatedKFoldOptions& options = {}) : options(options) {}
    RepeatedKFoldOptions options;

    /// @throws ValueError, ShapeError as StratifiedKFold, or if there are no repeats
    std::vector<Split> split(const LabelArray& y, Location at = Location::current()) const;
};

/// Each sample is the test once: as many folds as samples. Of n samples the splits hold n^2 numbers.
class LeaveOneOut {
  public:
    /// @throws ValueError if there are fewer than 2 samples
    std::vector<Split> split(std::size_t n_samples, Location at = Location::current()) const;
};

struct ShuffleSplitOptions {
    std::size_t n_splits = 10;
    double test_size = 0.1; ///< the share of the samples for the test, between 0 and 1; rounded up
    std::uint64_t random_state = 0;
};

/// Random splits, each drawn anew; with `n_splits = 1`, a hold-out set. Their samples are in random order.
class ShuffleSplit {
  public:
    using Options = ShuffleSplitOptions;
    explicit ShuffleSplit(const ShuffleSplitOptions& options = {}) : options(options) {}
    ShuffleSplitOptions options;

    /// @throws ValueError if an option is out of range, or nothing would be left to train on
    std::vector<Split> split(std::size_t n_samples, Location at = Location::current()) const;
};

/// Random splits of which both parts have, to a sample, the share of every class that the whole has.
class StratifiedShuffleSplit {
  public:
    using Options = ShuffleSplitOptions;
    explicit StratifiedShuffleSplit(const ShuffleSplitOptions& options = {}) : options(options) {}
    ShuffleSplitOptions options;

    /// @throws ValueError also if a class has a single member, or a part would have fewer samples than there are classes
    /// @throws ShapeError if y is not a vector
    std::vector<Split> split(const LabelArray& y, Location at = Location::current()) const;
};

namespace detail {

/// Splits by labels; it is asked first, since a number of samples converts to an array.
template <class S>
concept LabelSplitter = requires(const S& s, const Array<std::int64_t>& y, const Location& at) {
    { s.split(y, at) } -> std::same_as<std::vector<Split>>;
};
/// Splits by the number of samples.
template <class S>
concept SampleSplitter = !LabelSplitter<S> && requires(const S& s, std::size_t n_samples, const Location& at) {
    { s.split(n_samples, at) } -> std::same_as<std::vector<Split>>;
};

} // namespace detail

/// How an estimator is validated: the `cv` of cross_val_score() and of searches. It is made from a splitter, from the number of
/// folds (stratified ones for a classifier), or from the splits themselves.
class CrossValidator {
  public:
    CrossValidator(std::size_t n_splits = 5);
    CrossValidator(std::vector<Split> splits);
    template <detail::LabelSplitter S>
    CrossValidator(S splitter)
        : split_([splitter = std::move(splitter)](std::size_t, const Array<std::int64_t>* labels, const Location& at) {
              return splitter.split(checked(labels, at), at);
          }) {}
    template <detail::SampleSplitter S>
    CrossValidator(S splitter)
        : split_([splitter = std::move(splitter)](std::size_t n_samples, const Array<std::int64_t>*, const Location& at) {
              return splitter.split(n_samples, at);
          }) {}

    /// The splits of so many samples.
    /// @param labels  a classifier's targets; null for a regressor
    /// @throws ValueError as the splitter, or if it is for labels and there are none, or a part of a split is empty
    /// @throws IndexError if a split names a sample that is not there
    std::vector<Split> split(std::size_t n_samples, const Array<std::int64_t>* labels, Location at = Location::current()) const;

  private:
    static const Array<std::int64_t>& checked(const Array<std::int64_t>* labels, const Location& at);

    std::function<std::vector<Split>(std::size_t, const Array<std::int64_t>*, const Location&)> split_;
};

struct TrainTestOptions {
    double test_size = 0.25; ///< the share of the samples for the test, between 0 and 1; rounded up
    bool shuffle = true;     ///< draw the samples at random; otherwise the last ones are the test
    bool stratify = false;   ///< each class has its share of both parts; for labels
    std::uint64_t random_state = 0;
};

/// What train_test_split() returns, in scikit-learn's order.
template <class Y>
struct TrainTestArrays {
    Array<double> X_train, X_test;
    Array<Y> y_train, y_test;
};

/// Splits samples and their targets in two. nn::train_test_split() does so with a Dataset.
/// @tparam Y  std::int64_t: labels; double: real targets
/// @throws ShapeError if X is not a matrix, or y has not a target for each sample
/// @throws ValueError if an option is out of range, nothing would be left to train on, or X or y holds a number that is not finite;
///         with `stratify` also if a class has a single member, or a part would have fewer samples than there are classes
template <class Y>
    requires(std::same_as<Y, double> || std::same_as<Y, std::int64_t>)
TrainTestArrays<Y> train_test_split(const Array<double>& X, const Array<Y>& y, const TrainTestOptions& options = {},
                                    Location at = Location::current());

} // namespace xgrad::algorithms

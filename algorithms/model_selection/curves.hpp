/// @file
/// Learning curves, the scores by the number of samples, and validation curves, the scores by an option's values. Where both
/// scores are low an estimator underfits; where that of the training is far above that of the test it overfits.
///
/// @code
/// const auto learning = learning_curve(LogisticRegression(), X, y, {.cv = 5});
/// const auto validation = validation_curve(SVC(), X, y, Grid<SVC>().vary<&SVCOptions::gamma>({0.01, 0.1, 1.}), {.cv = 5});
/// @endcode
#pragma once

#include <xgrad/algorithms/model_selection/search.hpp>

namespace xgrad::algorithms {

template <SupervisedEstimator E>
struct LearningCurveOptions {
    /// How many samples to train on: shares, up to 1, of the smallest training part of the splits, rounded down; or numbers of
    /// samples, above 1. Equal ones count once.
    std::vector<double> train_sizes{0.1, 0.325, 0.55, 0.775, 1.0};
    CrossValidator cv = 5; ///< a number of folds, a splitter, or splits
    Scoring<E> scoring{};  ///< none: the estimator's score()
    bool shuffle = false;  ///< take the samples to train on in random order, instead of the first ones
    std::uint64_t random_state = 0;
};

struct LearningCurve {
    Array<std::int64_t> train_sizes; ///< the numbers of samples trained on, ascending
    Array<double> train_scores;      ///< of shape (sizes, splits)
    Array<double> test_scores;       ///< of shape (sizes, splits)
};

template <SupervisedEstimator E>
struct ValidationCurveOptions {
    CrossValidator cv = 5; ///< a number of folds, a splitter, or splits
    Scoring<E> scoring{};  ///< none: the estimator's score()
};

struct ValidationCurve {
    std::vector<Params> params; ///< what varied, for each candidate
    Array<double> train_scores; ///< of shape (candidates, splits)
    Array<double> test_scores;  ///< of shape (candidates, splits)
};

namespace detail {

/// The numbers of samples, ascending, each once.
/// @throws ValueError if there are none, or one is not positive or more than `most`
std::vector<std::size_t> absolute_sizes(const std::vector<double>& train_sizes, std::size_t most, const Location& at);

/// For each size all splits, with the first so many samples to train on, or the first in random order.
std::vector<std::vector<Split>> shortened(std::vector<Split> splits, const std::vector<std::size_t>& sizes, bool shuffle,
                                          std::uint64_t random_state);

/// The fewest samples that a split trains on.
std::size_t smallest_training(const std::vector<Split>& splits);

} // namespace detail

/// The scores of an estimator that learns from more and more samples.
/// @throws ShapeError, ValueError if X and y or the options do not suit
/// @throws what a fit or a score throws; it names the number of samples and the split
template <SupervisedEstimator E>
LearningCurve learning_curve(const E& estimator, const Array<double>& X, const typename E::Target& y,
                             const LearningCurveOptions<E>& options = {}, Location at = Location::current()) {
    detail::check_data("learning_curve", X, y, at);
    std::vector<Split> splits = options.cv.split(X.shape(0), detail::labels_of(y), at);
    const std::size_t count = splits.size();
    const auto sizes = detail::absolute_sizes(options.train_sizes, detail::smallest_training(splits), at);
    const auto parts = detail::shortened(std::move(splits), sizes, options.shuffle, options.random_state);
    std::vector<std::string> names;
    LearningCurve curve{Array<std::int64_t>::from_shape({sizes.size()}), {}, {}};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        names.push_back(std::to_string(sizes[i]) + " samples");
        curve.train_sizes(i) = static_cast<std::int64_t>(sizes[i]);
    }
    auto scores = detail::score_fits("learning_curve", names, count, true, [&](std::size_t size, std::size_t k) {
        return detail::fit_and_score<E>(estimator, X, y, parts[size][k], options.scoring, true, at);
    });
    curve.train_scores = std::move(scores.train);
    curve.test_scores = std::move(scores.test);
    return curve;
}

/// The scores of an estimator for each value of an option; for several options, for each combination of their values.
/// @throws ShapeError, ValueError if X and y or the grid do not suit
/// @throws what a fit or a score throws; it names the candidate and the split
template <SupervisedEstimator E>
ValidationCurve validation_curve(const E& estimator, const Array<double>& X, const typename E::Target& y, const Grid<E>& grid,
                                 const ValidationCurveOptions<E>& options = {}, Location at = Location::current()) {
    constexpr const char* function = "validation_curve";
    detail::check_data(function, X, y, at);
    const auto candidates = detail::all_candidates(function, grid, at);
    const std::vector<Split> splits = options.cv.split(X.shape(0), detail::labels_of(y), at);
    auto scores = detail::score_candidates(function, estimator, candidates, X, y, splits, options.scoring, true, at);
    ValidationCurve curve{{}, std::move(scores.train), std::move(scores.test)};
    for (const auto& candidate : candidates) curve.params.push_back(candidate.params);
    return curve;
}

} // namespace xgrad::algorithms

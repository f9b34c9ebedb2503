/// @file
/// Cross-validation: how well an estimator predicts what it was not fitted to (Sehayek 2.7).
///
/// @code
/// const auto scores = cross_val_score(LogisticRegression(), X, y, {.cv = 10});
/// const auto errors = cross_val_score(Ridge(), X, t, {.cv = KFold({.shuffle = true}),
///                                                     .scoring = scorer(mean_squared_error, {.greater_is_better = false})});
/// @endcode
///
/// For each split a copy of the estimator learns from the samples to train on, and is scored by those to test with. The copies
/// learn on several threads at once; the scores are the same for every number of threads if the estimator's are. An error names
/// the split: "in split 2 of cross_val_score".
#pragma once

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/model_selection/split.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <vector>

namespace xgrad::algorithms {

/// A score, the higher the better, of a fitted estimator for X and y. It is called from several threads at once.
template <SupervisedEstimator E>
using Scoring = std::function<double(const E& estimator, const Array<double>& X, const typename E::Target& y)>;

struct ScorerOptions {
    bool greater_is_better = true; ///< otherwise the score is the negative of the metric
};

/// The scoring by a metric of targets and predictions: `scorer(mean_squared_error, {.greater_is_better = false})`.
/// @param metric  a function metric(y, predictions) that gives a number; it may take a Location as well. One that takes options is
///                called by a lambda: `scorer([](const auto& y, const auto& h) { return f1_score(y, h, {.average = Average::macro}); })`
template <class Metric>
auto scorer(Metric metric, const ScorerOptions& options = {}, Location at = Location::current()) {
    const double sign = options.greater_is_better ? 1 : -1;
    return [metric = std::move(metric), sign, at](const auto& estimator, const Array<double>& X, const auto& y) -> double {
        const std::decay_t<decltype(y)> predictions = estimator.predict(X, at);
        if constexpr (std::invocable<const Metric&, decltype(y), decltype(predictions)>) {
            return sign * metric(y, predictions);
        } else {
            return sign * metric(y, predictions, at);
        }
    };
}

template <SupervisedEstimator E>
struct CrossValidationOptions {
    CrossValidator cv = 5;           ///< a number of folds, a splitter, or splits
    Scoring<E> scoring{};            ///< none: the estimator's score()
    bool return_train_score = false; ///< score also by the samples trained on
};

/// What cross_validate() returns.
struct CrossValidation {
    Array<double> test_score;  ///< of each split
    Array<double> train_score; ///< of each split, or empty
};

namespace detail {

struct Scores {
    double test, train;
};

/// Scores of shape (candidates, splits); those of the training are empty unless asked for.
struct ScoreTable {
    Array<double> test, train;
};

/// Calls fit(candidate, split) for all, on several threads at once. Of several that throw, the error of the first is thrown,
/// which then names the function, the split, and the candidate unless that is "".
void run_fits(const char* function, const std::vector<std::string>& candidates, std::size_t splits,
              const std::function<void(std::size_t, std::size_t)>& fit);

/// run_fits() of what gives scores.
ScoreTable score_fits(const char* function, const std::vector<std::string>& candidates, std::size_t splits, bool with_train,
                      const std::function<Scores(std::size_t, std::size_t)>& fit_and_score);

/// @throws ShapeError, ValueError unless X is a matrix of finite numbers and y has a target for each row
void check_data(const char* function, const Array<double>& X, const Array<double>& y, const Location& at);
void check_data(const char* function, const Array<double>& X, const Array<std::int64_t>& y, const Location& at);

/// The targets to stratify by.
inline const Array<std::int64_t>* labels_of(const Array<std::int64_t>& y) { return &y; }
inline const Array<std::int64_t>* labels_of(const Array<double>&) { return nullptr; }

/// @throws ValueError unless each sample is in the test of exactly one split
void check_partition(const char* function, const std::vector<Split>& splits, std::size_t n_samples, const Location& at);

template <SupervisedEstimator E>
double score_of(const E& estimator, const Array<double>& X, const typename E::Target& y, const Scoring<E>& scoring,
                const Location& at) {
    return scoring ? scoring(estimator, X, y) : static_cast<double>(estimator.score(X, y, at));
}

/// Fits an estimator to the samples to train on, and scores it.
template <SupervisedEstimator E>
Scores fit_and_score(E estimator, const Array<double>& X, const typename E::Target& y, const Split& split, const Scoring<E>& scoring,
                     bool with_train, const Location& at) {
    Scores scores{};
    const Array<double> X_train = take_rows(X, split.train);
    const typename E::Target y_train = take_rows(y, split.train);
    estimator.fit(X_train, y_train, at);
    if (with_train) scores.train = score_of(estimator, X_train, y_train, scoring, at);
    scores.test = score_of<E>(estimator, take_rows(X, split.test), take_rows(y, split.test), scoring, at);
    return scores;
}

template <SupervisedEstimator E>
CrossValidation cross_validate(const char* function, const E& estimator, const Array<double>& X, const typename E::Target& y,
                               const CrossValidationOptions<E>& options, const Location& at) {
    check_data(function, X, y, at);
    const std::vector<Split> splits = options.cv.split(X.shape(0), labels_of(y), at);
    ScoreTable scores = score_fits(function, {""}, splits.size(), options.return_train_score, [&](std::size_t, std::size_t k) {
        return fit_and_score<E>(estimator, X, y, splits[k], options.scoring, options.return_train_score, at);
    });
    scores.test.reshape({splits.size()});
    if (options.return_train_score) scores.train.reshape({splits.size()});
    return {std::move(scores.test), std::move(scores.train)};
}

} // namespace detail

/// The score of an estimator in each split.
/// @throws ShapeError, ValueError if X and y do not suit, or the splitter throws
/// @throws what a fit or a score throws
template <SupervisedEstimator E>
CrossValidation cross_validate(const E& estimator, const Array<double>& X, const typename E::Target& y,
                               const CrossValidationOptions<E>& options = {}, Location at = Location::current()) {
    return detail::cross_validate("cross_validate", estimator, X, y, options, at);
}

/// As cross_validate(), of which it returns the scores of the tests, of shape (splits).
template <SupervisedEstimator E>
Array<double> cross_val_score(const E& estimator, const Array<double>& X, const typename E::Target& y,
                              const CrossValidationOptions<E>& options = {}, Location at = Location::current()) {
    return detail::cross_validate("cross_val_score", estimator, X, y, options, at).test_score;
}

struct CrossValPredictOptions {
    CrossValidator cv = 5; ///< a number of folds, a splitter, or splits
};

/// For each sample the prediction of the copy that was not fitted to it.
/// @throws ValueError also if a sample is not in the test of exactly one split
template <SupervisedEstimator E>
typename E::Target cross_val_predict(const E& estimator, const Array<double>& X, const typename E::Target& y,
                                     const CrossValPredictOptions& options = {}, Location at = Location::current()) {
    constexpr const char* function = "cross_val_predict";
    detail::check_data(function, X, y, at);
    const std::vector<Split> splits = options.cv.split(X.shape(0), detail::labels_of(y), at);
    detail::check_partition(function, splits, X.shape(0), at);
    auto predictions = E::Target::from_shape({X.shape(0)});
    detail::run_fits(function, {""}, splits.size(), [&](std::size_t, std::size_t k) {
        E fitted = estimator;
        fitted.fit(detail::take_rows(X, splits[k].train), detail::take_rows(y, splits[k].train), at);
        const typename E::Target of_test = fitted.predict(detail::take_rows(X, splits[k].test), at);
        for (std::size_t i = 0; i < splits[k].test.size(); ++i) predictions(splits[k].test[i]) = of_test(i);
    });
    return predictions;
}

} // namespace xgrad::algorithms

/// @file
/// Searches for the options with which an estimator predicts best in cross-validation.
///
/// @code
/// GridSearchCV search(SVC(), Grid<SVC>().vary<&SVCOptions::C>({0.1, 1., 10.}).vary<&SVCOptions::gamma>({0.01, 0.1}), {.cv = 5});
/// search.fit(X, y);
/// search.best_params_.at("C");          // "10"
/// search.best_estimator_.predict(X);    // or search.predict(X)
/// std::cout << search.cv_results_;      // a table
/// @endcode
#pragma once

#include <xgrad/algorithms/classes.hpp>
#include <xgrad/algorithms/context.hpp>
#include <xgrad/algorithms/model_selection/cross_validation.hpp>
#include <xgrad/algorithms/model_selection/grid.hpp>

#include <algorithm>
#include <iosfwd>

namespace xgrad::algorithms {

/// The scores of all candidates.
struct SearchResults {
    std::vector<Params> params;           ///< of each candidate
    Array<double> split_test_scores;      ///< of shape (candidates, splits)
    Array<double> mean_test_score;        ///< over the splits, of shape (candidates)
    Array<double> std_test_score;         ///< the square root of the mean squared deviation from the mean
    Array<std::int64_t> rank_test_score;  ///< 1 for the best; equals share the smallest
    Array<double> split_train_scores;     ///< of shape (candidates, splits), or empty
    Array<double> mean_train_score;       ///< of shape (candidates), or empty
    Array<double> std_train_score;        ///< of shape (candidates), or empty

    /// A row for each candidate, the best first: its rank, what varied, and its scores.
    std::string to_string() const;
};

/// Prints the table.
std::ostream& operator<<(std::ostream& out, const SearchResults& results);

namespace detail {

template <class E>
struct Candidate {
    std::vector<Setting<E>> settings;
    Params params;

    /// The estimator with these values.
    E of(const E& estimator) const {
        E candidate = estimator;
        for (const auto& setting : settings) setting.set(candidate);
        return candidate;
    }
};

/// @param drawn  for each candidate the number of each axis's value
template <class E>
std::vector<Candidate<E>> candidates_of(const Grid<E>& grid, const std::vector<std::vector<std::size_t>>& drawn) {
    std::vector<Candidate<E>> candidates(drawn.size());
    for (std::size_t c = 0; c < drawn.size(); ++c) {
        for (std::size_t axis = 0; axis < drawn[c].size(); ++axis) {
            candidates[c].settings.push_back(grid.axes()[axis].values[drawn[c][axis]]);
            candidates[c].params.emplace(grid.axes()[axis].name, candidates[c].settings.back().text);
        }
    }
    return candidates;
}

/// All combinations of the grid's values.
/// @throws ValueError if an axis has a distribution in place of values
template <class E>
std::vector<Candidate<E>> all_candidates(const char* search, const Grid<E>& grid, const Location& at) {
    std::vector<std::size_t> counts;
    for (const auto& axis : grid.axes()) {
        if (axis.draw) throw ValueError(std::string(search) + ": " + axis.name + " has a distribution; it must have values", at);
        counts.push_back(axis.values.size());
    }
    return candidates_of(grid, combinations(search, counts, at));
}

/// Different combinations if all axes have values; else each is drawn for itself.
/// @throws ValueError if there are too many, or what was drawn does not suit its option
template <class E>
std::vector<Candidate<E>> random_candidates(const Grid<E>& grid, std::size_t n_iter, Generator& generator,
                                            const Location& at) {
    std::vector<std::size_t> counts;
    for (const auto& axis : grid.axes()) {
        if (!axis.draw) counts.push_back(axis.values.size());
    }
    if (counts.size() == grid.axes().size()) return candidates_of(grid, random_combinations(counts, n_iter, generator, at));
    check_candidates(n_iter, n_iter, at);
    std::vector<Candidate<E>> candidates(n_iter);
    for (auto& candidate : candidates) {
        for (const auto& axis : grid.axes()) {
            candidate.settings.push_back(axis.draw ? axis.draw(generator) : axis.values[generator.below(axis.values.size())]);
            candidate.params.emplace(axis.name, candidate.settings.back().text);
        }
    }
    return candidates;
}

/// score_fits() of candidates.
template <SupervisedEstimator E>
ScoreTable score_candidates(const char* function, const E& estimator, const std::vector<Candidate<E>>& candidates,
                            const Array<double>& X, const typename E::Target& y, const std::vector<Split>& splits,
                            const Scoring<E>& scoring, bool with_train, const Location& at) {
    std::vector<std::string> names;
    for (const auto& candidate : candidates) names.push_back(to_string(candidate.params));
    return score_fits(function, names, splits.size(), with_train, [&](std::size_t c, std::size_t k) {
        return fit_and_score<E>(candidates[c].of(estimator), X, y, splits[k], scoring, with_train, at);
    });
}

/// Means, deviations and ranks of the scores.
/// @throws ValueError naming the candidate if a score of a test is NaN
SearchResults summarize(const char* search, ScoreTable scores, std::vector<Params> params, const Location& at);

/// The first candidate of rank 1.
std::size_t best_of(const SearchResults& results);

/// @throws NotFittedError unless a search was fitted, and then its best estimator
void check_refitted(const std::string& method, std::size_t n_features_in, bool refitted, const Location& at);

/// What the searches share. `Derived` has candidates(at).
template <class Derived, SupervisedEstimator E, class SearchOptions>
class Search : public Estimator, public ClassesOf<E> {
  public:
    using Target = typename E::Target;
    using Options = SearchOptions;

    E estimator;           ///< what the candidates are made of
    Grid<E> grid;          ///< what varies
    SearchOptions options;

    E best_estimator_;           ///< the best candidate, fitted to all samples if options.refit; before fit(), `estimator`
    Params best_params_;         ///< its values
    double best_score_ = 0;      ///< its mean score
    std::size_t best_index_ = 0; ///< its place among the candidates
    SearchResults cv_results_;

    /// Scores all candidates, and fits the best to all samples.
    /// @throws ShapeError, ValueError if X and y, the options or the grid do not suit, or a score is NaN
    /// @throws what a fit or a score throws; it names the candidate and the split
    Derived& fit(const Array<double>& X, const Target& y, Location at = Location::current()) {
        const std::string name = std::string(Derived::name) + ".fit";
        check_data(name.c_str(), X, y, at);
        const std::vector<Candidate<E>> candidates = static_cast<const Derived&>(*this).candidates(at);
        const std::vector<Split> splits = options.cv.split(X.shape(0), labels_of(y), at);
        ScoreTable scores =
            score_candidates(Derived::name, estimator, candidates, X, y, splits, options.scoring, options.return_train_score, at);
        std::vector<Params> params;
        for (const auto& candidate : candidates) params.push_back(candidate.params);
        SearchResults results = summarize(name.c_str(), std::move(scores), params, at);
        const std::size_t best = best_of(results);
        E fitted = candidates[best].of(estimator);
        if (options.refit) {
            try {
                fitted.fit(X, y, at);
            } catch (Error& error) {
                add_context(error, std::string("in the last fit of ") + Derived::name + " with " + to_string(params[best]));
                throw;
            }
        }

        this->set_classes(options.refit ? &fitted : nullptr);
        best_estimator_ = std::move(fitted);
        refitted_ = options.refit;
        best_index_ = best;
        best_params_ = params[best];
        best_score_ = results.mean_test_score(best);
        cv_results_ = std::move(results);
        n_features_in_ = X.shape(1);
        return static_cast<Derived&>(*this);
    }

    /// The best estimator's predictions; so those below.
    /// @throws NotFittedError before fit(), or if that was without options.refit
    Target predict(const Array<double>& X, Location at = Location::current()) const { return refitted("predict", at).predict(X, at); }

    Array<double> predict_proba(const Array<double>& X, Location at = Location::current()) const
        requires requires(const E& e) { e.predict_proba(X, at); }
    {
        return refitted("predict_proba", at).predict_proba(X, at);
    }

    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const
        requires requires(const E& e) { e.decision_function(X, at); }
    {
        return refitted("decision_function", at).decision_function(X, at);
    }

    /// The best estimator's score, by `options.scoring` if there is one.
    double score(const Array<double>& X, const Target& y, Location at = Location::current()) const {
        return score_of(refitted("score", at), X, y, options.scoring, at);
    }

  protected:
    Search(E e, Grid<E> g, const SearchOptions& o)
        : estimator(std::move(e)), grid(std::move(g)), options(o), best_estimator_(estimator) {}

  private:
    const E& refitted(const char* method, const Location& at) const {
        check_refitted(std::string(Derived::name) + "." + method, n_features_in_, refitted_, at);
        return best_estimator_;
    }

    bool refitted_ = false; ///< whether fit() did what options.refit says
};

} // namespace detail

template <SupervisedEstimator E>
struct GridSearchOptions {
    CrossValidator cv = 5;           ///< a number of folds, a splitter, or splits
    Scoring<E> scoring{};            ///< none: the estimator's score()
    bool refit = true;               ///< fit the best candidate to all samples
    bool return_train_score = false; ///< score also by the samples trained on
};

/// Tries every combination of the grid's values, those of the last option changing fastest. Of equally good ones the first wins.
/// The fits run on several threads at once; the result is the same for every number of threads if the estimator's is.
template <SupervisedEstimator E>
class GridSearchCV : public detail::Search<GridSearchCV<E>, E, GridSearchOptions<E>> {
  public:
    GridSearchCV(E estimator, Grid<E> grid, const GridSearchOptions<E>& options = {})
        : detail::Search<GridSearchCV, E, GridSearchOptions<E>>(std::move(estimator), std::move(grid), options) {}

  private:
    friend detail::Search<GridSearchCV, E, GridSearchOptions<E>>;
    static constexpr const char* name = "GridSearchCV";
    auto candidates(const Location& at) const { return detail::all_candidates(name, this->grid, at); }
};

template <SupervisedEstimator E>
struct RandomizedSearchOptions {
    std::size_t n_iter = 10;         ///< the number of candidates
    CrossValidator cv = 5;           ///< a number of folds, a splitter, or splits
    Scoring<E> scoring{};            ///< none: the estimator's score()
    bool refit = true;               ///< fit the best candidate to all samples
    bool return_train_score = false; ///< score also by the samples trained on
    std::uint64_t random_state = 0;
};

/// Tries combinations drawn at random: different ones where all options have values (all of them, if there are no more), else
/// each for itself (Bergstra, Bengio: Random search for hyper-parameter optimization, 2012).
template <SupervisedEstimator E>
class RandomizedSearchCV : public detail::Search<RandomizedSearchCV<E>, E, RandomizedSearchOptions<E>> {
  public:
    RandomizedSearchCV(E estimator, Grid<E> grid, const RandomizedSearchOptions<E>& options = {})
        : detail::Search<RandomizedSearchCV, E, RandomizedSearchOptions<E>>(std::move(estimator), std::move(grid), options) {}

  private:
    friend detail::Search<RandomizedSearchCV, E, RandomizedSearchOptions<E>>;
    static constexpr const char* name = "RandomizedSearchCV";
    auto candidates(const Location& at) const {
        if (this->options.n_iter == 0) throw ValueError("RandomizedSearchCV.fit: n_iter is 0", at);
        Generator generator(this->options.random_state);
        return detail::random_candidates(this->grid, this->options.n_iter, generator, at);
    }
};

} // namespace xgrad::algorithms

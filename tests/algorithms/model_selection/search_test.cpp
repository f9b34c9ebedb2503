// Searches: scikit-learn's results, how options are varied and named, random candidates, errors; curves.
#include "tests/algorithms/model_selection/data.hpp"
#include "tests/message_of.hpp"
#include "tests/num_threads.hpp"

#include <xgrad/algorithms/model_selection/curves.hpp>
#include <xgrad/algorithms/model_selection/search.hpp>
#include <xgrad/algorithms/neighbors/k_neighbors.hpp>
#include <xgrad/algorithms/pipeline.hpp>

#include <doctest/doctest.h>

#include <set>
#include <sstream>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;
namespace truth = xgrad::tests::reference::model_selection;

namespace {

static_assert(SupervisedEstimator<GridSearchCV<Ridge>>);
static_assert(SupervisedEstimator<RandomizedSearchCV<NearestCentroid>>);

Grid<Ridge> alphas() { return Grid<Ridge>().vary<&RidgeOptions::alpha>(truth::alphas); }

/// What a search varied, candidate by candidate.
std::vector<std::string> tried(const SearchResults& results) {
    std::vector<std::string> texts;
    for (const Params& params : results.params) texts.push_back(to_string(params));
    return texts;
}

} // namespace

TEST_CASE("GridSearchCV agrees with scikit-learn") {
    GridSearchCV search(Ridge(), alphas(), {.return_train_score = true});
    search.fit(X(), t());
    const SearchResults& results = search.cv_results_;
    check_near(results.split_test_scores, truth::search_test, 1e-12);
    check_near(results.mean_test_score, truth::search_mean, 1e-12);
    check_near(results.std_test_score, truth::search_std, 1e-12);
    check_near(results.mean_train_score, truth::search_mean_train, 1e-12);
    CHECK(results.split_train_scores.shape() == results.split_test_scores.shape());
    CHECK(std::vector<std::int64_t>(results.rank_test_score.begin(), results.rank_test_score.end()) == truth::search_rank);
    CHECK(tried(results) == std::vector<std::string>{"alpha = 100", "alpha = 0.01", "alpha = 0.01", "alpha = 1", "alpha = 5"});

    CHECK(search.best_score_ == doctest::Approx(truth::search_best[0]).epsilon(1e-12));
    CHECK(search.best_index_ == 3);
    CHECK(search.best_params_ == Params{{"alpha", "1"}});
    CHECK(search.best_estimator_.options.alpha == 1);
    check_near(search.best_estimator_.coef_, {truth::search_best[2], truth::search_best[3]}, 1e-12);
    CHECK(search.predict(X()) == search.best_estimator_.predict(X()));
    CHECK(search.score(X(), t()) == search.best_estimator_.score(X(), t()));
    CHECK(search.is_fitted());
}

TEST_CASE("search results print as a table, the best first") {
    GridSearchCV search(Ridge(), Grid<Ridge>().vary<&RidgeOptions::alpha>({100, 1}).vary<&RidgeOptions::repeats>({1}));
    search.fit(X(), t());
    std::ostringstream out;
    out << search.cv_results_; // the means and deviations of the reference, candidates 3 and 0
    CHECK(out.str() == "rank  alpha  repeats    mean     std\n"
                       "   1      1        1  0.9452  0.0203\n"
                       "   2    100        1  0.4303  0.0402\n");
}

TEST_CASE("the last option changes fastest; values of any type have a text") {
    GridSearchCV search(Ridge(),
                        Grid<Ridge>()
                            .vary<&RidgeOptions::solver>({Solver::other, Solver::closed_form})
                            .vary<&RidgeOptions::positive>({true})
                            .vary<&RidgeOptions::sizes>({{}, {16, 8}})
                            .vary("negated alpha", [](Ridge& ridge, double a) { ridge.options.alpha = -a; }, {-1.5}),
                        {.refit = false});
    search.fit(X(), t());
    CHECK(tried(search.cv_results_) ==
          std::vector<std::string>{"negated alpha = -1.5, positive = true, sizes = (), solver = other",
                                   "negated alpha = -1.5, positive = true, sizes = (16, 8), solver = other",
                                   "negated alpha = -1.5, positive = true, sizes = (), solver = closed_form",
                                   "negated alpha = -1.5, positive = true, sizes = (16, 8), solver = closed_form"});
    CHECK(search.best_index_ == 0); // all are the same, the first wins
    CHECK(search.cv_results_.rank_test_score == Array<std::int64_t>{1, 1, 1, 1});
    CHECK(search.best_estimator_.options.alpha == 1.5);
    CHECK(search.best_estimator_.options.sizes.empty());
    CHECK_THROWS_AS(search.predict(X()), NotFittedError); // without refit
}

TEST_CASE("how values are called") {
    const auto texts = [](const Grid<Ridge>& grid) {
        std::vector<std::string> result;
        for (const auto& value : grid.axes().at(0).values) result.push_back(value.text);
        return result;
    };
    using Texts = std::vector<std::string>;
    CHECK(texts(Grid<Ridge>().vary<&RidgeOptions::alpha>({1, 0.1, 1e-5, 1. / 3, 1e300, INFINITY})) ==
          Texts{"1", "0.1", "1e-05", "0.3333333333333333", "1e+300", "inf"});
    CHECK(texts(Grid<Ridge>().vary<&RidgeOptions::repeats>({-3, 1000000})) == Texts{"-3", "1000000"});
    CHECK(texts(Grid<Ridge>().vary<&RidgeOptions::positive>({false, true})) == Texts{"false", "true"});
    CHECK(texts(Grid<Ridge>().vary<&RidgeOptions::text>({"a b", ""})) == Texts{"a b", "#1"});
    CHECK(texts(Grid<Ridge>().vary<&RidgeOptions::solver>({Solver::other, Solver::closed_form, Solver(7), Solver(99)})) ==
          Texts{"other", "closed_form", "7", "99"});
    CHECK(texts(Grid<Ridge>().vary<&RidgeOptions::place>({Place::here, Place::there})) == Texts{"at home", "away"});
    CHECK(texts(Grid<Ridge>().vary<&RidgeOptions::nameless>({Nameless{4}, Nameless{5}})) == Texts{"#0", "#1"});
    CHECK(texts(Grid<Ridge>().vary("words", [](Ridge&, const std::string&) {}, {"one", "two"})) == Texts{"one", "two"});
}

TEST_CASE("a search in a pipeline varies the options of its steps") {
    Pipeline pipeline{Centerer(), Pick(), Ridge()};
    GridSearchCV search(pipeline, Grid(pipeline)
                                      .vary<&PickOptions::feature>({1, 0})
                                      .vary<&RidgeOptions::alpha>({1, 0.5})
                                      .vary("mean", [](decltype(pipeline)& p, bool b) { p.get<0>().options.with_mean = b; }, {false}));
    search.fit(X(), t());
    CHECK(search.best_params_.at("Pick.feature") == "0");
    CHECK(search.best_estimator_.get<Pick>().options.feature == 0);
    CHECK(search.best_estimator_.get<0>().options.with_mean == false);
    // By hand, the candidate of feature 0 and alpha = 0.5.
    auto X0 = Array<double>::from_shape({42, 1});
    for (std::size_t i = 0; i < 42; ++i) X0(i, 0) = X()(i, 0);
    const auto scores = cross_val_score(Ridge({.alpha = 0.5}), X0, t());
    REQUIRE(search.cv_results_.params[3] == Params{{"Pick.feature", "0"}, {"Ridge.alpha", "0.5"}, {"mean", "false"}});
    for (std::size_t k = 0; k < 5; ++k) CHECK(search.cv_results_.split_test_scores(3, k) == doctest::Approx(scores(k)).epsilon(1e-13));
}

TEST_CASE("a search within cross-validation") {
    const auto scores = cross_val_score(GridSearchCV(Ridge(), alphas(), {.cv = 3}), X(), t(), {.cv = 4});
    REQUIRE(scores.size() == 4);
    const auto splits = KFold({.n_splits = 4}).split(42);
    GridSearchCV search(Ridge(), alphas(), {.cv = 3});
    using algorithms::detail::take_rows;
    search.fit(take_rows(X(), splits[2].train), take_rows(t(), splits[2].train));
    CHECK(scores(2) == search.score(take_rows(X(), splits[2].test), take_rows(t(), splits[2].test)));
}

TEST_CASE("a search gives the same for any number of threads, scored as told") {
    const auto accuracy = scorer([](const Array<std::int64_t>& a, const Array<std::int64_t>& b) { return accuracy_score(a, b); });
    std::vector<Array<double>> scores;
    for (const std::size_t threads : {1, 2, 7}) {
        const Threads with(threads);
        GridSearchCV search(NearestCentroid(), Grid<NearestCentroid>(), {.cv = RepeatedStratifiedKFold(), .scoring = accuracy});
        search.fit(X(), y());
        CHECK(search.cv_results_.params.size() == 1); // nothing varies
        CHECK(search.decision_function(X()) == search.best_estimator_.decision_function(X()));
        CHECK(search.score(X(), y()) == search.best_estimator_.score(X(), y()));
        scores.push_back(search.cv_results_.split_test_scores);
    }
    CHECK(scores[0] == scores[1]);
    CHECK(scores[0] == scores[2]);
}

TEST_CASE("RandomizedSearchCV draws different combinations of values") {
    const auto grid = Grid<Ridge>().vary<&RidgeOptions::alpha>({1, 2, 3, 4}).vary<&RidgeOptions::repeats>({1, 2, 3});
    const auto draw = [&](std::size_t n_iter, std::uint64_t seed) {
        RandomizedSearchCV search(Ridge(), grid, {.n_iter = n_iter, .cv = 2, .random_state = seed});
        return tried(search.fit(X(), t()).cv_results_);
    };
    const auto seven = draw(7, 1);
    CHECK(seven.size() == 7);
    CHECK(std::set<std::string>(seven.begin(), seven.end()).size() == 7);
    CHECK(seven == draw(7, 1));
    CHECK(seven != draw(7, 2));
    const auto all = draw(100, 0);
    CHECK(std::set<std::string>(all.begin(), all.end()).size() == 12);
    CHECK(all.size() == 12);
}

TEST_CASE("RandomizedSearchCV draws from distributions") {
    const auto grid = Grid<Ridge>()
                          .vary<&RidgeOptions::alpha>(loguniform(1e-3, 1e3))
                          .vary<&RidgeOptions::repeats>(algorithms::uniform(0.5, 3.5))
                          .vary<&RidgeOptions::positive>({false, true});
    RandomizedSearchCV search(Ridge(), grid, {.n_iter = 200, .cv = 2, .random_state = 3});
    search.fit(X(), t());
    REQUIRE(search.cv_results_.params.size() == 200);
    std::size_t below_one = 0;
    std::map<std::string, std::size_t> repeats, positive;
    for (const Params& params : search.cv_results_.params) {
        const double alpha = std::stod(params.at("alpha"));
        CHECK(1e-3 <= alpha);
        CHECK(alpha < 1e3);
        below_one += alpha < 1;
        ++repeats[params.at("repeats")];
        ++positive[params.at("positive")];
    }
    // Half, a third and half of 200, five standard deviations of the binomial distribution about.
    CHECK(std::abs(static_cast<double>(below_one) - 100) < 5 * 7.1);
    CHECK(repeats.size() == 3);
    for (const char* value : {"1", "2", "3"}) CHECK(std::abs(static_cast<double>(repeats[value]) - 200. / 3) < 5 * 6.7);
    CHECK(std::abs(static_cast<double>(positive["true"]) - 100) < 5 * 7.1);
    CHECK(search.best_estimator_.options.alpha == doctest::Approx(std::stod(search.best_params_.at("alpha"))).epsilon(1e-15));
}

TEST_CASE("distributions of the widest ranges stay within them") {
    Generator generator(5);
    const auto wide = loguniform(1e-200, 1e200), whole = algorithms::uniform(-1e308, 1e308), narrow = algorithms::uniform(1, 1 + 0x1p-52);
    std::size_t below_one = 0, negative = 0;
    for (int i = 0; i < 400; ++i) {
        const double a = wide(generator), b = whole(generator);
        CHECK((1e-200 <= a && a < 1e200));
        CHECK((-1e308 <= b && b < 1e308));
        below_one += a < 1, negative += b < 0;
        CHECK(narrow(generator) == 1);
    }
    // Half of them; five standard deviations are 50.
    CHECK(std::abs(static_cast<double>(below_one) - 200) < 50);
    CHECK(std::abs(static_cast<double>(negative) - 200) < 50);
}

TEST_CASE("what is drawn for a whole number must be in its range") {
    const auto error = [](const Distribution& distribution) {
        const auto grid = Grid<Ridge>().vary<&RidgeOptions::most>(distribution);
        return message_of<ValueError>([&] { RandomizedSearchCV(Ridge(), grid).fit(X(), t()); });
    };
    const auto always = [](double value) { return [value](Generator&) { return value; }; };
    CHECK(error(always(-2.7)) == "Grid.vary: -2.7 was drawn for most, which takes whole numbers from 0 to below 1.8446744073709552e+19");
    CHECK(error(always(0x1p64)).starts_with("Grid.vary: 1.8446744073709552e+19 was drawn for most"));
    CHECK(error(always(NAN)).starts_with("Grid.vary: nan was drawn for most"));
    const auto grid = Grid<Ridge>().vary<&RidgeOptions::repeats>(always(-0x1p31)).vary<&RidgeOptions::positive>(always(0.6));
    RandomizedSearchCV search(Ridge(), grid, {.n_iter = 1});
    CHECK(search.fit(X(), t()).best_params_ == Params{{"positive", "true"}, {"repeats", "-2147483648"}});
}

TEST_CASE("a random search has an end") {
    const auto drawn = Grid<Ridge>().vary<&RidgeOptions::alpha>(loguniform(1, 2));
    CHECK(message_of<ValueError>([&] { RandomizedSearchCV(Ridge(), drawn, {.n_iter = SIZE_MAX}).fit(X(), t()); }) ==
          "RandomizedSearchCV.fit: n_iter is 18446744073709551615; there may be 1000000 candidates");
    Grid<Ridge> huge;
    const std::vector<int> many(2000, 1);
    huge.vary("a", [](Ridge&, int) {}, many).vary("b", [](Ridge&, int) {}, many);
    CHECK_THROWS_AS(RandomizedSearchCV(Ridge(), huge, {.n_iter = SIZE_MAX}).fit(X(), t()), ValueError);
    CHECK(RandomizedSearchCV(Ridge(), alphas(), {.n_iter = SIZE_MAX}).fit(X(), t()).cv_results_.params.size() == 5);
}

TEST_CASE("an error in a search names candidate and split; what was learned before stays") {
    GridSearchCV search(Ridge(), Grid<Ridge>().vary<&RidgeOptions::alpha>({1, 2}));
    search.fit(X(), t());
    search.grid = Grid<Ridge>().vary<&RidgeOptions::repeats>({1}).vary<&RidgeOptions::alpha>({1, -2, -3});
    CHECK_THROWS_WITH_AS(search.fit(X(), t()),
                         doctest::Contains("Ridge.fit: alpha is -2.000000\n  in split 0 of GridSearchCV with alpha = -2, repeats = 1, "
                                           "called at search_test.cpp:"),
                         ValueError);
    CHECK(search.cv_results_.params.size() == 2);
    CHECK(search.best_estimator_.is_fitted());

    // In the last fit, to all samples.
    const std::vector<Split> few{{{0, 1, 2}, {3, 4}}};
    const auto grid = Grid<Ridge>().vary("refuses", [](Ridge& r, int) { r.options.most = 5; }, {1});
    CHECK_THROWS_WITH_AS(GridSearchCV(Ridge(), grid, {.cv = few}).fit(X(), t()),
                         doctest::Contains("Ridge.fit: X has too many samples\n  in the last fit of GridSearchCV with refuses = 1, called"),
                         ValueError);

    // A context that is there already comes first.
    Pipeline pipeline{Centerer(), Pick(), Ridge()};
    CHECK_THROWS_WITH_AS(GridSearchCV(pipeline, Grid(pipeline).vary<&PickOptions::feature>({1, 2})).fit(X(), t()),
                         doctest::Contains("Pick.fit: feature is 2, but X has 2\n  in Pipeline step 1 (Pick), in split 0 of GridSearchCV "
                                           "with Pick.feature = 2, called at search_test.cpp:"),
                         ValueError);
    CHECK(message_of<ValueError>([] {
              GridSearchCV(Ridge(), Grid<Ridge>().vary<&RidgeOptions::alpha>({1, 2}),
                           {.scoring = [](const Ridge& r, const auto&, const auto&) { return r.options.alpha > 1 ? NAN : 0.; }})
                  .fit(X(), t());
          }) == "GridSearchCV.fit: the score of candidate 1 (alpha = 2) in split 0 is NaN");
}

TEST_CASE("what cannot be searched") {
    Grid<Ridge> grid;
    CHECK(message_of<ValueError>([&] { grid.vary<&RidgeOptions::alpha>(std::vector<double>()); }) ==
          "Grid.vary: there are no values for alpha");
    grid.vary<&RidgeOptions::alpha>({1});
    CHECK(message_of<ValueError>([&] { grid.vary<&RidgeOptions::alpha>({2}); }) == "Grid.vary: alpha varies already");
    CHECK(message_of<ValueError>([&] { grid.vary("alpha", [](Ridge&, int) {}, {2}); }) == "Grid.vary: alpha varies already");
    CHECK(grid.axes().size() == 1);
    CHECK(message_of<ValueError>([] { algorithms::uniform(1, 1); }) == "uniform: there is nothing to draw from in [1, 1)");
    CHECK_THROWS_AS(loguniform(0, 1), ValueError);
    CHECK_THROWS_AS(loguniform(1, INFINITY), ValueError);
    CHECK_THROWS_AS(grid.vary<&RidgeOptions::repeats>(Distribution()), ValueError);

    grid.vary<&RidgeOptions::repeats>(algorithms::uniform(1, 5));
    CHECK(message_of<ValueError>([&] { GridSearchCV(Ridge(), grid).fit(X(), t()); }) ==
          "GridSearchCV: repeats has a distribution; it must have values");
    CHECK(message_of<ValueError>([&] { RandomizedSearchCV(Ridge(), grid, {.n_iter = 0}).fit(X(), t()); }) ==
          "RandomizedSearchCV.fit: n_iter is 0");
    CHECK(message_of<ShapeError>([&] { GridSearchCV(Ridge(), alphas()).fit(X(), {1, 2}); }) == "GridSearchCV.fit: X has 42 samples, y 2");
    CHECK_THROWS_AS(GridSearchCV(Ridge(), alphas()).predict(X()), NotFittedError);
    Grid<Ridge> huge;
    const std::vector<int> many(2000, 1);
    huge.vary("a", [](Ridge&, int) {}, many).vary("b", [](Ridge&, int) {}, many);
    CHECK(message_of<ValueError>([&] { GridSearchCV(Ridge(), huge).fit(X(), t()); }).starts_with("GridSearchCV: the grid has more than"));
}

TEST_CASE("a search does not predict by what it was given, nor without the last fit") {
    NearestCentroid fitted;
    fitted.fit(X(), y());
    GridSearchCV search(fitted, Grid<NearestCentroid>());
    const auto check_refused = [&](const std::string& why) {
        CHECK(message_of<NotFittedError>([&] { search.predict(X()); }) == "GridSearchCV.predict: " + why);
        CHECK(message_of<NotFittedError>([&] { search.decision_function(X()); }) == "GridSearchCV.decision_function: " + why);
        CHECK(message_of<NotFittedError>([&] { search.score(X(), y()); }) == "GridSearchCV.score: " + why);
    };
    check_refused("the estimator is not fitted; call fit() first");
    search.options.refit = false;
    search.fit(X(), y());
    check_refused("refit is false; no estimator was fitted to all samples");
    CHECK(search.classes_.size() == Array<std::int64_t>().size());
    search.options.refit = true; // what fit() did counts
    check_refused("refit is false; no estimator was fitted to all samples");
    search.fit(X(), y());
    search.options.refit = false;
    CHECK(search.predict(X()) == fitted.predict(X()));
    CHECK(search.classes_ == fitted.classes_);
    RandomizedSearchCV randomized{KNeighborsClassifier(), Grid<KNeighborsClassifier>()};
    CHECK(message_of<NotFittedError>([&] { randomized.predict_proba(X()); }) ==
          "RandomizedSearchCV.predict_proba: the estimator is not fitted; call fit() first");
}

TEST_CASE("learning_curve agrees with scikit-learn") {
    const auto curve = learning_curve(Ridge(), X(), t(), {.train_sizes = {0.2, 0.5, 0.8, 1.0}, .cv = 4});
    CHECK(std::vector<std::int64_t>(curve.train_sizes.begin(), curve.train_sizes.end()) == truth::learning_sizes);
    check_near(curve.train_scores, truth::learning_train, 1e-12);
    check_near(curve.test_scores, truth::learning_test, 1e-12);
    const auto sizes = learning_curve(Ridge(), X(), t()).train_sizes;
    CHECK(std::vector<std::int64_t>(sizes.begin(), sizes.end()) == truth::learning_sizes_default);

    // By numbers of samples, one of them twice; with all samples, their order does not matter.
    const auto shuffled = learning_curve(Ridge(), X(), t(), {.train_sizes = {31, 6, 31}, .cv = 4, .shuffle = true, .random_state = 1});
    CHECK(shuffled.train_sizes == Array<std::int64_t>{6, 31});
    for (std::size_t k = 0; k < 4; ++k) CHECK(shuffled.train_scores(0, k) != curve.train_scores(0, k));
    // Splits 2 and 3 train on 32 samples, of which 31 leave one out.
    for (std::size_t k = 0; k < 2; ++k) CHECK(shuffled.test_scores(1, k) == doctest::Approx(curve.test_scores(3, k)).epsilon(1e-12));

    for (const double size : {0.0, -1.0, 40.0, 2.5, static_cast<double>(NAN)}) {
        CHECK(message_of<ValueError>([&] { learning_curve(Ridge(), X(), t(), {.train_sizes = {size}}); })
                  .starts_with("learning_curve: train_sizes has "));
    }
    CHECK_THROWS_AS(learning_curve(Ridge(), X(), t(), {.train_sizes = {}}), ValueError);
    // The folds are {0, 1, 3} and {2, 4, 5}: of what split 1 trains on, the first two samples are of one class.
    CHECK_THROWS_WITH_AS(learning_curve(NearestCentroid(), column({1, 2, 3, 4, 5, 6}), {0, 0, 0, 1, 1, 1}, {.train_sizes = {2}, .cv = 2}),
                         doctest::Contains("in split 1 of learning_curve with 2 samples"), Error);
}

TEST_CASE("validation_curve agrees with scikit-learn") {
    const auto curve = validation_curve(Ridge(), X(), t(), Grid<Ridge>().vary<&RidgeOptions::alpha>({0.1, 1, 10}), {.cv = 3});
    check_near(curve.train_scores, truth::validation_train, 1e-12);
    check_near(curve.test_scores, truth::validation_test, 1e-12);
    CHECK(curve.test_scores.shape(0) == 3);
    CHECK(curve.params[2] == Params{{"alpha", "10"}});
}

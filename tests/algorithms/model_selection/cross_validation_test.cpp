// Cross-validation: scikit-learn's scores and predictions, scorers, threads, and which error is reported.
#include "tests/algorithms/model_selection/data.hpp"
#include "tests/message_of.hpp"
#include "tests/num_threads.hpp"

#include <xgrad/algorithms/datasets/datasets.hpp>
#include <xgrad/algorithms/model_selection/cross_validation.hpp>

#include <doctest/doctest.h>

#include <numeric>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;
namespace truth = xgrad::tests::reference::model_selection;

namespace {

double mean_squared_difference(const Array<double>& y, const Array<double>& h) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += (y(i) - h(i)) * (y(i) - h(i));
    return sum / static_cast<double>(y.size());
}

/// Fails on training sets that hold sample 0, whose first feature is given.
struct Choosy : NearestCentroid {
    using NearestCentroid::NearestCentroid;
    double hated = 0;
    Choosy& fit(const Array<double>& X, const Array<std::int64_t>& y, Location at = Location::current()) {
        for (std::size_t i = 0; i < X.shape(0); ++i) {
            if (X(i, 0) == hated) throw ValueError("Choosy.fit: there it is", at);
        }
        NearestCentroid::fit(X, y, at);
        return *this;
    }
};

} // namespace

TEST_CASE("cross_val_score agrees with scikit-learn") {
    check_equal(cross_val_score(NearestCentroid(), X(), y()), truth::centroid_scores);
    check_equal(cross_val_score(NearestCentroid(), X(), y(), {.cv = KFold({.n_splits = 4})}), truth::centroid_scores_kfold);
    check_near(cross_val_score(Ridge(), X(), t()), truth::ridge_scores, 1e-12);
    const auto each = cross_val_score(NearestCentroid(), X(), y(), {.cv = LeaveOneOut()});
    CHECK(each.size() == 42);
    CHECK(std::accumulate(each.begin(), each.end(), 0.0) / 42 == doctest::Approx(truth::centroid_leave_one_out[0]).epsilon(1e-14));
}

TEST_CASE("cross_val_score agrees with scikit-learn on its data sets") {
    const auto check = [](const ClassificationData& data, const std::vector<double>& scores) {
        check_equal(cross_val_score(NearestCentroid(), data.X, data.y), scores);
    };
    check(load_iris(), truth::centroid_iris);
    check(load_digits(), truth::centroid_digits);
    check(load_breast_cancer(), truth::centroid_breast_cancer);
}

TEST_CASE("cross_validate scores the training as well") {
    const auto scores = cross_validate(NearestCentroid(), X(), y(), {.cv = 3, .return_train_score = true});
    check_equal(scores.train_score, truth::centroid_train_scores);
    check_equal(scores.test_score, [] {
        const auto alone = cross_validate(NearestCentroid(), X(), y(), {.cv = 3});
        CHECK(alone.train_score.size() == 0);
        return std::vector<double>(alone.test_score.begin(), alone.test_score.end());
    }());
}

TEST_CASE("scoring by a metric, or by any function of the estimator") {
    check_near(cross_val_score(Ridge(), X(), t(), {.scoring = scorer(mean_squared_difference)}), truth::ridge_mse, 1e-12);
    Array<double> negative = cross_val_score(Ridge(), X(), t(),
                                             {.scoring = scorer(mean_squared_difference, {.greater_is_better = false})});
    negative *= -1;
    check_near(negative, truth::ridge_mse, 1e-12);
    // A metric that takes the place, too; and a function of the estimator.
    check_near(cross_val_score(Ridge(), X(), t(), {.scoring = scorer(r2_score)}), truth::ridge_scores, 1e-12);
    const auto by_hand = [](const Ridge& ridge, const Array<double>& samples, const Array<double>& targets) {
        return mean_squared_difference(targets, ridge.predict(samples));
    };
    check_near(cross_val_score(Ridge(), X(), t(), {.scoring = by_hand}), truth::ridge_mse, 1e-12);
    const auto by_lambda = scorer([](const Array<std::int64_t>& a, const Array<std::int64_t>& b) { return accuracy_score(a, b); });
    check_equal(cross_val_score(NearestCentroid(), X(), y(), {.scoring = by_lambda}), truth::centroid_scores);
}

TEST_CASE("cross_val_predict agrees with scikit-learn") {
    const auto labels = cross_val_predict(NearestCentroid(), X(), y());
    CHECK(std::vector<std::int64_t>(labels.begin(), labels.end()) == truth::centroid_predictions);
    check_near(cross_val_predict(Ridge(), X(), t(), {.cv = 4}), truth::ridge_predictions, 1e-12);
    CHECK(message_of<ValueError>([] { cross_val_predict(Ridge(), X(), t(), {.cv = ShuffleSplit()}); })
              .starts_with("cross_val_predict: sample "));
    CHECK(message_of<ValueError>([] { cross_val_predict(Ridge(), X(), t(), {.cv = RepeatedKFold({.n_repeats = 2})}); }) ==
          "cross_val_predict: sample 0 is in the test of 2 splits; it must be in that of one");
}

TEST_CASE("cross-validation gives the same for any number of threads, and leaves the estimator alone") {
    const NearestCentroid untouched;
    const CrossValidationOptions<NearestCentroid> options{.cv = RepeatedStratifiedKFold()};
    std::vector<Array<double>> scores;
    for (const std::size_t threads : {1, 2, 5}) {
        const Threads with(threads);
        scores.push_back(cross_val_score(untouched, X(), y(), options));
    }
    CHECK(scores[0].size() == 50);
    CHECK(scores[0] == scores[1]);
    CHECK(scores[0] == scores[2]);
    CHECK_FALSE(untouched.is_fitted());
}

TEST_CASE("an error in cross-validation names the first split that has it, and the caller's line") {
    for (const std::size_t threads : {1, 2, 5}) {
        const Threads with(threads);
        Choosy choosy;
        choosy.hated = X()(0, 0); // in the test of split 0 alone
        try {
            cross_val_score(choosy, X(), y(), {.cv = KFold({.n_splits = 6})});
            FAIL("nothing was thrown");
        } catch (const ValueError& error) {
            const std::string what = error.what();
            CHECK(what.starts_with("Choosy.fit: there it is\n  in split 1 of cross_val_score, called at cross_validation_test.cpp:"));
        }
    }
    // One class only in what a fold trains on.
    const Array<double> four = column({1, 2, 3, 4});
    CHECK_THROWS_WITH_AS(cross_val_score(NearestCentroid(), four, {0, 0, 1, 1}, {.cv = KFold({.n_splits = 2})}),
                         doctest::Contains("NearestCentroid.fit: y holds 1 class; at least 2 are needed\n  in split 0 of cross_val_score"),
                         ValueError);
    // What is not the library's passes as it is.
    CHECK_THROWS_AS(cross_val_score(Ridge(), X(), t(),
                                    {.scoring = [](const auto&, const auto&, const auto&) -> double { throw std::bad_alloc(); }}),
                    std::bad_alloc);
}

TEST_CASE("what cannot be cross-validated") {
    CHECK(message_of<ShapeError>([] { cross_val_score(Ridge(), X(), {1, 2, 3}); }) == "cross_val_score: X has 42 samples, y 3");
    CHECK(message_of<ValueError>([] { cross_val_score(Ridge(), column({1, 2, 3}), {1, 2, 3}); }) ==
          "KFold.split: n_splits is 5, but there are 3 samples");
    CHECK(message_of<ValueError>([] { cross_val_score(NearestCentroid(), column({1, 2, 3}), {1, 2, 3}, {.cv = 2}); }) ==
          "StratifiedKFold.split: n_splits is 2, but no class has as many members");
    CHECK(message_of<ValueError>([] { cross_val_score(Ridge(), X(), t(), {.cv = StratifiedKFold()}); }) ==
          "cv: the splits go by labels, but the targets are real numbers");
    CHECK(message_of<ValueError>([] { cross_val_predict(Ridge(), column({1, NAN}), {1, 2}, {.cv = 2}); }) ==
          "cross_val_predict: X[1, 0] is NaN");
}

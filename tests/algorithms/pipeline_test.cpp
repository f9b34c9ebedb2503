// Pipelines: each step on what the one before made, which methods there are, and the step that an error names.
#include "tests/algorithms/model_selection/estimators.hpp"
#include "tests/message_of.hpp"

#include <xgrad/algorithms/cluster/k_means.hpp>
#include <xgrad/algorithms/pipeline.hpp>

#include <doctest/doctest.h>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;

namespace {

using Regression = Pipeline<Centerer, Pick, Ridge>;
static_assert(SupervisedEstimator<Regression>);
static_assert(SupervisedEstimator<Pipeline<Centerer, NearestCentroid>>);
static_assert(SupervisedEstimator<Pipeline<NearestCentroid>>);
static_assert(!SupervisedEstimator<Pipeline<Centerer, Pick>>);

template <class E>
concept Predicts = requires(const E& e, const Array<double>& X) { e.predict(X); };
template <class E>
concept Decides = requires(const E& e, const Array<double>& X) { e.decision_function(X); };
template <class E>
concept Transforms = requires(const E& e, const Array<double>& X) { e.transform(X); };
template <class E>
concept Inverts = requires(const E& e, const Array<double>& X) { e.inverse_transform(X); };
static_assert(Predicts<Regression> && !Decides<Regression> && !Transforms<Regression> && !Inverts<Regression>);
static_assert(Decides<Pipeline<Centerer, NearestCentroid>>);
static_assert(Transforms<Pipeline<Centerer, Pick>> && !Inverts<Pipeline<Centerer, Pick>> && !Predicts<Pipeline<Centerer, Pick>>);
static_assert(Inverts<Pipeline<Centerer, Centerer>>);
template <class E>
concept Labelled = requires(const E& e) { e.classes_; };
static_assert(Labelled<Pipeline<Centerer, Pipeline<Centerer, NearestCentroid>>> && !Labelled<Regression>);
template <class E>
concept PredictsFitted = requires(E& e, const Array<double>& X) { e.fit_predict(X); };
static_assert(PredictsFitted<Pipeline<Centerer, KMeans>> && !PredictsFitted<Pipeline<Centerer, NearestCentroid>>);

/// Shifts by the mean of the samples of label 1: a transformer that learns from labels.
struct LabelShift : Classifier<LabelShift> {
    double shift_ = 0;
    LabelShift& fit(const Array<double>& X, const Array<std::int64_t>& y, Location at = Location::current()) {
        const auto codes = algorithms::detail::encode_labels("LabelShift.fit", X, y, at).codes;
        shift_ = 0;
        double count = 0;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            if (codes[i] == 1) shift_ += X(i, 0), ++count;
        }
        shift_ /= count;
        n_features_in_ = X.shape(1);
        return *this;
    }
    Array<double> transform(const Array<double>& X, Location = Location::current()) const { return X - shift_; }
};

const Array<double> X{{1, 10}, {2, 30}, {3, 20}, {6, 0}};

} // namespace

TEST_CASE("a pipeline does what its steps do one after the other") {
    const Array<double> y{1, 2, 3, 5};
    Pipeline pipeline{Centerer(), Pick({.feature = 1}), Ridge({.alpha = 2})};
    CHECK(pipeline.size() == 3);
    CHECK(&pipeline.fit(X, y) == &pipeline);
    CHECK(pipeline.n_features_in_ == 2);
    CHECK(pipeline.is_fitted());

    Centerer centerer;
    Pick pick({.feature = 1});
    Ridge ridge({.alpha = 2});
    const Array<double> features = pick.fit_transform(centerer.fit_transform(X));
    ridge.fit(features, y);
    CHECK(pipeline.get<Ridge>().coef_ == ridge.coef_);
    CHECK(pipeline.get<0>().mean_ == Array<double>{3, 15});
    CHECK(pipeline.predict(X) == ridge.predict(features));
    CHECK(pipeline.score(X, y) == ridge.score(features, y));
    // New samples are shifted by the mean of those that were learned from.
    CHECK(pipeline.predict({{0, 16}, {9, 12}}) == ridge.predict(column({1, -3})));
}

TEST_CASE("k-means at the end: fit_predict(), and a score without targets") {
    Pipeline pipeline{Centerer(), KMeans({.n_clusters = 2})};
    const auto labels = pipeline.fit_predict(X);
    KMeans model({.n_clusters = 2});
    const Array<double> features = Centerer().fit_transform(X);
    CHECK(labels == model.fit_predict(features));
    CHECK(pipeline.score({{1, 2}, {3, 4}}) == model.score(Array<double>{{-2, -13}, {0, -11}}));
    CHECK(pipeline.score(X) == doctest::Approx(-model.inertia_).epsilon(1e-14));
    CHECK_THROWS_AS(Pipeline(Centerer(), KMeans()).score(X), NotFittedError);
}

TEST_CASE("a classifier at the end") {
    Pipeline pipeline{Centerer(), NearestCentroid()};
    pipeline.fit(X, {4, 4, 2, 2});
    CHECK(pipeline.classes_ == Array<std::int64_t>{2, 4});
    CHECK(pipeline.get<NearestCentroid>().classes_ == Array<std::int64_t>{2, 4});
    CHECK(pipeline.predict({{1, 20}, {5, 10}}) == Array<std::int64_t>{4, 2});
    CHECK(pipeline.decision_function(X).shape(1) == 2);
    CHECK(pipeline.score(X, {4, 4, 2, 4}) == accuracy_score({4, 4, 2, 4}, pipeline.predict(X)));
    CHECK(Pipeline(NearestCentroid()).fit(X, {4, 4, 2, 2}).predict(X) == NearestCentroid().fit(X, {4, 4, 2, 2}).predict(X));
}

TEST_CASE("a transformer at the end, and the way back") {
    Pipeline pipeline{Centerer(), Centerer({.with_mean = false})};
    const Array<double> centered{{-2, -5}, {-1, 15}, {0, 5}, {3, -15}};
    CHECK(pipeline.fit_transform(X) == centered);
    CHECK(pipeline.transform(X) == centered);
    CHECK(pipeline.inverse_transform(centered) == X);
    // A pipeline may be a step.
    Pipeline nested{pipeline, Pick(), Ridge()};
    nested.fit(X, {1, 2, 3, 4});
    CHECK(nested.get<0>().transform(X) == centered);
    CHECK(nested.predict({{4, 0}, {1, 7}}) == nested.get<Ridge>().predict(column({1, -2})));
}

TEST_CASE("a transformer may learn from the targets") {
    Pipeline pipeline{LabelShift(), NearestCentroid()};
    pipeline.fit(X, {0, 0, 9, 9});
    CHECK(pipeline.get<0>().shift_ == 4.5);
    CHECK(pipeline.get<1>().centroids_ == Array<double>{{-3, 15.5}, {0, 5.5}});
}

TEST_CASE("copies of a pipeline learn by themselves") {
    Pipeline pipeline{Centerer(), NearestCentroid()};
    pipeline.fit(X, {0, 0, 1, 1});
    auto copy = pipeline;
    copy.get<Centerer>().options.with_mean = false;
    copy.fit(X, {0, 1, 0, 1});
    CHECK(pipeline.get<Centerer>().mean_ == Array<double>{3, 15});
    CHECK(copy.get<Centerer>().mean_ == Array<double>{0, 0});
}

TEST_CASE("an option of the step that has it") {
    Regression pipeline{Centerer(), Pick(), Ridge()};
    pipeline.option<&RidgeOptions::alpha>() = 7;
    CHECK(pipeline.get<Ridge>().options.alpha == 7);
    CHECK(Regression::option_name<&RidgeOptions::alpha>() == "Ridge.alpha");
    static_assert(!algorithms::detail::HasOption<Pipeline<Pick, Pick, Ridge>, &PickOptions::feature>); // which of the two?
    static_assert(!algorithms::detail::HasOption<Pipeline<Centerer, Ridge>, &PickOptions::feature>);
}

TEST_CASE("an error of a step names it, and leaves all as they were") {
    Pipeline pipeline{Centerer(), Pick({.feature = 1}), Ridge()};
    CHECK_THROWS_WITH_AS(pipeline.predict(X),
                         doctest::Contains("Centerer.transform: the estimator is not fitted; call fit() first\n  in Pipeline step 0 "
                                           "(Centerer), called at pipeline_test.cpp:"),
                         NotFittedError);
    pipeline.fit(X, {1, 2, 3, 5});
    const Array<double> before = pipeline.predict(X);
    CHECK_THROWS_WITH_AS(pipeline.fit(column({1, 2}), {1, 2}),
                         doctest::Contains("Pick.fit: feature is 1, but X has 1\n  in Pipeline step 1 (Pick), called at"), ValueError);
    CHECK_THROWS_WITH_AS(pipeline.fit({{1, 2}, {2, 5}}, {1, 2, 3}),
                         doctest::Contains("Ridge.fit: X has 2 samples, y 3\n  in Pipeline step 2 (Ridge), called at"), ShapeError);
    CHECK_THROWS_WITH_AS(pipeline.predict(column({1, 2})), doctest::Contains("in Pipeline step 0 (Centerer)"), ShapeError);
    CHECK(pipeline.predict(X) == before);
    CHECK(pipeline.get<Centerer>().mean_ == Array<double>{3, 15});

    Pipeline nested{Pipeline{Centerer(), Pick({.feature = 5})}, Ridge()};
    CHECK_THROWS_WITH_AS(nested.fit(X, {1, 2, 3, 5}),
                         doctest::Contains("in Pipeline step 1 (Pick), in Pipeline step 0 (Pipeline), called at"), ValueError);
}

TEST_CASE("names of types") {
    using algorithms::detail::type_name;
    struct Local {};
    CHECK(type_name(typeid(Regression)) == "Pipeline");
    CHECK(type_name(typeid(LabelShift)) == "LabelShift");
    CHECK(type_name(typeid(Local)) == "Local");
    CHECK(type_name(typeid(int)) == "int");
}

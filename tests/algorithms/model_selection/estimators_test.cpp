// Pipelines, cross-validation and searches of the estimators on the data sets, as scikit-learn has them. Scores by labels are
// shares of the samples: equal to the last bits if the predictions are.
#include "tests/reference/model_selection.hpp"

#include <xgrad/algorithms/algorithms.hpp>
#include <xgrad/algorithms/decomposition/pca.hpp>
#include <xgrad/algorithms/discriminant_analysis/linear_discriminant_analysis.hpp>
#include <xgrad/algorithms/svm/svc.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace xgrad;
using namespace xgrad::algorithms;
namespace truth = xgrad::tests::reference::model_selection;

namespace {

void check_near(const Array<double>& array, const std::vector<double>& expected, double tolerance) {
    REQUIRE(array.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        CHECK(std::abs(array.data()[i] - expected[i]) <= tolerance * std::max(1.0, std::abs(expected[i])));
    }
}

} // namespace

TEST_CASE("cross-validation of scaled logistic regression on iris") {
    const auto iris = load_iris();
    Pipeline pipeline{StandardScaler(), LogisticRegression({.C = 0.1})};
    check_near(cross_val_score(pipeline, iris.X, iris.y, {.cv = 10}), truth::logistic_iris, 1e-15);
    const auto f1 = scorer([](const auto& y, const auto& h) { return f1_score(y, h, {.average = Average::macro}); });
    check_near(cross_val_score(pipeline, iris.X, iris.y, {.cv = 3, .scoring = f1}), truth::logistic_iris_f1, 1e-14);
    pipeline.fit(iris.X, iris.y);
    const Array<double> p = pipeline.predict_proba(iris.X);
    CHECK(p.shape(1) == 3);
    CHECK(p(0, 0) > 0.8); // the first flower is a setosa
}

TEST_CASE("a search over scaling, PCA and SVC on wine") {
    const auto wine = load_wine();
    Pipeline pipeline{StandardScaler(), PCA(), SVC()};
    GridSearchCV search(pipeline,
                        Grid(pipeline)
                            .vary<&PCAOptions::n_components>({2, 5})
                            .vary<&SVCOptions::C>({0.1, 1, 10})
                            .vary<&SVCOptions::kernel>({Kernel::linear, Kernel::rbf}),
                        {.cv = 4});
    search.fit(wine.X, wine.y);
    check_near(search.cv_results_.mean_test_score, truth::svc_wine, 1e-15);
    const auto& ranks = search.cv_results_.rank_test_score;
    CHECK(std::vector<std::int64_t>(ranks.begin(), ranks.end()) == truth::svc_wine_rank);
    CHECK(search.cv_results_.params[1] == Params{{"PCA.n_components", "2"}, {"SVC.C", "0.1"}, {"SVC.kernel", "rbf"}});
}

TEST_CASE("a validation curve of k-nearest neighbours on wine") {
    const auto wine = load_wine();
    const Pipeline pipeline{StandardScaler(), KNeighborsClassifier()};
    const auto curve = validation_curve(pipeline, wine.X, wine.y, Grid(pipeline).vary<&KNeighborsOptions::n_neighbors>({1, 5, 25}));
    check_near(curve.test_scores, truth::knn_wine, 1e-15);
    for (std::size_t k = 0; k < 5; ++k) CHECK(curve.train_scores(0, k) == 1); // each sample is its own neighbour
}

TEST_CASE("a pipeline with steps that learn from labels, and one that ends without") {
    const auto iris = load_iris();
    Pipeline pipeline{StandardScaler(), LinearDiscriminantAnalysis(), KNeighborsClassifier()};
    check_near(cross_val_score(pipeline, iris.X, iris.y), truth::lda_knn_iris, 1e-15);

    Pipeline clusters{StandardScaler(), KMeans({.n_clusters = 3, .random_state = 1})};
    clusters.fit(iris.X);
    CHECK(clusters.predict(iris.X) == clusters.get<KMeans>().labels_);
    CHECK(clusters.transform(iris.X).shape(1) == 3);
    StandardScaler scaler;
    CHECK(clusters.get<KMeans>().labels_ == KMeans({.n_clusters = 3, .random_state = 1}).fit(scaler.fit_transform(iris.X)).labels_);
}

TEST_CASE("a search for the penalty of ridge regression on diabetes") {
    const auto diabetes = load_diabetes();
    GridSearchCV search(Ridge(), Grid<Ridge>().vary<&RidgeOptions::alpha>({1e-3, 0.1, 10}),
                        {.cv = KFold({.n_splits = 6}), .scoring = scorer(mean_squared_error, {.greater_is_better = false})});
    search.fit(diabetes.X, diabetes.y);
    check_near(search.cv_results_.mean_test_score, truth::ridge_diabetes, 1e-10);
    CHECK(search.best_score_ == search.cv_results_.mean_test_score(search.best_index_));
}

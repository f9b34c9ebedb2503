// Fits one estimator to the samples in a folder, and prints how long it took and what came out. Run by script/benchmark-algorithms,
// which does the same with scikit-learn.
#include <xgrad/algorithms/algorithms.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/nn/data/npy.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <string>

using namespace xgrad;
using namespace xgrad::algorithms;

namespace {

/// What scikit-learn is given, too: see the Python side.
struct Samples {
    explicit Samples(const std::string& folder)
        : X(nn::read_npy(folder + "/X.npy").as<double>()),
          y(nn::read_npy(folder + "/y.npy").as<double>()),
          two(nn::read_npy(folder + "/two.npy").as<std::int64_t>()),
          five(nn::read_npy(folder + "/five.npy").as<std::int64_t>()) {}

    Array<double> X;
    Array<double> y;               ///< real targets
    Array<std::int64_t> two, five; ///< labels of as many classes
};

/// The first samples, of the first features.
Array<double> head(const Array<double>& X, std::size_t rows, std::size_t columns) {
    Array<double> result = Array<double>::from_shape({rows, columns});
    for (std::size_t i = 0; i < rows; ++i) std::copy_n(X.data() + i * X.shape(1), columns, result.data() + i * columns);
    return result;
}
Array<std::int64_t> head(const Array<std::int64_t>& y, std::size_t rows) {
    Array<std::int64_t> result = Array<std::int64_t>::from_shape({rows});
    std::copy_n(y.data(), rows, result.data());
    return result;
}

/// Fits, and returns a figure to compare.
using Task = std::function<double(const Samples&)>;

template <class E>
Task regression(E estimator) {
    return [estimator](const Samples& s) mutable { return estimator.fit(s.X, s.y).coef_(0); };
}
template <class E>
Task two_classes(E estimator) {
    return [estimator](const Samples& s) mutable { return estimator.fit(s.X, s.two).coef_(0, 0); };
}

const std::map<std::string, Task> tasks{
    {"linear_regression", regression(LinearRegression())},
    {"ridge", regression(Ridge())},
    {"lasso", regression(Lasso({.alpha = 0.1}))},
    {"logistic_regression, 2 classes", two_classes(LogisticRegression())},
    {"logistic_regression, 5 classes",
     [](const Samples& s) { return LogisticRegression().fit(s.X, s.five).coef_(0, 0); }},
    {"logistic_regression, newton", two_classes(LogisticRegression({.solver = LogisticSolver::newton}))},
    {"adaline, 3 epochs, sample by sample",
     [](const Samples& s) {
         Adaline model({.eta0 = 1e-3, .batch_size = 1, .max_iter = 3, .tol = -std::numeric_limits<double>::infinity()});
         return model.fit(s.X, s.two).coef_(0);
     }},
    {"perceptron", two_classes(Perceptron({.max_iter = 10}))},
    {"linear_svc", two_classes(LinearSVC())},
    {"svc, 5,000 samples",
     [](const Samples& s) {
         return static_cast<double>(SVC().fit(head(s.X, 5000, 50), head(s.two, 5000)).support_.size());
     }},
    {"linear_discriminant_analysis",
     [](const Samples& s) { return LinearDiscriminantAnalysis().fit(s.X, s.five).coef_(0, 0); }},
    {"quadratic_discriminant_analysis",
     [](const Samples& s) {
         QuadraticDiscriminantAnalysis model;
         return model.fit(s.X, s.five).means_(0, 0);
     }},
    {"pca", [](const Samples& s) { return PCA().fit(s.X).explained_variance_(0); }},
    {"k_means, 1 start", [](const Samples& s) { return KMeans({.n_clusters = 8, .n_init = 1}).fit(s.X).inertia_; }},
    {"k_neighbors, 1,000 queries",
     [](const Samples& s) {
         KNeighborsClassifier model({.algorithm = NeighborAlgorithm::brute});
         return model.fit(s.X, s.two).score(head(s.X, 1000, 50), head(s.two, 1000));
     }},
    {"k_neighbors, 3 features, 10,000 queries",
     [](const Samples& s) {
         KNeighborsClassifier model({.algorithm = NeighborAlgorithm::kd_tree});
         return model.fit(head(s.X, s.X.shape(0), 3), s.two).score(head(s.X, 10000, 3), head(s.two, 10000));
     }},
    {"mlp, 5 epochs",
     [](const Samples& s) { return MLPClassifier({.max_iter = 5}).fit(s.X, s.two).loss_curve_.back(); }},
    {"mlp regressor, 5 epochs", [](const Samples& s) { return MLPRegressor({.max_iter = 5}).fit(s.X, s.y).loss_curve_.back(); }},
    {"standard_scaler", [](const Samples& s) { return StandardScaler().fit_transform(s.X)(0, 0); }},
    {"polynomial_features, 10 features", [](const Samples& s) { return PolynomialFeatures().fit_transform(head(s.X, s.X.shape(0), 10))(0, 20); }},
    {"cross_val_score of a pipeline",
     [](const Samples& s) {
         return cross_val_score(Pipeline{StandardScaler(), LogisticRegression()}, s.X, s.two)(0);
     }},
};

} // namespace

int main(int argc, char** argv) try {
    if (argc == 1) {
        for (const auto& [name, task] : tasks) std::puts(name.c_str());
        return 0;
    }
    if (argc != 4) {
        std::fprintf(stderr, "usage: %s [folder task threads]\n", argv[0]);
        return 2;
    }
    set_num_threads(static_cast<std::size_t>(std::atoi(argv[3])));
    const Samples samples(argv[1]);
    const Task& task = tasks.at(argv[2]);
    const auto start = std::chrono::steady_clock::now();
    const double figure = task(samples);
    std::printf("%.6f %.9g\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), figure);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}

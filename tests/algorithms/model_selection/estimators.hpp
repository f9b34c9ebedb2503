/// @file
/// Small estimators to validate and to search with.
#pragma once

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/estimator.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

namespace xgrad::tests {

/// Samples of one feature. (An xarray cannot be made from {{1}, {2}}, which might as well be a vector of scalars in braces.)
inline Array<double> column(std::initializer_list<double> values) {
    auto array = Array<double>::from_shape({values.size(), 1});
    std::copy(values.begin(), values.end(), array.begin());
    return array;
}

/// Predicts the class whose mean is nearest: scikit-learn's NearestCentroid.
struct NearestCentroid : algorithms::Classifier<NearestCentroid> {
    Array<double> centroids_; ///< of shape (classes, features)

    NearestCentroid& fit(const Array<double>& X, const Array<std::int64_t>& y, Location at = Location::current()) {
        const auto [classes, codes] = algorithms::detail::encode_labels("NearestCentroid.fit", X, y, at);
        auto sums = Array<double>::from_shape({classes.size(), X.shape(1)});
        sums.fill(0);
        std::vector<double> counts(classes.size(), 0);
        for (std::size_t i = 0; i < codes.size(); ++i) {
            ++counts[codes[i]];
            const double* const x = X.data() + i * X.shape(1);
            double* const sum = sums.data() + codes[i] * X.shape(1);
            for (std::size_t j = 0; j < X.shape(1); ++j) sum[j] += x[j];
        }
        for (std::size_t k = 0; k < counts.size(); ++k) {
            for (std::size_t j = 0; j < X.shape(1); ++j) sums(k, j) /= counts[k];
        }
        classes_ = classes;
        centroids_ = sums;
        n_features_in_ = X.shape(1);
        return *this;
    }

    /// The negative squared distances to the centroids.
    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const {
        algorithms::detail::check_features("NearestCentroid.decision_function", n_features_in_, X, at);
        auto scores = Array<double>::from_shape({X.shape(0), classes_.size()});
        for (std::size_t i = 0; i < X.shape(0); ++i) {
            for (std::size_t k = 0; k < classes_.size(); ++k) {
                const double *const x = X.data() + i * X.shape(1), *const c = centroids_.data() + k * X.shape(1);
                double sum = 0;
                for (std::size_t j = 0; j < X.shape(1); ++j) sum += (x[j] - c[j]) * (x[j] - c[j]);
                scores(i, k) = -sum;
            }
        }
        return scores;
    }

    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const {
        const Array<double> scores = decision_function(X, at);
        auto labels = Array<std::int64_t>::from_shape({X.shape(0)});
        for (std::size_t i = 0; i < labels.size(); ++i) {
            std::size_t best = 0;
            for (std::size_t k = 1; k < classes_.size(); ++k) best = scores(i, k) > scores(i, best) ? k : best;
            labels(i) = classes_(best);
        }
        return labels;
    }
};

enum class Solver { closed_form, other };
enum class Place { here, there };
inline const char* to_string(Place place) { return place == Place::here ? "at home" : "away"; }
struct Nameless {
    int number = 0;
};

struct RidgeOptions {
    double alpha = 1;
    int repeats = 1; ///< does nothing
    bool positive = false; ///< does nothing
    Solver solver = Solver::closed_form; ///< does nothing; so the next four
    Place place = Place::here;
    Nameless nameless{};
    std::string text{};
    std::vector<std::size_t> sizes{};
    std::size_t most = 1000; ///< samples
};

/// theta = (X'X + alpha I)^-1 X'y of one or two features, without an intercept: scikit-learn's Ridge(fit_intercept=False).
struct Ridge : algorithms::Regressor<Ridge> {
    using Options = RidgeOptions;
    explicit Ridge(const RidgeOptions& options = {}) : options(options) {}
    RidgeOptions options;
    Array<double> coef_; ///< of shape (features)

    Ridge& fit(const Array<double>& X, const Array<double>& y, Location at = Location::current()) {
        algorithms::detail::check_targets("Ridge.fit", X, y, at);
        if (X.shape(1) > 2) throw ShapeError("Ridge.fit: X has more than 2 features", at);
        if (!(options.alpha >= 0)) throw ValueError("Ridge.fit: alpha is " + std::to_string(options.alpha), at);
        if (X.shape(0) > options.most) throw ValueError("Ridge.fit: X has too many samples", at);
        double a = options.alpha, b = 0, c = options.alpha, u = 0, v = 0;
        for (std::size_t i = 0; i < X.shape(0); ++i) {
            const double first = X(i, 0), second = X.shape(1) == 2 ? X(i, 1) : 0;
            a += first * first, b += first * second, c += second * second;
            u += first * y(i), v += second * y(i);
        }
        if (X.shape(1) == 1) {
            coef_ = {u / a};
        } else {
            const double determinant = a * c - b * b;
            coef_ = {(c * u - b * v) / determinant, (a * v - b * u) / determinant};
        }
        n_features_in_ = X.shape(1);
        return *this;
    }

    Array<double> predict(const Array<double>& X, Location at = Location::current()) const {
        algorithms::detail::check_features("Ridge.predict", n_features_in_, X, at);
        auto result = Array<double>::from_shape({X.shape(0)});
        for (std::size_t i = 0; i < result.size(); ++i) {
            result(i) = 0;
            for (std::size_t j = 0; j < coef_.size(); ++j) result(i) += X(i, j) * coef_(j);
        }
        return result;
    }
};

struct ScalerOptions {
    bool with_mean = true;
};

/// Takes the mean away.
struct Centerer : algorithms::Transformer<Centerer> {
    using Options = ScalerOptions;
    explicit Centerer(const ScalerOptions& options = {}) : options(options) {}
    ScalerOptions options;
    Array<double> mean_;

    Centerer& fit(const Array<double>& X, Location at = Location::current()) {
        algorithms::detail::check_samples("Centerer.fit", X, at);
        auto mean = Array<double>::from_shape({X.shape(1)});
        mean.fill(0);
        for (std::size_t i = 0; i < X.shape(0) && options.with_mean; ++i) {
            for (std::size_t j = 0; j < X.shape(1); ++j) mean(j) += X(i, j) / static_cast<double>(X.shape(0));
        }
        mean_ = mean;
        n_features_in_ = X.shape(1);
        return *this;
    }
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const { return shifted(X, -1, "transform", at); }
    Array<double> inverse_transform(const Array<double>& X, Location at = Location::current()) const {
        return shifted(X, 1, "inverse_transform", at);
    }

  private:
    Array<double> shifted(const Array<double>& X, double sign, const std::string& method, const Location& at) const {
        algorithms::detail::check_features(("Centerer." + method).c_str(), n_features_in_, X, at);
        Array<double> result = X;
        for (std::size_t i = 0; i < X.shape(0); ++i) {
            for (std::size_t j = 0; j < X.shape(1); ++j) result(i, j) += sign * mean_(j);
        }
        return result;
    }
};

struct PickOptions {
    std::size_t feature = 0;
};

/// Keeps one feature; there is no way back.
struct Pick : algorithms::Transformer<Pick> {
    using Options = PickOptions;
    explicit Pick(const PickOptions& options = {}) : options(options) {}
    PickOptions options;

    Pick& fit(const Array<double>& X, Location at = Location::current()) {
        algorithms::detail::check_samples("Pick.fit", X, at);
        if (options.feature >= X.shape(1)) {
            throw ValueError("Pick.fit: feature is " + std::to_string(options.feature) + ", but X has " + std::to_string(X.shape(1)), at);
        }
        n_features_in_ = X.shape(1);
        return *this;
    }
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const {
        algorithms::detail::check_features("Pick.transform", n_features_in_, X, at);
        auto result = Array<double>::from_shape({X.shape(0), 1});
        for (std::size_t i = 0; i < X.shape(0); ++i) result(i, 0) = X(i, options.feature);
        return result;
    }
};

} // namespace xgrad::tests

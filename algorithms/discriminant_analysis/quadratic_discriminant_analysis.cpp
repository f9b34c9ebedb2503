#include <xgrad/algorithms/discriminant_analysis/quadratic_discriminant_analysis.hpp>

#include <xgrad/algorithms/decomposition/right_svd.hpp>
#include <xgrad/algorithms/discriminant_analysis/class_densities.hpp>
#include <xgrad/algorithms/labels.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/gemm.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace xgrad::algorithms {

namespace {

using Factor = ops::Factor<double>;

/// The axes of a class and the singular values along them, n of each also if there are fewer samples: rows of zeros change neither.
detail::RightSvd axes_of(const char* method, const Tensor<double>& centred, const Location& at) {
    const std::size_t m = centred.shape()[0], n = centred.shape()[1];
    if (m >= n) return detail::right_svd(method, centred, at);
    const Tensor<double> square(Shape{n, n}, 0.0);
    std::copy_n(centred.data(), m * n, square.data());
    return detail::right_svd(method, square, at);
}

void check_options(const char* method, const QuadraticDiscriminantAnalysisOptions& options, const Location& at) {
    const auto refuse = [&](const char* option, double value, const char* rule) {
        throw ValueError(std::string(method) + ": " + option + " is " + nn::detail::format_number(value) + "; it must " + rule, at);
    };
    if (!(options.reg_param >= 0 && options.reg_param <= 1)) refuse("reg_param", options.reg_param, "be in [0, 1]");
    if (!(options.tol >= 0)) refuse("tol", options.tol, "not be negative");
}

} // namespace

QuadraticDiscriminantAnalysis& QuadraticDiscriminantAnalysis::fit(const Array<double>& X, const LabelArray& y, Location at) {
    constexpr auto method = "QuadraticDiscriminantAnalysis.fit";
    const detail::EncodedLabels labels = detail::encode_labels(method, X, y, at);
    check_options(method, options, at);
    const std::size_t n = X.shape(1), K = labels.classes.size();
    const detail::ClassSamples samples(X, labels);
    detail::check_squares(method, samples.centred, at);
    const Array<double> priors = detail::class_priors(method, options.priors, samples.counts, at);
    const double r = options.reg_param;

    Array<double> rotations = Array<double>::from_shape({K, n, n}), scalings = Array<double>::from_shape({K, n});
    Array<double> covariance = options.store_covariance ? Array<double>(rotations) : Array<double>::from_shape({0, 0, 0});
    for (std::size_t k = 0, first = 0; k < K; first += samples.counts[k++]) {
        const std::string name = std::string(method) + ": class " + std::to_string(labels.classes(k));
        const std::size_t count = samples.counts[k];
        if (count == 1) throw ValueError(name + " has 1 sample; at least 2 are needed", at);
        const auto [values, vt] = axes_of(method, samples.centred.slice(first * n, Shape{count, n}), at);
        const auto rank = std::count_if(values.begin(), values.end(), [&](double s) { return s > options.tol && s * s > 0; });
        if (r == 0 && static_cast<std::size_t>(rank) < n) {
            throw ValueError(name + " varies along " + std::to_string(rank) + " of " + std::to_string(n) +
                                 " directions only, with singular values above tol, " + nn::detail::format_number(options.tol) +
                             "; scale X, or give a smaller tol or a reg_param",
                             at);
        }
        double *const variance = scalings.data() + k * n, *const rotation = rotations.data() + k * n * n;
        for (std::size_t j = 0; j < n; ++j) {
            variance[j] = (1 - r) * values.data()[j] * values.data()[j] / static_cast<double>(count - 1) + r;
            for (std::size_t i = 0; i < n; ++i) rotation[i * n + j] = vt.data()[j * n + i];
        }
        if (!options.store_covariance) continue;
        const Tensor<double> scaled(Shape{n, n});
        for (std::size_t i = 0; i < n * n; ++i) scaled.data()[i] = rotation[i] * variance[i % n];
        ops::gemm(Factor{scaled.data(), n, n}, Factor{vt.data(), n, n}, 0.0, covariance.data() + k * n * n);
    }

    means_ = samples.means;
    priors_ = priors;
    rotations_ = std::move(rotations);
    scalings_ = std::move(scalings);
    covariance_ = std::move(covariance);
    classes_ = labels.classes;
    n_features_in_ = n;
    return *this;
}

/// The logarithms of the densities times the priors, but for the factors of 2 pi.
Array<double> QuadraticDiscriminantAnalysis::log_densities(const char* method, const Array<double>& X, const Location& at) const {
    detail::check_features(method, n_features_in_, X, at);
    const std::size_t m = X.shape(0), n = X.shape(1), K = classes_.size();
    Array<double> result = Array<double>::from_shape({m, K});
    const Tensor<double> offsets(Shape{m, n}), white(Shape{m, n}), whitening(Shape{n, n});
    for (std::size_t k = 0; k < K; ++k) {
        const double *const variance = scalings_.data() + k * n, *const rotation = rotations_.data() + k * n * n;
        double log_determinant = 0;
        for (std::size_t j = 0; j < n; ++j) log_determinant += std::log(variance[j]);
        for (std::size_t i = 0; i < n * n; ++i) whitening.data()[i] = rotation[i] / std::sqrt(variance[i % n]);
        detail::subtract_row(X.data(), m, n, means_.data() + k * n, offsets.data());
        ops::gemm(Factor{offsets.data(), m, n}, Factor{whitening.data(), n, n}, 0.0, white.data());
        const double constant = std::log(priors_(k)) - log_determinant / 2;
        for (std::size_t i = 0; i < m; ++i) {
            const double* const row = white.data() + i * n;
            double squares = 0;
            for (std::size_t j = 0; j < n; ++j) squares += row[j] * row[j];
            result.data()[i * K + k] = constant - squares / 2;
        }
    }
    return result;
}

Array<std::int64_t> QuadraticDiscriminantAnalysis::predict(const Array<double>& X, Location at) const {
    return detail::labels_of_largest(log_densities("QuadraticDiscriminantAnalysis.predict", X, at), classes_);
}

Array<double> QuadraticDiscriminantAnalysis::decision_function(const Array<double>& X, Location at) const {
    Array<double> logs = log_densities("QuadraticDiscriminantAnalysis.decision_function", X, at);
    if (classes_.size() != 2) return logs;
    Array<double> ratio = Array<double>::from_shape({X.shape(0)});
    for (std::size_t i = 0; i < ratio.size(); ++i) ratio.data()[i] = logs.data()[2 * i + 1] - logs.data()[2 * i];
    return ratio;
}

Array<double> QuadraticDiscriminantAnalysis::predict_log_proba(const Array<double>& X, Location at) const {
    Array<double> logs = log_densities("QuadraticDiscriminantAnalysis.predict_log_proba", X, at);
    detail::normalize_log_probabilities(logs);
    return logs;
}

Array<double> QuadraticDiscriminantAnalysis::predict_proba(const Array<double>& X, Location at) const {
    Array<double> logs = log_densities("QuadraticDiscriminantAnalysis.predict_proba", X, at);
    detail::normalize_log_probabilities(logs);
    return detail::exponential(std::move(logs));
}

} // namespace xgrad::algorithms

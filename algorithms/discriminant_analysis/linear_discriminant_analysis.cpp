#include <xgrad/algorithms/discriminant_analysis/linear_discriminant_analysis.hpp>

#include <xgrad/algorithms/decomposition/right_svd.hpp>
#include <xgrad/algorithms/discriminant_analysis/class_densities.hpp>
#include <xgrad/algorithms/labels.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace xgrad::algorithms {

namespace {

using detail::factor;
using detail::product;
using Factor = ops::Factor<double>;

/// The standard deviation of each column of what is centred; 1 where it is 0.
std::vector<double> deviations(const Tensor<double>& centred) {
    const std::size_t m = centred.shape()[0], n = centred.shape()[1];
    std::vector<double> result(n, 0.0);
    for (std::size_t i = 0; i < m; ++i) {
        const double* const row = centred.data() + i * n;
        for (std::size_t j = 0; j < n; ++j) result[j] += row[j] * row[j];
    }
    for (double& sum : result) sum = sum == 0 ? 1 : std::sqrt(sum / static_cast<double>(m));
    return result;
}

/// How many of the descending values are above `least`.
std::size_t rank(const Tensor<double>& values, double least) {
    return static_cast<std::size_t>(std::find_if_not(values.begin(), values.end(), [&](double s) { return s > least; }) - values.begin());
}

/// What makes the covariance matrix within the classes the identity, (features, rank), in at most `rank` directions.
Tensor<double> whitening(const char* method, const Tensor<double>& centred, std::size_t degrees_of_freedom, double tol,
                         const Location& at) {
    const std::size_t m = centred.shape()[0], n = centred.shape()[1];
    const std::vector<double> deviation = deviations(centred);
    const double scale = std::sqrt(1 / static_cast<double>(degrees_of_freedom));
    std::vector<double> factors(n);
    for (std::size_t j = 0; j < n; ++j) factors[j] = scale / deviation[j];
    Tensor<double> scaled(Shape{m, n});
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) scaled.data()[i * n + j] = centred.data()[i * n + j] * factors[j];
    }
    const auto [values, vt] = detail::right_svd(method, scaled, at);
    const std::size_t r = rank(values, tol);
    if (r == 0) throw ValueError(std::string(method) + ": no feature varies within the classes", at);
    Tensor<double> result(Shape{n, r});
    for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = 0; i < r; ++i) result.data()[j * r + i] = vt.data()[i * n + j] / deviation[j] / values.data()[i];
    }
    return result;
}

/// The mean of the classes' covariance matrices by their priors.
Array<double> mean_covariance(const detail::ClassSamples& samples, const Array<double>& priors) {
    const std::size_t n = samples.centred.shape()[1];
    Tensor<double> weighted = samples.centred.clone();
    double* row = weighted.data();
    for (std::size_t k = 0; k < samples.counts.size(); ++k) {
        const double factor = priors(k) / static_cast<double>(samples.counts[k]);
        for (const double* const end = row + samples.counts[k] * n; row < end; ++row) *row *= factor;
    }
    return detail::to_array(product(factor(samples.centred).transpose(), factor(weighted)).data(), {n, n});
}

void check_options(const char* method, const LinearDiscriminantAnalysisOptions& options, std::size_t most_components, const Location& at) {
    if (options.n_components > most_components) {
        throw ValueError(std::string(method) + ": n_components is " + std::to_string(options.n_components) + "; it may be up to " +
                             std::to_string(most_components) + ", the smaller of features and classes - 1",
                         at);
    }
    if (options.tol >= 0) return;
    throw ValueError(std::string(method) + ": tol is " + nn::detail::format_number(options.tol) + "; it must not be negative", at);
}

} // namespace

LinearDiscriminantAnalysis& LinearDiscriminantAnalysis::fit(const Array<double>& X, const LabelArray& y, Location at) {
    constexpr auto method = "LinearDiscriminantAnalysis.fit";
    const detail::EncodedLabels labels = detail::encode_labels(method, X, y, at);
    const std::size_t m = X.shape(0), n = X.shape(1), K = labels.classes.size(), most_components = std::min(n, K - 1);
    check_options(method, options, most_components, at);
    if (m <= K) {
        throw ValueError(std::string(method) + ": X has " + std::to_string(m) + " samples of " + std::to_string(K) +
                             " classes; there must be more samples than classes",
                         at);
    }
    const detail::ClassSamples samples(X, labels);
    detail::check_squares(method, samples.centred, at);
    const Array<double> priors = detail::class_priors(method, options.priors, samples.counts, at);

    // Where the covariance within the classes is the identity, the directions that tell the means apart are those of the largest
    // variance between them.
    const Tensor<double> white = whitening(method, samples.centred, m - K, options.tol, at);
    Array<double> xbar = Array<double>::from_shape({n});
    ops::gemm(Factor{priors.data(), 1, K}, Factor{samples.means.data(), K, n}, 0.0, xbar.data());
    const Tensor<double> offsets = detail::subtract_row(samples.means.data(), K, n, xbar.data());
    Tensor<double> weighted = offsets.clone();
    for (std::size_t k = 0; k < K; ++k) {
        const double weight = std::sqrt(static_cast<double>(m) * priors(k) / static_cast<double>(K - 1));
        for (std::size_t j = 0; j < n; ++j) weighted.data()[k * n + j] *= weight;
    }
    const ops::lapack::Svd<double> between(method, product(factor(weighted), factor(white)), at);
    const Tensor<double>& values = between.values;
    const std::size_t r = rank(values, options.tol * values.data()[0]);
    const Tensor<double> vt = between.vt();
    const Tensor<double> scalings = product(factor(white), Factor{vt.data(), r, vt.shape()[1]}.transpose()); // (n, r)
    const Tensor<double> coordinates = product(factor(offsets), factor(scalings));                            // (K, r)
    const Tensor<double> coef = product(factor(coordinates), factor(scalings).transpose());                  // (K, n)
    std::vector<double> intercept(K);
    for (std::size_t k = 0; k < K; ++k) {
        double squares = 0, shift = 0;
        for (std::size_t i = 0; i < r; ++i) squares += coordinates.data()[k * r + i] * coordinates.data()[k * r + i];
        for (std::size_t j = 0; j < n; ++j) shift += coef.data()[k * n + j] * xbar(j);
        intercept[k] = std::log(priors(k)) - squares / 2 - shift;
    }
    if (!std::all_of(intercept.begin(), intercept.end(), [](double b) { return std::isfinite(b); })) {
        throw ValueError(std::string(method) + ": the means of the classes are too far apart, beside how much X varies within the classes, "
                                               "for the range of a double",
                         at);
    }
    if (K == 2) {
        for (std::size_t j = 0; j < n; ++j) coef.data()[j] = coef.data()[n + j] - coef.data()[j];
        intercept[0] = intercept[1] - intercept[0];
    }
    double total = 0;
    for (const double s : values) total += s * s;
    components_ = options.n_components == 0 ? most_components : options.n_components;
    Array<double> ratio = Array<double>::from_shape({std::min(components_, values.size())});
    for (std::size_t i = 0; i < ratio.size(); ++i) ratio(i) = total == 0 ? 0 : values.data()[i] * values.data()[i] / total;

    const std::size_t functions = K == 2 ? 1 : K;
    coef_ = detail::to_array(coef.data(), {functions, n});
    intercept_ = detail::to_array(intercept.data(), {functions});
    means_ = samples.means;
    priors_ = priors;
    xbar_ = std::move(xbar);
    scalings_ = detail::to_array(scalings.data(), {n, r});
    explained_variance_ratio_ = std::move(ratio);
    covariance_ = options.store_covariance ? mean_covariance(samples, priors) : Array<double>::from_shape({0, 0});
    components_ = std::min(components_, r);
    classes_ = labels.classes;
    n_features_in_ = n;
    return *this;
}

namespace {

/// X coef' + intercept.
Array<double> scores(const LinearDiscriminantAnalysis& model, const Array<double>& X) {
    const std::size_t m = X.shape(0), n = X.shape(1), functions = model.coef_.shape(0);
    Array<double> result = Array<double>::from_shape({m, functions});
    ops::gemm(Factor{X.data(), m, n}, Factor{model.coef_.data(), functions, n}.transpose(), 0.0, result.data(), model.intercept_.data());
    return result;
}

} // namespace

Array<double> LinearDiscriminantAnalysis::decision_function(const Array<double>& X, Location at) const {
    detail::check_features("LinearDiscriminantAnalysis.decision_function", n_features_in_, X, at);
    Array<double> result = scores(*this, X);
    if (classes_.size() == 2) result.reshape({X.shape(0)});
    return result;
}

Array<double> LinearDiscriminantAnalysis::log_proba(const char* method, const Array<double>& X, const Location& at) const {
    detail::check_features(method, n_features_in_, X, at);
    Array<double> logs = scores(*this, X);
    if (classes_.size() == 2) {
        Array<double> both = Array<double>::from_shape({X.shape(0), 2});
        for (std::size_t i = 0; i < logs.size(); ++i) {
            both.data()[2 * i] = 0;
            both.data()[2 * i + 1] = logs.data()[i];
        }
        logs = std::move(both);
    }
    detail::normalize_log_probabilities(logs);
    return logs;
}

Array<std::int64_t> LinearDiscriminantAnalysis::predict(const Array<double>& X, Location at) const {
    return detail::labels_of_largest(log_proba("LinearDiscriminantAnalysis.predict", X, at), classes_);
}

Array<double> LinearDiscriminantAnalysis::predict_log_proba(const Array<double>& X, Location at) const {
    return log_proba("LinearDiscriminantAnalysis.predict_log_proba", X, at);
}

Array<double> LinearDiscriminantAnalysis::predict_proba(const Array<double>& X, Location at) const {
    return detail::exponential(log_proba("LinearDiscriminantAnalysis.predict_proba", X, at));
}

Array<double> LinearDiscriminantAnalysis::transform(const Array<double>& X, Location at) const {
    detail::check_features("LinearDiscriminantAnalysis.transform", n_features_in_, X, at);
    const std::size_t m = X.shape(0), r = scalings_.shape(1);
    const Tensor<double> offsets = detail::subtract_row(X.data(), m, n_features_in_, xbar_.data());
    const Tensor<double> all = product(factor(offsets), Factor{scalings_.data(), n_features_in_, r});
    Array<double> result = Array<double>::from_shape({m, components_});
    for (std::size_t i = 0; i < m; ++i) std::copy_n(all.data() + i * r, components_, result.data() + i * components_);
    return result;
}

} // namespace xgrad::algorithms

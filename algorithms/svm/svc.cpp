#include <xgrad/algorithms/svm/svc.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/decomposition/right_svd.hpp>
#include <xgrad/algorithms/svm/options.hpp>
#include <xgrad/algorithms/svm/smo.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/gemm.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace xgrad::algorithms {

namespace {

using Factor = ops::Factor<double>;

void check_options(const char* method, const SVCOptions& options, const Location& at) {
    detail::check_positive(method, "C", options.C, at);
    detail::check_positive(method, "tol", options.tol, at);
    detail::check_positive(method, "cache_size", options.cache_size, at);
    if (options.kernel != Kernel::linear && options.gamma.rule == Gamma::number) {
        detail::check_positive(method, "gamma", options.gamma.value, at);
    }
    if (options.kernel == Kernel::poly) detail::check_positive(method, "degree", options.degree, at);
    if (!std::isfinite(options.coef0)) {
        throw ValueError(std::string(method) + ": coef0 is " + nn::detail::format_number(options.coef0) + "; it must be finite", at);
    }
    if (options.max_iter < -1 || options.max_iter == 0) {
        throw ValueError(std::string(method) + ": max_iter is " + std::to_string(options.max_iter) + "; it must be above 0, or -1", at);
    }
}

double gamma_of(const Gamma& gamma, const Array<double>& X) {
    if (gamma.rule == Gamma::number) return gamma.value;
    const auto features = static_cast<double>(X.shape(1));
    if (gamma.rule == Gamma::automatic) return 1 / features;
    // The variance of all elements, as those of one column.
    const double mean = detail::column_means(X.data(), X.size(), 1)[0];
    double squares = 0;
    for (std::size_t i = 0; i < X.size(); ++i) squares += (X.data()[i] - mean) * (X.data()[i] - mean);
    return squares == 0 ? 1 : static_cast<double>(X.size()) / (features * squares);
}

/// Calls f(pair, i, j) for all classes i < j.
template <class F>
void for_each_pair(std::size_t classes, const F& f) {
    std::size_t pair = 0;
    for (std::size_t i = 0; i < classes; ++i) {
        for (std::size_t j = i + 1; j < classes; ++j) f(pair++, i, j);
    }
}

/// The beta of each support vector in each pair's machine, (V, P): 0 where a vector is of neither class.
Tensor<double> weights_by_pair(const Array<double>& dual_coef, const Array<std::int64_t>& n_support) {
    const std::size_t K = n_support.size(), vectors = dual_coef.shape(1), pairs = K * (K - 1) / 2;
    std::vector<std::size_t> first(K + 1, 0);
    for (std::size_t k = 0; k < K; ++k) first[k + 1] = first[k] + static_cast<std::size_t>(n_support(k));
    Tensor<double> weights(Shape{vectors, pairs}, 0.0);
    for_each_pair(K, [&](std::size_t pair, std::size_t i, std::size_t j) {
        for (std::size_t v = first[i]; v < first[i + 1]; ++v) weights.data()[v * pairs + pair] = dual_coef(j - 1, v);
        for (std::size_t v = first[j]; v < first[j + 1]; ++v) weights.data()[v * pairs + pair] = dual_coef(i, v);
    });
    return weights;
}

} // namespace

std::string to_string(const Gamma& gamma) {
    switch (gamma.rule) {
    case Gamma::scale:
        return "scale";
    case Gamma::automatic:
        return "auto";
    default:
        return nn::detail::format_number(gamma.value);
    }
}

SVC& SVC::fit(const Array<double>& X, const LabelArray& y, Location at) {
    constexpr auto method = "SVC.fit";
    const detail::EncodedLabels labels = detail::encode_labels(method, X, y, at);
    check_options(method, options, at);
    const std::size_t m = X.shape(0), n = X.shape(1), K = labels.classes.size(), pairs = K * (K - 1) / 2;
    const detail::KernelFunction kernel{options.kernel, gamma_of(options.gamma, X), options.coef0, options.degree};
    const std::int64_t no_limit = std::max(std::int64_t{10'000'000}, 100 * static_cast<std::int64_t>(m));
    const detail::SmoOptions smo_options{options.C, options.tol, options.cache_size, options.max_iter == -1 ? no_limit : options.max_iter};
    std::vector<std::vector<std::size_t>> samples_of(K);
    for (std::size_t i = 0; i < m; ++i) samples_of[labels.codes[i]].push_back(i);

    // The machine of each pair finds f positive for the first class; that of two classes is turned around.
    const double sign = K == 2 ? -1 : 1;
    Array<double> intercept = Array<double>::from_shape({pairs}), margin = intercept;
    Array<std::int64_t> iterations = Array<std::int64_t>::from_shape({pairs});
    std::vector<double> beta((K - 1) * m, 0.0); // as dual_coef_, but for all samples
    std::vector<std::pair<std::size_t, std::size_t>> classes_of(pairs);
    for_each_pair(K, [&](std::size_t pair, std::size_t i, std::size_t j) { classes_of[pair] = {i, j}; });
    const auto train = [&](std::size_t pair) {
        const auto [i, j] = classes_of[pair];
        std::vector<std::size_t> rows = samples_of[i];
        rows.insert(rows.end(), samples_of[j].begin(), samples_of[j].end());
        std::vector<double> targets(rows.size(), -1.0);
        std::fill_n(targets.begin(), samples_of[i].size(), 1.0);
        const Array<double> samples = detail::take_rows(X, rows);
        const detail::SmoResult result = detail::smo(kernel, detail::KernelSamples(samples.data(), rows.size(), n), targets, smo_options);
        for (std::size_t k = 0; k < rows.size(); ++k) {
            beta[(k < samples_of[i].size() ? j - 1 : i) * m + rows[k]] = sign * result.beta[k];
        }
        intercept(pair) = sign * result.intercept;
        margin(pair) = 2 / std::sqrt(result.squared_norm);
        iterations(pair) = result.iterations;
    };
    parallel_for(pairs, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t pair = begin; pair < end; ++pair) train(pair);
    });

    std::vector<std::size_t> support;
    Array<std::int64_t> n_support = Array<std::int64_t>::from_shape({K});
    for (std::size_t k = 0; k < K; ++k) {
        const std::size_t before = support.size();
        std::copy_if(samples_of[k].begin(), samples_of[k].end(), std::back_inserter(support), [&](std::size_t i) {
            for (std::size_t other = 0; other < K - 1; ++other) {
                if (beta[other * m + i] != 0) return true;
            }
            return false;
        });
        n_support(k) = static_cast<std::int64_t>(support.size() - before);
    }
    const std::size_t vectors = support.size();
    Array<double> dual_coef = Array<double>::from_shape({K - 1, vectors}), support_vectors = detail::take_rows(X, support);
    for (std::size_t other = 0; other < K - 1; ++other) {
        for (std::size_t v = 0; v < vectors; ++v) dual_coef(other, v) = beta[other * m + support[v]];
    }
    Array<double> coef = Array<double>::from_shape({0, 0});
    if (options.kernel == Kernel::linear) {
        coef = Array<double>::from_shape({pairs, n});
        const Tensor<double> weights = weights_by_pair(dual_coef, n_support);
        ops::gemm(Factor{weights.data(), vectors, pairs}.transpose(), Factor{support_vectors.data(), vectors, n}, 0.0, coef.data());
    }

    support_ = Array<std::int64_t>::from_shape({vectors});
    std::copy(support.begin(), support.end(), support_.begin());
    support_vectors_ = std::move(support_vectors);
    n_support_ = std::move(n_support);
    dual_coef_ = std::move(dual_coef);
    intercept_ = std::move(intercept);
    coef_ = std::move(coef);
    margin_ = std::move(margin);
    n_iter_ = std::move(iterations);
    gamma_ = kernel.gamma;
    classes_ = labels.classes;
    n_features_in_ = n;
    return *this;
}

/// f(x) of each pair, (samples, P).
Array<double> SVC::pair_decisions(const char* method, const Array<double>& X, const Location& at) const {
    detail::check_features(method, n_features_in_, X, at);
    const std::size_t m = X.shape(0), n = X.shape(1), vectors = support_.size(), pairs = intercept_.size();
    const detail::KernelFunction kernel{options.kernel, gamma_, options.coef0, options.degree};
    const detail::KernelSamples support(support_vectors_.data(), vectors, n);
    const Tensor<double> weights = weights_by_pair(dual_coef_, n_support_);
    Array<double> result = Array<double>::from_shape({m, pairs});
    const std::size_t block = std::max<std::size_t>(16, (std::size_t{1} << 20) / (vectors + 1)); // of some megabytes
    const Tensor<double> values(Shape{std::min(block, m), vectors});
    for (std::size_t first = 0; first < m; first += block) {
        const std::size_t count = std::min(block, m - first);
        std::vector<double*> rows(count);
        for (std::size_t i = 0; i < count; ++i) rows[i] = values.data() + i * vectors;
        kernel.evaluate(detail::KernelSamples(X.data() + first * n, count, n), support, rows.data());
        ops::gemm(Factor{values.data(), count, vectors}, Factor{weights.data(), vectors, pairs}, 0.0, result.data() + first * pairs,
                  intercept_.data());
    }
    return result;
}

namespace {

/// How many pairs vote for each class, (samples, K).
/// @param decisions  (samples, P): positive for the first class of each pair
Array<double> votes(const Array<double>& decisions, std::size_t classes) {
    const std::size_t m = decisions.shape(0), pairs = decisions.shape(1);
    Array<double> result = Array<double>::from_shape({m, classes});
    std::fill_n(result.data(), result.size(), 0.0);
    for (std::size_t s = 0; s < m; ++s) {
        for_each_pair(classes, [&](std::size_t pair, std::size_t i, std::size_t j) {
            ++result.data()[s * classes + (decisions.data()[s * pairs + pair] > 0 ? i : j)];
        });
    }
    return result;
}

} // namespace

Array<double> SVC::decision_function(const Array<double>& X, Location at) const {
    Array<double> decisions = pair_decisions("SVC.decision_function", X, at);
    const std::size_t m = X.shape(0), K = classes_.size(), pairs = decisions.shape(1);
    if (K == 2) {
        decisions.reshape({m});
        return decisions;
    }
    if (options.decision_function_shape == DecisionFunctionShape::ovo) return decisions;
    Array<double> result = votes(decisions, K);
    std::vector<double> lead(K);
    for (std::size_t s = 0; s < m; ++s) {
        std::fill(lead.begin(), lead.end(), 0.0);
        for_each_pair(K, [&](std::size_t pair, std::size_t i, std::size_t j) {
            lead[i] += decisions.data()[s * pairs + pair];
            lead[j] -= decisions.data()[s * pairs + pair];
        });
        // By less than a third of a vote, so that it decides between classes of equally many.
        for (std::size_t k = 0; k < K; ++k) result.data()[s * K + k] += lead[k] / (3 * (std::abs(lead[k]) + 1));
    }
    return result;
}

Array<std::int64_t> SVC::predict(const Array<double>& X, Location at) const {
    const Array<double> decisions = pair_decisions("SVC.predict", X, at);
    const std::size_t K = classes_.size();
    Array<std::int64_t> labels = Array<std::int64_t>::from_shape({X.shape(0)});
    if (K == 2) {
        for (std::size_t s = 0; s < labels.size(); ++s) labels.data()[s] = classes_(decisions.data()[s] >= 0 ? 1 : 0);
        return labels;
    }
    const Array<double> counts = votes(decisions, K);
    for (std::size_t s = 0; s < labels.size(); ++s) {
        const double* const row = counts.data() + s * K;
        labels.data()[s] = classes_(static_cast<std::size_t>(std::max_element(row, row + K) - row));
    }
    return labels;
}

} // namespace xgrad::algorithms

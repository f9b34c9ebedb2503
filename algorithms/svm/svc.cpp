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
    if (std::all_of(X.begin(), X.end(), [&](double element) { return element == mean; })) return 1;
    double squares = 0;
    for (std::size_t i = 0; i < X.size(); ++i) squares += (X.data()[i] - mean) * (X.data()[i] - mean);
    return static_cast<double>(X.size()) / (features * squares);
}

const char* name_of(Kernel kernel) {
    switch (kernel) {
    case Kernel::linear:
        return "linear";
    case Kernel::poly:
        return "poly";
    case Kernel::rbf:
        return "rbf";
    default:
        return "sigmoid";
    }
}

/// @throws ValueError that names what the machines come from: they are beyond the range of a double
[[noreturn]] void throw_not_finite(const char* method, const SVCOptions& options, const detail::KernelFunction& kernel,
                                   const Location& at) {
    std::string message = std::string(method) + ": the " + name_of(kernel.kernel);
    message += " kernel's machine is beyond the range of a double, with ";
    if (kernel.kernel != Kernel::linear) message += "gamma = " + nn::detail::format_number(kernel.gamma) + ", ";
    if (kernel.kernel == Kernel::poly) message += "degree = " + std::to_string(kernel.degree) + ", ";
    throw ValueError(message + "C = " + nn::detail::format_number(options.C) + "; scale X", at);
}

/// Calls f(pair, i, j) for all classes i < j.
template <class F>
void for_each_pair(std::size_t classes, const F& f) {
    std::size_t pair = 0;
    for (std::size_t i = 0; i < classes; ++i) {
        for (std::size_t j = i + 1; j < classes; ++j) f(pair++, i, j);
    }
}

/// The place of the pair (i, j), i < j, in that order.
std::size_t pair_of(std::size_t i, std::size_t j, std::size_t classes) {
    return i * classes - i * (i + 1) / 2 + j - i - 1;
}

/// The support vectors of one class, those from `first` on, and their beta against each of the other classes.
struct ClassVectors {
    std::size_t first, count;
    Tensor<double> weights; ///< (count, K - 1)
};

std::vector<ClassVectors> vectors_by_class(const Array<double>& dual_coef, const Array<std::int64_t>& n_support) {
    const std::size_t others = dual_coef.shape(0);
    std::vector<ClassVectors> result;
    std::size_t first = 0;
    for (const std::int64_t size : n_support) {
        const auto count = static_cast<std::size_t>(size);
        const Tensor<double> weights(Shape{count, others});
        for (std::size_t v = 0; v < count; ++v) {
            for (std::size_t other = 0; other < others; ++other) weights.data()[v * others + other] = dual_coef(other, first + v);
        }
        result.push_back({first, count, weights});
        first += count;
    }
    return result;
}

/// Which pair a class makes with the other-th of the other classes.
std::size_t pair_with(std::size_t k, std::size_t other, std::size_t classes) {
    return other < k ? pair_of(other, k, classes) : pair_of(k, other + 1, classes);
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
    const bool needs_gamma = kernel.kernel != Kernel::linear;
    if (needs_gamma && !(kernel.gamma > 0 && std::isfinite(kernel.gamma))) {
        throw ValueError(std::string(method) + ": gamma is " + to_string(options.gamma) + ", which is " +
                             nn::detail::format_number(kernel.gamma) + " for X; scale X",
                         at);
    }
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
    // Distances from the mean have digits that squares far from 0 do not.
    const bool is_shift_invariant = kernel.kernel == Kernel::rbf;
    std::vector<double> centre = is_shift_invariant ? detail::column_means(X.data(), m, n) : std::vector<double>(n, 0.0);
    std::vector<char> is_finite(pairs, 0);
    const auto train = [&](std::size_t pair) {
        const auto [i, j] = classes_of[pair];
        std::vector<std::size_t> rows = samples_of[i];
        rows.insert(rows.end(), samples_of[j].begin(), samples_of[j].end());
        std::vector<double> targets(rows.size(), -1.0);
        std::fill_n(targets.begin(), samples_of[i].size(), 1.0);
        Array<double> samples = detail::take_rows(X, rows);
        detail::subtract_row(samples.data(), rows.size(), n, centre.data(), samples.data());
        const auto result = detail::smo(kernel, detail::KernelSamples(samples.data(), rows.size(), n), targets, smo_options);
        if (!result) return;
        is_finite[pair] = 1;
        for (std::size_t k = 0; k < rows.size(); ++k) {
            beta[(k < samples_of[i].size() ? j - 1 : i) * m + rows[k]] = sign * result->beta[k];
        }
        intercept(pair) = sign * result->intercept;
        margin(pair) = 2 / std::sqrt(result->squared_norm);
        iterations(pair) = result->iterations;
    };
    parallel_for(pairs, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t pair = begin; pair < end; ++pair) train(pair);
    });
    if (std::count(is_finite.begin(), is_finite.end(), 0) > 0) throw_not_finite(method, options, kernel, at);

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
        std::fill(coef.begin(), coef.end(), 0.0);
        const Tensor<double> sums(Shape{K - 1, n});
        const std::vector<ClassVectors> classes = vectors_by_class(dual_coef, n_support);
        for (std::size_t k = 0; k < K; ++k) {
            const auto& [first, count, weights] = classes[k];
            ops::gemm(Factor{weights.data(), count, K - 1}.transpose(), Factor{support_vectors.data() + first * n, count, n}, 0.0,
                      sums.data());
            for (std::size_t other = 0; other < K - 1; ++other) {
                double* const row = coef.data() + pair_with(k, other, K) * n;
                for (std::size_t j = 0; j < n; ++j) row[j] += sums.data()[other * n + j];
            }
        }
        const bool is_coef_finite = std::all_of(coef.begin(), coef.end(), [](double w) { return std::isfinite(w); });
        if (!is_coef_finite) throw_not_finite(method, options, kernel, at);
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
    kernel_ = kernel.kernel;
    degree_ = kernel.degree;
    coef0_ = kernel.coef0;
    centre_ = std::move(centre);
    classes_ = labels.classes;
    n_features_in_ = n;
    return *this;
}

void SVC::for_each_block(const char* method, const Array<double>& X, const Location& at, const Use& use) const {
    detail::check_features(method, n_features_in_, X, at);
    const std::size_t m = X.shape(0), n = X.shape(1), K = classes_.size(), pairs = intercept_.size();
    const detail::KernelFunction kernel{kernel_, gamma_, coef0_, degree_};
    const Tensor<double> vectors = detail::subtract_row(support_vectors_.data(), support_.size(), n, centre_.data());
    const std::vector<ClassVectors> classes = vectors_by_class(dual_coef_, n_support_);
    std::vector<detail::KernelSamples> support;
    std::size_t most = 0;
    for (const ClassVectors& own : classes) {
        support.emplace_back(vectors.data() + own.first * n, own.count, n);
        most = std::max(most, own.count);
    }
    const std::size_t block = std::min(m, std::max<std::size_t>(16, (std::size_t{1} << 20) / (most + pairs))); // of some megabytes
    const Tensor<double> samples(Shape{block, n}), values(Shape{block, most}), sums(Shape{block, K - 1}), decisions(Shape{block, pairs});
    std::vector<double*> rows(block);
    for (std::size_t first = 0; first < m; first += block) {
        const std::size_t count = std::min(block, m - first);
        detail::subtract_row(X.data() + first * n, count, n, centre_.data(), samples.data());
        const detail::KernelSamples own(samples.data(), count, n);
        for (std::size_t s = 0; s < count; ++s) std::copy_n(intercept_.data(), pairs, decisions.data() + s * pairs);
        for (std::size_t k = 0; k < K; ++k) {
            const std::size_t size = classes[k].count;
            for (std::size_t s = 0; s < count; ++s) rows[s] = values.data() + s * size;
            kernel.evaluate(own, support[k], rows.data());
            ops::gemm(Factor{values.data(), count, size}, Factor{classes[k].weights.data(), size, K - 1}, 0.0, sums.data());
            for (std::size_t s = 0; s < count; ++s) {
                for (std::size_t other = 0; other < K - 1; ++other) {
                    decisions.data()[s * pairs + pair_with(k, other, K)] += sums.data()[s * (K - 1) + other];
                }
            }
        }
        use(first, count, decisions.data());
    }
}

namespace {

/// Counts how many pairs vote for each class, in the K elements of `result`.
/// @param decisions  of a sample: positive for the first class of each pair
void count_votes(const double* decisions, std::size_t classes, double* result) {
    std::fill_n(result, classes, 0.0);
    for_each_pair(classes, [&](std::size_t pair, std::size_t i, std::size_t j) { ++result[decisions[pair] > 0 ? i : j]; });
}

} // namespace

Array<double> SVC::decision_function(const Array<double>& X, Location at) const {
    const std::size_t K = classes_.size(), pairs = intercept_.size();
    const bool is_by_pair = K == 2 || options.decision_function_shape == DecisionFunctionShape::ovo;
    const std::size_t columns = is_by_pair ? pairs : K;
    Array<double> result = Array<double>::from_shape({X.dimension() == 2 ? X.shape(0) : 0, columns});
    std::vector<double> lead(K);
    for_each_block("SVC.decision_function", X, at, [&](std::size_t first, std::size_t count, const double* decisions) {
        double* const out = result.data() + first * columns;
        if (is_by_pair) {
            std::copy_n(decisions, count * pairs, out);
            return;
        }
        for (std::size_t s = 0; s < count; ++s) {
            const double* const own = decisions + s * pairs;
            count_votes(own, K, out + s * K);
            std::fill(lead.begin(), lead.end(), 0.0);
            for_each_pair(K, [&](std::size_t pair, std::size_t i, std::size_t j) {
                lead[i] += own[pair];
                lead[j] -= own[pair];
            });
            // By less than a third of a vote, so that it decides between classes of equally many.
            for (std::size_t k = 0; k < K; ++k) out[s * K + k] += lead[k] / (3 * (std::abs(lead[k]) + 1));
        }
    });
    if (K == 2) result.reshape({X.shape(0)});
    return result;
}

Array<std::int64_t> SVC::predict(const Array<double>& X, Location at) const {
    const std::size_t K = classes_.size(), pairs = intercept_.size();
    Array<std::int64_t> labels = Array<std::int64_t>::from_shape({X.dimension() == 2 ? X.shape(0) : 0});
    std::vector<double> votes(K);
    for_each_block("SVC.predict", X, at, [&](std::size_t first, std::size_t count, const double* decisions) {
        for (std::size_t s = 0; s < count; ++s) {
            const double* const own = decisions + s * pairs;
            if (K == 2) {
                labels(first + s) = classes_(*own >= 0 ? 1 : 0);
            } else {
                count_votes(own, K, votes.data());
                labels(first + s) = classes_(static_cast<std::size_t>(std::max_element(votes.begin(), votes.end()) - votes.begin()));
            }
        }
    });
    return labels;
}

} // namespace xgrad::algorithms

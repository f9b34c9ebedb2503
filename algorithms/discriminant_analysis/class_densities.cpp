#include <xgrad/algorithms/discriminant_analysis/class_densities.hpp>

#include <xgrad/algorithms/decomposition/right_svd.hpp>
#include <xgrad/nn/optim/state_reader.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace xgrad::algorithms::detail {

ClassSamples::ClassSamples(const Array<double>& X, const EncodedLabels& labels) : counts(labels.classes.size(), 0) {
    const std::size_t m = X.shape(0), n = X.shape(1), K = counts.size();
    for (const std::size_t code : labels.codes) ++counts[code];
    // Where the next sample of each class goes.
    std::vector<std::size_t> place(K, 0);
    std::partial_sum(counts.begin(), counts.end() - 1, place.begin() + 1);
    Tensor<double> sorted(Shape{m, n});
    for (std::size_t i = 0; i < m; ++i) std::copy_n(X.data() + i * n, n, sorted.data() + place[labels.codes[i]]++ * n);

    means = Array<double>::from_shape({K, n});
    centred = Tensor<double>(Shape{m, n});
    for (std::size_t k = 0, first = 0; k < K; first += counts[k++]) {
        const double* const samples = sorted.data() + first * n;
        const std::vector<double> mean = column_means(samples, counts[k], n);
        std::copy(mean.begin(), mean.end(), means.data() + k * n);
        subtract_row(samples, counts[k], n, mean.data(), centred.data() + first * n);
    }
}

Array<double> class_priors(const char* method, const std::vector<double>& option, const std::vector<std::size_t>& counts,
                           const Location& at) {
    const std::size_t K = counts.size();
    Array<double> priors = Array<double>::from_shape({K});
    if (option.empty()) {
        const auto samples = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
        std::transform(counts.begin(), counts.end(), priors.begin(), [&](std::size_t n) { return static_cast<double>(n) / samples; });
        return priors;
    }
    const std::string name = std::string(method) + ": priors ";
    if (option.size() != K) {
        throw ValueError(name + "has " + std::to_string(option.size()) + " elements, but y has " + std::to_string(K) + " classes", at);
    }
    for (std::size_t k = 0; k < K; ++k) {
        if (!(option[k] > 0)) throw ValueError(name + "has " + nn::detail::format_number(option[k]) + "; each must be above 0", at);
    }
    const double sum = std::accumulate(option.begin(), option.end(), 0.0);
    if (!(std::abs(sum - 1) <= 1e-5)) throw ValueError(name + "add up to " + nn::detail::format_number(sum) + ", not to 1", at);
    std::transform(option.begin(), option.end(), priors.begin(), [&](double prior) { return prior / sum; });
    return priors;
}

void normalize_log_probabilities(Array<double>& logs) {
    const std::size_t K = logs.shape(1);
    for (std::size_t i = 0; i < logs.shape(0); ++i) {
        double* const row = logs.data() + i * K;
        const double largest = *std::max_element(row, row + K);
        double sum = 0;
        for (std::size_t k = 0; k < K; ++k) sum += std::exp(row[k] - largest);
        const double log_sum = largest + std::log(sum);
        for (std::size_t k = 0; k < K; ++k) row[k] -= log_sum;
    }
}

Array<double> exponential(Array<double> logs) {
    for (double& element : logs) element = std::exp(element);
    return logs;
}

} // namespace xgrad::algorithms::detail

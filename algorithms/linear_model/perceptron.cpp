#include <xgrad/algorithms/linear_model/perceptron.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/labels.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/nn/optim/optimizer.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace xgrad::algorithms {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// One hyperplane, with the mistakes of each epoch that led to it.
struct Hyperplane {
    std::vector<double> w;
    double b = 0;
    std::vector<std::size_t> errors{};
};

/// Moves weights towards zero by at most what an l1 penalty has asked for since the start, and not across it (Tsuruoka, Tsujii,
/// Ananiadou: Stochastic gradient descent training for l1-regularized log-linear models with cumulative penalty, 2009).
class CumulativeL1 {
  public:
    explicit CumulativeL1(std::size_t features) : received_(features) {}

    void apply(std::vector<double>& w, double amount) {
        asked_ += amount;
        for (std::size_t j = 0; j < w.size(); ++j) {
            const double before = w[j];
            if (before > 0) w[j] = std::max(0.0, before - (asked_ + received_[j]));
            if (before < 0) w[j] = std::min(0.0, before + (asked_ - received_[j]));
            received_[j] += w[j] - before;
        }
    }

  private:
    double asked_ = 0;
    std::vector<double> received_;
};

double dot(const double* a, const double* b, std::size_t n) {
    // Sums of their own, so that an addition need not wait for the one before.
    double sums[4] = {};
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (std::size_t k = 0; k < 4; ++k) sums[k] += a[i + k] * b[i + k];
    }
    for (; i < n; ++i) sums[0] += a[i] * b[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// @param positive  the code of the class whose target is 1
Hyperplane separate(const Array<double>& X, const std::vector<std::size_t>& codes, std::size_t positive, const PerceptronOptions& o) {
    const std::size_t samples = X.shape(0), features = X.shape(1);
    const bool has_l1 = o.penalty == PerceptronPenalty::l1 || o.penalty == PerceptronPenalty::elasticnet;
    const double l1_share = o.penalty == PerceptronPenalty::elasticnet ? o.l1_ratio : has_l1;
    const double decay = o.penalty == PerceptronPenalty::none ? 1 : std::max(0.0, 1 - (1 - l1_share) * o.eta0 * o.alpha);

    Generator generator(o.random_state);
    std::vector<std::size_t> order(samples);
    std::iota(order.begin(), order.end(), std::size_t{0});
    Hyperplane plane{std::vector<double>(features)};
    CumulativeL1 l1(features);
    double least = infinity;
    std::size_t without_progress = 0;
    for (std::size_t epoch = 0; epoch < o.max_iter; ++epoch) {
        if (o.shuffle) generator.shuffle(order);
        std::size_t errors = 0;
        double loss = 0;
        for (const std::size_t i : order) {
            const double* const x = X.data() + i * features;
            const double t = codes[i] == positive ? 1 : -1;
            const double margin = t * (dot(plane.w.data(), x, features) + plane.b);
            if (decay != 1) {
                for (double& w : plane.w) w *= decay;
            }
            if (margin <= 0) {
                ++errors;
                loss -= margin;
                for (std::size_t j = 0; j < features; ++j) plane.w[j] += o.eta0 * t * x[j];
                if (o.fit_intercept) plane.b += o.eta0 * t;
            }
            if (has_l1) l1.apply(plane.w, l1_share * o.eta0 * o.alpha);
        }
        plane.errors.push_back(errors);
        if (errors == 0 && o.penalty == PerceptronPenalty::none) break; // nothing would change from here on
        without_progress = loss > least - o.tol * static_cast<double>(samples) ? without_progress + 1 : 0;
        least = std::min(least, loss);
        if (without_progress >= o.n_iter_no_change) break;
    }
    return plane;
}

} // namespace

Perceptron& Perceptron::fit(const Array<double>& X, const LabelArray& y, Location at) {
    const char* const method = "Perceptron.fit";
    auto [classes, codes] = detail::encode_labels(method, X, y, at);
    const auto check = [&](const char* option, double value, double low, double high = infinity) {
        nn::detail::check_option(method, option, value, low, high, at);
    };
    check("alpha", options.alpha, 0);
    if (!(options.l1_ratio >= 0 && options.l1_ratio <= 1)) {
        throw ValueError("Perceptron.fit: l1_ratio is " + nn::detail::format_number(options.l1_ratio) + ", not in [0, 1]", at);
    }
    check("max_iter", static_cast<double>(options.max_iter), 1);
    check("tol", options.tol, -infinity);
    check("eta0", options.eta0, std::numeric_limits<double>::min());
    check("n_iter_no_change", static_cast<double>(options.n_iter_no_change), 1);

    const std::size_t features = X.shape(1), planes = classes.size() == 2 ? 1 : classes.size();
    std::vector<Hyperplane> found(planes);
    parallel_for(planes, 1, [&, &codes = codes](std::size_t begin, std::size_t end) {
        for (std::size_t k = begin; k < end; ++k) found[k] = separate(X, codes, planes == 1 ? 1 : k, options);
    });

    Array<double> coef = Array<double>::from_shape({planes, features}), intercept = Array<double>::from_shape({planes});
    std::vector<std::size_t> errors;
    for (std::size_t k = 0; k < planes; ++k) {
        const Hyperplane& plane = found[k];
        std::copy(plane.w.begin(), plane.w.end(), coef.data() + k * features);
        intercept.data()[k] = plane.b;
        errors.resize(std::max(errors.size(), plane.errors.size()));
        std::transform(plane.errors.begin(), plane.errors.end(), errors.begin(), errors.begin(), std::plus());
    }
    const auto finite = [](double w) { return std::isfinite(w); };
    if (!std::all_of(coef.begin(), coef.end(), finite) || !std::all_of(intercept.begin(), intercept.end(), finite)) {
        throw ValueError("Perceptron.fit: the weights are beyond the largest number; scale X, or choose a smaller eta0", at);
    }
    classes_ = std::move(classes);
    coef_ = std::move(coef);
    intercept_ = std::move(intercept);
    n_iter_ = errors.size();
    mistakes_ = std::accumulate(errors.begin(), errors.end(), std::size_t{0});
    errors_ = std::move(errors);
    n_features_in_ = features;
    return *this;
}

Array<double> Perceptron::decision_function(const Array<double>& X, Location at) const {
    detail::check_features("Perceptron.decision_function", n_features_in_, X, at);
    const std::size_t samples = X.shape(0), planes = intercept_.size();
    Array<double> f = planes == 1 ? Array<double>::from_shape({samples}) : Array<double>::from_shape({samples, planes});
    ops::gemm<double>({X.data(), samples, n_features_in_}, {coef_.data(), n_features_in_, planes, true}, 0, f.data(), intercept_.data());
    return f;
}

Array<std::int64_t> Perceptron::predict(const Array<double>& X, Location at) const {
    detail::check_features("Perceptron.predict", n_features_in_, X, at);
    return detail::labels_of_largest(decision_function(X, at), classes_);
}

} // namespace xgrad::algorithms

#include <xgrad/algorithms/linear_model/adaline.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/loss.hpp>
#include <xgrad/nn/optim/sgd.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace xgrad::algorithms {

Adaline& Adaline::fit(const Array<double>& X, const LabelArray& y, Location at) {
    const char* const method = "Adaline.fit";
    constexpr double infinity = std::numeric_limits<double>::infinity();
    auto [classes, codes] = detail::encode_labels(method, X, y, at);
    if (classes.size() > 2) {
        throw ValueError("Adaline.fit: y holds " + std::to_string(classes.size()) + " classes; it tells two apart", at);
    }
    const auto check = [&](const char* option, double value, double low) {
        nn::detail::check_option(method, option, value, low, infinity, at);
    };
    check("eta0", options.eta0, std::numeric_limits<double>::min());
    check("max_iter", static_cast<double>(options.max_iter), 1);
    check("tol", options.tol, -infinity);
    check("n_iter_no_change", static_cast<double>(options.n_iter_no_change), 1);

    const EnableGrad recording;
    const Tape tape; // what the caller has recorded stays apart
    const std::size_t samples = X.shape(0), features = X.shape(1);
    const std::size_t batch = options.batch_size == 0 ? samples : std::min(options.batch_size, samples);
    const bool shuffle = options.shuffle && batch < samples;

    Tensor<double> inputs = evaluate<double>(X, at), targets(Shape{samples, 1});
    std::transform(codes.begin(), codes.end(), targets.begin(), [](std::size_t code) { return code == 1 ? 1.0 : -1.0; });
    const Tensor<double> all_inputs = shuffle ? inputs.clone() : inputs, all_targets = shuffle ? targets.clone() : targets;
    std::vector<std::size_t> order(samples);
    std::iota(order.begin(), order.end(), std::size_t{0});
    Generator generator(options.random_state);

    const Variable<double> w(Tensor<double>(Shape{1, features}, 0.0), true), b(Tensor<double>(Shape{1}, 0.0), true);
    nn::SGD<double> optimizer(options.fit_intercept ? std::vector{w, b} : std::vector{w}, {.lr = options.eta0}, at);
    std::vector<double> losses;
    double least = infinity;
    std::size_t without_progress = 0;
    for (std::size_t epoch = 0; epoch < options.max_iter && without_progress < options.n_iter_no_change; ++epoch) {
        if (shuffle) {
            generator.shuffle(order);
            for (std::size_t i = 0; i < samples; ++i) {
                std::copy_n(all_inputs.data() + order[i] * features, features, inputs.data() + i * features);
                targets.data()[i] = all_targets.data()[order[i]];
            }
        }
        double sum = 0;
        for (std::size_t begin = 0; begin < samples; begin += batch) {
            const std::size_t rows = std::min(batch, samples - begin);
            const Variable<double> x(inputs.slice(begin * features, {rows, features}), false), t(targets.slice(begin, {rows, 1}), false);
            const Variable<double> loss =
                nn::squared_error(options.fit_intercept ? linear(x, w, b, at) : linear(x, w, at), t, Reduction::mean, at);
            optimizer.zero_grad();
            loss.backward({}, at);
            optimizer.step();
            sum += loss.item(at) * static_cast<double>(rows);
        }
        losses.push_back(sum / static_cast<double>(samples));
        without_progress = losses.back() > least - options.tol ? without_progress + 1 : 0;
        least = std::min(least, losses.back());
        // Without any weights the loss is 1/2.
        if (!std::isfinite(losses.back()) || (without_progress == options.n_iter_no_change && losses.back() > 1)) {
            throw ValueError("Adaline.fit: training diverges: the loss is " + nn::detail::format_number(losses.back()) + " in epoch " +
                                 std::to_string(losses.size()) + "; standardise X, or choose a smaller eta0",
                             at);
        }
    }

    // The loss of an epoch is from before its last step.
    const auto check_finite = [&](const char* name, const Tensor<double>& weights) {
        const auto bad = std::find_if(weights.begin(), weights.end(), [](double weight) { return !std::isfinite(weight); });
        if (bad == weights.end()) return;
        throw ValueError(std::string("Adaline.fit: training diverges: ") + name + " is " + nn::detail::format_number(*bad) +
                             " after epoch " + std::to_string(losses.size()) + "; standardise X, or choose a smaller eta0",
                         at);
    };
    check_finite("a weight", w.tensor());
    check_finite("the intercept", b.tensor());

    classes_ = std::move(classes);
    coef_ = Array<double>::from_shape({features});
    std::copy_n(w.tensor().data(), features, coef_.data());
    intercept_ = b.tensor().data()[0];
    n_iter_ = losses.size();
    loss_curve_ = std::move(losses);
    n_features_in_ = features;
    return *this;
}

Array<double> Adaline::decision_function(const Array<double>& X, Location at) const {
    detail::check_features("Adaline.decision_function", n_features_in_, X, at);
    const std::size_t samples = X.shape(0);
    Array<double> y = Array<double>::from_shape({samples});
    ops::gemm<double>({X.data(), samples, n_features_in_}, {coef_.data(), n_features_in_, 1}, 0, y.data(), &intercept_);
    return y;
}

Array<std::int64_t> Adaline::predict(const Array<double>& X, Location at) const {
    detail::check_features("Adaline.predict", n_features_in_, X, at);
    const Array<double> y = decision_function(X, at);
    Array<std::int64_t> labels = Array<std::int64_t>::from_shape({y.size()});
    std::transform(y.begin(), y.end(), labels.begin(), [&](double value) { return classes_.data()[value > 0]; });
    return labels;
}

} // namespace xgrad::algorithms

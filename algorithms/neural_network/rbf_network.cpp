#include <xgrad/algorithms/neural_network/rbf_network.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/cluster/k_means.hpp>
#include <xgrad/algorithms/labels.hpp>
#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/layers/linear.hpp>
#include <xgrad/nn/layers/radial_basis.hpp>
#include <xgrad/nn/loss.hpp>
#include <xgrad/nn/optim/lbfgs.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/nn/penalty.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/random.hpp>
#include <xgrad/ops/solve.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace xgrad::algorithms {

namespace {

void check_options(const char* method, const RBFNetworkOptions& o, std::size_t samples, const Location& at) {
    const auto check = [&](const char* option, double value, double low, double high = std::numeric_limits<double>::infinity()) {
        nn::detail::check_option(method, option, value, low, high, at);
    };
    check("n_centers", static_cast<double>(o.n_centers), 1);
    check("sigma", o.sigma, 0);
    check("alpha", o.alpha, 0);
    check("max_iter", static_cast<double>(o.max_iter), 1, std::numeric_limits<int>::max());
    check("tol", o.tol, 0);
    if (o.n_centers > samples) {
        throw ValueError(std::string(method) + ": n_centers is " + std::to_string(o.n_centers) + ", but X has " + std::to_string(samples) +
                             (samples == 1 ? " sample" : " samples"),
                         at);
    }
}

Array<double> choose_centers(const RBFNetworkOptions& o, const Array<double>& X, Generator& generator, const Location& at) {
    if (o.centers == RBFCenters::kmeans) {
        return KMeans({.n_clusters = o.n_centers, .random_state = o.random_state}).fit(X, at).cluster_centers_;
    }
    std::vector<std::size_t> chosen = generator.permutation(X.shape(0));
    chosen.resize(o.n_centers);
    return detail::take_rows(X, chosen);
}

/// The width that lets the bumps around `centers` overlap neither too much nor too little.
double width_for(const Array<double>& centers) {
    const std::size_t count = centers.shape(0), features = centers.shape(1);
    double largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            double square = 0;
            for (std::size_t k = 0; k < features; ++k) {
                const double difference = centers.data()[i * features + k] - centers.data()[j * features + k];
                square += difference * difference;
            }
            largest = std::max(largest, square);
        }
    }
    return largest == 0 ? 1 : std::sqrt(largest / (2 * static_cast<double>(count))); // 1: all centres are in one place
}

/// The bumps at rows of X handed to use(first row, phi) in parts that stay in the cache.
template <class F>
void for_bumps(nn::RadialBasis<double>& bumps, const Array<double>& X, const Location& at, const F& use) {
    const NoGrad no_grad;
    const std::size_t samples = X.shape(0), features = X.shape(1), part = 64;
    for (std::size_t begin = 0; begin < samples; begin += part) {
        Tensor<double> x(Shape{std::min(part, samples - begin), features});
        std::copy_n(X.data() + begin * features, x.size(), x.data());
        use(begin, bumps(Variable<double>(std::move(x), false), at));
    }
}

/// Sets the output weights to what minimises sum_i |f(x_i) - y_i|^2 + alpha |w|^2.
/// @param Y  (samples, outputs)
void solve_outputs(nn::RadialBasis<double>& bumps, nn::Linear<double>& output, const Array<double>& X, const Tensor<double>& Y,
                   double alpha, const Location& at) {
    const std::size_t samples = X.shape(0), count = bumps.centers.shape()[0], outputs = Y.shape()[1];
    // Without their means, in which b goes, the bumps and targets are related by w alone. A row sqrt(alpha) for each weight below them,
    // with the target 0, is the penalty.
    const std::size_t rows = samples + (alpha > 0 ? count : 0);
    Tensor<double> A(Shape{rows, count}, 0.0), B(Shape{rows, outputs}, 0.0);
    for_bumps(bumps, X, at, [&](std::size_t begin, const Variable<double>& phi) {
        std::copy_n(phi.tensor().data(), phi.size(), A.data() + begin * count);
    });
    std::copy_n(Y.data(), Y.size(), B.data());
    const auto subtract_means = [samples](Tensor<double>& matrix) {
        const std::size_t columns = matrix.shape()[1];
        std::vector<double> means(columns);
        for (std::size_t i = 0; i < samples; ++i) {
            for (std::size_t j = 0; j < columns; ++j) means[j] += matrix.data()[i * columns + j] / static_cast<double>(samples);
        }
        for (std::size_t i = 0; i < samples; ++i) {
            for (std::size_t j = 0; j < columns; ++j) matrix.data()[i * columns + j] -= means[j];
        }
        return means;
    };
    const std::vector<double> bump_means = subtract_means(A), target_means = subtract_means(B);
    for (std::size_t k = 0; k < rows - samples; ++k) A.data()[(samples + k) * count + k] = std::sqrt(alpha);

    const NoGrad no_grad;
    const Variable<double> w = lstsq(Variable<double>(std::move(A), false), Variable<double>(std::move(B), false), {}, at);
    for (std::size_t k = 0; k < outputs; ++k) {
        double b = target_means[k];
        for (std::size_t j = 0; j < count; ++j) {
            const double weight = w.tensor().data()[j * outputs + k];
            output.weight.tensor().data()[k * count + j] = weight;
            b -= weight * bump_means[j];
        }
        output.bias.tensor().data()[k] = b;
    }
}

/// f(x), of shape (samples, outputs).
Array<double> outputs_of(const RBFNetwork& network, const Array<double>& X, const Location& at) {
    const std::size_t count = network.centers_.shape(0), outputs = network.intercept_.size();
    nn::RadialBasis<double> bumps(network.centers_, 1, at);
    std::transform(network.sigma_.begin(), network.sigma_.end(), bumps.log_sigma.tensor().data(), [](double s) { return std::log(s); });
    Array<double> f = Array<double>::from_shape({X.shape(0), outputs});
    for_bumps(bumps, X, at, [&](std::size_t begin, const Variable<double>& phi) {
        ops::gemm<double>({phi.tensor().data(), phi.shape()[0], count}, {network.coef_.data(), count, outputs, true}, 0,
                          f.data() + begin * outputs, network.intercept_.data());
    });
    return f;
}

/// @param Y  (samples, outputs)
RBFNetwork train(const char* method, const RBFNetworkOptions& o, const Array<double>& X, const Tensor<double>& Y, const Location& at) {
    const EnableGrad recording;
    const Tape tape; // what the caller has recorded stays apart
    const std::size_t samples = X.shape(0);
    Generator generator(o.random_state);
    const Array<double> centers = choose_centers(o, X, generator, at);

    const double sigma = o.sigma > 0 ? o.sigma : width_for(centers);
    if (!std::isnormal(sigma * sigma)) { // what the bumps divide by
        throw ValueError(std::string(method) + ": sigma is " + nn::detail::format_number(o.sigma) +
                             (o.sigma > 0 ? ", whose square is out of the range of numbers"
                                          : ", but the width by the distances of the centres is out of the range of numbers; scale X"),
                         at);
    }
    nn::RadialBasis<double> bumps(centers, sigma, at);
    nn::Linear<double> output(o.n_centers, Y.shape()[1], {}, generator, at);
    solve_outputs(bumps, output, X, Y, o.alpha, at);

    RBFNetwork network;
    const double penalty = o.alpha / (2 * static_cast<double>(samples));
    if (o.training == RBFTraining::gradient) {
        const Variable<double> inputs(evaluate<double>(X, at), false), targets(Y, false);
        auto parameters = bumps.parameters();
        const auto others = output.parameters();
        parameters.insert(parameters.end(), others.begin(), others.end());
        nn::LBFGSOptions options{.max_iter = static_cast<int>(o.max_iter), .tolerance_grad = o.tol};
        nn::LBFGS<double> optimizer(parameters, options, at);
        optimizer.step(
            [&] {
                optimizer.zero_grad();
                const Variable<double> error = nn::squared_error(output(bumps(inputs, at), at), targets, Reduction::mean, at);
                const Variable<double> loss =
                    add<double>({error, at}, {multiply<double>({nn::l2_penalty(output.weight, at), at}, {penalty, at}), at});
                loss.backward({}, at);
                return loss;
            },
            at);
        network.n_iter_ = static_cast<std::size_t>(*std::get<Tensor<std::int64_t>>(optimizer.state_dict().at("n_iter")).data());
    }
    network.centers_ = detail::to_array(bumps.centers.tensor());
    network.sigma_ = detail::to_array(bumps.log_sigma.tensor());
    for (double& sigma : network.sigma_) sigma = std::exp(sigma);
    network.coef_ = detail::to_array(output.weight.tensor());
    network.intercept_ = detail::to_array(output.bias.tensor());

    const Array<double> f = outputs_of(network, X, at);
    for (std::size_t i = 0; i < Y.size(); ++i) network.loss_ += (f.data()[i] - Y.data()[i]) * (f.data()[i] - Y.data()[i]);
    network.loss_ /= 2 * static_cast<double>(samples);
    for (const double w : network.coef_) network.loss_ += penalty * w * w;
    if (!std::isfinite(network.loss_)) throw ValueError(std::string(method) + ": the loss is not finite; scale X and y", at);
    return network;
}

} // namespace

RBFNetworkRegressor& RBFNetworkRegressor::fit(const Array<double>& X, const Array<double>& y, Location at) {
    const char* const method = "RBFNetworkRegressor.fit";
    detail::check_targets(method, X, y, at);
    check_options(method, options, X.shape(0), at);
    const std::size_t features = X.shape(1); // X may be among what is learned, and another array after the next line
    static_cast<RBFNetwork&>(*this) = train(method, options, X, evaluate<double>(y, at).reshaped({y.size(), 1}), at);
    n_features_in_ = features;
    return *this;
}

Array<double> RBFNetworkRegressor::predict(const Array<double>& X, Location at) const {
    detail::check_features("RBFNetworkRegressor.predict", n_features_in_, X, at);
    Array<double> f = outputs_of(*this, X, at);
    f.reshape({X.shape(0)});
    return f;
}

RBFNetworkClassifier& RBFNetworkClassifier::fit(const Array<double>& X, const LabelArray& y, Location at) {
    const char* const method = "RBFNetworkClassifier.fit";
    auto [classes, codes] = detail::encode_labels(method, X, y, at);
    check_options(method, options, X.shape(0), at);
    Tensor<double> targets(Shape{codes.size(), classes.size()}, 0.0);
    for (std::size_t i = 0; i < codes.size(); ++i) targets.data()[i * classes.size() + codes[i]] = 1;
    const std::size_t features = X.shape(1); // X may be among what is learned, and another array after the next line
    static_cast<RBFNetwork&>(*this) = train(method, options, X, targets, at);
    classes_ = std::move(classes);
    n_features_in_ = features;
    return *this;
}

Array<double> RBFNetworkClassifier::decision_function(const Array<double>& X, Location at) const {
    detail::check_features("RBFNetworkClassifier.decision_function", n_features_in_, X, at);
    return outputs_of(*this, X, at);
}

Array<std::int64_t> RBFNetworkClassifier::predict(const Array<double>& X, Location at) const {
    detail::check_features("RBFNetworkClassifier.predict", n_features_in_, X, at);
    return detail::labels_of_largest(outputs_of(*this, X, at), classes_);
}

} // namespace xgrad::algorithms

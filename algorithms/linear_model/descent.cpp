#include <xgrad/algorithms/linear_model/descent.hpp>

#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/nn/loss.hpp>
#include <xgrad/nn/optim/sgd.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/random.hpp>
#include <xgrad/ops/reduction.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>

namespace xgrad::algorithms::detail {

namespace {

void check_finite_loss(const char* method, double loss, std::size_t iterations, double learning_rate, const Location& at) {
    if (std::isfinite(loss)) return;
    throw ValueError(std::string(method) + ": the loss is not finite after " + std::to_string(iterations) +
                         " iterations; learning_rate (" + std::to_string(learning_rate) + ") is too large for features of this scale",
                     at);
}

} // namespace

double largest_gradient(const std::vector<Variable<double>>& parameters) {
    double largest = 0;
    for (const Variable<double>& parameter : parameters) {
        const auto* const g = static_cast<const double*>(parameter.cell().grad.data());
        for (std::size_t i = 0; i < parameter.size(); ++i) {
            if (std::isnan(g[i])) return g[i];
            largest = std::max(largest, std::abs(g[i]));
        }
    }
    return largest;
}

void check_descent_options(const char* method, const DescentOptions& options, const Location& at) {
    constexpr double infinity = std::numeric_limits<double>::infinity(), least = std::numeric_limits<double>::min();
    nn::detail::check_option(method, "learning_rate", options.learning_rate, least, infinity, at);
    nn::detail::check_option(method, "max_iter", static_cast<double>(options.max_iter), 1, infinity, at);
    nn::detail::check_option(method, "tol", options.tol, 0, infinity, at);
    nn::detail::check_option(method, "batch_size", static_cast<double>(options.batch_size), 1, infinity, at);
}

Descent descend(const char* method, const std::vector<Variable<double>>& parameters, const std::function<Variable<double>()>& loss,
                const DescentOptions& options, const Location& at) {
    const EnableGrad recording; // fit() may be called where nothing is recorded
    nn::SGD<double> optimizer(parameters, {.lr = options.learning_rate}, at);
    Descent result;
    for (double start = 0;; ++result.iterations) {
        optimizer.zero_grad();
        const Variable<double> J = loss();
        J.backward({}, at);
        check_finite_loss(method, J.item(at), result.iterations, options.learning_rate, at);
        const double largest = largest_gradient(parameters);
        if (result.iterations == 0) start = largest;
        result.converged = largest <= options.tol * start;
        if (result.converged || result.iterations == options.max_iter) return result;
        result.losses.push_back(J.item(at));
        optimizer.step();
    }
}

template <class Y>
Descent descend_by_batches(const char* method, const std::vector<Variable<double>>& parameters, const Tensor<double>& X, const Tensor<Y>& y,
                           const BatchLoss<Y>& loss, const DescentOptions& options, const Location& at) {
    constexpr int patience = 5;
    const EnableGrad recording;
    nn::SGD<double> optimizer(parameters, {.lr = options.learning_rate}, at);
    const std::size_t rows = y.size(), columns = X.shape()[1];
    Generator generator(options.random_state);
    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    Descent result;
    double best = std::numeric_limits<double>::infinity();
    for (int passes_without_progress = 0; result.iterations < options.max_iter;) {
        generator.shuffle(order);
        double total = 0;
        for (std::size_t begin = 0; begin < rows; begin += options.batch_size) {
            const std::size_t count = std::min(options.batch_size, rows - begin);
            Tensor<double> batch(Shape{count, columns});
            Tensor<Y> targets(Shape{count});
            for (std::size_t i = 0; i < count; ++i) {
                const std::size_t row = order[begin + i];
                std::copy_n(X.data() + row * columns, columns, batch.data() + i * columns);
                targets.data()[i] = y.data()[row];
            }
            optimizer.zero_grad();
            const Variable<double> J = loss(Variable<double>(std::move(batch), false), targets);
            J.backward({}, at);
            optimizer.step();
            total += J.item(at) * static_cast<double>(count);
        }
        const double mean = total / static_cast<double>(rows);
        ++result.iterations;
        check_finite_loss(method, mean, result.iterations, options.learning_rate, at);
        result.losses.push_back(mean);
        passes_without_progress = mean > best - options.tol ? passes_without_progress + 1 : 0;
        best = std::min(best, mean);
        if (passes_without_progress == patience) {
            result.converged = true;
            break;
        }
    }
    return result;
}

template Descent descend_by_batches(const char*, const std::vector<Variable<double>>&, const Tensor<double>&, const Tensor<double>&,
                                    const BatchLoss<double>&, const DescentOptions&, const Location&);
template Descent descend_by_batches(const char*, const std::vector<Variable<double>>&, const Tensor<double>&, const Tensor<std::int64_t>&,
                                    const BatchLoss<std::int64_t>&, const DescentOptions&, const Location&);

DescendedModel descend_least_squares(const char* method, const Array<double>& X, const Array<double>& y, double alpha, bool fit_intercept,
                                     bool by_batches, const DescentOptions& options, const Location& at) {
    const Variable<double> all_X = constant(X, at);
    const Tensor<double> all_y = evaluate<double>(y, at);
    const double penalty = alpha / (2 * static_cast<double>(y.size()));
    const Variable<double> theta(Tensor<double>(Shape{X.shape(1)}, 0.0), true), theta_0(Tensor<double>(Shape{1}, 0.0), true);
    std::vector<Variable<double>> parameters{theta};
    if (fit_intercept) parameters.push_back(theta_0);
    const BatchLoss<double> loss = [&](const Variable<double>& rows, const Tensor<double>& targets) {
        Variable<double> h = matmul(rows, theta, {}, at);
        if (fit_intercept) h += theta_0;
        Variable<double> J = nn::squared_error(h, Variable<double>(targets, false), Reduction::mean, at);
        if (penalty > 0) J += penalty * sum(square(theta, at), {}, false, at);
        return J;
    };
    Descent descent = by_batches ? descend_by_batches(method, parameters, all_X.tensor(), all_y, loss, options, at)
                                 : descend(method, parameters, [&] { return loss(all_X, all_y); }, options, at);
    return {theta.tensor(), theta_0.tensor().data()[0], std::move(descent)};
}

} // namespace xgrad::algorithms::detail

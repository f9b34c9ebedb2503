#include <xgrad/algorithms/linear_model/descent.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/linear_model/centered_problem.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/loss.hpp>
#include <xgrad/nn/optim/sgd.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
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

/// What a descent must not do: leave the loss above `highest`, or it or a parameter not finite.
/// @param start  the loss before the first step
void check_descended(const char* method, const std::vector<Variable<double>>& parameters, double loss, double start, double highest,
                     std::size_t iterations, double learning_rate, const Location& at) {
    using nn::detail::format_number;
    if (!std::isfinite(start)) {
        throw ValueError(std::string(method) + ": the loss is " + format_number(start) + " at the start; X and y should be scaled", at);
    }
    const bool are_finite = std::all_of(parameters.begin(), parameters.end(), [](const Variable<double>& parameter) {
        return std::all_of(parameter.tensor().begin(), parameter.tensor().end(), [](double element) { return std::isfinite(element); });
    });
    if (are_finite && loss <= highest && std::isfinite(loss)) return;
    throw ValueError(std::string(method) + ": gradient descent diverges: the loss is " + format_number(loss) + " after " +
                         std::to_string(iterations) + " iterations, and was " + format_number(start) +
                         " before; scale the features, or choose a learning_rate below " + format_number(learning_rate),
                     at);
}

/// More than rounding makes of a loss that stays.
constexpr double rounding = 1 + 1e-9;

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
    nn::SGD<double> optimizer(parameters, {.lr = options.learning_rate}, at);
    Descent result;
    for (double start = 0, largest_at_start = 0;; ++result.iterations) {
        optimizer.zero_grad();
        const Variable<double> J = loss();
        J.backward({}, at);
        const double now = J.item(at), largest = largest_gradient(parameters);
        if (result.iterations == 0) {
            start = now;
            largest_at_start = largest;
        }
        result.converged = largest <= options.tol * largest_at_start;
        const bool ends = result.converged || result.iterations == options.max_iter;
        const double highest = ends ? start * rounding : std::numeric_limits<double>::infinity();
        check_descended(method, parameters, now, start, highest, result.iterations, options.learning_rate, at);
        if (ends) return result;
        result.losses.push_back(now);
        optimizer.step();
    }
}

template <class Y>
Descent descend_by_batches(const char* method, const std::vector<Variable<double>>& parameters, const Tensor<double>& X, const Tensor<Y>& y,
                           const BatchLoss<Y>& loss, const DescentOptions& options, const Location& at) {
    constexpr int patience = 5;
    nn::SGD<double> optimizer(parameters, {.lr = options.learning_rate}, at);
    const std::size_t rows = y.size(), columns = X.shape()[1];
    Generator generator(options.random_state);
    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const Variable<double> all(X, false);
    const auto loss_of_all = [&] { return no_grad([&] { return loss(all, y); }).item(at); };
    const double start = loss_of_all(), infinity = std::numeric_limits<double>::infinity();
    const auto check = [&](double now, double highest, std::size_t iterations) {
        check_descended(method, parameters, now, start, highest, iterations, options.learning_rate, at);
    };
    check(start, infinity, 0);
    Descent result;
    double best = infinity;
    int passes_without_progress = 0;
    while (result.iterations < options.max_iter && passes_without_progress < patience) {
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
        check(mean, infinity, result.iterations);
        result.losses.push_back(mean);
        passes_without_progress = mean > best - options.tol ? passes_without_progress + 1 : 0;
        best = std::min(best, mean);
    }
    // Where there is nothing to learn, the noise of the batches ends a little above the start.
    const double end = loss_of_all();
    check(end, 2 * start, result.iterations);
    result.converged = passes_without_progress == patience && end <= start * rounding;
    return result;
}

template Descent descend_by_batches(const char*, const std::vector<Variable<double>>&, const Tensor<double>&, const Tensor<double>&,
                                    const BatchLoss<double>&, const DescentOptions&, const Location&);
template Descent descend_by_batches(const char*, const std::vector<Variable<double>>&, const Tensor<double>&, const Tensor<std::int64_t>&,
                                    const BatchLoss<std::int64_t>&, const DescentOptions&, const Location&);

DescendedModel descend_least_squares(const char* method, const Array<double>& X, const Array<double>& y, double alpha, bool fit_intercept,
                                     bool by_batches, const DescentOptions& options, const Location& at) {
    const EnableGrad recording; // fit() may be called where nothing is recorded
    const Tape tape;            // what the caller has recorded stays apart
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
    return {to_array(theta.tensor()), theta_0.tensor().data()[0], std::move(descent)};
}

} // namespace xgrad::algorithms::detail

#include <xgrad/algorithms/linear_model/logistic_regression.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/decomposition/right_svd.hpp>
#include <xgrad/algorithms/linear_model/centered_problem.hpp>
#include <xgrad/algorithms/linear_model/descent.hpp>
#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/optim/lbfgs.hpp>
#include <xgrad/ops/activation.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/cross_entropy.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/softmax.hpp>
#include <xgrad/ops/solve.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

namespace xgrad::algorithms {

namespace {

constexpr auto method = "LogisticRegression.fit";

/// The sum of the losses of logits z: of two classes, z of shape (samples) and y 0 or 1; of more, z of shape (samples, classes) and y the
/// number of the class.
Variable<double> losses(const Variable<double>& z, const Tensor<double>& y, const Location& at) {
    return ops::binary_cross_entropy_with_logits<double>(Operand<double>(z, at), Operand<double>(Variable<double>(y, false), at),
                                                         Reduction::sum);
}
Variable<double> losses(const Variable<double>& z, const Tensor<std::int64_t>& y, const Location& at) {
    return ops::cross_entropy(z, y, Reduction::sum, at);
}

struct Solution {
    Tensor<double> coef;      ///< (K, features)
    Tensor<double> intercept; ///< (K)
    std::vector<double> losses;
    std::size_t iterations = 0;
    bool converged = false;
};

/// One problem of fit().
/// @tparam Y  double for two classes, std::int64_t for more
template <class Y>
class Problem {
  public:
    /// @param outputs  K; 1 for two classes
    Problem(const Variable<double>& X, const Tensor<Y>& y, std::size_t outputs, const LogisticRegressionOptions& options,
            const Location& at)
        : options_(options), at_(at), X_(X), y_(y), rows_(X.shape()[0]), features_(X.shape()[1]), outputs_(outputs),
          penalty_(options.penalty == LogisticPenalty::none ? 0 : 1 / options.C),
          theta_(Tensor<double>(is_binary() ? Shape{features_} : Shape{outputs, features_}, 0.0), true),
          theta_0_(Tensor<double>(Shape{outputs}, 0.0), true), parameters_{theta_} {
        if (options.fit_intercept) parameters_.push_back(theta_0_);
    }

    Solution solve() {
        Solution solution;
        switch (options_.solver) {
        case LogisticSolver::lbfgs: minimize_by_lbfgs(solution); break;
        case LogisticSolver::newton: minimize_by_newton(solution); break;
        case LogisticSolver::gradient_descent:
        case LogisticSolver::sgd: descend(solution); break;
        }
        solution.coef = theta_.tensor();
        solution.intercept = theta_0_.tensor();
        return solution;
    }

    static constexpr bool is_binary() { return std::is_same_v<Y, double>; }

  private:
    Variable<double> logits(const Variable<double>& X) const {
        if constexpr (is_binary()) { // a product with a vector is faster than one with a matrix of one row
            const Variable<double> z = matmul(X, theta_, {}, at_);
            return options_.fit_intercept ? z + theta_0_ : z;
        } else {
            return options_.fit_intercept ? linear(X, theta_, theta_0_, at_) : linear(X, theta_, at_);
        }
    }

    /// The objective, or that divided by m with the losses of some rows alone, of which it is the mean.
    Variable<double> objective() const { return with_penalty(losses(logits(X_), y_, at_), penalty_); }
    Variable<double> mean_objective(const Variable<double>& X, const Tensor<Y>& y) const {
        return with_penalty(losses(logits(X), y, at_) / static_cast<double>(y.size()), penalty_ / static_cast<double>(rows_));
    }
    Variable<double> with_penalty(const Variable<double>& losses, double penalty) const {
        return penalty == 0 ? losses : losses + penalty / 2 * sum(square(theta_, at_), {}, false, at_);
    }

    void zero_grad() {
        for (Variable<double>& parameter : parameters_) parameter.zero_grad();
    }
    /// The largest element of the gradient that backward() has left.
    double largest_gradient() const {
        const double largest = detail::largest_gradient(parameters_);
        check_scale(largest, "gradient");
        return largest;
    }
    void check_scale(double number, const char* what) const {
        if (std::isfinite(number)) return;
        throw ValueError(std::string(method) + ": the " + what + " is not finite; X is too large for its squares, and should be scaled",
                         at_);
    }
    std::vector<Tensor<double>> point() const {
        std::vector<Tensor<double>> values;
        for (const Variable<double>& parameter : parameters_) values.push_back(parameter.tensor().clone());
        return values;
    }
    bool is_at(const std::vector<Tensor<double>>& point) const {
        if (point.empty()) return false;
        for (std::size_t k = 0; k < point.size(); ++k) {
            if (!std::equal(point[k].begin(), point[k].end(), parameters_[k].tensor().begin())) return false;
        }
        return true;
    }

    void minimize_by_lbfgs(Solution& solution) {
        // The relative decrease of an iteration that ends the search: SciPy's default at the default tol.
        const double least_decrease = std::max(2.2e-5 * options_.tol, 64 * std::numeric_limits<double>::epsilon());
        nn::LBFGS<double> optimizer(
            parameters_, {.max_iter = 1, .tolerance_grad = options_.tol, .tolerance_change = 0, .history_size = 10}, at_);
        Variable<double> value;
        std::vector<Tensor<double>> evaluated; // where `value` and the gradients belong
        const auto evaluate = [&] {
            if (is_at(evaluated)) return value; // a step begins where the last one's search has ended
            zero_grad();
            value = objective();
            value.backward({}, at_);
            evaluated = point();
            return value;
        };
        for (double before = evaluate().item();; ++solution.iterations) {
            solution.converged = solution.converged || largest_gradient() <= options_.tol;
            if (solution.converged || solution.iterations == options_.max_iter) return;
            solution.losses.push_back(before / static_cast<double>(rows_));
            optimizer.step(evaluate, at_);
            const double now = evaluate().item();
            solution.converged = before - now <= least_decrease * std::max({std::abs(before), std::abs(now), 1.0});
            before = now;
        }
    }

    /// X with a column of ones for theta_0.
    Tensor<double> design_matrix() const {
        if (!options_.fit_intercept) return X_.tensor();
        Tensor<double> result(Shape{rows_, features_ + 1});
        for (std::size_t i = 0; i < rows_; ++i) {
            double* const row = std::copy_n(X_.tensor().data() + i * features_, features_, result.data() + i * (features_ + 1));
            *row = 1;
        }
        return result;
    }

    /// The second derivatives of the losses by the logits: for each k, d2 loss_i / dz_ik dz_il at [i, l].
    std::vector<Tensor<double>> curvatures() const {
        const Tape tape; // drops what is recorded here
        const Variable<double> z(no_grad([&] { return logits(X_); }).tensor(), true);
        const auto [slope] = grad(losses(z, y_, at_), wrt(z), {.create_graph = true}, at_);
        std::vector<Tensor<double>> result;
        for (std::size_t k = 0; k < outputs_; ++k) {
            Tensor<double> unit(z.shape(), 0.0);
            for (std::size_t i = 0; i < rows_; ++i) unit.data()[i * outputs_ + k] = 1;
            const auto [column] = grad(slope, wrt(z), {.seed = Variable<double>(std::move(unit), false), .retain_graph = true}, at_);
            result.push_back(column.tensor());
        }
        return result;
    }

    /// The objective's Hessian by theta_1, theta_10, theta_2, theta_20 and so on.
    Tensor<double> hessian(const Tensor<double>& design) const {
        const std::size_t width = design.shape()[1], size = outputs_ * width, pairs = outputs_ * (outputs_ + 1) / 2;
        const std::vector<Tensor<double>> curvature = curvatures();
        const auto add = [&](std::size_t begin, std::size_t end, double* sum) {
            const std::size_t rows = end - begin;
            const double* const from = design.data() + begin * width;
            std::vector<double> weighted(rows * width);
            for (std::size_t k = 0; k < outputs_; ++k) {
                for (std::size_t l = 0; l <= k; ++l, sum += width * width) {
                    const double* const weight = curvature[k].data() + begin * outputs_ + l;
                    for (std::size_t i = 0; i < rows; ++i) {
                        for (std::size_t j = 0; j < width; ++j) weighted[i * width + j] = weight[i * outputs_] * from[i * width + j];
                    }
                    ops::gemm<double>({from, width, rows, true}, {weighted.data(), rows, width}, 1, sum);
                }
            }
        };
        const Tensor<double> blocks = detail::sum_over_rows(rows_, Shape{pairs, width, width}, add);
        Tensor<double> result(Shape{size, size}, 0.0);
        const double* block = blocks.data();
        for (std::size_t k = 0; k < outputs_; ++k) {
            for (std::size_t l = 0; l <= k; ++l, block += width * width) {
                for (std::size_t i = 0; i < width; ++i) {
                    std::copy_n(block + i * width, width, result.data() + (k * width + i) * size + l * width);
                }
            }
        }
        for (std::size_t i = 0; i < size; ++i) {
            if (i % width < features_) result.data()[i * (size + 1)] += penalty_;
            for (std::size_t j = 0; j < i; ++j) result.data()[j * size + i] = result.data()[i * size + j];
        }
        return result;
    }

    /// H^+ g, with each feature in units that make its curvature 1: the scales of features must not pass for singularity. Those of the
    /// classes are the same, which keeps the smallest step what it is where softmax has none to prefer.
    Tensor<double> newton_step(Tensor<double> hessian, const Tensor<double>& gradient, std::size_t width) const {
        const std::size_t size = gradient.size();
        std::vector<double> unit(size);
        for (std::size_t j = 0; j < width; ++j) {
            double curvature = 0;
            for (std::size_t k = j; k < size; k += width) curvature += hessian.data()[k * (size + 1)];
            check_scale(curvature, "Hessian");
            for (std::size_t k = j; k < size; k += width) unit[k] = curvature > 0 ? 1 / std::sqrt(curvature) : 1;
        }
        for (std::size_t i = 0; i < size; ++i) {
            for (std::size_t j = 0; j < size; ++j) {
                double& element = hessian.data()[i * size + j];
                element = element * unit[i] * unit[j]; // the product of two units may be beyond the largest number
            }
        }
        Tensor<double> scaled(Shape{size});
        std::transform(unit.begin(), unit.end(), gradient.begin(), scaled.begin(), std::multiplies<>());
        const Variable<double> left(std::move(hessian), false), right(std::move(scaled), false);
        Tensor<double> step = lstsq(left, right, {}, at_).tensor();
        std::transform(unit.begin(), unit.end(), step.begin(), step.begin(), std::multiplies<>());
        return step;
    }

    void minimize_by_newton(Solution& solution) {
        const Tensor<double> design = design_matrix();
        const std::size_t width = design.shape()[1], size = outputs_ * width;
        ops::check_product_size(method, size, size, rows_, Shape{size, size}, at_);
        for (bool is_flat = false;; ++solution.iterations) {
            zero_grad();
            const Variable<double> value = objective();
            value.backward({}, at_);
            const double before = value.item();
            solution.converged = largest_gradient() <= options_.tol;
            if (solution.converged || is_flat || solution.iterations == options_.max_iter) return;
            solution.losses.push_back(before / static_cast<double>(rows_));

            // The parameters' gradients in the Hessian's order, and back the step. Where the Hessian is singular, as softmax makes it to a
            // shift of all theta_0, the smallest step does not leave the plane in which the gradient lies.
            Tensor<double> gradient(Shape{size});
            exchange(gradient, [](double& in_order, double& part) { in_order = part; }, true);
            const Tensor<double> step = newton_step(hessian(design), gradient, width);
            const double slope = -std::inner_product(step.begin(), step.end(), gradient.begin(), 0.0);
            const double rounding = 4 * std::numeric_limits<double>::epsilon() * std::abs(before);
            const NoGrad searching;
            double t = 1, moved = 0, now = before;
            for (int halvings = 0; halvings < 50; ++halvings, t /= 2) {
                Tensor<double> move = step.clone();
                exchange(move, [&](double& in_order, double& part) { part += (moved - t) * in_order; }, false);
                moved = t;
                now = objective().item();
                if (now <= before + 1e-4 * t * slope + rounding) break;
            }
            is_flat = -slope <= rounding; // no digit of the objective can change any more
        }
    }

    /// Calls f(element of `in_order`, element of the parameters or of their gradients) for all of them.
    template <class F>
    void exchange(Tensor<double>& in_order, const F& f, bool gradients) {
        const std::size_t width = in_order.size() / outputs_;
        for (std::size_t k = 0; k < parameters_.size(); ++k) {
            Variable<double>& parameter = parameters_[k];
            auto* const data = gradients ? static_cast<double*>(parameter.cell().grad.data()) : parameter.tensor().data();
            const std::size_t columns = k == 0 ? features_ : 1;
            for (std::size_t i = 0; i < parameter.size(); ++i) {
                f(in_order.data()[i / columns * width + k * features_ + i % columns], data[i]);
            }
            if (!gradients) parameter.cell().value.buffer().touch();
        }
    }

    void descend(Solution& solution) {
        const detail::DescentOptions descent{options_.learning_rate, options_.max_iter, options_.tol, options_.batch_size,
                                             options_.random_state};
        const detail::BatchLoss<Y> loss = [&](const Variable<double>& X, const Tensor<Y>& y) { return mean_objective(X, y); };
        detail::Descent result = options_.solver == LogisticSolver::sgd
                                     ? detail::descend_by_batches(method, parameters_, X_.tensor(), y_, loss, descent, at_)
                                     : detail::descend(method, parameters_, [&] { return loss(X_, y_); }, descent, at_);
        solution.losses = std::move(result.losses);
        solution.iterations = result.iterations;
        solution.converged = result.converged;
    }

    const LogisticRegressionOptions& options_;
    const Location& at_;
    const Variable<double>& X_;
    const Tensor<Y>& y_;
    std::size_t rows_, features_, outputs_;
    double penalty_; ///< 1 / C
    Variable<double> theta_, theta_0_;
    std::vector<Variable<double>> parameters_; ///< those of them that are learned
};

void check_options(const LogisticRegressionOptions& options, const Location& at) {
    constexpr double infinity = std::numeric_limits<double>::infinity(), least = std::numeric_limits<double>::min();
    if (options.penalty == LogisticPenalty::l2 && options.C != infinity) {
        nn::detail::check_option(method, "C", options.C, least, infinity, at);
    }
    if (options.solver < LogisticSolver::lbfgs || options.solver > LogisticSolver::sgd) {
        throw ValueError(std::string(method) + ": solver is " + std::to_string(static_cast<int>(options.solver)) + ", which is none", at);
    }
    detail::check_descent_options(
        method, {options.learning_rate, options.max_iter, options.tol, options.batch_size, options.random_state}, at);
}

/// The model's z, of shape (samples, K).
Tensor<double> decide(const char* caller, const LogisticRegression& model, const Array<double>& X, const Location& at) {
    detail::check_features(caller, model.n_features_in_, X, at);
    const std::size_t outputs = model.intercept_.size(), features = X.shape(1);
    Tensor<double> z(Shape{X.shape(0), outputs});
    ops::gemm<double>({X.data(), X.shape(0), features}, {model.coef_.data(), features, outputs, true}, 0, z.data(),
                      model.intercept_.data());
    return z;
}

/// Numbers whose softmax are the probabilities, of shape (samples, classes).
Variable<double> scores(const char* caller, const LogisticRegression& model, const Array<double>& X, const Location& at) {
    Tensor<double> z = decide(caller, model, X, at);
    if (z.shape()[1] > 1) {
        const Variable<double> all(std::move(z), false);
        return model.multinomial_ ? all : log_sigmoid(all, at); // softmax(log p) = p / sum p
    }
    Tensor<double> both(Shape{z.size(), 2});
    for (std::size_t i = 0; i < z.size(); ++i) { // softmax(0, z) = (1 - sigmoid(z), sigmoid(z))
        both.data()[2 * i] = model.multinomial_ ? -z.data()[i] : 0;
        both.data()[2 * i + 1] = z.data()[i];
    }
    return Variable<double>(std::move(both), false);
}

} // namespace

LogisticRegression& LogisticRegression::fit(const Array<double>& X, const LabelArray& y, Location at) {
    check_options(options, at);
    const detail::EncodedLabels labels = detail::encode_labels(method, X, y, at);
    const EnableGrad recording; // fit() may be called where nothing is recorded
    const Tape tape;            // what the caller has recorded stays apart
    const std::size_t rows = X.shape(0), features = X.shape(1), classes = labels.classes.size();
    // Beside a free intercept the means decide nothing but how near to singular the Hessian is. The steps of descent depend on them.
    const bool centers =
        options.fit_intercept && (options.solver == LogisticSolver::lbfgs || options.solver == LogisticSolver::newton);
    const std::vector<double> mean = centers ? detail::column_means(X.data(), rows, features) : std::vector<double>(features, 0.0);
    const Variable<double> all(detail::centered(method, X, mean, at), false);
    const bool multinomial =
        options.multi_class == MultiClass::multinomial || (options.multi_class == MultiClass::automatic && classes > 2);
    std::vector<Solution> solutions;
    if (multinomial) {
        Tensor<std::int64_t> codes(Shape{rows});
        std::copy(labels.codes.begin(), labels.codes.end(), codes.begin());
        solutions.push_back(Problem<std::int64_t>(all, codes, classes, options, at).solve());
    } else {
        for (std::size_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
            Tensor<double> is_class(Shape{rows});
            std::transform(labels.codes.begin(), labels.codes.end(), is_class.begin(), [k](std::size_t code) { return code == k; });
            solutions.push_back(Problem<double>(all, is_class, 1, options, at).solve());
        }
    }

    LogisticRegression learned(options);
    const std::size_t outputs = classes == 2 ? 1 : classes;
    learned.coef_ = Array<double>::from_shape({outputs, features});
    learned.intercept_ = Array<double>::from_shape({outputs});
    learned.converged_ = true;
    double *coef = learned.coef_.data(), *intercept = learned.intercept_.data();
    for (Solution& solution : solutions) {
        // Of two classes in a multinomial problem, the first one's row is the negative of the second one's.
        const std::size_t first = multinomial && classes == 2 ? 1 : 0;
        coef = std::copy(solution.coef.begin() + first * features, solution.coef.end(), coef);
        intercept = std::copy(solution.intercept.begin() + first, solution.intercept.end(), intercept);
        learned.n_iter_.push_back(solution.iterations);
        learned.loss_curves_.push_back(std::move(solution.losses));
        learned.converged_ = learned.converged_ && solution.converged;
    }
    for (std::size_t k = 0; k < outputs; ++k) {
        const double* const theta = learned.coef_.data() + k * features;
        learned.intercept_.data()[k] -= std::inner_product(mean.begin(), mean.end(), theta, 0.0);
        detail::check_learned(method, learned.coef_, learned.intercept_.data()[k], at);
    }
    learned.classes_ = labels.classes;
    learned.multinomial_ = multinomial;
    learned.n_features_in_ = features;
    return *this = std::move(learned);
}

Array<double> LogisticRegression::decision_function(const Array<double>& X, Location at) const {
    const Tensor<double> z = decide("LogisticRegression.decision_function", *this, X, at);
    const std::size_t outputs = z.shape()[1];
    Array<double> result = outputs == 1 ? Array<double>::from_shape({z.size()}) : Array<double>::from_shape({z.shape()[0], outputs});
    std::copy(z.begin(), z.end(), result.begin());
    return result;
}

Array<double> LogisticRegression::predict_proba(const Array<double>& X, Location at) const {
    return softmax(scores("LogisticRegression.predict_proba", *this, X, at), -1, at).value();
}

Array<double> LogisticRegression::predict_log_proba(const Array<double>& X, Location at) const {
    return log_softmax(scores("LogisticRegression.predict_log_proba", *this, X, at), -1, at).value();
}

Array<std::int64_t> LogisticRegression::predict(const Array<double>& X, Location at) const {
    const Tensor<double> z = decide("LogisticRegression.predict", *this, X, at);
    const std::size_t outputs = z.shape()[1];
    Array<std::int64_t> result = Array<std::int64_t>::from_shape({X.shape(0)});
    for (std::size_t i = 0; i < result.size(); ++i) {
        const double* const row = z.data() + i * outputs;
        const auto best = outputs == 1 ? static_cast<std::ptrdiff_t>(*row >= 0) : std::max_element(row, row + outputs) - row;
        result.data()[i] = classes_.data()[best];
    }
    return result;
}

} // namespace xgrad::algorithms

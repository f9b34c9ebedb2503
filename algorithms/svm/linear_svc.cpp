#include <xgrad/algorithms/svm/linear_svc.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/svm/options.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/loss.hpp>
#include <xgrad/nn/optim/lbfgs.hpp>
#include <xgrad/nn/penalty.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace xgrad::algorithms {

namespace {

/// One class against the rest: J(w, b) over the tape, divided by C m so that it is 1 where w and b are 0.
class Problem {
  public:
    /// @param X  (m, n), a constant
    /// @param y  (m): 1 or -1
    Problem(const LinearSVCOptions& options, const Variable<double>& X, const Tensor<double>& y)
        : options_(options), X_(X), y_(y, false), zeros_(Tensor<double>(y.shape(), 0.0), false),
          w_(Tensor<double>(Shape{X.shape()[1]}, 0.0), true), b_(Tensor<double>(Shape{}, 0.0), options.fit_intercept),
          scale_(1 / (options.C * static_cast<double>(y.size()))) {}

    void minimise(const Location& at);

    /// How often J was evaluated.
    int evaluations() const noexcept { return evaluations_; }
    const double* w() const { return w_.tensor().data(); }
    double b() const { return b_.item(); }

  private:
    /// The u of max(0, u), (m).
    Variable<double> excess() const {
        return nn::hinge_loss(matmul(X_, w_) + b_, y_, Reduction::none);
    }
    /// @param gamma  the width of the parabola that stands in for the hinge's kink; 0 for the squared hinge
    Variable<double> objective(double gamma) const {
        const Variable<double> u = excess();
        const Variable<double> loss = gamma == 0 ? sum(square(u)) : nn::huber_loss(u, zeros_, gamma, Reduction::sum) / gamma;
        const Variable<double> penalty = 0.5 * (nn::l2_penalty(w_) + nn::l2_penalty(b_ / options_.intercept_scaling));
        return (penalty + options_.C * loss) * scale_;
    }
    Variable<double> evaluate(double gamma) {
        w_.zero_grad();
        b_.zero_grad();
        const Variable<double> loss = objective(gamma);
        loss.backward();
        ++evaluations_;
        return loss;
    }
    double largest_gradient() const;
    void minimise_squared_hinge(const Location& at);
    void minimise_hinge(const Location& at);
    struct Gap {
        double J;       ///< less what the dual problem shows to be below its minimum, as a share of J
        double smooth;  ///< the same of the smooth function that stands in for J, as a share of J
    };
    Gap gap(double gamma) const;

    const LinearSVCOptions& options_;
    Variable<double> X_, y_, zeros_, w_, b_;
    double scale_;
    int evaluations_ = 0;
};

/// Goes on as long as the loss falls.
nn::LBFGSOptions lbfgs_options(int max_iter, double tolerance_grad) {
    return {.max_iter = max_iter,
            .tolerance_grad = tolerance_grad,
            .tolerance_change = std::numeric_limits<double>::min(),
            .history_size = 20};
}

double Problem::largest_gradient() const {
    double largest = 0;
    for (const Variable<double>& parameter : {w_, b_}) {
        if (!parameter.has_grad()) continue;
        for (const double g : parameter.grad()) largest = std::max(largest, std::abs(g));
    }
    return largest;
}

void Problem::minimise(const Location& at) {
    if (options_.loss == SVMLoss::hinge) {
        minimise_hinge(at);
    } else {
        minimise_squared_hinge(at);
    }
}

void Problem::minimise_squared_hinge(const Location& at) {
    evaluate(0);
    nn::LBFGS<double> optimizer({w_, b_}, lbfgs_options(options_.max_iter, options_.tol * largest_gradient()));
    optimizer.step([&] { return evaluate(0); }, at);
}

Problem::Gap Problem::gap(double gamma) const {
    const NoGrad guard;
    const Tensor<double> u = excess().tensor();
    const std::size_t m = u.size(), n = w_.size();
    const double s = options_.fit_intercept ? options_.intercept_scaling : 0;
    // alpha_i y_i, and the weights that they make.
    Tensor<double> alpha(Shape{m}), dual(Shape{n});
    double losses = 0, smooth_losses = 0, sum = 0, signed_sum = 0, squares = 0;
    for (std::size_t i = 0; i < m; ++i) {
        const double share = std::min(u.data()[i] / gamma, 1.0), a = options_.C * share;
        losses += u.data()[i];
        smooth_losses += share * (u.data()[i] - gamma * share / 2);
        sum += a;
        squares += a * a;
        alpha.data()[i] = a * y_.tensor().data()[i];
        signed_sum += alpha.data()[i];
    }
    ops::gemm(ops::Factor<double>{alpha.data(), 1, m}, ops::Factor<double>{X_.tensor().data(), m, n}, 0.0, dual.data());
    const auto penalty = [n](const double* w, double b) { return (std::inner_product(w, w + n, w, 0.0) + b * b) / 2; };
    const double own = penalty(w(), b() / options_.intercept_scaling), dual_value = sum - penalty(dual.data(), s * signed_sum);
    const double J = own + options_.C * losses, smooth_J = own + options_.C * smooth_losses;
    return {(J - dual_value) / J, (smooth_J - dual_value + gamma * squares / (2 * options_.C)) / J};
}

void Problem::minimise_hinge(const Location& at) {
    constexpr int iterations = 20; // between looks at the gap
    double gamma = 1;
    while (evaluations_ < options_.max_iter) {
        nn::LBFGS<double> optimizer({w_, b_}, lbfgs_options(iterations, 0));
        Gap here = gap(gamma);
        for (double before = 0; evaluations_ < options_.max_iter; before = here.smooth) {
            optimizer.step([&] { return evaluate(gamma); }, at);
            here = gap(gamma);
            if (here.J <= options_.tol) return;
            if (here.smooth <= 0.1 * here.J || here.smooth == before) break; // it is the kink that counts, or rounding
        }
        // The gap falls as gamma does.
        gamma *= std::clamp(0.7 * options_.tol / here.J, 0.1, 0.7);
    }
}

} // namespace

LinearSVC& LinearSVC::fit(const Array<double>& X, const Array<std::int64_t>& y, Location at) {
    constexpr auto method = "LinearSVC.fit";
    const detail::EncodedLabels labels = detail::encode_labels(method, X, y, at);
    detail::check_positive(method, "C", options.C, at);
    detail::check_positive(method, "intercept_scaling", options.intercept_scaling, at);
    detail::check_positive(method, "tol", options.tol, at);
    detail::check_positive(method, "max_iter", options.max_iter, at);
    const std::size_t m = X.shape(0), n = X.shape(1), K = labels.classes.size(), functions = K == 2 ? 1 : K;
    const EnableGrad recording;
    const Tape tape;
    const Variable<double> samples(evaluate<double>(X, at), false);
    Array<double> coef = Array<double>::from_shape({functions, n}), intercept = Array<double>::from_shape({functions}), margin = intercept;
    int evaluations = 0;
    for (std::size_t k = 0; k < functions; ++k) {
        const std::size_t positive = K == 2 ? 1 : k;
        const Tensor<double> signs(Shape{m});
        std::transform(labels.codes.begin(), labels.codes.end(), signs.begin(), [&](std::size_t code) { return code == positive ? 1.0 : -1.0; });
        Problem problem(options, samples, signs);
        problem.minimise(at);
        std::copy_n(problem.w(), n, coef.data() + k * n);
        intercept(k) = problem.b();
        margin(k) = 2 / std::sqrt(std::inner_product(problem.w(), problem.w() + n, problem.w(), 0.0));
        evaluations = std::max(evaluations, problem.evaluations());
    }
    coef_ = std::move(coef);
    intercept_ = std::move(intercept);
    margin_ = std::move(margin);
    n_iter_ = evaluations;
    classes_ = labels.classes;
    n_features_in_ = n;
    return *this;
}

/// (samples, 1) for two classes.
Array<double> LinearSVC::scores(const char* method, const Array<double>& X, const Location& at) const {
    detail::check_features(method, n_features_in_, X, at);
    const std::size_t m = X.shape(0), n = X.shape(1), functions = intercept_.size();
    Array<double> result = Array<double>::from_shape({m, functions});
    ops::gemm(ops::Factor<double>{X.data(), m, n}, ops::Factor<double>{coef_.data(), functions, n}.transpose(), 0.0, result.data(),
              intercept_.data());
    return result;
}

Array<double> LinearSVC::decision_function(const Array<double>& X, Location at) const {
    Array<double> result = scores("LinearSVC.decision_function", X, at);
    if (result.shape(1) == 1) result.reshape({X.shape(0)});
    return result;
}

Array<std::int64_t> LinearSVC::predict(const Array<double>& X, Location at) const {
    const Array<double> all = scores("LinearSVC.predict", X, at);
    const std::size_t functions = all.shape(1);
    Array<std::int64_t> labels = Array<std::int64_t>::from_shape({X.shape(0)});
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double* const row = all.data() + i * functions;
        labels.data()[i] = classes_(functions == 1 ? *row > 0 : static_cast<std::size_t>(std::max_element(row, row + functions) - row));
    }
    return labels;
}

} // namespace xgrad::algorithms

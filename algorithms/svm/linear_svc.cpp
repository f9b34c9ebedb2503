#include <xgrad/algorithms/svm/linear_svc.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/decomposition/right_svd.hpp>
#include <xgrad/algorithms/labels.hpp>
#include <xgrad/algorithms/svm/options.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/loss.hpp>
#include <xgrad/nn/optim/lbfgs.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/nn/penalty.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

namespace xgrad::algorithms {

namespace {

/// X as L-BFGS is to see it: features of very different sizes, or far from 0, would take it long. With z = (x - mean) / deviation,
/// f(x) = v' z + c for w = v / deviation and b = c - w' mean. To the variance 1 / (2 C m) is added, so that the second derivatives of
/// the squared hinge and the penalty together are about the same along all v.
struct Standardised {
    Standardised(const char* method, const Array<double>& X, const LinearSVCOptions& options, const Location& at);

    const Array<double>& X;
    Variable<double> Z, factors, mean; ///< constants: (m, n), and 1 / deviation and the mean of each feature, (n)
};

Standardised::Standardised(const char* method, const Array<double>& X, const LinearSVCOptions& options, const Location& at) : X(X) {
    const std::size_t m = X.shape(0), n = X.shape(1);
    // Without a b, 0 has to stay where it is.
    const std::vector<double> centres = options.fit_intercept ? detail::column_means(X.data(), m, n) : std::vector<double>(n, 0.0);
    const Tensor<double> z = detail::subtract_row(X.data(), m, n, centres.data());
    const Tensor<double> inverse(Shape{n}, 0.0), means(Shape{n});
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) inverse.data()[j] += z.data()[i * n + j] * z.data()[i * n + j];
    }
    for (double& sum : inverse) sum = std::sqrt(static_cast<double>(m) / (sum + 0.5 / options.C));
    for (std::size_t j = 0; j < n; ++j) {
        if (inverse.data()[j] > 0 && std::isfinite(inverse.data()[j])) continue;
        throw ValueError(std::string(method) + ": feature " + std::to_string(j) + " of X is too large, or too small for C = " +
                             nn::detail::format_number(options.C) + ": its variance is beyond the range of a double; scale X",
                         at);
    }
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) z.data()[i * n + j] *= inverse.data()[j];
    }
    std::copy(centres.begin(), centres.end(), means.begin());
    Z = Variable<double>(z, false);
    factors = Variable<double>(inverse, false);
    mean = Variable<double>(means, false);
}

/// One class against the rest: J(w, b) over the tape, divided by C m so that it is 1 where w and b are 0.
class Problem {
  public:
    /// @param y  (m): 1 or -1
    Problem(const LinearSVCOptions& options, const Standardised& samples, const Tensor<double>& y)
        : options_(options), samples_(samples), y_(y, false), zeros_(Tensor<double>(y.shape(), 0.0), false),
          v_(Tensor<double>(samples.mean.shape(), 0.0), true), c_(Tensor<double>(Shape{}, 0.0), options.fit_intercept),
          scale_(1 / (options.C * static_cast<double>(y.size()))) {}

    void minimise(const Location& at);

    /// How often J was evaluated.
    int evaluations() const noexcept { return evaluations_; }
    Variable<double> w() const { return v_ * samples_.factors; }
    Variable<double> b() const { return c_ - matmul(w(), samples_.mean); }

  private:
    /// The u of max(0, u), (m).
    Variable<double> excess() const { return nn::hinge_loss(matmul(samples_.Z, v_) + c_, y_, Reduction::none); }
    /// 1/2 |w|^2 + 1/2 (b / s)^2
    Variable<double> penalty() const { return 0.5 * nn::l2_penalty({w(), b() / options_.intercept_scaling}); }
    /// @param gamma  the width of the parabola that stands in for the hinge's kink; 0 for the squared hinge
    Variable<double> objective(double gamma) const {
        const Variable<double> u = excess();
        const Variable<double> loss = gamma == 0 ? sum(square(u)) : nn::huber_loss(u, zeros_, gamma, Reduction::sum) / gamma;
        return (penalty() + options_.C * loss) * scale_;
    }
    Variable<double> evaluate(double gamma) {
        v_.zero_grad();
        c_.zero_grad();
        const Variable<double> loss = objective(gamma);
        loss.backward();
        ++evaluations_;
        return loss;
    }
    double largest_gradient() const;
    void minimise_squared_hinge(const Location& at);
    void minimise_hinge(const Location& at);
    struct Gap {
        double J;      ///< less what the dual problem shows to be below its minimum, as a share of J
        double smooth; ///< the same of the smooth function that stands in for J, as a share of J
    };
    Gap gap(double gamma) const;

    const LinearSVCOptions& options_;
    const Standardised& samples_;
    Variable<double> y_, zeros_, v_, c_;
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
    for (const Variable<double>& parameter : {v_, c_}) {
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
    nn::LBFGS<double> optimizer({v_, c_}, lbfgs_options(options_.max_iter, options_.tol * largest_gradient()));
    optimizer.step([&] { return evaluate(0); }, at);
}

Problem::Gap Problem::gap(double gamma) const {
    const NoGrad guard;
    const Tensor<double> u = excess().tensor();
    const std::size_t m = u.size(), n = v_.size();
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
    ops::gemm(ops::Factor<double>{alpha.data(), 1, m}, ops::Factor<double>{samples_.X.data(), m, n}, 0.0, dual.data());
    const double bias = s * signed_sum, norm = std::inner_product(dual.begin(), dual.end(), dual.begin(), bias * bias);
    const double dual_value = sum - norm / 2;
    const double own = penalty().item();
    const double J = own + options_.C * losses, smooth_J = own + options_.C * smooth_losses;
    return {(J - dual_value) / J, (smooth_J - dual_value + gamma * squares / (2 * options_.C)) / J};
}

void Problem::minimise_hinge(const Location& at) {
    constexpr int iterations = 20; // between looks at the gap
    double gamma = 1;
    while (evaluations_ < options_.max_iter) {
        nn::LBFGS<double> optimizer({v_, c_}, lbfgs_options(iterations, 0));
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

LinearSVC& LinearSVC::fit(const Array<double>& X, const LabelArray& y, Location at) {
    constexpr auto method = "LinearSVC.fit";
    const detail::EncodedLabels labels = detail::encode_labels(method, X, y, at);
    detail::check_positive(method, "C", options.C, at);
    detail::check_positive(method, "intercept_scaling", options.intercept_scaling, at);
    detail::check_positive(method, "tol", options.tol, at);
    detail::check_positive(method, "max_iter", options.max_iter, at);
    const std::size_t m = X.shape(0), n = X.shape(1), K = labels.classes.size(), functions = K == 2 ? 1 : K;
    if (!std::isfinite(options.C * static_cast<double>(m))) {
        throw ValueError(std::string(method) + ": C is " + nn::detail::format_number(options.C) + "; the loss of " + std::to_string(m) +
                             " samples is beyond the range of a double",
                         at);
    }
    const EnableGrad recording;
    const Tape tape;
    const Standardised samples(method, X, options, at);
    Array<double> coef = Array<double>::from_shape({functions, n}), intercept = Array<double>::from_shape({functions});
    Array<double> margin = intercept;
    int evaluations = 0;
    for (std::size_t k = 0; k < functions; ++k) {
        const std::size_t positive = K == 2 ? 1 : k;
        const Tensor<double> signs(Shape{m});
        std::transform(labels.codes.begin(), labels.codes.end(), signs.begin(),
                       [&](std::size_t code) { return code == positive ? 1.0 : -1.0; });
        Problem problem(options, samples, signs);
        problem.minimise(at);
        const NoGrad guard;
        const Tensor<double> w = problem.w().tensor();
        std::copy(w.begin(), w.end(), coef.data() + k * n);
        intercept(k) = options.fit_intercept ? problem.b().item() : 0;
        margin(k) = 2 / std::sqrt(std::inner_product(w.begin(), w.end(), w.begin(), 0.0));
        evaluations = std::max(evaluations, problem.evaluations());
    }
    const auto is_finite = [](double value) { return std::isfinite(value); };
    if (!std::all_of(coef.begin(), coef.end(), is_finite) || !std::all_of(intercept.begin(), intercept.end(), is_finite)) {
        throw ValueError(std::string(method) + ": the machine is beyond the range of a double, with C = " +
                             nn::detail::format_number(options.C) + "; scale X",
                         at);
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
    return detail::labels_of_largest(scores("LinearSVC.predict", X, at), classes_);
}

} // namespace xgrad::algorithms

#include <xgrad/algorithms/linear_model/lasso.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/linear_model/centered_problem.hpp>
#include <xgrad/nn/optim/optimizer.hpp>
#include <xgrad/ops/transpose.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace xgrad::algorithms {

namespace {

using detail::CenteredProblem;

double dot(const double* a, const double* b, std::size_t n) {
    return std::inner_product(a, a + n, b, 0.0);
}

/// a += factor b
void add_scaled(double* a, double factor, const double* b, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) a[i] += factor * b[i];
}

/// X'(y - X w), kept up to date by X'X: a coordinate costs as many operations as there are features.
struct ByGram {
    explicit ByGram(const CenteredProblem& problem) : problem(problem), gram(problem.gram()), gradient(problem.project(problem.y)) {}

    double square(std::size_t j) const { return gram.data()[j * gradient.size() + j]; }
    double correlation(std::size_t j) const { return gradient.data()[j]; }
    void move(std::size_t j, double change) {
        add_scaled(gradient.data(), -change, gram.data() + j * gradient.size(), gradient.size());
    }
    /// Starts again from the residual itself, without what rounding has added up to.
    void refresh(const Tensor<double>& residual) { gradient = problem.project(residual); }

    const CenteredProblem& problem;
    Tensor<double> gram, gradient;
};

/// The same by the residual, as many operations as there are examples.
struct ByResidual {
    explicit ByResidual(const CenteredProblem& problem)
        : columns(transpose(Variable<double>(problem.X, false)).tensor()), residual(problem.y.clone()) {}

    const double* column(std::size_t j) const { return columns.data() + j * residual.size(); }
    double square(std::size_t j) const { return dot(column(j), column(j), residual.size()); }
    double correlation(std::size_t j) const { return dot(column(j), residual.data(), residual.size()); }
    void move(std::size_t j, double change) { add_scaled(residual.data(), -change, column(j), residual.size()); }
    void refresh(const Tensor<double>& exact) { residual = exact.clone(); }

    Tensor<double> columns, residual;
};

struct Solution {
    Tensor<double> coef;
    std::size_t passes = 0;
    double gap = 0; ///< of 1/2 |y - X w|^2 + penalty |w|_1
    bool converged = false;
};

double duality_gap(const CenteredProblem& problem, const Tensor<double>& w, const Tensor<double>& residual, double penalty) {
    const Tensor<double> correlations = problem.project(residual);
    double largest = 0, norm = 0;
    for (const double c : correlations) largest = std::max(largest, std::abs(c));
    for (const double element : w) norm += std::abs(element);
    const double c = largest > penalty ? penalty / largest : 1;
    const double square = dot(residual.data(), residual.data(), residual.size());
    return square * (1 + c * c) / 2 + penalty * norm - c * dot(residual.data(), problem.y.data(), residual.size());
}

template <class Correlations>
Solution descend_by_coordinates(const char* method, const CenteredProblem& problem, double penalty, const LassoOptions& options,
                                const Location& at) {
    const std::size_t d = problem.columns();
    Correlations correlations(problem);
    std::vector<double> squares(d);
    for (std::size_t j = 0; j < d; ++j) squares[j] = correlations.square(j);
    const double bound = options.tol * dot(problem.y.data(), problem.y.data(), problem.rows());
    if (!std::isfinite(bound) || !std::all_of(squares.begin(), squares.end(), [](double square) { return std::isfinite(square); })) {
        throw ValueError(std::string(method) + ": X or y is too large for its squares, and should be scaled", at);
    }
    Solution solution{Tensor<double>(Shape{d}, 0.0)};
    double* const w = solution.coef.data();
    while (!solution.converged && solution.passes < options.max_iter) {
        double largest = 0, largest_change = 0;
        for (std::size_t j = 0; j < d; ++j) {
            if (squares[j] == 0) continue; // a constant feature
            const double without = correlations.correlation(j) + squares[j] * w[j];
            const double next = std::copysign(std::max(std::abs(without) - penalty, 0.0), without) / squares[j];
            const double change = next - w[j];
            if (change != 0) correlations.move(j, change);
            w[j] = next;
            largest = std::max(largest, std::abs(next));
            largest_change = std::max(largest_change, std::abs(change));
        }
        ++solution.passes;
        if (largest_change < options.tol * largest || largest == 0 || solution.passes == options.max_iter) {
            const Tensor<double> residual = problem.residual(solution.coef);
            solution.gap = duality_gap(problem, solution.coef, residual, penalty);
            solution.converged = solution.gap < bound || solution.gap <= 0;
            correlations.refresh(residual);
        }
    }
    return solution;
}

} // namespace

Lasso& Lasso::fit(const Array<double>& X, const Array<double>& y, Location at) {
    constexpr auto method = "Lasso.fit";
    constexpr double infinity = std::numeric_limits<double>::infinity();
    nn::detail::check_option(method, "alpha", options.alpha, 0, infinity, at);
    nn::detail::check_option(method, "max_iter", static_cast<double>(options.max_iter), 1, infinity, at);
    nn::detail::check_option(method, "tol", options.tol, 0, infinity, at);
    detail::check_targets(method, X, y, at);
    const CenteredProblem problem(method, X, y, options.fit_intercept, at);
    const auto m = static_cast<double>(problem.rows());
    const double penalty = options.alpha * m;
    const auto descend = problem.columns() <= problem.rows() ? descend_by_coordinates<ByGram> : descend_by_coordinates<ByResidual>;
    const Solution solution = descend(method, problem, penalty, options, at);
    Array<double> coef = detail::to_array(solution.coef);
    const double intercept = problem.intercept(solution.coef);
    detail::check_learned(method, coef, intercept, at);
    coef_ = std::move(coef);
    intercept_ = intercept;
    n_iter_ = solution.passes;
    dual_gap_ = solution.gap / m;
    converged_ = solution.converged;
    n_features_in_ = X.shape(1);
    return *this;
}

Array<double> Lasso::predict(const Array<double>& X, Location at) const {
    detail::check_features("Lasso.predict", n_features_in_, X, at);
    return detail::predict_linear(X, coef_, intercept_);
}

} // namespace xgrad::algorithms

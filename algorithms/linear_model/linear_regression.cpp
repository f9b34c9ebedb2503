#include <xgrad/algorithms/linear_model/linear_regression.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/linear_model/centered_problem.hpp>
#include <xgrad/algorithms/linear_model/descent.hpp>

namespace xgrad::algorithms {

LinearRegression& LinearRegression::fit(const Array<double>& X, const Array<double>& y, Location at) {
    constexpr auto method = "LinearRegression.fit";
    const detail::DescentOptions descent{options.learning_rate, options.max_iter, options.tol, options.batch_size, options.random_state};
    detail::check_descent_options(method, descent, at);
    detail::check_targets(method, X, y, at);
    LinearRegression learned(options);
    if (options.solver == LinearRegressionSolver::normal_equation) {
        const detail::CenteredProblem problem(method, X, y, options.fit_intercept, at);
        const detail::LeastSquaresSolution solution = detail::solve_least_squares(method, problem, at);
        learned.coef_ = detail::to_array(solution.coef);
        learned.intercept_ = problem.intercept(solution.coef);
        learned.rank_ = solution.rank;
        learned.singular_ = detail::to_array(solution.singular);
        learned.used_pseudo_inverse_ = solution.by_pseudo_inverse;
    } else {
        const bool by_batches = options.solver == LinearRegressionSolver::sgd;
        detail::learn(learned, detail::descend_least_squares(method, X, y, 0, options.fit_intercept, by_batches, descent, at));
    }
    detail::check_learned(method, learned.coef_, learned.intercept_, at);
    learned.n_features_in_ = X.shape(1);
    return *this = std::move(learned);
}

Array<double> LinearRegression::predict(const Array<double>& X, Location at) const {
    detail::check_features("LinearRegression.predict", n_features_in_, X, at);
    return detail::predict_linear(X, coef_, intercept_);
}

} // namespace xgrad::algorithms

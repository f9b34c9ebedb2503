#include <xgrad/algorithms/linear_model/ridge.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/linear_model/centered_problem.hpp>
#include <xgrad/algorithms/linear_model/descent.hpp>
#include <xgrad/nn/optim/optimizer.hpp>

#include <limits>

namespace xgrad::algorithms {

Ridge& Ridge::fit(const Array<double>& X, const Array<double>& y, Location at) {
    constexpr auto method = "Ridge.fit";
    const detail::DescentOptions descent{options.learning_rate, options.max_iter, options.tol, options.batch_size, options.random_state};
    nn::detail::check_option(method, "alpha", options.alpha, 0, std::numeric_limits<double>::infinity(), at);
    detail::check_descent_options(method, descent, at);
    detail::check_targets(method, X, y, at);
    Ridge learned(options);
    if (options.solver == RidgeSolver::cholesky) {
        const detail::CenteredProblem problem(method, X, y, options.fit_intercept, at);
        const Tensor<double> theta = options.alpha > 0 ? detail::solve_ridge(method, problem, options.alpha, at)
                                                       : detail::solve_least_squares(method, problem, at).coef;
        learned.coef_ = detail::to_array(theta);
        learned.intercept_ = problem.intercept(theta);
    } else {
        const bool by_batches = options.solver == RidgeSolver::sgd;
        detail::learn(learned, detail::descend_least_squares(method, X, y, options.alpha, options.fit_intercept, by_batches, descent, at));
    }
    detail::check_learned(method, learned.coef_, learned.intercept_, at);
    learned.n_features_in_ = X.shape(1);
    return *this = std::move(learned);
}

Array<double> Ridge::predict(const Array<double>& X, Location at) const {
    detail::check_features("Ridge.predict", n_features_in_, X, at);
    return detail::predict_linear(X, coef_, intercept_);
}

} // namespace xgrad::algorithms

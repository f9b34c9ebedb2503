/// @file
/// Internal: gradient descent of a linear model's objective, with all of the data and with batches. The gradient comes from the tape.
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace xgrad::algorithms::detail {

struct DescentOptions {
    double learning_rate;
    std::size_t max_iter;
    double tol;
    std::size_t batch_size;
    std::uint64_t random_state;
};

/// @throws ValueError naming the option that is out of range
void check_descent_options(const char* method, const DescentOptions& options, const Location& at);

/// The largest |dJ/dx| that backward() has left; NaN if there is one.
/// @pre each has a gradient
double largest_gradient(const std::vector<Variable<double>>& parameters);

struct Descent {
    std::vector<double> losses; ///< before each iteration; with batches, the mean of each pass's losses
    std::size_t iterations = 0;
    bool converged = false;
};

/// x <- x - learning_rate dJ/dx, until no element of the gradient is larger than `tol` times the largest at the start, or for `max_iter`
/// iterations.
/// @pre recording is enabled
/// @throws ValueError if it diverges: the loss is not finite, or above that at the start when it ends
Descent descend(const char* method, const std::vector<Variable<double>>& parameters, const std::function<Variable<double>()>& loss,
                const DescentOptions& options, const Location& at);

/// The mean loss of some rows.
/// @tparam Y  double or std::int64_t
template <class Y>
using BatchLoss = std::function<Variable<double>(const Variable<double>& X, const Tensor<Y>& y)>;

/// The same, with the gradient of `batch_size` samples in each step; an iteration is a pass over all of them in a new random order. It ends
/// when the loss of five passes in a row is not lower than the lowest one so far less `tol`, and has converged if that of all samples is
/// then not above the one at the start.
/// @param y  of shape (samples)
/// @pre recording is enabled
/// @throws ValueError if it diverges: the loss is not finite, or that of all samples is more than twice that at the start when it ends
template <class Y>
Descent descend_by_batches(const char* method, const std::vector<Variable<double>>& parameters, const Tensor<double>& X, const Tensor<Y>& y,
                           const BatchLoss<Y>& loss, const DescentOptions& options, const Location& at);

/// A linear model that was trained by descent.
struct DescendedModel {
    Array<double> coef; ///< (features)
    double intercept;
    Descent descent;
};

/// Makes it what `model` has learned.
template <class Model>
void learn(Model& model, DescendedModel&& descended) {
    model.coef_ = std::move(descended.coef);
    model.intercept_ = descended.intercept;
    model.converged_ = descended.descent.converged;
    model.n_iter_ = descended.descent.iterations;
    model.loss_curve_ = std::move(descended.descent.losses);
}

/// J(theta) = 1/(2m) [sum_i (theta_0 + theta' x_i - y_i)^2 + alpha sum_j theta_j^2], where theta_0 is not penalised, from theta = 0 on.
DescendedModel descend_least_squares(const char* method, const Array<double>& X, const Array<double>& y, double alpha, bool fit_intercept,
                                     bool by_batches, const DescentOptions& options, const Location& at);

} // namespace xgrad::algorithms::detail

/// @file
/// Gradient descent on functions of one or several variables, with its whole path: a lesson, and a way to compare the variants.
///
/// @code
/// const auto himmelblau = [](auto x, auto y) { return square(square(x) + y - 11) + square(x + square(y) - 7); };
/// const DescentResult descent = gradient_descent(himmelblau, {0, 0}, {.method = nn::SGDOptions{.lr = 0.01, .momentum = 0.9}});
/// descent.x;     // where it ended, by what it stopped: descent.stop
/// descent.path;  // where it has been
/// @endcode
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/variable.hpp>
#include <xgrad/nn/optim/adadelta.hpp>
#include <xgrad/nn/optim/adagrad.hpp>
#include <xgrad/nn/optim/adam.hpp>
#include <xgrad/nn/optim/newton.hpp>
#include <xgrad/nn/optim/rmsprop.hpp>
#include <xgrad/nn/optim/sgd.hpp>
#include <xgrad/ops/indexing.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <variant>

namespace xgrad::algorithms {

/// Steepest descent of which each step is as long as it may be: beginning with `lr`, its length t is multiplied by `shrink` until
///
///     f(x - t v) <= f(x) - sufficient t |v|^2,    v the gradient of f at x.
///
/// If it is not after 1000 multiplications, or when t v is too short to change x, descent has stalled.
///
/// Armijo: Minimization of functions having Lipschitz continuous first partial derivatives, 1966.
struct BacktrackingOptions {
    double lr = 1;            ///< the first length that each step tries
    double shrink = 0.5;      ///< between 0 and 1
    double sufficient = 1e-4; ///< between 0 and 1: the share of what the slope promises that must be gained
};

/// How gradient_descent() steps: by the options of one of the optimizers of nn, which do it. Plain descent is SGD's, and so is that
/// with momentum, `nn::SGDOptions{.lr = 0.01, .momentum = 0.9}`, or with Nesterov's (`.nesterov = true`).
using DescentMethod = std::variant<nn::SGDOptions, nn::AdagradOptions, nn::RMSpropOptions, nn::AdadeltaOptions, nn::AdamOptions,
                                   nn::NewtonOptions, BacktrackingOptions>;

struct GradientDescentOptions {
    DescentMethod method = nn::SGDOptions{.lr = 0.01};
    std::size_t max_iter = 1000;
    /// It has converged when the gradient is no longer than this.
    double tolerance = 1e-6;
    /// It stops where the function is below this, "close enough to zero" in the notes' words.
    double target = -std::numeric_limits<double>::infinity();
    /// It has diverged when it is further from where it began than this times 1 + the distance of that from the origin.
    double divergence = 1e8;
};

/// Why gradient_descent() stopped.
enum class DescentStop {
    converged, ///< the gradient is zero, to the tolerance: a critical point (critical_point.hpp)
    target,    ///< the function is below the target
    stalled,   ///< no step that the method tried leads down
    max_iter,
    diverged, ///< too far from where it began, or the function or its gradient is not finite there
};

/// "converged" and so on.
std::string to_string(DescentStop stop);

/// Where gradient_descent() went.
struct DescentResult {
    Array<double> x;              ///< where it ended: the last point where function and gradient are finite; of x0's shape
    double value;                 ///< of the function there
    DescentStop stop;             ///< why it ended
    std::size_t n_iter;           ///< the number of steps
    Array<double> path;           ///< all points, from x0 to x, of shape (n_iter + 1, variables)
    Array<double> values;         ///< of the function at each, of shape (n_iter + 1)
    Array<double> gradient_norms; ///< the length of the gradient at each, of shape (n_iter + 1)
};

namespace detail {

/// A function of one Variable, which holds all variables.
using PointFunction = std::function<Variable<double>(const Variable<double>&)>;

/// The function, which throws ShapeError where its result has not one element.
PointFunction checked(const char* function, PointFunction f, const Location& at);

/// @throws ShapeError unless x is a vector of as many elements as f takes Variables
void check_point(const char* function, const Array<double>& x, std::size_t variables, const Location& at);

/// A callable of one Variable as it is; of two, three or four, as a function of the vector of them.
template <class F>
PointFunction point_function(const char* function, F f, const Array<double>& x, const Location& at) {
    using V = Variable<double>;
    if constexpr (std::invocable<const F&, const V&>) {
        return checked(function, std::move(f), at);
    } else if constexpr (std::invocable<const F&, const V&, const V&>) {
        check_point(function, x, 2, at);
        return checked(function, [f = std::move(f)](const V& p) -> V { return f(slice(p, {0}), slice(p, {1})); }, at);
    } else if constexpr (std::invocable<const F&, const V&, const V&, const V&>) {
        check_point(function, x, 3, at);
        return checked(function, [f = std::move(f)](const V& p) -> V { return f(slice(p, {0}), slice(p, {1}), slice(p, {2})); }, at);
    } else {
        static_assert(std::invocable<const F&, const V&, const V&, const V&, const V&>,
                      "f is a callable of one Variable, which may be a vector, or of two, three or four");
        check_point(function, x, 4, at);
        return checked(
            function, [f = std::move(f)](const V& p) -> V { return f(slice(p, {0}), slice(p, {1}), slice(p, {2}), slice(p, {3})); }, at);
    }
}

DescentResult gradient_descent(const PointFunction& f, const Array<double>& x0, const GradientDescentOptions& options, const Location& at);

} // namespace detail

/// Walks downhill from x0: with v the gradient at x, from the tape,
///
///     x <- x - alpha v
///
/// in plain gradient descent with step size alpha (Derivations, "Gradient Descent", where the sign is a slip; Deep learning slides;
/// Sehayek 3.2), or as the method says.
/// @param f   a callable of one Variable of x0's shape, or of two to four scalar ones if x0 is a vector of as many; it returns a
///            Variable with one element
/// @throws ValueError if an option is out of range, or x0 is empty, or it, or the function or its gradient there, is not finite
/// @throws ShapeError if x0 has not as many elements as f takes Variables, or f has not one element
template <class F>
DescentResult gradient_descent(F f, const Array<double>& x0, const GradientDescentOptions& options = {},
                               Location at = Location::current()) {
    return detail::gradient_descent(detail::point_function("gradient_descent", std::move(f), x0, at), x0, options, at);
}

} // namespace xgrad::algorithms

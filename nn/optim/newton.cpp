#include <xgrad/nn/optim/newton.hpp>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/ops/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace xgrad::nn {

namespace {

/// A square matrix, row by row.
using Matrix = Tensor<double>;

/// The factor of h plus the multiple of the identity, `damping` at least, that makes it positive definite.
Matrix positive_definite_factor(const Matrix& h, std::size_t n, double damping, const Location& at) {
    double smallest = std::numeric_limits<double>::infinity(), norm = 0;
    for (std::size_t i = 0; i < n; ++i) smallest = std::min(smallest, h.data()[i * (n + 1)]);
    for (const double element : h) norm = std::max(norm, std::abs(element));
    const double least = 1e-3 * (norm > 0 ? norm : 1);
    double shift = smallest > 0 ? 0 : least - smallest;
    for (;; shift = std::max(2 * shift, least)) {
        Matrix shifted = h.clone();
        for (std::size_t i = 0; i < n; ++i) shifted.data()[i * (n + 1)] += damping + shift;
        try {
            return ops::lapack::cholesky("Newton", shifted, at);
        } catch (const ValueError&) {
            if (!std::isfinite(shift)) throw; // beyond the largest number: there is none that would do
        }
    }
}

template <class T>
bool all_finite(const Tensor<T>& x) {
    return std::all_of(x.begin(), x.end(), [](T element) { return std::isfinite(element); });
}

} // namespace

template <class T>
Newton<T>::Newton(const std::vector<Variable<T>>& parameters, const NewtonOptions& options, Location at)
    : flat_("Newton", parameters, at), options_(options) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    detail::check_option("Newton", "lr", options.lr, 0, infinity, at);
    detail::check_option("Newton", "damping", options.damping, 0, infinity, at);
    if (flat_.size() > most_elements) {
        throw ValueError("Newton: " + std::to_string(flat_.size()) + " elements are more than the " +
                             std::to_string(most_elements) + " whose Hessian it takes on",
                         at);
    }
}

template <class T>
T Newton<T>::step(const Closure& closure, Location at) {
    // The elements of the parameters that move.
    std::vector<Variable<T>> moving;
    for (const Variable<T>& parameter : flat_.parameters()) {
        if (parameter.requires_grad()) moving.push_back(parameter);
    }
    const std::size_t n = std::accumulate(moving.begin(), moving.end(), std::size_t{0},
                                          [](std::size_t sum, const Variable<T>& x) { return sum + x.size(); });
    const auto copy = [](const std::vector<Variable<T>>& parts, double* to) {
        for (const Variable<T>& part : parts) to = std::copy(part.tensor().begin(), part.tensor().end(), to);
    };

    const EnableGrad recording;
    const Tape tape; // drops what the step records
    const Variable<T> loss = closure();
    const T before = loss.item(at);
    if (n == 0 || !loss.requires_grad()) return before;
    Tensor<double> gradient(Shape{n});
    Matrix hessian(Shape{n, n}, 0.0);
    const auto gradients = grad(loss, moving, {.create_graph = true}, at);
    copy(gradients, gradient.data());
    double* row = hessian.data();
    for (const Variable<T>& part : gradients) {
        for (std::size_t i = 0; i < part.size(); ++i, row += n) {
            if (!part.requires_grad()) continue; // linear: the row is zero
            Tensor<T> unit(part.shape(), T(0));
            unit.data()[i] = 1;
            copy(grad(part, moving, {.seed = Variable<T>(std::move(unit), false), .retain_graph = true}, at), row);
        }
    }
    if (!all_finite(gradient)) throw ValueError("Newton: the gradient is not finite", at);
    if (!all_finite(hessian)) throw ValueError("Newton: the Hessian is not finite", at);

    Tensor<double> step = gradient.clone();
    const Matrix factor = positive_definite_factor(hessian, n, options_.damping, at);
    for (const bool transpose : {false, true}) { // L L' step = gradient
        ops::lapack::solve_triangular(factor.data(), n, {.lower = true, .transpose = transpose, .unit_diagonal = false},
                                      step.data(), 1);
    }
    Tensor<T> direction(Shape{flat_.size()}, T(0)); // in a row with the frozen ones
    const double* from = step.data();
    T* to = direction.data();
    for (const Variable<T>& parameter : flat_.parameters()) {
        if (parameter.requires_grad()) {
            std::transform(from, from + parameter.size(), to, [](double element) { return static_cast<T>(-element); });
            from += parameter.size();
        }
        to += parameter.size();
    }

    const Tensor<T> origin = flat_.values();
    const double slope = -std::inner_product(step.begin(), step.end(), gradient.begin(), 0.0);
    flat_.move(origin, options_.lr, direction);
    if (!options_.backtracking) return before;
    try {
        const NoGrad trying;
        double t = options_.lr;
        for (int halvings = 0; halvings < 50; ++halvings, t /= 2) {
            if (halvings > 0) flat_.move(origin, t, direction);
            // To rounding, for at the minimum the loss does not fall any more.
            const auto reached = static_cast<double>(closure().item(at)), start = static_cast<double>(before);
            const double rounding = 4 * static_cast<double>(std::numeric_limits<T>::epsilon()) * std::abs(start);
            if (reached <= start + 1e-4 * t * slope + rounding) return before;
        }
    } catch (...) {
        flat_.assign(origin);
        throw;
    }
    flat_.assign(origin);
    return before;
}

template class Newton<float>;
template class Newton<double>;

} // namespace xgrad::nn

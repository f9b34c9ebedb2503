/// @file
/// Penalties on the size of parameters, to be added to a loss. Choose the parameters: weights, as a rule, and not
/// biases.
///
/// @code
/// const auto loss = nn::squared_error(model(X), y) + lambda / (2 * m) * nn::l2_penalty(weights); // ridge regression
/// @endcode
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <initializer_list>
#include <span>
#include <vector>

namespace xgrad::nn {

namespace detail {
template <class T>
Variable<T> l1_penalty(std::span<const Variable<T>> parameters, const Location& at);
template <class T>
Variable<T> l2_penalty(std::span<const Variable<T>> parameters, const Location& at);
} // namespace detail

/// The sum of the absolute values of all elements of all parameters; 0 if there are none. Its derivative is defined as
/// 0 at 0.
template <class T>
Variable<T> l1_penalty(const std::vector<Variable<T>>& parameters, Location at = Location::current()) {
    return detail::l1_penalty<T>(parameters, at);
}
/// @copydoc l1_penalty(const std::vector<Variable<T>>&, Location)
template <class T>
Variable<T> l1_penalty(std::initializer_list<Variable<T>> parameters, Location at = Location::current()) {
    return detail::l1_penalty<T>(std::span(parameters.begin(), parameters.size()), at);
}
/// @copydoc l1_penalty(const std::vector<Variable<T>>&, Location)
template <class T>
Variable<T> l1_penalty(const Variable<T>& parameter, Location at = Location::current()) {
    return detail::l1_penalty<T>(std::span(&parameter, 1), at);
}

/// The sum of the squares of all elements of all parameters; 0 if there are none.
template <class T>
Variable<T> l2_penalty(const std::vector<Variable<T>>& parameters, Location at = Location::current()) {
    return detail::l2_penalty<T>(parameters, at);
}
/// @copydoc l2_penalty(const std::vector<Variable<T>>&, Location)
template <class T>
Variable<T> l2_penalty(std::initializer_list<Variable<T>> parameters, Location at = Location::current()) {
    return detail::l2_penalty<T>(std::span(parameters.begin(), parameters.size()), at);
}
/// @copydoc l2_penalty(const std::vector<Variable<T>>&, Location)
template <class T>
Variable<T> l2_penalty(const Variable<T>& parameter, Location at = Location::current()) {
    return detail::l2_penalty<T>(std::span(&parameter, 1), at);
}

} // namespace xgrad::nn

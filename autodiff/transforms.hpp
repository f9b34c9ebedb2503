/// @file
/// Derivatives of functions: each transform takes a callable over Variables and returns a callable.
///
/// @code
/// auto g   = [](auto x) { return sqrt(x * x + exp(x * x)); };
/// auto d2g = grad(grad(g));
/// d2g(2.0).item();
/// @endcode
///
/// What the transforms return takes Variables, xtensor arrays and scalars; its arguments are the points at which to
/// differentiate, whether they require a gradient or not. Its results are constants, unless something outside requires
/// a gradient (an argument, or a Variable that the callable captured): then they are recorded and can be differentiated
/// again, which is how transforms nest. In a no_grad scope they are always constants.
///
/// One argument gives one result; several give a std::array of results in their order.
#pragma once

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/grad_mode.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace xgrad {

namespace detail {

template <class X>
struct ElementOf {
    using type = double;
};
template <>
struct ElementOf<float> {
    using type = float;
};
template <class T>
struct ElementOf<Variable<T>> {
    using type = T;
};
template <ArrayExpression X>
struct ElementOf<X> : ElementOf<typename X::value_type> {};

/// float if every argument is float, else double.
template <class... X>
using common_element = std::conditional_t<(std::same_as<typename ElementOf<std::decay_t<X>>::type, float> && ...), float, double>;

template <class T, class X>
Variable<T> as_variable(const X& x, const Location& at) {
    if constexpr (is_variable<X>) {
        return x;
    } else {
        return constant<T>(x, at);
    }
}

/// One evaluation of a callable under a transform. It lasts while the derivative is taken; what was recorded is dropped at
/// its end unless release() is called.
template <class T>
class Evaluation {
  public:
    Evaluation();
    ~Evaluation();
    Evaluation(const Evaluation&) = delete;
    Evaluation& operator=(const Evaluation&) = delete;

    /// `x` as the point to differentiate at: a leaf of its own, or an alias of `x` if that requires a gradient. Either way
    /// the derivative does not see other uses of `x`.
    Variable<T> point(const Variable<T>& x, const Location& at);

    /// Whether the derivative is to be recorded: the caller records, and something outside requires a gradient.
    bool is_differentiable() const;
    /// The same on account of a tangent.
    bool is_differentiable(const Variable<T>& tangent) const { return caller_records_ && tangent.requires_grad(); }

    /// Keeps what was recorded on the tape.
    void release() noexcept { released_ = true; }

    /// A result of the transform as it leaves: a constant, unless the derivative was recorded.
    Variable<T> leave(const Variable<T>& result) const { return released_ ? result : result.detach(); }

  private:
    bool caller_records_;
    EnableGrad recording_;
    std::uint32_t begin_, outer_begin_;
    std::vector<Variable<T>> points_;
    bool aliased_ = false;
    bool released_ = false;
};

/// Parts of equal shape as the elements of one array: the rows of a Jacobian.
template <class T>
Variable<T> assemble(const std::vector<Variable<T>>& parts, const Shape& shape, const Location& at);

template <class T, std::size_t N>
auto single_or_all(const std::array<T, N>& values) {
    if constexpr (N == 1) {
        return values[0];
    } else {
        return values;
    }
}

template <class T>
std::array<T, 1> as_array(const T& value) {
    return {value};
}
template <class T, std::size_t N>
const std::array<T, N>& as_array(const std::array<T, N>& values) {
    return values;
}

/// Calls f with each argument as a point of the evaluation: {points, f(points...)}.
template <class T, class F, std::size_t N>
auto call_at(Evaluation<T>& evaluation, const F& f, const std::array<Variable<T>, N>& arguments, const Location& at) {
    std::array<Variable<T>, N> points;
    for (std::size_t k = 0; k < N; ++k) points[k] = evaluation.point(arguments[k], at);
    auto result = std::apply(f, points);
    return std::pair{points, std::move(result)};
}

/// grad(), where a function that gave a constant has the derivative zero.
template <class T, std::size_t N>
std::array<Variable<T>, N> grad_or_zeros(const Variable<T>& y, const std::array<Variable<T>, N>& points,
                                         const BackwardOptions<T>& options, const Location& at) {
    if (y.requires_grad()) return grad(y, points, options, at);
    std::array<Variable<T>, N> zeros;
    for (std::size_t k = 0; k < N; ++k) zeros[k] = Variable<T>(Tensor<T>(points[k].shape(), T(0)), false);
    return zeros;
}

/// A Jacobian-vector product needs one tangent of the primal's shape for each primal.
template <class T>
void check_tangents(std::span<const Variable<T>> primals, std::span<const Variable<T>> tangents, const Location& at);

} // namespace detail

/// A point in several variables, for jvp() and hvp(): `jvp(f)(primals(x, y), tangents(u, v))`.
template <class... X>
auto primals(const X&... x) {
    using T = detail::common_element<X...>;
    return std::array<Variable<T>, sizeof...(X)>{detail::as_variable<T>(x, Location::current())...};
}
/// A direction in several variables, for jvp() and hvp().
template <class... X>
auto tangents(const X&... x) {
    return primals(x...);
}

/// The value of f and its gradient: `auto [y, dx] = value_and_grad(f)(x)`.
/// @param f  a callable of one or several Variables that returns a Variable with one element
/// @returns  a callable that returns std::pair{value, gradient}
template <class F>
    requires(!detail::is_variable<std::decay_t<F>>)
auto value_and_grad(F f, Location at = Location::current()) {
    return [f = std::move(f), at](const auto&... x) {
        using T = detail::common_element<decltype(x)...>;
        detail::Evaluation<T> evaluation;
        const auto [points, y] = detail::call_at(evaluation, f, std::array{detail::as_variable<T>(x, at)...}, at);
        const bool create_graph = evaluation.is_differentiable();
        if (create_graph) evaluation.release();
        const auto gradients = detail::grad_or_zeros(y, points, {.create_graph = create_graph}, at);
        return std::pair{evaluation.leave(y), detail::single_or_all(gradients)};
    };
}

/// The gradient of f as a function: `grad(f)(x)`; `grad(grad(f))` is the second derivative.
/// @param f  a callable of one or several Variables that returns a Variable with one element
template <class F>
    requires(!detail::is_variable<std::decay_t<F>>)
auto grad(F f, Location at = Location::current()) {
    return [value_and_gradient = value_and_grad(std::move(f), at)](const auto&... x) { return value_and_gradient(x...).second; };
}

/// The value of f and its vector-Jacobian product: `auto [y, pullback] = vjp(f)(x)`, then `pullback(u)` is J'u, as often
/// as wanted.
/// @param f  a callable of one or several Variables that returns a Variable
template <class F>
auto vjp(F f, Location at = Location::current()) {
    return [f = std::move(f), at](const auto&... x) {
        using T = detail::common_element<decltype(x)...>;
        detail::Evaluation<T> evaluation;
        const auto [points, y] = detail::call_at(evaluation, f, std::array{detail::as_variable<T>(x, at)...}, at);
        const bool create_graph = evaluation.is_differentiable();
        evaluation.release();
        auto pullback = [points = points, y = y, create_graph, at](const auto& u) {
            const Variable<T> seed = detail::as_variable<T>(u, at);
            const bool recorded = is_recording() && (create_graph || seed.requires_grad());
            return detail::single_or_all(
                detail::grad_or_zeros(y, points, {.seed = seed, .retain_graph = true, .create_graph = recorded}, at));
        };
        return std::pair{create_graph ? y : y.detach(), std::move(pullback)};
    };
}

/// The value of f and its Jacobian-vector product, by forward mode: `auto [y, dy] = jvp(f)(x, v)`; for several variables
/// `jvp(f)(primals(x1, x2), tangents(v1, v2))`.
/// @param f  a callable of one or several Variables that returns a Variable
/// @throws ShapeError if a tangent has not its primal's shape
template <class F>
auto jvp(F f, Location at = Location::current()) {
    return [f = std::move(f), at](const auto& x, const auto& v) {
        if constexpr (requires { std::tuple_size<std::decay_t<decltype(x)>>::value; }) {
            using T = typename std::decay_t<decltype(x)>::value_type::value_type;
            static_assert(std::same_as<decltype(x), decltype(v)>, "as many tangents as primals, of the same type");
            detail::check_tangents<T>(x, v, at);
            detail::Evaluation<T> evaluation;
            const auto [points, y] = detail::call_at(evaluation, f, x, at);
            bool recorded = evaluation.is_differentiable();
            for (const auto& tangent : v) recorded = recorded || evaluation.is_differentiable(tangent);
            if (recorded) evaluation.release();
            const auto push = [&, &points = points, &y = y] { return detail::push_forward<T>(y, points, v, at); };
            const Variable<T> tangent = recorded ? push() : no_grad(push);
            return std::pair{evaluation.leave(y), tangent};
        } else {
            using T = detail::common_element<decltype(x)>;
            return jvp(f, at)(std::array{detail::as_variable<T>(x, at)}, std::array{detail::as_variable<T>(v, at)});
        }
    };
}

/// The Jacobian of f: for y = f(x), an array of y's shape followed by x's. One reverse sweep for each element of y.
/// @param f  a callable of one or several Variables that returns a Variable, or a std::array of them
/// @returns  a callable; for several arguments its result is an array of Jacobians, and for several results an array of those
template <class F>
auto jacobian(F f, Location at = Location::current()) {
    return [f = std::move(f), at](const auto&... x) {
        using T = detail::common_element<decltype(x)...>;
        constexpr std::size_t N = sizeof...(x);
        detail::Evaluation<T> evaluation;
        const auto [points, result] = detail::call_at(evaluation, f, std::array{detail::as_variable<T>(x, at)...}, at);
        const bool create_graph = evaluation.is_differentiable();
        if (create_graph) evaluation.release();
        const auto jacobians_of = [&, &points = points](const Variable<T>& y) {
            std::array<std::vector<Variable<T>>, N> rows;
            for (std::size_t i = 0; i < y.size(); ++i) {
                Tensor<T> unit(y.shape(), T(0));
                unit.data()[i] = T(1);
                const BackwardOptions<T> options{
                    .seed = Variable<T>(std::move(unit), false), .retain_graph = true, .create_graph = create_graph};
                auto row = detail::grad_or_zeros(y, points, options, at);
                for (std::size_t k = 0; k < N; ++k) rows[k].push_back(std::move(row[k]));
            }
            std::array<Variable<T>, N> jacobians;
            for (std::size_t k = 0; k < N; ++k) {
                Shape shape = y.shape();
                for (const std::size_t extent : points[k].shape()) shape.push_back(extent, at);
                jacobians[k] = detail::assemble(rows[k], shape, at);
            }
            return detail::single_or_all(jacobians);
        };
        const auto& results = detail::as_array(result);
        return std::apply([&](const auto&... y) { return detail::single_or_all(std::array{jacobians_of(y)...}); }, results);
    };
}

/// The Hessian of f: the Jacobian of its gradient, of x's shape twice. For several variables, an array of arrays: element
/// [i][j] holds the second derivatives by variable i and variable j.
/// @param f  a callable of one or several Variables that returns a Variable with one element
template <class F>
auto hessian(F f, Location at = Location::current()) {
    return jacobian(grad(std::move(f), at), at);
}

/// The Hessian of f times a vector, without forming the Hessian: `hvp(f)(x, v)`; for several variables
/// `hvp(f)(primals(x1, x2), tangents(v1, v2))`.
/// @param f  a callable of one or several Variables that returns a Variable with one element
/// @throws ShapeError if a tangent has not its primal's shape
template <class F>
auto hvp(F f, Location at = Location::current()) {
    return [f = std::move(f), at](const auto& x, const auto& v) {
        if constexpr (requires { std::tuple_size<std::decay_t<decltype(x)>>::value; }) {
            using T = typename std::decay_t<decltype(x)>::value_type::value_type;
            static_assert(std::same_as<decltype(x), decltype(v)>, "as many tangents as primals, of the same type");
            detail::check_tangents<T>(x, v, at);
            constexpr std::size_t N = std::tuple_size_v<std::decay_t<decltype(x)>>;
            detail::Evaluation<T> evaluation;
            const auto [points, y] = detail::call_at(evaluation, f, x, at);
            bool create_graph = evaluation.is_differentiable();
            for (const auto& tangent : v) create_graph = create_graph || evaluation.is_differentiable(tangent);
            if (create_graph) evaluation.release();
            const auto gradients = detail::grad_or_zeros(y, points, {.create_graph = true}, at);
            std::array<Variable<T>, N> products;
            for (std::size_t k = 0; k < N; ++k) products[k] = Variable<T>(Tensor<T>(points[k].shape(), T(0)), false);
            for (std::size_t i = 0; i < N; ++i) {
                if (!gradients[i].requires_grad()) continue;
                const auto part =
                    grad(gradients[i], points, {.seed = v[i], .retain_graph = true, .create_graph = create_graph}, at);
                for (std::size_t k = 0; k < N; ++k) products[k] = products[k] + part[k];
            }
            for (Variable<T>& product : products) product = evaluation.leave(product);
            return detail::single_or_all(products);
        } else {
            using T = detail::common_element<decltype(x)>;
            return hvp(f, at)(std::array{detail::as_variable<T>(x, at)}, std::array{detail::as_variable<T>(v, at)});
        }
    };
}

} // namespace xgrad

/// @file
/// Reverse mode on a recorded graph: backward() into the leaves, grad() as a value; and forward mode over the same graph.
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <array>
#include <span>
#include <vector>

namespace xgrad {

/// The Variables that derivatives are taken with respect to; made by wrt().
template <class T, std::size_t N>
using Wrt = std::array<Variable<T>, N>;

/// Names the Variables to differentiate with respect to: `auto [dw, db] = grad(loss, wrt(w, b))`.
template <class T, std::derived_from<Variable<T>>... Rest>
Wrt<T, 1 + sizeof...(Rest)> wrt(const Variable<T>& first, const Rest&... rest) {
    return {first, rest...};
}

/// Adds dy/dx to x.grad() for every leaf x that `y` was computed from.
/// @param y        a recorded result, or a leaf
/// @param options  the adjoint to start from, and whether to retain the graph
/// @throws GraphError  if `y` was not recorded, its graph is gone, or it has several elements and no seed is given
/// @throws ShapeError  if the seed has not y's shape
template <class T>
void backward(const Variable<T>& y, const BackwardOptions<T>& options = {}, Location at = Location::current());

/// The vector-Jacobian products of `y` with respect to each of `xs`: the gradients, if `y` is a scalar. Zero for an x that
/// `y` does not depend on. No grad() is touched.
/// @param options  `seed` is the adjoint of y; `create_graph` records the derivative, so that it can be differentiated
/// @param results  as many as `xs`
/// @throws GraphError  as backward(), and if an x is a constant
template <class T>
void grad(const Variable<T>& y, std::span<const Variable<T>> xs, const BackwardOptions<T>& options,
          std::span<Variable<T>> results, Location at);

/// The gradients of `y` with respect to each Variable in wrt(...), in their order.
/// @copydetails grad(const Variable<T>&, std::span<const Variable<T>>, const BackwardOptions<T>&, std::span<Variable<T>>, Location)
template <class T, std::size_t N>
std::array<Variable<T>, N> grad(const Variable<T>& y, const std::array<Variable<T>, N>& xs,
                                const BackwardOptions<T>& options = {}, Location at = Location::current()) {
    std::array<Variable<T>, N> results;
    grad<T>(y, std::span<const Variable<T>>(xs), options, std::span<Variable<T>>(results), at);
    return results;
}

/// The gradients of `y` with respect to any number of Variables.
/// @copydetails grad(const Variable<T>&, std::span<const Variable<T>>, const BackwardOptions<T>&, std::span<Variable<T>>, Location)
template <class T>
std::vector<Variable<T>> grad(const Variable<T>& y, const std::vector<Variable<T>>& xs,
                              const BackwardOptions<T>& options = {}, Location at = Location::current()) {
    std::vector<Variable<T>> results(xs.size());
    grad<T>(y, std::span<const Variable<T>>(xs), options, std::span<Variable<T>>(results), at);
    return results;
}

namespace detail {

/// The Jacobian-vector product: the tangent of `y` when each of `xs` moves along its tangent. One forward sweep over the
/// recorded graph, which it does not consume; recorded itself if the thread records.
template <class T>
Variable<T> push_forward(const Variable<T>& y, std::span<const Variable<T>> xs, std::span<const Variable<T>> tangents,
                         const Location& at);

/// `x` under another name: a result equal to `x`, through which derivatives flow back to it. Differentiating with respect
/// to the alias does not see other uses of `x`.
template <class T>
Variable<T> alias(const Variable<T>& x, const Location& at);

} // namespace detail

} // namespace xgrad

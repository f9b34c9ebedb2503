/// @file
/// Losses: how far predictions are from targets, as a number to minimise.
///
/// Input and target have the same shape: nothing broadcasts, since (N) against (N, 1) would silently become (N, N).
/// Either may be a Variable, an array or a scalar, as long as one is a Variable. `reduction` says what becomes of the
/// single losses. The defaults are PyTorch's.
#pragma once

#include <xgrad/ops/cross_entropy.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace xgrad::nn {

namespace detail {

// The losses below, compiled once for each type.
template <class T>
Variable<T> mse_loss(const Operand<T>& input, const Operand<T>& target, Reduction reduction);
template <class T>
Variable<T> squared_error(const Operand<T>& input, const Operand<T>& target, Reduction reduction);
template <class T>
Variable<T> l1_loss(const Operand<T>& input, const Operand<T>& target, Reduction reduction);
template <class T>
Variable<T> huber_loss(const Operand<T>& input, const Operand<T>& target, double delta, Reduction reduction);
template <class T>
Variable<T> binary_cross_entropy(const Operand<T>& probabilities, const Operand<T>& targets, Reduction reduction);
template <class T>
Variable<T> hinge_loss(const Operand<T>& decision, const Operand<T>& targets, Reduction reduction);
template <class T>
Variable<T> cosine_similarity(const Operand<T>& a, const Operand<T>& b, std::ptrdiff_t axis, double eps);
template <class T>
Variable<T> cosine_embedding_loss(const Operand<T>& a, const Operand<T>& b, const Operand<T>& targets, double margin,
                                  Reduction reduction);
template <class T>
Variable<T> kl_divergence(const Operand<T>& mean_p, const Operand<T>& log_variance_p, const Operand<T>& mean_q,
                          const Operand<T>& log_variance_q, Reduction reduction);
template <class T>
Variable<T> kl_standard_normal(const Operand<T>& mean, const Operand<T>& log_variance, Reduction reduction);

} // namespace detail

/// The squared error (h - y)^2, elementwise.
/// @throws ShapeError if the shapes differ
/// @throws ValueError if the mean is to be taken of nothing
template <class X, class Y>
    requires Operands<X, Y>
Variable<element_of<X, Y>> mse_loss(const X& input, const Y& target, Reduction reduction = Reduction::mean,
                                    Location at = Location::current()) {
    using T = element_of<X, Y>;
    return detail::mse_loss<T>(Operand<T>(input, at), Operand<T>(target, at), reduction);
}

/// The squared error of each example with the half that the derivative cancels, 1/2 |h_i - y_i|^2: the first axis runs
/// over the examples, and the squares of an example are added up. Its mean over m examples is the cost of linear
/// regression, J = 1 / (2m) sum_i (h(x_i) - y_i)^2; its sum is that of a network, E = 1/2 sum (target - output)^2.
/// @throws ShapeError if the shapes differ
/// @throws ValueError if the mean is to be taken of nothing
template <class X, class Y>
    requires Operands<X, Y>
Variable<element_of<X, Y>> squared_error(const X& input, const Y& target,
                                         Reduction reduction = Reduction::mean,
                                         Location at = Location::current()) {
    using T = element_of<X, Y>;
    return detail::squared_error<T>(Operand<T>(input, at), Operand<T>(target, at), reduction);
}

/// The absolute error |h - y|, elementwise; its derivative is defined as 0 where the two are equal.
/// @throws ShapeError if the shapes differ
/// @throws ValueError if the mean is to be taken of nothing
template <class X, class Y>
    requires Operands<X, Y>
Variable<element_of<X, Y>> l1_loss(const X& input, const Y& target, Reduction reduction = Reduction::mean,
                                   Location at = Location::current()) {
    using T = element_of<X, Y>;
    return detail::l1_loss<T>(Operand<T>(input, at), Operand<T>(target, at), reduction);
}

/// Squared near zero and linear beyond, elementwise with d = h - y: d^2 / 2 for |d| <= delta, else delta (|d| - delta /
/// 2). Huber: Robust estimation of a location parameter, 1964.
/// @param delta  where one becomes the other; above 0
/// @throws ShapeError if the shapes differ
/// @throws ValueError if delta is not above 0, or the mean is to be taken of nothing
template <class X, class Y>
    requires Operands<X, Y>
Variable<element_of<X, Y>> huber_loss(const X& input, const Y& target, double delta = 1,
                                      Reduction reduction = Reduction::mean,
                                      Location at = Location::current()) {
    using T = element_of<X, Y>;
    return detail::huber_loss<T>(Operand<T>(input, at), Operand<T>(target, at), delta, reduction);
}

/// The cross-entropy of probabilities p with targets t, elementwise -t log p - (1 - t) log(1 - p). The logarithms are
/// cut off at -100 and the derivative's denominator p (1 - p) at 1e-12, as in PyTorch, so that both are finite at p = 0
/// and 1. For a network that ends in a sigmoid, binary_cross_entropy_with_logits() is faster and exact.
/// @param probabilities  in [0, 1]
/// @param targets        in [0, 1]
/// @throws ShapeError if the shapes differ
/// @throws ValueError if a probability or target is not in [0, 1], or the mean is to be taken of nothing
template <class X, class Y>
    requires Operands<X, Y>
Variable<element_of<X, Y>> binary_cross_entropy(const X& probabilities, const Y& targets,
                                                Reduction reduction = Reduction::mean,
                                                Location at = Location::current()) {
    using T = element_of<X, Y>;
    return detail::binary_cross_entropy<T>(Operand<T>(probabilities, at), Operand<T>(targets, at), reduction);
}

using xgrad::binary_cross_entropy_with_logits;

/// The hinge loss of a support vector machine, elementwise max(0, 1 - t f); its derivative is defined as 0 at t f = 1.
/// @param decision  the decision function f
/// @param targets   1 or -1
/// @throws ShapeError if the shapes differ
/// @throws ValueError if a target is neither 1 nor -1, or the mean is to be taken of nothing
template <class X, class Y>
    requires Operands<X, Y>
Variable<element_of<X, Y>> hinge_loss(const X& decision, const Y& targets,
                                      Reduction reduction = Reduction::mean,
                                      Location at = Location::current()) {
    using T = element_of<X, Y>;
    return detail::hinge_loss<T>(Operand<T>(decision, at), Operand<T>(targets, at), reduction);
}

/// The cosine of the angle between vectors along an axis, a.b / (max(|a|, eps) max(|b|, eps)).
/// @returns  the arrays' shape without that axis
/// @throws ShapeError if the shapes differ
/// @throws IndexError if there is no such axis
template <class A, class B>
    requires Operands<A, B>
Variable<element_of<A, B>> cosine_similarity(const A& a, const B& b, std::ptrdiff_t axis = -1,
                                             double eps = 1e-8, Location at = Location::current()) {
    using T = element_of<A, B>;
    return detail::cosine_similarity<T>(Operand<T>(a, at), Operand<T>(b, at), axis, eps);
}

/// Pulls vectors together or pushes them apart: 1 - cos(a_i, b_i) where the target is 1, max(0, cos(a_i, b_i) - margin)
/// where it is -1.
/// @param a, b     of shape (N, D), or (D)
/// @param targets  1 or -1, of shape (N), or a single one
/// @throws ShapeError if the shapes do not fit
/// @throws ValueError if a target is neither 1 nor -1, or the mean is to be taken of nothing
template <class A, class B, class Y>
    requires Operands<A, B, Y>
Variable<element_of<A, B, Y>> cosine_embedding_loss(const A& a, const B& b, const Y& targets,
                                                    double margin = 0, Reduction reduction = Reduction::mean,
                                                    Location at = Location::current()) {
    using T = element_of<A, B, Y>;
    return detail::cosine_embedding_loss<T>(Operand<T>(a, at), Operand<T>(b, at), Operand<T>(targets, at), margin,
                                            reduction);
}

/// The Kullback-Leibler divergence of normal distributions, KL(p || q) with p = N(mean_p, exp(log_variance_p)) and q
/// likewise, both with a diagonal covariance: the sum over the last axis of
/// 1/2 (log_variance_q - log_variance_p + (exp(log_variance_p) + (mean_p - mean_q)^2) / exp(log_variance_q) - 1).
/// @param reduction  over all axes but the last
/// @throws ShapeError if the shapes differ
/// @throws ValueError if the mean is to be taken of nothing
template <class A, class B, class C, class D>
    requires Operands<A, B, C, D>
Variable<element_of<A, B, C, D>> kl_divergence(const A& mean_p, const B& log_variance_p, const C& mean_q,
                                               const D& log_variance_q, Reduction reduction = Reduction::mean,
                                               Location at = Location::current()) {
    using T = element_of<A, B, C, D>;
    return detail::kl_divergence<T>(Operand<T>(mean_p, at), Operand<T>(log_variance_p, at), Operand<T>(mean_q, at),
                                    Operand<T>(log_variance_q, at), reduction);
}

/// kl_divergence() to the standard normal distribution, the part of a variational autoencoder's loss that shapes its
/// latent space: 1/2 sum_j (exp(log_variance_j) + mean_j^2 - 1 - log_variance_j) over the last axis. Kingma, Welling:
/// Auto-encoding variational Bayes, 2014.
/// @param reduction  over all axes but the last: the mean over the batch
/// @throws ShapeError if the shapes differ
/// @throws ValueError if the mean is to be taken of nothing
template <class A, class B>
    requires Operands<A, B>
Variable<element_of<A, B>> kl_standard_normal(const A& mean, const B& log_variance,
                                              Reduction reduction = Reduction::mean,
                                              Location at = Location::current()) {
    using T = element_of<A, B>;
    return detail::kl_standard_normal<T>(Operand<T>(mean, at), Operand<T>(log_variance, at), reduction);
}

} // namespace xgrad::nn

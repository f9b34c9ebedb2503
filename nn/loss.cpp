#include <xgrad/nn/loss.hpp>

#include <xgrad/nn/loss_checks.hpp>
#include <xgrad/ops/activation.hpp>
#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/piecewise.hpp>
#include <xgrad/ops/power.hpp>

#include <limits>

namespace xgrad::nn {

namespace {

using ops::number;
using ops::where;

// The losses that are formulas of an input a and a target b, and their derivatives.

/// scale (a - b)^2
struct Squared : ops::Binary {
    static constexpr OpInfo info{"squared_error", "scale (a - b)^2", "2 scale (a - b); -2 scale (a - b)"};
    static constexpr Saves saves = parent(0) | parent(1);
    double scale = 1;
    template <class V>
    V value(const V& a, const V& b) const {
        const V d = a - b;
        return number<V>(scale) * d * d;
    }
    template <class V>
    V vjp_a(const V& g, const V& a, const V& b, const V&) const {
        return g * number<V>(2 * scale) * (a - b);
    }
    template <class V>
    V vjp_b(const V& g, const V& a, const V& b, const V& y) const {
        return -vjp_a(g, a, b, y);
    }
};

struct Absolute : ops::Binary {
    static constexpr OpInfo info{"l1_loss", "|a - b|", "sign(a - b); -sign(a - b)"};
    static constexpr Saves saves = parent(0) | parent(1);
    template <class V>
    V value(const V& a, const V& b) const {
        return abs(a - b);
    }
    template <class V>
    V vjp_a(const V& g, const V& a, const V& b, const V&) const {
        return g * sign(a - b);
    }
    template <class V>
    V vjp_b(const V& g, const V& a, const V& b, const V& y) const {
        return -vjp_a(g, a, b, y);
    }
};

struct Huber : ops::Binary {
    static constexpr OpInfo info{"huber_loss", "d^2 / 2 if |d| <= delta, else delta (|d| - delta / 2)",
                                 "d if |d| <= delta, else delta sign(d)"};
    static constexpr Saves saves = parent(0) | parent(1);
    double delta = 1;
    template <class V>
    V value(const V& a, const V& b) const {
        const V d = a - b, size = abs(d), limit = number<V>(delta);
        return where(size <= limit, d * d / 2, limit * (size - limit / 2));
    }
    template <class V>
    V vjp_a(const V& g, const V& a, const V& b, const V&) const {
        const V d = a - b, limit = number<V>(delta);
        return g * where(abs(d) <= limit, d, limit * sign(d));
    }
    template <class V>
    V vjp_b(const V& g, const V& a, const V& b, const V& y) const {
        return -vjp_a(g, a, b, y);
    }
};

/// Of probabilities p and targets t.
struct BinaryCrossEntropy : ops::Binary {
    static constexpr OpInfo info{"binary_cross_entropy", "-t log p - (1 - t) log(1 - p)",
                                 "(p - t) / (p (1 - p)); log(1 - p) - log p"};
    static constexpr Saves saves = parent(0) | parent(1);

    // The logarithms, from -100 on. Where they are less, the logarithm that is not used is that of 1: its derivative
    // must not be infinite, since that times 0 is NaN.
    template <class V>
    static V log_p(const V& p) {
        const auto is_inside = p > number<V>(4e-44); // e^-100, which is above 0 also in float
        return where(is_inside, log(where(is_inside, p, 1)), -100);
    }
    template <class V>
    static V log_rest(const V& p) {
        const auto is_inside = p < 1;
        return where(is_inside, log1p(-where(is_inside, p, 0)), -100);
    }

    template <class V>
    V value(const V& p, const V& t) const {
        return (t - 1) * log_rest(p) - t * log_p(p);
    }
    template <class V>
    V vjp_a(const V& g, const V& p, const V& t, const V&) const {
        const V variance = p * (1 - p), least = number<V>(1e-12);
        return g * (p - t) / where(variance > least, variance, least);
    }
    template <class V>
    V vjp_b(const V& g, const V& p, const V&, const V&) const {
        return g * (log_rest(p) - log_p(p));
    }
};

struct Hinge : ops::Binary {
    static constexpr OpInfo info{"hinge_loss", "max(0, 1 - t f)", "-t if t f < 1, else 0; -f if t f < 1, else 0"};
    static constexpr Saves saves = parent(0) | parent(1);
    template <class V>
    V value(const V& f, const V& t) const {
        const V margin = f * t;
        return where(margin >= 1, 0, 1 - margin); // so that a NaN stays one
    }
    template <class V>
    V vjp_a(const V& g, const V& f, const V& t, const V&) const {
        return where(f * t < 1, -g * t, 0);
    }
    template <class V>
    V vjp_b(const V& g, const V& f, const V& t, const V&) const {
        return where(f * t < 1, -g * f, 0);
    }
};

/// Of N(m, e^v) to N(0, 1).
struct KlStandardNormal : ops::Binary {
    static constexpr OpInfo info{"kl_standard_normal", "(e^v - 1 - v + m^2) / 2", "m; (e^v - 1) / 2"};
    static constexpr Saves saves = parent(0) | parent(1);
    template <class V>
    V value(const V& m, const V& v) const {
        return (expm1(v) - v + m * m) / 2;
    }
    template <class V>
    V vjp_a(const V& g, const V& m, const V&, const V&) const {
        return g * m;
    }
    template <class V>
    V vjp_b(const V& g, const V&, const V& v, const V&) const {
        return g * expm1(v) / 2;
    }
};

/// The losses, one for each element, and what `reduction` makes of them.
template <class Op, class T>
Variable<T> pointwise(const char* loss, const Op& op, const Operand<T>& input, const Operand<T>& target,
                      Reduction reduction) {
    detail::check_same_shape(loss, "input", input.shape(), "target", target.shape(), input.at());
    detail::check_mean(loss, reduction, input.shape().size(), input.shape(), input.at());
    return detail::reduced(ops::apply(op, input, target), reduction, input.at());
}

/// The sum over the last axis, if there is one.
template <class T>
Variable<T> sum_of_last(const Variable<T>& x, const Location& at) {
    return x.rank() == 0 ? x : sum(x, -1, false, at);
}

} // namespace

template <class T>
Variable<T> detail::mse_loss(const Operand<T>& input, const Operand<T>& target, Reduction reduction) {
    return pointwise("mse_loss", Squared{}, input, target, reduction);
}

template <class T>
Variable<T> detail::squared_error(const Operand<T>& input, const Operand<T>& target, Reduction reduction) {
    const Location& at = input.at();
    const Shape& shape = input.shape();
    check_same_shape("squared_error", "input", shape, "target", target.shape(), at);
    const std::size_t examples = shape.rank() == 0 ? 1 : shape[0];
    check_mean("squared_error", reduction, examples, shape, at);
    const Variable<T> losses = ops::apply(Squared{{}, 0.5}, input, target);
    if (reduction == Reduction::none) {
        Axes axes;
        for (std::size_t axis = 1; axis < shape.rank(); ++axis) axes.push_back(static_cast<std::ptrdiff_t>(axis), at);
        return axes.empty() ? losses : sum(losses, axes, false, at);
    }
    const Variable<T> total = sum(losses, {}, false, at);
    if (reduction == Reduction::sum) return total;
    return divide<T>(Operand<T>(total, at), Operand<T>(examples, at));
}

template <class T>
Variable<T> detail::l1_loss(const Operand<T>& input, const Operand<T>& target, Reduction reduction) {
    return pointwise("l1_loss", Absolute{}, input, target, reduction);
}

template <class T>
Variable<T> detail::huber_loss(const Operand<T>& input, const Operand<T>& target, double delta, Reduction reduction) {
    if (!(delta > 0)) throw ValueError("huber_loss: delta is " + std::to_string(delta) + ", not above 0", input.at());
    return pointwise("huber_loss", Huber{{}, delta}, input, target, reduction);
}

template <class T>
Variable<T> detail::binary_cross_entropy(const Operand<T>& probabilities, const Operand<T>& targets,
                                         Reduction reduction) {
    check_same_shape("binary_cross_entropy", "probabilities", probabilities.shape(), "targets", targets.shape(),
                     probabilities.at());
    check_probabilities("binary_cross_entropy", "probability", probabilities.tensor(), probabilities.at());
    check_probabilities("binary_cross_entropy", "target", targets.tensor(), probabilities.at());
    return pointwise("binary_cross_entropy", BinaryCrossEntropy{}, probabilities, targets, reduction);
}

template <class T>
Variable<T> detail::hinge_loss(const Operand<T>& decision, const Operand<T>& targets, Reduction reduction) {
    check_same_shape("hinge_loss", "decision function", decision.shape(), "targets", targets.shape(), decision.at());
    check_signs("hinge_loss", targets.tensor(), decision.at());
    return pointwise("hinge_loss", Hinge{}, decision, targets, reduction);
}

template <class T>
Variable<T> detail::cosine_similarity(const Operand<T>& a, const Operand<T>& b, std::ptrdiff_t axis, double eps) {
    const Location& at = a.at();
    check_same_shape("cosine_similarity", "vectors", a.shape(), "vectors", b.shape(), at);
    normalize_axis(axis, a.shape(), "cosine_similarity", at);
    const auto length = [&](const Operand<T>& x) { return maximum(norm(x.variable(), 2, axis, false, at), eps, at); };
    const Variable<T> product = sum(multiply<T>(a, b), axis, false, at);
    const Variable<T> lengths = multiply<T>(Operand<T>(length(a), at), Operand<T>(length(b), at));
    return divide<T>(Operand<T>(product, at), Operand<T>(lengths, at));
}

template <class T>
Variable<T> detail::cosine_embedding_loss(const Operand<T>& a, const Operand<T>& b, const Operand<T>& targets,
                                          double margin, Reduction reduction) {
    const Location& at = a.at();
    check_same_shape("cosine_embedding_loss", "vectors", a.shape(), "vectors", b.shape(), at);
    if (a.shape().rank() != 1 && a.shape().rank() != 2) {
        throw ShapeError(
            "cosine_embedding_loss: the vectors must have the shape (N, D), or (D), not " + to_string(a.shape()), at);
    }
    const Shape examples = a.shape().rank() == 1 ? Shape{} : Shape{a.shape()[0]};
    if (targets.shape() != examples) {
        throw ShapeError("cosine_embedding_loss: vectors of shape " + to_string(a.shape()) + " need targets of shape " +
                             to_string(examples) + ", not " + to_string(targets.shape()),
                         at);
    }
    check_signs("cosine_embedding_loss", targets.tensor(), at);
    check_mean("cosine_embedding_loss", reduction, examples.size(), a.shape(), at);
    const Variable<T> cosine = cosine_similarity<T>(a, b, -1, 1e-8);
    const Variable<T> apart = relu(subtract<T>(Operand<T>(cosine, at), Operand<T>(margin, at)), at);
    const Variable<T> together = subtract<T>(Operand<T>(1, at), Operand<T>(cosine, at));
    const Variable<T> is_similar = mask_less<T>(Operand<T>(0, at), targets);
    return reduced(xgrad::where(is_similar, together, apart, at), reduction, at);
}

template <class T>
Variable<T> detail::kl_standard_normal(const Operand<T>& mean, const Operand<T>& log_variance, Reduction reduction) {
    const Location& at = mean.at();
    const Shape& shape = mean.shape();
    check_same_shape("kl_standard_normal", "means", shape, "log-variances", log_variance.shape(), at);
    check_mean("kl_standard_normal", reduction, shape.rank() == 0 ? 1 : shape.product(0, shape.rank() - 1), shape, at);
    return reduced(sum_of_last(ops::apply(KlStandardNormal{}, mean, log_variance), at), reduction, at);
}

template <class T>
Variable<T> detail::kl_divergence(const Operand<T>& mean_p, const Operand<T>& log_variance_p, const Operand<T>& mean_q,
                                  const Operand<T>& log_variance_q, Reduction reduction) {
    const Location& at = mean_p.at();
    const Shape& shape = mean_p.shape();
    check_same_shape("kl_divergence", "means of p", shape, "log-variances of p", log_variance_p.shape(), at);
    check_same_shape("kl_divergence", "means of p", shape, "means of q", mean_q.shape(), at);
    check_same_shape("kl_divergence", "means of p", shape, "log-variances of q", log_variance_q.shape(), at);
    check_mean("kl_divergence", reduction, shape.rank() == 0 ? 1 : shape.product(0, shape.rank() - 1), shape, at);
    // In units of q's standard deviation, and from its mean, q is the standard normal distribution.
    const Variable<T> half = multiply<T>(log_variance_q, Operand<T>(-0.5, at));
    const Variable<T> scale = exp(half, at), shift = subtract<T>(mean_p, mean_q);
    const Variable<T> mean = multiply<T>(Operand<T>(shift, at), Operand<T>(scale, at));
    const Variable<T> log_variance = subtract<T>(log_variance_p, log_variance_q);
    return kl_standard_normal<T>(Operand<T>(mean, at), Operand<T>(log_variance, at), reduction);
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template Variable<T> detail::mse_loss(const Operand<T>&, const Operand<T>&, Reduction);                            \
    template Variable<T> detail::squared_error(const Operand<T>&, const Operand<T>&, Reduction);                       \
    template Variable<T> detail::l1_loss(const Operand<T>&, const Operand<T>&, Reduction);                             \
    template Variable<T> detail::huber_loss(const Operand<T>&, const Operand<T>&, double, Reduction);                  \
    template Variable<T> detail::binary_cross_entropy(const Operand<T>&, const Operand<T>&, Reduction);                \
    template Variable<T> detail::hinge_loss(const Operand<T>&, const Operand<T>&, Reduction);                          \
    template Variable<T> detail::cosine_similarity(const Operand<T>&, const Operand<T>&, std::ptrdiff_t, double);      \
    template Variable<T> detail::cosine_embedding_loss(const Operand<T>&, const Operand<T>&, const Operand<T>&,        \
                                                       double, Reduction);                                             \
    template Variable<T> detail::kl_divergence(const Operand<T>&, const Operand<T>&, const Operand<T>&,                \
                                               const Operand<T>&, Reduction);                                          \
    template Variable<T> detail::kl_standard_normal(const Operand<T>&, const Operand<T>&, Reduction);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::nn

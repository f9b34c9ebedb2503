/// @file
/// Activation functions of neural networks. (tanh is in hyperbolic.hpp, arctan in trigonometric.hpp.)
#pragma once

#include <xgrad/ops/piecewise.hpp>
#include <xgrad/ops/special.hpp>

namespace xgrad {

namespace ops {

struct Sigmoid : Unary {
    static constexpr OpInfo info{"sigmoid", "1 / (1 + e^-x)", "y (1 - y)"};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return sigmoid(x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return g * y * (1 - y); }
};

struct LogSigmoid : Unary {
    static constexpr OpInfo info{"log_sigmoid", "-log(1 + e^-x)", "sigmoid(-x)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return where(x < 0, x, 0) - log1p(exp(-abs(x))); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g * sigmoid(-x); }
};

struct Softplus : Unary {
    static constexpr OpInfo info{"softplus", "log(1 + e^x)", "sigmoid(x)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return where(x > 0, x, 0) + log1p(exp(-abs(x))); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return g * sigmoid(x); }
};

struct Softsign : Unary {
    static constexpr OpInfo info{"softsign", "x / (1 + |x|)", "1 / (1 + |x|)^2", -2, 2, 0};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return x / (1 + abs(x)); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const {
        const V r = 1 + abs(x);
        return g / r / r;
    }
};

struct Relu : Unary {
    static constexpr OpInfo info{"relu", "x if x > 0, else 0", "1 if x > 0, else 0", -2, 2, 0};
    static constexpr Saves saves = Saves::result;
    template <class V>
    V value(const V& x) const { return where(x <= 0, 0, x); }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const { return where(y <= 0, 0, g); }
};

struct LeakyRelu : Unary {
    static constexpr OpInfo info{"leaky_relu", "x if x > 0, else slope x", "1 if x > 0, else slope",
                                 -2, 2, 0};
    static constexpr Saves saves = parent(0);
    double slope = 0.01;
    template <class V>
    V value(const V& x) const { return where(x <= 0, number<V>(slope) * x, x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const { return where(x <= 0, number<V>(slope) * g, g); }
};

// The exponentials below 0 have their derivatives from the result, which is finite also where x is large and
// the other branch is taken.
struct Elu : Unary {
    static constexpr OpInfo info{"elu", "x if x > 0, else alpha (e^x - 1)", "1 if x > 0, else y + alpha",
                                 -2, 2, 0};
    static constexpr Saves saves = parent(0) | Saves::result;
    double alpha = 1;
    template <class V>
    V value(const V& x) const { return where(x <= 0, number<V>(alpha) * expm1(x), x); }
    template <class V>
    V vjp(const V& g, const V& x, const V& y) const { return where(x <= 0, g * (y + number<V>(alpha)), g); }
};

struct Selu : Unary {
    static constexpr OpInfo info{"selu", "scale x if x > 0, else scale alpha (e^x - 1)",
                                 "scale if x > 0, else y + scale alpha", -2, 2, 0};
    static constexpr Saves saves = Saves::result;
    static constexpr double alpha = 1.6732632423543772, scale = 1.0507009873554805;
    template <class V>
    V value(const V& x) const {
        return where(x <= 0, number<V>(scale * alpha) * expm1(x), number<V>(scale) * x);
    }
    template <class V>
    V vjp(const V& g, const V&, const V& y) const {
        return g * where(y <= 0, y + number<V>(scale * alpha), number<V>(scale));
    }
};

struct Gelu : Unary {
    static constexpr OpInfo info{"gelu", "x Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2",
                                 "Phi(x) + x e^(-x^2 / 2) / sqrt(2 pi)"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return x * cdf(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const {
        const V density = exp(x * x / -2) * number<V>(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
        return g * (cdf(x) + x * density);
    }

  private:
    template <class V>
    static V cdf(const V& x) { return (1 + erf(x * number<V>(1 / std::numbers::sqrt2))) / 2; }
};

struct Silu : Unary {
    static constexpr OpInfo info{"silu", "x s, s = sigmoid(x)", "s (1 + x (1 - s))"};
    static constexpr Saves saves = parent(0);
    template <class V>
    V value(const V& x) const { return x * sigmoid(x); }
    template <class V>
    V vjp(const V& g, const V& x, const V&) const {
        const V s = sigmoid(x);
        return g * s * (1 + x * (1 - s));
    }
};

struct Hardtanh : Clip {
    static constexpr OpInfo info{"hardtanh", "low if x < low, high if x > high, else x",
                                 "1 if low < x < high, else 0", -2, 2, 1};
    template <class V>
    V vjp(const V& g, const V& x, const V&) const {
        return where(x > number<V>(low), where(x < number<V>(high), g, 0), 0);
    }
};

struct BinaryStep : Step {
    static constexpr OpInfo info{"binary_step", "1 if x >= 0, else 0", "0", -2, 2, 0};
    template <class V>
    V value(const V& x) const { return where(x >= 0, 1, where(x < 0, 0, x)); }
};

using ActivationOps = OpList<Sigmoid, LogSigmoid, Softplus, Softsign, Relu, LeakyRelu, Elu, Selu, Gelu, Silu,
                             Hardtanh, BinaryStep>;

} // namespace ops

/// The logistic function 1 / (1 + e^-x), elementwise; finite for every x.
XGRAD_UNARY(sigmoid, ops::Sigmoid)

/// log(sigmoid(x)), elementwise; finite for every finite x.
XGRAD_UNARY(log_sigmoid, ops::LogSigmoid)

/// log(1 + e^x), elementwise; finite for every finite x.
XGRAD_UNARY(softplus, ops::Softplus)

/// x / (1 + |x|), elementwise.
XGRAD_UNARY(softsign, ops::Softsign)

/// The larger of x and 0, elementwise. The derivative at 0 is 0.
XGRAD_UNARY(relu, ops::Relu)

/// x above 0, slope x below, elementwise. The derivative at 0 is `slope`, as in PyTorch.
template <class T>
Variable<T> leaky_relu(const Variable<T>& x, double slope = 0.01, Location at = Location::current()) {
    return ops::apply(ops::LeakyRelu{{}, slope}, Operand<T>(x, at));
}
template <class V, std::size_t N>
Dual<V, N> leaky_relu(const Dual<V, N>& x, double slope = 0.01) {
    return ops::apply_dual(ops::LeakyRelu{{}, slope}, x);
}

/// x above 0, alpha (e^x - 1) below, elementwise. The derivative at 0 is `alpha`, as in PyTorch.
template <class T>
Variable<T> elu(const Variable<T>& x, double alpha = 1, Location at = Location::current()) {
    return ops::apply(ops::Elu{{}, alpha}, Operand<T>(x, at));
}
template <class V, std::size_t N>
Dual<V, N> elu(const Dual<V, N>& x, double alpha = 1) {
    return ops::apply_dual(ops::Elu{{}, alpha}, x);
}

/// The self-normalising elu of Klambauer, Unterthiner, Mayr and Hochreiter (2017), elementwise: scale times
/// elu(x, alpha) with scale = 1.05070098735548 and alpha = 1.67326324235438.
XGRAD_UNARY(selu, ops::Selu)

/// x Phi(x) with the normal distribution function Phi, elementwise (Hendrycks and Gimpel, 2016): exact, with
/// erf.
XGRAD_UNARY(gelu, ops::Gelu)

/// x sigmoid(x), also called swish, elementwise.
XGRAD_UNARY(silu, ops::Silu)

/// x limited to [low, high], elementwise. Unlike that of clip(), the derivative is 0 at the bounds, as in
/// PyTorch.
/// @throws ValueError if low > high, or one of them is NaN
template <class T>
Variable<T> hardtanh(const Variable<T>& x, double low = -1, double high = 1,
                     Location at = Location::current()) {
    ops::check_bounds("hardtanh", low, high, at);
    return ops::apply(ops::Hardtanh{{{}, low, high}}, Operand<T>(x, at));
}
template <class V, std::size_t N>
Dual<V, N> hardtanh(const Dual<V, N>& x, double low = -1, double high = 1) {
    return ops::apply_dual(ops::Hardtanh{{{}, low, high}}, x);
}

/// 1 for x >= 0, else 0, and NaN for NaN, elementwise. The gradient is 0.
XGRAD_UNARY(binary_step, ops::BinaryStep)

} // namespace xgrad

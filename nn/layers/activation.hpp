/// @file
/// The activation functions as modules, for Sequential. None has parameters; each takes either element type.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/ops/activation.hpp>
#include <xgrad/ops/hyperbolic.hpp>
#include <xgrad/ops/softmax.hpp>

namespace xgrad::nn {

// A module that applies an elementwise function.
#define XGRAD_ACTIVATION(Name, function)                                                                                    \
    class Name : public Module<Name, void> {                                                                                \
      public:                                                                                                               \
        template <class T>                                                                                                  \
        Variable<T> forward(const Variable<T>& x, const Location& at) {                                                     \
            return function(x, at);                                                                                         \
        }                                                                                                                   \
    };

/// max(x, 0); see relu().
XGRAD_ACTIVATION(ReLU, relu)
/// 1 / (1 + e^-x); see sigmoid().
XGRAD_ACTIVATION(Sigmoid, sigmoid)
/// log(sigmoid(x)); see log_sigmoid().
XGRAD_ACTIVATION(LogSigmoid, log_sigmoid)
/// tanh(x).
XGRAD_ACTIVATION(Tanh, tanh)
/// log(1 + e^x); see softplus().
XGRAD_ACTIVATION(Softplus, softplus)
/// x / (1 + |x|); see softsign().
XGRAD_ACTIVATION(Softsign, softsign)
/// The self-normalising elu; see selu().
XGRAD_ACTIVATION(SELU, selu)
/// x Phi(x); see gelu().
XGRAD_ACTIVATION(GELU, gelu)
/// x sigmoid(x); see silu().
XGRAD_ACTIVATION(SiLU, silu)

/// 1 for x >= 0, else 0, without a gradient; see binary_step().
XGRAD_ACTIVATION(BinaryStep, binary_step)

#undef XGRAD_ACTIVATION

/// x above 0, slope x below; see leaky_relu().
class LeakyReLU : public Module<LeakyReLU, void> {
  public:
    explicit LeakyReLU(double slope = 0.01) : slope_(slope) {}
    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        return leaky_relu(x, slope_, at);
    }

  private:
    double slope_;
};

/// x above 0, alpha (e^x - 1) below; see elu().
class ELU : public Module<ELU, void> {
  public:
    explicit ELU(double alpha = 1) : alpha_(alpha) {}
    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        return elu(x, alpha_, at);
    }

  private:
    double alpha_;
};

/// x limited to [low, high]; see hardtanh(). ReLU6 is `Hardtanh(0, 6)`.
class Hardtanh : public Module<Hardtanh, void> {
  public:
    explicit Hardtanh(double low = -1, double high = 1) : low_(low), high_(high) {}
    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        return hardtanh(x, low_, high_, at);
    }

  private:
    double low_, high_;
};

/// e^x / sum e^x along an axis; see softmax().
class Softmax : public Module<Softmax, void> {
  public:
    explicit Softmax(std::ptrdiff_t axis = -1) : axis_(axis) {}
    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        return softmax(x, axis_, at);
    }

  private:
    std::ptrdiff_t axis_;
};

/// log(softmax(x)) along an axis; see log_softmax().
class LogSoftmax : public Module<LogSoftmax, void> {
  public:
    explicit LogSoftmax(std::ptrdiff_t axis = -1) : axis_(axis) {}
    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        return log_softmax(x, axis_, at);
    }

  private:
    std::ptrdiff_t axis_;
};

} // namespace xgrad::nn

/// @file
/// Stochastic gradient descent.
#pragma once

#include <xgrad/nn/optim/optimizer.hpp>

namespace xgrad::nn {

struct SGDOptions {
    double lr = 1e-3;
    double momentum = 0;     ///< at least 0
    double dampening = 0;    ///< of the gradient in the momentum
    double weight_decay = 0; ///< lambda of a penalty lambda / 2 |x|^2
    bool nesterov = false;   ///< needs momentum and no dampening
};

/// Stochastic gradient descent: with g the gradient plus weight_decay x,
///
///     x <- x - lr g,
///
/// with momentum, b being g the first time and then momentum b + (1 - dampening) g,
///
///     x <- x - lr b,    with Nesterov's   x <- x - lr (g + momentum b).
///
/// As torch.optim.SGD. Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep
/// learning, 2013.
template <class T = float>
class SGD final : public GroupedOptimizer<T, SGDOptions, SGD<T>> {
  public:
    /// @throws ValueError if there are no parameters, one is given twice, is empty or is not a leaf, or an option is
    /// out of range
    explicit SGD(const std::vector<Variable<T>>& parameters, const SGDOptions& options = {},
                 Location at = Location::current());
    /// @copydoc SGD(const std::vector<Variable<T>>&, const SGDOptions&, Location)
    explicit SGD(const std::vector<ParameterGroup<T, SGDOptions>>& groups, Location at = Location::current());

    static std::vector<OptionValue> values(const SGDOptions& options);
    static std::vector<const char*> state(const SGDOptions& options);

  private:
    void update(const typename Optimizer<T>::Update& parameter, std::size_t group) const override;
};

} // namespace xgrad::nn

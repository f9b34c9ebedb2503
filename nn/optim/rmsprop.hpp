/// @file
/// RMSprop: gradients divided by a running mean of their size.
#pragma once

#include <xgrad/nn/optim/optimizer.hpp>

namespace xgrad::nn {

struct RMSpropOptions {
    double lr = 1e-2;
    double alpha = 0.99; ///< in [0, 1); of the running means
    double eps = 1e-8;
    double weight_decay = 0; ///< lambda of a penalty lambda / 2 |x|^2
    double momentum = 0;     ///< at least 0
    bool centered = false;   ///< divide by the standard deviation instead
};

/// RMSprop: with g the gradient plus weight_decay x,
///
///     s <- alpha s + (1 - alpha) g^2,    d = g / (sqrt(s) + eps),    x <- x - lr d;
///
/// with `centered`, m <- alpha m + (1 - alpha) g, and s - m^2 stands for s in d; with momentum,
/// b <- momentum b + d stands for d in the last.
///
/// As torch.optim.RMSprop. Tieleman, Hinton: Lecture 6.5, 2012; centered: Graves, Generating sequences with recurrent
/// neural networks, 2013.
template <class T = float>
class RMSprop final : public GroupedOptimizer<T, RMSpropOptions, RMSprop<T>> {
  public:
    /// @throws ValueError if there are no parameters, one is given twice, is empty or is not a leaf, or an option is
    /// out of range
    explicit RMSprop(const std::vector<Variable<T>>& parameters, const RMSpropOptions& options = {},
                     Location at = Location::current());
    /// @copydoc RMSprop(const std::vector<Variable<T>>&, const RMSpropOptions&, Location)
    explicit RMSprop(const std::vector<ParameterGroup<T, RMSpropOptions>>& groups, Location at = Location::current());

    static std::vector<OptionValue> values(const RMSpropOptions& options);
    static std::vector<const char*> state(const RMSpropOptions& options);

  private:
    void update(const typename Optimizer<T>::Update& parameter, std::size_t group) const override;
};

} // namespace xgrad::nn

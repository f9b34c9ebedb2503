/// @file
/// Adagrad: learning rates that shrink with the gradients seen.
#pragma once

#include <xgrad/nn/optim/optimizer.hpp>

namespace xgrad::nn {

struct AdagradOptions {
    double lr = 1e-2;
    double lr_decay = 0;     ///< at least 0
    double weight_decay = 0; ///< lambda of a penalty lambda / 2 |x|^2
    double initial_accumulator_value = 0;
    double eps = 1e-10;
};

/// Adagrad: with g the gradient plus weight_decay x, and t the number of the step,
///
///     s <- s + g^2,    x <- x - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps).
///
/// As torch.optim.Adagrad. Duchi, Hazan, Singer: Adaptive subgradient methods for online learning and stochastic
/// optimization, 2011.
template <class T = float>
class Adagrad final : public GroupedOptimizer<T, AdagradOptions, Adagrad<T>> {
  public:
    /// @throws ValueError if there are no parameters, one is given twice, is empty or is not a leaf, or an option is
    /// out of range
    explicit Adagrad(const std::vector<Variable<T>>& parameters, const AdagradOptions& options = {},
                     Location at = Location::current());
    /// @copydoc Adagrad(const std::vector<Variable<T>>&, const AdagradOptions&, Location)
    explicit Adagrad(const std::vector<ParameterGroup<T, AdagradOptions>>& groups, Location at = Location::current());

    static std::vector<OptionValue> values(const AdagradOptions& options);
    static std::vector<const char*> state(const AdagradOptions& options);

  private:
    void update(const typename Optimizer<T>::Update& parameter, std::size_t group) const override;
    T initial_state(std::size_t group, std::size_t index) const override;
};

} // namespace xgrad::nn

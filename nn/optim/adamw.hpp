/// @file
/// Adam with weight decay that is decoupled from the gradient.
#pragma once

#include <xgrad/nn/optim/optimizer.hpp>

namespace xgrad::nn {

struct AdamWOptions {
    double lr = 1e-3;
    double beta1 = 0.9;   ///< in [0, 1); of the mean of the gradients
    double beta2 = 0.999; ///< in [0, 1); of the mean of their squares
    double eps = 1e-8;
    double weight_decay = 1e-2;
    bool amsgrad = false; ///< divide by the largest mean square so far (Reddi, Kale, Kumar, 2018)
};

/// AdamW: x <- (1 - lr weight_decay) x, and then Adam's step with the plain gradient.
///
/// As torch.optim.AdamW. Loshchilov, Hutter: Decoupled weight decay regularization, 2019.
template <class T = float>
class AdamW final : public GroupedOptimizer<T, AdamWOptions, AdamW<T>> {
  public:
    /// @throws ValueError if there are no parameters, one is given twice, is empty or is not a leaf, or an option is
    /// out of range
    explicit AdamW(const std::vector<Variable<T>>& parameters, const AdamWOptions& options = {},
                   Location at = Location::current());
    /// @copydoc AdamW(const std::vector<Variable<T>>&, const AdamWOptions&, Location)
    explicit AdamW(const std::vector<ParameterGroup<T, AdamWOptions>>& groups, Location at = Location::current());

    static std::vector<OptionValue> values(const AdamWOptions& options);
    static std::vector<const char*> state(const AdamWOptions& options);

  private:
    void update(const typename Optimizer<T>::Update& parameter, std::size_t group) const override;
};

} // namespace xgrad::nn

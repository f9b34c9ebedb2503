/// @file
/// Adam: adaptive moments.
#pragma once

#include <xgrad/nn/optim/optimizer.hpp>

namespace xgrad::nn {

struct AdamOptions {
    double lr = 1e-3;
    double beta1 = 0.9;   ///< in [0, 1); of the mean of the gradients
    double beta2 = 0.999; ///< in [0, 1); of the mean of their squares
    double eps = 1e-8;
    double weight_decay = 0; ///< lambda of a penalty lambda / 2 |x|^2
    bool amsgrad = false;    ///< divide by the largest mean square so far (Reddi, Kale, Kumar, 2018)
};

/// Adam: with g the gradient plus weight_decay x, and t the number of the step,
///
///     m <- beta1 m + (1 - beta1) g,    v <- beta2 v + (1 - beta2) g^2,
///     x <- x - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps).
///
/// As torch.optim.Adam. Kingma, Ba: Adam, a method for stochastic optimization, 2015.
template <class T = float>
class Adam final : public GroupedOptimizer<T, AdamOptions, Adam<T>> {
  public:
    /// @throws ValueError if there are no parameters, one is given twice, is empty or is not a leaf, or an option is
    /// out of range
    explicit Adam(const std::vector<Variable<T>>& parameters, const AdamOptions& options = {},
                  Location at = Location::current());
    /// @copydoc Adam(const std::vector<Variable<T>>&, const AdamOptions&, Location)
    explicit Adam(const std::vector<ParameterGroup<T, AdamOptions>>& groups, Location at = Location::current());

    static std::vector<OptionValue> values(const AdamOptions& options);
    static std::vector<const char*> state(const AdamOptions& options);

  private:
    void update(const typename Optimizer<T>::Update& parameter, std::size_t group) const override;
};

} // namespace xgrad::nn

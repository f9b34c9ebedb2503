/// @file
/// Adadelta: steps in the unit of the parameter.
#pragma once

#include <xgrad/nn/optim/optimizer.hpp>

namespace xgrad::nn {

struct AdadeltaOptions {
    double lr = 1;
    double rho = 0.9; ///< in [0, 1); of the running means
    double eps = 1e-6;
    double weight_decay = 0; ///< lambda of a penalty lambda / 2 |x|^2
};

/// Adadelta: with g the gradient plus weight_decay x,
///
///     s <- rho s + (1 - rho) g^2,    d = sqrt(u + eps) / sqrt(s + eps) g,    u <- rho u + (1 - rho) d^2,
///     x <- x - lr d.
///
/// As torch.optim.Adadelta. Zeiler: ADADELTA, an adaptive learning rate method, 2012.
template <class T = float>
class Adadelta final : public GroupedOptimizer<T, AdadeltaOptions, Adadelta<T>> {
  public:
    /// @throws ValueError if there are no parameters, one is given twice, is empty or is not a leaf, or an option is
    /// out of range
    explicit Adadelta(const std::vector<Variable<T>>& parameters, const AdadeltaOptions& options = {},
                      Location at = Location::current());
    /// @copydoc Adadelta(const std::vector<Variable<T>>&, const AdadeltaOptions&, Location)
    explicit Adadelta(const std::vector<ParameterGroup<T, AdadeltaOptions>>& groups, Location at = Location::current());

    static std::vector<OptionValue> values(const AdadeltaOptions& options);
    static std::vector<const char*> state(const AdadeltaOptions& options);

  private:
    void update(const typename Optimizer<T>::Update& parameter, std::size_t group) const override;
};

} // namespace xgrad::nn

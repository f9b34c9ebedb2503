/// @file
/// RadialBasis: bumps around centres.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/ops/random.hpp>

namespace xgrad::nn {

/// phi_k(x) = exp(-|x - c_k|^2 / (2 sigma_k^2)), from (N, inputs) to (N, centres): the hidden layer of a radial basis function
/// network (Broomhead and Lowe, 1988). A Linear behind it makes the network.
///
/// Parameters: `centers` (centres, inputs), drawn from the standard normal distribution, and `log_sigma` (centres), 0: the width
/// is trained by its logarithm, so that it stays positive.
template <class T = float>
class RadialBasis : public Module<RadialBasis<T>, T> {
  public:
    /// @throws ValueError if `inputs` or `centers` is 0
    RadialBasis(std::size_t inputs, std::size_t centers, Generator& generator = default_generator(), Location at = Location::current());
    /// With given centres (rows) and one width for all.
    /// @throws ShapeError if the centres are not a matrix
    /// @throws ValueError if sigma is not positive, or there are no centres
    RadialBasis(const Array<T>& centers, double sigma, Location at = Location::current());

    Parameter<T> centers, log_sigma;
    XGRAD_MEMBERS(centers, log_sigma)

    /// @throws ShapeError if x is not (N, inputs)
    Variable<T> forward(const Variable<T>& x, const Location& at);
};

extern template class RadialBasis<float>;
extern template class RadialBasis<double>;

} // namespace xgrad::nn

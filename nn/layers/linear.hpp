/// @file
/// Layers whose output is linear in each input.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/ops/random.hpp>

namespace xgrad::nn {

/// How Linear and Bilinear are made.
struct LinearOptions {
    bool bias = true;
};

/// y = x W' + b, from (..., inputs) to (..., outputs).
///
/// Parameters: `weight` (outputs, inputs) and `bias` (outputs), both uniform in ±1 / sqrt(inputs), as in PyTorch.
template <class T = float>
class Linear : public Module<Linear<T>, T> {
  public:
    /// @throws ValueError if `inputs` or `outputs` is 0
    Linear(std::size_t inputs, std::size_t outputs, const LinearOptions& options = {}, Generator& generator = default_generator(),
           Location at = Location::current());

    Parameter<T> weight, bias;
    XGRAD_MEMBERS(weight, bias)

    /// @throws ShapeError if the last axis of x has not `inputs` elements
    Variable<T> forward(const Variable<T>& x, const Location& at);
};

/// y_k = a' W_k b + bias_k, from (..., inputs1) and (..., inputs2) to (..., outputs).
///
/// Parameters: `weight` (outputs, inputs1, inputs2) and `bias` (outputs), both uniform in ±1 / sqrt(inputs1), as in PyTorch.
template <class T = float>
class Bilinear : public Module<Bilinear<T>, T> {
  public:
    /// @throws ValueError if an extent is 0
    Bilinear(std::size_t inputs1, std::size_t inputs2, std::size_t outputs, const LinearOptions& options = {},
             Generator& generator = default_generator(), Location at = Location::current());

    Parameter<T> weight, bias;
    XGRAD_MEMBERS(weight, bias)

    /// @throws ShapeError if the last axes of a and b have not `inputs1` and `inputs2` elements, or the others differ
    Variable<T> forward(const Variable<T>& a, const Variable<T>& b, const Location& at);
};

extern template class Linear<float>;
extern template class Linear<double>;
extern template class Bilinear<float>;
extern template class Bilinear<double>;

} // namespace xgrad::nn

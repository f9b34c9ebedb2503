/// @file
/// Clipping of gradients, between backward() and step().
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <vector>

namespace xgrad::nn {

/// Limits every element of the gradients to [-limit, limit], in place. Parameters without a gradient are passed over.
/// @throws ValueError if the limit is negative or NaN
template <class T>
void clip_grad_value(const std::vector<Variable<T>>& parameters, double limit, Location at = Location::current());

struct ClipNormOptions {
    double norm_type = 2; ///< 1, 2 or infinity
    bool error_if_nonfinite = false;
};

/// Scales the gradients, in place, so that the norm of all of them taken together is at most `max_norm`: by
/// max_norm / (norm + 1e-6) if that is below 1, as PyTorch. Parameters without a gradient are passed over. Pascanu,
/// Mikolov, Bengio: On the difficulty of training recurrent neural networks, 2013.
/// @returns the norm before; a norm that is not finite makes gradients NaN or 0
/// @throws ValueError for a negative `max_norm` or another type of norm; and if `error_if_nonfinite`, for a norm that
/// is NaN or infinite, which leaves the gradients as they are
template <class T>
double clip_grad_norm(const std::vector<Variable<T>>& parameters, double max_norm, const ClipNormOptions& options = {},
                      Location at = Location::current());

} // namespace xgrad::nn

/// @file
/// Dropout: zeroing elements at random.
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/random.hpp>

namespace xgrad {

/// Zeroes each element with probability p and multiplies the others by 1 / (1 - p), so that the mean stays (inverted
/// dropout; Srivastava et al., 2014). Which are zeroed is drawn once, in the call; all derivatives, of any order, go by it.
/// An element takes 32 random bits, half of a number of the generator, so the probability is p to within 2^-33. With p = 0
/// nothing is drawn and the result is x itself; with p = 1 all are zeros.
/// @param p          in [0, 1]
/// @param generator  where the draws come from: of the same state, the same elements are zeroed
/// @throws ValueError if p is not in [0, 1]
template <class T>
Variable<T> dropout(const Variable<T>& x, double p = 0.5, Generator& generator = default_generator(),
                    Location at = Location::current());

} // namespace xgrad

/// @file
/// Metrics of predicted labels.
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <cstdint>

namespace xgrad::algorithms {

/// The share of predictions that are right.
/// @param y,h  labels and predictions, of shape (samples)
/// @throws ShapeError unless both are vectors of one length, of at least 1
double accuracy_score(const Array<std::int64_t>& y, const Array<std::int64_t>& h, Location at = Location::current());

} // namespace xgrad::algorithms

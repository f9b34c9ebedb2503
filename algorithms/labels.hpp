/// @file
/// Labels from scores. Internal to algorithms/.
#pragma once

#include <xgrad/autodiff/array.hpp>

#include <cstdint>

namespace xgrad::algorithms::detail {

/// For each sample the label whose score is largest, of equal ones the first; of two classes with one score the second where it is
/// positive.
/// @param scores   of shape (samples, classes), or for two classes (samples, 1) or (samples)
/// @param classes  of shape (classes)
/// @return of shape (samples)
Array<std::int64_t> labels_of_largest(const Array<double>& scores, const Array<std::int64_t>& classes);

} // namespace xgrad::algorithms::detail

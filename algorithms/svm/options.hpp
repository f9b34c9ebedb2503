/// @file
/// What support vector machines check of their options. Internal to algorithms/svm.
#pragma once

#include <xgrad/autodiff/error.hpp>

namespace xgrad::algorithms::detail {

/// @throws ValueError naming method, option and value unless it is above 0 and finite
void check_positive(const char* method, const char* option, double value, const Location& at);

} // namespace xgrad::algorithms::detail

/// @file
/// Functions to descend on.
#pragma once

#include <xgrad/ops/power.hpp>

namespace xgrad::tests {

inline const auto rosenbrock = [](auto x, auto y) { return square(1 - x) + 100 * square(y - square(x)); };
inline const auto himmelblau = [](auto x, auto y) { return square(square(x) + y - 11) + square(x + square(y) - 7); };

} // namespace xgrad::tests

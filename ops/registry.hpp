/// @file
/// The list of all elementwise operations: the gradient tests and the documentation's table are made from it.
#pragma once

#include <xgrad/ops/elementwise.hpp>

#include <vector>

namespace xgrad::ops {

/// One family, named as its header.
struct OpFamily {
    const char* name;
    std::vector<OpEntry> operations;
};

/// Every elementwise operation, by family.
std::vector<OpFamily> elementwise_families();

// One function a family, in the family's source file.
std::vector<OpEntry> arithmetic_ops();
std::vector<OpEntry> power_ops();
std::vector<OpEntry> exponential_ops();
std::vector<OpEntry> trigonometric_ops();
std::vector<OpEntry> hyperbolic_ops();
std::vector<OpEntry> special_ops();
std::vector<OpEntry> piecewise_ops();
std::vector<OpEntry> activation_ops();

} // namespace xgrad::ops

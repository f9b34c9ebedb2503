/// @file
/// Convolutions without the unfolded matrix, which for few channels costs more than the products. Internal to ops/.
#pragma once

#include <xgrad/ops/convolution_kernels.hpp>

namespace xgrad::ops {

/// Whether contract_directly() should compute this array.
template <class T>
bool has_direct_way(const ConvolutionExtents& e, Role role) noexcept;

/// What contract() computes.
/// @pre has_direct_way<T>(e, role)
template <class T>
void contract_directly(const ConvolutionExtents& e, Role role, const std::array<const T*, 3>& arrays, const T* bias,
                       T* result, bool fresh);

} // namespace xgrad::ops

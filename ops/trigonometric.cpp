#include <xgrad/ops/trigonometric.hpp>

#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/registry.hpp>

namespace xgrad::ops {

std::vector<OpEntry> trigonometric_ops() { return entries(TrigonometricOps{}); }

} // namespace xgrad::ops

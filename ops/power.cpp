#include <xgrad/ops/power.hpp>

#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/registry.hpp>

namespace xgrad::ops {

std::vector<OpEntry> power_ops() { return entries(PowerOps{}); }

} // namespace xgrad::ops

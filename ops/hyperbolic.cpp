#include <xgrad/ops/hyperbolic.hpp>

#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/registry.hpp>

namespace xgrad::ops {

std::vector<OpEntry> hyperbolic_ops() { return entries(HyperbolicOps{}); }

} // namespace xgrad::ops

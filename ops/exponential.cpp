#include <xgrad/ops/exponential.hpp>

#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/registry.hpp>

namespace xgrad::ops {

std::vector<OpEntry> exponential_ops() { return entries(ExponentialOps{}); }

} // namespace xgrad::ops

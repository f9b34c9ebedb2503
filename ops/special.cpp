#include <xgrad/ops/special.hpp>

#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/registry.hpp>

namespace xgrad::ops {

std::vector<OpEntry> special_ops() { return entries(SpecialOps{}); }

} // namespace xgrad::ops

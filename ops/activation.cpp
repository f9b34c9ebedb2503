#include <xgrad/ops/activation.hpp>

#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/registry.hpp>

namespace xgrad::ops {

std::vector<OpEntry> activation_ops() { return entries(ActivationOps{}); }

} // namespace xgrad::ops

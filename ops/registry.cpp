#include <xgrad/ops/registry.hpp>

namespace xgrad::ops {

std::vector<OpFamily> elementwise_families() {
    return {
        {"arithmetic", arithmetic_ops()},
        {"exponential", exponential_ops()},
        {"piecewise", piecewise_ops()},
    };
}

} // namespace xgrad::ops

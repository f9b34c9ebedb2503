#include <xgrad/ops/registry.hpp>

namespace xgrad::ops {

std::vector<OpFamily> elementwise_families() {
    return {
        {"arithmetic", arithmetic_ops()},
        {"power", power_ops()},
        {"exponential", exponential_ops()},
        {"trigonometric", trigonometric_ops()},
        {"hyperbolic", hyperbolic_ops()},
        {"special", special_ops()},
        {"piecewise", piecewise_ops()},
        {"activation", activation_ops()},
    };
}

} // namespace xgrad::ops

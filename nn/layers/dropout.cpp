#include <xgrad/nn/layers/dropout.hpp>

namespace xgrad::nn {

Dropout::Dropout(double p, Location at) : p_(p) {
    if (!(p >= 0 && p <= 1)) throw ValueError("Dropout: p is " + std::to_string(p) + ", not in [0, 1]", at);
}

} // namespace xgrad::nn

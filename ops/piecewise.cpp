#include <xgrad/ops/piecewise.hpp>

#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/registry.hpp>

#include <sstream>

namespace xgrad {

template <class T>
Variable<T> mask_less(const Operand<T>& a, const Operand<T>& b) {
    return ops::apply(ops::Less{}, a, b);
}
template <class T>
Variable<T> mask_less_equal(const Operand<T>& a, const Operand<T>& b) {
    return ops::apply(ops::LessEqual{}, a, b);
}

#define XGRAD_INSTANTIATE(T)                                                                                             \
    template Variable<T> mask_less(const Operand<T>&, const Operand<T>&);                                                \
    template Variable<T> mask_less_equal(const Operand<T>&, const Operand<T>&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

void ops::check_bounds(const char* operation, double low, double high, const Location& at) {
    if (low <= high) return;
    std::ostringstream message;
    message << operation << ": the lower bound " << low << " is not below the upper bound " << high;
    throw ValueError(message.str(), at);
}

std::vector<ops::OpEntry> ops::piecewise_ops() { return entries(PiecewiseOps{}); }

} // namespace xgrad

// The derivative of a formula.
#include <xgrad/xgrad.hpp>

int main() {
    using namespace xgrad;
    const Variable x{2.0};
    const auto [dx] = grad(sqrt(square(x) + exp(square(x))), wrt(x));
    return dx.item() > 0 ? 0 : 1;
}

// The derivative of a formula.
#include <torch/torch.h>

int main() {
    const auto x = torch::full({}, 2.0, torch::requires_grad());
    const auto dx = torch::autograd::grad({torch::sqrt(torch::square(x) + torch::exp(torch::square(x)))}, {x})[0];
    return dx.item<double>() > 0 ? 0 : 1;
}

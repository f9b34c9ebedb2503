// The gradient of a linear layer.
#include <xgrad/xgrad.hpp>

int main() {
    using namespace xgrad;
    nn::Linear layer(784, 10);
    const Array<float> x = xt::ones<float>({32, 784});
    const auto loss = mean(square(layer(x)));
    loss.backward();
    return layer.weight.has_grad() ? 0 : 1;
}

// The gradient of a linear layer.
#include <torch/torch.h>

int main() {
    torch::nn::Linear layer(784, 10);
    const auto x = torch::ones({32, 784});
    const auto loss = torch::mean(torch::square(layer(x)));
    loss.backward();
    return layer->weight.grad().defined() ? 0 : 1;
}

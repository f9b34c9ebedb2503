// Softmax regression of 784 features to 10 classes: 200 steps on batches of 128.
#include <torch/torch.h>

int main() {
    torch::nn::Linear model(784, 10);
    torch::optim::SGD optimizer(model->parameters(), 0.1);
    const auto x = torch::ones({128, 784});
    const auto labels = torch::ones({128}, torch::kInt64);
    double last = 0;
    for (int step = 0; step < 200; ++step) {
        const auto loss = torch::nn::functional::cross_entropy(model(x), labels);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        last = loss.item<double>();
    }
    return last < 0.1 ? 0 : 1;
}

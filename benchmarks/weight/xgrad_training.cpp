// Softmax regression of 784 features to 10 classes: 200 steps on batches of 128.
#include <xgrad/xgrad.hpp>

int main() {
    using namespace xgrad;
    nn::Linear model(784, 10);
    nn::SGD optimizer(model.parameters(), {.lr = 0.1});
    const Array<float> x = xt::ones<float>({128, 784});
    const Array<std::int64_t> labels = xt::ones<std::int64_t>({128});
    double last = 0;
    for (int step = 0; step < 200; ++step) {
        const auto loss = nn::cross_entropy(model(x), labels);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        last = static_cast<double>(loss.item());
    }
    return last < 0.1 ? 0 : 1;
}

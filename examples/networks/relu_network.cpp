// Two hidden layers of rectified linear units, 784-300-300-10, with dropout and the cross-entropy, by Adam: at least 98.2 % of
// MNIST's test images.
#include "digits_data.hpp"

#include <xgrad/xgrad.hpp>

#include <iostream>

using namespace xgrad;

namespace {

double train(const networks::Choice& choice) {
    manual_seed(1);
    const auto [train, test] = networks::read_digits(choice);
    const std::size_t pixels = choice.mnist() ? 784 : 64;

    nn::Sequential model{nn::Flatten(),        nn::Linear(pixels, 300), nn::ReLU(),     nn::Dropout(0.2),
                         nn::Linear(300, 300), nn::ReLU(),              nn::Dropout(0.2), nn::Linear(300, 10)};
    std::cout << nn::summary(model, {1, pixels});

    nn::Adam optimizer(model.parameters(), {.lr = 1e-3});
    nn::Loader loader(train, {.batch_size = 128});
    nn::CosineAnnealingLR schedule(optimizer, 12);
    const auto history = nn::fit(model, [](auto& logits, auto& labels) { return nn::cross_entropy(logits, labels); }, optimizer,
                                 loader,
                                 {.epochs = 12, .metrics = {{"accuracy", nn::accuracy}}, .validation = test, .schedule = &schedule});
    return history["val_accuracy"].back();
}

} // namespace

int main(int argc, char** argv) { return networks::run(argc, argv, {.mnist = 0.982, .digits = 0.95}, train); }

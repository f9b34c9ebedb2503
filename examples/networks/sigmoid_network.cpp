// The network with which the notes explain learning: 784-16-16-10, sigmoid in every layer, and the half squared error to the
// one-hot label, by mini-batch gradient descent. Its 13,002 parameters get about 96 % of MNIST's test images right.
#include "digits_data.hpp"

#include <xgrad/xgrad.hpp>

#include <iostream>

using namespace xgrad;

namespace {

/// The desired activations of the output layer: 1 at the label, 0 elsewhere.
Array<float> one_hot(const ArrayRef<std::int64_t>& labels) {
    Array<float> y = xt::zeros<float>({labels.size(), std::size_t{10}});
    for (std::size_t i = 0; i < labels.size(); ++i) y(i, labels(i)) = 1;
    return y;
}

double train(const networks::Choice& choice) {
    manual_seed(1);
    const auto [train, test] = networks::read_digits(choice);
    const std::size_t pixels = choice.mnist() ? 784 : 64;

    nn::Sequential model{nn::Flatten(),      nn::Linear(pixels, 16), nn::Sigmoid(),     nn::Linear(16, 16),
                         nn::Sigmoid(),      nn::Linear(16, 10),     nn::Sigmoid()};
    for (const auto& weight : model.parameters([](auto name) { return name.ends_with("weight"); })) {
        nn::init::xavier_normal(weight);
    }
    std::cout << nn::summary(model, {1, pixels});

    nn::SGD optimizer(model.parameters(), {.lr = choice.mnist() ? 2.0 : 1.0, .momentum = 0.5});
    nn::Loader loader(train, {.batch_size = 32});
    nn::CosineAnnealingLR schedule(optimizer, choice.mnist() ? 30 : 40);
    const auto cost = [](const Variable<float>& a, const ArrayRef<std::int64_t>& labels) {
        return nn::squared_error(a, one_hot(labels));
    };
    const auto history = nn::fit(model, cost, optimizer, loader,
                                 {.epochs = choice.mnist() ? 30u : 40u,
                                  .metrics = {{"accuracy", nn::accuracy}},
                                  .validation = test,
                                  .schedule = &schedule});
    return history["val_accuracy"].back();
}

} // namespace

int main(int argc, char** argv) { return networks::run(argc, argv, {.mnist = 0.95, .digits = 0.93}, train); }

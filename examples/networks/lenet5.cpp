// LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998): two convolutions, each followed by pooling, and three linear layers. With
// rectified linear units and max-pooling in place of the paper's sigmoids and averages: at least 99.0 % of MNIST's test images.
#include "digits_data.hpp"

#include <xgrad/xgrad.hpp>

#include <iostream>

using namespace xgrad;

namespace {

struct LeNet5 : nn::Module<LeNet5> {
    nn::Conv2d<> c1{1, 6, 5}, c3{6, 16, 5};
    nn::Linear<> c5{16 * 5 * 5, 120}, f6{120, 84}, output{84, 10};
    XGRAD_MEMBERS(c1, c3, c5, f6, output)

    /// @param x  images (N, 1, 32, 32)
    Variable<float> forward(const Variable<float>& x) {
        auto s2 = max_pool2d(relu(c1(x)), 2);  // 6 maps of 14 x 14
        auto s4 = max_pool2d(relu(c3(s2)), 2); // 16 maps of 5 x 5
        return output(relu(f6(relu(c5(flatten(s4, 1))))));
    }
};

/// The images as large as the network wants them: MNIST's 28 x 28 with a margin, the small digits magnified four times.
struct Resize : nn::Module<Resize, void> {
    Variable<float> forward(const Variable<float>& x) {
        if (x.shape()[2] == 8) return upsample_nearest(x, 4);
        return pad(x, {{0, 0}, {0, 0}, {2, 2}, {2, 2}});
    }
};

double train(const networks::Choice& choice) {
    manual_seed(1);
    const auto [train, test] = networks::read_digits(choice);
    nn::Sequential model{Resize(), LeNet5()};
    std::cout << nn::summary(model, Shape{1, 1, choice.mnist() ? 28u : 8u, choice.mnist() ? 28u : 8u});

    const std::size_t epochs = choice.mnist() ? 10 : 6;
    nn::SGD optimizer(model.parameters(), {.lr = 0.02, .momentum = 0.9, .weight_decay = 5e-4});
    nn::Loader loader(train, {.batch_size = choice.mnist() ? 64u : 32u});
    nn::CosineAnnealingLR schedule(optimizer, static_cast<std::int64_t>(epochs));
    const auto history = nn::fit(model, [](auto& logits, auto& labels) { return nn::cross_entropy(logits, labels); }, optimizer,
                                 loader,
                                 {.epochs = epochs, .metrics = {{"accuracy", nn::accuracy}}, .validation = test, .schedule = &schedule});
    return history["val_accuracy"].back();
}

} // namespace

int main(int argc, char** argv) { return networks::run(argc, argv, {.mnist = 0.99, .digits = 0.95}, train); }

// Which workloads there are, with the ratios aimed at and the matrix products of their floors.
#include "workload.hpp"

namespace training {

std::vector<Workload> workloads() {
    using enum Product::Transposed;
    std::vector<Product> lstm;
    for (int step = 0; step < 32; ++step) lstm.insert(lstm.end(), {{32, 512, 128}, {32, 128, 512, none}});
    lstm.insert(lstm.end(), {{1024, 512, 32}, {512, 32, 1024, first}, {512, 128, 1024, first}}); // of all steps at once
    for (const Product& product : linear_products(1024, {128, 32})) lstm.push_back(product);
    lstm.push_back({1024, 128, 32, none});
    std::vector<Product> gan;
    for (const auto& products : {linear_products(64, {64, 128, 784}), linear_products(64, {784, 128, 1}), linear_products(64, {784, 128, 1}),
                                 linear_products(64, {784, 128, 1})}) {
        gan.insert(gan.end(), products.begin(), products.end());
    }
    std::vector<Product> lenet = linear_products(64, {400, 120, 84, 10});
    lenet.push_back({64, 400, 120, none});
    for (int image = 0; image < 64; ++image) {
        lenet.insert(lenet.end(), {{6, 784, 25, none}, {6, 25, 784}, {16, 100, 150, none}, {16, 150, 100}, {150, 100, 16, first}});
    }
    std::vector<Product> vae = linear_products(128, {784, 400, 40});
    for (const Product& product : linear_products(128, {20, 400, 784})) vae.push_back(product);
    vae.push_back({128, 20, 400, none});
    const auto products = [](std::vector<Product> list) { return [list = std::move(list)] { multiply(list); }; };
    namespace x = with_xgrad;
    namespace t = with_torch;
    return {
        {"W1", "784-16-16-10 sigmoid, half squared error, batch 32, SGD", 0.20, 200, x::sigmoid_network, t::sigmoid_network,
         products(linear_products(32, {784, 16, 16, 10}))},
        {"W2", "784-512-512-10 ReLU, cross-entropy, batch 128, Adam", 0.85, 10, [] { return x::relu_network(); }, t::relu_network,
         products(linear_products(128, {784, 512, 512, 10}))},
        {"W3", "LeNet-5, batch 64, SGD with momentum", 0.50, 10, x::lenet5, t::lenet5, products(lenet)},
        {"W4", "LSTM 32-128, 32 steps, batch 32, head 128-32, Adam", 0.50, 5, x::lstm, t::lstm, products(lstm)},
        {"W5", "VAE 784-400-(20,20)-400-784, batch 128, Adam", 0.68, 10, x::vae, t::vae, products(vae)},
        {"W6", "GAN 64-128-784 / 784-128-1, batch 64, Adam", 0.65, 20, x::gan, t::gan, products(gan)},
        {"W7", "autoencoder 30-100-100-15-100-100-30 tanh, batch 2048, Adam", 0.60, 10, [] { return x::autoencoder(); }, t::autoencoder,
         products(linear_products(2048, {30, 100, 100, 15, 100, 100, 30}))},
        {"W8", "logistic regression, 569 x 30, full batch", 0.20, 500, x::logistic_regression, t::logistic_regression,
         products(linear_products(569, {30, 1}))},
        {"W9", "gradient of sqrt(x^2 + exp(x^2)) at a scalar", 0.02, 2000, x::scalar_formula, t::scalar_formula, {}},
        {"W10", "mean(tanh(x w + b) sigmoid(x)), 1M elements, 3 gradients", 0.33, 20, x::array_formula, t::array_formula, move_array_formula},
        {"W10f", "the same with fuse()", 0.10, 20, x::array_formula_fused, t::array_formula, move_array_formula},
        {"W11", "Hessian of Rosenbrock's function, 10 dimensions", 0.05, 50, x::rosenbrock_hessian, t::rosenbrock_hessian, {}},
        {"W12", "one size-1 operation, recorded and swept", 0.024, 2000, x::single_operation, t::single_operation, {}},
    };
}

} // namespace training

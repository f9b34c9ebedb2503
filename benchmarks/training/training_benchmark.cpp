// Whole training steps in xgrad and in libtorch, in turn, on the same data and from the same parameters, and the bare matrix
// products of the step: microseconds, and the ratio, which is what counts. Run it by script/benchmark-training.
#include "workload.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <malloc.h>

extern "C" void openblas_set_num_threads(int);

using namespace training;

namespace {

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
        {"W2", "784-512-512-10 ReLU, cross-entropy, batch 128, Adam", 0.85, 10, x::relu_network, t::relu_network,
         products(linear_products(128, {784, 512, 512, 10}))},
        {"W3", "LeNet-5, batch 64, SGD with momentum", 0.50, 10, x::lenet5, t::lenet5, products(lenet)},
        {"W4", "LSTM 32-128, 32 steps, batch 32, head 128-32, Adam", 0.50, 5, x::lstm, t::lstm, products(lstm)},
        {"W5", "VAE 784-400-(20,20)-400-784, batch 128, Adam", 0.68, 10, x::vae, t::vae, products(vae)},
        {"W6", "GAN 64-128-784 / 784-128-1, batch 64, Adam", 0.65, 20, x::gan, t::gan, products(gan)},
        {"W7", "autoencoder 30-100-100-15-100-100-30 tanh, batch 2048, Adam", 0.60, 10, x::autoencoder, t::autoencoder,
         products(linear_products(2048, {30, 100, 100, 15, 100, 100, 30}))},
        {"W8", "logistic regression, 569 x 30, full batch", 0.20, 500, x::logistic_regression, t::logistic_regression,
         products(linear_products(569, {30, 1}))},
        {"W9", "gradient of sqrt(x^2 + exp(x^2)) at a scalar", 0.02, 2000, x::scalar_formula, t::scalar_formula, {}},
        {"W10", "mean(tanh(x w + b) sigmoid(x)), 1M elements, 3 gradients", 0.33, 5, x::array_formula, t::array_formula, {}},
        {"W10f", "the same with fuse()", 0.10, 5, x::array_formula_fused, t::array_formula, {}},
        {"W11", "Hessian of Rosenbrock's function, 10 dimensions", 0.05, 50, x::rosenbrock_hessian, t::rosenbrock_hessian, {}},
        {"W12", "one size-1 operation, recorded and swept", 0.024, 2000, x::single_operation, t::single_operation, {}},
    };
}

/// Microseconds of one call.
template <class F>
double time(std::size_t calls, const F& f) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < calls; ++i) f();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / static_cast<double>(calls);
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

/// Whether both take the same steps. Prints what differs if not.
bool agree(const Workload& workload, Training& ours, Training& theirs) {
    const auto from = ours.parameters(), to = theirs.parameters();
    if (from.size() != to.size()) {
        std::printf("%s: %zu parameters and %zu\n", workload.name.c_str(), from.size(), to.size());
        return false;
    }
    for (std::size_t k = 0; k < from.size(); ++k) {
        if (from[k].size() != to[k].size()) {
            std::printf("%s: parameter %zu has %zu elements and %zu\n", workload.name.c_str(), k, from[k].size(), to[k].size());
            return false;
        }
        std::copy(from[k].begin(), from[k].end(), to[k].begin());
    }
    for (int step = 0; step < 5; ++step) {
        const double a = ours.step(), b = theirs.step();
        if (!(std::abs(a - b) <= 1e-3 * std::abs(b) + 1e-6)) {
            std::printf("%s: loss %.7g and %.7g in step %d\n", workload.name.c_str(), a, b, step);
            return false;
        }
    }
    return true;
}

} // namespace

int main(int argc, char** argv) {
    int threads = 1, rounds = 15;
    std::string only;
    for (int i = 1; i < argc; ++i) {
        if (std::strncmp(argv[i], "--threads=", 10) == 0) threads = std::atoi(argv[i] + 10);
        else if (std::strncmp(argv[i], "--rounds=", 9) == 0) rounds = std::atoi(argv[i] + 9);
        else if (std::strncmp(argv[i], "--only=", 7) == 0) only = argv[i] + 7;
        else {
            std::printf("usage: %s [--threads=N] [--rounds=N] [--only=W2]\n", argv[0]);
            return 2;
        }
    }
    // libtorch at its best: with a malloc that keeps the pages of large arrays instead of asking the system for them each time.
    if (mallopt(M_MMAP_MAX, 0) != 1 || mallopt(M_TRIM_THRESHOLD, -1) != 1) std::printf("malloc could not be set up\n");
    at::set_num_threads(threads);
    openblas_set_num_threads(threads);
    std::printf("%d thread(s), float32, microseconds for a step, medians of %d rounds\n\n", threads, rounds);
    std::printf("%-5s %-62s %10s %10s %10s %7s %6s\n", "", "", "xgrad", "libtorch", "floor", "ratio", "aim");
    bool sound = true;
    for (const Workload& workload : workloads()) {
        if (!only.empty() && workload.name != only) continue;
        const auto ours = workload.xgrad(), theirs = workload.torch();
        sound = agree(workload, *ours, *theirs) && sound;
        std::vector<double> a, b, ratio, floor;
        for (int round = 0; round <= rounds; ++round) {
            const double first = time(workload.steps, [&] { ours->step(); });
            const double second = time(workload.steps, [&] { theirs->step(); });
            const double third = workload.floor ? time(workload.steps, workload.floor) : NAN;
            if (round == 0) continue; // to warm up
            a.push_back(first);
            b.push_back(second);
            ratio.push_back(first / second);
            floor.push_back(third);
        }
        const double r = median(ratio);
        std::printf("%-5s %-62s %10.2f %10.2f %10.2f %7.3f %6.3f %s\n", workload.name.c_str(), workload.description.c_str(), median(a),
                    median(b), median(floor), r, workload.aim, r <= workload.aim ? "" : "missed");
        std::fflush(stdout);
    }
    return sound ? 0 : 1;
}

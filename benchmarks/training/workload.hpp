/// @file
/// Whole training steps that are timed in xgrad and in libtorch: what both are made from, and how they are driven.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace training {

/// A model with its data and its optimizer, ready to take one step after the other.
class Training {
  public:
    virtual ~Training() = default;
    /// Forward, loss, backward, update. Returns the loss.
    virtual double step() = 0;
    /// The elements of the parameters, in an order that both libraries share.
    virtual std::vector<std::span<float>> parameters() = 0;
};

/// No parameters to train: a function of Variables, and its derivatives.
template <class F>
class Formula final : public Training {
  public:
    explicit Formula(F f) : f_(std::move(f)) {}
    double step() override { return f_(); }
    std::vector<std::span<float>> parameters() override { return {}; }

  private:
    F f_;
};
template <class F>
std::unique_ptr<Training> formula(F f) {
    return std::make_unique<Formula<F>>(std::move(f));
}

/// What a workload is fed, the same in both libraries: numbers that look random and are not.
/// @param seed  tells apart the arrays of a workload
std::vector<float> numbers(std::size_t count, float low, float high, unsigned seed);
/// Labels in [0, classes).
std::vector<long> labels(std::size_t count, long classes, unsigned seed);

/// One of the workloads.
struct Workload {
    std::string name;        ///< "W2"
    std::string description; ///< "784-512-512-10 ReLU, cross-entropy, batch 128, Adam"
    double aim;              ///< the largest ratio xgrad / libtorch aimed at
    std::size_t steps;       ///< timed together
    std::function<std::unique_ptr<Training>()> xgrad, torch;
    /// The bare matrix products of a step through cblas_sgemm, or its bare traffic with memory; may be empty.
    std::function<void()> floor;
};

/// All of them.
std::vector<Workload> workloads();

/// A matrix product (m, k) x (k, n), and which factor is stored as its transpose: the second in x W', the first in g' x.
struct Product {
    std::size_t m, n, k;
    enum class Transposed { none, first, second } transposed = Transposed::second;
};
/// Multiplies all of them once.
void multiply(const std::vector<Product>& products);
/// The floor of W10: reads its three operands once, and writes as many gradients. It computes nothing.
void move_array_formula();
/// The three products of a linear layer: forward, and the gradients of the weight and, unless it is the first layer, of the input.
std::vector<Product> linear_products(std::size_t batch, const std::vector<std::size_t>& widths);

namespace with_xgrad {
std::unique_ptr<Training> sigmoid_network();
std::unique_ptr<Training> relu_network(std::size_t batch = 128);
std::unique_ptr<Training> lenet5();
std::unique_ptr<Training> lstm();
std::unique_ptr<Training> vae();
std::unique_ptr<Training> gan();
std::unique_ptr<Training> autoencoder(std::size_t batch = 2048);
std::unique_ptr<Training> logistic_regression();
std::unique_ptr<Training> scalar_formula();
std::unique_ptr<Training> array_formula();
std::unique_ptr<Training> array_formula_fused();
std::unique_ptr<Training> rosenbrock_hessian();
std::unique_ptr<Training> single_operation();
} // namespace with_xgrad

namespace with_torch {
std::unique_ptr<Training> sigmoid_network();
std::unique_ptr<Training> relu_network();
std::unique_ptr<Training> lenet5();
std::unique_ptr<Training> lstm();
std::unique_ptr<Training> vae();
std::unique_ptr<Training> gan();
std::unique_ptr<Training> autoencoder();
std::unique_ptr<Training> logistic_regression();
std::unique_ptr<Training> scalar_formula();
std::unique_ptr<Training> array_formula();
std::unique_ptr<Training> rosenbrock_hessian();
std::unique_ptr<Training> single_operation();
} // namespace with_torch

} // namespace training

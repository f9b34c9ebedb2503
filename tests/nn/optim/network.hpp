/// @file
/// The small network on which tests/reference/optimizer.py recorded PyTorch's optimizers.
#pragma once

#include <xgrad/nn/loss.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/hyperbolic.hpp>
#include <xgrad/ops/matmul.hpp>

#include "tests/reference/case.hpp"
#include "tests/reference/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace xgrad::tests {

template <class T>
struct Network {
    Variable<T> W = reference::as_variable<T>({4, 3}, reference::optimizer_w, true);
    Variable<T> b = reference::as_variable<T>({4}, reference::optimizer_b, true);
    Variable<T> V = reference::as_variable<T>({2, 4}, reference::optimizer_v, true);
    Variable<T> x = reference::as_variable<T>({8, 3}, reference::optimizer_x, false);
    Variable<T> y = reference::as_variable<T>({8, 2}, reference::optimizer_y, false);

    std::vector<Variable<T>> parameters() const { return {W, b, V}; }

    Variable<T> loss() const { return nn::mse_loss(matmul(tanh(matmul(x, transpose(W)) + b), transpose(V)), y); }

    /// The elements of all parameters.
    std::vector<T> elements() const {
        std::vector<T> all;
        for (const auto& parameter : parameters())
            all.insert(all.end(), parameter.tensor().begin(), parameter.tensor().end());
        return all;
    }
};

/// The largest difference relative to the expected number, or to `least` if that is smaller.
template <class Numbers>
double relative_difference(const Numbers& got, const std::vector<double>& expected, double least = 1e-3) {
    REQUIRE(got.size() == expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double difference = std::abs(static_cast<double>(got[i]) - expected[i]);
        worst = std::max(worst, difference / std::max(std::abs(expected[i]), least));
    }
    return worst;
}

} // namespace xgrad::tests

/// @file
/// Matrices for tests of linear algebra, and how far two are apart.
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace xgrad::tests {

/// Elements between -1 and 1, the same ones for float and double.
template <class T>
Variable<T> random_matrix(const Shape& shape, unsigned seed = 3) {
    std::mt19937 random(seed);
    Tensor<T> matrix(shape);
    for (T& element : matrix) element = static_cast<T>(static_cast<int>(random() >> 16) - 32768) / 32768;
    return Variable<T>(std::move(matrix), true);
}

/// The largest difference of two elements; NaN if there is one.
template <class T>
double distance(const Variable<T>& a, const Variable<T>& b) {
    REQUIRE(a.shape() == b.shape());
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference =
            std::abs(static_cast<double>(a.tensor().data()[i]) - static_cast<double>(b.tensor().data()[i]));
        if (!(difference <= worst)) worst = difference;
    }
    return worst;
}

} // namespace xgrad::tests

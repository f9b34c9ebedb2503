// The floor of a step: its matrix products, with nothing around them.
#include "workload.hpp"

#include <algorithm>
#if __has_include(<cblas.h>)
#include <cblas.h>
#else
#include <openblas/cblas.h>
#endif

namespace training {

void multiply(const std::vector<Product>& products) {
    // As large as the largest factor of all workloads; the products do not depend on what is in it.
    static std::vector<float> a(1 << 22, 0.5F), b(1 << 22, 0.5F), c(1 << 22);
    for (const auto& [m, n, k, transposed] : products) {
        const bool first = transposed == Product::Transposed::first, second = transposed == Product::Transposed::second;
        cblas_sgemm(CblasRowMajor, first ? CblasTrans : CblasNoTrans, second ? CblasTrans : CblasNoTrans, static_cast<int>(m),
                    static_cast<int>(n), static_cast<int>(k), 1, a.data(), static_cast<int>(first ? m : k), b.data(),
                    static_cast<int>(second ? k : n), 0, c.data(), static_cast<int>(n));
    }
}

void move_array_formula() {
    constexpr std::size_t n = 1 << 20;
    static const std::vector<float> operands(3 * n, 0.5F);
    static std::vector<float> gradients(3 * n);
    std::copy(operands.begin(), operands.end(), gradients.begin());
}

std::vector<Product> linear_products(std::size_t batch, const std::vector<std::size_t>& widths) {
    std::vector<Product> products;
    for (std::size_t layer = 1; layer < widths.size(); ++layer) {
        const std::size_t in = widths[layer - 1], out = widths[layer];
        products.push_back({batch, out, in});
        products.push_back({out, in, batch, Product::Transposed::first});
        if (layer > 1) products.push_back({batch, in, out, Product::Transposed::none});
    }
    return products;
}

std::vector<float> numbers(std::size_t count, float low, float high, unsigned seed) {
    // Weyl's sequence: the fractions of the multiples of an irrational number fill [0, 1) evenly.
    std::vector<float> result(count);
    double x = 0.37 * seed;
    for (float& element : result) {
        x += 0.6180339887498949;
        x -= static_cast<double>(static_cast<long>(x));
        element = low + (high - low) * static_cast<float>(x);
    }
    return result;
}

std::vector<long> labels(std::size_t count, long classes, unsigned seed) {
    std::vector<long> result;
    for (const float x : numbers(count, 0, static_cast<float>(classes), seed)) result.push_back(std::min(static_cast<long>(x), classes - 1));
    return result;
}

} // namespace training

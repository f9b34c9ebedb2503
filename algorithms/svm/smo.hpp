/// @file
/// Kernels, and the dual problem of a support vector machine of two classes. Internal to algorithms/svm.
#pragma once

#include <xgrad/algorithms/svm/svc.hpp>

#include <optional>
#include <vector>

namespace xgrad::algorithms::detail {

/// Samples with their squared norms.
struct KernelSamples {
    KernelSamples(const double* x, std::size_t m, std::size_t n);

    const double* x; ///< (m, n)
    std::size_t m, n;
    std::vector<double> squares; ///< |x_i|^2
};

/// A kernel with its parameters.
struct KernelFunction {
    Kernel kernel;
    double gamma, coef0;
    int degree;

    /// k(x, x), of |x|^2.
    double diagonal(double squares) const;
    /// Computes k(a_i, b_j) for all j into rows[i][j], by a matrix product.
    /// @param rows  a.m of them
    void evaluate(const KernelSamples& a, const KernelSamples& b, double* const* rows) const;
};

struct SmoOptions {
    double C, tol;
    double cache_size; ///< in megabytes
    std::int64_t max_iter;
};

/// The machine of two classes.
struct SmoResult {
    std::vector<double> beta; ///< for each sample
    double intercept;
    double squared_norm; ///< |w|^2
    std::int64_t iterations;
};

/// @param y  for each sample: 1 or -1, both of which occur
/// @returns nothing if the kernel, or what follows from it, is beyond the range of a double
std::optional<SmoResult> smo(const KernelFunction& kernel, const KernelSamples& samples, const std::vector<double>& y,
                             const SmoOptions& options);

} // namespace xgrad::algorithms::detail

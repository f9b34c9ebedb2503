#include <xgrad/algorithms/svm/smo.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/simd.hpp>

#include <cmath>
#include <numeric>

namespace xgrad::algorithms::detail {

namespace {

using V = ops::Batch<double>;

/// out[j] = f(products[j], squares[j])
template <class F>
void map(const double* products, const double* squares, std::size_t n, double* out, const F& f) {
    std::size_t j = 0;
    for (; j + V::size <= n; j += V::size) f(V::load_unaligned(products + j), V::load_unaligned(squares + j)).store_unaligned(out + j);
    if (j == n) return;
    ops::store_partial(f(ops::load_partial(products + j, n - j), ops::load_partial(squares + j, n - j)), out + j, n - j);
}

/// x^degree by squaring.
template <class T>
T power(T x, int degree) {
    T result(1.0);
    for (; degree > 0; degree /= 2, x = x * x) {
        if (degree % 2 == 1) result = result * x;
    }
    return result;
}

} // namespace

KernelSamples::KernelSamples(const double* x, std::size_t m, std::size_t n) : x(x), m(m), n(n), squares(m) {
    for (std::size_t i = 0; i < m; ++i) squares[i] = std::inner_product(x + i * n, x + (i + 1) * n, x + i * n, 0.0);
}

double KernelFunction::diagonal(double squares) const {
    switch (kernel) {
    case Kernel::linear:
        return squares;
    case Kernel::poly:
        return power(gamma * squares + coef0, degree);
    case Kernel::rbf:
        return 1;
    default:
        return std::tanh(gamma * squares + coef0);
    }
}

void KernelFunction::evaluate(const KernelSamples& a, const KernelSamples& b, double* const* rows) const {
    const Tensor<double> products(Shape{a.m, b.m});
    ops::gemm(ops::Factor<double>{a.x, a.m, a.n}, ops::Factor<double>{b.x, b.m, b.n}.transpose(), 0.0, products.data());
    const V zero(0.0), two(2.0), g(gamma), c(coef0), minus_g(-gamma);
    const auto write_row = [&](std::size_t i) {
        const double* const row = products.data() + i * b.m;
        const double* const squares = b.squares.data();
        switch (kernel) {
        case Kernel::linear:
            std::copy_n(row, b.m, rows[i]);
            break;
        case Kernel::poly:
            map(row, squares, b.m, rows[i], [&](const V& p, const V&) { return power(g * p + c, degree); });
            break;
        case Kernel::rbf: // |a - b|^2 = |a|^2 + |b|^2 - 2 a'b, which rounding may leave below 0
            map(row, squares, b.m, rows[i],
                [&, own = V(a.squares[i])](const V& p, const V& s) { return exp(minus_g * max(own + s - two * p, zero)); });
            break;
        case Kernel::sigmoid:
            map(row, squares, b.m, rows[i], [&](const V& p, const V&) { return tanh(g * p + c); });
            break;
        }
    };
    parallel_for(a.m, 1 + (std::size_t{1} << 14) / (b.m + 1), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) write_row(i);
    });
}

} // namespace xgrad::algorithms::detail

/// @file
/// The exponential of float batches and what is made of it, in about half the time of xsimd's and without its early overflow:
/// neural networks spend on these what the matrix products leave. They keep to 4 ulp over the whole domain. Double is left to xsimd.
#pragma once

#include <xsimd/xsimd.hpp>

#include <concepts>

namespace xgrad::ops {

/// y 2^n for a whole number n in [-150, 130].
template <class A>
xsimd::batch<float, A> scale(const xsimd::batch<float, A>& y, const xsimd::batch<float, A>& n) {
#if XSIMD_WITH_AVX512F
    if constexpr (std::derived_from<A, xsimd::avx512f>) return _mm512_scalef_ps(y, n);
#endif
    // In two steps, so that neither factor overflows, nor is subnormal.
    const auto power = [](const auto& k) { return xsimd::bitwise_cast<xsimd::batch<float, A>>((k + 127) << 23); };
    const auto whole = xsimd::to_int(n), half = whole >> 1;
    return y * power(half) * power(whole - half);
}

/// x = n log(2) + r, and p such that e^r = 1 + r + r^2 p: what exponentials are made of.
template <class A>
struct Exponent {
    using B = xsimd::batch<float, A>;

    explicit Exponent(const B& x) {
        // What is left of x / log(2) in a sum too large for fractions. The first part of log(2) has few bits, so that its product
        // with n is exact.
        const B large(12582912.0F);
        n = xsimd::fma(x, B(1.44269504F), large) - large;
        r = xsimd::fma(n, B(2.12194440e-4F), xsimd::fma(n, B(-0.693359375F), x));
        // Minimax on |r| <= log(2) / 2.
        p = xsimd::fma(r, B(0.00138144670593F), B(0.00836878041118F));
        p = xsimd::fma(p, r, B(0.0416683942109F));
        p = xsimd::fma(p, r, B(0.166665201078F));
        p = xsimd::fma(p, r, B(0.499999934125F));
    }

    B n, r, p;
};

/// a / b for b in [1, 2].
template <class A>
xsimd::batch<float, A> divide_in_range(const xsimd::batch<float, A>& a, const xsimd::batch<float, A>& b) {
#if XSIMD_WITH_AVX512F
    // An estimate of 14 bits and a step of Newton's method: a third of the time of a division.
    if constexpr (std::derived_from<A, xsimd::avx512f>) {
        const xsimd::batch<float, A> reciprocal = xsimd::reciprocal(b), estimate = a * reciprocal;
        return xsimd::fma(reciprocal, a - b * estimate, estimate);
    }
#endif
    return a / b;
}

} // namespace xgrad::ops

// Where a formula's call for a batch is looked up, as those in simd_math.hpp.
namespace xsimd {

// The largest of a limit and x is x if that is no number.

template <std::same_as<float> T, class A>
batch<T, A> exp(const batch<T, A>& x) {
    using B = batch<T, A>;
    const xgrad::ops::Exponent<A> e(max(B(-104.0F), min(B(89.0F), x))); // beyond, the result is 0 and infinite
    return xgrad::ops::scale(fma(fma(e.p, e.r, B(1.0F)), e.r, B(1.0F)), e.n);
}

/// 1 / (1 + e^-x), from e^-|x|, which does not overflow.
template <std::floating_point T, class A>
batch<T, A> sigmoid(const batch<T, A>& x) {
    using B = batch<T, A>;
    const B e = exp(-abs(x)), one(T(1)), numerator = select(x < B(T(0)), e, one);
    if constexpr (std::same_as<T, float>) return xgrad::ops::divide_in_range(numerator, one + e);
    return numerator / (one + e);
}

/// -m / (m + 2) with the sign of x, for m = e^-2|x| - 1 = 2^n (e^r - 1) + (2^n - 1): where n is 0, nothing cancels.
template <std::same_as<float> T, class A>
batch<T, A> tanh(const batch<T, A>& x) {
    using B = batch<T, A>;
    const B one(1.0F);
    const xgrad::ops::Exponent<A> e(max(B(-40.0F), abs(x) * B(-2.0F)));
    const B power = xgrad::ops::scale(one, e.n);
    const B m = fma(power, fma(e.p, e.r * e.r, e.r), power - one);
    const B size = xgrad::ops::divide_in_range(abs(m), m + B(2.0F));
    return size | (x & B(-0.0F));
}

} // namespace xsimd

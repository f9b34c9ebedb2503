/// @file
/// Mathematical functions of SIMD batches where xsimd's own are wrong or inaccurate. Together with xsimd's
/// they keep to 4 ulp over the whole domain, with two exceptions: expm1, and exp of double, overflow to infinity a factor of
/// sqrt(2) early, exp2 a factor of 2, and exp of double and exp2 flush results below the smallest normal number to 0.
#pragma once

#include <xgrad/ops/simd_exponential.hpp>

#include <xsimd/xsimd.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>

namespace xgrad::ops {

/// f(x...) lane by lane, for a function of std.
template <class T, class A, class F, class... X>
[[gnu::noinline]] xsimd::batch<T, A> by_lane(F f, const xsimd::batch<T, A>& x, const X&... rest) {
    constexpr std::size_t W = xsimd::batch<T, A>::size;
    alignas(64) T lanes[1 + sizeof...(X)][W];
    std::size_t k = 0;
    x.store_aligned(lanes[k++]);
    (rest.store_aligned(lanes[k++]), ...);
    for (std::size_t i = 0; i < W; ++i) {
        if constexpr (sizeof...(X) == 0) {
            lanes[0][i] = f(lanes[0][i]);
        } else {
            lanes[0][i] = f(lanes[0][i], lanes[1][i]);
        }
    }
    return xsimd::batch<T, A>::load_aligned(lanes[0]);
}

/// `y`, but f(x...) where `doubtful` holds, which is seldom anywhere.
template <class T, class A, class F, class... X>
xsimd::batch<T, A> except_where(const xsimd::batch_bool<T, A>& doubtful, const xsimd::batch<T, A>& y, F f,
                                const X&... x) {
    if (!xsimd::any(doubtful)) [[likely]] return y;
    return xsimd::select(doubtful, by_lane(f, x...), y);
}

/// Where x is positive, but below the smallest normal number.
template <class T, class A>
xsimd::batch_bool<T, A> is_subnormal(const xsimd::batch<T, A>& x) {
    return x < xsimd::batch<T, A>(std::numeric_limits<T>::min()) && x > xsimd::batch<T, A>(T(0));
}

/// x^n for n of 0 to 4.
template <class B>
B small_power(const B& x, int n) {
    const B square = x * x;
    switch (n) {
    case 0: return B(1);
    case 1: return x;
    case 2: return square;
    case 3: return square * x;
    default: return square * square;
    }
}

/// f(a, b) computed in double.
template <class A, class F>
xsimd::batch<float, A> in_double(F f, const xsimd::batch<float, A>& a, const xsimd::batch<float, A>& b) {
    using Wide = xsimd::batch<double, A>;
    constexpr std::size_t W = xsimd::batch<float, A>::size;
    alignas(64) float narrow[2][W];
    alignas(64) double wide[2][W];
    a.store_aligned(narrow[0]);
    b.store_aligned(narrow[1]);
    for (std::size_t i = 0; i < W; ++i) wide[0][i] = static_cast<double>(narrow[0][i]);
    for (std::size_t i = 0; i < W; ++i) wide[1][i] = static_cast<double>(narrow[1][i]);
    for (std::size_t i = 0; i < W; i += Wide::size) {
        f(Wide::load_aligned(wide[0] + i), Wide::load_aligned(wide[1] + i)).store_aligned(wide[0] + i);
    }
    for (std::size_t i = 0; i < W; ++i) narrow[0][i] = static_cast<float>(wide[0][i]);
    return xsimd::batch<float, A>::load_aligned(narrow[0]);
}

} // namespace xgrad::ops

// In xsimd's namespace, where a formula's call of, say, log(x) for a batch x is looked up. A template with a
// constraint is preferred to xsimd's without one.
namespace xsimd {

// The logarithms and the cube root of double forget that they have scaled a subnormal number.

template <std::same_as<double> T, class A>
batch<T, A> log(const batch<T, A>& x) {
    const auto exact = [](T t) { return std::log(t); };
    return xgrad::ops::except_where(xgrad::ops::is_subnormal(x), kernel::log<A>(x, A{}), exact, x);
}

template <std::same_as<double> T, class A>
batch<T, A> log2(const batch<T, A>& x) {
    const auto exact = [](T t) { return std::log2(t); };
    return xgrad::ops::except_where(xgrad::ops::is_subnormal(x), kernel::log2<A>(x, A{}), exact, x);
}

template <std::same_as<double> T, class A>
batch<T, A> log10(const batch<T, A>& x) {
    const auto exact = [](T t) { return std::log10(t); };
    return xgrad::ops::except_where(xgrad::ops::is_subnormal(x), kernel::log10<A>(x, A{}), exact, x);
}

template <std::same_as<double> T, class A>
batch<T, A> cbrt(const batch<T, A>& x) {
    const auto exact = [](T t) { return std::cbrt(t); };
    return xgrad::ops::except_where(xgrad::ops::is_subnormal(abs(x)), kernel::cbrt<A>(x, A{}), exact, x);
}

/// In double off by 70 ulp, and NaN for large arguments.
template <std::same_as<double> T, class A>
batch<T, A> erf(const batch<T, A>& x) {
    return xgrad::ops::by_lane([](T t) { return std::erf(t); }, x);
}

/// Off by 70 ulp in float, by much more in double.
template <std::floating_point T, class A>
batch<T, A> erfc(const batch<T, A>& x) {
    return xgrad::ops::by_lane([](T t) { return std::erfc(t); }, x);
}

/// Below 1 it is no number.
template <std::floating_point T, class A>
batch<T, A> acosh(const batch<T, A>& x) {
    const batch<T, A> nan(std::numeric_limits<T>::quiet_NaN());
    return select(x < batch<T, A>(T(1)), nan, kernel::acosh<A>(x, A{}));
}

/// NaN where both arguments are zero or infinite.
template <std::floating_point T, class A>
batch<T, A> atan2(const batch<T, A>& y, const batch<T, A>& x) {
    const auto exact = [](T s, T t) { return std::atan2(s, t); };
    const batch<T, A> angle = kernel::atan2<A>(y, x, A{});
    return xgrad::ops::except_where(isnan(angle), angle, exact, y, x);
}

/// The squares overflow and underflow: scale by a power of two first where they would.
template <std::floating_point T, class A>
batch<T, A> hypot(const batch<T, A>& a, const batch<T, A>& b) {
    using B = batch<T, A>;
    constexpr int half_range = std::numeric_limits<T>::max_exponent / 2;
    const T scale_up = std::ldexp(T(1), half_range + half_range / 3), scale_down = T(1) / scale_up;
    const B p = abs(a), q = abs(b), larger = max(p, q);
    const auto is_large = larger > B(std::ldexp(T(1), half_range - 4));
    const auto is_small = larger < B(std::ldexp(T(1), 4 - half_range));
    const B scale = select(is_large, B(scale_down), select(is_small, B(scale_up), B(T(1))));
    const B unscale = select(is_large, B(scale_up), select(is_small, B(scale_down), B(T(1))));
    const B s = p * scale, t = q * scale, infinity(std::numeric_limits<T>::infinity());
    return select(p == infinity || q == infinity, infinity, sqrt(s * s + t * t) * unscale);
}

/// Off by 140 ulp in float, by 1000 in double, and wrong at zero and infinity. A small integer exponent, the
/// same in every lane, is multiplied out. For other floats exp(b log(a)) has all digits when computed in
/// double.
template <std::floating_point T, class A>
batch<T, A> pow(const batch<T, A>& a, const batch<T, A>& b) {
    using B = batch<T, A>;
    const auto exact = [](T s, T t) { return std::pow(s, t); };
    const T exponent = b.get(0);
    if (exponent >= T(-3) && exponent <= T(4) && exponent == std::trunc(exponent) && all(b == B(exponent))) {
        const int n = static_cast<int>(exponent);
        return n < 0 ? xgrad::ops::small_power(B(T(1)) / a, -n) : xgrad::ops::small_power(a, n);
    }
    if constexpr (std::same_as<T, float>) {
        const auto formula = [](const auto& s, const auto& t) { return exp(t * log(s)); };
        const B power = xgrad::ops::in_double(formula, a, b);
        return xgrad::ops::except_where(a <= B(0) || isnan(power), power, exact, a, b);
    } else {
        return xgrad::ops::by_lane(exact, a, b);
    }
}

} // namespace xsimd

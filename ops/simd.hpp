/// @file
/// SIMD batches and the few operations on them that xsimd leaves to us. Included only where kernels are compiled.
#pragma once

#include <xgrad/ops/simd_math.hpp>

#include <algorithm>
#include <cstddef>

namespace xgrad::ops {

template <class T>
using Batch = xsimd::batch<T>;

#if XSIMD_WITH_AVX512F // loads and stores of some lanes only

inline Batch<float> load_partial(const float* data, std::size_t count) {
    return _mm512_mask_loadu_ps(_mm512_set1_ps(*data), static_cast<__mmask16>((1u << count) - 1), data);
}
inline Batch<double> load_partial(const double* data, std::size_t count) {
    return _mm512_mask_loadu_pd(_mm512_set1_pd(*data), static_cast<__mmask8>((1u << count) - 1), data);
}
inline void store_partial(const Batch<float>& batch, float* data, std::size_t count) {
    _mm512_mask_storeu_ps(data, static_cast<__mmask16>((1u << count) - 1), batch);
}
inline void store_partial(const Batch<double>& batch, double* data, std::size_t count) {
    _mm512_mask_storeu_pd(data, static_cast<__mmask8>((1u << count) - 1), batch);
}

/// The first `count` lanes of `batch`, and `rest` in the others.
inline Batch<float> first_lanes(const Batch<float>& batch, std::size_t count, float rest) {
    return _mm512_mask_mov_ps(_mm512_set1_ps(rest), static_cast<__mmask16>((1u << count) - 1), batch);
}
inline Batch<double> first_lanes(const Batch<double>& batch, std::size_t count, double rest) {
    return _mm512_mask_mov_pd(_mm512_set1_pd(rest), static_cast<__mmask8>((1u << count) - 1), batch);
}

/// combine(a, b) over all lanes.
template <class F>
float fold_lanes(const Batch<float>& batch, const F& combine) {
    Batch<float> all = combine(batch, Batch<float>(_mm512_shuffle_f32x4(batch, batch, 0x4e)));
    all = combine(all, Batch<float>(_mm512_shuffle_f32x4(all, all, 0xb1)));
    all = combine(all, Batch<float>(_mm512_permute_ps(all, 0x4e)));
    all = combine(all, Batch<float>(_mm512_permute_ps(all, 0xb1)));
    return _mm512_cvtss_f32(all);
}
template <class F>
double fold_lanes(const Batch<double>& batch, const F& combine) {
    Batch<double> all = combine(batch, Batch<double>(_mm512_shuffle_f64x2(batch, batch, 0x4e)));
    all = combine(all, Batch<double>(_mm512_shuffle_f64x2(all, all, 0xb1)));
    all = combine(all, Batch<double>(_mm512_permute_pd(all, 0x55)));
    return _mm512_cvtsd_f64(all);
}

#else

/// The first `count` < W elements from `data`; the other lanes repeat the first, so that they stay in the domain.
template <class T>
Batch<T> load_partial(const T* data, std::size_t count) {
    if (count == 1) return Batch<T>(*data);
    alignas(64) T lanes[Batch<T>::size];
    for (std::size_t i = 0; i < Batch<T>::size; ++i) lanes[i] = data[i < count ? i : 0];
    return Batch<T>::load_aligned(lanes);
}

template <class T>
void store_partial(const Batch<T>& batch, T* data, std::size_t count) {
    alignas(64) T lanes[Batch<T>::size];
    batch.store_aligned(lanes);
    for (std::size_t i = 0; i < count; ++i) data[i] = lanes[i];
}

/// The first `count` lanes of `batch`, and `rest` in the others.
template <class T>
Batch<T> first_lanes(const Batch<T>& batch, std::size_t count, T rest) {
    alignas(64) T lanes[Batch<T>::size];
    batch.store_aligned(lanes);
    for (std::size_t i = count; i < Batch<T>::size; ++i) lanes[i] = rest;
    return Batch<T>::load_aligned(lanes);
}

/// combine(a, b) over all lanes.
template <class T, class F>
T fold_lanes(const Batch<T>& batch, const F& combine) {
    alignas(64) T lanes[Batch<T>::size];
    batch.store_aligned(lanes);
    for (std::size_t half = Batch<T>::size / 2; half > 0; half /= 2) {
        for (std::size_t i = 0; i < half; ++i) lanes[i] = combine(lanes[i], lanes[i + half]);
    }
    return lanes[0];
}

#endif

template <class T>
T reduce_sum(const Batch<T>& batch) {
    return fold_lanes(batch, [](const auto& a, const auto& b) { return a + b; });
}

/// The sum of the first `count` lanes.
template <class T>
T reduce_sum_partial(const Batch<T>& batch, std::size_t count) {
    return reduce_sum(first_lanes(batch, count, T(0)));
}

/// The sum of `n` elements. Partial sums of a few thousand are added up in double, so that a float sum of millions keeps
/// its digits.
/// @tparam V  names the instruction set, so that code compiled for another one does not stand in for this
template <class T, class V = Batch<T>>
double sum(const T* data, std::size_t n) {
    constexpr std::size_t W = V::size, chunk = 4096;
    double total = 0;
    std::size_t i = 0;
    while (i + 4 * W <= n) {
        Batch<T> a(T(0)), b(T(0)), c(T(0)), d(T(0));
        for (const std::size_t end = std::min(n - n % (4 * W), i + chunk); i < end; i += 4 * W) {
            a += Batch<T>::load_unaligned(data + i);
            b += Batch<T>::load_unaligned(data + i + W);
            c += Batch<T>::load_unaligned(data + i + 2 * W);
            d += Batch<T>::load_unaligned(data + i + 3 * W);
        }
        total += static_cast<double>(reduce_sum((a + b) + (c + d)));
    }
    for (; i < n; ++i) total += static_cast<double>(data[i]);
    return total;
}

} // namespace xgrad::ops

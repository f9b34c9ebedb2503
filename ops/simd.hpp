/// @file
/// SIMD batches and the few operations on them that xsimd leaves to us. Included only where kernels are compiled.
#pragma once

#include <xgrad/ops/simd_math.hpp>

#include <algorithm>
#include <cstddef>

namespace xgrad::ops {

template <class T>
using Batch = xsimd::batch<T>;

/// The first `count` < W elements from `data`; the other lanes repeat the first, so that they stay in the domain.
template <class T>
Batch<T> load_partial(const T* data, std::size_t count) {
    if (count == 1) return Batch<T>(*data);
    alignas(64) T lanes[Batch<T>::size];
    std::fill(std::copy_n(data, count, lanes), lanes + Batch<T>::size, *data);
    return Batch<T>::load_aligned(lanes);
}

template <class T>
void store_partial(const Batch<T>& batch, T* data, std::size_t count) {
    alignas(64) T lanes[Batch<T>::size];
    batch.store_aligned(lanes);
    *data = lanes[0];
    for (std::size_t i = 1; i < count; ++i) data[i] = lanes[i];
}

template <class T, class A>
T reduce_sum(const xsimd::batch<T, A>& batch) {
    return xsimd::hadd(batch);
}

/// The sum of the first `count` lanes.
template <class T, class A>
T reduce_sum_partial(const xsimd::batch<T, A>& batch, std::size_t count) {
    alignas(64) T lanes[xsimd::batch<T, A>::size];
    batch.store_aligned(lanes);
    T sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += lanes[i];
    return sum;
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

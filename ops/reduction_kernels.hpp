/// @file
/// The loops of the reductions: many elements into one, and one back to many. Included only where operations
/// are compiled.
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/broadcast.hpp>
#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/simd.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <utility>

namespace xgrad::ops {

/// What a reduction over some axes makes of a shape.
struct ReducedShape {
    Shape kept;        ///< the result's shape with an extent of 1 for each reduced axis
    Shape result;      ///< the result's shape
    std::size_t count; ///< the number of elements that become one
};

/// @param axes  the axes to reduce; none means all
/// @throws IndexError if an axis is out of range
/// @throws ValueError if an axis is given twice
ReducedShape reduced_shape(const Shape& shape, const Axes& axes, bool keepdims, const char* operation,
                           const Location& at);

/// An array of any shape seen along one axis, or along adjacent ones: element (o, i, j) is at (o * extent +
/// i) * inner + j.
struct Strips {
    std::size_t outer, extent, inner;

    Strips(const Shape& shape, std::size_t axis)
        : outer(shape.product(0, axis)), extent(shape[axis]), inner(shape.product(axis + 1, shape.rank())) {}
    Strips(std::size_t outer, std::size_t extent, std::size_t inner)
        : outer(outer), extent(extent), inner(inner) {}
};

/// The innermost run of adjacent axes along which `kept` has an extent of 1, and the shape once they are
/// reduced.
struct Run {
    Strips strips;
    Shape reduced;
};
Run innermost_run(const Shape& shape, const Shape& kept);

namespace kernels {

// What the formulas below need of numbers and batches alike.

template <std::floating_point T>
T choose(bool holds, T a, T b) {
    return holds ? a : b;
}
template <class T, class A>
xsimd::batch<T, A> choose(const xsimd::batch_bool<T, A>& holds, const xsimd::batch<T, A>& a,
                          const xsimd::batch<T, A>& b) {
    return select(holds, a, b);
}
// How two partial results combine: over SIMD batches and over numbers. `Total` is what many of them are added
// up in.

struct Sum {
    template <class T>
    using Total = double;
    static constexpr double identity = 0;
    template <class V>
    static V combine(const V& a, const V& b) {
        return a + b;
    }
};

struct Product {
    template <class T>
    using Total = T;
    static constexpr double identity = 1;
    template <class V>
    static V combine(const V& a, const V& b) {
        return a * b;
    }
};

// Of two elements the one that prevails is kept; a NaN always does, and otherwise the first of two equal
// ones.

struct Largest {
    template <class T>
    using Total = T;
    static constexpr double identity = -std::numeric_limits<double>::infinity();
    template <class V>
    static auto prevails(const V& a, const V& b) {
        using std::isnan;
        return a >= b || isnan(a);
    }
    template <class V>
    static V combine(const V& a, const V& b) {
        return choose(prevails(a, b), a, b);
    }
};

struct Smallest {
    template <class T>
    using Total = T;
    static constexpr double identity = std::numeric_limits<double>::infinity();
    template <class V>
    static auto prevails(const V& a, const V& b) {
        using std::isnan;
        return a <= b || isnan(a);
    }
    template <class V>
    static V combine(const V& a, const V& b) {
        return choose(prevails(a, b), a, b);
    }
};

/// The first `count` lanes combined.
template <class C, class T>
T combine_lanes(const Batch<T>& batch, std::size_t count = Batch<T>::size) {
    const auto combine = [](const auto& a, const auto& b) { return C::combine(a, b); };
    if (count == Batch<T>::size) return fold_lanes(batch, combine);
    return fold_lanes(first_lanes(batch, count, static_cast<T>(C::identity)), combine);
}

/// `count` elements as a batch: W of them, or fewer at the end.
template <class T>
Batch<T> load(const T* data, std::size_t count) {
    return count == Batch<T>::size ? Batch<T>::load_unaligned(data) : load_partial(data, count);
}
template <class T>
void store(const Batch<T>& batch, T* data, std::size_t count) {
    if (count == Batch<T>::size) {
        batch.store_unaligned(data);
    } else {
        store_partial(batch, data, count);
    }
}

/// Calls `f(i, count)` for each batch of `n` elements; `count` is W, a constant to the compiler, except at
/// the end.
template <class T, class F>
void for_each_batch(std::size_t n, const F& f) {
    constexpr std::size_t W = Batch<T>::size;
    std::size_t i = 0;
    for (; i + W <= n; i += W) f(i, W);
    if (i < n) f(i, n - i);
}

/// Partial results of this many elements a lane, and no more, are combined in T; these in `Total`. So a float
/// sum is off by a few units in its last place at most, however long it is.
inline constexpr std::size_t partial_length = 8;

/// total[i] = combine(total[i], partial[i]) for W lanes, in the type of `total`.
template <class C, class T, class Total>
void combine_into(Total* total, const T* partial) {
    for (std::size_t i = 0; i < Batch<T>::size; ++i)
        total[i] = C::combine(total[i], static_cast<Total>(partial[i]));
}

/// Combines `n` elements, of which `at(i, count)` gives a batch.
template <class C, class T, class At>
typename C::template Total<T> reduce_row(std::size_t n, const At& at) {
    using V = Batch<T>;
    using Total = typename C::template Total<T>;
    constexpr std::size_t W = V::size, step = 4 * W;
    auto total = static_cast<Total>(C::identity);
    std::size_t i = 0;
    if (i + step <= n) {
        alignas(64) Total totals[W];
        alignas(64) T partial[W];
        std::fill_n(totals, W, static_cast<Total>(C::identity));
        while (i + step <= n) {
            V a = at(i, W), b = at(i + W, W), c = at(i + 2 * W, W), d = at(i + 3 * W, W);
            i += step;
            for (const std::size_t end = std::min(n - n % step, i + (partial_length - 1) * step); i < end;
                 i += step) {
                a = C::combine(a, at(i, W));
                b = C::combine(b, at(i + W, W));
                c = C::combine(c, at(i + 2 * W, W));
                d = C::combine(d, at(i + 3 * W, W));
            }
            C::combine(C::combine(a, b), C::combine(c, d)).store_aligned(partial);
            combine_into<C>(totals, partial);
        }
        for (const Total lane : totals) total = C::combine(total, lane);
    }
    if (i + W <= n) {
        V a = at(i, W);
        for (i += W; i + W <= n; i += W) a = C::combine(a, at(i, W));
        total = C::combine(total, static_cast<Total>(combine_lanes<C>(a)));
    }
    if (i < n) total = C::combine(total, static_cast<Total>(combine_lanes<C>(at(i, n - i), n - i)));
    return total;
}

/// The columns that reduce_columns() keeps at hand.
inline constexpr std::size_t column_tile = 512;

/// Combines `rows` rows of `width` columns, W <= width <= column_tile, into `totals`.
/// @param map     takes an element and its column's `centre`
/// @param centre  one element a column, or null
template <class C, class T, class Map>
void reduce_tile(const T* x, std::size_t rows, std::size_t stride, std::size_t width, const Map& map,
                 const T* centre, typename C::template Total<T>* totals) {
    using V = Batch<T>;
    using Total = typename C::template Total<T>;
    constexpr std::size_t W = V::size, chunk = 4 * partial_length;
    // The last batch overlaps the one before, but has accumulators of its own.
    const std::size_t batches = (width + W - 1) / W;
    const auto column = [&](std::size_t b) { return std::min(b * W, width - W); };
    alignas(64) T partial[column_tile];
    alignas(64) Total total[column_tile];
    std::fill_n(total, batches * W, static_cast<Total>(C::identity));
    for (std::size_t i = 0; i < rows;) {
        std::fill_n(partial, batches * W, static_cast<T>(C::identity));
        const std::size_t end = std::min(rows, i + chunk);
        for (; i + 4 <= end; i += 4) {
            const T* const row = x + i * stride;
            for (std::size_t b = 0; b < batches; ++b) {
                const T* const from = row + column(b);
                const V c = centre ? V::load_unaligned(centre + column(b)) : V(T(0));
                const auto at = [&](std::size_t k) { return map(V::load_unaligned(from + k * stride), c); };
                const V four = C::combine(C::combine(at(0), at(1)), C::combine(at(2), at(3)));
                C::combine(V::load_aligned(partial + b * W), four).store_aligned(partial + b * W);
            }
        }
        for (; i < end; ++i) {
            const T* const row = x + i * stride;
            for (std::size_t b = 0; b < batches; ++b) {
                const V c = centre ? V::load_unaligned(centre + column(b)) : V(T(0));
                const V one = map(V::load_unaligned(row + column(b)), c);
                C::combine(V::load_aligned(partial + b * W), one).store_aligned(partial + b * W);
            }
        }
        for (std::size_t b = 0; b < batches; ++b) combine_into<C>(total + b * W, partial + b * W);
    }
    for (std::size_t b = 0; b < batches; ++b) std::copy_n(total + b * W, W, totals + column(b));
}

/// Combines `rows` rows of `inner` elements column by column into `out`; arguments as for reduce_tile().
template <class C, class T, class Map>
void reduce_columns(const T* x, std::size_t rows, std::size_t inner, const Map& map, const T* centre,
                    T* out) {
    using Total = typename C::template Total<T>;
    constexpr std::size_t W = Batch<T>::size;
    Total totals[column_tile];
    const auto add = [&](std::size_t first_row, std::size_t j, Total total) {
        for (std::size_t i = first_row; i < rows; ++i) {
            total = C::combine(total, static_cast<Total>(map(x[i * inner + j], centre ? centre[j] : T(0))));
        }
        out[j] = static_cast<T>(total);
    };
    if (rows * inner < W) {
        for (std::size_t j = 0; j < inner; ++j) add(0, j, static_cast<Total>(C::identity));
    } else if (inner >= 4 * W) {
        for (std::size_t j = 0; j < inner;) {
            // No tile is narrower than a batch.
            std::size_t width = std::min(column_tile, inner - j);
            if (inner - j > width && inner - j - width < W) width -= W;
            reduce_tile<C>(x + j, rows, inner, width, map, centre ? centre + j : nullptr, totals);
            for (std::size_t k = 0; k < width; ++k) out[j + k] = static_cast<T>(totals[k]);
            j += width;
        }
    } else {
        // Several short rows make one long row.
        const std::size_t fold = std::min(rows, column_tile / inner), width = fold * inner;
        T centres[column_tile];
        for (std::size_t k = 0; centre && k < width; ++k) centres[k] = centre[k % inner];
        reduce_tile<C>(x, rows / fold, width, width, map, centre ? centres : nullptr, totals);
        for (std::size_t k = 1; k < fold; ++k) {
            for (std::size_t j = 0; j < inner; ++j) totals[j] = C::combine(totals[j], totals[k * inner + j]);
        }
        for (std::size_t j = 0; j < inner; ++j) add(rows - rows % fold, j, totals[j]);
    }
}

} // namespace kernels

/// The map of a reduction of the elements as they are.
struct AsTheyAre {
    template <class V>
    V operator()(const V& x, const V&) const {
        return x;
    }
};

/// Combines map(x, c) over the axes along which `kept` has an extent of 1 and x has not. The result has the
/// shape `kept`.
/// @param centre  of shape `kept`: the c of each element; or without elements
template <class C, class T, class Map = AsTheyAre>
Tensor<T> reduce(const Tensor<T>& x, const Shape& kept, const Map& map = {}, const Tensor<T>& centre = {}) {
    const Shape& shape = x.shape();
    if (x.size() == 0) return Tensor<T>(kept, static_cast<T>(C::identity));
    const auto [strips, part] = innermost_run(shape, kept);
    Tensor<T> result(part), stretched = centre;
    if (centre && part != kept) stretched = broadcast_to(Variable<T>(centre, false), part).tensor();
    const auto [outer, extent, inner] = strips;
    for (std::size_t o = 0; o < outer; ++o) {
        const T* const from = x.data() + o * extent * inner;
        const T* const c = stretched ? stretched.data() + o * inner : nullptr;
        if (inner == 1) {
            const Batch<T> centre_batch(c ? *c : T(0));
            result.data()[o] =
                static_cast<T>(kernels::reduce_row<C, T>(extent, [&](std::size_t i, std::size_t count) {
                    return map(kernels::load(from + i, count), centre_batch);
                }));
        } else {
            kernels::reduce_columns<C>(from, extent, inner, map, c, result.data() + o * inner);
        }
    }
    return part == kept ? result : reduce<C>(result, kept);
}

/// target (+)= formula(x, a, b), where `a` and `b` broadcast to x.
/// @param x, b  may be without elements, if the formula does not read them
template <class Formula, class T>
void spread(const Formula& formula, const Tensor<T>& x, const Shape& shape, const Tensor<T>& a,
            const Tensor<T>& b, const typename Pullback<T>::Target& target) {
    using V = Batch<T>;
    for_each_row<1>(shape, {&a.shape()},
                    [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
                        const auto run = [&](auto lane) {
                            const auto load_a = lane(a), load_b = lane(b);
                            kernels::for_each_batch<T>(n, [&](std::size_t i, std::size_t count) {
                                const V v = formula(x ? kernels::load(x.data() + row + i, count) : V(T(0)),
                                                    load_a(i, count), load_b(i, count));
                                T* const to = target.data + row + i;
                                kernels::store(target.fresh ? v : kernels::load(to, count) + v, to, count);
                            });
                        };
                        if (step[0]) {
                            run([&](const Tensor<T>& tensor) {
                                const T* const data = tensor ? tensor.data() + offset[0] : nullptr;
                                return [data](std::size_t i, std::size_t count) {
                                    return data ? kernels::load(data + i, count) : V(T(0));
                                };
                            });
                        } else {
                            run([&](const Tensor<T>& tensor) {
                                const V value(tensor ? tensor.data()[offset[0]] : T(0));
                                return [value](std::size_t, std::size_t) { return value; };
                            });
                        }
                    });
}

} // namespace xgrad::ops

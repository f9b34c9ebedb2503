#include <xgrad/ops/arg.hpp>

#include <xgrad/ops/reduction_kernels.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace xgrad {

using ops::Batch;
using ops::Strips;
using ops::kernels::Largest;
using ops::kernels::Smallest;

namespace {

/// The position of the first of `n` elements that is `wanted`, or of the first NaN if `wanted` is one. There
/// is one.
template <class T>
std::size_t find(const T* x, std::size_t n, T wanted) {
    using V = Batch<T>;
    static constexpr auto lanes = [] {
        std::array<T, V::size> numbers{};
        for (std::size_t i = 0; i < V::size; ++i) numbers[i] = static_cast<T>(i);
        return numbers;
    }();
    const V batch(wanted), lane = V::load_unaligned(lanes.data());
    const bool nan = std::isnan(wanted);
    for (std::size_t i = 0;; i += V::size) {
        // The last batch's other lanes repeat its first: they hold no earlier find.
        const V here = ops::kernels::load(x + i, std::min(V::size, n - i));
        const auto found = nan ? isnan(here) : here == batch;
        if (!xsimd::any(found)) continue;
        return i + static_cast<std::size_t>(
                       ops::kernels::combine_lanes<Smallest>(select(found, lane, V(T(V::size)))));
    }
}

/// The row of the extreme in each of `columns` columns.
/// @tparam Index  an integer as wide as T, if that is wide enough, so that one loop runs over both
template <class C, class Index, class T>
void arg_columns(const T* x, std::size_t rows, std::size_t stride, std::size_t columns, std::int64_t* out) {
    constexpr std::size_t tile = 512;
    T extreme[tile];
    Index index[tile];
    for (std::size_t j = 0; j < columns; j += tile) {
        const std::size_t width = std::min(tile, columns - j);
        std::copy_n(x + j, width, extreme);
        std::fill_n(index, width, Index{0});
        for (std::size_t i = 1; i < rows; ++i) {
            const T* const row = x + i * stride + j;
            for (std::size_t k = 0; k < width; ++k) {
                const bool keep = C::prevails(extreme[k], row[k]);
                index[k] = keep ? index[k] : static_cast<Index>(i);
                extreme[k] = keep ? extreme[k] : row[k];
            }
        }
        std::copy_n(index, width, out + j);
    }
}

/// The positions along the axis of `strips`.
template <class C, class T>
void arg(const T* x, const Strips& strips, std::int64_t* out) {
    const auto [outer, extent, inner] = strips;
    for (std::size_t o = 0; o < outer; ++o, x += extent * inner, out += inner) {
        if (inner == 1) {
            const T extreme = ops::kernels::reduce_row<C, T>(
                extent, [x](std::size_t i, std::size_t count) { return ops::kernels::load(x + i, count); });
            *out = static_cast<std::int64_t>(find(x, extent, extreme));
        } else if (sizeof(T) == 4 && extent <= std::numeric_limits<std::int32_t>::max()) {
            arg_columns<C, std::int32_t>(x, extent, inner, inner, out);
        } else {
            arg_columns<C, std::int64_t>(x, extent, inner, inner, out);
        }
    }
}

template <class C, class T>
std::int64_t arg_of_all(const Variable<T>& x, const char* operation, const Location& at) {
    if (x.size() == 0) {
        throw ValueError(std::string(operation) + ": there is nothing to search in an array of shape " +
                             to_string(x.shape()),
                         at);
    }
    std::int64_t index;
    arg<C>(x.tensor().data(), Strips(1, x.size(), 1), &index);
    return index;
}

template <class C, class T>
Array<std::int64_t> arg_along(const Variable<T>& x, std::ptrdiff_t axis, bool keepdims, const char* operation,
                              const Location& at) {
    const auto reduced = ops::reduced_shape(x.shape(), axis, keepdims, operation, at);
    if (reduced.count == 0 && reduced.result.size() > 0) {
        throw ValueError(std::string(operation) + ": axis " + std::to_string(axis) + " of shape " +
                             to_string(x.shape()) + " is empty",
                         at);
    }
    Array<std::int64_t> index(Array<std::int64_t>::shape_type(reduced.result.begin(), reduced.result.end()));
    if (x.size() == 0) return index;
    arg<C>(x.tensor().data(), Strips(x.shape(), normalize_axis(axis, x.shape(), operation, at)),
           index.data());
    return index;
}

} // namespace

template <class T>
std::int64_t argmax(const Variable<T>& x, Location at) {
    return arg_of_all<Largest>(x, "argmax", at);
}
template <class T>
Array<std::int64_t> argmax(const Variable<T>& x, std::ptrdiff_t axis, bool keepdims, Location at) {
    return arg_along<Largest>(x, axis, keepdims, "argmax", at);
}
template <class T>
std::int64_t argmin(const Variable<T>& x, Location at) {
    return arg_of_all<Smallest>(x, "argmin", at);
}
template <class T>
Array<std::int64_t> argmin(const Variable<T>& x, std::ptrdiff_t axis, bool keepdims, Location at) {
    return arg_along<Smallest>(x, axis, keepdims, "argmin", at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template std::int64_t argmax(const Variable<T>&, Location);                                              \
    template Array<std::int64_t> argmax(const Variable<T>&, std::ptrdiff_t, bool, Location);                 \
    template std::int64_t argmin(const Variable<T>&, Location);                                              \
    template Array<std::int64_t> argmin(const Variable<T>&, std::ptrdiff_t, bool, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

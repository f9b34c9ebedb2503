#include <xgrad/ops/sort.hpp>

#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/reduction_kernels.hpp>
#include <xgrad/ops/shape.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>

namespace xgrad {

namespace {

using ops::Strips;

template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// An unsigned integer that orders as its number does: NaN is the largest, and the zeros are one.
template <class T>
Bits<T> key_of(T number, bool descending) noexcept {
    using K = Bits<T>;
    constexpr K sign = K{1} << (8 * sizeof(K) - 1);
    const K bits = std::bit_cast<K>(number + 0); // -0 becomes 0
    K key = bits & sign ? ~bits : bits | sign;
    if (std::isnan(number)) key = std::numeric_limits<K>::max();
    return descending ? static_cast<K>(~key) : key;
}

// What is sorted: a key, and the index that decides between equal keys, so that no two are the same and any algorithm
// is stable.

/// Both in one integer, which sorts in half the time.
struct PackedEntry {
    std::uint64_t bits;
    void set(std::uint32_t key, std::size_t index) noexcept { bits = std::uint64_t{key} << 32 | index; }
    std::size_t index() const noexcept { return bits & 0xffffffff; }
    friend bool operator<(PackedEntry a, PackedEntry b) noexcept { return a.bits < b.bits; }
};

struct WideEntry {
    std::uint64_t key, position;
    void set(std::uint64_t k, std::size_t index) noexcept {
        key = k;
        position = index;
    }
    std::size_t index() const noexcept { return position; }
    friend bool operator<(const WideEntry& a, const WideEntry& b) noexcept {
        return a.key < b.key || (a.key == b.key && a.position < b.position);
    }
};

/// Calls `line(start, sorted)` for each line of `strips`, with the position of its first element and its first k
/// entries in order.
template <class Entry, class T, class Line>
void sort_lines(const T* x, const Strips& strips, std::size_t k, bool descending, Line&& line) {
    const auto [outer, extent, inner] = strips;
    const Tensor<Entry> entries(Shape{extent});
    Entry* const first = entries.begin();
    for (std::size_t start = 0; start < outer * extent * inner; start += extent * inner) {
        for (std::size_t j = 0; j < inner; ++j) {
            for (std::size_t i = 0; i < extent; ++i) {
                first[i].set(key_of(x[start + i * inner + j], descending), i);
            }
            if (k < extent) std::nth_element(first, first + k, entries.end());
            std::sort(first, first + k);
            line(start + j, first);
        }
    }
}

/// The first k of each line in order, where the axis of the result has k elements: `along`, if wanted, gets their
/// indices along the axis, and `positions` their positions in x.
template <class T>
void select_sorted(const Tensor<T>& x, std::size_t axis, std::size_t k, bool descending, std::int64_t* along,
                   std::int64_t* positions) {
    const Strips strips(x.shape(), axis);
    if (x.size() == 0 || k == 0) return;
    std::size_t lines = 0;
    const auto write = [&](std::size_t start, const auto* sorted) {
        const std::size_t to = lines / strips.inner * k * strips.inner + lines % strips.inner;
        ++lines;
        for (std::size_t i = 0; i < k; ++i) {
            const std::size_t index = sorted[i].index();
            if (along) along[to + i * strips.inner] = static_cast<std::int64_t>(index);
            if (positions) positions[to + i * strips.inner] = static_cast<std::int64_t>(start + index * strips.inner);
        }
    };
    if (sizeof(T) == 4 && strips.extent <= std::numeric_limits<std::uint32_t>::max()) {
        if constexpr (sizeof(T) == 4) sort_lines<PackedEntry>(x.data(), strips, k, descending, write);
    } else {
        sort_lines<WideEntry>(x.data(), strips, k, descending, write);
    }
}

/// An array of indices for the user, with k of them along the axis.
Array<std::int64_t> index_array(Shape shape, std::size_t axis, std::size_t k) {
    shape[axis] = k;
    return Array<std::int64_t>(Array<std::int64_t>::shape_type(shape.begin(), shape.end()));
}

/// The first k of each line in order, as the operation `name`.
template <class T>
Variable<T> sorted(const Variable<T>& x, std::size_t axis, std::size_t k, bool descending, std::int64_t* along,
                   const char* name, const Location& at) {
    Shape shape = x.shape();
    shape[axis] = k;
    Tensor<std::int64_t> positions(shape);
    select_sorted(x.tensor(), axis, k, descending, along, positions.data());
    return ops::take(flatten(x, 0, -1, at), std::move(positions), 0, name, at);
}

} // namespace

template <class T>
Variable<T> sort(const Variable<T>& x, std::ptrdiff_t axis, bool descending, Location at) {
    const std::size_t a = normalize_axis(axis, x.shape(), "sort", at);
    return sorted(x, a, x.shape()[a], descending, nullptr, "sort", at);
}

template <class T>
Array<std::int64_t> argsort(const Variable<T>& x, std::ptrdiff_t axis, bool descending, Location at) {
    const std::size_t a = normalize_axis(axis, x.shape(), "argsort", at);
    auto indices = index_array(x.shape(), a, x.shape()[a]);
    select_sorted(x.tensor(), a, x.shape()[a], descending, indices.data(), nullptr);
    return indices;
}

template <class T>
TopK<T> topk(const Variable<T>& x, std::size_t k, std::ptrdiff_t axis, bool largest, Location at) {
    const std::size_t a = normalize_axis(axis, x.shape(), "topk", at);
    if (k > x.shape()[a]) {
        throw ValueError("topk: k = " + std::to_string(k) + " is more than there are along axis " +
                             std::to_string(axis) + " of shape " + to_string(x.shape()),
                         at);
    }
    auto indices = index_array(x.shape(), a, k);
    Variable<T> values = sorted(x, a, k, largest, indices.data(), "topk", at);
    return {std::move(values), std::move(indices)};
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template Variable<T> sort(const Variable<T>&, std::ptrdiff_t, bool, Location);                                     \
    template Array<std::int64_t> argsort(const Variable<T>&, std::ptrdiff_t, bool, Location);                          \
    template TopK<T> topk(const Variable<T>&, std::size_t, std::ptrdiff_t, bool, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

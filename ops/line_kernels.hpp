/// @file
/// Loops that reduce lines of an array and then use what came of it on every element of the line, while the
/// line is still in the cache. Included only where operations are compiled.
#pragma once

#include <xgrad/ops/reduction_kernels.hpp>

namespace xgrad::ops {

/// The elements of a line between two loops over it, in memory.
template <class T>
struct InMemory {
    T* data;
    void set(std::size_t i, std::size_t count, const Batch<T>& batch) const {
        kernels::store(batch, data + i, count);
    }
    Batch<T> get(std::size_t i, std::size_t count) const { return kernels::load(data + i, count); }
};

/// One line of consecutive elements.
template <class T>
class Row {
    using V = Batch<T>;

  public:
    /// A number for the line.
    struct Statistic {
        V value;
        V at(std::size_t, std::size_t) const { return value; }
        template <class F>
        Statistic map(const F& f) const {
            return {f(value)};
        }
    };

    Row(std::size_t start, std::size_t extent) : start_(start), extent_(extent) {}

    /// Where to keep elements between two loops; `data` may be used for it.
    static InMemory<T> keep(T* data) { return {data}; }

    /// Combines `f(i, count, line)` over the line: the elements from i on, which belong to the lines from
    /// `line` on.
    template <class C, class F>
    Statistic reduce(C, const F& f) const {
        const auto at = [&](std::size_t i, std::size_t count) {
            return f(start_ + i, count, std::size_t{0});
        };
        return {V(static_cast<T>(kernels::reduce_row<C, T>(extent_, at)))};
    }

    /// Calls `f(i, count, line)` for all batches of the line.
    template <class F>
    void for_each(const F& f) const {
        kernels::for_each_batch<T>(
            extent_, [&](std::size_t i, std::size_t count) { f(start_ + i, count, std::size_t{0}); });
    }

  private:
    std::size_t start_, extent_;
};

/// One line that fits into a batch, and stays there. Used as a Row is.
template <class T>
class ShortRow {
    using V = Batch<T>;

  public:
    using Statistic = typename Row<T>::Statistic;

    ShortRow(std::size_t start, std::size_t extent) : start_(start), extent_(extent) {}

    struct InRegister {
        V value;
        void set(std::size_t, std::size_t, const V& batch) { value = batch; }
        V get(std::size_t, std::size_t) const { return value; }
    };
    static InRegister keep(T*) { return {}; }

    template <class C, class F>
    Statistic reduce(C, const F& f) const {
        return {V(kernels::combine_lanes<C, T>(f(start_, extent_, std::size_t{0}), extent_))};
    }

    template <class F>
    void for_each(const F& f) const {
        f(start_, extent_, std::size_t{0});
    }

  private:
    std::size_t start_, extent_;
};

/// Several lines beside each other, each with a stride; batches go across them. Used as a Row is.
template <class T>
class Columns {
    using V = Batch<T>;

  public:
    static constexpr std::size_t most = 512;

    /// A number for each line.
    struct Statistic {
        alignas(64) T values[most];
        std::size_t lines;
        V at(std::size_t line, std::size_t) const { return V::load_aligned(values + line); }
        template <class F>
        Statistic map(const F& f) const {
            Statistic result;
            result.lines = lines;
            for (std::size_t line = 0; line < lines; line += V::size)
                f(at(line, V::size)).store_aligned(result.values + line);
            return result;
        }
    };

    Columns(std::size_t start, std::size_t extent, std::size_t stride, std::size_t width)
        : start_(start), extent_(extent), stride_(stride), width_(width) {}

    static InMemory<T> keep(T* data) { return {data}; }

    template <class C, class F>
    Statistic reduce(C, const F& f) const {
        Statistic statistic;
        statistic.lines = width_;
        const V identity(static_cast<T>(C::identity));
        for (std::size_t line = 0; line < width_; line += V::size)
            identity.store_aligned(statistic.values + line);
        for_each([&](std::size_t i, std::size_t count, std::size_t line) {
            const V total = C::combine(statistic.at(line, count), f(i, count, line));
            total.store_aligned(statistic.values + line);
        });
        return statistic;
    }

    template <class F>
    void for_each(const F& f) const {
        for (std::size_t k = 0; k < extent_; ++k) {
            const std::size_t row = start_ + k * stride_;
            kernels::for_each_batch<T>(width_,
                                       [&](std::size_t j, std::size_t count) { f(row + j, count, j); });
        }
    }

  private:
    std::size_t start_, extent_, stride_, width_;
};

/// Calls `f` with the lines of `strips`: a Row or a ShortRow at a time, or some Columns.
template <class T, class F>
void for_each_line(const Strips& strips, const F& f) {
    const auto [outer, extent, inner] = strips;
    if (extent == 0) return;
    for (std::size_t o = 0; o < outer; ++o) {
        const std::size_t start = o * extent * inner;
        if (inner == 1 && extent <= Batch<T>::size) {
            f(ShortRow<T>(start, extent));
        } else if (inner == 1) {
            f(Row<T>(start, extent));
        } else {
            for (std::size_t j = 0; j < inner; j += Columns<T>::most) {
                f(Columns<T>(start + j, extent, inner, std::min(Columns<T>::most, inner - j)));
            }
        }
    }
}

} // namespace xgrad::ops

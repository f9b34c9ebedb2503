/// @file
/// The extents of an array, held inline, and NumPy's rules for combining them.
#pragma once

#include <xgrad/autodiff/error.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace xgrad {

/// The extents of an array, outermost first: () is a scalar, (3) a vector, (2, 3) a matrix.
/// Held inline, so that recording an operation allocates nothing for it.
class Shape {
  public:
    /// The largest number of axes an array may have.
    static constexpr std::size_t max_rank = 8;

    Shape() noexcept {} // leaves the extents of axes that are not there unset
    // Copies what is there and no more: most arrays have one or two axes, and every node of the tape has a shape.
    Shape(const Shape& other) noexcept { *this = other; }
    Shape& operator=(const Shape& other) noexcept {
        rank_ = other.rank_;
        for (std::size_t i = 0; i < rank_; ++i) extents_[i] = other.extents_[i];
        return *this;
    }

    /// @throws ShapeError if there are more than `max_rank` extents
    Shape(std::initializer_list<std::size_t> extents, Location at = Location::current())
        : Shape(std::span<const std::size_t>(extents.begin(), extents.size()), at) {}

    /// @copydoc Shape(std::initializer_list<std::size_t>, Location)
    explicit Shape(std::span<const std::size_t> extents, Location at = Location::current()) {
        if (extents.size() > max_rank) throw_rank(extents.size(), at);
        for (const std::size_t extent : extents) extents_[rank_++] = extent;
    }

    /// The number of axes.
    std::size_t rank() const noexcept { return rank_; }
    /// The number of elements: the product of the extents, 1 for a scalar.
    std::size_t size() const noexcept {
        std::size_t n = 1;
        for (std::size_t i = 0; i < rank_; ++i) n *= extents_[i];
        return n;
    }

    std::size_t operator[](std::size_t axis) const noexcept { return extents_[axis]; }
    std::size_t& operator[](std::size_t axis) noexcept { return extents_[axis]; }
    /// The extent of the last axis but `i`: `back(0)` is the innermost.
    std::size_t back(std::size_t i = 0) const noexcept { return extents_[rank_ - 1 - i]; }

    const std::size_t* begin() const noexcept { return extents_.data(); }
    const std::size_t* end() const noexcept { return extents_.data() + rank_; }

    /// Appends an axis.
    /// @throws ShapeError if there are `max_rank` already
    void push_back(std::size_t extent, Location at = Location::current()) {
        if (rank_ == max_rank) throw_rank(rank_ + 1, at);
        extents_[rank_++] = extent;
    }

    /// The product of the extents of the axes in [first, last).
    std::size_t product(std::size_t first, std::size_t last) const noexcept {
        std::size_t n = 1;
        for (std::size_t i = first; i < last; ++i) n *= extents_[i];
        return n;
    }

    friend bool operator==(const Shape& a, const Shape& b) noexcept {
        return a.rank_ == b.rank_ && std::equal(a.begin(), a.end(), b.begin());
    }

  private:
    friend class Axes;
    [[noreturn]] static void throw_rank(std::size_t rank, const Location& at);

    std::size_t rank_ = 0;
    std::array<std::size_t, max_rank> extents_; // [0, rank)
};

namespace detail {
[[noreturn]] void throw_too_large(const Shape& shape, const char* operation, const Location& at);
}

/// Refuses an array that no process could hold, before its size overflows: axes of extent 0 do not make up for others,
/// which loops and lists of indices run along.
/// @throws ShapeError naming `operation` and the shape
inline void check_size(const Shape& shape, const char* operation, const Location& at) {
    constexpr std::size_t most = std::size_t{1} << 44; // 2^47 bytes are all that a process can address
    std::size_t size = 1;
    for (const std::size_t extent : shape) {
        if (extent == 0) continue;
        if (__builtin_mul_overflow(size, extent, &size) || size > most) detail::throw_too_large(shape, operation, at);
    }
}

/// Axes, as reductions take them: one, `sum(x, 1)`, or several, `sum(x, {0, -1})`. Negative ones count from the end; what
/// none means is the operation's to say. Held inline, so that a call allocates nothing for them.
class Axes {
  public:
    Axes() = default;

    /// One axis. (A bool is no axis: it would be a flag in the wrong place.)
    template <std::integral I>
        requires(!std::same_as<I, bool>)
    Axes(I axis) : axes_{static_cast<std::ptrdiff_t>(axis)}, size_(1) {}

    /// @throws ShapeError if there are more than an array can have
    Axes(std::initializer_list<std::ptrdiff_t> axes, Location at = Location::current())
        : Axes(std::span<const std::ptrdiff_t>(axes.begin(), axes.size()), at) {}

    /// Any range of integers.
    /// @throws ShapeError if there are more than an array can have
    template <class R> // not std::ranges::input_range: <ranges> is a twelfth of what xtensor takes to compile
        requires std::integral<std::iter_value_t<decltype(std::begin(std::declval<const R&>()))>>
    Axes(const R& axes, Location at = Location::current()) {
        for (const auto axis : axes) push_back(static_cast<std::ptrdiff_t>(axis), at);
    }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    std::ptrdiff_t operator[](std::size_t i) const noexcept { return axes_[i]; }
    const std::ptrdiff_t* begin() const noexcept { return axes_.data(); }
    const std::ptrdiff_t* end() const noexcept { return axes_.data() + size_; }

    /// Appends an axis.
    /// @throws ShapeError if there are as many already as an array can have
    void push_back(std::ptrdiff_t axis, Location at = Location::current());

  private:
    std::array<std::ptrdiff_t, Shape::max_rank> axes_{};
    std::size_t size_ = 0;
};

/// "(32, 784)"; "()" for a scalar; "(3)" for a vector.
std::string to_string(const Shape& shape);
/// "{0, -1}", as one writes them.
std::string to_string(const Axes& axes);

/// The shape of an elementwise operation's result by NumPy's rule: aligned at the last axis, extents of 1 stretch.
/// @throws ShapeError naming `operation` and both shapes if they do not broadcast
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* operation, const Location& at);

/// Whether an array of shape `from` can be broadcast to `to` without changing `to`.
bool broadcasts_to(const Shape& from, const Shape& to) noexcept;

/// An axis counted from the front.
/// @param axis  in [-rank, rank)
/// @throws IndexError naming `operation`, the axis and the shape if it is out of range
std::size_t normalize_axis(std::ptrdiff_t axis, const Shape& shape, const char* operation, const Location& at);

} // namespace xgrad

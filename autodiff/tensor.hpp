/// @file
/// What a node of the tape holds: a shared buffer and a shape.
#pragma once

#include <xgrad/autodiff/pool.hpp>
#include <xgrad/autodiff/shape.hpp>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace xgrad {

/// A contiguous, row-major array in a shared, pooled buffer. Copying a Tensor shares its elements.
/// It is lighter than an `xt::xarray`, which costs 32 to 68 ns to construct; users see it as an `ArrayRef`.
template <class T>
class Tensor {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    using value_type = T;

    Tensor() = default;

    /// Uninitialised elements for `shape`.
    /// @throws ShapeError if no machine could hold them
    explicit Tensor(const Shape& shape)
        : buffer_(allocate(shape)), data_(static_cast<T*>(buffer_.data())), shape_(shape) {}

    /// Every element set to `value`.
    Tensor(const Shape& shape, T value) : Tensor(shape) { std::fill_n(data_, size(), value); }

    /// The whole of a buffer that some other Tensor of as many elements gave up.
    Tensor(detail::Buffer buffer, const Shape& shape)
        : buffer_(std::move(buffer)), data_(static_cast<T*>(buffer_.data())), shape_(shape) {}

    explicit operator bool() const noexcept { return static_cast<bool>(buffer_); }
    const Shape& shape() const noexcept { return shape_; }
    std::size_t size() const noexcept { return shape_.size(); }
    T* data() const noexcept { return data_; }
    T* begin() const noexcept { return data_; }
    T* end() const noexcept { return data_ + size(); }

    /// The same elements seen with another shape of the same size; nothing is copied.
    Tensor reshaped(const Shape& shape) const {
        Tensor view = *this;
        view.shape_ = shape;
        return view;
    }

    /// The elements from `offset` on seen with `shape`; nothing is copied.
    Tensor slice(std::size_t offset, const Shape& shape) const {
        Tensor view = reshaped(shape);
        view.data_ += offset;
        return view;
    }

    Tensor clone() const {
        Tensor copy(shape_);
        std::copy_n(data_, size(), copy.data_);
        return copy;
    }

    /// Whether nobody else shares the buffer and the elements fill it from its start: it may be written or given away.
    bool exclusive() const noexcept { return buffer_ && buffer_.unique() && data_ == buffer_.data(); }

    /// Lets the elements go and keeps the shape.
    void release() noexcept {
        buffer_.reset();
        data_ = nullptr;
    }

    detail::Buffer& buffer() noexcept { return buffer_; }
    const detail::Buffer& buffer() const noexcept { return buffer_; }

  private:
    static detail::Buffer allocate(const Shape& shape) {
        check_size(shape, "array", Location());
        return detail::Buffer::allocate(shape.size() * sizeof(T));
    }

    detail::Buffer buffer_;
    T* data_ = nullptr;
    Shape shape_;
};

} // namespace xgrad

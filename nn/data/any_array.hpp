/// @file
/// An array whose element type a file decides.
#pragma once

#include <xgrad/autodiff/array.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace xgrad::nn {

/// The types of the elements in the files that are read, by NumPy's names (`bool` is `boolean` here).
enum class ElementType : std::uint8_t { boolean, uint8, int8, int16, int32, int64, float32, float64 };

/// "float32" for instance.
std::string_view to_string(ElementType type) noexcept;

/// The size of an element in bytes.
std::size_t size_of(ElementType type) noexcept;

/// A type that an ElementType stands for.
template <class T>
concept Element = std::same_as<T, bool> || std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::uint8_t> ||
                  (std::signed_integral<T> && sizeof(T) <= 8 && !std::same_as<T, char>);

/// What stands for T.
template <Element T>
consteval ElementType element_type() {
    if (std::same_as<T, bool>) return ElementType::boolean;
    if (std::same_as<T, std::uint8_t>) return ElementType::uint8;
    if (std::floating_point<T>) return sizeof(T) == 4 ? ElementType::float32 : ElementType::float64;
    return sizeof(T) == 1   ? ElementType::int8
           : sizeof(T) == 2 ? ElementType::int16
           : sizeof(T) == 4 ? ElementType::int32
                            : ElementType::int64;
}

/// An array of elements of some ElementType: what the readers of array files return and their writers take.
/// @code
/// Array<float> x = read_npy("x.npy").as<float>();
/// @endcode
class AnyArray {
  public:
    /// No elements, in one axis.
    AnyArray() : AnyArray(Tensor<float>(Shape{0})) {}

    /// The elements of an array or expression.
    template <ArrayExpression E>
        requires Element<typename std::decay_t<E>::value_type>
    AnyArray(const E& e, Location at = Location::current())
        : AnyArray(evaluate<typename std::decay_t<E>::value_type>(e, at)) {}

    /// The array whose elements are in `bytes` in row-major order, each in the byte order `order`.
    /// @param bytes  as many as `shape` needs
    AnyArray(ElementType type, const Shape& shape, std::string_view bytes, std::endian order);

    ElementType type() const noexcept { return type_; }
    const Shape& shape() const noexcept { return shape_; }
    std::size_t size() const noexcept { return shape_.size(); }
    /// The bytes of the elements, row-major.
    std::string_view bytes() const noexcept {
        return {static_cast<const char*>(buffer_.data()), size() * size_of(type_)};
    }

    /// The array with elements of type T. (Float64 is rounded to float32; otherwise a value stays what it is.)
    /// @tparam T  one of the types of ElementType
    /// @throws ValueError naming the first element that T cannot hold
    template <class T>
    Array<T> as(Location at = Location::current()) const;

    /// As as(), but if T is the type that it has, the elements are shared, not copied.
    /// @throws ValueError naming the first element that T cannot hold
    template <class T>
    Tensor<T> tensor(Location at = Location::current()) const;

  private:
    /// A Tensor that fills its buffer.
    template <Element T>
    explicit AnyArray(Tensor<T>&& tensor)
        : type_(element_type<T>()), shape_(tensor.shape()), buffer_(std::move(tensor.buffer())) {}

    ElementType type_;
    Shape shape_;
    xgrad::detail::Buffer buffer_;
};

} // namespace xgrad::nn

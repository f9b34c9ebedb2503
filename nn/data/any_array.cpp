#include <xgrad/nn/data/any_array.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace xgrad::nn {

namespace {

/// Calls f with a value of the type that `type` stands for.
template <class F>
auto visit(ElementType type, const F& f) {
    switch (type) {
    case ElementType::boolean: return f(bool());
    case ElementType::uint8: return f(std::uint8_t());
    case ElementType::int8: return f(std::int8_t());
    case ElementType::int16: return f(std::int16_t());
    case ElementType::int32: return f(std::int32_t());
    case ElementType::int64: return f(std::int64_t());
    case ElementType::float32: return f(float());
    default: return f(double());
    }
}

/// Whether `to` now holds the value of `from`, rounded at most.
template <class To, class From>
bool convert(From from, To& to) {
    if constexpr (std::same_as<To, From> || std::same_as<From, bool>) {
        to = static_cast<To>(from);
        return true;
    } else if constexpr (std::same_as<To, bool>) {
        to = from != From(0);
        return from == From(0) || from == From(1);
    } else if constexpr (std::floating_point<To> && std::floating_point<From>) {
        to = static_cast<To>(from);
        return std::isfinite(to) || !std::isfinite(from);
    } else if constexpr (std::floating_point<To>) {
        constexpr int digits = std::numeric_limits<To>::digits;
        to = static_cast<To>(from);
        if constexpr (std::numeric_limits<From>::digits <= digits) return true;
        // All whole numbers up to 2^digits are there; of those beyond, only some.
        else return from >= -(From(1) << digits) && from <= From(1) << digits;
    } else if constexpr (std::floating_point<From>) {
        constexpr From end = static_cast<From>(std::numeric_limits<To>::max() / 2 + 1) * 2; // a power of two
        if (!(from < end && from >= (std::is_signed_v<To> ? -end : From(0)) && from == std::trunc(from))) return false;
        to = static_cast<To>(from);
        return true;
    } else {
        to = static_cast<To>(from);
        return std::in_range<To>(from);
    }
}

/// The elements converted to T, into `to`.
template <class T>
void convert_all(const AnyArray& array, T* to, const Location& at) {
    visit(array.type(), [&]<class From>(From) {
        const auto* const from = reinterpret_cast<const From*>(array.bytes().data());
        for (std::size_t i = 0; i < array.size(); ++i) {
            if (!convert(from[i], to[i])) {
                throw ValueError("AnyArray: element " + std::to_string(i) + " is " + std::to_string(from[i]) +
                                     ", which " + std::string(to_string(element_type<T>())) + " cannot hold",
                                 at);
            }
        }
    });
}

} // namespace

std::string_view to_string(ElementType type) noexcept {
    constexpr std::string_view names[]{"bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64"};
    return names[static_cast<std::size_t>(type)];
}

std::size_t size_of(ElementType type) noexcept {
    return visit(type, [](auto element) { return sizeof(element); });
}

AnyArray::AnyArray(ElementType type, const Shape& shape, std::string_view bytes, std::endian order)
    : type_(type), shape_(shape), buffer_(xgrad::detail::Buffer::allocate(bytes.size())) {
    if (bytes.empty()) return;
    auto* const data = static_cast<char*>(buffer_.data());
    std::memcpy(data, bytes.data(), bytes.size());
    const std::size_t width = size_of(type);
    if (type == ElementType::boolean) {
        std::transform(data, data + bytes.size(), data, [](char c) { return static_cast<char>(c != 0); });
    }
    if (order != std::endian::native && width > 1) {
        for (char* element = data; element != data + bytes.size(); element += width) std::reverse(element, element + width);
    }
}

template <class T>
Array<T> AnyArray::as(Location at) const {
    Array<T> array = Array<T>::from_shape(std::vector<std::size_t>(shape_.begin(), shape_.end()));
    convert_all(*this, array.data(), at);
    return array;
}

template <class T>
Tensor<T> AnyArray::tensor(Location at) const {
    if (type_ == element_type<T>()) return Tensor<T>(buffer_, shape_);
    Tensor<T> tensor(shape_);
    convert_all(*this, tensor.data(), at);
    return tensor;
}

#define XGRAD_INSTANTIATE(T)                                                                                                   \
    template Array<T> AnyArray::as(Location) const;                                                                            \
    template Tensor<T> AnyArray::tensor(Location) const;
XGRAD_INSTANTIATE(bool)
XGRAD_INSTANTIATE(std::uint8_t)
XGRAD_INSTANTIATE(std::int8_t)
XGRAD_INSTANTIATE(std::int16_t)
XGRAD_INSTANTIATE(std::int32_t)
XGRAD_INSTANTIATE(std::int64_t)
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::nn

/// @file
/// Internal: reading binary files that are not trusted.
#pragma once

#include <xgrad/nn/data/any_array.hpp>
#include <xgrad/nn/data/file.hpp>

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xgrad::nn::detail {

/// The bytes of a file, its name for messages, and who asked for it.
struct Source {
    std::string_view bytes, name;
    const Location& at;

    [[noreturn]] void fail(std::size_t offset, const std::string& what) const {
        throw FileError(std::string(name) + ": offset " + std::to_string(offset) + ": " + what, at);
    }

    /// @throws FileError unless there are `count` bytes from `offset` on
    void require(std::size_t offset, std::size_t count, const char* part) const {
        if (offset > bytes.size() || bytes.size() - offset < count) {
            fail(bytes.size(), "the file ends within the " + std::string(part));
        }
    }

    /// The unsigned number in the `width` bytes from `offset` on, which are there.
    std::uint64_t number(std::size_t offset, std::size_t width, std::endian order) const {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i) {
            const std::size_t place = order == std::endian::big ? offset + i : offset + width - 1 - i;
            value = value << 8 | static_cast<std::uint8_t>(bytes[place]);
        }
        return value;
    }
};

/// The bytes of an array; nullopt if it is larger than any can be, which may well be 0 bytes: see check_size().
inline std::optional<std::size_t> byte_size(const Shape& shape, std::size_t width) {
    constexpr std::size_t most = std::size_t{1} << 44;
    std::size_t size = 1;
    for (const std::size_t extent : shape) {
        if (extent != 0 && (__builtin_mul_overflow(size, extent, &size) || size > most)) return std::nullopt;
    }
    return shape.size() * width;
}

} // namespace xgrad::nn::detail

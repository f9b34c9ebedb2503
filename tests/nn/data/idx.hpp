/// @file
/// IDX files of bytes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

namespace xgrad::tests {

/// Four bytes, big-endian.
inline std::string idx_extent(std::uint32_t n) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(n >> shift & 0xFF);
    return bytes;
}

inline std::string idx(std::initializer_list<std::uint32_t> shape, const std::string& elements) {
    std::string bytes("\0\0\x08", 3);
    bytes += static_cast<char>(shape.size());
    for (const std::uint32_t n : shape) bytes += idx_extent(n);
    return bytes + elements;
}

} // namespace xgrad::tests

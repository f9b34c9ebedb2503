/// @file
/// Gzipped bytes, written by Python: gzip.compress(text, 9, mtime=0).
#pragma once

#include <xgrad/nn/data/file.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace xgrad::tests {

inline std::string from_hex(std::string_view digits) {
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) bytes += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
    return bytes;
}

/// Of "some text".
inline const std::string gzipped_text = from_hex("1f8b08000000000002032bcecf4d552849ad280100babdba4f09000000");

/// Of 200,000 times the letter z.
inline const std::string gzipped_letters =
    from_hex("1f8b0800000000000203edc13101000000c2a0de4b6f067fa0" + std::string(386, '0') + "80d7000e82a183400d0300");

/// Whether the library was built with zlib, as the error that it otherwise throws tells. Says so if not.
/// @param read  reads something compressed
template <class F>
bool has_zlib(const F& read) {
    try {
        read();
    } catch (const nn::FileError& error) {
        if (std::string_view(error.what()).find("the library was built without zlib") == std::string_view::npos) return true;
        MESSAGE("skipped: " << error.what());
        return false;
    }
    return true;
}

} // namespace xgrad::tests

/// @file
/// What the fuzzers share.
#pragma once

#include <xgrad/nn/data/file.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace xgrad::fuzz {

/// Calls `read` with the bytes. They may be refused by a FileError; anything else that is thrown is a fault.
template <class F>
int run(const std::uint8_t* data, std::size_t size, const F& read) {
    try {
        read(std::string_view(reinterpret_cast<const char*>(data), size));
    } catch (const nn::FileError&) {
    }
    return 0;
}

/// Ends the program, for libFuzzer to keep the input, unless the condition holds.
inline void require(bool condition, const char* what) {
    if (condition) return;
    std::fprintf(stderr, "fuzz: this does not hold: %s\n", what);
    std::abort();
}

} // namespace xgrad::fuzz

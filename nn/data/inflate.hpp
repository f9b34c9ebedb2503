/// @file
/// Internal: unpacking deflated data, with zlib if the library was built with it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xgrad::nn::detail {

/// What holds the deflated data.
enum class Wrapper { gzip, none };

struct Inflated {
    std::string bytes;
    /// What was wrong, with `consumed` bytes read; empty if all went well.
    std::string error;
    std::size_t consumed = 0;
};

/// Unpacks one stream that takes up the whole of `packed`. At no time more than about twice `limit` bytes are in use.
Inflated inflate(std::string_view packed, Wrapper wrapper, std::size_t limit);

} // namespace xgrad::nn::detail

/// @file
/// Internal: bytes of a file that is not trusted, in messages.
#pragma once

#include <string>
#include <string_view>

namespace xgrad::nn::detail {

/// At most 40 characters of `text` in quotes, what is not printable ASCII as '?'.
inline std::string in_quotes(std::string_view text) {
    std::string result = "\"";
    for (const char c : text.substr(0, 40)) result += c < ' ' || c > '~' ? '?' : c;
    return result + (text.size() > 40 ? "...\"" : "\"");
}

} // namespace xgrad::nn::detail

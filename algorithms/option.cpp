#include <xgrad/algorithms/option.hpp>

#include <cctype>
#include <string_view>

namespace xgrad::algorithms::detail {

std::string last_identifier(const char* text) {
    const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    std::string_view rest = text;
    while (!rest.empty() && !is_part(rest.back())) rest.remove_suffix(1);
    std::size_t begin = rest.size();
    while (begin > 0 && is_part(rest[begin - 1])) --begin;
    return std::string(rest.substr(begin));
}

} // namespace xgrad::algorithms::detail

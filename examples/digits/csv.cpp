#include "csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace digits {

namespace {

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Takes the part before the next `separator` off the front of `text`, and the separator.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

/// At most 20 characters of a field, printable ones, for a message.
std::string quote(std::string_view field) {
    std::string quoted(field.substr(0, 20));
    for (char& c : quoted) {
        if (c < ' ' || c > '~') c = '?';
    }
    return '"' + quoted + (field.size() > 20 ? "...\"" : "\"");
}

} // namespace

Table parse_csv(std::string_view text, std::string_view name) {
    std::size_t line = 1;
    const auto fail = [&](const std::string& what) {
        throw DataError(fmt::format("{}:{}: {}", name, line, what));
    };

    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3); // a byte order mark
    text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    if (text.empty()) fail("the file is empty");

    Table table;
    const std::string_view header = take_until(text, '\n');
    const auto columns = static_cast<std::size_t>(std::count(header.begin(), header.end(), ',')) + 1;
    for (std::string_view rest = header; table.columns.size() < columns;) {
        table.columns.emplace_back(trim(take_until(rest, ',')));
    }

    std::vector<double> values;
    while (!text.empty()) {
        ++line;
        std::string_view row = take_until(text, '\n');
        const auto fields = static_cast<std::size_t>(std::count(row.begin(), row.end(), ',')) + 1;
        if (fields != columns) fail(fmt::format("{} fields; the header names {}", fields, columns));
        for (std::size_t column = 0; column < columns; ++column) {
            const std::string_view field = trim(take_until(row, ','));
            double value = 0;
            const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
            if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value)) {
                fail(fmt::format("column {} ({}): {} is not a finite number", column + 1,
                                 quote(table.columns[column]), quote(field)));
            }
            values.push_back(value);
        }
    }
    if (values.empty()) fail("no row follows the header");
    table.values = xgrad::Array<double>::from_shape({values.size() / columns, columns});
    std::copy(values.begin(), values.end(), table.values.storage().begin());
    return table;
}

Table read_csv(const std::filesystem::path& path) {
    return parse_csv(read_file(path, file_limit / 4), path.string());
}

} // namespace digits

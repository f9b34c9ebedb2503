#include <xgrad/nn/data/csv.hpp>

#include <xgrad/nn/data/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

namespace xgrad::nn {

namespace {

using detail::in_quotes;

/// Columns, and different texts in a column of texts: in memory each takes many times the bytes it may have in a file.
constexpr std::size_t most = std::size_t{1} << 20;

void check(const CsvOptions& options, const char* function, const Location& at) {
    constexpr std::string_view in_numbers = "+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (in_numbers.find(options.delimiter) != in_numbers.npos || std::string_view("\n\r\0", 3).find(options.delimiter) < 3) {
        throw ValueError(std::string(function) + ": " + in_quotes({&options.delimiter, 1}) + " cannot be the delimiter", at);
    }
    if (options.quote == options.delimiter || options.quote == '\n' || options.quote == '\r' || options.quote == ' ') {
        throw ValueError(std::string(function) + ": " + in_quotes({&options.quote, 1}) + " cannot be the quote", at);
    }
}

/// The fields of a CSV text, one after the other.
class Fields {
  public:
    Fields(std::string_view text, std::string_view name, const CsvOptions& options, const Location& at)
        : text_(text), name_(name), options_(options), at_(at) {
        if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3); // a byte order mark
        while (!text_.empty() && (text_.back() == '\n' || text_.back() == '\r' || is_space(text_.back()))) {
            text_.remove_suffix(1);
        }
    }

    bool at_end() const { return next_ >= text_.size() && !after_delimiter_; }
    /// The field that was read last was the last one of its line.
    bool at_line_end() const { return !after_delimiter_; }

    /// The next field, without the spaces around it, or without its quotes. Good until the next call.
    std::string_view next() {
        if (!after_delimiter_) line_ = next_line_;
        skip_spaces();
        if (options_.quote != '\0' && next_ < text_.size() && text_[next_] == options_.quote) return quoted_field();
        const std::size_t start = next_;
        while (next_ < text_.size() && text_[next_] != options_.delimiter && text_[next_] != '\n') ++next_;
        std::size_t end = next_;
        while (end > start && (is_space(text_[end - 1]) || text_[end - 1] == '\r')) --end;
        end_field();
        return text_.substr(start, end - start);
    }

    /// Something is wrong with the row that is being read.
    [[noreturn]] void fail(const std::string& what) const {
        throw FileError(std::string(name_) + ":" + std::to_string(line_) + ": " + what, at_);
    }

  private:
    bool is_space(char c) const { return (c == ' ' || c == '\t') && c != options_.delimiter; }
    void skip_spaces() {
        while (next_ < text_.size() && is_space(text_[next_])) ++next_;
    }

    /// Passes over what ends a field.
    void end_field() {
        after_delimiter_ = next_ < text_.size() && text_[next_] == options_.delimiter;
        if (next_ < text_.size() && text_[next_] == '\n') ++next_line_;
        if (next_ < text_.size()) ++next_;
    }

    std::string_view quoted_field() {
        field_.clear();
        for (++next_;;) {
            const std::size_t end = text_.find(options_.quote, next_);
            if (end == text_.npos) fail("a quote opens and does not close");
            const std::string_view part = text_.substr(next_, end - next_);
            next_line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
            field_ += part;
            next_ = end + 1;
            if (next_ >= text_.size() || text_[next_] != options_.quote) break;
            field_ += options_.quote; // two of them stand for one
            ++next_;
        }
        skip_spaces();
        if (next_ < text_.size() && text_[next_] == '\r') ++next_;
        if (next_ < text_.size() && text_[next_] != options_.delimiter && text_[next_] != '\n') {
            fail(in_quotes(text_.substr(next_, 1)) + " follows a closing quote");
        }
        end_field();
        return field_;
    }

    std::string_view text_, name_;
    const CsvOptions& options_;
    const Location& at_;
    std::size_t next_ = 0, line_ = 1, next_line_ = 1;
    bool after_delimiter_ = false;
    std::string field_;
};

bool is_missing(std::string_view field, const CsvOptions& options) {
    return field.empty() || std::find(options.missing.begin(), options.missing.end(), field) != options.missing.end();
}

/// Whether the magnitude of a number other than zero is below 1, told from where its first digit is and the exponent.
bool is_small(std::string_view number) {
    const std::size_t e = std::min(number.find_first_of("eE"), number.size()), point = std::min(number.find('.'), e);
    const std::size_t first = number.find_first_of("123456789");
    std::string_view digits = number.substr(std::min(e + 1, number.size()));
    if (digits.starts_with('+')) digits.remove_prefix(1);
    int exponent = 0;
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec;
    if (error == std::errc::result_out_of_range) return digits.starts_with('-');
    return exponent + static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) <= 0;
}

/// What a field of numbers holds; nullopt if `what` says what is wrong with it.
std::optional<double> parse_number(std::string_view field, bool allow_nonfinite, std::string& what) {
    std::string_view digits = field;
    if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) {
        what = in_quotes(field) + " is not a number";
    } else if (error != std::errc()) { // the value is not set, whether it is too large or too small
        if (is_small(digits)) return digits.starts_with('-') ? -0.0 : 0.0;
        what = in_quotes(field) + " is beyond the range of a double";
    } else if (!allow_nonfinite && !std::isfinite(value)) {
        what = in_quotes(field) + " is not finite";
    } else {
        return value;
    }
    return std::nullopt;
}

/// Numbers the texts of a column in the order of their appearance.
class Codes {
  public:
    double operator()(std::string_view text) {
        const auto found = codes_.find(text);
        if (found != codes_.end()) return static_cast<double>(found->second);
        return static_cast<double>(codes_.emplace(text, codes_.size()).first->second);
    }
    std::size_t size() const { return codes_.size(); }
    /// The texts in alphabetical order, and for each number that was given the one in this order.
    std::vector<std::string> sorted(std::vector<double>& rank) const {
        std::vector<std::string> texts;
        rank.resize(codes_.size());
        for (const auto& [text, code] : codes_) {
            rank[code] = static_cast<double>(texts.size());
            texts.push_back(text);
        }
        return texts;
    }

  private:
    std::map<std::string, std::size_t, std::less<>> codes_;
};

Table take_columns(const Table& table, const std::vector<std::size_t>& indices) {
    Table result;
    result.values = Array<double>::from_shape({table.rows(), indices.size()});
    for (std::size_t to = 0; to < indices.size(); ++to) {
        const std::size_t from = indices[to];
        result.columns.push_back(table.columns[from]);
        result.classes.push_back(from < table.classes.size() ? table.classes[from] : std::vector<std::string>());
        for (std::size_t row = 0; row < table.rows(); ++row) result.values(row, to) = table.values(row, from);
    }
    return result;
}

/// Refuses a table whose parts contradict each other.
void check(const Table& table, const char* function, const Location& at) {
    const std::size_t columns = table.columns.size();
    if (table.values.dimension() != 2 || table.values.shape(1) != columns || columns == 0) {
        throw ValueError(std::string(function) + ": " + std::to_string(columns) + " names for values of shape " +
                             to_string(shape_of(table.values, at)),
                         at);
    }
}

std::size_t find_column(const std::vector<std::string>& columns, std::string_view name, std::string_view where,
                        const Location& at) {
    const auto found = std::find(columns.begin(), columns.end(), name);
    if (found == columns.end()) throw ValueError(std::string(where) + ": no column is named " + in_quotes(name), at);
    if (std::find(found + 1, columns.end(), name) != columns.end()) {
        throw ValueError(std::string(where) + ": several columns are named " + in_quotes(name), at);
    }
    return static_cast<std::size_t>(found - columns.begin());
}

} // namespace

std::size_t Table::index(std::string_view name, Location at) const {
    check(*this, "Table", at);
    return find_column(columns, name, "Table", at);
}

Array<double> Table::column(std::string_view name, Location at) const {
    const std::size_t from = index(name, at);
    Array<double> result = Array<double>::from_shape({rows()});
    for (std::size_t row = 0; row < rows(); ++row) result(row) = values(row, from);
    return result;
}

Array<std::int64_t> Table::labels(std::string_view name, Location at) const {
    const std::size_t from = index(name, at);
    Array<std::int64_t> result = Array<std::int64_t>::from_shape({rows()});
    for (std::size_t row = 0; row < rows(); ++row) {
        const double value = values(row, from);
        if (!(std::abs(value) <= 0x1p53 && value == std::trunc(value))) {
            throw ValueError("Table::labels: column " + in_quotes(name) + ", row " + std::to_string(row + 1) + ": " +
                                 std::to_string(value) + " is not a whole number",
                             at);
        }
        result(row) = static_cast<std::int64_t>(value);
    }
    return result;
}

Table Table::select(const std::vector<std::string>& names, Location at) const {
    std::vector<std::size_t> indices;
    for (const std::string& name : names) indices.push_back(index(name, at));
    return take_columns(*this, indices);
}

Table Table::drop(const std::vector<std::string>& names, Location at) const {
    check(*this, "Table", at);
    std::vector<bool> dropped(columns.size());
    for (const std::string& name : names) dropped[index(name, at)] = true;
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!dropped[i]) indices.push_back(i);
    }
    return take_columns(*this, indices);
}

Table parse_csv(std::string_view text, std::string_view name, const CsvOptions& options, Location at) {
    check(options, "read_csv", at);
    Fields start(text, name, options, at);
    if (start.at_end()) start.fail("the file is empty");

    // The names, and then the rows; without a header the first row is read twice.
    std::vector<std::string> names;
    Fields header = start;
    do {
        const std::string_view field = header.next();
        names.emplace_back(options.header ? std::string(field) : std::to_string(names.size()));
        if (names.size() > most) header.fail("more than " + std::to_string(most) + " columns");
    } while (!header.at_line_end());
    Fields& fields = options.header ? header : start;

    // Where each column of the file goes in the table, or `unread`.
    constexpr auto unread = static_cast<std::size_t>(-1);
    std::vector<std::size_t> place(names.size(), unread);
    Table table;
    if (options.columns.empty()) {
        std::iota(place.begin(), place.end(), std::size_t{0});
        table.columns = names;
    } else {
        for (const std::string& column : options.columns) {
            std::size_t& to = place[find_column(names, column, name, at)];
            if (to != unread) throw ValueError("read_csv: column " + in_quotes(column) + " is asked for twice", at);
            to = table.columns.size();
            table.columns.push_back(column);
        }
    }
    std::vector<std::optional<Codes>> codes(table.columns.size());
    for (const std::string& column : options.text_columns) codes[find_column(table.columns, column, name, at)].emplace();

    std::vector<double> values;
    std::string what;
    std::size_t rows = 0;
    while (!fields.at_end()) {
        ++rows;
        values.resize(values.size() + table.columns.size());
        double* const row = values.data() + values.size() - table.columns.size();
        std::size_t column = 0;
        do {
            const std::string_view field = fields.next();
            const std::size_t here = column++;
            if (here >= names.size() || place[here] == unread) continue; // too many: to be counted
            const std::size_t to = place[here];
            const bool missing = is_missing(field, options);
            std::optional<double> value;
            if (!codes[to]) {
                value = parse_number(field, options.allow_nonfinite, what);
            } else if (!missing) {
                value = (*codes[to])(field);
                if (codes[to]->size() > most) fields.fail("more than " + std::to_string(most) + " different texts");
            }
            if (missing && !(value && std::isnan(*value))) { // a NaN is there only if it is allowed
                value.reset();
                what = "the value is missing" + (field.empty() ? "" : " (" + in_quotes(field) + ")");
            }
            if (value) {
                row[to] = *value;
            } else if (column < names.size() && fields.at_line_end()) {
                continue; // too few: that says more
            } else {
                fields.fail("row " + std::to_string(rows) + ", column " + std::to_string(column) + " (" + in_quotes(names[here]) +
                            "): " + what);
            }
        } while (!fields.at_line_end());
        if (column != names.size()) {
            fields.fail("row " + std::to_string(rows) + ": " + std::to_string(column) + " fields, and the " +
                        (options.header ? "header names " : "first row has ") + std::to_string(names.size()));
        }
    }
    if (rows == 0) fields.fail("no row follows the header");

    table.classes.resize(table.columns.size());
    for (std::size_t column = 0; column < codes.size(); ++column) {
        if (!codes[column]) continue;
        std::vector<double> rank;
        table.classes[column] = codes[column]->sorted(rank);
        for (std::size_t i = column; i < values.size(); i += codes.size()) values[i] = rank[static_cast<std::size_t>(values[i])];
    }
    table.values = Array<double>::from_shape({rows, table.columns.size()});
    std::copy(values.begin(), values.end(), table.values.storage().begin());
    return table;
}

Table read_csv(const std::string& path, const CsvOptions& options, Location at) {
    return parse_csv(read_plain_or_gzip(path, unpacked_limit, at), path, options, at);
}

std::string format_csv(const Table& table, const CsvOptions& options, Location at) {
    check(options, "write_csv", at);
    check(table, "write_csv", at);
    const std::size_t columns = table.columns.size();
    std::string text;
    const auto append_text = [&](std::string_view field) {
        const bool plain = !field.empty() && field.find_first_of("\n\r \t") == field.npos &&
                           field.find(options.delimiter) == field.npos && field.find(options.quote) == field.npos &&
                           !field.starts_with("\xef\xbb\xbf");
        if (plain) {
            text += field;
            return;
        }
        if (options.quote == '\0') throw ValueError("write_csv: " + in_quotes(field) + " needs quotes, and there are none", at);
        text += options.quote;
        for (const char c : field) text.append(c == options.quote ? 2 : 1, c);
        text += options.quote;
    };
    if (options.header) {
        for (std::size_t column = 0; column < columns; ++column) {
            if (column > 0) text += options.delimiter;
            append_text(table.columns[column]);
        }
        text += '\n';
    }
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            if (column > 0) text += options.delimiter;
            const double value = table.values(row, column);
            if (column < table.classes.size() && !table.classes[column].empty()) {
                const std::vector<std::string>& classes = table.classes[column];
                if (!(value >= 0 && value < static_cast<double>(classes.size()) && value == std::trunc(value))) {
                    throw ValueError("write_csv: column " + in_quotes(table.columns[column]) + ", row " +
                                         std::to_string(row + 1) + ": no class has the number " + std::to_string(value),
                                     at);
                }
                const std::string& name = classes[static_cast<std::size_t>(value)];
                if (is_missing(name, options)) {
                    throw ValueError("write_csv: column " + in_quotes(table.columns[column]) + ", row " +
                                         std::to_string(row + 1) + ": " + in_quotes(name) + " would be read as a missing value",
                                     at);
                }
                append_text(name);
            } else {
                std::array<char, 32> digits;
                const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
                text.append(digits.data(), end);
            }
        }
        text += '\n';
    }
    return text;
}

void write_csv(const std::string& path, const Table& table, const CsvOptions& options, Location at) {
    write_file(path, format_csv(table, options, at), at);
}

} // namespace xgrad::nn

/// @file
/// Tables of numbers in CSV files.
#pragma once

#include "file.hpp"

#include <xgrad/autodiff/array.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace digits {

/// A table of numbers: row i stands in line i + 2 of its file, after the names of the columns.
struct Table {
    std::vector<std::string> columns;
    xgrad::Array<double> values; ///< (rows, columns)
};

/// The table in a CSV text: a line of column names, then lines of as many finite numbers, separated by
/// commas. Spaces around a field, a byte order mark, CR LF line ends and empty lines at the end are accepted;
/// quotes are not.
/// @param name  the file's, for messages
/// @throws DataError with the line if the text is not exactly that, or has no row
Table parse_csv(std::string_view text, std::string_view name);

/// The table in a CSV file, plain or gzipped.
/// @throws DataError if it cannot be read, or with the line in which it is wrong
Table read_csv(const std::filesystem::path& path);

} // namespace digits

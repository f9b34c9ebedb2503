/// @file
/// Tables in CSV files (RFC 4180, with the liberties that data sets take).
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/nn/data/file.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xgrad::nn {

/// Columns of numbers, each with a name. A column that held texts, labels for instance, holds the texts' numbers.
struct Table {
    std::vector<std::string> columns;
    /// Of shape (rows, columns).
    Array<double> values;
    /// For a column that held texts: those that occur, in order; the value k stands for classes[column][k]. Empty for a column
    /// of numbers.
    std::vector<std::vector<std::string>> classes;

    std::size_t rows() const { return values.dimension() == 2 ? values.shape(0) : 0; }

    /// Where the column `name` stands.
    /// @throws ValueError if there is none of that name, or several; or there is not a name for each column
    std::size_t index(std::string_view name, Location at = Location::current()) const;

    /// The column `name`, of shape (rows).
    /// @throws ValueError if there is no such column, or several
    Array<double> column(std::string_view name, Location at = Location::current()) const;

    /// The column `name` as labels, of shape (rows).
    /// @throws ValueError if there is no such column, or several, or a value is not a whole number; it names the row
    Array<std::int64_t> labels(std::string_view name, Location at = Location::current()) const;

    /// The columns `names`, in that order. Their matrix is `table.select({"length", "width"}).values`.
    /// @throws ValueError if there is no such column, or several
    Table select(const std::vector<std::string>& names, Location at = Location::current()) const;

    /// All columns but `names`.
    /// @throws ValueError if there is no such column, or several
    Table drop(const std::vector<std::string>& names, Location at = Location::current()) const;
};

/// How a CSV file is written.
struct CsvOptions {
    /// The first line names the columns; otherwise their names are "0", "1", ...
    bool header = true;
    /// Between two fields; ';' and '\t' are common too.
    char delimiter = ',';
    /// Around a field that holds a delimiter, a line end or this character, which is then doubled; '\0': there are no quotes.
    char quote = '"';
    /// The columns to read, in this order; whatever the others hold is passed over. Empty: all.
    std::vector<std::string> columns{};
    /// The columns that hold texts, which are numbered in alphabetical order.
    std::vector<std::string> text_columns{};
    /// Read "nan" and "inf" in columns of numbers, too. (An empty field is missing all the same.)
    bool allow_nonfinite = false;
    /// What stands for a missing value, besides an empty field, in columns of numbers and of texts, in quotes or not. Missing
    /// values are refused.
    std::vector<std::string> missing{"NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "?"};
};

/// The table in a CSV file, plain or gzipped. Spaces around a field, a byte order mark, CR LF line ends and blank lines at the
/// end are accepted; a table without rows is not. Numbers too small for a double are zero.
/// @throws FileError if it cannot be read, a value is missing, or it is not a table of numbers throughout: it names the line, the
/// row (counted from 1, without the header), and the column
/// @throws ValueError if the options contradict each other or name a column that is not there
Table read_csv(const std::string& path, const CsvOptions& options = {}, Location at = Location::current());

/// As read_csv(), of a CSV text.
/// @param name  the file's, for messages
Table parse_csv(std::string_view text, std::string_view name, const CsvOptions& options = {},
                Location at = Location::current());

/// Writes a table: numbers so that they are read back exactly, texts where there are classes.
/// @param options  header, delimiter, quote and missing
/// @throws FileError if the file cannot be written
/// @throws ValueError if the table contradicts itself (a name for each column, texts for each class), or the options do, or a
/// text would be read as a missing value
void write_csv(const std::string& path, const Table& table, const CsvOptions& options = {},
               Location at = Location::current());

/// What write_csv() writes.
std::string format_csv(const Table& table, const CsvOptions& options = {}, Location at = Location::current());

} // namespace xgrad::nn

#include "tests/message_of.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/nn/data/csv.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using namespace xgrad::nn;
using std::string_literals::operator""s;
using Texts = std::vector<std::string>;

namespace {

std::string csv_error(const std::string& text, const CsvOptions& options = {}) {
    return tests::message_of<FileError>([&] { parse_csv(text, "f.csv", options); });
}

std::string option_error(const std::string& text, const CsvOptions& options) {
    return tests::message_of<ValueError>([&] { parse_csv(text, "f.csv", options); });
}

} // namespace

TEST_CASE("csv: tables of numbers") {
    const Table table = parse_csv("\xef\xbb\xbf x ,y\r\n1, -2.5\r\n+1e3 ,\t0\r\n\n  \n", "f.csv");
    CHECK(table.columns == Texts{"x", "y"});
    CHECK(table.values == Array<double>{{1, -2.5}, {1000, 0}});
    CHECK(table.rows() == 2);
    CHECK(table.classes == std::vector<Texts>(2));
    CHECK(parse_csv("x\n4.9e-324\n", "f.csv").values(0, 0) == std::numeric_limits<double>::denorm_min());
    const Array<double> one = xt::ones<double>({1, 1});
    CHECK(parse_csv("x\n1", "f.csv").values == one);
    CHECK(parse_csv("\"x\"\n\"1\"\n", "f.csv").values == one);
}

TEST_CASE("csv: other delimiters, and tables without a header") {
    const Table table = parse_csv("1;2\n3; 4\n", "f.csv", {.header = false, .delimiter = ';'});
    CHECK(table.columns == Texts{"0", "1"});
    CHECK(table.values == Array<double>{{1, 2}, {3, 4}});
    CHECK(parse_csv("a\tb \n 1\t2\n", "f.csv", {.delimiter = '\t'}).values == Array<double>{{1, 2}});
    CHECK(csv_error("a\tb\n1\t\n", {.delimiter = '\t'}) == "f.csv:2: row 1, column 2 (\"b\"): the value is missing");
    CHECK(parse_csv("a b\n1 2\n", "f.csv", {.delimiter = ' '}).values == Array<double>{{1, 2}});
    CHECK(csv_error("1,2\n3\n", {.header = false}) == "f.csv:2: row 2: 1 fields, and the first row has 2");
}

TEST_CASE("csv: quoted fields may hold anything") {
    const Table table = parse_csv("\"a, \"\"b\"\"\",\"c\nd\"\r\n\"1\" ,\"p\nq\"\r\n 2, \"p\nq\" \n", "f.csv",
                                  {.text_columns = {"c\nd"}});
    CHECK(table.columns == Texts{"a, \"b\"", "c\nd"});
    CHECK(table.values == Array<double>{{1, 0}, {2, 0}});
    CHECK(table.classes[1] == Texts{"p\nq"});
    // Lines are counted through them.
    CHECK(csv_error("a,\"b\nc\"\n1,\"2\n\"\n") == "f.csv:3: row 1, column 2 (\"b?c\"): \"2?\" is not a number");
    CHECK(csv_error("a\n1\n\"2\n\n") == "f.csv:3: a quote opens and does not close");
    CHECK(csv_error("a\n\"1\"2\n") == "f.csv:2: \"2\" follows a closing quote");
    CHECK(csv_error("a\n\"1\n", {.quote = '\0'}) == "f.csv:2: row 1, column 1 (\"a\"): \"\"1\" is not a number");
    CHECK(parse_csv("a\n'1'\n", "f.csv", {.quote = '\''}).values(0, 0) == 1);
}

TEST_CASE("csv: columns of texts are numbered in alphabetical order") {
    const std::string text = "size,species,colour\n1,virginica,red\n2,setosa,\n3,virginica,blue\n4,ada,x\n";
    const Table table = parse_csv(text, "f.csv", {.columns = {"species", "size"}, .text_columns = {"species"}});
    CHECK(table.columns == Texts{"species", "size"});
    CHECK(table.values == Array<double>{{2, 1}, {1, 2}, {2, 3}, {0, 4}});
    CHECK(table.classes == std::vector<Texts>{{"ada", "setosa", "virginica"}, {}});
    CHECK(table.labels("species") == Array<std::int64_t>{2, 1, 2, 0});
    CHECK(table.column("size") == Array<double>{1, 2, 3, 4});
    CHECK(csv_error(text, {.text_columns = {"species", "colour"}}) == "f.csv:3: row 2, column 3 (\"colour\"): the value is missing");
}

TEST_CASE("csv: columns by name") {
    const Table table = parse_csv("a,b,c\n1,2,3\n4,5,6\n", "f.csv");
    CHECK(table.select({"c", "a"}).values == Array<double>{{3, 1}, {6, 4}});
    CHECK(table.select({"c", "a"}).columns == Texts{"c", "a"});
    CHECK(table.drop({"b"}).values == Array<double>{{1, 3}, {4, 6}});
    CHECK(table.column("b") == Array<double>{2, 5});
    CHECK(table.labels("c") == Array<std::int64_t>{3, 6});
    CHECK(table.index("c") == 2);
    const auto error = [](const auto& f) { return tests::message_of<ValueError>(f); };
    CHECK(error([&] { table.column("d"); }) == "Table: no column is named \"d\"");
    CHECK(error([&] { table.drop({"a", "d"}); }) == "Table: no column is named \"d\"");
    CHECK(error([&] { parse_csv("a,a\n1,2\n", "f.csv").column("a"); }) == "Table: several columns are named \"a\"");
    CHECK(error([&] { parse_csv("a\n1\n2.5\n", "f.csv").labels("a"); }) ==
          "Table::labels: column \"a\", row 2: 2.500000 is not a whole number");
    CHECK_THROWS_AS(parse_csv("a\n1e300\n", "f.csv").labels("a"), ValueError);
    Table contradiction{.columns = {"a"}, .values = Array<double>{{1, 2}}, .classes = {}};
    CHECK(error([&] { contradiction.column("a"); }) == "Table: 1 names for values of shape (1, 2)");
    CHECK(error([&] { contradiction.drop({}); }) == "Table: 1 names for values of shape (1, 2)");
    CHECK(error([&] { Table().column("a"); }) == "Table: 0 names for values of shape ()");
    CHECK(Table().rows() == 0);
    CHECK_THROWS_AS(parse_csv("a\nnan\n", "f.csv", {.allow_nonfinite = true}).labels("a"), ValueError);
}

TEST_CASE("csv: what is wrong, and where") {
    CHECK(csv_error("") == "f.csv:1: the file is empty");
    CHECK(csv_error(" \n\r\n") == "f.csv:1: the file is empty");
    CHECK(csv_error("\xef\xbb\xbf") == "f.csv:1: the file is empty");
    CHECK(csv_error("a,b\n") == "f.csv:1: no row follows the header");
    CHECK(csv_error("a,b\n1,2\n3\n4,5,6\n") == "f.csv:3: row 2: 1 fields, and the header names 2");
    CHECK(csv_error("a,b\n1,2\n\n3,4\n") == "f.csv:3: row 2: 1 fields, and the header names 2");
    CHECK(csv_error("a,b\n1,2,\n") == "f.csv:2: row 1: 3 fields, and the header names 2");
    CHECK(csv_error("a,b\n1,2,x\n3\n") == "f.csv:2: row 1: 3 fields, and the header names 2");
    CHECK(csv_error("a\n1\n\n2\n") == "f.csv:3: row 2, column 1 (\"a\"): the value is missing");
    CHECK(csv_error("a,b\n1,x\n") == "f.csv:2: row 1, column 2 (\"b\"): \"x\" is not a number");
    for (const char* const field : {"1.5abc", "0x10", "1 2", "--1", "+-1", "+", ".", "1,5", "1\r2"}) {
        CAPTURE(field);
        CHECK(csv_error("a;b\n1;"s + field + "\n", {.delimiter = ';'}) ==
              "f.csv:2: row 1, column 2 (\"b\"): \""s + (field == "1\r2"s ? "1?2" : field) + "\" is not a number");
    }
    for (const char* const field : {"inf", "-Infinity", "-nan", "NAN"}) {
        CHECK(csv_error("a,b\n1,"s + field + "\n") == "f.csv:2: row 1, column 2 (\"b\"): \""s + field + "\" is not finite");
    }
    for (const char* const field : {"NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "?"}) {
        CHECK(csv_error("a,b\n1,"s + field + "\n") ==
              "f.csv:2: row 1, column 2 (\"b\"): the value is missing (\""s + field + "\")");
    }
    CHECK(csv_error("a\nNA\n", {.missing = {}}) == "f.csv:2: row 1, column 1 (\"a\"): \"NA\" is not a number");
    CHECK(csv_error("a\n-9\n", {.missing = {"-9"}}) == "f.csv:2: row 1, column 1 (\"a\"): the value is missing (\"-9\")");
    CHECK(csv_error("a,b\n,1\n", {.allow_nonfinite = true}) == "f.csv:2: row 1, column 1 (\"a\"): the value is missing");
    for (const std::string& field : {"1e400"s, "-1e999"s, "+0.001e+312"s, "1e99999999999999999999"s, "1e9223372036854775807"s,
                                     "1e2147483647"s, std::string(310, '1')}) {
        CAPTURE(field);
        CHECK(csv_error("a\n" + field + "\n").ends_with(" is beyond the range of a double"));
    }
    CHECK(csv_error("a\n" + std::string(1'000'000, '9') + "x") ==
          "f.csv:2: row 1, column 1 (\"a\"): \"" + std::string(40, '9') + "...\" is not a number");
    CHECK(csv_error("a\n\x1b[2J") == "f.csv:2: row 1, column 1 (\"a\"): \"?[2J\" is not a number");
    CHECK(csv_error("a\n"s + '\0' + "1") == "f.csv:2: row 1, column 1 (\"a\"): \"?1\" is not a number");
    CHECK(csv_error(std::string(1 << 20, ',') + "\n1\n") == "f.csv:1: more than 1048576 columns");
}

TEST_CASE("csv: a missing value in a column of texts is not a class of its own") {
    for (const char* const field : {"", "\"\"", "NA", "\"NA\"", "N/A", "n/a", "nan", "NaN", "null", "NULL", "?"}) {
        CAPTURE(field);
        const std::string error = csv_error("a,b\nx,1\n"s + field + ",2\n", {.text_columns = {"a"}});
        CHECK(error.starts_with("f.csv:3: row 2, column 1 (\"a\"): the value is missing"));
        CHECK(csv_error("a,b\nx,1\n"s + field + ",2\n", {.text_columns = {"a"}, .allow_nonfinite = true}) == error);
    }
    CHECK(csv_error("a\nNA\n", {.text_columns = {"a"}}) ==
          "f.csv:2: row 1, column 1 (\"a\"): the value is missing (\"NA\")");
    // Namibia, for instance.
    const CsvOptions countries{.text_columns = {"a"}, .missing = {"-"}};
    const Table table = parse_csv("a\nNA\nDE\n", "f.csv", countries);
    CHECK(table.classes[0] == Texts{"DE", "NA"});
    CHECK(csv_error("a\nNA\n-\n", countries) == "f.csv:3: row 2, column 1 (\"a\"): the value is missing (\"-\")");
    // What would be read as missing is not written.
    CHECK(tests::message_of<ValueError>([&] { format_csv(table); }) ==
          "write_csv: column \"a\", row 1: \"NA\" would be read as a missing value");
    CHECK(format_csv(table, countries) == "a\nNA\nDE\n");
}

TEST_CASE("csv: numbers too small for a double are zero") {
    for (const std::string& field : {"1e-400"s, "1e-99999999999999999999"s, "1e-2147483648"s, "123.5e-700"s,
                                     "0." + std::string(400, '0') + "1", "0." + std::string(400, '0') + "1e20", std::string(20, '1') + "e-500", "2e-324"s}) {
        CAPTURE(field);
        const Array<double> values = parse_csv("a,b\n" + field + ",-" + field + "\n", "f.csv").values;
        CHECK(values == xt::zeros<double>({1, 2}));
        CHECK_FALSE(std::signbit(values(0, 0)));
        CHECK(std::signbit(values(0, 1)));
    }
    CHECK(parse_csv("a\n1e-310\n", "f.csv").values(0, 0) == 1e-310);
}

TEST_CASE("csv: nan and infinity are read if they are allowed") {
    const Table table = parse_csv("a,b\nnan,-inf\n", "f.csv", {.allow_nonfinite = true});
    CHECK(std::isnan(table.values(0, 0)));
    CHECK(table.values(0, 1) == -std::numeric_limits<double>::infinity());
}

TEST_CASE("csv: options that contradict each other") {
    CHECK(option_error("a\n1\n", {.delimiter = '1'}) == "read_csv: \"1\" cannot be the delimiter");
    CHECK(option_error("a\n1\n", {.delimiter = '\n'}) == "read_csv: \"?\" cannot be the delimiter");
    CHECK(option_error("a\n1\n", {.delimiter = '.'}) == "read_csv: \".\" cannot be the delimiter");
    CHECK(option_error("a\n1\n", {.delimiter = ';', .quote = ';'}) == "read_csv: \";\" cannot be the quote");
    CHECK(option_error("a\n1\n", {.columns = {"b"}}) == "f.csv: no column is named \"b\"");
    CHECK(option_error("a,b\n1,2\n", {.columns = {"b", "b"}}) == "read_csv: column \"b\" is asked for twice");
    CHECK(option_error("a,b\n1,2\n", {.columns = {"b"}, .text_columns = {"a"}}) == "f.csv: no column is named \"a\"");
    CHECK(option_error("a,a\n1,2\n", {.columns = {"a"}}) == "f.csv: several columns are named \"a\"");
}

TEST_CASE("csv: what is written is read back, bit for bit") {
    const double tiny = std::numeric_limits<double>::denorm_min();
    Table table{.columns = {"x", "a, \"b\"", "", "text"},
                .values = {{0.1, -0.0, 1e300, 1}, {tiny, 1.0 / 3, 12345678, 0}},
                .classes = {{}, {}, {}, {"a\nb", " c\""}}};
    const std::string text = format_csv(table);
    CHECK(text == "x,\"a, \"\"b\"\"\",\"\",text\n0.1,-0,1e+300,\" c\"\"\"\n5e-324,0.3333333333333333,12345678,\"a\nb\"\n");
    const tests::TemporaryFolder folder;
    write_csv(folder / "f.csv", table);
    CHECK(folder.read("f.csv") == text);
    const Table back = read_csv(folder / "f.csv", {.text_columns = {"text"}});
    CHECK(back.columns == table.columns);
    CHECK(back.classes[3] == Texts{" c\"", "a\nb"});
    table.values(0, 3) = 0, table.values(1, 3) = 1; // their order is the alphabet's now
    CHECK(back.values == table.values);
    CHECK(std::signbit(back.values(0, 1)));
    CHECK(format_csv(back.select({"x"}), {.header = false}) == "0.1\n5e-324\n");
    CHECK(format_csv(back.drop({"text"}), {.delimiter = ';'}).starts_with("x;\"a, \"\"b\"\"\";\"\"\n0.1;-0;"));
}

TEST_CASE("csv: tables that cannot be written") {
    const auto error = [](const Table& table, const CsvOptions& options = {}) {
        return tests::message_of<ValueError>([&] { format_csv(table, options); });
    };
    const Array<double> values{{1, 2}};
    CHECK(error({.columns = {"a"}, .values = values, .classes = {}}) == "write_csv: 1 names for values of shape (1, 2)");
    CHECK(error({.columns = {}, .values = Array<double>::from_shape({2, 0}), .classes = {}}) ==
          "write_csv: 0 names for values of shape (2, 0)");
    CHECK(error({.columns = {"a", "b"}, .values = values, .classes = {{"x"}}}) ==
          "write_csv: column \"a\", row 1: no class has the number 1.000000");
    CHECK(error({.columns = {"a", "b c"}, .values = values, .classes = {}}, {.quote = '\0'}) ==
          "write_csv: \"b c\" needs quotes, and there are none");
    CHECK(error({.columns = {"a", "b"}, .values = values, .classes = {}}, {.delimiter = 'e'}) ==
          "write_csv: \"e\" cannot be the delimiter");
}

TEST_CASE("csv: the data of the project") {
    const Table table = read_csv(XGRAD_SOURCE_DIR "/data/digits.csv");
    CHECK(table.rows() == 1797);
    CHECK(table.columns.size() == 65);
    CHECK(table.values(0, 2) == 5);
    // Counts of the first digits as scikit-learn's description of the data set has them.
    std::vector<int> counts(10);
    for (const std::int64_t label : table.labels(table.columns.back())) ++counts[static_cast<std::size_t>(label)];
    CHECK(counts == std::vector<int>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
}

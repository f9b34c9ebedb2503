// The digits example's data.
#include "examples/digits/dataset.hpp"
#include "tests/message_of.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/nn/data/file.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace digits;
using xgrad::tests::TemporaryFolder;

namespace {

/// A row of the digits' CSV file, all of whose pixels are `pixel`.
std::string digits_row(const std::string& pixel, const std::string& label) {
    std::string row;
    for (int i = 0; i < 64; ++i) row += pixel + ",";
    return row + label + "\n";
}

} // namespace

TEST_CASE("digits: the data of the project, a fifth set aside") {
    xgrad::Generator generator(1);
    const Split data = read_digits(XGRAD_SOURCE_DIR "/data/digits.csv", 0.2, generator);
    CHECK(data.train.size() == 1437);
    CHECK(data.test.size() == 360);
    CHECK(data.train.pixels() == 64);
    // Counts of each digit as scikit-learn's description of the data set has them.
    std::array<int, classes> counts{};
    for (const Dataset& part : {data.train, data.test}) {
        for (const std::int64_t label : part.labels) ++counts[static_cast<std::size_t>(label)];
        CHECK(*std::max_element(part.images.begin(), part.images.end()) == 1);
    }
    CHECK(counts == std::array<int, classes>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
}

TEST_CASE("digits: values out of range") {
    const TemporaryFolder folder;
    std::string header = digits_row("p", "label");
    const auto error = [&](const std::string& rows) {
        const std::string path = folder.write("d.csv", header + rows);
        xgrad::Generator generator(1);
        const auto read = [&] { read_digits(path, 0.5, generator); };
        return xgrad::tests::message_of<xgrad::nn::FileError>(read).substr(path.size());
    };
    CHECK(error(digits_row("3", "3") + digits_row("3", "10")) ==
          ": row 2, column 65 (label): 10 is not a whole number from 0 to 9");
    CHECK(error(digits_row("3", "-1")) == ": row 1, column 65 (label): -1 is not a whole number from 0 to 9");
    CHECK(error(digits_row("3", "1e18")) == ": row 1, column 65 (label): 1e+18 is not a whole number from 0 to 9");
    CHECK(error(digits_row("17", "3")) == ": row 1, column 1 (p): 17 is not a whole number from 0 to 16");
    CHECK(error(digits_row("0.5", "3")) == ": row 1, column 1 (p): 0.5 is not a whole number from 0 to 16");
    header = "a,b\n";
    CHECK(error("1,2\n") == ": 2 columns, not 65: the pixels and the label");
}

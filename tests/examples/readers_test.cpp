// The digits example's readers, fed with files that are not what they claim.
#include "examples/digits/csv.hpp"
#include "examples/digits/dataset.hpp"
#include "examples/digits/idx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

#ifdef DIGITS_HAS_ZLIB
#include <zlib.h>
#endif

using namespace digits;
namespace fs = std::filesystem;
using std::string_literals::operator""s;

namespace {

/// A folder that goes away with its files.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "xgrad-test-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TemporaryFolder() { fs::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const fs::path& path() const { return path_; }
    fs::path write(const std::string& name, const std::string& bytes) const {
        std::ofstream(path_ / name, std::ios::binary) << bytes;
        return path_ / name;
    }

  private:
    fs::path path_;
};

std::string extent(std::uint32_t n) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(n >> shift & 0xFF);
    return bytes;
}

/// An IDX file of bytes.
std::string idx(std::initializer_list<std::uint32_t> shape, const std::string& elements) {
    std::string bytes = "\0\0\x08"s + static_cast<char>(shape.size());
    for (const std::uint32_t n : shape) bytes += extent(n);
    return bytes + elements;
}

std::string message_of(const auto& call) {
    try {
        call();
    } catch (const DataError& error) {
        return error.what();
    }
    return "nothing was thrown";
}

std::string idx_error(const std::string& bytes) {
    return message_of([&] { parse_idx(bytes, "f"); });
}

std::string csv_error(const std::string& text) {
    return message_of([&] { parse_csv(text, "f.csv"); });
}

/// A row of the digits' CSV file, all of whose pixels are `pixel`.
std::string digits_row(const std::string& pixel, const std::string& label) {
    std::string row;
    for (int i = 0; i < 64; ++i) row += pixel + ",";
    return row + label + "\n";
}

} // namespace

TEST_CASE("idx: arrays of bytes") {
    const auto matrix = parse_idx(idx({2, 3}, "\x00\x01\x02\x7f\x80\xff"s), "f");
    CHECK(matrix.dimension() == 2);
    CHECK(matrix.shape(0) == 2);
    CHECK(matrix(0, 1) == 1);
    CHECK(matrix(1, 1) == 128);
    CHECK(matrix(1, 2) == 255);
    CHECK(parse_idx(idx({0, 28, 28}, ""), "f").size() == 0);
}

TEST_CASE("idx: what is wrong, and where") {
    CHECK(idx_error("") == "f: offset 0: the file ends within the magic number");
    CHECK(idx_error("\0\0\x08"s) == "f: offset 3: the file ends within the magic number");
    CHECK(idx_error("PNG and so on") == "f: offset 0: no IDX file: it starts with 50 4e, not 00 00");
    CHECK(idx_error("\0\0\x0d\x01"s + extent(1) + "abcd") == "f: offset 2: elements of type 0x0d, not 0x08 (bytes)");
    CHECK(idx_error("\0\0\x08\0"s) == "f: offset 3: 0 axes; 1 to 4 are read");
    CHECK(idx_error("\0\0\x08\xff"s) == "f: offset 3: 255 axes; 1 to 4 are read");
    CHECK(idx_error("\0\0\x08\x03"s + extent(7)) == "f: offset 8: the file ends within the extents");
    CHECK(idx_error(idx({2, 2}, "abc")) == "f: offset 12: the header says (2, 2) elements, and 3 follow");
    CHECK(idx_error(idx({2, 2}, "abcde")) == "f: offset 12: the header says (2, 2) elements, and 5 follow");
}

TEST_CASE("idx: a header that claims more than there can be") {
    CHECK(idx_error(idx({1'000'000, 1'000, 1'000}, "abc")) ==
          "f: offset 16: the header says (1000000, 1000, 1000) elements, and 3 follow");
    // Products that would wrap around to 0, or to the number of bytes that follow.
    CHECK(idx_error(idx({65536, 65536, 65536, 65536}, "")) ==
          "f: offset 20: the header says (65536, 65536, 65536, 65536) elements, and 0 follow");
    CHECK(idx_error(idx({0x80000000, 2, 0x80000000, 4}, "")) ==
          "f: offset 20: the header says (2147483648, 2, 2147483648, 4) elements, and 0 follow");
}

TEST_CASE("csv: tables of numbers") {
    const Table table = parse_csv("\xef\xbb\xbf x ,y\r\n1, -2.5\r\n1e3,0\r\n\n", "f.csv");
    CHECK(table.columns == std::vector<std::string>{"x", "y"});
    CHECK(table.values.shape(0) == 2);
    CHECK(table.values(0, 1) == -2.5);
    CHECK(table.values(1, 0) == 1000);
}

TEST_CASE("csv: what is wrong, and where") {
    CHECK(csv_error("") == "f.csv:1: the file is empty");
    CHECK(csv_error(" \n\r\n") == "f.csv:1: the file is empty");
    CHECK(csv_error("a,b\n") == "f.csv:1: no row follows the header");
    CHECK(csv_error("a,b\n1,2\n3\n4,5,6\n") == "f.csv:3: 1 fields; the header names 2");
    CHECK(csv_error("a,b\n1,2\n\n3,4\n") == "f.csv:3: 1 fields; the header names 2");
    CHECK(csv_error("a,b\n1,2,\n") == "f.csv:2: 3 fields; the header names 2");
    CHECK(csv_error("a,b\n1,x\n") == "f.csv:2: column 2 (\"b\"): \"x\" is not a finite number");
    for (const char* const field : {"", "1.5abc", "nan", "inf", "1e999", "0x10", "1 2", "\"1\"", "--1"}) {
        CHECK(csv_error("a,b\n1,"s + field + "\n") ==
              "f.csv:2: column 2 (\"b\"): \""s + field + "\" is not a finite number");
    }
    CHECK(csv_error("a\n" + std::string(1'000'000, '9') + "x") ==
          "f.csv:2: column 1 (\"a\"): \"99999999999999999999...\" is not a finite number");
    CHECK(csv_error("a\n\x1b[2J") == "f.csv:2: column 1 (\"a\"): \"?[2J\" is not a finite number");
    CHECK(csv_error("a\n"s + '\0' + "1") == "f.csv:2: column 1 (\"a\"): \"?1\" is not a finite number");
}

TEST_CASE("read_file: files that cannot be read") {
    const TemporaryFolder folder;
    CHECK(message_of([&] { read_file(folder.path() / "none"); }) ==
          (folder.path() / "none").string() + ": No such file or directory");
    CHECK(message_of([&] { read_file(folder.path()); }) == folder.path().string() + ": Is a directory");
    CHECK(message_of([&] { read_file("/dev/zero", 1'000'000); }) == "/dev/zero: larger than 1000000 bytes");
    CHECK(read_file(folder.write("empty", "")).empty());
}

#ifdef DIGITS_HAS_ZLIB

namespace {

std::string pack(const std::string& bytes) {
    const TemporaryFolder folder;
    const fs::path path = folder.path() / "packed";
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    std::ifstream packed(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(packed), {}};
}

} // namespace

TEST_CASE("read_file: gzip") {
    const TemporaryFolder folder;
    const std::string text = "some text, " + std::string(200'000, 'z');
    const std::string packed = pack(text);
    CHECK(read_file(folder.write("f.gz", packed)) == text);
    CHECK(read_file(folder.write("named-otherwise", packed)) == text);
    CHECK(read_file(folder.write("empty.gz", pack(""))).empty());

    const auto error = [&](const std::string& bytes, std::size_t limit = file_limit) {
        const fs::path path = folder.write("bad.gz", bytes);
        return message_of([&] { read_file(path, limit); }).substr(path.string().size());
    };
    CHECK(error(packed.substr(0, 10)) == ": offset 10: truncated gzip data");
    CHECK(error(packed.substr(0, packed.size() - 1)) ==
          ": offset " + std::to_string(packed.size() - 1) + ": truncated gzip data");
    CHECK(error("\x1f\x8b") == ": offset 2: truncated gzip data");
    CHECK(error("\x1f\x8bnonsense").ends_with("damaged gzip data"));
    std::string flipped = packed;
    flipped[flipped.size() - 6] ^= 1; // in the checksum
    CHECK(error(flipped).ends_with("damaged gzip data"));
    CHECK(error(packed + "more") ==
          ": offset " + std::to_string(packed.size()) + ": data after the end of the gzip stream");
    // 200 kB of one letter pack to a few hundred bytes: the limit holds for what comes out.
    CHECK(packed.size() < 1000);
    CHECK(error(packed, 100'000) == ": larger than 100000 bytes");
}

#endif

TEST_CASE("digits: the data of the project") {
    const Dataset data = read_digits(XGRAD_SOURCE_DIR "/data/digits.csv");
    CHECK(data.size() == 1797);
    CHECK(data.pixels() == 64);
    // Counts of each digit as scikit-learn's description of the data set has them.
    std::array<int, classes> counts{};
    for (const std::int64_t label : data.labels) ++counts[static_cast<std::size_t>(label)];
    CHECK(counts == std::array<int, classes>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
    CHECK(data.labels(0) == 0);
    CHECK(data.images(0, 2) == 5.0F / 16);
    CHECK(*std::max_element(data.images.begin(), data.images.end()) == 1);
}

TEST_CASE("digits: values out of range") {
    const TemporaryFolder folder;
    std::string header = digits_row("p", "label");
    const auto error = [&](const std::string& rows) {
        const fs::path path = folder.write("d.csv", header + rows);
        return message_of([&] { read_digits(path); }).substr(path.string().size());
    };
    CHECK(error(digits_row("3", "3") + digits_row("3", "10")) ==
          ":3: column 65 (label): 10 is not a whole number from 0 to 9");
    CHECK(error(digits_row("3", "-1")) == ":2: column 65 (label): -1 is not a whole number from 0 to 9");
    CHECK(error(digits_row("3", "1e18")) == ":2: column 65 (label): 1e+18 is not a whole number from 0 to 9");
    CHECK(error(digits_row("17", "3")) == ":2: column 1 (p): 17 is not a whole number from 0 to 16");
    CHECK(error(digits_row("0.5", "3")) == ":2: column 1 (p): 0.5 is not a whole number from 0 to 16");
    header = "a,b\n";
    CHECK(error("1,2\n") == ":1: 2 columns, not 65: the pixels and the label");
}

TEST_CASE("mnist: the four files of a folder") {
    const TemporaryFolder folder;
    const auto error = [&] {
        const std::string text = message_of([&] { read_mnist(folder.path()); });
        return text.substr(std::min(text.size(), folder.path().string().size()));
    };
    CHECK(error() == ": no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz");
    folder.write("train-images-idx3-ubyte", idx({2, 1, 2}, "\x00\xff\x33\x66"s));
    folder.write("train-labels-idx1-ubyte", idx({2}, "\x07\x02"));
    folder.write("t10k-images.idx3-ubyte", idx({1, 1, 2}, "ab"));
    folder.write("t10k-labels-idx1-ubyte", idx({1}, "\x09"));
    const Split data = read_mnist(folder.path());
    CHECK(data.train.size() == 2);
    CHECK(data.train.images(0, 1) == 1);
    CHECK(data.train.images(1, 0) == 0.2F);
    CHECK(data.train.labels(0) == 7);
    CHECK(data.test.labels(0) == 9);

    folder.write("t10k-images.idx3-ubyte", idx({1, 2, 1}, "ab"));
    CHECK(error() == ": the images to train on are 1 x 2, those to test on 2 x 1");
    folder.write("t10k-labels-idx1-ubyte", idx({1}, "\x0a"));
    CHECK(error() == "/t10k-labels-idx1-ubyte: offset 8: label 10, which is not 0 to 9");
    folder.write("train-labels-idx1-ubyte", idx({3}, "\x07\x02\x01"));
    CHECK(error() == "/train-labels-idx1-ubyte: 3 labels for the 2 images in " +
                         (folder.path() / "train-images-idx3-ubyte").string());
    folder.write("train-labels-idx1-ubyte", idx({2, 1}, "\x07\x02"));
    CHECK(error() == "/train-labels-idx1-ubyte: 2 axes, not 1");
    folder.write("train-images-idx3-ubyte", idx({0, 1, 2}, ""));
    folder.write("train-labels-idx1-ubyte", idx({0}, ""));
    CHECK(error() == "/train-images-idx3-ubyte: no images");
}

TEST_CASE("mnist: the real files, where they are") {
    const char* const folder = std::getenv("XGRAD_MNIST");
    if (!folder) {
        MESSAGE("skipped: set XGRAD_MNIST to the folder with MNIST's files");
        return;
    }
    const Split data = read_mnist(folder);
    CHECK(data.train.size() == 60'000);
    CHECK(data.test.size() == 10'000);
    CHECK(data.test.pixels() == 784);
    CHECK(data.train.labels(0) == 5); // the first training image is the well-known 5, the first test image a 7
    CHECK(data.test.labels(0) == 7);
}

TEST_CASE("batches: every image once, in another order each time") {
    Dataset data{.height = 1, .width = 2};
    data.images = xt::arange<float>(0, 14).reshape({7, 2});
    data.labels = xt::arange<std::int64_t>(0, 7);
    std::mt19937_64 random(1);
    Batches batches(data, 3);
    CHECK(batches.count() == 3);
    std::vector<std::vector<std::int64_t>> orders;
    for (int epoch = 0; epoch < 2; ++epoch) {
        std::vector<std::int64_t> order;
        std::vector<std::size_t> sizes;
        for (const Dataset& batch : batches.shuffle(random)) {
            sizes.push_back(batch.size());
            for (std::size_t i = 0; i < batch.size(); ++i) {
                order.push_back(batch.labels(i));
                CHECK(batch.images(i, 1) == static_cast<float>(2 * batch.labels(i) + 1));
            }
        }
        CHECK(sizes == std::vector<std::size_t>{3, 3, 1});
        orders.push_back(order);
        std::sort(order.begin(), order.end());
        CHECK(order == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6});
    }
    CHECK(orders[0] != orders[1]);
}

TEST_CASE("split: a fifth is set aside, and nothing is lost") {
    Dataset data{.height = 1, .width = 1};
    data.images = xt::zeros<float>({11, 1});
    data.labels = xt::arange<std::int64_t>(0, 11);
    std::mt19937_64 random(1);
    const Split parts = split(data, 0.2, random);
    CHECK(parts.test.size() == 2);
    std::vector<std::int64_t> all(parts.train.labels.begin(), parts.train.labels.end());
    all.insert(all.end(), parts.test.labels.begin(), parts.test.labels.end());
    std::sort(all.begin(), all.end());
    CHECK(std::equal(all.begin(), all.end(), data.labels.begin(), data.labels.end()));
}

#include "tests/message_of.hpp"
#include "tests/nn/data/gzip.hpp"
#include "tests/reference/npy.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/nn/data/npy.hpp>

#include <doctest/doctest.h>

using namespace xgrad;
using namespace xgrad::nn;
namespace reference = tests::reference;
using std::string_literals::operator""s;
using tests::from_hex;

namespace {

std::string npz_error(const std::string& bytes) {
    return tests::message_of<FileError>([&] { parse_npz(bytes, "f"); });
}

/// `bytes` with those from `offset` on replaced.
std::string changed(std::string bytes, std::size_t offset, const std::string& by) {
    REQUIRE(offset + by.size() <= bytes.size());
    return bytes.replace(offset, by.size(), by);
}

const Array<double> half{{0.5, 1.5, 2.5}, {3.5, 4.5, 5.5}};

} // namespace

TEST_CASE("npz: what NumPy writes is read") {
    const Npz stored = parse_npz(from_hex(reference::npz_stored), "f");
    CHECK(stored.size() == 2);
    CHECK(stored.at("x").as<float>() == Array<float>(half));
    CHECK(stored.at("labels").as<std::int64_t>() == Array<int>{0, 1, 2});

    const std::string deflated = from_hex(reference::npz_deflated);
    if (!tests::has_zlib([&] { parse_npz(deflated, "f"); })) return;
    const Npz arrays = parse_npz(deflated, "f");
    CHECK(arrays.at("x").as<double>() == xt::zeros<double>({30, 40}));
    CHECK(arrays.at("y").as<double>() == half);
}

TEST_CASE("npz: what is written is read back, and is the same each time") {
    const tests::TemporaryFolder folder;
    const Array<std::int64_t> labels{3, 1};
    const auto write = [&] { write_npz(folder / "f.npz", {{"x", half}, {"folder/y", labels}, {"", labels + 1}}); };
    write();
    const std::string bytes = folder.read("f.npz");
    const Npz back = read_npz(folder / "f.npz");
    CHECK(back.size() == 3);
    CHECK(back.at("x").as<double>() == half);
    CHECK(back.at("folder/y").as<std::int64_t>() == labels);
    CHECK(back.at("").as<std::int64_t>() == labels + 1);
    write();
    CHECK(folder.read("f.npz") == bytes);
    CHECK(parse_npz(format_npz({}), "f").empty());
    CHECK(tests::message_of<ValueError>([] { format_npz({{std::string(65532, 'x'), half}}); }).ends_with("...\" is too long"));
}

TEST_CASE("npz: a comment may follow") {
    std::string bytes = format_npz({{"x", half}});
    bytes[bytes.size() - 2] = 9;
    CHECK(parse_npz(bytes + "PK\5\6 text", "f").size() == 1);
    CHECK(npz_error(bytes + "text") == "f: offset " + std::to_string(bytes.size() + 4) +
                                           ": not a zip file, or truncated: there is no record at the end");
}

TEST_CASE("npz: what is wrong, and where") {
    // One member: 30 bytes and the name (5) and an NPY file of 128 + 48; its entry of 46 bytes and the name; and the end of 22.
    const std::string good = format_npz({{"x", half}});
    constexpr std::size_t directory = 35 + 176, end = directory + 51;
    REQUIRE(good.size() == end + 22);
    const auto error = [&](std::size_t offset, const std::string& by) { return npz_error(changed(good, offset, by)); };

    CHECK(npz_error("") == "f: offset 0: not a zip file, or truncated: there is no record at the end");
    CHECK(npz_error("PK\3\4" + std::string(30, '-')) ==
          "f: offset 34: not a zip file, or truncated: there is no record at the end");
    CHECK(npz_error(good.substr(0, good.size() - 1)).ends_with("there is no record at the end"));
    CHECK(npz_error(good.substr(100)).ends_with("the directory is out of place"));
    CHECK(error(end + 4, "\1") == "f: offset 262: one of several parts of a zip file");
    CHECK(error(end + 10, "\2") == "f: offset 262: the file ends within the directory");
    CHECK(error(end + 10, "\0"s) == "f: offset 211: something follows the entries of the directory");
    CHECK(error(end + 16, "\xff\xff\xff\xff") == "f: offset 262: the directory is out of place");
    CHECK(error(end + 12, "\xff\xff\xff\xff") == "f: offset 262: the directory is out of place");
    CHECK(error(directory, "x") == "f: offset 211: no entry of the directory");
    CHECK(error(directory + 28, "\xff\xff") == "f: offset 262: the file ends within the directory");
    CHECK(error(directory + 8, "\1") == "f: offset 0: \"x.npy\": encrypted");
    CHECK(error(directory + 10, "\x0e") == "f: offset 0: \"x.npy\": packed by method 14, which is not read");
    CHECK(error(directory + 16, "\1").ends_with(": \"x.npy\": damaged: the checksum is not right"));
    CHECK(error(100, "!").ends_with(": \"x.npy\": damaged: the checksum is not right"));
    CHECK(error(directory + 20, "\xff\xff\xff\xff") == "f: offset 0: the members have more bytes than the file");
    CHECK(error(directory + 24, "\xaf") == "f: offset 0: \"x.npy\": has 176 bytes, not 175");
    CHECK(error(directory + 24, "\xff\xff\xff\x7f") == "f: offset 0: more than 1073741824 bytes when unpacked");
    CHECK(error(directory + 42, "\1") == "f: offset 1: \"x.npy\": no file begins there");
    CHECK(error(directory + 42, "\0\0\xff"s) == "f: offset 284: the file ends within the zip file's member");
    CHECK(error(directory + 46, "y") == "f: offset 0: \"y.npy\": has another name where it begins");
    CHECK(error(directory + 50, "z") == "f: offset 0: \"x.npz\" is not an NPY file");
    CHECK(error(26, "\xff\xff") == "f: offset 284: the file ends within the zip file's member");

    const std::string zip64 = good.substr(0, end) + "PK\6\7" + std::string(16, '\0') + good.substr(end);
    CHECK(npz_error(zip64) == "f: offset 262: a zip64 file, which is not read");
    CHECK(npz_error(changed(good, directory + 42, "\xff\xff\xff\xff")) ==
          "f: offset 4294967295: \"x.npy\": zip64, which is not read");
}

TEST_CASE("npz: two members of one name, or of one place") {
    const std::string good = format_npz({{"x", half}, {"y", half}});
    constexpr std::size_t second = 211, directory = 2 * second;
    std::string twice = changed(good, second + 30, "x");
    twice = changed(twice, directory + 51 + 46, "x");
    CHECK(npz_error(twice) == "f: offset 211: there are two of the name \"x.npy\"");
    // Both entries lead to the first member.
    CHECK(npz_error(changed(good, directory + 51 + 42, "\0"s)) == "f: offset 0: \"y.npy\": has another name where it begins");
}

TEST_CASE("npz: a member that unpacks to more than it says is refused before it fills the memory") {
    // 30 x 40 zeros, deflated.
    std::string bytes = from_hex(reference::npz_deflated);
    if (!tests::has_zlib([&] { parse_npz(bytes, "f"); })) return;
    const std::size_t entry = bytes.find("PK\1\2");
    CHECK(npz_error(changed(bytes, entry + 24, "\x80\0\0\0"s)) == "f: offset 0: \"x.npy\": more than 128 bytes when unpacked");
    CHECK(npz_error(changed(bytes, entry + 24, "\xff\xff\xff\0"s)).ends_with("bytes, not 16777215"));
    CHECK(npz_error(changed(bytes, 60, "\xff\xff\xff\xff\xff\xff\xff\xff")).find("\"x.npy\": ") != std::string::npos);
}

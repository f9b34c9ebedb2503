#include "tests/message_of.hpp"
#include "tests/nn/data/gzip.hpp"
#include "tests/nn/data/idx.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/nn/data/idx.hpp>

#include <doctest/doctest.h>

using namespace xgrad;
using namespace xgrad::nn;
using std::string_literals::operator""s;
using tests::idx;

namespace {

std::string idx_error(const std::string& bytes) {
    return tests::message_of<FileError>([&] { parse_idx(bytes, "f"); });
}

} // namespace

TEST_CASE("idx: arrays of bytes") {
    const AnyArray array = parse_idx(idx({2, 3}, "\x00\x01\x02\x7f\x80\xff"s), "f");
    CHECK(array.type() == ElementType::uint8);
    CHECK(array.as<std::uint8_t>() == Array<std::uint8_t>{{0, 1, 2}, {127, 128, 255}});
    CHECK(array.as<std::int64_t>() == Array<std::int64_t>{{0, 1, 2}, {127, 128, 255}});
    CHECK(array.as<float>() == Array<float>{{0, 1, 2}, {127, 128, 255}});
    CHECK(parse_idx(idx({0, 28, 28}, ""), "f").shape() == Shape{0, 28, 28});
    CHECK(parse_idx(idx({}, "\x05"), "f").shape() == Shape{});
}

TEST_CASE("idx: the other types are big-endian") {
    CHECK(parse_idx("\0\0\x09\x01\0\0\0\x02\xff\x7f"s, "f").as<std::int8_t>() == Array<std::int8_t>{-1, 127});
    CHECK(parse_idx("\0\0\x0b\x01\0\0\0\x02\xff\xfe\x01\x02"s, "f").as<std::int16_t>() == Array<std::int16_t>{-2, 258});
    CHECK(parse_idx("\0\0\x0c\x01\0\0\0\x01\x80\0\0\x01"s, "f").as<std::int32_t>() == Array<std::int32_t>{-2147483647});
    CHECK(parse_idx("\0\0\x0d\x01\0\0\0\x01\x3f\xc0\0\0"s, "f").as<float>() == Array<float>{1.5F});
    CHECK(parse_idx("\0\0\x0e\x01\0\0\0\x01\xc0\x04\0\0\0\0\0\0"s, "f").as<double>() == Array<double>{-2.5});
}

TEST_CASE("idx: what is wrong, and where") {
    CHECK(idx_error("") == "f: offset 0: the file ends within the magic number");
    CHECK(idx_error("\0\0\x08"s) == "f: offset 3: the file ends within the magic number");
    CHECK(idx_error("PNG and so on") == "f: offset 0: not an IDX file: it starts with 0x50 0x4e, not with two zeros");
    CHECK(idx_error("\0\0\x0a\x01"s + tests::idx_extent(1) + "abcd") == "f: offset 2: 0x0a is the code of no element type");
    CHECK(idx_error("\0\0\x08\xff"s) == "f: offset 3: 255 axes; at most 8 are read");
    CHECK(idx_error("\0\0\x08\x03"s + tests::idx_extent(7)) == "f: offset 8: the file ends within the extents");
    CHECK(idx_error(idx({2, 2}, "abc")) == "f: offset 12: an array of uint8 of shape (2, 2) needs 4 bytes, and 3 follow");
    CHECK(idx_error(idx({2, 2}, "abcde")) == "f: offset 12: an array of uint8 of shape (2, 2) needs 4 bytes, and 5 follow");
    CHECK(idx_error("\0\0\x0e\x01"s + tests::idx_extent(2) + "12345678") ==
          "f: offset 8: an array of float64 of shape (2) needs 16 bytes, and 8 follow");
}

TEST_CASE("idx: a header that claims more than there can be") {
    CHECK(idx_error(idx({1'000'000, 1'000, 1'000}, "abc")) ==
          "f: offset 16: an array of uint8 of shape (1000000, 1000, 1000) needs 1000000000000 bytes, and 3 follow");
    // Products that would wrap around to 0, or to the number of bytes that follow; and a 0 that hides them.
    const char* const end = " needs more bytes than there can be, and 0 follow";
    CHECK(idx_error(idx({65536, 65536, 65536, 65536}, "")) ==
          "f: offset 20: an array of uint8 of shape (65536, 65536, 65536, 65536)"s + end);
    CHECK(idx_error(idx({0x80000000, 2, 0x80000000, 4}, "")) ==
          "f: offset 20: an array of uint8 of shape (2147483648, 2, 2147483648, 4)"s + end);
    CHECK(idx_error(idx({0, 0x80000000, 0x80000000, 4}, "")) ==
          "f: offset 20: an array of uint8 of shape (0, 2147483648, 2147483648, 4)"s + end);
}

TEST_CASE("idx: files, plain and gzipped") {
    const tests::TemporaryFolder folder;
    CHECK(read_idx(folder.write("f", idx({2}, "ab"))).as<std::uint8_t>() == Array<std::uint8_t>{'a', 'b'});
    if (!tests::has_zlib([&] { read_idx(folder.write("f.gz", tests::gzipped_text)); })) return;
    const std::string path = folder.write("f.gz", tests::gzipped_text);
    CHECK(tests::message_of<FileError>([&] { read_idx(path); }) ==
          path + ": offset 0: not an IDX file: it starts with 0x73 0x6f, not with two zeros");
}

#include "tests/message_of.hpp"
#include "tests/nn/data/gzip.hpp"
#include "tests/reference/npy.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/nn/data/npy.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

using namespace xgrad;
using namespace xgrad::nn;
namespace reference = tests::reference;
using std::string_literals::operator""s;
using tests::from_hex;

namespace {

AnyArray parse_hex(const char* digits) { return parse_npy(from_hex(digits), "f"); }

std::string npy_error(const std::string& bytes) {
    return tests::message_of<FileError>([&] { parse_npy(bytes, "f"); });
}

/// An NPY file of version 1.
std::string npy(const std::string& header, const std::string& elements = "") {
    return "\x93NUMPY\1\0"s + static_cast<char>(header.size() & 255) + static_cast<char>(header.size() >> 8) + header + elements;
}

std::string header_error(const std::string& header) { return npy_error(npy(header)); }

const Array<double> half{{0.5, 1.5, 2.5}, {3.5, 4.5, 5.5}};
const Array<int> whole{{-2, -1, 0}, {1, 2, 3}};

} // namespace

TEST_CASE("npy: what NumPy writes is read") {
    CHECK(parse_hex(reference::float32).type() == ElementType::float32);
    CHECK(parse_hex(reference::float32).as<float>() == Array<float>(half));
    CHECK(parse_hex(reference::float64).as<double>() == half);
    CHECK(parse_hex(reference::float32_big_endian).as<float>() == Array<float>(half));
    CHECK(parse_hex(reference::float64_big_endian).as<double>() == half);
    CHECK(parse_hex(reference::int32).as<std::int32_t>() == whole);
    CHECK(parse_hex(reference::int64).as<std::int64_t>() == whole);
    CHECK(parse_hex(reference::int64_big_endian).as<std::int64_t>() == whole);
    CHECK(parse_hex(reference::int16).as<std::int16_t>() == whole);
    CHECK(parse_hex(reference::int8).as<std::int8_t>() == whole);
    CHECK(parse_hex(reference::uint8).as<std::uint8_t>() == Array<int>{{250, 251, 252}, {253, 254, 255}});
    CHECK(parse_hex(reference::boolean).as<bool>() == Array<bool>{{false, true, false}, {true, false, true}});
    CHECK(parse_hex(reference::version_2).as<double>() == half);
    CHECK(parse_hex(reference::version_3).as<double>() == half);
    CHECK(parse_hex(reference::scalar).as<double>() == Array<double>(2.5));
    CHECK(parse_hex(reference::vector).as<std::int64_t>() == Array<int>{0, 1, 2});
    CHECK(parse_hex(reference::nothing).shape() == Shape{0, 3});
}

TEST_CASE("npy: column-major arrays become row-major") {
    const Array<int> cube = xt::arange<int>(0, 24).reshape({2, 3, 4});
    CHECK(parse_hex(reference::fortran).as<double>() == cube);
    CHECK(parse_hex(reference::fortran_big_endian).as<std::int32_t>() == cube);
    const std::string header = "{'descr':'|u1','fortran_order':True,'shape':";
    CHECK(parse_npy(npy(header + "(0, 3)}"), "f").shape() == Shape{0, 3});
    CHECK(parse_npy(npy(header + "(1, 3, 1)}", "\1\2\3"), "f").as<int>() == xt::arange<int>(1, 4).reshape({1, 3, 1}));
    CHECK(parse_npy(npy(header + "()}", "\7"), "f").as<int>() == Array<int>(7));
}

TEST_CASE("npy: what is written is, byte for byte, what NumPy writes") {
    CHECK(format_npy(Array<float>(half)) == from_hex(reference::float32));
    CHECK(format_npy(half) == from_hex(reference::float64));
    CHECK(format_npy(whole) == from_hex(reference::int32));
    CHECK(format_npy(Array<std::int64_t>(whole)) == from_hex(reference::int64));
    CHECK(format_npy(Array<std::int16_t>(whole)) == from_hex(reference::int16));
    CHECK(format_npy(Array<std::int8_t>(whole)) == from_hex(reference::int8));
    CHECK(format_npy(Array<std::uint8_t>(whole + 252)) == from_hex(reference::uint8));
    CHECK(format_npy(Array<bool>{{false, true, false}, {true, false, true}}) == from_hex(reference::boolean));
    CHECK(format_npy(Array<double>(2.5)) == from_hex(reference::scalar));
    CHECK(format_npy(xt::arange<std::int64_t>(0, 3)) == from_hex(reference::vector));
    CHECK(format_npy(Array<float>::from_shape({0, 3})) == from_hex(reference::nothing));
}

TEST_CASE("npy: headers as other programs write them") {
    CHECK(parse_npy(npy("{\"shape\" : ( 2L , ),\n\"descr\":\"|i1\", 'fortran_order': False}   ", "\1\2"), "f").as<int>() ==
          Array<int>{1, 2});
    // A length whose low byte is beyond 127.
    std::string padded = "{'descr': '=u1', 'fortran_order': False, 'shape': (1,)}";
    padded.resize(200, ' ');
    CHECK(parse_npy(npy(padded, "\3"), "f").as<int>() == Array<int>{3});
    // Bytes of a bool other than 0 and 1.
    CHECK(parse_npy(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", "\0\2\xff"s), "f").as<int>() == Array<int>{0, 1, 1});
}

TEST_CASE("npy: what is wrong, and where") {
    const std::string good = from_hex(reference::float64);
    CHECK(npy_error("") == "f: offset 0: not an NPY file: it does not start with \\x93NUMPY");
    CHECK(npy_error("PK\3\4") == "f: offset 0: not an NPY file: it does not start with \\x93NUMPY");
    CHECK(npy_error(good.substr(0, 7)) == "f: offset 7: the file ends within the version");
    CHECK(npy_error(good.substr(0, 9)) == "f: offset 9: the file ends within the length of the header");
    CHECK(npy_error(good.substr(0, 100)) == "f: offset 100: the file ends within the header");
    CHECK(npy_error("\x93NUMPY\4\0"s) == "f: offset 6: version 4.0; 1.0, 2.0 and 3.0 are read");
    CHECK(npy_error("\x93NUMPY\1\1"s) == "f: offset 6: version 1.1; 1.0, 2.0 and 3.0 are read");
    CHECK(npy_error("\x93NUMPY\2\0\0\0\0\x40{"s) == "f: offset 13: the file ends within the header");
    CHECK(npy_error(good.substr(0, good.size() - 1)) ==
          "f: offset 128: an array of float64 of shape (2, 3) needs 48 bytes, and 47 follow");
    CHECK(npy_error(good + "x") == "f: offset 128: an array of float64 of shape (2, 3) needs 48 bytes, and 49 follow");

    CHECK(npy_error(from_hex(reference::object)).starts_with("f: offset 20: elements of type \"|O\", which is not read"));
    CHECK(npy_error(from_hex(reference::complex)).starts_with("f: offset 20: elements of type \"<c8\", which is not read"));
    CHECK(npy_error(from_hex(reference::text)).starts_with("f: offset 20: elements of type \"<U3\", which is not read"));
    CHECK(npy_error(from_hex(reference::uint64)).starts_with("f: offset 20: elements of type \"<u8\", which is not read"));
    CHECK(npy_error(from_hex(reference::structured)).starts_with("f: offset 20: header: structured elements, which are not read"));

    CHECK(header_error("") == "f: offset 10: header: a { is missing");
    CHECK(header_error("{") == "f: offset 11: header: a text is missing");
    CHECK(header_error("{}") == "f: offset 12: header: there is no 'descr'");
    CHECK(header_error("{'descr': '<f4'}") == "f: offset 26: header: there is no 'fortran_order'");
    CHECK(header_error("{'descr': '<f4', 'fortran_order': False}") == "f: offset 50: header: there is no 'shape'");
    CHECK(header_error("{'descr': '<f4', 'descr': '<f8'}") == "f: offset 27: \"descr\" is there twice, or does not belong there");
    CHECK(header_error("{'other': '<f4'}") == "f: offset 11: \"other\" is there twice, or does not belong there");
    CHECK(header_error("{'descr: 4") == "f: offset 20: header: a quote opens and does not close");
    CHECK(header_error("{'descr' '<f4'}") == "f: offset 19: header: a : is missing");
    CHECK(header_error("{'descr': '<f4' 'shape': ()}") == "f: offset 26: header: a comma or } is missing");
    CHECK(header_error("{'descr': ''}") == "f: offset 20: elements of type \"\", which is not read");
    CHECK(header_error("{'descr': '|f4'}") == "f: offset 20: elements of type \"|f4\", which is not read");
    CHECK(header_error("{'descr': 'f4'}") == "f: offset 20: elements of type \"f4\", which is not read");
    CHECK(header_error("{'fortran_order': 1}") == "f: offset 29: header: True or False is missing");
    CHECK(header_error("{'shape': 3}") == "f: offset 20: header: a ( is missing");
    CHECK(header_error("{'shape': (3, -1)}") == "f: offset 24: header: an extent is missing");
    CHECK(header_error("{'shape': (3 4)}") == "f: offset 23: header: a comma or ) is missing");
    CHECK(header_error("{'shape': (99999999999999999999,)}") == "f: offset 41: header: an extent is missing");
    CHECK(header_error("{'shape': (1,1,1,1,1,1,1,1,1)}") == "f: offset 38: header: more than 8 axes, which are not read");
    CHECK(header_error(from_hex(reference::float64).substr(10, 118) + "x").ends_with(": header: something follows the dictionary"));
    CHECK(header_error("{'shape': ("s.append(60'000, '(')).ends_with(": header: an extent is missing"));
}

TEST_CASE("npy: a header that claims more than there can be") {
    const auto claims = [](const std::string& shape) {
        return header_error("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + "}");
    };
    CHECK(claims("(1000000000000,)").ends_with("an array of float64 of shape (1000000000000) needs 8000000000000 bytes, and 0 follow"));
    CHECK(claims("(4294967296, 4294967296)").ends_with("needs more bytes than there can be, and 0 follow"));
    CHECK(claims("(0, 4294967296, 4294967296)").ends_with("needs more bytes than there can be, and 0 follow"));
    CHECK(claims("(2305843009213693952,)").ends_with("needs more bytes than there can be, and 0 follow"));
}

TEST_CASE("npy: files") {
    const tests::TemporaryFolder folder;
    write_npy(folder / "x.npy", 2 * half);
    CHECK(read_npy(folder / "x.npy").as<double>() == 2 * half);
    CHECK(tests::message_of<FileError>([&] { read_npy(folder / "y.npy"); }) == (folder / "y.npy") + ": No such file or directory");
}

TEST_CASE("an array of any type converts to what can hold it") {
    const auto error = [](const auto& f) { return tests::message_of<ValueError>(f); };
    CHECK(AnyArray(whole).as<float>() == Array<float>(whole));
    CHECK(AnyArray(Array<double>{1, 2}).as<std::int64_t>() == Array<int>{1, 2});
    CHECK(AnyArray(Array<double>{0.1}).as<float>() == Array<float>{0.1F});
    CHECK(AnyArray(Array<int>{0, 1}).as<bool>() == Array<bool>{false, true});
    CHECK(AnyArray(Array<double>{0x1p63 - 1024, -0x1p63}).as<std::int64_t>()(1) == INT64_MIN);
    CHECK(AnyArray(Array<double>{0x1p53}).as<std::int64_t>()(0) == std::int64_t{1} << 53);
    CHECK(AnyArray(Array<std::int64_t>{std::int64_t{1} << 53}).as<double>()(0) == 0x1p53);
    CHECK(AnyArray(Array<long long>{7}).type() == ElementType::int64);
    CHECK(error([] { AnyArray(Array<int>{0, 2}).as<bool>(); }) == "AnyArray: element 1 is 2, which bool cannot hold");
    CHECK(error([] { AnyArray(Array<int>{0, 256}).as<std::uint8_t>(); }) == "AnyArray: element 1 is 256, which uint8 cannot hold");
    CHECK(error([] { AnyArray(Array<int>{-1}).as<std::uint8_t>(); }) == "AnyArray: element 0 is -1, which uint8 cannot hold");
    CHECK(error([] { AnyArray(Array<double>{1.5}).as<int>(); }) == "AnyArray: element 0 is 1.500000, which int32 cannot hold");
    CHECK_THROWS_AS(AnyArray(Array<double>{0x1p63}).as<std::int64_t>(), ValueError);
    CHECK_THROWS_AS(AnyArray(Array<float>{0x1p31F}).as<std::int32_t>(), ValueError);
    CHECK_THROWS_AS(AnyArray(Array<double>{std::nan("")}).as<std::int64_t>(), ValueError);
    CHECK_THROWS_AS(AnyArray(Array<double>{1e300}).as<float>(), ValueError);
    CHECK_THROWS_AS(AnyArray(Array<std::int64_t>{(std::int64_t{1} << 53) + 1}).as<double>(), ValueError);
    CHECK_THROWS_AS(AnyArray(Array<int>{(1 << 24) + 1}).as<float>(), ValueError);
    CHECK_THROWS_AS(AnyArray(Array<std::int64_t>{INT64_MIN}).as<float>(), ValueError);
}

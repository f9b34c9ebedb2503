#include "tests/message_of.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/autodiff/array.hpp>
#include <xgrad/nn/safetensors.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

using namespace xgrad;
using namespace xgrad::nn;
using std::string_literals::operator""s;
using Metadata = std::map<std::string, std::string>;

namespace {

template <class T>
Tensor<T> tensor(const Shape& shape, std::initializer_list<T> values) {
    Tensor<T> result(shape);
    REQUIRE(result.size() == values.size());
    std::copy(values.begin(), values.end(), result.data());
    return result;
}

/// Whether the value of that name has this type, shape and elements, bit for bit.
template <class T>
bool holds(const StateDict& tensors, const std::string& name, const Shape& shape, std::initializer_list<T> values) {
    const auto* const found = std::get_if<Tensor<T>>(&tensors.at(name));
    const Tensor<T> expected = tensor(shape, values);
    return found && found->shape() == shape && std::memcmp(found->data(), expected.data(), expected.size() * sizeof(T)) == 0;
}

std::string le64(std::uint64_t n) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(n >> 8 * i & 255);
    return bytes;
}

/// A file with this header.
std::string with_header(const std::string& header, const std::string& data = "") { return le64(header.size()) + header + data; }

std::string error_of(const std::string& bytes) {
    return tests::message_of<FileError>([&] { parse_safetensors(bytes, "f"); });
}

/// The error of a header in which the array "a" has this description, over `size` bytes of data.
std::string array_error(const std::string& description, std::size_t size = 8) {
    return error_of(with_header("{\"a\":" + description + "}", std::string(size, '\0')));
}

/// Whether there is something to test; says so if not.
bool has_json() {
    try {
        (void)format_safetensors({});
    } catch (const FileError& error) {
        MESSAGE("skipped: " << error.what());
        return false;
    }
    return true;
}

/// What tests/reference/safetensors_read.py expects.
StateDict dict_for_python() {
    return {{"0.weight", tensor<float>({2, 3}, {0.5F, -1.25F, 3e-8F, 1e30F, 0, -7})},
            {"0.bias", tensor<double>({2}, {0.1, 1.0 / 3})},
            {"steps", tensor<std::int64_t>({}, {(std::int64_t{1} << 53) + 1})},
            {"empty", Tensor<float>(Shape{0, 4})},
            {"gr\u00f6\u00dfe \"\\", tensor<std::int64_t>({1}, {1})}};
}

} // namespace

TEST_CASE("safetensors: what is written is, byte for byte, what the format says") {
    if (!has_json()) return;
    const StateDict tensors{{"b", tensor<float>({2}, {1, -2})}, {"a", tensor<float>({}, {0.5F})},
                            {"n", tensor<std::int64_t>({1, 1}, {-1})}, {"d", tensor<double>({1}, {1})}};
    const std::string header = "{\"__metadata__\":{\"k\":\"v \\\"\\n\"},"
                               "\"d\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                               "\"n\":{\"dtype\":\"I64\",\"shape\":[1,1],\"data_offsets\":[8,16]},"
                               "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[16,20]},"
                               "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[20,28]}}";
    const std::string padding((8 - header.size() % 8) % 8, ' ');
    const std::string data = "\0\0\0\0\0\0\xf0\x3f"s + "\xff\xff\xff\xff\xff\xff\xff\xff" + "\0\0\0\x3f"s + "\0\0\x80\x3f\0\0\0\xc0"s;
    CHECK(format_safetensors(tensors, {{"k", "v \"\n"}}) == with_header(header + padding, data));
    CHECK(format_safetensors({}) == with_header("{}      "));
}

TEST_CASE("safetensors: what is written is read back, bit for bit") {
    if (!has_json()) return;
    const tests::TemporaryFolder folder;
    const float quiet = std::numeric_limits<float>::quiet_NaN(), tiny = std::numeric_limits<float>::denorm_min();
    StateDict tensors = dict_for_python();
    tensors["strange"] = tensor<float>({4}, {quiet, tiny, -0.0F, -INFINITY});
    const Metadata metadata{{"format", "pt"}, {"", ""}, {"a\nb", "\u00e9\\"}};
    save_safetensors(folder / "f", tensors, metadata);
    CHECK(folder.size() == 1);
    const Safetensors back = load_safetensors(folder / "f");
    CHECK(back.metadata == metadata);
    CHECK(back.tensors.size() == 6);
    CHECK(holds<float>(back.tensors, "0.weight", {2, 3}, {0.5F, -1.25F, 3e-8F, 1e30F, 0, -7}));
    CHECK(holds<double>(back.tensors, "0.bias", {2}, {0.1, 1.0 / 3}));
    CHECK(holds<std::int64_t>(back.tensors, "steps", {}, {(std::int64_t{1} << 53) + 1}));
    CHECK(holds<float>(back.tensors, "empty", {0, 4}, {}));
    CHECK(holds<float>(back.tensors, "strange", {4}, {quiet, tiny, -0.0F, -INFINITY}));
    CHECK(format_safetensors(back.tensors, back.metadata) == folder.read("f"));
}

TEST_CASE("safetensors: a view writes its own elements") {
    if (!has_json()) return;
    const Tensor<float> whole = tensor<float>({3}, {1, 2, 3});
    const Safetensors back = parse_safetensors(format_safetensors({{"v", whole.slice(1, Shape{2})}}), "f");
    CHECK(holds<float>(back.tensors, "v", {2}, {2, 3}));
}

TEST_CASE("safetensors: a file for another reader") {
    if (!has_json()) return;
    const char* const path = std::getenv("XGRAD_SAFETENSORS"); // set by tests/reference/safetensors_read.py
    const tests::TemporaryFolder folder;
    const std::string file = path ? path : folder / "f";
    save_safetensors(file, dict_for_python(), {{"format", "pt"}, {"a \"key\"", "a\nline"}});
    CHECK(load_safetensors(file).tensors.size() == 5);
}

TEST_CASE("safetensors: what PyTorch-side code wrote is read") {
    if (!has_json()) return;
    const auto [tensors, metadata] = load_safetensors(XGRAD_SOURCE_DIR "/tests/reference/torch.safetensors");
    CHECK(metadata == Metadata{{"format", "pt"}, {"note", "gr\u00fc\u00df dich"}});
    CHECK(tensors.size() == 17);
    CHECK(holds<float>(tensors, "0.weight", {2, 3}, {-0.5F, -0.25F, 0, 0.25F, 0.5F, 0.75F}));
    CHECK(holds<float>(tensors, "0.bias", {2}, {0.125F, -3}));
    CHECK(holds<float>(tensors, "1.weight", {2}, {1, 1}));
    CHECK(holds<float>(tensors, "1.running_mean", {2}, {1e-3F, 7}));
    CHECK(holds<std::int64_t>(tensors, "1.num_batches_tracked", {}, {42}));
    CHECK(holds<double>(tensors, "double", {2, 1}, {0.1, -1e300}));
    CHECK(holds<float>(tensors, "scalar", {}, {2.5F}));
    CHECK(holds<float>(tensors, "nothing", {0, 4}, {}));
    CHECK(holds<float>(tensors, "half", {6}, {1.5F, -65504, 0x1p-24F, INFINITY, 0.333251953125F, -0.0F}));
    CHECK(holds<float>(tensors, "bfloat", {3}, {1.5F, -0x1p100F, 0.333984375F}));
    CHECK(holds<std::int64_t>(tensors, "int", {2}, {-7, 2147483647}));
    CHECK(holds<std::int64_t>(tensors, "short", {2}, {-300, 300}));
    CHECK(holds<std::int64_t>(tensors, "signed_byte", {2}, {-128, 127}));
    CHECK(holds<std::int64_t>(tensors, "byte", {2}, {0, 255}));
    CHECK(holds<std::int64_t>(tensors, "truth", {2}, {1, 0}));
}

TEST_CASE("safetensors: a file that is not sound is refused") {
    if (!has_json()) return;
    CHECK(error_of("") == "f: offset 0: the file ends within the length of the header");
    CHECK(error_of("1234567") == "f: offset 7: the file ends within the length of the header");
    CHECK(error_of(le64(3) + "{}") == "f: offset 10: the file ends within the header");
    CHECK(error_of(le64(100'000'000) + "{}") == "f: offset 10: the file ends within the header");
    CHECK(error_of(le64(100'000'001) + "{}") == "f: offset 0: a header of 100000001 bytes; at most 100000000 are allowed");
    CHECK(error_of(le64(UINT64_MAX) + "{}") ==
          "f: offset 0: a header of 18446744073709551615 bytes; at most 100000000 are allowed");
    CHECK(error_of(with_header("")) == "f: offset 8: the header does not begin with {");
    CHECK(error_of(with_header(" {}")) == "f: offset 8: the header does not begin with {");
    CHECK(error_of(with_header("[]")) == "f: offset 8: the header does not begin with {");
    CHECK(error_of(with_header("{}\0garbage"s)) == "f: offset 10: a zero byte in the header");
    CHECK(error_of(with_header("{}{}")) == "f: offset 10: the header is not valid JSON");
    for (const char* const bad : {"{", "{\"a\"", "{\"a\":}", "{'a':1}", "{\"\xff\":{}}", "{\"__metadata__\":{},}", "{//\n}", "{\"a\":nan}"}) {
        CAPTURE(std::string(bad));
        CHECK(error_of(with_header(bad)).ends_with("the header is not valid JSON"));
    }
    CHECK(error_of(with_header("{}", "x")) == "f: offset 10: 1 bytes that belong to no array");
    CHECK(parse_safetensors(with_header("{} \n  "), "f").tensors.empty());
    CHECK(parse_safetensors(with_header("{\"__metadata__\":{}}"), "f").metadata.empty());
}

TEST_CASE("safetensors: a header of another structure is refused") {
    if (!has_json()) return;
    const std::string place = ",\"data_offsets\":[0,8]";
    CHECK(array_error("1") == "f: header: \"a\": a number where none belongs");
    CHECK(array_error("\"F32\"") == "f: header: \"a\": a text where none belongs");
    CHECK(array_error("null") == "f: header: \"a\": a null where none belongs");
    CHECK(array_error("[]") == "f: header: \"a\": an array where none belongs");
    CHECK(array_error("{}") == "f: header: \"a\": there is no \"dtype\"");
    CHECK(array_error("{\"dtype\":\"F32\"" + place + "}") == "f: header: \"a\": there is no \"shape\"");
    CHECK(array_error("{\"dtype\":\"F32\",\"shape\":[2]}") == "f: header: \"a\": there is no \"data_offsets\"");
    CHECK(array_error("{\"shape\":[2]" + place + "}") == "f: header: \"a\": there is no \"dtype\"");
    CHECK(array_error("{\"dtype\":\"F8_E4M3\"") == "f: header: \"a\": elements of type \"F8_E4M3\", which is not read");
    CHECK(array_error("{\"dtype\":\"U64\"") == "f: header: \"a\": elements of type \"U64\", which is not read");
    CHECK(array_error("{\"dtype\":\"f32\"") == "f: header: \"a\": elements of type \"f32\", which is not read");
    CHECK(array_error("{\"dtype\":4") == "f: header: \"a\": a number where none belongs");
    CHECK(array_error("{\"dtype\":true") == "f: header: \"a\": a true or false where none belongs");
    CHECK(array_error("{\"other\":\"x\"") == "f: header: \"a\": a text where none belongs");
    CHECK(array_error("{\"other\":[") == "f: header: \"a\": an array where none belongs");
    CHECK(array_error("{\"shape\":{") == "f: header: \"a\": an object where none belongs");
    CHECK(array_error("{\"shape\":[[") == "f: header: \"a\": an array where none belongs");
    CHECK(array_error("{\"shape\":[-1") == "f: header: \"a\": a negative number");
    CHECK(array_error("{\"shape\":[2.0") == "f: header: \"a\": a number that is not whole, or too large");
    CHECK(array_error("{\"shape\":[18446744073709551616") == "f: header: \"a\": a number that is not whole, or too large");
    CHECK(array_error("{\"shape\":[\"2\"") == "f: header: \"a\": a text where none belongs");
    CHECK(array_error("{\"shape\":[1,1,1,1,1,1,1,1,1]") == "f: header: \"a\": more than 8 axes, which is not read");
    CHECK(array_error("{\"data_offsets\":[]") == "f: header: \"a\": fewer than two offsets");
    CHECK(array_error("{\"data_offsets\":[0]") == "f: header: \"a\": fewer than two offsets");
    CHECK(array_error("{\"data_offsets\":[0,4,8]") == "f: header: \"a\": more than two offsets");
    CHECK(error_of(with_header("{\"__metadata__\":\"x\"}")) == "f: header: \"__metadata__\": a text where none belongs");
    CHECK(error_of(with_header("{\"__metadata__\":{\"k\":1}}")) == "f: header: \"__metadata__\": a number where none belongs");
    CHECK(error_of(with_header("{\"__metadata__\":{\"k\":{}}}")) == "f: header: \"__metadata__\": an object where none belongs");
    // However deep: no recursion, and refused at once.
    CHECK(array_error("{\"shape\":"s.append(1'000'000, '[')) == "f: header: \"a\": an array where none belongs");
    std::string deep;
    for (int i = 0; i < 200'000; ++i) deep += "{\"a\":";
    CHECK(error_of(with_header(deep)) == "f: header: \"a\": an object where none belongs");
}

TEST_CASE("safetensors: keys that are there twice are refused") {
    if (!has_json()) return;
    const std::string f32 = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
    CHECK(error_of(with_header("{\"a\":" + f32 + ",\"a\":" + f32 + "}", "1234")) == "f: header: \"a\": there are two of this name");
    CHECK(error_of(with_header("{\"__metadata__\":{},\"__metadata__\":{}}")) ==
          "f: header: \"__metadata__\": there are two of this name");
    CHECK(error_of(with_header("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}")) == "f: header: \"__metadata__\": there are two of \"k\"");
    CHECK(array_error("{\"dtype\":\"F32\",\"dtype\":\"F32\"") == "f: header: \"a\": there are two of \"dtype\"");
    CHECK(array_error("{\"shape\":[],\"shape\":[]") == "f: header: \"a\": there are two of \"shape\"");
    CHECK(array_error("{\"data_offsets\":[0,4],\"data_offsets\":[0,4]") == "f: header: \"a\": there are two of \"data_offsets\"");
}

TEST_CASE("safetensors: places that do not tile the data are refused") {
    if (!has_json()) return;
    const auto f32 = [](const std::string& shape, const std::string& place) {
        return "{\"dtype\":\"F32\",\"shape\":[" + shape + "],\"data_offsets\":[" + place + "]}";
    };
    const auto two = [&](const std::string& first, const std::string& second, std::size_t size) {
        return error_of(with_header("{\"a\":" + first + ",\"b\":" + second + "}", std::string(size, '\0')));
    };
    CHECK(array_error(f32("2", "8,0")) == "f: header: \"a\": its place, 8 to 0, ends before it starts");
    CHECK(array_error(f32("3", "0,12")) == "f: header: \"a\": its place, 0 to 12, goes beyond the 8 bytes of data");
    CHECK(array_error(f32("2", "18446744073709551608,18446744073709551615")) ==
          "f: header: \"a\": its place, 18446744073709551608 to 18446744073709551615, goes beyond the 8 bytes of data");
    CHECK(array_error(f32("3", "0,8")) == "f: header: \"a\": its place, 0 to 8, is not what F32 of shape (3) needs");
    CHECK(array_error(f32("0", "0,8")) == "f: header: \"a\": its place, 0 to 8, is not what F32 of shape (0) needs");
    CHECK(array_error(f32("1000000,1000000", "0,8")).ends_with("is not what F32 of shape (1000000, 1000000) needs"));
    // 2^62 * 4 bytes would be 0, and 2^62 + 2 elements 8, in 64 bits; and a 0 hides any overflow.
    CHECK(array_error(f32("4611686018427387904", "0,0"), 0).ends_with("is not what F32 of shape (4611686018427387904) needs"));
    CHECK(array_error(f32("4611686018427387906", "0,8")).ends_with("is not what F32 of shape (4611686018427387906) needs"));
    CHECK(array_error(f32("0,4294967296,4294967296", "0,0"), 0).ends_with(" needs"));
    CHECK(two(f32("1", "0,4"), f32("1", "8,12"), 12) == "f: header: \"b\": its place, 8 to 12, leaves a hole after 4");
    CHECK(array_error(f32("1", "4,8")) == "f: header: \"a\": its place, 4 to 8, leaves a hole after 0");
    CHECK(two(f32("2", "0,8"), f32("2", "4,12"), 12) == "f: header: \"b\": its place, 4 to 12, overlaps that of another");
    CHECK(two(f32("2", "0,8"), f32("2", "0,8"), 8) == "f: header: \"b\": its place, 0 to 8, overlaps that of another");
    CHECK(array_error(f32("1", "0,4")).ends_with(": 4 bytes that belong to no array"));
    // Arrays of nothing take no place, wherever they are.
    const std::string nothing = "{\"a\":" + f32("1", "0,4") + ",\"b\":" + f32("0", "0,0") + ",\"c\":" + f32("0", "4,4") + "}";
    CHECK(parse_safetensors(with_header(nothing, "1234"), "f").tensors.size() == 3);
}

TEST_CASE("safetensors: elements need no alignment in the file") {
    if (!has_json()) return;
    const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& place) {
        return "{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + place + "]}";
    };
    const std::string header = "{\"a\":" + entry("U8", "3", "0,3") + ",\"b\":" + entry("F32", "2", "3,11") +
                               ",\"c\":" + entry("I16", "1", "11,13") + ",\"d\":" + entry("BF16", "1", "13,15") + "}";
    const std::string data("\x01\x02\x03" "\0\0\xc0\x3f" "\0\0\0\xc0" "\x02\x01" "\x80\x3f", 15);
    const StateDict tensors = parse_safetensors(with_header(header, data), "f").tensors;
    const auto& b = std::get<Tensor<float>>(tensors.at("b"));
    CHECK(std::vector(b.begin(), b.end()) == std::vector{1.5F, -2.0F});
    CHECK(*std::get<Tensor<std::int64_t>>(tensors.at("c")).data() == 258);
    CHECK(*std::get<Tensor<float>>(tensors.at("d")).data() == 1);
}

TEST_CASE("safetensors: what cannot be written is refused, and the file stays") {
    if (!has_json()) return;
    const tests::TemporaryFolder folder;
    folder.write("f", "old");
    const auto error = [&](const StateDict& tensors, const Metadata& metadata = {}) {
        return tests::message_of<ValueError>([&] { save_safetensors(folder / "f", tensors, metadata); });
    };
    const Tensor<float> one(Shape{1}, 1.0F);
    CHECK(error({{"__metadata__", one}}) == "save_safetensors: no array can be named __metadata__");
    CHECK(error({{"a", Tensor<float>()}}) == "save_safetensors: \"a\" has no elements to write");
    CHECK(error({{"a\xff", one}}) == "save_safetensors: \"a?\" is not UTF-8");
    CHECK(error({}, {{"k", "\xc3"}}) == "save_safetensors: \"?\" is not UTF-8");
    CHECK(folder.read("f") == "old");
    CHECK(folder.size() == 1);
    CHECK(tests::message_of<FileError>([&] { save_safetensors(folder / "none/f", {}); }) ==
          (folder / "none/f") + ": No such file or directory");
}

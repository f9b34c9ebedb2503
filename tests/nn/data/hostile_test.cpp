// What no reader may trust: noise, and files that end too early.
#include "tests/nn/data/gzip.hpp"
#include "tests/nn/data/idx.hpp"
#include "tests/reference/npy.hpp"

#include <xgrad/nn/data/csv.hpp>
#include <xgrad/nn/data/idx.hpp>
#include <xgrad/nn/data/npy.hpp>
#include <xgrad/nn/safetensors.hpp>
#include <xgrad/ops/random.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace xgrad;
using namespace xgrad::nn;
using std::string_literals::operator""s;
using tests::from_hex;

namespace {

struct Reader {
    const char* name;
    std::function<void(std::string_view)> read;
    /// A file that it reads.
    std::string sound;
};

std::vector<Reader> readers() {
    const std::string safetensors = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    const std::string npz = from_hex(tests::reference::npz_stored);
    std::vector<Reader> all{
        {"idx", [](std::string_view bytes) { parse_idx(bytes, "f"); }, tests::idx({2, 3}, "abcdef")},
        {"npy", [](std::string_view bytes) { parse_npy(bytes, "f"); }, from_hex(tests::reference::float64)},
        {"npz", [](std::string_view bytes) { parse_npz(bytes, "f"); }, npz},
        {"safetensors", [](std::string_view bytes) { parse_safetensors(bytes, "f"); },
         static_cast<char>(safetensors.size()) + "\0\0\0\0\0\0\0"s + safetensors + "12345678"},
        {"csv", [](std::string_view bytes) { parse_csv(bytes, "f"); }, "a,b\n1,2.5\n"}};
    std::erase_if(all, [](const Reader& reader) { // what the library was built without
        try {
            reader.read(reader.sound);
            return false;
        } catch (const FileError&) {
            return true;
        }
    });
    return all;
}

/// Whether the bytes are read; fails the test if they are refused in any other way than by a FileError.
bool reads(const Reader& reader, const std::string& bytes) {
    try {
        reader.read(bytes);
        return true;
    } catch (const FileError&) {
        return false;
    } catch (const std::exception& error) {
        FAIL_CHECK(reader.name << ": " << error.what());
        return false;
    }
}

} // namespace

TEST_CASE("readers refuse noise, behind their own magic numbers too") {
    CHECK(readers().size() >= 4);
    Generator generator(1);
    for (const Reader& reader : readers()) {
        CAPTURE(std::string(reader.name));
        for (const std::size_t kept : {0, 4, 8, 10}) {
            for (int i = 0; i < 100; ++i) {
                std::string bytes = reader.sound.substr(0, kept);
                for (std::uint64_t n = generator.below(200) + 1; n > 0; --n) bytes += static_cast<char>(generator.below(256));
                CHECK_FALSE(reads(reader, bytes));
            }
        }
    }
}

TEST_CASE("readers stand any one byte of a file being another") {
    Generator generator(2);
    for (const Reader& reader : readers()) {
        for (std::size_t i = 0; i < reader.sound.size(); ++i) {
            std::string bytes = reader.sound;
            bytes[i] = static_cast<char>(generator.below(256));
            reads(reader, bytes);
        }
    }
}

TEST_CASE("readers of binary files refuse every file that ends too early, and every one that goes on") {
    for (const Reader& reader : readers()) {
        if (reader.name == "csv"s) continue;
        CAPTURE(std::string(reader.name));
        for (std::size_t size = 0; size < reader.sound.size(); ++size) CHECK_FALSE(reads(reader, reader.sound.substr(0, size)));
        CHECK(reads(reader, reader.sound));
        CHECK_FALSE(reads(reader, reader.sound + "x"));
    }
}

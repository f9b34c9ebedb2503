#include "tests/message_of.hpp"
#include "tests/nn/data/gzip.hpp"
#include "tests/temporary_folder.hpp"

#include <xgrad/nn/data/file.hpp>

#include <doctest/doctest.h>

#include <array>
#include <filesystem>

using namespace xgrad;
using namespace xgrad::nn;
using tests::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

/// The message, without the name of the file with which it begins.
template <class F>
std::string error_of(const std::string& path, const F& f) {
    const std::string message = tests::message_of<FileError>(f);
    REQUIRE(message.starts_with(path));
    return message.substr(path.size());
}

} // namespace

TEST_CASE("read_file: files that cannot be read") {
    const TemporaryFolder folder;
    CHECK(error_of(folder / "none", [&] { read_file(folder / "none"); }) == ": No such file or directory");
    CHECK(error_of(folder.path(), [&] { read_file(folder.path()); }) == ": Is a directory");
    CHECK(error_of("/dev/zero", [&] { read_file("/dev/zero", 1'000'000); }) == ": more than 1000000 bytes");
    CHECK(read_file(folder.write("empty", "")).empty());
    CHECK(read_file(folder.write("one", "1")) == "1");
    // The limit is not for what lies on the disk.
    CHECK(read_file(folder.write("long", std::string(100'000, 'x')), 10) == std::string(100'000, 'x'));
}

TEST_CASE("write_file writes all parts, in place of what was there") {
    const TemporaryFolder folder;
    const std::array<std::string_view, 3> parts{"one, ", "", "two"};
    write_file(folder / "f", parts);
    CHECK(folder.read("f") == "one, two");
    fs::permissions(folder / "f", fs::perms::owner_read | fs::perms::owner_write);
    write_file(folder / "f", std::string(3'000'000, 'x'));
    CHECK(folder.read("f") == std::string(3'000'000, 'x'));
    CHECK(fs::status(folder / "f").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    write_file(folder / "f", "");
    CHECK(folder.read("f") == "");
    CHECK(folder.size() == 1); // and nothing beside it
}

TEST_CASE("write_file follows symbolic links and leaves what is no file in its place") {
    const TemporaryFolder folder;
    folder.write("real", "old");
    fs::create_symlink("real", folder / "link");
    write_file(folder / "link", "new");
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(folder.read("real") == "new");
    CHECK(folder.size() == 2);
    write_file("/dev/null", "gone");
    CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("write_file: what cannot be written leaves everything as it was") {
    const TemporaryFolder folder;
    CHECK(error_of(folder / "none/f", [&] { write_file(folder / "none/f", "x"); }) == ": No such file or directory");
    fs::create_directory(folder / "d");
    CHECK(error_of(folder / "d", [&] { write_file(folder / "d", "x"); }) == ": Is a directory");
    folder.write("f", "old");
    CHECK(error_of(folder / "f/g", [&] { write_file(folder / "f/g", "x"); }) == ": Not a directory");
    // A full disk: what fails half-way is a device here, as every write to it fails.
    CHECK(error_of("/dev/full", [&] { write_file("/dev/full", "x"); }) == ": No space left on device");
    CHECK(folder.read("f") == "old");
    CHECK(folder.size() == 2);
}

TEST_CASE("read_plain_or_gzip: gzip, and gzip that is not sound") {
    const TemporaryFolder folder;
    if (!tests::has_zlib([&] { read_plain_or_gzip(folder.write("f", tests::gzipped_text)); })) return;
    CHECK(read_plain_or_gzip(folder.write("f.gz", tests::gzipped_text)) == "some text");
    CHECK(read_file(folder / "f.gz") == tests::gzipped_text);
    CHECK(read_plain_or_gzip(folder.write("plain", "some text")) == "some text");
    CHECK(read_plain_or_gzip(folder.write("named-otherwise", tests::gzipped_letters)) == std::string(200'000, 'z'));

    const auto error = [&](const std::string& bytes, std::size_t limit = unpacked_limit) {
        const std::string path = folder.write("bad.gz", bytes);
        return error_of(path, [&] { read_plain_or_gzip(path, limit); });
    };
    const std::string& packed = tests::gzipped_letters;
    CHECK(error(packed.substr(0, 10)) == ": offset 10: gzip: truncated data");
    CHECK(error(packed.substr(0, packed.size() - 1)) == ": offset 228: gzip: truncated data");
    CHECK(error("\x1f\x8b") == ": offset 2: gzip: truncated data");
    CHECK(error("\x1f\x8bnonsense").ends_with(": gzip: damaged data"));
    std::string flipped = packed;
    flipped[flipped.size() - 6] ^= 1; // in the checksum
    CHECK(error(flipped).ends_with(": gzip: damaged data"));
    CHECK(error(packed + "more") == ": offset 229: gzip: data after the end of the stream");
    // The limit holds for what comes out.
    CHECK(error(packed, 100'000).ends_with(": gzip: more than 100000 bytes when unpacked"));
    CHECK(error(packed, 199'999).ends_with(": gzip: more than 199999 bytes when unpacked"));
    CHECK(read_plain_or_gzip(folder.write("f.gz", packed), 200'000).size() == 200'000);
}

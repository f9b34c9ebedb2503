// Zip files as NumPy writes them: PKWARE's APPNOTE.TXT, 4.3.
#include <xgrad/nn/data/inflate.hpp>
#include <xgrad/nn/data/npy.hpp>
#include <xgrad/nn/data/source.hpp>
#include <xgrad/nn/data/text.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace xgrad::nn {

namespace {

using detail::in_quotes;
using detail::Source;

constexpr std::string_view local_mark = "PK\3\4", entry_mark = "PK\1\2", end_mark = "PK\5\6", zip64_mark = "PK\6\7";
constexpr std::size_t local_size = 30, entry_size = 46, end_size = 22, zip64_size = 20;
constexpr std::uint64_t most_16 = 0xFFFF, most_32 = 0xFFFFFFFF; // "see zip64"

constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) c = c & 1 ? 0xEDB88320 ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    return table;
}();

/// The zip format's checksum (CRC-32 of ISO 3309) of what comes in parts.
class Crc {
  public:
    Crc& add(std::string_view bytes) {
        for (const char byte : bytes) state_ = crc_table[(state_ ^ static_cast<std::uint8_t>(byte)) & 255] ^ state_ >> 8;
        return *this;
    }
    std::uint32_t value() const { return ~state_; }

  private:
    std::uint32_t state_ = 0xFFFFFFFF;
};

/// A file in the archive, as the central directory has it.
struct Entry {
    std::string_view name;
    std::uint64_t flags, method, crc, packed_size, size, offset;
};

std::uint64_t number(const Source& file, std::size_t offset, std::size_t width) {
    return file.number(offset, width, std::endian::little);
}

/// Where the record at the end is, which a comment may follow.
std::size_t find_end(const Source& file) {
    const std::string_view bytes = file.bytes;
    if (bytes.size() >= end_size) {
        const std::size_t first = bytes.size() - std::min(bytes.size(), end_size + most_16);
        for (std::size_t at = bytes.size() - end_size + 1; at-- > first;) {
            if (bytes.substr(at).starts_with(end_mark) && at + end_size + number(file, at + 20, 2) == bytes.size()) return at;
        }
    }
    file.fail(bytes.size(), "not a zip file, or truncated: there is no record at the end");
}

std::vector<Entry> read_directory(const Source& file) {
    const std::size_t end = find_end(file);
    if (end >= zip64_size && file.bytes.substr(end - zip64_size).starts_with(zip64_mark)) {
        file.fail(end - zip64_size, "a zip64 file, which is not read");
    }
    if (number(file, end + 4, 2) != 0 || number(file, end + 6, 2) != 0) file.fail(end, "one of several parts of a zip file");
    const std::size_t count = number(file, end + 10, 2);
    const std::size_t size = number(file, end + 12, 4);
    std::size_t at = number(file, end + 16, 4);
    if (at > end || size > end - at) file.fail(end, "the directory is out of place");
    const Source directory{file.bytes.substr(0, at + size), file.name, file.at};

    std::vector<Entry> entries;
    for (std::size_t i = 0; i < count; ++i) {
        directory.require(at, entry_size, "directory");
        if (!directory.bytes.substr(at).starts_with(entry_mark)) file.fail(at, "no entry of the directory");
        const std::size_t name_size = number(file, at + 28, 2);
        const std::size_t whole = entry_size + name_size + number(file, at + 30, 2) + number(file, at + 32, 2);
        directory.require(at, whole, "directory");
        entries.push_back({.name = file.bytes.substr(at + entry_size, name_size),
                           .flags = number(file, at + 8, 2),
                           .method = number(file, at + 10, 2),
                           .crc = number(file, at + 16, 4),
                           .packed_size = number(file, at + 20, 4),
                           .size = number(file, at + 24, 4),
                           .offset = number(file, at + 42, 4)});
        at += whole;
    }
    if (at != directory.bytes.size()) file.fail(at, "something follows the entries of the directory");
    return entries;
}

/// The bytes of a file in the archive.
std::string unpack(const Source& file, const Entry& entry) {
    const auto fail = [&](const std::string& what) { file.fail(entry.offset, in_quotes(entry.name) + ": " + what); };
    if (entry.flags & 1) fail("encrypted");
    if (entry.size == most_32 || entry.packed_size == most_32 || entry.offset == most_32) fail("zip64, which is not read");
    file.require(entry.offset, local_size, "zip file's member");
    if (!file.bytes.substr(entry.offset).starts_with(local_mark)) fail("no file begins there");
    // What comes before the data; the rest of what it says is in the directory, too.
    const std::size_t name_size = number(file, entry.offset + 26, 2);
    const std::size_t start = entry.offset + local_size + name_size + number(file, entry.offset + 28, 2);
    file.require(start, entry.packed_size, "zip file's member");
    if (file.bytes.substr(entry.offset + local_size, name_size) != entry.name) fail("has another name where it begins");
    const std::string_view packed = file.bytes.substr(start, entry.packed_size);

    std::string bytes;
    if (entry.method == 0) {
        bytes = packed;
    } else if (entry.method == 8) {
        // No more is taken than was promised.
        detail::Inflated unpacked = detail::inflate(packed, detail::Wrapper::none, entry.size);
        if (!unpacked.error.empty()) fail(unpacked.error);
        bytes = std::move(unpacked.bytes);
    } else {
        fail("packed by method " + std::to_string(entry.method) + ", which is not read");
    }
    if (bytes.size() != entry.size) {
        fail("has " + std::to_string(bytes.size()) + " bytes, not " + std::to_string(entry.size));
    }
    if (Crc().add(bytes).value() != entry.crc) fail("damaged: the checksum is not right");
    return bytes;
}

void append(std::string& bytes, std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> 8 * i & 255);
}

} // namespace

Npz parse_npz(std::string_view bytes, std::string_view name, Location at) {
    const Source file{bytes, name, at};
    const std::vector<Entry> entries = read_directory(file);
    // Members that overlap would unpack the same bytes many times over.
    std::uint64_t packed_size = 0, size = 0;
    for (const Entry& entry : entries) {
        packed_size += entry.packed_size;
        size += entry.size;
    }
    if (packed_size > bytes.size()) file.fail(0, "the members have more bytes than the file");
    if (size > std::max(unpacked_limit, bytes.size())) {
        file.fail(0, "more than " + std::to_string(unpacked_limit) + " bytes when unpacked");
    }
    Npz arrays;
    for (const Entry& entry : entries) {
        constexpr std::string_view ending = ".npy";
        if (!entry.name.ends_with(ending)) file.fail(entry.offset, in_quotes(entry.name) + " is not an NPY file");
        const std::string_view key = entry.name.substr(0, entry.name.size() - ending.size());
        if (arrays.contains(key)) file.fail(entry.offset, "there are two of the name " + in_quotes(entry.name));
        const std::string member = unpack(file, entry);
        arrays.emplace(key, parse_npy(member, std::string(name) + "(" + in_quotes(entry.name) + ")", at));
    }
    return arrays;
}

Npz read_npz(const std::string& path, Location at) { return parse_npz(read_file(path, unpacked_limit, at), path, at); }

std::string format_npz(const Npz& arrays, Location at) {
    if (arrays.size() >= most_16) throw ValueError("write_npz: " + std::to_string(arrays.size()) + " arrays are too many", at);
    std::string bytes, directory;
    for (const auto& [key, array] : arrays) {
        const std::string name = key + ".npy";
        if (name.size() > most_16) throw ValueError("write_npz: the name " + in_quotes(key) + " is too long", at);
        const std::string member = format_npy(array);
        if (bytes.size() + member.size() + name.size() + local_size >= most_32) {
            throw ValueError("write_npz: more than 4 GiB", at);
        }
        const std::size_t offset = bytes.size();
        std::string common;
        append(common, 20, 2);           // the version of the format that is needed
        append(common, 1 << 11, 2);      // names are UTF-8
        append(common, 0, 2);            // stored
        append(common, 0, 2);            // midnight
        append(common, 1 << 5 | 1, 2);   // of 1 January 1980: the same arrays give the same file
        append(common, Crc().add(member).value(), 4);
        append(common, member.size(), 4);
        append(common, member.size(), 4);
        append(common, name.size(), 2);
        append(common, 0, 2);            // nothing extra
        bytes.append(local_mark).append(common).append(name).append(member);

        directory += entry_mark;
        append(directory, 3 << 8 | 20, 2); // made by Unix
        directory += common;
        append(directory, 0, 2);           // no comment
        append(directory, 0, 2);           // on the first disk
        append(directory, 0, 2);           // binary
        append(directory, 0644U << 16, 4); // Unix permissions
        append(directory, offset, 4);
        directory += name;
    }
    if (bytes.size() + directory.size() >= most_32) throw ValueError("write_npz: more than 4 GiB", at);
    const std::size_t start = bytes.size();
    bytes.append(directory).append(end_mark);
    append(bytes, 0, 4); // of one disk
    append(bytes, arrays.size(), 2);
    append(bytes, arrays.size(), 2);
    append(bytes, directory.size(), 4);
    append(bytes, start, 4);
    append(bytes, 0, 2); // no comment
    return bytes;
}

void write_npz(const std::string& path, const Npz& arrays, Location at) { write_file(path, format_npz(arrays, at), at); }

} // namespace xgrad::nn

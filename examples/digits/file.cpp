#include "file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#ifdef DIGITS_HAS_ZLIB
#include <zlib.h>
#endif

namespace digits {

namespace {

/// Appends what `read(buffer, size)` delivers, until it delivers nothing.
template <class Read>
std::string read_all(const std::filesystem::path& path, std::size_t limit, Read read) {
    constexpr std::size_t chunk = std::size_t{1} << 16;
    std::string bytes;
    for (;;) {
        const std::size_t size = bytes.size();
        bytes.resize(size + chunk);
        const std::size_t count = read(bytes.data() + size, chunk);
        bytes.resize(size + count);
        if (count == 0) return bytes;
        if (bytes.size() > limit)
            throw DataError(fmt::format("{}: larger than {} bytes", path.string(), limit));
    }
}

std::string read_plain(const std::filesystem::path& path, std::size_t limit) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) throw DataError(fmt::format("{}: {}", path.string(), std::strerror(errno)));
    return read_all(path, limit, [&](char* buffer, std::size_t size) {
        const std::size_t count = std::fread(buffer, 1, size, file.get());
        if (std::ferror(file.get()))
            throw DataError(fmt::format("{}: {}", path.string(), std::strerror(errno)));
        return count;
    });
}

std::string unpack(const std::filesystem::path& path, const std::string& packed, std::size_t limit) {
#ifdef DIGITS_HAS_ZLIB
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
        throw std::bad_alloc(); // 15: the largest window; 16: gzip only
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data())); // zlib does not write there
    stream.avail_in = static_cast<uInt>(packed.size());
    bool ended = false;
    return read_all(path, limit, [&](char* buffer, std::size_t size) -> std::size_t {
        if (ended) return 0;
        stream.next_out = reinterpret_cast<Bytef*>(buffer);
        stream.avail_out = static_cast<uInt>(size);
        const int status = inflate(&stream, Z_NO_FLUSH);
        ended = status == Z_STREAM_END;
        const auto fail = [&](const char* what) {
            const std::size_t offset = packed.size() - stream.avail_in;
            throw DataError(fmt::format("{}: offset {}: {}", path.string(), offset, what));
        };
        if (!ended && stream.avail_in == 0 && stream.avail_out == size) fail("truncated gzip data");
        if (!ended && status != Z_OK) fail("damaged gzip data");
        if (ended && stream.avail_in > 0) fail("data after the end of the gzip stream");
        return size - stream.avail_out;
    });
#else
    (void)packed, (void)limit;
    throw DataError(fmt::format("{}: a gzip file, and this program was built without zlib", path.string()));
#endif
}

} // namespace

std::string read_file(const std::filesystem::path& path, std::size_t limit) {
    std::string bytes = read_plain(path, limit);
    if (std::string_view(bytes).starts_with("\x1f\x8b")) return unpack(path, bytes, limit);
    return bytes;
}

} // namespace digits

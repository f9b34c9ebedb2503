#include <xgrad/nn/data/inflate.hpp>

#ifdef XGRAD_HAS_ZLIB

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>

namespace xgrad::nn::detail {

Inflated inflate(std::string_view packed, Wrapper wrapper, std::size_t limit) {
    constexpr int largest_window = 15, gzip_only = 16;
    z_stream stream{};
    const int window = wrapper == Wrapper::gzip ? largest_window + gzip_only : -largest_window;
    if (inflateInit2(&stream, window) != Z_OK) throw std::bad_alloc();
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);

    // zlib does not write to its input. It counts in unsigned int, so both sides are given in pieces.
    auto* next = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    std::size_t left = packed.size();
    constexpr std::size_t piece = std::size_t{1} << 16, most = std::numeric_limits<uInt>::max();
    Inflated result;
    std::string& bytes = result.bytes;
    for (int status = Z_OK; status != Z_STREAM_END;) {
        const std::size_t before = bytes.size();
        bytes.resize(before + std::max(piece, std::min(before, limit - before))); // doubles: linear in all
        stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + before);
        stream.avail_out = static_cast<uInt>(std::min(bytes.size() - before, most));
        const auto room = stream.avail_out;
        stream.next_in = next;
        stream.avail_in = static_cast<uInt>(std::min(left, most));
        const auto given = stream.avail_in;
        status = ::inflate(&stream, Z_NO_FLUSH);
        next += given - stream.avail_in;
        left -= given - stream.avail_in;
        bytes.resize(before + (room - stream.avail_out));
        result.consumed = packed.size() - left;
        if (status == Z_OK && given == stream.avail_in && room == stream.avail_out) status = Z_BUF_ERROR;
        if (status == Z_BUF_ERROR && left == 0) {
            result.error = "truncated data";
        } else if (status != Z_OK && status != Z_STREAM_END) {
            result.error = "damaged data";
        } else if (bytes.size() > limit) {
            result.error = "more than " + std::to_string(limit) + " bytes when unpacked";
        } else if (status == Z_STREAM_END && left > 0) {
            result.error = "data after the end of the stream";
        }
        if (!result.error.empty()) return result;
    }
    return result;
}

} // namespace xgrad::nn::detail

#else

namespace xgrad::nn::detail {

Inflated inflate(std::string_view, Wrapper, std::size_t) {
    return {.bytes = {}, .error = "compressed, and the library was built without zlib"};
}

} // namespace xgrad::nn::detail

#endif

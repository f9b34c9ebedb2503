#include "idx.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace digits {

namespace {

std::size_t byte_at(std::string_view bytes, std::size_t offset) {
    return static_cast<std::uint8_t>(bytes[offset]);
}

} // namespace

xgrad::Array<std::uint8_t> parse_idx(std::string_view bytes, std::string_view name) {
    const auto fail = [&](std::size_t offset, const std::string& what) {
        throw DataError(fmt::format("{}: offset {}: {}", name, offset, what));
    };
    const auto require = [&](std::size_t size, const char* part) {
        if (bytes.size() < size) fail(bytes.size(), fmt::format("the file ends within the {}", part));
    };
    require(4, "magic number");
    if (byte_at(bytes, 0) != 0 || byte_at(bytes, 1) != 0) {
        fail(0, fmt::format("no IDX file: it starts with {:02x} {:02x}, not 00 00", byte_at(bytes, 0),
                            byte_at(bytes, 1)));
    }
    if (byte_at(bytes, 2) != 8)
        fail(2, fmt::format("elements of type {:#04x}, not 0x08 (bytes)", byte_at(bytes, 2)));
    const std::size_t rank = byte_at(bytes, 3);
    if (rank < 1 || rank > 4) fail(3, fmt::format("{} axes; 1 to 4 are read", rank));

    const std::size_t header = 4 + 4 * rank;
    require(header, "extents");
    std::vector<std::size_t> shape(rank);
    std::size_t size = 1;
    for (std::size_t axis = 0; axis < rank; ++axis) {
        const std::size_t offset = 4 + 4 * axis;
        for (std::size_t i = 0; i < 4; ++i) shape[axis] = shape[axis] << 8 | byte_at(bytes, offset + i);
        // Never more than there can be, so that the product cannot overflow: both factors are below 2^32.
        size = std::min(size * shape[axis], file_limit + 1);
    }
    if (bytes.size() - header != size) {
        fail(header, fmt::format("the header says ({}) elements, and {} follow", fmt::join(shape, ", "),
                                 bytes.size() - header));
    }
    xgrad::Array<std::uint8_t> array = xgrad::Array<std::uint8_t>::from_shape(shape);
    std::transform(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end(), array.storage().begin(),
                   [](char byte) { return static_cast<std::uint8_t>(byte); });
    return array;
}

xgrad::Array<std::uint8_t> read_idx(const std::filesystem::path& path) {
    return parse_idx(read_file(path), path.string());
}

} // namespace digits

#include <xgrad/nn/data/idx.hpp>

#include <xgrad/nn/data/source.hpp>

#include <array>

namespace xgrad::nn {

namespace {

std::string hex(std::uint64_t byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    return {'0', 'x', digits[byte >> 4 & 15], digits[byte & 15]};
}

std::optional<ElementType> element_type_of(std::uint64_t code) {
    switch (code) {
    case 0x08: return ElementType::uint8;
    case 0x09: return ElementType::int8;
    case 0x0b: return ElementType::int16;
    case 0x0c: return ElementType::int32;
    case 0x0d: return ElementType::float32;
    case 0x0e: return ElementType::float64;
    default: return std::nullopt;
    }
}

} // namespace

AnyArray parse_idx(std::string_view bytes, std::string_view name, Location at) {
    const detail::Source file{bytes, name, at};
    file.require(0, 4, "magic number");
    const auto byte = [&](std::size_t offset) { return file.number(offset, 1, std::endian::big); };
    if (byte(0) != 0 || byte(1) != 0) {
        file.fail(0, "not an IDX file: it starts with " + hex(byte(0)) + " " + hex(byte(1)) + ", not with two zeros");
    }
    const std::optional<ElementType> type = element_type_of(byte(2));
    if (!type) file.fail(2, hex(byte(2)) + " is the code of no element type");
    const std::size_t rank = byte(3);
    if (rank > Shape::max_rank) {
        file.fail(3, std::to_string(rank) + " axes; at most " + std::to_string(Shape::max_rank) + " are read");
    }
    const std::size_t header = 4 + 4 * rank;
    file.require(4, 4 * rank, "extents");
    Shape shape;
    for (std::size_t axis = 0; axis < rank; ++axis) shape.push_back(file.number(4 + 4 * axis, 4, std::endian::big), at);
    const std::optional<std::size_t> size = detail::byte_size(shape, size_of(*type));
    if (!size || *size != bytes.size() - header) {
        file.fail(header, "an array of " + std::string(to_string(*type)) + " of shape " + to_string(shape) + " needs " +
                              (size ? std::to_string(*size) + " bytes" : "more bytes than there can be") + ", and " +
                              std::to_string(bytes.size() - header) + " follow");
    }
    return AnyArray(*type, shape, bytes.substr(header), std::endian::big);
}

AnyArray read_idx(const std::string& path, Location at) {
    return parse_idx(read_plain_or_gzip(path, unpacked_limit, at), path, at);
}

} // namespace xgrad::nn

/// @file
/// The IDX format, in which MNIST is published: http://yann.lecun.com/exdb/mnist/
#pragma once

#include "file.hpp"

#include <xgrad/autodiff/array.hpp>

#include <string_view>

namespace digits {

/// The array in the bytes of an IDX file: two zero bytes, the type (8: unsigned bytes, the only one that is
/// read), the rank, an extent of four bytes (big-endian) for each axis, and the elements.
/// @param name  the file's, for messages
/// @throws DataError with the offset if the bytes are not exactly that
xgrad::Array<std::uint8_t> parse_idx(std::string_view bytes, std::string_view name);

/// The array in an IDX file, plain or gzipped.
/// @throws DataError if it cannot be read, or with the offset at which it is wrong
xgrad::Array<std::uint8_t> read_idx(const std::filesystem::path& path);

} // namespace digits

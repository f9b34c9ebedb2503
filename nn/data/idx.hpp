/// @file
/// The IDX format, in which MNIST is published.
#pragma once

#include <xgrad/nn/data/any_array.hpp>
#include <xgrad/nn/data/file.hpp>

#include <string>
#include <string_view>

namespace xgrad::nn {

/// The array in an IDX file, plain or gzipped: two zero bytes, the type (8: uint8, 9: int8, 11: int16, 12: int32, 13: float32,
/// 14: float64), the rank, an extent of four bytes for each axis, and the elements; all big-endian.
/// See http://yann.lecun.com/exdb/mnist/.
/// @throws FileError if it cannot be read, or with the offset at which it is not exactly that
AnyArray read_idx(const std::string& path, Location at = Location::current());

/// As read_idx(), of the bytes of an IDX file.
/// @param name  the file's, for messages
AnyArray parse_idx(std::string_view bytes, std::string_view name, Location at = Location::current());

} // namespace xgrad::nn

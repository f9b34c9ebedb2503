/// @file
/// Files, read and written whole. Every reader and writer of nn goes through these functions.
#pragma once

#include <xgrad/autodiff/error.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace xgrad::nn {

/// A file that cannot be read or written, or is not what it claims to be. The message begins with the file's name and says
/// where in it the fault is: the line, or the offset in bytes.
class FileError : public Error {
    using Error::Error;
};

/// The most that is read where the size of a file does not bound it, 1 GiB: of what gzip or zip data unpack to, of a pipe.
inline constexpr std::size_t unpacked_limit = std::size_t{1} << 30;

/// The bytes of a file.
/// @param limit  the most that a pipe or device may deliver
/// @throws FileError if it cannot be read, or exceeds the limit
std::string read_file(const std::string& path, std::size_t limit = unpacked_limit, Location at = Location::current());

/// The bytes of a file, unpacked if its first two say that it is gzipped and the library was built with zlib.
/// @param limit  the most that gzip data may unpack to, or a pipe or device may deliver
/// @throws FileError if the file cannot be read, is no sound gzip file, or exceeds the limit
std::string read_plain_or_gzip(const std::string& path, std::size_t limit = unpacked_limit,
                               Location at = Location::current());

/// Writes a file of `parts`, one after the other: all of it or nothing. It is written beside its place under another name,
/// brought to the disk, and renamed; whatever fails or is interrupted, the file that was there before stays as it was. (What is
/// no regular file, such as a pipe, is written to as it is; a symbolic link is followed.)
/// @throws FileError if it cannot be written
void write_file(const std::string& path, std::span<const std::string_view> parts, Location at = Location::current());

/// @copydoc write_file
void write_file(const std::string& path, std::string_view bytes, Location at = Location::current());

} // namespace xgrad::nn

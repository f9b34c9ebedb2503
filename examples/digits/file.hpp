/// @file
/// Reading a data file whole, whatever it may hold.
#pragma once

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace digits {

/// A data file that cannot be used. The message names the file, the line or offset, and what is wrong there.
class DataError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The largest file that is read, after unpacking: 1 GiB.
inline constexpr std::size_t file_limit = std::size_t{1} << 30;

/// The bytes of a file; gzip, told by its first bytes, is unpacked if the program was built with zlib.
/// @throws DataError if the file cannot be opened or read, is no sound gzip file, or unpacks to more than
/// `limit` bytes
std::string read_file(const std::filesystem::path& path, std::size_t limit = file_limit);

} // namespace digits

/// @file
/// NumPy's files: an array (.npy), and named arrays (.npz).
#pragma once

#include <xgrad/nn/data/any_array.hpp>
#include <xgrad/nn/data/file.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace xgrad::nn {

/// The array in an NPY file of version 1, 2 or 3: bool, uint8, int8 to int64, float32 or float64 in either byte order, row-major
/// or column-major ("Fortran order"). See https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
/// @throws FileError if it cannot be read, or with the offset at which it is not exactly that
AnyArray read_npy(const std::string& path, Location at = Location::current());

/// Writes an NPY file of version 1: `write_npy("x.npy", x)` of an array or expression.
/// @throws FileError if it cannot be written
void write_npy(const std::string& path, const AnyArray& array, Location at = Location::current());

/// As read_npy(), of the bytes of a file.
/// @param name  the file's, for messages
AnyArray parse_npy(std::string_view bytes, std::string_view name, Location at = Location::current());

/// The bytes that write_npy() writes.
std::string format_npy(const AnyArray& array);

/// Arrays by name.
using Npz = std::map<std::string, AnyArray, std::less<>>;

/// The arrays in an NPZ file, which is a zip file of NPY files: stored or, if the library was built with zlib, deflated.
/// @throws FileError if it cannot be read or is damaged; or is encrypted, of more than 4 GiB (zip64), or split over several files
Npz read_npz(const std::string& path, Location at = Location::current());

/// Writes an NPZ file, stored: `write_npz("data.npz", {{"x", x}, {"y", y}})`.
/// @throws FileError if it cannot be written
/// @throws ValueError if it would exceed 4 GiB or 65,535 arrays, or a name is too long
void write_npz(const std::string& path, const Npz& arrays, Location at = Location::current());

/// As read_npz(), of the bytes of a file.
/// @param name  the file's, for messages
Npz parse_npz(std::string_view bytes, std::string_view name, Location at = Location::current());

/// The bytes that write_npz() writes.
std::string format_npz(const Npz& arrays, Location at = Location::current());

} // namespace xgrad::nn

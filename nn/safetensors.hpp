/// @file
/// The safetensors format of Hugging Face: named arrays in a file that Python reads and writes, too.
#pragma once

#include <xgrad/nn/data/file.hpp>
#include <xgrad/nn/state_dict.hpp>

#include <map>
#include <string>
#include <string_view>

namespace xgrad::nn {

/// What a safetensors file holds.
struct Safetensors {
    StateDict tensors;
    /// Texts by name, whatever they are for.
    std::map<std::string, std::string> metadata;
};

/// Writes arrays to a safetensors file: the length of the header in eight bytes, the header in JSON (for each array its type,
/// shape and place, and the metadata), and the elements; see https://github.com/huggingface/safetensors#format. All of it or
/// nothing, as write_file(). The order of the arrays is that of their names, those of 8-byte elements first, so that all are
/// aligned.
/// @throws FileError if it cannot be written, or the library was built without nlohmann-json
/// @throws ValueError if a name or text is not UTF-8, a name is "__metadata__", or a Tensor is empty-handed
void save_safetensors(const std::string& path, const StateDict& tensors,
                      const std::map<std::string, std::string>& metadata = {}, Location at = Location::current());

/// The arrays in a safetensors file. F32, F64 and I64 stay what they are; F16 and BF16 become float, and BOOL, U8, I8, I16 and
/// I32 become std::int64_t.
/// @throws FileError if it cannot be read, is not exactly what the format says, holds elements of another type, or the library
/// was built without nlohmann-json
Safetensors load_safetensors(const std::string& path, Location at = Location::current());

/// As load_safetensors(), of the bytes of a file.
/// @param name  the file's, for messages
Safetensors parse_safetensors(std::string_view bytes, std::string_view name, Location at = Location::current());

/// The bytes that save_safetensors() writes.
std::string format_safetensors(const StateDict& tensors, const std::map<std::string, std::string>& metadata = {},
                               Location at = Location::current());

} // namespace xgrad::nn

#include "fuzz.hpp"

#include <xgrad/nn/safetensors.hpp>

using namespace xgrad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::string_view bytes) {
        const nn::Safetensors read = nn::parse_safetensors(bytes, "f");
        const std::string written = nn::format_safetensors(read.tensors, read.metadata);
        const nn::Safetensors back = nn::parse_safetensors(written, "f");
        fuzz::require(nn::format_safetensors(back.tensors, back.metadata) == written, "what is written is read back");
    });
}

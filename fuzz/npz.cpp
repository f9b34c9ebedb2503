#include "fuzz.hpp"

#include <xgrad/nn/data/npy.hpp>

using namespace xgrad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::string_view bytes) {
        const std::string written = nn::format_npz(nn::parse_npz(bytes, "f"));
        fuzz::require(nn::format_npz(nn::parse_npz(written, "f")) == written, "what is written is read back");
    });
}

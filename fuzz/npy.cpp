#include "fuzz.hpp"

#include <xgrad/nn/data/npy.hpp>

using namespace xgrad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::string_view bytes) {
        const nn::AnyArray array = nn::parse_npy(bytes, "f");
        const nn::AnyArray back = nn::parse_npy(nn::format_npy(array), "f");
        fuzz::require(back.type() == array.type() && back.shape() == array.shape() && back.bytes() == array.bytes(),
                      "what is written is read back");
    });
}

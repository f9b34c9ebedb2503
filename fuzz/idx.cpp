#include "fuzz.hpp"

#include <xgrad/nn/data/idx.hpp>

using namespace xgrad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::string_view bytes) {
        const nn::AnyArray array = nn::parse_idx(bytes, "f");
        fuzz::require(array.bytes().size() < bytes.size(), "an array is no larger than its file");
    });
}

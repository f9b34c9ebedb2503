#include "fuzz.hpp"

#include <xgrad/nn/data/csv.hpp>

using namespace xgrad;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run(data, size, [](std::string_view bytes) {
        if (bytes.empty()) return;
        // The first byte chooses the options.
        const auto choice = static_cast<unsigned char>(bytes[0]);
        nn::CsvOptions options{.header = (choice & 1) == 0, .allow_nonfinite = (choice & 8) != 0};
        if (choice & 2) options.delimiter = '\t';
        if (choice & 4) options.delimiter = ' ';
        if ((choice & 16) && !options.header) options.text_columns = {"0"};
        const nn::Table table = nn::parse_csv(bytes.substr(1), "f", options);
        const std::string text = nn::format_csv(table, options);
        fuzz::require(nn::format_csv(nn::parse_csv(text, "f", options), options) == text, "what is written is read back");
    });
}

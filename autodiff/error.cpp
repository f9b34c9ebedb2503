#include <xgrad/autodiff/error.hpp>

#include <string_view>

namespace xgrad {

std::string to_string(const Location& at) {
    std::string_view file = at.file_name();
    if (const auto slash = file.find_last_of("/\\"); slash != file.npos) file.remove_prefix(slash + 1);
    return std::string(file) + ":" + std::to_string(at.line());
}

Error::Error(const std::string& what, const Location& at)
    : std::runtime_error(at.line() == 0 ? what : what + "\n  called at " + to_string(at)), where_(at) {}

} // namespace xgrad

#include <xgrad/autodiff/error.hpp>

#include <string_view>

namespace xgrad {

std::string to_string(const Location& at) {
    std::string_view file = at.file_name();
    if (const auto slash = file.find_last_of("/\\"); slash != file.npos) file.remove_prefix(slash + 1);
    return std::string(file) + ":" + std::to_string(at.line());
}

namespace {

std::string called_at(const Location& at) { return "called at " + to_string(at); }

} // namespace

Error::Error(const std::string& what, const Location& at)
    : std::runtime_error(at.line() == 0 ? what : what + "\n  " + called_at(at)), where_(at) {}

void Error::set_context(const std::string& context) {
    std::string text = std::runtime_error::what();
    if (where_.line() == 0) {
        text += "\n  " + context;
    } else {
        text.insert(text.size() - called_at(where_).size(), context + ", ");
    }
    text_ = std::make_shared<const std::string>(std::move(text));
}

} // namespace xgrad

#include <xgrad/algorithms/context.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace xgrad::algorithms::detail {

namespace {

/// What Error::set_context() put into the message: between the message proper and the place.
std::string context_of(const Error& error) {
    if (!error.has_context()) return {};
    const std::string with = error.what(), without = error.std::runtime_error::what();
    if (error.where().line() == 0) return with.substr(without.size() + 3); // after "\n  "
    const std::string place = "called at " + to_string(error.where());
    const std::size_t begin = without.size() - place.size();
    return with.substr(begin, with.size() - without.size() - 2); // before ", "
}

} // namespace

void add_context(Error& error, const std::string& context) {
    const std::string inner = context_of(error);
    error.set_context(inner.empty() ? context : inner + ", " + context);
}

void add_step_context(Error& error, std::size_t step, const std::type_info& type) {
    add_context(error, "in Pipeline step " + std::to_string(step) + " (" + type_name(type) + ")");
}

std::string type_name(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> demangled(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
    std::string name = demangled ? demangled.get() : type.name();
    if (name.ends_with('>')) { // "Pipeline<PCA, SVC>", but not "void f<int>()::Net"
        std::size_t i = name.size();
        for (int open = 0; i-- > 0;) {
            open += name[i] == '>' ? 1 : name[i] == '<' ? -1 : 0;
            if (open == 0) break;
        }
        name.erase(i);
    }
    if (const auto colon = name.rfind("::"); colon != name.npos) name.erase(0, colon + 2);
    return name;
}

} // namespace xgrad::algorithms::detail

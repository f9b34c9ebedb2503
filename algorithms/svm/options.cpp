#include <xgrad/algorithms/svm/options.hpp>

#include <xgrad/nn/optim/state_reader.hpp>

#include <cmath>
#include <string>

namespace xgrad::algorithms::detail {

void check_positive(const char* method, const char* option, double value, const Location& at) {
    if (value > 0 && std::isfinite(value)) return;
    const char* const rule = value > 0 ? "; it must be finite" : "; it must be above 0";
    throw ValueError(std::string(method) + ": " + option + " is " + nn::detail::format_number(value) + rule, at);
}

} // namespace xgrad::algorithms::detail

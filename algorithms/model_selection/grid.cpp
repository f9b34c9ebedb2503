#include <xgrad/algorithms/model_selection/grid.hpp>

#include <xgrad/nn/optim/state_reader.hpp>

#include <set>

namespace xgrad::algorithms {

std::string to_string(const Params& params) {
    std::string text;
    for (const auto& [name, value] : params) text += (text.empty() ? "" : ", ") + name + " = " + value;
    return text;
}

namespace {

std::string range_text(double low, double high) {
    return "[" + detail::text_of(low) + ", " + detail::text_of(high) + ")";
}

/// A number of [low, high), but for rounding.
double within(double drawn, double low, double high) {
    return std::clamp(drawn, low, std::nextafter(high, low));
}

} // namespace

Distribution uniform(double low, double high, Location at) {
    if (!(low < high) || !std::isfinite(low) || !std::isfinite(high)) {
        throw ValueError("uniform: there is nothing to draw from in " + range_text(low, high), at);
    }
    return [=](Generator& generator) { // not low + (high - low) u, whose difference may be infinite
        const double u = generator.uniform();
        return within(low * (1 - u) + high * u, low, high);
    };
}

Distribution loguniform(double low, double high, Location at) {
    if (!(0 < low && low < high) || !std::isfinite(high)) {
        throw ValueError("loguniform: there are no logarithms to draw from in " + range_text(low, high), at);
    }
    const double from = std::log(low), to = std::log(high);
    return [=](Generator& generator) { return within(std::exp(from + (to - from) * generator.uniform()), low, high); };
}

namespace detail {

std::string text_of(double value) { return nn::detail::format_number(value); }

std::string text_of(std::string_view value) { return std::string(value); }

void check_axis(const std::string& name, bool is_new, std::size_t values, const Location& at) {
    if (!is_new) throw ValueError("Grid.vary: " + name + " varies already", at);
    if (values == 0) throw ValueError("Grid.vary: there are no values for " + name, at);
}

double rounded(const std::string& name, double drawn, double lowest, double beyond, const Location& at) {
    const double whole = std::round(drawn);
    if (whole >= lowest && whole < beyond) return whole;
    throw ValueError("Grid.vary: " + text_of(drawn) + " was drawn for " + name + ", which takes whole numbers from " + text_of(lowest) +
                         " to below " + text_of(beyond),
                     at);
}

namespace {

constexpr std::size_t most_candidates = 1'000'000;

/// The number of combinations; SIZE_MAX if there are that many or more.
std::size_t product(const std::vector<std::size_t>& counts) {
    std::size_t total = 1;
    for (const std::size_t count : counts) {
        if (__builtin_mul_overflow(total, count, &total)) return SIZE_MAX;
    }
    return total;
}

/// The combination of a number in the mixed radix of the counts.
std::vector<std::size_t> combination(std::size_t number, const std::vector<std::size_t>& counts) {
    std::vector<std::size_t> places(counts.size());
    for (std::size_t axis = counts.size(); axis-- > 0; number /= counts[axis]) places[axis] = number % counts[axis];
    return places;
}

} // namespace

void check_candidates(std::size_t n_iter, std::size_t candidates, const Location& at) {
    if (candidates <= most_candidates) return;
    throw ValueError("RandomizedSearchCV.fit: n_iter is " + std::to_string(n_iter) + "; there may be " +
                         std::to_string(most_candidates) + " candidates",
                     at);
}

std::vector<std::vector<std::size_t>> combinations(const char* search, const std::vector<std::size_t>& counts, const Location& at) {
    const std::size_t total = product(counts);
    if (total > most_candidates) {
        throw ValueError(std::string(search) + ": the grid has more than " + std::to_string(most_candidates) + " combinations of values",
                         at);
    }
    std::vector<std::vector<std::size_t>> all;
    all.reserve(total);
    for (std::size_t number = 0; number < total; ++number) all.push_back(combination(number, counts));
    return all;
}

std::vector<std::vector<std::size_t>> random_combinations(const std::vector<std::size_t>& counts, std::size_t n_iter,
                                                          Generator& generator, const Location& at) {
    const std::size_t total = product(counts);
    check_candidates(n_iter, std::min(n_iter, total), at);
    std::vector<std::vector<std::size_t>> drawn;
    // Floyd's way to draw different numbers: each time there is one candidate more, which stands in for one drawn before.
    std::set<std::size_t> taken;
    for (std::size_t top = total - std::min(n_iter, total); top < total; ++top) {
        std::size_t number = generator.below(top + 1);
        if (!taken.insert(number).second) taken.insert(number = top);
        drawn.push_back(combination(number, counts));
    }
    return drawn;
}

} // namespace detail

} // namespace xgrad::algorithms

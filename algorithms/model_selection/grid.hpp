/// @file
/// What a search varies: options of an estimator, with the values to try.
#pragma once

#include <xgrad/algorithms/option.hpp>
#include <xgrad/ops/random.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace xgrad::algorithms {

/// The varied options and their values, as text: {"C", "0.1"}.
using Params = std::map<std::string, std::string>;

/// "C = 0.1, gamma = 1".
std::string to_string(const Params& params);

/// A number drawn at random, for RandomizedSearchCV.
using Distribution = std::function<double(Generator&)>;

/// Uniform in [low, high).
/// @throws ValueError unless low < high and both are finite
Distribution uniform(double low, double high, Location at = Location::current());
/// Of which the logarithm is uniform: as likely between 0.1 and 1 as between 1 and 10.
/// @throws ValueError unless 0 < low < high and both are finite
Distribution loguniform(double low, double high, Location at = Location::current());

namespace detail {

std::string text_of(double value);
std::string text_of(std::string_view value);

/// The name of an enumerator, if it is one of the first; else its number.
template <class V, std::size_t... I>
std::string enumerator_name(V value, std::index_sequence<I...>) {
    std::string text = std::to_string(static_cast<std::underlying_type_t<V>>(value));
    ((value == static_cast<V>(I) ? void(text = last_identifier(signature_with<static_cast<V>(I)>())) : void()), ...);
    return text;
}

/// A value as text: numbers, texts, enumerators and lists of them, and what has a to_string() of its own; "" for others.
template <class V>
std::string text_of_value(const V& value) {
    if constexpr (std::same_as<V, bool>) {
        return value ? "true" : "false";
    } else if constexpr (std::integral<V>) {
        return std::to_string(value);
    } else if constexpr (std::is_arithmetic_v<V>) {
        return text_of(static_cast<double>(value));
    } else if constexpr (std::convertible_to<V, std::string_view>) {
        return text_of(value);
    } else if constexpr (requires { std::string(to_string(value)); }) {
        return to_string(value);
    } else if constexpr (std::is_enum_v<V> && !std::is_convertible_v<V, long long>) {
        return enumerator_name(value, std::make_index_sequence<16>());
    } else if constexpr (std::ranges::input_range<V>) {
        std::string text;
        for (const auto& element : value) text += (text.empty() ? "" : ", ") + text_of_value(element);
        return "(" + text + ")";
    } else {
        return "";
    }
}

/// One value of an option: how it is called, and what sets it.
template <class E>
struct Setting {
    std::string text;
    std::function<void(E&)> set;
};

/// What one option takes: values, or a distribution of them.
template <class E>
struct Axis {
    std::string name;
    std::vector<Setting<E>> values;
    std::function<Setting<E>(Generator&)> draw; ///< empty where there are values
};

/// @throws ValueError if there are no values, or the name is there already
void check_axis(const std::string& name, bool is_new, std::size_t values, const Location& at);

/// The whole number nearest to one drawn for the option of this name.
/// @throws ValueError unless it is in [lowest, beyond)
double rounded(const std::string& name, double drawn, double lowest, double beyond, const Location& at);

/// The combinations of one value of each of several axes with so many values: the number of each one's value. The last axis
/// changes fastest.
/// @throws ValueError if there are more than could ever be tried
std::vector<std::vector<std::size_t>> combinations(const char* search, const std::vector<std::size_t>& counts, const Location& at);

/// `n_iter` different ones of them, drawn at random; all, if there are no more.
/// @throws ValueError if there are more than could ever be tried
std::vector<std::vector<std::size_t>> random_combinations(const std::vector<std::size_t>& counts, std::size_t n_iter,
                                                          Generator& generator, const Location& at);

/// @throws ValueError if there are more candidates than could ever be tried
void check_candidates(std::size_t n_iter, std::size_t candidates, const Location& at);

} // namespace detail

/// The options that a search varies. They are given as pointers to members, so that names and types are the compiler's to check:
///
/// @code
/// Grid<SVC>().vary<&SVCOptions::C>({0.1, 1., 10.}).vary<&SVCOptions::gamma>({0.01, 0.1})
/// @endcode
///
/// In a Pipeline it is an option of the one step that has it, and whatever else is to vary is set by a function:
///
/// @code
/// Grid(pipeline).vary<&SVCOptions::C>({0.1, 1., 10.})                                                      // "SVC.C"
///     .vary("sigma", [](decltype(pipeline)& p, double s) { p.get<SVC>().options.gamma = 0.5 / (s * s); }, {0.5, 1., 2.})
/// @endcode
template <class E>
class Grid {
  public:
    Grid() = default;
    /// For an estimator of this type, to spare one its name.
    explicit Grid(const E&) {}

    /// Lets an option take some values. In results a value is called by its text; one that has none, by its place: "#0".
    /// @throws ValueError if there are none, or the option varies already
    template <auto Member>
    Grid& vary(const std::vector<detail::OptionValue<Member>>& values, Location at = Location::current()) {
        static_assert(detail::HasOption<E, Member>, "neither the estimator nor exactly one step of the Pipeline has this option");
        return add(detail::option_name<Member, E>(), values, [](E& e, const auto& value) { detail::option_of<Member>(e) = value; }, at);
    }

    /// Draws an option at random; whole numbers are rounded. For RandomizedSearchCV only, whose fit() throws ValueError if what was
    /// drawn is not in the range of a whole number's type.
    /// @throws ValueError if the distribution is empty, or the option varies already
    template <auto Member>
        requires std::is_arithmetic_v<detail::OptionValue<Member>>
    Grid& vary(Distribution distribution, Location at = Location::current()) {
        static_assert(detail::HasOption<E, Member>, "neither the estimator nor exactly one step of the Pipeline has this option");
        using V = detail::OptionValue<Member>;
        const std::string name = detail::option_name<Member, E>();
        detail::check_axis(name, !has(name), distribution ? 1 : 0, at);
        constexpr auto lowest = static_cast<double>(std::numeric_limits<V>::lowest());
        const double beyond = std::ldexp(1, std::numeric_limits<V>::digits); // the largest whole number + 1
        axes_.push_back({name, {}, [=, distribution = std::move(distribution)](Generator& generator) {
                             const double drawn = distribution(generator);
                             const V value = static_cast<V>(std::integral<V> ? detail::rounded(name, drawn, lowest, beyond, at) : drawn);
                             return setting(value, [](E& e, const V& v) { detail::option_of<Member>(e) = v; });
                         }});
        return *this;
    }

    /// Lets what `set(estimator, value)` sets take some values.
    /// @throws ValueError if there are none, or the name is there already
    template <class V, class Set>
        requires std::invocable<const Set&, E&, const V&>
    Grid& vary(const std::string& name, const Set& set, const std::vector<V>& values, Location at = Location::current()) {
        return add(name, values, set, at);
    }
    /// @copydoc vary(const std::string&, const Set&, const std::vector<V>&, Location)
    template <class V, class Set>
        requires std::invocable<const Set&, E&, const V&>
    Grid& vary(const std::string& name, const Set& set, std::initializer_list<V> values, Location at = Location::current()) {
        return add(name, std::vector<V>(values), set, at);
    }

    /// What varies, in the order in which it was given.
    const std::vector<detail::Axis<E>>& axes() const noexcept { return axes_; }

  private:
    bool has(const std::string& name) const {
        return std::ranges::any_of(axes_, [&](const auto& axis) { return axis.name == name; });
    }

    template <class V, class Set>
    static detail::Setting<E> setting(const V& value, const Set& set) {
        return {detail::text_of_value(value), [value, set](E& estimator) { set(estimator, value); }};
    }

    template <class V, class Set>
    Grid& add(const std::string& name, const std::vector<V>& values, const Set& set, const Location& at) {
        detail::check_axis(name, !has(name), values.size(), at);
        detail::Axis<E> axis{name, {}, {}};
        for (const V& value : values) {
            axis.values.push_back(setting(value, set));
            std::string& text = axis.values.back().text;
            if (text.empty()) text = "#" + std::to_string(axis.values.size() - 1);
        }
        axes_.push_back(std::move(axis));
        return *this;
    }

    std::vector<detail::Axis<E>> axes_;
};

} // namespace xgrad::algorithms

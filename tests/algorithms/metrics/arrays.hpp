/// @file
/// Reference numbers as arrays, for the tests of metrics.
#pragma once

#include <xgrad/autodiff/array.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace xgrad::tests {

template <class T>
Array<T> array(const std::vector<T>& numbers) {
    Array<T> result = Array<T>::from_shape({numbers.size()});
    std::copy(numbers.begin(), numbers.end(), result.begin());
    return result;
}

template <class T>
Array<T> matrix(const std::vector<T>& numbers, std::size_t columns) {
    Array<T> result = array(numbers);
    result.reshape({numbers.size() / columns, columns});
    return result;
}

/// The metrics are means of few numbers: they agree but for the order of some additions.
inline constexpr double metric_tolerance = 1e-14;

/// Equal but for `tolerance`.
template <class A>
void check_close(const A& a, const std::vector<double>& expected, double tolerance = metric_tolerance) {
    REQUIRE(a.size() == expected.size());
    std::size_t i = 0;
    for (const double x : a) {
        CAPTURE(i);
        CAPTURE(x);
        CAPTURE(expected[i]);
        CHECK(std::abs(x - expected[i]) <= tolerance * std::max(1., std::abs(expected[i])));
        ++i;
    }
}

} // namespace xgrad::tests

/// @file
/// How far numbers are from the reference values.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

namespace xgrad::tests {

/// The largest |a - b|, NaN if one is; fails if there are not as many of each, or arrays are of different shapes.
template <class A, class B>
double distance(const A& a, const B& b) {
    REQUIRE(a.size() == b.size());
    if constexpr (requires { a.shape() == b.shape(); }) REQUIRE(a.shape() == b.shape());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = std::abs(a.data()[i] - b.data()[i]);
        if (std::isnan(d)) return d;
        if (d > largest) largest = d;
    }
    return largest;
}

} // namespace xgrad::tests

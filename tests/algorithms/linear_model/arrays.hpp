/// @file
/// Small arrays, and how far two are apart.
#pragma once

#include <xgrad/autodiff/array.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace xgrad::tests {

/// A matrix of one column.
inline Array<double> column(std::initializer_list<double> elements) {
    Array<double> result = Array<double>::from_shape({elements.size(), 1});
    std::copy(elements.begin(), elements.end(), result.begin());
    return result;
}

/// The largest |a - b| relative to the largest |b|; NaN if an element is.
inline double distance(const Array<double>& a, const Array<double>& b) {
    REQUIRE(a.shape() == b.shape());
    double largest = 0, scale = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = std::abs(a.data()[i] - b.data()[i]);
        if (!(d <= largest)) largest = d;
        if (std::isnan(largest)) break;
        scale = std::max(scale, std::abs(b.data()[i]));
    }
    return largest / scale;
}

} // namespace xgrad::tests

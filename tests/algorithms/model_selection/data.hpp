/// @file
/// The reference's data, and comparisons with its numbers.
#pragma once

#include "tests/algorithms/model_selection/estimators.hpp"
#include "tests/reference/model_selection.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace xgrad::tests {

template <class T>
Array<T> array_from(const std::vector<T>& values, std::vector<std::size_t> shape) {
    auto array = Array<T>::from_shape(shape);
    std::copy(values.begin(), values.end(), array.begin());
    return array;
}

/// Samples of two features, with labels and with real targets.
inline Array<double> X() { return array_from(reference::model_selection::X, {42, 2}); }
inline Array<std::int64_t> y() { return array_from(reference::model_selection::y, {42}); }
inline Array<double> t() { return array_from(reference::model_selection::t, {42}); }

/// Element by element, in row-major order.
inline void check_near(const Array<double>& array, const std::vector<double>& expected, double tolerance) {
    REQUIRE(array.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        CHECK(std::abs(array.data()[i] - expected[i]) <= tolerance);
    }
}

inline void check_equal(const Array<double>& array, const std::vector<double>& expected) { check_near(array, expected, 0); }

} // namespace xgrad::tests

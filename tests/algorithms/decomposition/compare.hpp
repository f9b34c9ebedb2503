/// @file
/// Arrays beside reference values, and samples prepared as the scripts of tests/reference do it.
#pragma once

#include <xgrad/algorithms/checks.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace xgrad::tests {

/// The largest |a - b| / max(1, |b|); fails if there are not as many of each.
template <class A>
double worst_error(const A& actual, const std::vector<double>& expected) {
    REQUIRE(actual.size() == expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double error = std::abs(actual.data()[i] - expected[i]) / std::max(1.0, std::abs(expected[i]));
        if (!(error <= worst)) worst = error; // a NaN counts
    }
    return worst;
}

/// The largest |a - b| / |b|, where small numbers matter; of b = 0 only a = 0 will do.
template <class A>
double worst_relative_error(const A& actual, const std::vector<double>& expected) {
    REQUIRE(actual.size() == expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (actual.data()[i] == expected[i]) continue;
        const double error = std::abs(actual.data()[i] - expected[i]) / std::abs(expected[i]);
        if (!(error <= worst)) worst = error; // a NaN counts
    }
    return worst;
}

/// Each column with mean 0 and variance 1.
inline Array<double> standardised(const Array<double>& X) {
    const auto m = static_cast<double>(X.shape(0));
    Array<double> result = X;
    for (std::size_t j = 0; j < X.shape(1); ++j) {
        double mean = 0, squares = 0;
        for (std::size_t i = 0; i < X.shape(0); ++i) mean += X(i, j) / m;
        for (std::size_t i = 0; i < X.shape(0); ++i) squares += (X(i, j) - mean) * (X(i, j) - mean);
        for (std::size_t i = 0; i < X.shape(0); ++i) result(i, j) = (X(i, j) - mean) / std::sqrt(squares / m);
    }
    return result;
}

/// Rows 0, step, 2 step, ...
inline Array<double> every(std::size_t step, const Array<double>& X) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < X.shape(0); i += step) rows.push_back(i);
    return algorithms::detail::take_rows(X, rows);
}

/// Which predictions are wrong.
inline std::vector<int> wrong(const Array<std::int64_t>& predicted, const Array<std::int64_t>& y) {
    REQUIRE(predicted.size() == y.size());
    std::vector<int> result;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (predicted(i) != y(i)) result.push_back(static_cast<int>(i));
    }
    return result;
}

} // namespace xgrad::tests

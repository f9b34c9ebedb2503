#include <xgrad/algorithms/neighbors/minkowski.hpp>

#include <algorithm>
#include <cmath>

namespace xgrad::algorithms::detail {

namespace {

/// @param gap  |x_j - y_j|, called with j
template <class Gap>
double reduce(double p, std::size_t features, const Gap& gap) {
    double result = 0;
    if (p == 2) {
        for (std::size_t j = 0; j < features; ++j) result += gap(j) * gap(j);
    } else if (p == 1) {
        for (std::size_t j = 0; j < features; ++j) result += gap(j);
    } else if (std::isinf(p)) {
        for (std::size_t j = 0; j < features; ++j) result = std::max(result, gap(j));
    } else {
        for (std::size_t j = 0; j < features; ++j) result += std::pow(gap(j), p);
    }
    return result;
}

} // namespace

void Minkowski::reduced(const double* x, const Rows& rows, double* result) const {
    if (p == 2) {
        for (std::size_t i = 0; i < rows.count; ++i) result[i] = squared_distance(x, rows[i], rows.features);
        return;
    }
    for (std::size_t i = 0; i < rows.count; ++i) {
        result[i] = reduce(p, rows.features, [&](std::size_t j) { return std::abs(x[j] - rows[i][j]); });
    }
}

double Minkowski::reduced_to_box(const double* x, const double* low, const double* high, std::size_t features) const {
    return reduce(p, features, [&](std::size_t j) { return std::max({low[j] - x[j], x[j] - high[j], 0.0}); });
}

double Minkowski::distance(double reduced) const {
    if (p == 2) return std::sqrt(reduced);
    return p == 1 || std::isinf(p) ? reduced : std::pow(reduced, 1 / p);
}

} // namespace xgrad::algorithms::detail

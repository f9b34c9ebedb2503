/// @file
/// The distance by which neighbours are near. Internal to algorithms/neighbors/.
#pragma once

#include <xgrad/algorithms/distances.hpp>

#include <cstddef>

namespace xgrad::algorithms::detail {

/// Minkowski's distance (sum_j |x_j - y_j|^p)^(1/p): 1 is Manhattan's, 2 Euclid's, infinity the largest difference.
///
/// Neighbours are compared by the sum, the reduced distance, which is in the same order and spares the roots.
struct Minkowski {
    double p = 2; ///< at least 1

    /// The reduced distances from x to each of the rows. Of two searches that both take them from here, no rounding makes
    /// a difference.
    void reduced(const double* x, const Rows& rows, double* result) const;
    /// The reduced distance from x to the nearest point of the box [low, high].
    double reduced_to_box(const double* x, const double* low, const double* high, std::size_t features) const;
    double distance(double reduced) const;
};

} // namespace xgrad::algorithms::detail

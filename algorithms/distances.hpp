/// @file
/// Squared Euclidean distances between rows. Internal to algorithms/.
///
/// ||x - y||^2 = ||x||^2 - 2 x . y + ||y||^2, so the distances of all pairs are one matrix product. That sum cancels where two rows
/// are close to one another for their length; there the differences are squared instead. So equal rows are 0 apart, and every
/// distance is right to some 1e-12 of itself. What cancels is little once the rows are centred: centred().
#pragma once

#include <xgrad/autodiff/array.hpp>

#include <cstddef>
#include <vector>

namespace xgrad::algorithms::detail {

/// A matrix, row by row.
struct Rows {
    const double* data;
    std::size_t count, features;

    const double* operator[](std::size_t row) const noexcept { return data + row * features; }
};

/// @pre X is a matrix, and outlives what is returned
inline Rows rows_of(const Array<double>& X) {
    return {X.data(), X.shape(0), X.shape(1)};
}

/// ||x - y||^2 of two rows, from their differences.
double squared_distance(const double* x, const double* y, std::size_t features);

/// ||x||^2 of each row.
std::vector<double> squared_norms(const Rows& rows);

/// The mean of the rows. @pre there are some
std::vector<double> mean_of(const Rows& rows);

/// Writes the rows less `mean` to `result`. @param scale  what each is multiplied by
void centre(const Rows& rows, const std::vector<double>& mean, double* result, double scale = 1);

/// Rows with what their distances take.
struct PreparedRows {
    Rows rows;
    const double* centred; ///< the same less some mean, the same for all; may be the rows themselves
    const double* norms;   ///< the squared norms of these
};

/// Writes ||a_i - b_j||^2 to `result`, of shape (rows of a, rows of b).
void squared_distances(const PreparedRows& a, const PreparedRows& b, double* result);

/// ||a_i - b_j||^2 of shape (rows of A, rows of B), wherever the rows are: they are centred first.
/// @pre A and B are matrices with as many columns, and B has rows
Array<double> squared_distances(const Array<double>& A, const Array<double>& B);

} // namespace xgrad::algorithms::detail

/// @file
/// Nearest neighbours from the distances to all points. Internal to algorithms/neighbors/.
#pragma once

#include <xgrad/algorithms/neighbors/minkowski.hpp>
#include <xgrad/algorithms/neighbors/nearest.hpp>

#include <cstddef>
#include <vector>

namespace xgrad::algorithms::detail {

/// Euclidean distances are products of matrices, and since products round, they only say which points cannot be among the nearest:
/// the few others are compared by their differences. So the neighbours are exactly those that a k-d tree finds.
class BruteForce {
  public:
    /// @param points  what is kept is a copy
    BruteForce(const Rows& points, const Minkowski& metric);

    /// For queries one after the other, offers each one's `nearest` all points that may be among its nearest.
    void search(const Rows& queries, Nearest* nearest) const;

  private:
    Rows points() const { return {points_.data(), count_, features_}; }
    void search_by_products(const Rows& queries, Nearest* nearest) const;

    std::size_t count_, features_;
    Minkowski metric_;
    std::vector<double> points_;
    // For products:
    std::vector<double> mean_, centred_; ///< of the points; these less the mean
    std::vector<double> least_norms_;    ///< the squared norms of `centred_` less what rounding may add to a distance
};

} // namespace xgrad::algorithms::detail

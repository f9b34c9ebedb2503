/// @file
/// A k-d tree: boxes within boxes, so that a search leaves out the points of those that are too far away. Internal to
/// algorithms/neighbors/.
///
/// A box with more points than a leaf holds is cut in two at the median of its widest feature. Bentley: Multidimensional binary search
/// trees used for associative searching, 1975; Friedman, Bentley, Finkel: An algorithm for finding best matches in logarithmic
/// expected time, 1977. What it saves fades with the number of features: near everything is in every box's reach then.
#pragma once

#include <xgrad/algorithms/neighbors/minkowski.hpp>
#include <xgrad/algorithms/neighbors/nearest.hpp>

#include <cstddef>
#include <vector>

namespace xgrad::algorithms::detail {

class KdTree {
  public:
    /// @param points     what is kept is a copy
    /// @param leaf_size  at least 1
    KdTree(const Rows& points, std::size_t leaf_size, const Minkowski& metric);

    /// Offers all points that may be among the nearest of x.
    void search(const double* x, Nearest& nearest) const;

  private:
    /// A box, whose points stand next to one another.
    struct Node {
        std::size_t begin, end;
        std::size_t children = 0; ///< the number of the first of two, which is followed by the other; 0 for a leaf
    };

    void build(std::size_t node, const Rows& points, std::size_t leaf_size);
    void search(std::size_t node, double distance, const double* x, Nearest& nearest) const;
    double distance_to(std::size_t node, const double* x) const;

    std::size_t features_;
    Minkowski metric_;
    std::vector<Node> nodes_;
    std::vector<double> boxes_;        ///< of each node: where it begins in each feature, and where it ends
    std::vector<std::size_t> indices_; ///< the numbers of the points in the order of the leaves
    std::vector<double> points_;       ///< in this order
};

} // namespace xgrad::algorithms::detail

#include <xgrad/algorithms/neighbors/kd_tree.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <utility>

namespace xgrad::algorithms::detail {

KdTree::KdTree(const Rows& points, std::size_t leaf_size, const Minkowski& metric)
    : features_(points.features), metric_(metric), indices_(points.count), points_(points.count * points.features) {
    std::iota(indices_.begin(), indices_.end(), std::size_t{0});
    nodes_.push_back({0, points.count});
    build(0, points, leaf_size);
    for (std::size_t i = 0; i < points.count; ++i) std::copy_n(points[indices_[i]], features_, points_.data() + i * features_);
}

void KdTree::build(std::size_t node, const Rows& points, std::size_t leaf_size) {
    const std::size_t begin = nodes_[node].begin, end = nodes_[node].end;
    boxes_.resize(std::max(boxes_.size(), (node + 1) * 2 * features_));
    double* const low = boxes_.data() + node * 2 * features_;
    double* const high = low + features_;
    std::fill_n(low, features_, std::numeric_limits<double>::infinity());
    std::fill_n(high, features_, -std::numeric_limits<double>::infinity());
    for (std::size_t i = begin; i < end; ++i) {
        const double* const point = points[indices_[i]];
        for (std::size_t j = 0; j < features_; ++j) {
            low[j] = std::min(low[j], point[j]);
            high[j] = std::max(high[j], point[j]);
        }
    }
    std::size_t widest = 0;
    for (std::size_t j = 1; j < features_; ++j) {
        if (high[j] - low[j] > high[widest] - low[widest]) widest = j;
    }
    // A box of equal points is not cut, however many they are: both parts would be the same box.
    if (end - begin <= leaf_size || high[widest] == low[widest]) return;

    std::vector<std::pair<double, std::size_t>> keys; // next to one another, where sorting finds them faster than in the rows
    keys.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) keys.emplace_back(points[indices_[i]][widest], indices_[i]);
    const std::size_t half = keys.size() / 2;
    std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(half), keys.end());
    for (std::size_t i = begin; i < end; ++i) indices_[i] = keys[i - begin].second;
    keys = {};

    const std::size_t children = nodes_.size();
    nodes_[node].children = children;
    nodes_.push_back({begin, begin + half});
    nodes_.push_back({begin + half, end});
    build(children, points, leaf_size);
    build(children + 1, points, leaf_size);
}

double KdTree::distance_to(std::size_t node, const double* x) const {
    const double* const low = boxes_.data() + node * 2 * features_;
    // Rounding may let a box seem farther away than a point in it.
    const double least = 1 - static_cast<double>(features_ + 8) * std::numeric_limits<double>::epsilon();
    return least * metric_.reduced_to_box(x, low, low + features_, features_);
}

void KdTree::search(const double* x, Nearest& nearest) const {
    search(0, distance_to(0, x), x, nearest);
}

void KdTree::search(std::size_t node, double distance, const double* x, Nearest& nearest) const {
    // A box that is as far as the farthest neighbour may hold one as far with a smaller number.
    if (distance > nearest.bound()) return;
    const Node& box = nodes_[node];
    if (box.children == 0) {
        std::array<double, 64> distances;
        for (std::size_t begin = box.begin; begin < box.end; begin += distances.size()) {
            const std::size_t count = std::min(distances.size(), box.end - begin);
            metric_.reduced(x, {points_.data() + begin * features_, count, features_}, distances.data());
            for (std::size_t i = 0; i < count; ++i) {
                if (distances[i] <= nearest.bound()) nearest.offer({distances[i], indices_[begin + i]});
            }
        }
        return;
    }
    const double first = distance_to(box.children, x), second = distance_to(box.children + 1, x);
    const bool swap = second < first;
    search(box.children + (swap ? 1 : 0), swap ? second : first, x, nearest);
    search(box.children + (swap ? 0 : 1), swap ? first : second, x, nearest);
}

} // namespace xgrad::algorithms::detail

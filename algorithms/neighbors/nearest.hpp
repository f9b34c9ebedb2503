/// @file
/// The nearest points met so far. Internal to algorithms/neighbors/.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <limits>
#include <vector>

namespace xgrad::algorithms::detail {

/// A point by its number; of two at one distance, the one with the smaller number is the nearer.
struct Neighbor {
    double distance; ///< reduced, see Minkowski
    std::size_t index;

    friend auto operator<=>(const Neighbor&, const Neighbor&) = default;
};

/// The k nearest of the points that were offered, in a heap whose root is the farthest of them.
class Nearest {
  public:
    explicit Nearest(std::size_t k) : k_(k) { heap_.reserve(k); }

    /// How far a point may be to be among them.
    double bound() const noexcept { return heap_.size() < k_ ? std::numeric_limits<double>::infinity() : heap_.front().distance; }

    void offer(const Neighbor& candidate) {
        if (heap_.size() < k_) {
            heap_.push_back(candidate);
        } else if (candidate < heap_.front()) {
            std::pop_heap(heap_.begin(), heap_.end());
            heap_.back() = candidate;
        } else {
            return;
        }
        std::push_heap(heap_.begin(), heap_.end());
    }

    void clear() noexcept { heap_.clear(); }

    /// From near to far. After it come clear() and other offers.
    const std::vector<Neighbor>& sorted() {
        std::sort_heap(heap_.begin(), heap_.end());
        return heap_;
    }

  private:
    std::size_t k_;
    std::vector<Neighbor> heap_;
};

} // namespace xgrad::algorithms::detail

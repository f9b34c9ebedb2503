#include <xgrad/algorithms/neighbors/brute_force.hpp>

#include <xgrad/ops/packed_factor.hpp>
#include <xgrad/ops/simd.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace xgrad::algorithms::detail {

namespace {

/// ||x||^2 - 2 x . y + ||y||^2 differs from the reduced distance by less than this times ||x||^2 + ||y||^2: both are sums of as many
/// products as there are features, of numbers that are a rounding off the centred ones.
double rounding(std::size_t features) {
    return (4 * static_cast<double>(features) + 64) * std::numeric_limits<double>::epsilon();
}

/// What a squared norm adds to a distance at least. One that overflows does not say.
double least(double norm, std::size_t features) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return norm < infinity ? norm * (1 - rounding(features)) : -infinity;
}

/// Calls f(i) for all i with !(row[i] + added > limits[i]), where a call may lower its own limit. NaN counts too: it comes from numbers
/// whose squares overflow.
template <class F>
void for_each_within(const double* limits, const double* row, double added, std::size_t n, const F& f) {
    using V = ops::Batch<double>;
    constexpr std::size_t step = 4 * V::size;
    const auto far = [=](std::size_t i) { return V::load_unaligned(row + i) + V(added) > V::load_unaligned(limits + i); };
    std::size_t i = 0;
    for (; i + step <= n; i += step) { // nearly all are farther
        if (xsimd::all(far(i) & far(i + V::size) & far(i + 2 * V::size) & far(i + 3 * V::size))) continue;
        for (std::size_t k = i; k < i + step; ++k) {
            if (!(row[k] + added > limits[k])) f(k);
        }
    }
    for (; i < n; ++i) {
        if (!(row[i] + added > limits[i])) f(i);
    }
}

} // namespace

BruteForce::BruteForce(const Rows& points, const Minkowski& metric)
    : count_(points.count), features_(points.features), metric_(metric), points_(points.data, points[points.count]) {
    if (metric.p != 2) return;
    mean_ = mean_of(points);
    centred_.resize(points_.size());
    centre(points, mean_, centred_.data());
    least_norms_ = squared_norms({centred_.data(), count_, features_});
    for (double& norm : least_norms_) norm = least(norm, features_);
}

void BruteForce::search(const Rows& queries, Nearest* nearest) const {
    if (metric_.p == 2) return search_by_products(queries, nearest);
    std::array<double, 256> distances;
    for (std::size_t begin = 0; begin < count_; begin += distances.size()) {
        const Rows block{points()[begin], std::min(distances.size(), count_ - begin), features_};
        for (std::size_t i = 0; i < queries.count; ++i) {
            metric_.reduced(queries[i], block, distances.data());
            for (std::size_t j = 0; j < block.count; ++j) nearest[i].offer({distances[j], begin + j});
        }
    }
}

void BruteForce::search_by_products(const Rows& queries, Nearest* nearest) const {
    // The products of some points, a row for each, stay in the cache until they are compared.
    constexpr std::size_t block_points = 128;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Minkowski metric{2};
    std::vector<double> scaled(queries.count * features_), products(block_points * queries.count);
    centre(queries, mean_, scaled.data(), -2);
    const ops::PackedFactor<double> factor({scaled.data(), features_, queries.count, true}, block_points);
    // What ||y||^2 - 2 x . y may be at most: the farthest neighbour's distance less ||x||^2.
    std::vector<double> norms = squared_norms({scaled.data(), queries.count, features_}), limits(queries.count, infinity);
    for (double& norm : norms) norm = least(0.25 * norm, features_);
    for (std::size_t begin = 0; begin < count_; begin += block_points) {
        const std::size_t count = std::min(block_points, count_ - begin);
        factor.multiply(centred_.data() + begin * features_, count, 0, products.data());
        for (std::size_t j = begin; j < begin + count; ++j) {
            const double* const row = products.data() + (j - begin) * queries.count;
            for_each_within(limits.data(), row, least_norms_[j], queries.count, [&](std::size_t i) {
                double distance;
                metric.reduced(queries[i], {points()[j], 1, features_}, &distance);
                nearest[i].offer({distance, j});
                limits[i] = nearest[i].bound() - norms[i];
            });
        }
    }
}

} // namespace xgrad::algorithms::detail

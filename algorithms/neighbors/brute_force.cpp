#include <xgrad/algorithms/neighbors/brute_force.hpp>

#include <xgrad/ops/gemm.hpp>
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

/// Calls f(j) for all j with !(row[j] > bound()), where the bound may fall from one call to the next. NaN counts too: it comes from
/// numbers whose squares overflow.
template <class Bound, class F>
void for_each_below(const double* row, std::size_t n, const Bound& bound, const F& f) {
    using V = ops::Batch<double>;
    constexpr std::size_t step = 4 * V::size;
    std::size_t j = 0;
    for (; j + step <= n; j += step) { // nearly all are farther
        const V limit(bound());
        const auto far = [&](std::size_t k) { return V::load_unaligned(row + j + k * V::size) > limit; };
        if (xsimd::all(far(0) & far(1) & far(2) & far(3))) continue;
        for (std::size_t k = j; k < j + step; ++k) {
            if (!(row[k] > bound())) f(k);
        }
    }
    for (; j < n; ++j) {
        if (!(row[j] > bound())) f(j);
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
            for_each_below(
                distances.data(), block.count, [&] { return nearest[i].bound(); },
                [&](std::size_t j) { nearest[i].offer({distances[j], begin + j}); });
        }
    }
}

void BruteForce::search_by_products(const Rows& queries, Nearest* nearest) const {
    // The products of a block stay in the cache until they are compared.
    constexpr std::size_t block_queries = 128, block_points = 512;
    const Minkowski metric{2};
    std::vector<double> scaled(std::min(queries.count, block_queries) * features_), products(block_queries * block_points);
    for (std::size_t first = 0; first < queries.count; first += block_queries) {
        const Rows block{queries[first], std::min(block_queries, queries.count - first), features_};
        centre(block, mean_, scaled.data(), -2);
        std::vector<double> norms = squared_norms({scaled.data(), block.count, features_}); // of four times the centred ones
        for (double& norm : norms) norm = least(0.25 * norm, features_);
        for (std::size_t begin = 0; begin < count_; begin += block_points) {
            const std::size_t n = std::min(block_points, count_ - begin);
            // ||y||^2 - 2 x . y, less the rounding.
            ops::gemm<double>({scaled.data(), block.count, features_}, {centred_.data() + begin * features_, features_, n, true}, 0,
                              products.data(), least_norms_.data() + begin);
            for (std::size_t i = 0; i < block.count; ++i) {
                Nearest& found = nearest[first + i];
                for_each_below(
                    products.data() + i * n, n, [&, norm = norms[i]] { return found.bound() - norm; },
                    [&](std::size_t j) {
                        double distance;
                        metric.reduced(block[i], {points()[begin + j], 1, features_}, &distance);
                        found.offer({distance, begin + j});
                    });
            }
        }
    }
}

} // namespace xgrad::algorithms::detail

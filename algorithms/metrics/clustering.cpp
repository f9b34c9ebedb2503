#include <xgrad/algorithms/metrics/clustering.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/distances.hpp>
#include <xgrad/algorithms/metrics/labels.hpp>
#include <xgrad/autodiff/threads.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace xgrad::algorithms {

namespace {

/// The samples ordered by cluster, so that sums over a cluster run over consecutive distances.
struct SortedSamples {
    SortedSamples(const char* metric, const Array<double>& X, const Array<std::int64_t>& y, const Location& at) {
        const auto [classes, codes] = detail::encode_labels(metric, X, y, at);
        samples = X.shape(0);
        features = X.shape(1);
        clusters = classes.size();
        if (clusters == samples) {
            throw ValueError(std::string(metric) + ": each of the " + std::to_string(samples) + " samples is a cluster by itself", at);
        }
        order.resize(samples);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&codes = codes](std::size_t a, std::size_t b) { return codes[a] < codes[b]; });
        starts.assign(clusters + 1, 0);
        for (const std::size_t code : codes) ++starts[code + 1];
        std::partial_sum(starts.begin(), starts.end(), starts.begin());

        points = detail::take_rows(X, order);
        centred.resize(points.size());
        detail::centre(detail::rows_of(points), detail::mean_of(detail::rows_of(points)), centred.data());
        norms = detail::squared_norms({centred.data(), samples, features});
        for (const double norm : norms) { // two of them make at most four times the larger one
            if (std::isfinite(4 * norm)) continue;
            throw ValueError(std::string(metric) + ": the squared distances of X are beyond the range of a double", at);
        }
    }

    detail::PreparedRows rows(std::size_t first, std::size_t count) const {
        return {{points.data() + first * features, count, features}, centred.data() + first * features, norms.data() + first};
    }

    /// Of a sample, given the sums of its distances to each cluster.
    double silhouette(std::size_t sample, const double* totals) const {
        double inside = 0, nearest = std::numeric_limits<double>::infinity();
        for (std::size_t k = 0; k < clusters; ++k) {
            const auto size = static_cast<double>(starts[k + 1] - starts[k]);
            if (sample < starts[k] || sample >= starts[k + 1]) {
                nearest = std::min(nearest, totals[k] / size);
            } else if (size == 1) {
                return 0;
            } else {
                inside = totals[k] / (size - 1);
            }
        }
        const double largest = std::max(inside, nearest);
        return largest == 0 ? 0 : (nearest - inside) / largest;
    }

    std::size_t samples = 0, features = 0, clusters = 0;
    std::vector<std::size_t> order;  ///< the samples' numbers, by cluster
    std::vector<std::size_t> starts; ///< of each cluster in this order, and the end
    Array<double> points;
    std::vector<double> centred, norms;
};

double sum(const double* begin, const double* end) {
    // Eight sums, which the compiler may add up side by side.
    double sums[8] = {};
    for (; end - begin >= 8; begin += 8) {
        for (int k = 0; k < 8; ++k) sums[k] += begin[k];
    }
    return std::accumulate(begin, end, std::accumulate(sums, sums + 8, 0.));
}

Array<double> silhouettes(const char* metric, const Array<double>& X, const Array<std::int64_t>& y, const Location& at) {
    const SortedSamples sorted(metric, X, y, at);
    const std::size_t n = sorted.samples;
    Array<double> result = Array<double>::from_shape({n});
    // So many that their product is fast, and so few that their distances stay in the cache.
    constexpr std::size_t block_rows = 256, block_columns = 1024;
    parallel_for(n, block_rows, [&](std::size_t begin, std::size_t end) {
        std::vector<double> distances(block_rows * std::min(block_columns, n)), totals(block_rows * sorted.clusters);
        for (std::size_t first = begin; first < end; first += block_rows) {
            const std::size_t rows = std::min(block_rows, end - first);
            std::fill(totals.begin(), totals.end(), 0.);
            std::size_t first_cluster = 0; // that of the block's first column
            for (std::size_t column = 0; column < n; column += block_columns) {
                const std::size_t columns = std::min(block_columns, n - column);
                detail::squared_distances(sorted.rows(first, rows), sorted.rows(column, columns), distances.data());
                for (std::size_t i = 0; i < rows * columns; ++i) distances[i] = std::sqrt(distances[i]);
                while (column >= sorted.starts[first_cluster + 1]) ++first_cluster;
                for (std::size_t k = first_cluster; k < sorted.clusters && sorted.starts[k] < column + columns; ++k) {
                    const std::size_t from = std::max(sorted.starts[k], column) - column;
                    const std::size_t to = std::min(sorted.starts[k + 1], column + columns) - column;
                    for (std::size_t i = 0; i < rows; ++i) {
                        const double* const row = distances.data() + i * columns;
                        totals[i * sorted.clusters + k] += sum(row + from, row + to);
                    }
                }
            }
            for (std::size_t i = 0; i < rows; ++i) {
                result.data()[sorted.order[first + i]] = sorted.silhouette(first + i, totals.data() + i * sorted.clusters);
            }
        }
    });
    return result;
}

} // namespace

Array<double> silhouette_samples(const Array<double>& X, const LabelArray& y, Location at) {
    return silhouettes("silhouette_samples", X, y, at);
}

double silhouette_score(const Array<double>& X, const LabelArray& y, Location at) {
    const Array<double> samples = silhouettes("silhouette_score", X, y, at);
    return sum(samples.data(), samples.data() + samples.size()) / static_cast<double>(samples.size());
}

namespace {

/// The pairs of samples, by whether two clusterings have them together.
struct PairCounts {
    double both = 0, only_y = 0, only_h = 0, neither = 0;
};

PairCounts count_pairs(const char* metric, const Array<std::int64_t>& y, const Array<std::int64_t>& h, const Location& at) {
    detail::check_label_pair(metric, y, h, at);
    // Pairs that share a value, among sorted values: runs of equal ones.
    const auto pairs_in_runs = [](const auto& sorted) {
        double pairs = 0, run = 0;
        for (std::size_t i = 0; i < sorted.size(); ++i) {
            run = i > 0 && sorted[i] == sorted[i - 1] ? run + 1 : 0;
            pairs += run;
        }
        return pairs;
    };
    std::vector<std::pair<std::int64_t, std::int64_t>> samples(y.size());
    for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = {y.data()[i], h.data()[i]};
    std::sort(samples.begin(), samples.end());
    std::vector<std::int64_t> a(y.data(), y.data() + y.size()), b(h.data(), h.data() + h.size());
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    PairCounts counts;
    counts.both = pairs_in_runs(samples);
    counts.only_y = pairs_in_runs(a) - counts.both;
    counts.only_h = pairs_in_runs(b) - counts.both;
    const auto n = static_cast<double>(y.size());
    counts.neither = n * (n - 1) / 2 - counts.both - counts.only_y - counts.only_h;
    return counts;
}

} // namespace

double rand_score(const LabelArray& y, const LabelArray& h, Location at) {
    const auto [both, only_y, only_h, neither] = count_pairs("rand_score", y, h, at);
    if (only_y + only_h == 0) return 1;
    return (both + neither) / (both + only_y + only_h + neither);
}

double adjusted_rand_score(const LabelArray& y, const LabelArray& h, Location at) {
    const auto [both, only_y, only_h, neither] = count_pairs("adjusted_rand_score", y, h, at);
    if (only_y + only_h == 0) return 1;
    return 2 * (both * neither - only_y * only_h) /
           ((both + only_y) * (only_y + neither) + (both + only_h) * (only_h + neither));
}

} // namespace xgrad::algorithms

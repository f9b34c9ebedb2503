#include <xgrad/algorithms/cluster/k_means.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/distances.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/packed_factor.hpp>
#include <xgrad/ops/random.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace xgrad::algorithms {

namespace {

using detail::Rows;
using detail::rows_of;
using detail::squared_distance;
using Labels = std::vector<std::int64_t>;

std::int64_t first_smallest(const double* numbers, std::size_t count) {
    std::size_t result = 0;
    double smallest = numbers[0];
    for (std::size_t i = 1; i < count; ++i) { // without branches, which could not be foreseen
        result = numbers[i] < smallest ? i : result;
        smallest = numbers[i] < smallest ? numbers[i] : smallest;
    }
    return static_cast<std::int64_t>(result);
}

/// Samples less their mean, cut into slices. Sums over the samples are sums over those of the slices, in their order: so threads can
/// share the slices, and how many there are makes no difference.
class Samples {
  public:
    Samples(const Rows& rows, const std::vector<double>& mean, std::size_t clusters)
        : clusters_(clusters), centred_(rows.count * rows.features), rows_{centred_.data(), rows.count, rows.features},
          // Few enough that their sums take less room, and time, than the samples.
          slice_(std::max({std::size_t{1024}, 4 * clusters, (rows.count + 31) / 32})), slices_((rows.count + slice_ - 1) / slice_),
          slices_per_thread_(1 + (std::size_t{1} << 20) / (slice_ * clusters * rows.features)) {
        detail::centre(rows, mean, centred_.data());
    }
    Samples(const Samples&) = delete;
    Samples& operator=(const Samples&) = delete;

    const Rows& rows() const noexcept { return rows_; }

    /// Labels all samples by the nearest centroid.
    /// @returns whether a label has changed
    bool label(const std::vector<double>& centroids, Labels& labels) const {
        return label(centroids, labels, [](std::size_t, const Rows&, const std::int64_t*) {});
    }

    /// The same, then moves the centroids to the means of their samples.
    /// @param shift  becomes the sum of their squared steps
    bool label_and_move(std::vector<double>& centroids, Labels& labels, double& shift) {
        const std::size_t features = rows_.features, size = clusters_ * features;
        sums_.assign(slices_ * size, 0);
        counts_.assign(slices_ * clusters_, 0);
        const bool changed = label(centroids, labels, [&](std::size_t slice, const Rows& block, const std::int64_t* of) {
            for (std::size_t i = 0; i < block.count; ++i) {
                const auto cluster = static_cast<std::size_t>(of[i]);
                double* const sum = sums_.data() + slice * size + cluster * features;
                const double* const x = block[i];
                for (std::size_t j = 0; j < features; ++j) sum[j] += x[j];
                ++counts_[slice * clusters_ + cluster];
            }
        });
        for (std::size_t slice = 1; slice < slices_; ++slice) {
            for (std::size_t i = 0; i < size; ++i) sums_[i] += sums_[slice * size + i];
            for (std::size_t c = 0; c < clusters_; ++c) counts_[c] += counts_[slice * clusters_ + c];
        }
        fill_empty_clusters(centroids, labels);
        shift = 0;
        for (std::size_t c = 0; c < clusters_; ++c) {
            if (counts_[c] == 0) continue;
            double* const sum = sums_.data() + c * features;
            double* const centroid = centroids.data() + c * features;
            for (std::size_t j = 0; j < features; ++j) sum[j] /= static_cast<double>(counts_[c]);
            shift += squared_distance(sum, centroid, features);
            std::copy_n(sum, features, centroid);
        }
        return changed;
    }

    /// sum_i ||x_i - mu_(c_i)||^2
    double inertia(const std::vector<double>& centroids, const Labels& labels) const {
        std::vector<double> sums(slices_);
        parallel_for(slices_, slices_per_thread_, [&](std::size_t first, std::size_t last) {
            for (std::size_t slice = first; slice < last; ++slice) {
                const std::size_t end = std::min(rows_.count, (slice + 1) * slice_);
                for (std::size_t i = slice * slice_; i < end; ++i) sums[slice] += distance_to_own(i, centroids, labels);
            }
        });
        return std::accumulate(sums.begin(), sums.end(), 0.0);
    }

  private:
    double distance_to_own(std::size_t i, const std::vector<double>& centroids, const Labels& labels) const {
        return squared_distance(rows_[i], centroids.data() + static_cast<std::size_t>(labels[i]) * rows_.features, rows_.features);
    }

    /// @param use  called with the slice, some of its rows, and their labels
    template <class F>
    bool label(const std::vector<double>& centroids, Labels& labels, const F& use) const {
        // ||x - mu||^2 less ||x||^2, which is the same for all: ||mu||^2 - 2 mu . x. The rows are few enough to stay in the cache.
        constexpr std::size_t block_rows = 64;
        const std::size_t features = rows_.features;
        std::vector<double> scaled(centroids), norms = detail::squared_norms({centroids.data(), clusters_, features});
        for (double& element : scaled) element *= -2;
        const ops::PackedFactor<double> factor({scaled.data(), features, clusters_, true}, block_rows);
        std::vector<char> changed(slices_);
        parallel_for(slices_, slices_per_thread_, [&](std::size_t first, std::size_t last) {
            std::vector<double> distances(block_rows * clusters_);
            for (std::size_t slice = first; slice < last; ++slice) {
                const std::size_t end = std::min(rows_.count, (slice + 1) * slice_);
                for (std::size_t begin = slice * slice_; begin < end; begin += block_rows) {
                    const Rows block{rows_[begin], std::min(block_rows, end - begin), features};
                    factor.multiply(block.data, block.count, 0, distances.data(), norms.data());
                    for (std::size_t i = 0; i < block.count; ++i) {
                        const std::int64_t nearest = first_smallest(distances.data() + i * clusters_, clusters_);
                        if (labels[begin + i] != nearest) changed[slice] = 1;
                        labels[begin + i] = nearest;
                    }
                    use(slice, block, labels.data() + begin);
                }
            }
        });
        return std::find(changed.begin(), changed.end(), 1) != changed.end();
    }

    /// Moves the samples that are farthest from their centroids, one to each empty cluster, in the sums.
    void fill_empty_clusters(const std::vector<double>& centroids, const Labels& labels) {
        std::vector<std::size_t> empty;
        for (std::size_t c = 0; c < clusters_; ++c) {
            if (counts_[c] == 0) empty.push_back(c);
        }
        if (empty.empty()) return;
        std::vector<std::pair<double, std::size_t>> samples(rows_.count); // from far to near, of two as far the first
        for (std::size_t i = 0; i < rows_.count; ++i) samples[i] = {-distance_to_own(i, centroids, labels), i};
        const auto end = samples.begin() + static_cast<std::ptrdiff_t>(empty.size());
        std::partial_sort(samples.begin(), end, samples.end());
        for (std::size_t e = 0; e < empty.size(); ++e) {
            const auto [distance, i] = samples[e];
            if (distance == 0) return; // each sample is at a centroid already
            const auto from = static_cast<std::size_t>(labels[i]), to = empty[e];
            for (std::size_t j = 0; j < rows_.features; ++j) {
                sums_[from * rows_.features + j] -= rows_[i][j];
                sums_[to * rows_.features + j] = rows_[i][j];
            }
            --counts_[from];
            counts_[to] = 1;
        }
    }

    std::size_t clusters_;
    std::vector<double> centred_;
    Rows rows_;
    std::size_t slice_, slices_;    ///< rows of a slice, and how many slices there are
    std::size_t slices_per_thread_; ///< at least
    std::vector<double> sums_;      ///< of each slice and cluster
    std::vector<std::size_t> counts_;
};

/// The rows with these numbers.
std::vector<double> take(const Rows& rows, const std::vector<std::size_t>& numbers) {
    std::vector<double> result(numbers.size() * rows.features);
    for (std::size_t i = 0; i < numbers.size(); ++i) std::copy_n(rows[numbers[i]], rows.features, result.data() + i * rows.features);
    return result;
}

/// Draws a number in proportion to the weights whose running totals are given.
std::size_t draw(const std::vector<double>& totals, Generator& generator) {
    const auto found = std::upper_bound(totals.begin(), totals.end(), generator.uniform() * totals.back());
    return std::min(static_cast<std::size_t>(found - totals.begin()), totals.size() - 1);
}

std::vector<std::size_t> k_means_plus_plus(const Rows& rows, const std::vector<double>& norms, std::size_t clusters, Generator& generator) {
    const std::size_t m = rows.count, trials = 2 + static_cast<std::size_t>(std::log(static_cast<double>(clusters)));
    // The squared distances to the nearest chosen sample: at present, and with each of the candidates.
    std::vector<double> closest(m, std::numeric_limits<double>::infinity()), with(m * trials), totals(m);
    std::vector<std::size_t> chosen, candidates{generator.below(m)};
    for (;;) {
        const std::size_t count = candidates.size();
        const std::vector<double> points = take(rows, candidates);
        std::vector<double> point_norms, costs(count);
        for (const std::size_t i : candidates) point_norms.push_back(norms[i]);
        const Rows to{points.data(), count, rows.features};
        detail::squared_distances({rows, rows.data, norms.data()}, {to, to.data, point_norms.data()}, with.data());
        for (std::size_t i = 0; i < m; ++i) {
            double* const row = with.data() + i * count;
            for (std::size_t c = 0; c < count; ++c) {
                row[c] = std::min(row[c], closest[i]);
                costs[c] += row[c];
            }
        }
        const auto best = static_cast<std::size_t>(std::min_element(costs.begin(), costs.end()) - costs.begin());
        chosen.push_back(candidates[best]);
        if (chosen.size() == clusters) return chosen;
        double total = 0;
        for (std::size_t i = 0; i < m; ++i) {
            closest[i] = with[i * count + best];
            totals[i] = total += closest[i];
        }
        candidates.resize(trials);
        for (std::size_t& candidate : candidates) candidate = draw(totals, generator);
    }
}

void check_options(const KMeansOptions& options, const Array<double>& X, const Location& at) {
    const std::string method = "KMeans.fit: ";
    const auto check_positive = [&](const char* name, std::size_t value) {
        if (value == 0) throw ValueError(method + name + " is 0; it must be at least 1", at);
    };
    check_positive("n_clusters", options.n_clusters);
    check_positive("n_init", options.n_init);
    check_positive("max_iter", options.max_iter);
    if (!(options.tol >= 0) || std::isinf(options.tol)) {
        throw ValueError(method + "tol is " + nn::detail::format_number(options.tol) + "; it must be finite and not negative", at);
    }
    if (options.n_clusters > X.shape(0)) {
        throw ValueError(method + "n_clusters is " + std::to_string(options.n_clusters) + ", but X has " + std::to_string(X.shape(0)) +
                             (X.shape(0) == 1 ? " sample" : " samples"),
                         at);
    }
    if (const auto* const init = std::get_if<Array<double>>(&options.init)) {
        const Shape shape = shape_of(*init, at), wanted{options.n_clusters, X.shape(1)};
        if (shape != wanted) {
            const std::string text = "init has shape " + to_string(shape) + "; n_clusters and the features of X make ";
            throw ShapeError(method + text + to_string(wanted), at);
        }
        if (!std::all_of(init->begin(), init->end(), [](double x) { return std::isfinite(x); })) {
            throw ValueError(method + "init holds NaN or infinity", at);
        }
    }
}

/// Refuses squares of which sums or differences, as in distances, may be infinite.
/// @param total  the squared distances from the mean, added up
void check_squares(const char* method, const char* what, double total, const Location& at) {
    if (std::isfinite(8 * total)) [[likely]] return;
    throw ValueError(std::string(method) + ": the squared distances of " + what + " are beyond the range of a double", at);
}

/// Where one start ends.
struct Clustering {
    std::vector<double> centroids; ///< of the centred samples
    Labels labels;
    double inertia;
    std::size_t iterations;
};

Clustering cluster(Samples& samples, std::vector<double> centroids, std::size_t max_iter, double least_shift) {
    Clustering result{std::move(centroids), Labels(samples.rows().count, -1), 0, 0};
    bool changes = true, moves = true;
    while (changes && moves && result.iterations < max_iter) {
        double shift;
        changes = samples.label_and_move(result.centroids, result.labels, shift);
        moves = shift > least_shift;
        ++result.iterations;
    }
    if (changes) samples.label(result.centroids, result.labels); // by the centroids' last step
    result.inertia = samples.inertia(result.centroids, result.labels);
    return result;
}

/// Samples labelled by centroids that fit() found. Both are centred on the mean of these.
struct Labelled {
    Labelled(const char* method, const Array<double>& X, const Array<double>& centers, const Location& at)
        : mean(detail::mean_of(rows_of(centers))), samples(rows_of(X), mean, centers.shape(0)), centroids(centers.size()),
          labels(X.shape(0), -1) {
        detail::centre(rows_of(centers), mean, centroids.data());
        const std::vector<double> norms = detail::squared_norms(samples.rows());
        check_squares(method, "X", std::accumulate(norms.begin(), norms.end(), 0.0), at);
        samples.label(centroids, labels);
    }

    std::vector<double> mean;
    Samples samples;
    std::vector<double> centroids;
    Labels labels;
};

} // namespace

KMeans& KMeans::fit(const Array<double>& X, Location at) {
    detail::check_samples("KMeans.fit", X, at);
    check_options(options, X, at);
    const std::size_t clusters = options.n_clusters, features = X.shape(1);
    const std::vector<double> mean = detail::mean_of(rows_of(X));
    Samples samples(rows_of(X), mean, clusters);
    const Rows& rows = samples.rows();
    const std::vector<double> norms = detail::squared_norms(rows);
    const double total = std::accumulate(norms.begin(), norms.end(), 0.0), variance = total / static_cast<double>(X.size());
    check_squares("KMeans.fit", "X", total, at);

    Clustering best;
    if (const auto* const init = std::get_if<Array<double>>(&options.init)) {
        std::vector<double> start(init->size());
        detail::centre(rows_of(*init), mean, start.data());
        const std::vector<double> start_norms = detail::squared_norms({start.data(), clusters, features});
        check_squares("KMeans.fit", "init", std::accumulate(start_norms.begin(), start_norms.end(), 0.0), at);
        best = cluster(samples, std::move(start), options.max_iter, options.tol * variance);
    } else {
        Generator generator(options.random_state);
        for (std::size_t start = 0; start < options.n_init; ++start) {
            std::vector<std::size_t> chosen;
            if (std::get<KMeansInit>(options.init) == KMeansInit::random) {
                chosen = generator.permutation(rows.count);
                chosen.resize(clusters);
            } else {
                chosen = k_means_plus_plus(rows, norms, clusters, generator);
            }
            Clustering end = cluster(samples, take(rows, chosen), options.max_iter, options.tol * variance);
            if (start == 0 || end.inertia < best.inertia) best = std::move(end);
        }
    }

    Array<double> centers = Array<double>::from_shape({clusters, features});
    for (std::size_t i = 0; i < centers.size(); ++i) centers.data()[i] = best.centroids[i] + mean[i % features];
    Array<std::int64_t> labels = Array<std::int64_t>::from_shape({rows.count});
    std::copy(best.labels.begin(), best.labels.end(), labels.begin());
    cluster_centers_ = std::move(centers);
    labels_ = std::move(labels);
    inertia_ = best.inertia;
    n_iter_ = best.iterations;
    n_features_in_ = features;
    return *this;
}

Array<std::int64_t> KMeans::fit_predict(const Array<double>& X, Location at) {
    return fit(X, at).labels_;
}

Array<std::int64_t> KMeans::predict(const Array<double>& X, Location at) const {
    detail::check_features("KMeans.predict", n_features_in_, X, at);
    const Labelled labelled("KMeans.predict", X, cluster_centers_, at);
    Array<std::int64_t> result = Array<std::int64_t>::from_shape({X.shape(0)});
    std::copy(labelled.labels.begin(), labelled.labels.end(), result.begin());
    return result;
}

Array<double> KMeans::transform(const Array<double>& X, Location at) const {
    detail::check_features("KMeans.transform", n_features_in_, X, at);
    Array<double> result = detail::squared_distances(X, cluster_centers_);
    for (double& element : result) {
        check_squares("KMeans.transform", "X", element / 8, at);
        element = std::sqrt(element);
    }
    return result;
}

double KMeans::score(const Array<double>& X, Location at) const {
    detail::check_features("KMeans.score", n_features_in_, X, at);
    const Labelled labelled("KMeans.score", X, cluster_centers_, at);
    return -labelled.samples.inertia(labelled.centroids, labelled.labels);
}

} // namespace xgrad::algorithms

#include <xgrad/algorithms/neighbors/k_neighbors.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/neighbors/brute_force.hpp>
#include <xgrad/algorithms/neighbors/kd_tree.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/nn/optim/state_reader.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <variant>

namespace xgrad::algorithms {

namespace detail {

namespace {

/// @param who_has  the subject of the message: who has so few samples
void check_count(const char* method, std::size_t n_neighbors, const char* who_has, std::size_t samples, const Location& at) {
    if (n_neighbors == 0) throw ValueError(std::string(method) + ": n_neighbors is 0; it must be at least 1", at);
    if (n_neighbors > samples) {
        throw ValueError(std::string(method) + ": n_neighbors is " + std::to_string(n_neighbors) + ", but " + who_has + " " +
                             std::to_string(samples) + (samples == 1 ? " sample" : " samples"),
                         at);
    }
}

/// Whether a tree is the faster, as measured on normal samples: where they are few for their features, each search comes to most boxes.
/// Only Euclidean distances can be products of matrices.
bool prefers_tree(const Rows& points, double p) {
    return points.features <= 15 && (p != 2 || points.count >> (2 * points.features) > 0);
}

} // namespace

class NeighborIndex {
  public:
    NeighborIndex(const Rows& points, const KNeighborsOptions& options)
        : metric_{options.p}, count_(points.count), search_(prepare(points, options, metric_)) {}

    std::size_t count() const noexcept { return count_; }

    Neighbors find(const Rows& queries, std::size_t k) const {
        Neighbors result{Array<double>::from_shape({queries.count, k}), Array<std::int64_t>::from_shape({queries.count, k})};
        parallel_for(queries.count, queries_per_part(queries.features), [&](std::size_t begin, std::size_t end) {
            // So few that what was found for them stays in the cache.
            constexpr std::size_t block = 256;
            std::vector<Nearest> nearest(std::min(block, end - begin), Nearest(k));
            for (std::size_t first = begin; first < end; first += block) {
                const std::size_t count = std::min(block, end - first);
                search({queries[first], count, queries.features}, nearest.data());
                for (std::size_t i = 0; i < count; ++i) {
                    write(nearest[i].sorted(), result.distances.data() + (first + i) * k, result.indices.data() + (first + i) * k);
                    nearest[i].clear();
                }
            }
        });
        return result;
    }

  private:
    using Search = std::variant<BruteForce, KdTree>;

    static Search prepare(const Rows& points, const KNeighborsOptions& options, const Minkowski& metric) {
        const bool tree = options.algorithm == NeighborAlgorithm::kd_tree ||
                          (options.algorithm == NeighborAlgorithm::automatic && prefers_tree(points, options.p));
        if (tree) return KdTree(points, options.leaf_size, metric);
        return BruteForce(points, metric);
    }

    std::size_t queries_per_part(std::size_t features) const {
        constexpr std::size_t multiplications = std::size_t{1} << 18;
        return std::holds_alternative<KdTree>(search_) ? 16 : 1 + multiplications / (count_ * features + 1);
    }

    void search(const Rows& queries, Nearest* nearest) const {
        if (const auto* const tree = std::get_if<KdTree>(&search_)) {
            for (std::size_t i = 0; i < queries.count; ++i) tree->search(queries[i], nearest[i]);
        } else {
            std::get<BruteForce>(search_).search(queries, nearest);
        }
    }

    void write(const std::vector<Neighbor>& found, double* distances, std::int64_t* indices) const {
        for (std::size_t j = 0; j < found.size(); ++j) {
            distances[j] = metric_.distance(found[j].distance);
            indices[j] = static_cast<std::int64_t>(found[j].index);
        }
    }

    Minkowski metric_;
    std::size_t count_;
    Search search_;
};

KNeighbors::KNeighbors(const char* method, const Array<double>& X, const KNeighborsOptions& options, const Location& at) {
    const std::string name = method;
    check_count(method, options.n_neighbors, "X has", X.shape(0), at);
    if (options.leaf_size == 0) throw ValueError(name + ": leaf_size is 0; it must be at least 1", at);
    if (!(options.p >= 1)) throw ValueError(name + ": p is " + nn::detail::format_number(options.p) + "; it must be at least 1", at);
    index_ = std::make_shared<const NeighborIndex>(rows_of(X), options);
}

Neighbors KNeighbors::find(const char* method, const Array<double>& X, std::size_t k, const Location& at) const {
    check_count(method, k, "fit() was given", index_->count(), at);
    return index_->find(rows_of(X), k);
}

} // namespace detail

namespace {

/// Turns the distances of one sample's neighbours into what these count.
void weigh(double* distances, std::size_t k) {
    for (std::size_t i = 0; i < k; ++i) distances[i] = 1 / distances[i];
    // The nearest comes first. It may be no distance away, or all may be so far that their distances overflow.
    const double most = distances[0];
    if (most > 0 && most < std::numeric_limits<double>::infinity()) return;
    for (std::size_t i = 0; i < k; ++i) distances[i] = distances[i] == most ? 1 : 0;
}

Array<double> weights_of(const Neighbors& neighbors, NeighborWeights weights) {
    Array<double> result = neighbors.distances;
    const std::size_t k = result.shape(1);
    if (weights == NeighborWeights::uniform) {
        std::fill_n(result.data(), result.size(), 1.0);
    } else {
        for (std::size_t i = 0; i < result.shape(0); ++i) weigh(result.data() + i * k, k);
    }
    return result;
}

} // namespace

KNeighborsClassifier& KNeighborsClassifier::fit(const Array<double>& X, const LabelArray& y, Location at) {
    constexpr const char* method = "KNeighborsClassifier.fit";
    detail::EncodedLabels labels = detail::encode_labels(method, X, y, at, 1);
    neighbors_ = detail::KNeighbors(method, X, options, at);
    codes_ = std::move(labels.codes);
    classes_ = std::move(labels.classes);
    n_features_in_ = X.shape(1);
    return *this;
}

Neighbors KNeighborsClassifier::kneighbors(const Array<double>& X, std::size_t n_neighbors, Location at) const {
    constexpr const char* method = "KNeighborsClassifier.kneighbors";
    detail::check_features(method, n_features_in_, X, at);
    return neighbors_.find(method, X, n_neighbors > 0 ? n_neighbors : options.n_neighbors, at);
}

Array<double> KNeighborsClassifier::votes(const char* method, const Array<double>& X, const Location& at) const {
    detail::check_features(method, n_features_in_, X, at);
    const Neighbors neighbors = neighbors_.find(method, X, options.n_neighbors, at);
    const Array<double> weights = weights_of(neighbors, options.weights);
    const std::size_t samples = X.shape(0), k = options.n_neighbors, classes = classes_.size();
    Array<double> result = xt::zeros<double>({samples, classes});
    for (std::size_t i = 0; i < samples; ++i) {
        for (std::size_t j = i * k; j < (i + 1) * k; ++j) {
            result.data()[i * classes + codes_[static_cast<std::size_t>(neighbors.indices.data()[j])]] += weights.data()[j];
        }
    }
    return result;
}

Array<double> KNeighborsClassifier::predict_proba(const Array<double>& X, Location at) const {
    Array<double> result = votes("KNeighborsClassifier.predict_proba", X, at);
    const std::size_t classes = classes_.size();
    for (double* row = result.data(); row < result.data() + result.size(); row += classes) {
        double all = 0;
        for (std::size_t c = 0; c < classes; ++c) all += row[c];
        for (std::size_t c = 0; c < classes; ++c) row[c] /= all;
    }
    return result;
}

Array<std::int64_t> KNeighborsClassifier::predict(const Array<double>& X, Location at) const {
    const Array<double> all = votes("KNeighborsClassifier.predict", X, at);
    Array<std::int64_t> result = Array<std::int64_t>::from_shape({X.shape(0)});
    const std::size_t classes = classes_.size();
    for (std::size_t i = 0; i < result.size(); ++i) {
        const double* const row = all.data() + i * classes;
        result.data()[i] = classes_.data()[std::max_element(row, row + classes) - row];
    }
    return result;
}

Array<bool> KNeighborsClassifier::ties(const Array<double>& X, Location at) const {
    const Array<double> all = votes("KNeighborsClassifier.ties", X, at);
    Array<bool> result = Array<bool>::from_shape({X.shape(0)});
    const std::size_t classes = classes_.size();
    const double least = 1 - 4 * static_cast<double>(options.n_neighbors) * std::numeric_limits<double>::epsilon();
    for (std::size_t i = 0; i < result.size(); ++i) {
        const double* const row = all.data() + i * classes;
        const double most = *std::max_element(row, row + classes);
        result.data()[i] = std::count_if(row, row + classes, [&](double votes) { return votes >= least * most; }) > 1;
    }
    return result;
}

KNeighborsRegressor& KNeighborsRegressor::fit(const Array<double>& X, const Array<double>& y, Location at) {
    constexpr const char* method = "KNeighborsRegressor.fit";
    detail::check_targets(method, X, y, at);
    std::vector<double> targets(y.begin(), y.end());
    neighbors_ = detail::KNeighbors(method, X, options, at);
    targets_ = std::move(targets);
    n_features_in_ = X.shape(1);
    return *this;
}

Neighbors KNeighborsRegressor::kneighbors(const Array<double>& X, std::size_t n_neighbors, Location at) const {
    constexpr const char* method = "KNeighborsRegressor.kneighbors";
    detail::check_features(method, n_features_in_, X, at);
    return neighbors_.find(method, X, n_neighbors > 0 ? n_neighbors : options.n_neighbors, at);
}

Array<double> KNeighborsRegressor::predict(const Array<double>& X, Location at) const {
    constexpr const char* method = "KNeighborsRegressor.predict";
    detail::check_features(method, n_features_in_, X, at);
    const Neighbors neighbors = neighbors_.find(method, X, options.n_neighbors, at);
    const Array<double> weights = weights_of(neighbors, options.weights);
    Array<double> result = Array<double>::from_shape({X.shape(0)});
    const std::size_t k = options.n_neighbors;
    for (std::size_t i = 0; i < result.size(); ++i) {
        double sum = 0, all = 0;
        for (std::size_t j = i * k; j < (i + 1) * k; ++j) {
            sum += weights.data()[j] * targets_[static_cast<std::size_t>(neighbors.indices.data()[j])];
            all += weights.data()[j];
        }
        result.data()[i] = sum / all;
    }
    return result;
}

} // namespace xgrad::algorithms

#include <xgrad/algorithms/model_selection/search.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <ostream>

namespace xgrad::algorithms {

namespace {

struct MeanAndStd {
    Array<double> mean, std;
};

/// Of each row.
MeanAndStd mean_and_std(const Array<double>& scores) {
    const std::size_t rows = scores.shape(0), columns = scores.shape(1);
    MeanAndStd result{Array<double>::from_shape({rows}), Array<double>::from_shape({rows})};
    for (std::size_t i = 0; i < rows; ++i) {
        const double* const row = scores.data() + i * columns;
        const double mean = std::accumulate(row, row + columns, 0.0) / static_cast<double>(columns);
        const double squares =
            std::accumulate(row, row + columns, 0.0, [&](double sum, double x) { return sum + (x - mean) * (x - mean); });
        result.mean(i) = mean;
        result.std(i) = std::sqrt(squares / static_cast<double>(columns));
    }
    return result;
}

std::string fixed(double value) {
    std::array<char, 64> buffer;
    std::snprintf(buffer.data(), buffer.size(), std::abs(value) < 1e6 ? "%.4f" : "%.4e", value);
    return buffer.data();
}

} // namespace

std::string SearchResults::to_string() const {
    std::vector<std::vector<std::string>> rows{{"rank"}};
    if (!params.empty()) {
        for (const auto& [name, value] : params.front()) rows[0].push_back(name);
    }
    rows[0].insert(rows[0].end(), {"mean", "std"});
    const bool with_train = mean_train_score.dimension() == 1 && mean_train_score.size() > 0;
    if (with_train) rows[0].push_back("train");
    std::vector<std::size_t> order(params.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t c) { return rank_test_score(c); });
    for (const std::size_t c : order) {
        auto& row = rows.emplace_back(1, std::to_string(rank_test_score(c)));
        for (const auto& [name, value] : params[c]) row.push_back(value);
        row.insert(row.end(), {fixed(mean_test_score(c)), fixed(std_test_score(c))});
        if (with_train) row.push_back(fixed(mean_train_score(c)));
    }
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            std::size_t width = 0;
            for (const auto& other : rows) width = std::max(width, other[column].size());
            text += std::string(width - row[column].size() + (column == 0 ? 0 : 2), ' ') + row[column];
        }
        text += '\n';
    }
    return text;
}

std::ostream& operator<<(std::ostream& out, const SearchResults& results) { return out << results.to_string(); }

namespace detail {

void check_refitted(const std::string& method, std::size_t n_features_in, bool refitted, const Location& at) {
    check_fitted(method.c_str(), n_features_in, at);
    if (!refitted) throw NotFittedError(method + ": refit is false; no estimator was fitted to all samples", at);
}

SearchResults summarize(const char* search, ScoreTable scores, std::vector<Params> params, const Location& at) {
    const std::size_t candidates = scores.test.shape(0), splits = scores.test.shape(1);
    for (std::size_t i = 0; i < scores.test.size(); ++i) {
        if (!std::isnan(scores.test.data()[i])) continue;
        throw ValueError(std::string(search) + ": the score of candidate " + std::to_string(i / splits) + " (" +
                             to_string(params[i / splits]) + ") in split " + std::to_string(i % splits) + " is NaN",
                         at);
    }
    SearchResults results;
    results.params = std::move(params);
    auto [mean, std] = mean_and_std(scores.test);
    results.rank_test_score = Array<std::int64_t>::from_shape({candidates});
    for (std::size_t c = 0; c < candidates; ++c) {
        results.rank_test_score(c) = 1 + std::count_if(mean.begin(), mean.end(), [&, m = mean(c)](double other) { return other > m; });
    }
    results.split_test_scores = std::move(scores.test);
    results.mean_test_score = std::move(mean);
    results.std_test_score = std::move(std);
    const auto nothing = Array<double>::from_shape({0});
    results.split_train_scores = results.mean_train_score = results.std_train_score = nothing;
    if (scores.train.size() > 0) {
        auto train = mean_and_std(scores.train);
        results.split_train_scores = std::move(scores.train);
        results.mean_train_score = std::move(train.mean);
        results.std_train_score = std::move(train.std);
    }
    return results;
}

std::size_t best_of(const SearchResults& results) {
    const auto& ranks = results.rank_test_score;
    return static_cast<std::size_t>(std::find(ranks.begin(), ranks.end(), 1) - ranks.begin());
}

} // namespace detail

} // namespace xgrad::algorithms

#include <xgrad/nn/data/split.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace xgrad::nn {

namespace {

using Rows = std::vector<std::size_t>;

/// How many of n examples a fraction is.
std::size_t count_of(double fraction, std::size_t n, const char* name, const char* function, const Location& at) {
    const double exact = fraction * static_cast<double>(n);
    if (!(fraction > 0 && fraction < 1)) {
        throw ValueError(std::string(function) + ": ." + name + " = " + std::to_string(fraction) + " is not between 0 and 1",
                         at);
    }
    // Rounded up, but not for the error of the product: 0.07 * 100 is above 7.
    return static_cast<std::size_t>(std::ceil(exact - exact * 1e-12));
}

/// How `count` things are shared out in proportion to `sizes`, whose sum is at least that: to each the whole part of its share,
/// and the rest to those with the largest remainders.
Rows apportion(std::size_t count, const Rows& sizes) {
    const std::size_t total = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
    Rows shares(sizes.size()), remainders(sizes.size()), order(sizes.size());
    std::size_t left = count;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(count) * sizes[i];
        shares[i] = static_cast<std::size_t>(product / total);
        remainders[i] = static_cast<std::size_t>(product % total);
        left -= shares[i];
    }
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return remainders[a] != remainders[b] ? remainders[a] > remainders[b] : a < b;
    });
    for (std::size_t k = 0; left > 0; k = (k + 1) % order.size()) {
        std::size_t& share = shares[order[k]];
        if (share < sizes[order[k]]) ++share, --left;
    }
    return shares;
}

/// Takes counts[p] of the rows for each part p, with each label's share.
std::vector<Rows> stratified(const Tensor<std::int64_t>& labels, const Rows& counts, Generator& generator, const char* function,
                             const Location& at) {
    if (labels.shape().rank() != 1) {
        throw ValueError(std::string(function) + ": labels of shape " + to_string(labels.shape()) +
                             " cannot be stratified: there must be one for each example",
                         at);
    }
    std::map<std::int64_t, Rows> rows_of;
    for (std::size_t row = 0; row < labels.size(); ++row) rows_of[labels.data()[row]].push_back(row);
    for (const auto& [label, rows] : rows_of) {
        if (rows.size() < counts.size()) {
            throw ValueError(std::string(function) + ": label " + std::to_string(label) + " has " +
                                 std::to_string(rows.size()) + " examples, which " + std::to_string(counts.size()) +
                                 " parts cannot share",
                             at);
        }
    }
    for (auto& [label, rows] : rows_of) generator.shuffle(rows);
    std::vector<Rows> parts(counts.size());
    for (std::size_t p = 0; p < parts.size(); ++p) {
        Rows left;
        for (const auto& [label, rows] : rows_of) left.push_back(rows.size());
        const Rows shares = apportion(counts[p], left);
        Rows& part = parts[p];
        auto share = shares.begin();
        for (auto& [label, rows] : rows_of) {
            const auto first = rows.end() - static_cast<std::ptrdiff_t>(*share++);
            part.insert(part.end(), first, rows.end());
            rows.erase(first, rows.end());
        }
        generator.shuffle(part); // the labels mixed
    }
    return parts;
}

/// The rows of the parts, of which the first takes what `others` leave: then the last others come first.
template <class T, class Y>
std::vector<Rows> split(const Dataset<T, Y>& data, Rows others, const SplitOptions& options, Generator& generator,
                        const char* function, const Location& at) {
    const std::size_t n = data.size();
    const std::size_t taken = std::accumulate(others.begin(), others.end(), std::size_t{0});
    if (taken >= n) {
        throw ValueError(std::string(function) + ": nothing of " + std::to_string(n) + " examples is left to train on", at);
    }
    Rows counts{n - taken};
    counts.insert(counts.end(), others.begin(), others.end());
    if (options.stratify) {
        if (!options.shuffle) throw ValueError(std::string(function) + ": .stratify needs .shuffle", at);
        if constexpr (std::same_as<Y, std::int64_t>) {
            return stratified(data.target_tensor(), counts, generator, function, at);
        } else {
            throw ValueError(std::string(function) + ": .stratify needs labels", at);
        }
    }
    Rows order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (options.shuffle) order = generator.permutation(n);
    std::vector<Rows> parts;
    auto first = order.begin();
    for (const std::size_t count : counts) {
        parts.emplace_back(first, first + static_cast<std::ptrdiff_t>(count));
        first += static_cast<std::ptrdiff_t>(count);
    }
    return parts;
}

} // namespace

template <class T, class Y>
TrainTest<T, Y> train_test_split(const Dataset<T, Y>& data, const SplitOptions& options, Generator& generator, Location at) {
    constexpr const char* function = "train_test_split";
    const std::size_t test = count_of(options.test_fraction, data.size(), "test_fraction", function, at);
    const std::vector<Rows> parts = split(data, {test}, options, generator, function, at);
    return {data.select(parts[0], at), data.select(parts[1], at)};
}

template <class T, class Y>
TrainValidationTest<T, Y> train_validation_test_split(const Dataset<T, Y>& data, const SplitOptions& options,
                                                      Generator& generator, Location at) {
    constexpr const char* function = "train_validation_test_split";
    const std::size_t validation = count_of(options.validation_fraction, data.size(), "validation_fraction", function, at);
    const std::size_t test = count_of(options.test_fraction, data.size(), "test_fraction", function, at);
    const std::vector<Rows> parts = split(data, {validation, test}, options, generator, function, at);
    return {data.select(parts[0], at), data.select(parts[1], at), data.select(parts[2], at)};
}

#define XGRAD_INSTANTIATE(T, Y)                                                                                                \
    template TrainTest<T, Y> train_test_split(const Dataset<T, Y>&, const SplitOptions&, Generator&, Location);                \
    template TrainValidationTest<T, Y> train_validation_test_split(const Dataset<T, Y>&, const SplitOptions&, Generator&,      \
                                                                   Location);
XGRAD_INSTANTIATE(float, void)
XGRAD_INSTANTIATE(float, std::int64_t)
XGRAD_INSTANTIATE(float, float)
XGRAD_INSTANTIATE(double, void)
XGRAD_INSTANTIATE(double, std::int64_t)
XGRAD_INSTANTIATE(double, double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::nn

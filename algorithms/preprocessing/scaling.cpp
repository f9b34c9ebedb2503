#include <xgrad/algorithms/preprocessing/scaling.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/nn/optim/state_reader.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace xgrad::algorithms {

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

Array<double> filled(std::size_t size, double value) {
    Array<double> result = Array<double>::from_shape({size});
    std::fill_n(result.data(), size, value);
    return result;
}

/// For each column j, `start`, and then for each of its elements x: result[j] = f(result[j], x, j).
template <class F>
Array<double> fold_columns(const Array<double>& X, double start, const F& f) {
    const std::size_t rows = X.shape(0), columns = X.shape(1);
    Array<double> result = filled(columns, start);
    double* const to = result.data();
    for (std::size_t i = 0; i < rows; ++i) {
        const double* const row = X.data() + i * columns;
        for (std::size_t j = 0; j < columns; ++j) to[j] = f(to[j], row[j], j);
    }
    return result;
}

/// f(x, j) for each element x, of column j.
template <class F>
Array<double> map_columns(const Array<double>& X, const F& f) {
    const std::size_t rows = X.shape(0), columns = X.shape(1);
    Array<double> result = Array<double>::from_shape({rows, columns});
    const double* const from = X.data();
    double* const to = result.data();
    parallel_for(rows, 1 + 16384 / columns, [=, &f](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin * columns; i < end * columns; i += columns) {
            for (std::size_t j = 0; j < columns; ++j) to[i + j] = f(from[i + j], j);
        }
    });
    return result;
}

Array<double> means(const Array<double>& X) {
    Array<double> result = fold_columns(X, 0, [](double sum, double x, std::size_t) { return sum + x; });
    for (double& sum : result) sum /= static_cast<double>(X.shape(0));
    return result;
}

Array<double> minima(const Array<double>& X) {
    return fold_columns(X, std::numeric_limits<double>::infinity(),
                        [](double least, double x, std::size_t) { return x < least ? x : least; });
}

Array<double> maxima(const Array<double>& X) {
    return fold_columns(X, -std::numeric_limits<double>::infinity(),
                        [](double most, double x, std::size_t) { return x > most ? x : most; });
}

Array<double> ranges(const Array<double>& least, const Array<double>& most) {
    Array<double> result = Array<double>::from_shape({least.size()});
    for (std::size_t j = 0; j < least.size(); ++j) result(j) = most(j) - least(j);
    return result;
}

/// What to divide by: 1 instead of what is 0 but for rounding.
Array<double> divisors(const Array<double>& scale) {
    Array<double> result = scale;
    for (double& s : result) s = s < 10 * eps ? 1 : s;
    return result;
}

/// Refuses what became infinite, or the difference of two infinities, on the way.
void check_range(const char* method, const char* what, const Array<double>& numbers, const Location& at) {
    for (std::size_t j = 0; j < numbers.size(); ++j) {
        if (!std::isfinite(numbers(j))) {
            throw ValueError(std::string(method) + ": the " + what + " of feature " + std::to_string(j) +
                                 " is beyond the range of a double",
                             at);
        }
    }
}

} // namespace

StandardScaler& StandardScaler::fit(const Array<double>& X, Location at) {
    detail::check_samples("StandardScaler.fit", X, at);
    const auto m = static_cast<double>(X.shape(0));
    Array<double> mean = means(X);
    const double* const center = mean.data();
    // What the rounded mean leaves in the sum of the deviations is taken out of the sum of their squares.
    const Array<double> rest = fold_columns(X, 0, [=](double sum, double x, std::size_t j) { return sum + (x - center[j]); });
    Array<double> variance =
        fold_columns(X, 0, [=](double sum, double x, std::size_t j) { return sum + (x - center[j]) * (x - center[j]); });
    Array<double> scale = filled(mean.size(), 1);
    for (std::size_t j = 0; j < mean.size(); ++j) {
        variance(j) = (variance(j) - rest(j) * rest(j) / m) / m;
        const double rounding = m * eps * variance(j) + (m * mean(j) * eps) * (m * mean(j) * eps);
        if (options.with_std && variance(j) > rounding) scale(j) = std::sqrt(variance(j));
    }
    check_range("StandardScaler.fit", "variance", variance, at);

    n_features_in_ = X.shape(1);
    n_samples_seen_ = X.shape(0);
    mean_ = std::move(mean);
    var_ = std::move(variance);
    scale_ = std::move(scale);
    return *this;
}

Array<double> StandardScaler::transform(const Array<double>& X, Location at) const {
    detail::check_features("StandardScaler.transform", n_features_in_, X, at);
    const double *const mean = mean_.data(), *const scale = scale_.data();
    if (!options.with_mean) return map_columns(X, [=](double x, std::size_t j) { return x / scale[j]; });
    return map_columns(X, [=](double x, std::size_t j) { return (x - mean[j]) / scale[j]; });
}

Array<double> StandardScaler::inverse_transform(const Array<double>& X, Location at) const {
    detail::check_features("StandardScaler.inverse_transform", n_features_in_, X, at);
    const double *const mean = mean_.data(), *const scale = scale_.data();
    if (!options.with_mean) return map_columns(X, [=](double x, std::size_t j) { return x * scale[j]; });
    return map_columns(X, [=](double x, std::size_t j) { return x * scale[j] + mean[j]; });
}

MinMaxScaler& MinMaxScaler::fit(const Array<double>& X, Location at) {
    const auto [low, high] = options.feature_range;
    if (!(low < high && std::isfinite(high - low))) {
        using nn::detail::format_number;
        throw ValueError("MinMaxScaler.fit: feature_range is [" + format_number(low) + ", " + format_number(high) +
                             "]; the first must be below the second, both finite",
                         at);
    }
    detail::check_samples("MinMaxScaler.fit", X, at);
    Array<double> least = minima(X), most = maxima(X), range = ranges(least, most);
    check_range("MinMaxScaler.fit", "range", range, at);
    Array<double> scale = divisors(range), shift = filled(range.size(), 0);
    for (std::size_t j = 0; j < range.size(); ++j) {
        scale(j) = (high - low) / scale(j);
        shift(j) = low - least(j) * scale(j);
    }

    n_features_in_ = X.shape(1);
    n_samples_seen_ = X.shape(0);
    data_min_ = std::move(least);
    data_max_ = std::move(most);
    data_range_ = std::move(range);
    scale_ = std::move(scale);
    min_ = std::move(shift);
    feature_range_ = {low, high};
    return *this;
}

// Not x scale_ + min_, which loses the digits of numbers that are large and differ little.

Array<double> MinMaxScaler::transform(const Array<double>& X, Location at) const {
    detail::check_features("MinMaxScaler.transform", n_features_in_, X, at);
    const double *const least = data_min_.data(), *const scale = scale_.data();
    const double low = feature_range_[0], high = feature_range_[1];
    if (!options.clip) return map_columns(X, [=](double x, std::size_t j) { return (x - least[j]) * scale[j] + low; });
    return map_columns(X, [=](double x, std::size_t j) {
        const double y = (x - least[j]) * scale[j] + low;
        return y < low ? low : y > high ? high : y;
    });
}

Array<double> MinMaxScaler::inverse_transform(const Array<double>& X, Location at) const {
    detail::check_features("MinMaxScaler.inverse_transform", n_features_in_, X, at);
    const double *const least = data_min_.data(), *const scale = scale_.data();
    const double low = feature_range_[0];
    return map_columns(X, [=](double x, std::size_t j) { return (x - low) / scale[j] + least[j]; });
}

MaxAbsScaler& MaxAbsScaler::fit(const Array<double>& X, Location at) {
    detail::check_samples("MaxAbsScaler.fit", X, at);
    max_abs_ = fold_columns(X, 0, [](double most, double x, std::size_t) { return std::abs(x) > most ? std::abs(x) : most; });
    scale_ = divisors(max_abs_);
    n_features_in_ = X.shape(1);
    n_samples_seen_ = X.shape(0);
    return *this;
}

Array<double> MaxAbsScaler::transform(const Array<double>& X, Location at) const {
    detail::check_features("MaxAbsScaler.transform", n_features_in_, X, at);
    const double* const scale = scale_.data();
    return map_columns(X, [=](double x, std::size_t j) { return x / scale[j]; });
}

Array<double> MaxAbsScaler::inverse_transform(const Array<double>& X, Location at) const {
    detail::check_features("MaxAbsScaler.inverse_transform", n_features_in_, X, at);
    const double* const scale = scale_.data();
    return map_columns(X, [=](double x, std::size_t j) { return x * scale[j]; });
}

MeanNormalizer& MeanNormalizer::fit(const Array<double>& X, Location at) {
    detail::check_samples("MeanNormalizer.fit", X, at);
    Array<double> mean = means(X), range = ranges(minima(X), maxima(X));
    check_range("MeanNormalizer.fit", "sum", mean, at);
    check_range("MeanNormalizer.fit", "range", range, at);

    n_features_in_ = X.shape(1);
    n_samples_seen_ = X.shape(0);
    mean_ = std::move(mean);
    scale_ = divisors(range);
    data_range_ = std::move(range);
    return *this;
}

Array<double> MeanNormalizer::transform(const Array<double>& X, Location at) const {
    detail::check_features("MeanNormalizer.transform", n_features_in_, X, at);
    const double *const mean = mean_.data(), *const scale = scale_.data();
    return map_columns(X, [=](double x, std::size_t j) { return (x - mean[j]) / scale[j]; });
}

Array<double> MeanNormalizer::inverse_transform(const Array<double>& X, Location at) const {
    detail::check_features("MeanNormalizer.inverse_transform", n_features_in_, X, at);
    const double *const mean = mean_.data(), *const scale = scale_.data();
    return map_columns(X, [=](double x, std::size_t j) { return x * scale[j] + mean[j]; });
}

} // namespace xgrad::algorithms

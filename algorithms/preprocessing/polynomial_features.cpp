#include <xgrad/algorithms/preprocessing/polynomial_features.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/autodiff/threads.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

namespace xgrad::algorithms {

PolynomialFeatures& PolynomialFeatures::fit(const Array<double>& X, Location at) {
    if (options.degree < 0) throw ValueError("PolynomialFeatures.fit: degree is " + std::to_string(options.degree), at);
    if (options.degree == 0 && !options.include_bias) {
        throw ValueError("PolynomialFeatures.fit: degree is 0 and include_bias false; that leaves no column", at);
    }
    detail::check_samples("PolynomialFeatures.fit", X, at);
    constexpr std::size_t most = std::size_t{1} << 24;
    const std::size_t features = X.shape(1);

    // starts[f]: where the columns of the degree before whose smallest feature is f or later begin. Their order, by features, makes
    // the products of a feature with all features from it on a run of that degree: x0 (x0 x1 x2), x1 (x1 x2), x2 (x2).
    std::vector<Run> runs;
    std::vector<std::size_t> starts(features + 1, 0), next(features + 1);
    std::size_t columns = 1;
    for (int degree = 1; degree <= options.degree; ++degree) {
        const std::size_t end = columns; // of the degree before
        for (std::size_t feature = 0; feature < features; ++feature) {
            next[feature] = columns;
            // Of degree 0 there is one column, which goes with every feature.
            const std::size_t first = degree == 1 ? 0 : starts[options.interaction_only ? feature + 1 : feature];
            if (first == end) continue;
            if (end - first > most - columns) {
                throw ValueError("PolynomialFeatures.fit: degree " + std::to_string(options.degree) + " of " + std::to_string(features) +
                                     " features makes more than " + std::to_string(most) + " columns",
                                 at);
            }
            runs.push_back({feature, first, end - first});
            columns += end - first;
        }
        next[features] = columns;
        std::swap(starts, next);
        if (columns == end) break; // there is no product of more different features
    }

    n_features_in_ = features;
    n_output_features_ = options.include_bias ? columns : columns - 1;
    runs_ = std::move(runs);
    return *this;
}

Array<double> PolynomialFeatures::transform(const Array<double>& X, Location at) const {
    detail::check_features("PolynomialFeatures.transform", n_features_in_, X, at);
    const std::size_t rows = X.shape(0), features = X.shape(1), columns = n_output_features_;
    std::size_t left_out = 1; // the column of ones, or 0
    for (const Run& run : runs_) left_out += run.count;
    left_out -= columns;
    Array<double> result = Array<double>::from_shape({rows, columns});
    const double* const from = X.data();
    double* const to = result.data();
    parallel_for(rows, 1 + 16384 / columns, [&, from, to](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const double* const x = from + i * features;
            double* const row = to + i * columns;
            if (left_out == 0) row[0] = 1;
            std::size_t column = 1 - left_out;
            for (const Run& run : runs_) {
                if (run.first == 0) { // times the column of ones, which may not be there
                    row[column++] = x[run.feature];
                    continue;
                }
                const double factor = x[run.feature];
                const double* const less = row + (run.first - left_out);
                for (std::size_t k = 0; k < run.count; ++k) row[column + k] = factor * less[k];
                column += run.count;
            }
        }
    });
    return result;
}

/// By column, with that of ones, whether or not it is there.
std::vector<PolynomialFeatures::Product> PolynomialFeatures::products() const {
    std::vector<Product> result{{0, 0}};
    for (const Run& run : runs_) {
        for (std::size_t i = 0; i < run.count; ++i) result.push_back({run.feature, run.first + i});
    }
    return result;
}

Array<std::int64_t> PolynomialFeatures::powers(Location at) const {
    detail::check_fitted("PolynomialFeatures.powers", n_features_in_, at);
    const std::vector<Product> all = products();
    const std::size_t left_out = all.size() - n_output_features_;
    Array<std::int64_t> result = Array<std::int64_t>::from_shape({n_output_features_, n_features_in_});
    std::fill_n(result.data(), result.size(), 0);
    for (std::size_t i = 0; i < n_output_features_; ++i) {
        for (std::size_t column = i + left_out; column > 0; column = all[column].rest) {
            ++result.data()[i * n_features_in_ + all[column].feature];
        }
    }
    return result;
}

std::vector<std::string> PolynomialFeatures::get_feature_names_out(const std::vector<std::string>& input_features, Location at) const {
    detail::check_fitted("PolynomialFeatures.get_feature_names_out", n_features_in_, at);
    if (!input_features.empty() && input_features.size() != n_features_in_) {
        throw ShapeError("PolynomialFeatures.get_feature_names_out: " + std::to_string(input_features.size()) + " names for " +
                             std::to_string(n_features_in_) + " features",
                         at);
    }
    const std::vector<Product> all = products();
    std::vector<std::string> names;
    for (std::size_t i = all.size() - n_output_features_; i < all.size(); ++i) {
        std::ostringstream name;
        for (std::size_t column = i; column > 0;) {
            const std::size_t feature = all[column].feature;
            std::size_t power = 0;
            for (; column > 0 && all[column].feature == feature; column = all[column].rest) ++power;
            if (input_features.empty()) {
                name << "x" << feature;
            } else {
                name << input_features[feature];
            }
            if (power > 1) name << "^" << power;
            if (column > 0) name << " ";
        }
        names.push_back(i == 0 ? "1" : name.str());
    }
    return names;
}

} // namespace xgrad::algorithms

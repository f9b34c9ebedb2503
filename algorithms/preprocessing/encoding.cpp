#include <xgrad/algorithms/preprocessing/encoding.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/nn/optim/state_reader.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <utility>

namespace xgrad::algorithms {

namespace {

/// X, or, if it is a vector, a matrix with that column, which is put into `storage`.
const Array<double>& as_matrix(const Array<double>& X, Array<double>& storage) {
    if (X.dimension() != 1) return X;
    storage = X;
    storage.reshape({X.size(), std::size_t{1}});
    return storage;
}

std::size_t number_of(const std::vector<Array<double>>& categories) {
    std::size_t result = 0;
    for (const Array<double>& c : categories) result += c.size();
    return result;
}

} // namespace

OneHotEncoder& OneHotEncoder::fit(const Array<double>& X, Location at) {
    Array<double> storage;
    const Array<double>& samples = as_matrix(X, storage);
    detail::check_samples("OneHotEncoder.fit", samples, at);
    const std::size_t rows = samples.shape(0), features = samples.shape(1);
    std::vector<Array<double>> categories;
    std::vector<double> column(rows);
    constexpr double largest = 0x1p53; // from here on, whole numbers share a double
    for (std::size_t i = 0; i < samples.size(); ++i) {
        if (std::abs(samples.data()[i]) < largest) continue;
        throw ValueError("OneHotEncoder.fit: X[" + std::to_string(i / features) + ", " + std::to_string(i % features) + "] is " +
                             nn::detail::format_number(samples.data()[i]) + "; whole numbers are told apart below 2^53 only",
                         at);
    }
    for (std::size_t j = 0; j < features; ++j) {
        column.resize(rows);
        for (std::size_t i = 0; i < rows; ++i) column[i] = samples.data()[i * features + j];
        std::sort(column.begin(), column.end());
        column.erase(std::unique(column.begin(), column.end()), column.end());
        categories.push_back(Array<double>::from_shape({column.size()}));
        std::copy(column.begin(), column.end(), categories.back().begin());
    }
    n_features_in_ = features;
    categories_ = std::move(categories);
    return *this;
}

Array<double> OneHotEncoder::transform(const Array<double>& X, Location at) const {
    detail::check_fitted("OneHotEncoder.transform", n_features_in_, at);
    Array<double> storage;
    const Array<double>& samples = as_matrix(X, storage);
    detail::check_features("OneHotEncoder.transform", n_features_in_, samples, at);
    const std::size_t rows = samples.shape(0), features = samples.shape(1), columns = number_of(categories_);
    Array<double> result = Array<double>::from_shape({rows, columns});
    std::fill_n(result.data(), result.size(), 0.);
    for (std::size_t i = 0; i < rows; ++i) {
        double* to = result.data() + i * columns;
        for (std::size_t j = 0; j < features; ++j) {
            const double x = samples.data()[i * features + j];
            const double *const begin = categories_[j].data(), *const end = begin + categories_[j].size();
            const double* const found = std::lower_bound(begin, end, x);
            if (found != end && *found == x) {
                to[found - begin] = 1;
            } else if (options.handle_unknown == UnknownCategory::error) {
                throw ValueError("OneHotEncoder.transform: X[" + std::to_string(i) + ", " + std::to_string(j) + "] is " +
                                     nn::detail::format_number(x) +
                                     ", a category that fit() was not given",
                                 at);
            }
            to += categories_[j].size();
        }
    }
    return result;
}

Array<double> OneHotEncoder::inverse_transform(const Array<double>& X, Location at) const {
    detail::check_fitted("OneHotEncoder.inverse_transform", n_features_in_, at);
    const std::size_t columns = number_of(categories_);
    detail::check_samples("OneHotEncoder.inverse_transform", X, at);
    if (X.shape(1) != columns) {
        throw ShapeError("OneHotEncoder.inverse_transform: X has " + std::to_string(X.shape(1)) + " columns; there are " +
                             std::to_string(columns) + " categories",
                         at);
    }
    const std::size_t rows = X.shape(0);
    Array<double> result = Array<double>::from_shape({rows, n_features_in_});
    for (std::size_t i = 0; i < rows; ++i) {
        const double* from = X.data() + i * columns;
        for (std::size_t j = 0; j < n_features_in_; ++j) {
            const double* const end = from + categories_[j].size();
            double& category = result.data()[i * n_features_in_ + j];
            if (std::all_of(from, end, [](double x) { return x == 0; })) {
                if (options.handle_unknown == UnknownCategory::error) {
                    throw ValueError("OneHotEncoder.inverse_transform: row " + std::to_string(i) + " has no category of feature " +
                                         std::to_string(j),
                                     at);
                }
                category = std::numeric_limits<double>::quiet_NaN();
            } else {
                category = categories_[j].data()[std::max_element(from, end) - from];
            }
            from = end;
        }
    }
    return result;
}

std::vector<std::string> OneHotEncoder::get_feature_names_out(const std::vector<std::string>& input_features, Location at) const {
    detail::check_fitted("OneHotEncoder.get_feature_names_out", n_features_in_, at);
    if (!input_features.empty() && input_features.size() != n_features_in_) {
        throw ShapeError("OneHotEncoder.get_feature_names_out: " + std::to_string(input_features.size()) + " names for " +
                             std::to_string(n_features_in_) + " features",
                         at);
    }
    std::vector<std::string> names;
    for (std::size_t j = 0; j < n_features_in_; ++j) {
        for (const double category : categories_[j]) {
            std::ostringstream name;
            if (input_features.empty()) {
                name << "x" << j;
            } else {
                name << input_features[j];
            }
            name << "_" << nn::detail::format_number(category);
            names.push_back(name.str());
        }
    }
    return names;
}

namespace {

const std::string& text_of(const std::string& label) {
    return label;
}

std::string text_of(std::int64_t label) {
    return std::to_string(label);
}

void check_vector(const char*, const std::vector<std::string>&, const Location&) {}

void check_vector(const char* method, const Array<std::int64_t>& y, const Location& at) {
    if (y.dimension() == 1) return;
    throw ShapeError(std::string(method) + ": y must have shape (samples), not " + to_string(shape_of(y, at)), at);
}

template <class T>
void check_fitted(const char* method, const std::vector<T>& classes, const Location& at) {
    if (classes.empty()) throw NotFittedError(std::string(method) + ": the encoder is not fitted; call fit() first", at);
}

} // namespace

template <class T>
LabelEncoder<T>& LabelEncoder<T>::fit(const Labels& y, Location at) {
    check_vector("LabelEncoder.fit", y, at);
    if (y.size() == 0) throw ShapeError("LabelEncoder.fit: y is empty", at);
    std::vector<T> classes(y.begin(), y.end());
    std::sort(classes.begin(), classes.end());
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
    classes_ = std::move(classes);
    return *this;
}

template <class T>
Array<std::int64_t> LabelEncoder<T>::transform(const Labels& y, Location at) const {
    check_fitted("LabelEncoder.transform", classes_, at);
    check_vector("LabelEncoder.transform", y, at);
    Array<std::int64_t> result = Array<std::int64_t>::from_shape({y.size()});
    std::size_t i = 0;
    for (const T& label : y) {
        const auto found = std::lower_bound(classes_.begin(), classes_.end(), label);
        if (found == classes_.end() || *found != label) {
            throw ValueError("LabelEncoder.transform: y[" + std::to_string(i) + "] is " + text_of(label) +
                                 ", a label that fit() was not given",
                             at);
        }
        result.data()[i++] = found - classes_.begin();
    }
    return result;
}

template <class T>
Array<std::int64_t> LabelEncoder<T>::fit_transform(const Labels& y, Location at) {
    return fit(y, at).transform(y, at);
}

template <class T>
typename LabelEncoder<T>::Labels LabelEncoder<T>::inverse_transform(const Array<std::int64_t>& y, Location at) const {
    check_fitted("LabelEncoder.inverse_transform", classes_, at);
    check_vector("LabelEncoder.inverse_transform", y, at);
    std::vector<T> labels;
    labels.reserve(y.size());
    for (const std::int64_t code : y) {
        if (code < 0 || static_cast<std::size_t>(code) >= classes_.size()) {
            throw ValueError("LabelEncoder.inverse_transform: y[" + std::to_string(labels.size()) + "] is " + std::to_string(code) +
                                 "; there are " + std::to_string(classes_.size()) + " classes",
                             at);
        }
        labels.push_back(classes_[static_cast<std::size_t>(code)]);
    }
    if constexpr (std::is_same_v<T, std::string>) {
        return labels;
    } else {
        Labels result = Labels::from_shape({labels.size()});
        std::copy(labels.begin(), labels.end(), result.data());
        return result;
    }
}

template class LabelEncoder<std::string>;
template class LabelEncoder<std::int64_t>;

} // namespace xgrad::algorithms

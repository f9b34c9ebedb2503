#include <xgrad/algorithms/checks.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

namespace xgrad::algorithms::detail {

namespace {

std::string text_of(const char* method) {
    return std::string(method) + ": ";
}

void check_finite(const char* method, const char* name, const Array<double>& a, const Location& at) {
    const double* const begin = a.data();
    // All exponent bits are set in what is not finite. A loop over integers becomes SIMD code, which runs at the speed of memory.
    constexpr std::uint64_t exponent = 0x7ff0'0000'0000'0000;
    const std::size_t size = a.size();
    std::uint64_t others = 0;
    for (std::size_t i = 0; i < size; ++i) others += (std::bit_cast<std::uint64_t>(begin[i]) & exponent) == exponent;
    if (others == 0) return;
    const auto i = static_cast<std::size_t>(std::find_if(begin, begin + a.size(), [](double x) { return !std::isfinite(x); }) - begin);
    const std::size_t columns = a.dimension() == 2 ? a.shape(1) : 1;
    std::string place = std::to_string(i / columns);
    if (a.dimension() == 2) place += ", " + std::to_string(i % columns);
    throw ValueError(text_of(method) + name + "[" + place + "] is " + (std::isnan(begin[i]) ? "NaN" : "infinite"), at);
}

void check_length(const char* method, std::size_t rows, const Shape& y, const Location& at) {
    if (y.rank() != 1) throw ShapeError(text_of(method) + "y must have shape (samples), not " + to_string(y), at);
    if (y[0] != rows) {
        throw ShapeError(text_of(method) + "X has " + std::to_string(rows) + " samples, y " + std::to_string(y[0]), at);
    }
}

} // namespace

void check_samples(const char* method, const Array<double>& X, const Location& at, std::size_t fewest_rows) {
    const Shape shape = shape_of(X, at);
    if (shape.rank() != 2) throw ShapeError(text_of(method) + "X must have shape (samples, features), not " + to_string(shape), at);
    if (shape[0] < fewest_rows || shape[1] == 0) {
        throw ShapeError(text_of(method) + "X has shape " + to_string(shape) + "; at least " + std::to_string(fewest_rows) +
                             (fewest_rows == 1 ? " sample" : " samples") + " and 1 feature are needed",
                         at);
    }
    check_finite(method, "X", X, at);
}

void check_targets(const char* method, const Array<double>& X, const Array<double>& y, const Location& at) {
    check_samples(method, X, at);
    check_length(method, X.shape(0), shape_of(y, at), at);
    check_finite(method, "y", y, at);
}

void check_fitted(const char* method, std::size_t n_features_in, const Location& at) {
    if (n_features_in == 0) throw NotFittedError(text_of(method) + "the estimator is not fitted; call fit() first", at);
}

void check_features(const char* method, std::size_t n_features_in, const Array<double>& X, const Location& at) {
    check_fitted(method, n_features_in, at);
    check_samples(method, X, at);
    if (X.shape(1) != n_features_in) {
        throw ShapeError(text_of(method) + "X has " + std::to_string(X.shape(1)) + " features; fit() was given " +
                             std::to_string(n_features_in),
                         at);
    }
}

EncodedLabels encode_labels(const char* method, const Array<double>& X, const Array<std::int64_t>& y, const Location& at,
                            std::size_t fewest_classes) {
    check_samples(method, X, at);
    check_length(method, X.shape(0), shape_of(y, at), at);
    std::vector<std::int64_t> classes(y.begin(), y.end());
    std::sort(classes.begin(), classes.end());
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
    if (classes.size() < fewest_classes) {
        throw ValueError(text_of(method) + "y holds " + std::to_string(classes.size()) + (classes.size() == 1 ? " class" : " classes") +
                             "; at least " + std::to_string(fewest_classes) + " are needed",
                         at);
    }
    EncodedLabels result{Array<std::int64_t>::from_shape({classes.size()}), {}};
    std::copy(classes.begin(), classes.end(), result.classes.begin());
    result.codes.reserve(y.size());
    for (const std::int64_t label : y) {
        result.codes.push_back(static_cast<std::size_t>(std::lower_bound(classes.begin(), classes.end(), label) - classes.begin()));
    }
    return result;
}

template <class T>
Array<T> take_rows(const Array<T>& a, const std::vector<std::size_t>& rows) {
    auto shape = a.shape();
    shape[0] = rows.size();
    Array<T> result(shape);
    const std::size_t row = a.shape(0) == 0 ? 0 : a.size() / a.shape(0);
    for (std::size_t i = 0; i < rows.size(); ++i) std::copy_n(a.data() + rows[i] * row, row, result.data() + i * row);
    return result;
}

Array<double> to_array(const Tensor<double>& tensor) {
    return Array<double>(ArrayRef<double>(tensor));
}

template Array<double> take_rows(const Array<double>&, const std::vector<std::size_t>&);
template Array<std::int64_t> take_rows(const Array<std::int64_t>&, const std::vector<std::size_t>&);

} // namespace xgrad::algorithms::detail

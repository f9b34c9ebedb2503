#include <xgrad/algorithms/decomposition/pca.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/decomposition/right_svd.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/gemm.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace xgrad::algorithms {

namespace {

using Factor = ops::Factor<double>;

/// The number of components that the option asks for.
/// @param variance  along each component, descending
std::size_t number_of_components(double option, const std::vector<double>& variance, double total, const Array<double>& X,
                                 const Location& at) {
    if (option == 0) return variance.size();
    if (option >= 1 && option == std::floor(option)) {
        if (option > static_cast<double>(variance.size())) {
            throw ValueError("PCA.fit: n_components is " + nn::detail::format_number(option) + ", but X has " +
                                 std::to_string(X.shape(0)) + " samples and " + std::to_string(X.shape(1)) + " features",
                             at);
        }
        return static_cast<std::size_t>(option);
    }
    if (!(option > 0 && option < 1)) {
        throw ValueError("PCA.fit: n_components is " + nn::detail::format_number(option) +
                             "; it must be a whole number, or a share below 1",
                         at);
    }
    double kept = 0;
    std::size_t k = 0;
    do {
        kept += variance[k++];
    } while (k < variance.size() && kept < option * total);
    return k;
}

/// Turns each component around whose largest coordinate is negative.
/// @param coordinates  (m, k)
void flip_signs(const Tensor<double>& coordinates, Tensor<double>& vt) {
    const std::size_t m = coordinates.shape()[0], k = coordinates.shape()[1], n = vt.shape()[1];
    std::vector<double> largest(k, 0.0);
    for (std::size_t i = 0; i < m; ++i) {
        const double* const row = coordinates.data() + i * k;
        for (std::size_t j = 0; j < k; ++j) largest[j] = std::abs(row[j]) > std::abs(largest[j]) ? row[j] : largest[j];
    }
    for (std::size_t j = 0; j < k; ++j) {
        if (largest[j] >= 0) continue;
        for (std::size_t i = 0; i < n; ++i) vt.data()[j * n + i] *= -1;
    }
}

/// Scales column j by factor(j).
template <class F>
void scale_columns(Array<double>& a, const F& factor) {
    const std::size_t n = a.shape(1);
    for (std::size_t i = 0; i < a.shape(0); ++i) {
        for (std::size_t j = 0; j < n; ++j) a.data()[i * n + j] *= factor(j);
    }
}

double sum_of_squares(const Tensor<double>& a) {
    return std::inner_product(a.begin(), a.end(), a.begin(), 0.0);
}

} // namespace

PCA& PCA::fit(const Array<double>& X, Location at) {
    constexpr auto method = "PCA.fit";
    detail::check_samples(method, X, at, 2);
    const std::size_t m = X.shape(0), n = X.shape(1);
    const std::vector<double> mean = detail::column_means(X.data(), m, n);
    const Tensor<double> centred = detail::subtract_row(X.data(), m, n, mean.data());
    detail::check_squares(method, centred, at);
    auto [values, vt] = detail::right_svd(method, centred, at);

    const std::size_t all = values.size();
    std::vector<double> variance(all);
    for (std::size_t j = 0; j < all; ++j) variance[j] = values.data()[j] * values.data()[j] / static_cast<double>(m - 1);
    const double total = std::accumulate(variance.begin(), variance.end(), 0.0);
    if (total == 0) throw ValueError(std::string(method) + ": all " + std::to_string(m) + " samples are equal", at);
    const std::size_t k = number_of_components(options.n_components, variance, total, X, at);
    // The singular values of columns that depend on others are not quite zero.
    const double negligible = values.data()[0] * static_cast<double>(std::max(m, n)) * std::numeric_limits<double>::epsilon();
    if (options.whiten && values.data()[k - 1] <= negligible) {
        const auto zero = std::find_if(values.begin(), values.end(), [&](double value) { return value <= negligible; });
        throw ValueError(std::string(method) + ": whiten divides by standard deviations, and X varies along " +
                             std::to_string(zero - values.begin()) + " components only, not " + std::to_string(k),
                         at);
    }
    const Tensor<double> coordinates(Shape{m, all});
    ops::gemm(Factor{centred.data(), m, n}, Factor{vt.data(), all, n}.transpose(), 0.0, coordinates.data());
    flip_signs(coordinates, vt);

    std::vector<double> scales(k, 1.0);
    for (std::size_t j = 0; options.whiten && j < k; ++j) scales[j] = std::sqrt(variance[j]);

    components_ = detail::to_array(vt.data(), {k, n});
    explained_variance_ = detail::to_array(variance.data(), {k});
    explained_variance_ratio_ = explained_variance_ / total;
    singular_values_ = detail::to_array(values.data(), {k});
    mean_ = detail::to_array(mean.data(), {n});
    const double rest = std::accumulate(variance.begin() + static_cast<std::ptrdiff_t>(k), variance.end(), 0.0);
    noise_variance_ = k < all ? rest / static_cast<double>(all - k) : 0;
    scales_ = std::move(scales);
    n_components_ = k;
    n_samples_ = m;
    n_features_in_ = n;
    return *this;
}

Array<double> PCA::transform(const Array<double>& X, Location at) const {
    detail::check_features("PCA.transform", n_features_in_, X, at);
    const std::size_t m = X.shape(0), n = X.shape(1);
    const Tensor<double> centred = detail::subtract_row(X.data(), m, n, mean_.data());
    Array<double> Z = Array<double>::from_shape({m, n_components_});
    ops::gemm(Factor{centred.data(), m, n}, Factor{components_.data(), n_components_, n}.transpose(), 0.0, Z.data());
    scale_columns(Z, [&](std::size_t j) { return 1 / scales_[j]; });
    return Z;
}

Array<double> PCA::inverse_transform(const Array<double>& Z, Location at) const {
    constexpr auto method = "PCA.inverse_transform";
    detail::check_fitted(method, n_features_in_, at);
    detail::check_samples(method, Z, at);
    if (Z.shape(1) != n_components_) {
        throw ShapeError(std::string(method) + ": Z has " + std::to_string(Z.shape(1)) + " columns; there are " +
                             std::to_string(n_components_) + " components",
                         at);
    }
    const std::size_t m = Z.shape(0);
    Array<double> scaled = Z;
    scale_columns(scaled, [&](std::size_t j) { return scales_[j]; });
    Array<double> X = Array<double>::from_shape({m, n_features_in_});
    ops::gemm(Factor{scaled.data(), m, n_components_}, Factor{components_.data(), n_components_, n_features_in_}, 0.0, X.data(),
              mean_.data());
    return X;
}

double PCA::projection_error(const Array<double>& X, Location at) const {
    constexpr auto method = "PCA.projection_error";
    detail::check_features(method, n_features_in_, X, at);
    const std::size_t m = X.shape(0), n = X.shape(1), k = n_components_;
    const Tensor<double> centred = detail::subtract_row(X.data(), m, n, mean_.data());
    const double total = sum_of_squares(centred);
    if (total == 0) throw ValueError(std::string(method) + ": all samples are equal to the mean", at);
    const Factor components{components_.data(), k, n};
    const Tensor<double> coordinates(Shape{m, k}), approximation(Shape{m, n});
    ops::gemm(Factor{centred.data(), m, n}, components.transpose(), 0.0, coordinates.data());
    ops::gemm(Factor{coordinates.data(), m, k}, components, 0.0, approximation.data());
    std::transform(centred.begin(), centred.end(), approximation.begin(), centred.begin(), std::minus<>());
    return sum_of_squares(centred) / total;
}

} // namespace xgrad::algorithms

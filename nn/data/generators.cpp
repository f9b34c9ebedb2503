#include <xgrad/nn/data/generators.hpp>

#include <cmath>
#include <numbers>
#include <string>
#include <utility>

namespace xgrad::nn {

namespace {

constexpr double pi = std::numbers::pi;

void check_deviation(double deviation, const char* name, const char* function, const Location& at) {
    if (deviation >= 0 && std::isfinite(deviation)) return;
    throw ValueError(std::string(function) + ": ." + name + " = " + std::to_string(deviation) + " is no standard deviation", at);
}

/// The i-th of n numbers evenly from 0 to `end`, inclusive.
double even(std::size_t i, std::size_t n, double end) {
    return n < 2 ? 0 : end * static_cast<double>(i) / static_cast<double>(n - 1);
}

/// How many of n examples class k of `classes` has.
std::size_t share(std::size_t n, std::size_t classes, std::size_t k) { return n / classes + (k < n % classes); }

/// Labelled points, class by class.
/// @param counts  of each class
/// @param point   gives coordinate d of point i of class k
template <class T, class F>
Dataset<T, std::int64_t> labelled(const char* function, const std::vector<std::size_t>& counts, std::size_t features,
                                  double deviation, bool shuffle, Generator& generator, const Location& at, const F& point) {
    std::size_t n = 0;
    for (const std::size_t count : counts) n += count;
    const Shape shape{n, features};
    check_size(shape, function, at);
    Tensor<T> x(shape);
    Tensor<std::int64_t> y(Shape{n});
    T* next = x.data();
    std::int64_t* label = y.data();
    for (std::size_t k = 0; k < counts.size(); ++k) {
        for (std::size_t i = 0; i < counts[k]; ++i) {
            for (std::size_t d = 0; d < features; ++d) {
                *next++ = static_cast<T>(point(k, i, d) + (deviation > 0 ? deviation * generator.normal() : 0));
            }
            *label++ = static_cast<std::int64_t>(k);
        }
    }
    Dataset<T, std::int64_t> data(std::move(x), std::move(y), at);
    return shuffle ? data.select(generator.permutation(n), at) : data;
}

} // namespace

template <class T>
Dataset<T, std::int64_t> make_blobs(std::size_t n, const MakeBlobsOptions& options, Generator& generator, Location at) {
    check_deviation(options.standard_deviation, "standard_deviation", "make_blobs", at);
    std::vector<std::vector<double>> centers = options.at;
    if (centers.empty()) {
        if (!(options.low < options.high)) throw ValueError("make_blobs: .low is not below .high", at);
        centers.assign(options.centers, std::vector<double>(options.features));
        for (std::vector<double>& center : centers) {
            for (double& x : center) x = options.low + (options.high - options.low) * generator.uniform();
        }
    }
    const std::size_t features = centers.empty() ? 0 : centers[0].size();
    if (features == 0) throw ValueError("make_blobs: there are no centers, or they have no coordinates", at);
    std::vector<std::size_t> counts;
    for (const std::vector<double>& center : centers) {
        if (center.size() != features) throw ValueError("make_blobs: the centers have different numbers of coordinates", at);
        counts.push_back(share(n, centers.size(), counts.size()));
    }
    const auto point = [&](std::size_t k, std::size_t, std::size_t d) { return centers[k][d]; };
    return labelled<T>("make_blobs", counts, features, options.standard_deviation, options.shuffle, generator, at, point);
}

template <class T>
Dataset<T, std::int64_t> make_moons(std::size_t n, const MakeMoonsOptions& options, Generator& generator, Location at) {
    check_deviation(options.noise, "noise", "make_moons", at);
    const std::vector<std::size_t> counts{n / 2, n - n / 2};
    const auto point = [&](std::size_t k, std::size_t i, std::size_t d) {
        const double t = even(i, counts[k], pi);
        if (k == 0) return d == 0 ? std::cos(t) : std::sin(t);
        return d == 0 ? 1 - std::cos(t) : 0.5 - std::sin(t);
    };
    return labelled<T>("make_moons", counts, 2, options.noise, options.shuffle, generator, at, point);
}

template <class T>
Dataset<T, std::int64_t> make_circles(std::size_t n, const MakeCirclesOptions& options, Generator& generator, Location at) {
    check_deviation(options.noise, "noise", "make_circles", at);
    if (!(options.factor >= 0 && options.factor < 1)) {
        throw ValueError("make_circles: .factor = " + std::to_string(options.factor) + " is not in [0, 1)", at);
    }
    const std::vector<std::size_t> counts{n / 2, n - n / 2};
    const auto point = [&](std::size_t k, std::size_t i, std::size_t d) {
        const double t = 2 * pi * static_cast<double>(i) / static_cast<double>(counts[k]); // the last is not the first again
        return (k == 0 ? 1 : options.factor) * (d == 0 ? std::cos(t) : std::sin(t));
    };
    return labelled<T>("make_circles", counts, 2, options.noise, options.shuffle, generator, at, point);
}

template <class T>
Dataset<T, std::int64_t> make_spirals(std::size_t n, const MakeSpiralsOptions& options, Generator& generator, Location at) {
    check_deviation(options.noise, "noise", "make_spirals", at);
    if (options.arms == 0) throw ValueError("make_spirals: .arms = 0", at);
    std::vector<std::size_t> counts;
    while (counts.size() < options.arms) counts.push_back(share(n, options.arms, counts.size()));
    const auto point = [&](std::size_t k, std::size_t i, std::size_t d) {
        const double r = even(i, counts[k], 1);
        const double t = 2 * pi * (options.turns * r + static_cast<double>(k) / static_cast<double>(options.arms));
        return r * (d == 0 ? std::cos(t) : std::sin(t));
    };
    return labelled<T>("make_spirals", counts, 2, options.noise, options.shuffle, generator, at, point);
}

template <class T>
Dataset<T, T> make_linear(std::size_t n, const MakeLinearOptions& options, Generator& generator, Location at) {
    check_deviation(options.noise, "noise", "make_linear", at);
    if (options.weights.empty()) throw ValueError("make_linear: there are no weights", at);
    const Shape shape{n, options.weights.size()};
    check_size(shape, "make_linear", at);
    Tensor<T> x = random_normal<T>(shape, 0, 1, generator), y(Shape{n});
    const T* next = x.data();
    for (T& target : y) {
        double sum = options.bias + (options.noise > 0 ? options.noise * generator.normal() : 0);
        for (const double weight : options.weights) sum += weight * *next++;
        target = static_cast<T>(sum);
    }
    return Dataset<T, T>(std::move(x), std::move(y), at);
}

template <class T>
Dataset<T, T> make_polynomial(std::size_t n, const MakePolynomialOptions& options, Generator& generator, Location at) {
    check_deviation(options.noise, "noise", "make_polynomial", at);
    const T low = static_cast<T>(options.low), high = static_cast<T>(options.high);
    if (!(low < high)) throw ValueError("make_polynomial: .low is not below .high", at);
    const Shape shape{n, 1};
    check_size(shape, "make_polynomial", at);
    Tensor<T> x = random_uniform<T>(shape, low, high, generator), y(Shape{n});
    const T* next = x.data();
    for (T& target : y) {
        const double point = *next++;
        double value = 0;
        for (auto c = options.coefficients.rbegin(); c != options.coefficients.rend(); ++c) value = value * point + *c;
        target = static_cast<T>(value + (options.noise > 0 ? options.noise * generator.normal() : 0));
    }
    return Dataset<T, T>(std::move(x), std::move(y), at);
}

#define XGRAD_INSTANTIATE(T)                                                                                                  \
    template Dataset<T, std::int64_t> make_blobs(std::size_t, const MakeBlobsOptions&, Generator&, Location);                 \
    template Dataset<T, std::int64_t> make_moons(std::size_t, const MakeMoonsOptions&, Generator&, Location);                 \
    template Dataset<T, std::int64_t> make_circles(std::size_t, const MakeCirclesOptions&, Generator&, Location);             \
    template Dataset<T, std::int64_t> make_spirals(std::size_t, const MakeSpiralsOptions&, Generator&, Location);             \
    template Dataset<T, T> make_linear(std::size_t, const MakeLinearOptions&, Generator&, Location);                          \
    template Dataset<T, T> make_polynomial(std::size_t, const MakePolynomialOptions&, Generator&, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::nn

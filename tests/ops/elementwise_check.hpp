/// @file
/// Values of elementwise functions against a reference in long double, in units in the last place.
#pragma once

#include <xgrad/autodiff/backward.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace xgrad::tests {

template <class T>
inline constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T>
inline constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();

/// The same number, or both NaN. Zeros of either sign are the same.
template <class T>
bool same(T a, T b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

/// The error of `got` in the spacing of T's numbers around `want`; infinite if just one is infinite or NaN.
template <class T>
double ulp_error(T got, long double want) {
    const T nearest = static_cast<T>(want);
    if (same(got, nearest)) return 0;
    if (!std::isfinite(got) || !std::isfinite(nearest)) return infinity<double>;
    const T magnitude = std::abs(nearest);
    const T spacing = std::nextafter(magnitude, infinity<T>) - magnitude;
    return std::abs(static_cast<double>((static_cast<long double>(got) - want) / static_cast<long double>(spacing)));
}

template <class T>
Variable<T> leaf(const std::vector<T>& elements) {
    Tensor<T> tensor(Shape{elements.size()});
    std::copy(elements.begin(), elements.end(), tensor.begin());
    return Variable<T>(std::move(tensor), true);
}

/// Numbers in [low, high]: both ends, evenly spread ones, and of every order of magnitude; of a size that leaves a rest
/// for every vector width.
template <class T>
std::vector<T> sample(double low, double high) {
    std::vector<T> x{static_cast<T>(low), static_cast<T>(high)};
    std::mt19937_64 random(5);
    std::uniform_real_distribution<double> even(low, high);
    for (int i = 0; i < 2001; ++i) x.push_back(static_cast<T>(even(random)));
    std::uniform_real_distribution<double> exponent(std::numeric_limits<T>::min_exponent10, std::numeric_limits<T>::max_exponent10);
    while (x.size() < 4001) {
        const double magnitude = std::pow(10.0, exponent(random));
        if (magnitude >= low && magnitude <= high) x.push_back(static_cast<T>(magnitude));
        if (-magnitude >= low && -magnitude <= high) x.push_back(static_cast<T>(-magnitude));
        if (low > 0 && !(low < 1e-3 || high > 1e3)) x.push_back(static_cast<T>(even(random)));
    }
    return x;
}

/// Checks f, a function of a Variable, against `reference`, a function of long double, on a sample of [low, high].
template <class T, class F, class Reference>
void check_values(const char* name, F f, Reference reference, double low, double high, double max_ulp = 4) {
    const std::vector<T> x = sample<T>(low, high);
    const Variable<T> y = f(leaf(x));
    double worst = -1;
    std::size_t at = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double error = ulp_error(y.tensor().data()[i], reference(static_cast<long double>(x[i])));
        if (error > worst) {
            worst = error;
            at = i;
        }
    }
    CHECK_MESSAGE(worst <= max_ulp, std::string(name), "(", x[at], ") = ", y.tensor().data()[at], ", but should be ",
                  static_cast<T>(reference(static_cast<long double>(x[at]))), ": ", worst, " ulp");
}

/// Checks f at single points, exactly (NaN is NaN).
template <class T, class F>
void check_points(const char* name, F f, const std::vector<std::pair<T, T>>& points) {
    for (const auto& [x, want] : points) {
        const T got = f(leaf<T>({x})).item();
        CHECK_MESSAGE(same(got, want), std::string(name), "(", x, ") = ", got, ", but should be ", want);
    }
}

/// Value, and derivatives of first and second order, of a function of one number.
template <class T>
struct Derivatives {
    T value, first, second;
};
template <class T, class F>
Derivatives<T> derivatives(F f, T x) {
    const Variable<T> leaf(x);
    const Variable<T> y = f(leaf);
    const auto [first] = grad(y, wrt(leaf), {.create_graph = true});
    T second = 0;
    if (first.requires_grad()) second = grad(first, wrt(leaf))[0].item();
    return {y.item(), first.item(), second};
}

/// Both partial derivatives of a function of two numbers.
template <class T, class F>
std::pair<T, T> partial_derivatives(F f, T a, T b) {
    const Variable<T> x(a), y(b);
    const auto [dx, dy] = grad(f(x, y), wrt(x, y));
    return {dx.item(), dy.item()};
}

/// Whether `got` is `want` up to a few units in the last place.
template <class T>
bool near(T got, long double want, double max_ulp = 16) {
    return ulp_error(got, want) <= max_ulp;
}

} // namespace xgrad::tests

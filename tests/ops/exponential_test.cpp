#include "tests/ops/elementwise_check.hpp"

#include <xgrad/ops/activation.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/hyperbolic.hpp>
#include <xgrad/ops/special.hpp>

#include <numbers>

using namespace xgrad;
using namespace xgrad::tests;

// exp of double overflows a factor of sqrt(2) early, exp2 a factor of 2, and both flush subnormal results.
template <class T>
const double largest_exponent = std::log(static_cast<double>(std::numeric_limits<T>::max())) - 0.35;
template <class T>
const double smallest_exponent = std::log(static_cast<double>(std::numeric_limits<T>::min())) + 0.35;

TEST_CASE_TEMPLATE("values of exponentials", T, float, double) {
    const double low = smallest_exponent<T>, high = largest_exponent<T>, ln2 = std::numbers::ln2;
    check_values<T>("exp", [](auto x) { return exp(x); }, [](auto x) { return std::exp(x); }, low, high, 2);
    check_values<T>("expm1", [](auto x) { return expm1(x); }, [](auto x) { return std::expm1(x); }, low, high, 2);
    check_values<T>("exp2", [](auto x) { return exp2(x); }, [](auto x) { return std::exp2(x); }, low / ln2, std::numeric_limits<T>::max_exponent - 1.01, 2);
    const T inf = infinity<T>;
    check_points<T>("exp", [](auto x) { return exp(x); }, {{0, 1}, {-T(0), 1}, {1000, inf}, {-1000, 0}, {inf, inf}, {-inf, 0}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("expm1", [](auto x) { return expm1(x); }, {{0, 0}, {1000, inf}, {-1000, -1}, {inf, inf}, {-inf, -1}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("exp2", [](auto x) { return exp2(x); }, {{0, 1}, {10, 1024}, {-1, T(0.5)}, {inf, inf}, {-inf, 0}, {not_a_number<T>, not_a_number<T>}});
}

TEST_CASE("exponentials of float up to the largest number, and down to the smallest subnormal one") {
    check_values<float>("exp", [](auto x) { return exp(x); }, [](auto x) { return std::exp(x); }, -103.9, 88.72, 2);
    check_values<float>("sigmoid", [](auto x) { return sigmoid(x); }, [](auto x) { return 1 / (1 + std::exp(-x)); }, -103.9, 104);
    CHECK(exp(Variable<float>(88.73F)).item() == infinity<float>);
    CHECK(exp(Variable<float>(-104.0F)).item() == 0);
    CHECK(std::signbit(tanh(Variable<float>(-0.0F)).item()));
}

TEST_CASE_TEMPLATE("values of logarithms, subnormal numbers included", T, float, double) {
    const double low = static_cast<double>(std::numeric_limits<T>::denorm_min());
    const double high = static_cast<double>(std::numeric_limits<T>::max());
    check_values<T>("log", [](auto x) { return log(x); }, [](auto x) { return std::log(x); }, low, high, 2);
    check_values<T>("log2", [](auto x) { return log2(x); }, [](auto x) { return std::log2(x); }, low, high, 2);
    check_values<T>("log10", [](auto x) { return log10(x); }, [](auto x) { return std::log10(x); }, low, high, 2);
    check_values<T>("log", [](auto x) { return log(x); }, [](auto x) { return std::log(x); }, 0.5, 2, 2);
    check_values<T>("log1p", [](auto x) { return log1p(x); }, [](auto x) { return std::log1p(x); }, -0.999, high, 2);
    const T subnormal = std::numeric_limits<T>::min() / 8, inf = infinity<T>;
    for (const T x : {subnormal, std::numeric_limits<T>::denorm_min()}) {
        CHECK(ulp_error(log(Variable<T>(x)).item(), std::log(static_cast<long double>(x))) <= 2);
        CHECK(ulp_error(log2(Variable<T>(x)).item(), std::log2(static_cast<long double>(x))) <= 2);
        CHECK(ulp_error(log10(Variable<T>(x)).item(), std::log10(static_cast<long double>(x))) <= 2);
    }
    check_points<T>("log", [](auto x) { return log(x); }, {{1, 0}, {0, -inf}, {-T(0), -inf}, {-1, not_a_number<T>}, {-inf, not_a_number<T>}, {inf, inf}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("log2", [](auto x) { return log2(x); }, {{8, 3}, {T(0.25), -2}, {0, -inf}, {-1, not_a_number<T>}, {inf, inf}});
    check_points<T>("log10", [](auto x) { return log10(x); }, {{1, 0}, {0, -inf}, {-1, not_a_number<T>}, {inf, inf}});
    check_points<T>("log1p", [](auto x) { return log1p(x); }, {{0, 0}, {-1, -inf}, {-2, not_a_number<T>}, {inf, inf}, {not_a_number<T>, not_a_number<T>}});
}

TEST_CASE_TEMPLATE("values of the error function", T, float, double) {
    check_values<T>("erf", [](auto x) { return erf(x); }, [](auto x) { return std::erf(x); }, -7, 7);
    check_values<T>("erfc", [](auto x) { return erfc(x); }, [](auto x) { return std::erfc(x); }, -7, sizeof(T) == 4 ? 9 : 26);
    const T inf = infinity<T>, large = T(1e30);
    check_points<T>("erf", [](auto x) { return erf(x); }, {{0, 0}, {large, 1}, {-large, -1}, {inf, 1}, {-inf, -1}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("erfc", [](auto x) { return erfc(x); }, {{0, 1}, {large, 0}, {-large, 2}, {inf, 0}, {-inf, 2}, {not_a_number<T>, not_a_number<T>}});
}

TEST_CASE_TEMPLATE("derivatives of exponentials at special points", T, float, double) {
    const auto e = derivatives<T>([](auto x) { return exp(x); }, 0);
    CHECK(e.first == 1);
    CHECK(e.second == 1);
    const auto tiny = derivatives<T>([](auto x) { return expm1(x); }, T(1e-6));
    CHECK(near<T>(tiny.first, std::exp(1e-6L)));
    const auto flat = derivatives<T>([](auto x) { return exp(x); }, -1000);
    CHECK(flat.first == 0);
    CHECK(flat.second == 0);
    CHECK(near<T>(derivatives<T>([](auto x) { return exp2(x); }, 3).first, 8 * std::numbers::ln2_v<long double>));
    CHECK(derivatives<T>([](auto x) { return log(x); }, 0).first == infinity<T>);
    CHECK(near<T>(derivatives<T>([](auto x) { return log2(x); }, 4).first, 1 / (4 * std::numbers::ln2_v<long double>)));
    CHECK(near<T>(derivatives<T>([](auto x) { return log10(x); }, 4).second, -1 / (16 * std::numbers::ln10_v<long double>)));
    // The density of the normal distribution vanishes without 0 times infinity.
    for (const T x : {T(-1000), T(1000), T(1e30)}) {
        for (const auto& d : {derivatives<T>([](auto v) { return erf(v); }, x), derivatives<T>([](auto v) { return erfc(v); }, x)}) {
            CHECK(d.first == 0);
            CHECK(d.second == 0);
        }
    }
}

#include "tests/ops/elementwise_check.hpp"

#include <xgrad/ops/hyperbolic.hpp>

using namespace xgrad;
using namespace xgrad::tests;

TEST_CASE_TEMPLATE("values of hyperbolic functions", T, float, double) {
    const double high = static_cast<double>(std::numeric_limits<T>::max()), largest = std::log(high);
    check_values<T>("sinh", [](auto x) { return sinh(x); }, [](auto x) { return std::sinh(x); }, -largest, largest);
    check_values<T>("cosh", [](auto x) { return cosh(x); }, [](auto x) { return std::cosh(x); }, -largest, largest);
    check_values<T>("tanh", [](auto x) { return tanh(x); }, [](auto x) { return std::tanh(x); }, -30, 30);
    check_values<T>("asinh", [](auto x) { return asinh(x); }, [](auto x) { return std::asinh(x); }, -10, 10);
    check_values<T>("asinh", [](auto x) { return asinh(x); }, [](auto x) { return std::asinh(x); }, 0, high);
    check_values<T>("acosh", [](auto x) { return acosh(x); }, [](auto x) { return std::acosh(x); }, 1, 2);
    check_values<T>("acosh", [](auto x) { return acosh(x); }, [](auto x) { return std::acosh(x); }, 1, high);
    check_values<T>("atanh", [](auto x) { return atanh(x); }, [](auto x) { return std::atanh(x); }, -1, 1);
    const T inf = infinity<T>;
    check_points<T>("sinh", [](auto x) { return sinh(x); }, {{0, 0}, {1000, inf}, {-1000, -inf}, {inf, inf}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("cosh", [](auto x) { return cosh(x); }, {{0, 1}, {1000, inf}, {-1000, inf}, {-inf, inf}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("tanh", [](auto x) { return tanh(x); }, {{0, 0}, {1000, 1}, {-1000, -1}, {inf, 1}, {-inf, -1}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("asinh", [](auto x) { return asinh(x); }, {{0, 0}, {inf, inf}, {-inf, -inf}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("acosh", [](auto x) { return acosh(x); }, {{1, 0}, {T(0.5), not_a_number<T>}, {0, not_a_number<T>}, {-3000, not_a_number<T>}, {inf, inf}, {-inf, not_a_number<T>}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("atanh", [](auto x) { return atanh(x); }, {{0, 0}, {1, inf}, {-1, -inf}, {2, not_a_number<T>}, {not_a_number<T>, not_a_number<T>}});
}

TEST_CASE_TEMPLATE("derivatives of hyperbolic functions at special points", T, float, double) {
    for (const T x : {T(-1000), T(1000)}) {
        const auto d = derivatives<T>([](auto v) { return tanh(v); }, x);
        CHECK(d.first == 0);
        CHECK(d.second == 0);
    }
    // x^2 overflows.
    const T huge = std::numeric_limits<T>::max() / 4;
    CHECK(near<T>(derivatives<T>([](auto x) { return asinh(x); }, huge).first, 1 / static_cast<long double>(huge)));
    CHECK(near<T>(derivatives<T>([](auto x) { return acosh(x); }, huge).first, 1 / static_cast<long double>(huge)));
    CHECK(derivatives<T>([](auto x) { return acosh(x); }, 1).first == infinity<T>);
    // 1 - x^2 loses half of the digits here.
    const T close = 1 - 16 * std::numeric_limits<T>::epsilon();
    const long double exact = 1 / ((1 - static_cast<long double>(close)) * (1 + static_cast<long double>(close)));
    CHECK(near<T>(derivatives<T>([](auto x) { return atanh(x); }, close).first, exact));
}

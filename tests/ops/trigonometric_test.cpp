#include "tests/ops/elementwise_check.hpp"

#include <xgrad/ops/trigonometric.hpp>

#include <numbers>

using namespace xgrad;
using namespace xgrad::tests;

TEST_CASE_TEMPLATE("values of trigonometric functions", T, float, double) {
    for (const double range : {4.0, 1000.0, 1e10}) {
        check_values<T>("sin", [](auto x) { return sin(x); }, [](auto x) { return std::sin(x); }, -range, range);
        check_values<T>("cos", [](auto x) { return cos(x); }, [](auto x) { return std::cos(x); }, -range, range);
        check_values<T>("tan", [](auto x) { return tan(x); }, [](auto x) { return std::tan(x); }, -range, range);
    }
    const double high = static_cast<double>(std::numeric_limits<T>::max());
    check_values<T>("asin", [](auto x) { return asin(x); }, [](auto x) { return std::asin(x); }, -1, 1);
    check_values<T>("acos", [](auto x) { return acos(x); }, [](auto x) { return std::acos(x); }, -1, 1);
    check_values<T>("atan", [](auto x) { return atan(x); }, [](auto x) { return std::atan(x); }, -10, 10);
    check_values<T>("atan", [](auto x) { return atan(x); }, [](auto x) { return std::atan(x); }, 0, high);
    const T inf = infinity<T>, half_pi = std::numbers::pi_v<T> / 2;
    check_points<T>("sin", [](auto x) { return sin(x); }, {{0, 0}, {inf, not_a_number<T>}, {-inf, not_a_number<T>}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("cos", [](auto x) { return cos(x); }, {{0, 1}, {inf, not_a_number<T>}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("tan", [](auto x) { return tan(x); }, {{0, 0}, {inf, not_a_number<T>}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("asin", [](auto x) { return asin(x); }, {{1, half_pi}, {-1, -half_pi}, {T(1.5), not_a_number<T>}, {-2, not_a_number<T>}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("acos", [](auto x) { return acos(x); }, {{1, 0}, {0, half_pi}, {T(1.5), not_a_number<T>}, {-2, not_a_number<T>}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("atan", [](auto x) { return atan(x); }, {{0, 0}, {inf, half_pi}, {-inf, -half_pi}, {not_a_number<T>, not_a_number<T>}});
}

TEST_CASE_TEMPLATE("atan2 in every quadrant, on the axes and at infinity", T, float, double) {
    const T inf = infinity<T>;
    for (const T b : {T(0), -T(0), T(1), T(-1), T(3e10), T(-2e-10), inf, -inf, not_a_number<T>}) {
        check_values<T>("atan2", [b](auto a) { return atan2(a, b); },
                        [b](long double a) { return std::atan2(a, static_cast<long double>(b)); }, -10, 10);
        for (const T a : {T(0), -T(0), T(1), inf, -inf, not_a_number<T>}) {
            const T got = atan2(Variable<T>(a), b).item(), want = std::atan2(a, b);
            CHECK(ulp_error(got, static_cast<long double>(want)) <= 1);
            CHECK((std::isnan(want) || std::signbit(got) == std::signbit(want)));
        }
    }
}

TEST_CASE_TEMPLATE("derivatives of inverse trigonometric functions at special points", T, float, double) {
    const T inf = infinity<T>;
    CHECK(derivatives<T>([](auto x) { return asin(x); }, 1).first == inf);
    CHECK(derivatives<T>([](auto x) { return acos(x); }, -1).first == -inf);
    // 1 - x^2 loses half of the digits here.
    const T close = 1 - 16 * std::numeric_limits<T>::epsilon();
    const long double exact = 1 / std::sqrt((1 - static_cast<long double>(close)) * (1 + static_cast<long double>(close)));
    CHECK(near<T>(derivatives<T>([](auto x) { return asin(x); }, close).first, exact));
    // x^2 overflows.
    const auto far = derivatives<T>([](auto x) { return atan(x); }, std::numeric_limits<T>::max());
    CHECK(far.first == 0);
    CHECK(far.second == 0);

    const auto angle = [](auto a, auto b) { return atan2(a, b); };
    CHECK(partial_derivatives<T>(angle, 0, 0) == std::pair<T, T>(0, 0));
    CHECK(partial_derivatives<T>(angle, 0, -2) == std::pair<T, T>(T(-0.5), 0));
    CHECK(partial_derivatives<T>(angle, 2, 0) == std::pair<T, T>(0, T(-0.5)));
    const T huge = std::numeric_limits<T>::max() / 4;
    const auto [da, db] = partial_derivatives<T>(angle, huge, huge);
    CHECK(near<T>(da, 1 / (2 * static_cast<long double>(huge))));
    CHECK(near<T>(db, -1 / (2 * static_cast<long double>(huge))));
    CHECK(derivatives<T>([](auto x) { return atan2(x, x); }, 0).second == 0);
}

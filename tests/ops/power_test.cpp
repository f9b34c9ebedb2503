#include "tests/ops/elementwise_check.hpp"

#include <xgrad/ops/power.hpp>

using namespace xgrad;
using namespace xgrad::tests;

TEST_CASE_TEMPLATE("values of roots and reciprocals", T, float, double) {
    const double low = static_cast<double>(std::numeric_limits<T>::min());
    const double high = static_cast<double>(std::numeric_limits<T>::max());
    check_values<T>("square", [](auto x) { return square(x); }, [](auto x) { return x * x; }, -100, 100, 0.5);
    check_values<T>("sqrt", [](auto x) { return sqrt(x); }, [](auto x) { return std::sqrt(x); }, 0, high, 0.51);
    check_values<T>("rsqrt", [](auto x) { return rsqrt(x); }, [](auto x) { return 1 / std::sqrt(x); }, low, high, 2);
    check_values<T>("cbrt", [](auto x) { return cbrt(x); }, [](auto x) { return std::cbrt(x); }, -100, 100, 2);
    check_values<T>("cbrt", [](auto x) { return cbrt(x); }, [](auto x) { return std::cbrt(x); }, low, high, 2);
    check_values<T>("reciprocal", [](auto x) { return reciprocal(x); }, [](auto x) { return 1 / x; }, low, high / 8, 0.51);
    const T inf = infinity<T>, subnormal = std::numeric_limits<T>::min() / 8;
    check_points<T>("sqrt", [](auto x) { return sqrt(x); }, {{0, 0}, {4, 2}, {-1, not_a_number<T>}, {inf, inf}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("rsqrt", [](auto x) { return rsqrt(x); }, {{0, inf}, {4, T(0.5)}, {-1, not_a_number<T>}, {inf, 0}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("cbrt", [](auto x) { return cbrt(x); }, {{0, 0}, {8, 2}, {-27, -3}, {inf, inf}, {-inf, -inf}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("reciprocal", [](auto x) { return reciprocal(x); }, {{0, inf}, {-T(0), -inf}, {-4, T(-0.25)}, {inf, 0}, {not_a_number<T>, not_a_number<T>}});
    for (const T x : {subnormal, -subnormal, std::numeric_limits<T>::denorm_min()}) {
        CHECK(ulp_error(cbrt(Variable<T>(x)).item(), std::cbrt(static_cast<long double>(x))) <= 4);
    }
}

TEST_CASE_TEMPLATE("values of pow, by scalar exponent", T, float, double) {
    for (const double exponent : {-7.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 11.0}) {
        const auto power = [exponent](long double x) { return std::pow(x, static_cast<long double>(exponent)); };
        check_values<T>("pow", [exponent](auto x) { return pow(x, exponent); }, power, -30, 30);
        check_values<T>("pow", [exponent](auto x) { return pow(x, exponent); }, power, 0.01, 1e30);
    }
    for (const T exponent : {T(0.5), T(-0.5), T(1.7), T(-3.2), T(40.1)}) {
        const auto power = [exponent](long double x) { return std::pow(x, static_cast<long double>(exponent)); };
        check_values<T>("pow", [exponent](auto x) { return pow(x, exponent); }, power, 1e-3, 30);
        check_values<T>("pow", [exponent](auto x) { return pow(x, exponent); }, power, 0, 1e30);
    }
    for (const T base : {T(0.25), T(1), T(1.5), T(10)}) {
        const auto power = [base](long double x) { return std::pow(static_cast<long double>(base), x); };
        check_values<T>("pow", [base](auto x) { return pow(base, x); }, power, -200, 200);
    }
}

TEST_CASE_TEMPLATE("pow agrees with std::pow at every edge, exponents mixed and uniform", T, float, double) {
    const T inf = infinity<T>;
    const std::vector<T> edges{0, -T(0), 1, -1, T(0.5), T(-0.5), 2, -2, 3, -3, T(2.5), T(-2.5), 5, -5, 101, T(1e30), T(-1e30),
                               inf, -inf, not_a_number<T>, std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::max()};
    std::vector<T> a, b;
    for (const T x : edges) {
        for (const T y : edges) {
            a.push_back(x);
            b.push_back(y);
        }
    }
    const auto mixed = pow(leaf(a), leaf(b));
    for (std::size_t i = 0; i < a.size(); ++i) {
        const T want = std::pow(a[i], b[i]);
        for (const T got : {mixed.tensor().data()[i], pow(Variable<T>(a[i]), b[i]).item()}) {
            CHECK_MESSAGE(ulp_error(got, static_cast<long double>(want)) <= 4, "pow(", a[i], ", ", b[i], ") = ", got,
                          ", but should be ", want);
            CHECK_MESSAGE((std::isnan(want) || std::signbit(got) == std::signbit(want)), "sign of pow(", a[i], ", ", b[i], ")");
        }
    }
}

TEST_CASE_TEMPLATE("derivatives of pow where a formula might come to 0 times infinity", T, float, double) {
    const auto power = [](auto a, auto b) { return pow(a, b); };
    const auto da = [&](T a, T b) { return partial_derivatives<T>(power, a, b).first; };
    const auto db = [&](T a, T b) { return partial_derivatives<T>(power, a, b).second; };
    CHECK(da(0, 0) == 0);
    CHECK(da(0, 1) == 1);
    CHECK(da(0, 2) == 0);
    CHECK(da(0, T(1.5)) == 0);
    CHECK(da(0, T(0.5)) == infinity<T>);
    CHECK(da(0, -1) == -infinity<T>);
    CHECK(da(5, 0) == 0);
    CHECK(da(-2, 3) == 12);
    CHECK(da(-2, -1) == T(-0.25));
    CHECK(near<T>(da(-2, 7), 7 * 64));
    CHECK(db(0, 0) == 0);
    CHECK(db(0, 2) == 0);
    CHECK(db(0, T(0.5)) == 0);
    CHECK(db(0, -1) == -infinity<T>);
    CHECK(db(1, 5) == 0);
    CHECK(near<T>(db(2, 3), 8 * std::log(2.0L)));
    CHECK(std::isnan(db(-2, 3)));
    // A negative base is fine where the exponent is not differentiated.
    const auto d = derivatives<T>([](auto x) { return pow(x, 3); }, -2);
    CHECK(d.value == -8);
    CHECK(d.first == 12);
    CHECK(d.second == -12);
    CHECK(derivatives<T>([](auto x) { return pow(x, 2); }, 0).second == 2);
    CHECK(derivatives<T>([](auto x) { return pow(x, 1); }, 0).second == 0);
    CHECK(derivatives<T>([](auto x) { return pow(x, 0); }, 0).second == 0);
    CHECK(derivatives<T>([](auto x) { return pow(0, x); }, 2).second == 0);
    // d/db (d/da a^b) at b = 0 is 1 / a, although d/da is 0 there.
    const Variable<T> a(4), b(0);
    const auto [first] = grad(pow(a, b), wrt(a), {.create_graph = true});
    CHECK(first.item() == 0);
    CHECK(grad(first, wrt(b))[0].item() == T(0.25));
}

TEST_CASE_TEMPLATE("hypot at the extremes", T, float, double) {
    const T large = std::numeric_limits<T>::max() / 8, small = std::numeric_limits<T>::min() * 8, inf = infinity<T>;
    for (const T b : {T(0), T(1), T(-3), large, small, std::numeric_limits<T>::denorm_min()}) {
        const auto exact = [b](long double a) { return std::hypot(a, static_cast<long double>(b)); };
        check_values<T>("hypot", [b](auto a) { return hypot(a, b); }, exact, -10, 10, 2);
        check_values<T>("hypot", [b](auto a) { return hypot(a, b); }, exact, 0, static_cast<double>(large), 2);
    }
    CHECK(hypot(Variable<T>(inf), not_a_number<T>).item() == inf);
    CHECK(hypot(not_a_number<T>, Variable<T>(-inf)).item() == inf);
    CHECK(std::isnan(hypot(Variable<T>(1), not_a_number<T>).item()));

    const auto distance = [](auto a, auto b) { return hypot(a, b); };
    CHECK(partial_derivatives<T>(distance, 0, 0) == std::pair<T, T>(0, 0));
    CHECK(partial_derivatives<T>(distance, 0, -2) == std::pair<T, T>(0, -1));
    const auto [da, db] = partial_derivatives<T>(distance, 3 * small, 4 * small);
    CHECK(near<T>(da, 0.6L));
    CHECK(near<T>(db, 0.8L));
    const auto d = derivatives<T>([](auto x) { return hypot(x, x); }, 0);
    CHECK(d.first == 0);
    CHECK(d.second == 0);
}

TEST_CASE_TEMPLATE("derivatives of roots at 0", T, float, double) {
    CHECK(derivatives<T>([](auto x) { return sqrt(x); }, 0).first == infinity<T>);
    CHECK(derivatives<T>([](auto x) { return cbrt(x); }, 0).first == infinity<T>);
    CHECK(near<T>(derivatives<T>([](auto x) { return cbrt(x); }, -8).first, 1 / 12.0L));
    CHECK(near<T>(derivatives<T>([](auto x) { return cbrt(x); }, -8).second, 1 / 144.0L));
    CHECK(derivatives<T>([](auto x) { return reciprocal(x); }, -2).second == T(-0.25));
    CHECK(derivatives<T>([](auto x) { return square(x); }, 0).second == 2);
}

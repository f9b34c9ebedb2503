#include "tests/ops/elementwise_check.hpp"

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/piecewise.hpp>

#include <string>

using namespace xgrad;
using namespace xgrad::tests;

namespace {

template <class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const ValueError& error) {
        return error.what();
    }
    return "nothing was thrown";
}

} // namespace

TEST_CASE_TEMPLATE("values of signs and rounding", T, float, double) {
    const double high = static_cast<double>(std::numeric_limits<T>::max());
    for (const double range : {10.0, 1e6, high}) {
        check_values<T>("abs", [](auto x) { return abs(x); }, [](auto x) { return std::abs(x); }, 0, range, 0);
        check_values<T>("floor", [](auto x) { return floor(x); }, [](auto x) { return std::floor(x); }, 0, range, 0);
        check_values<T>("ceil", [](auto x) { return ceil(x); }, [](auto x) { return std::ceil(x); }, 0, range, 0);
        check_values<T>("round", [](auto x) { return round(x); }, [](auto x) { return std::nearbyint(x); }, 0, range, 0);
    }
    const T inf = infinity<T>;
    check_points<T>("abs", [](auto x) { return abs(x); }, {{-3, 3}, {-T(0), 0}, {-inf, inf}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("sign", [](auto x) { return sign(x); }, {{-3, -1}, {0, 0}, {-T(0), 0}, {T(1e-40), 1}, {-inf, -1}, {inf, 1}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("floor", [](auto x) { return floor(x); }, {{T(-0.5), -1}, {T(2.9), 2}, {-3, -3}, {inf, inf}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("ceil", [](auto x) { return ceil(x); }, {{T(-0.5), 0}, {T(2.1), 3}, {-3, -3}, {-inf, -inf}, {not_a_number<T>, not_a_number<T>}});
    check_points<T>("round", [](auto x) { return round(x); }, {{T(0.5), 0}, {T(1.5), 2}, {T(2.5), 2}, {T(-0.5), 0}, {T(-1.5), -2}, {T(2.4), 2}, {inf, inf}, {not_a_number<T>, not_a_number<T>}});
}

TEST_CASE_TEMPLATE("steps are recorded and have gradient zero", T, float, double) {
    const Variable<T> x = leaf<T>({T(-1.5), T(0.2), T(2.5)});
    for (const auto& y : {sign(x), floor(x), ceil(x), round(x)}) {
        CHECK(y.requires_grad());
        const auto [dx] = grad(y, wrt(x), {.seed = Variable<T>(Tensor<T>(Shape{3}, T(1)), false)});
        CHECK(dx.value() == Array<T>{0, 0, 0});
    }
    // ... beside an operand that has one.
    const auto [dx] = grad(x * floor(x), wrt(x), {.seed = Variable<T>(Tensor<T>(Shape{3}, T(1)), false)});
    CHECK(dx.value() == Array<T>{-2, 0, 2});
}

TEST_CASE_TEMPLATE("maximum and minimum: NaN wins, ties share the gradient", T, float, double) {
    const T inf = infinity<T>;
    for (const T a : {T(-2), T(0), T(3), inf, -inf, not_a_number<T>}) {
        for (const T b : {T(-2), T(0), T(3), inf, -inf, not_a_number<T>}) {
            const bool is_nan = std::isnan(a) || std::isnan(b);
            CHECK(same(maximum(Variable<T>(a), b).item(), is_nan ? not_a_number<T> : std::max(a, b)));
            CHECK(same(minimum(Variable<T>(a), b).item(), is_nan ? not_a_number<T> : std::min(a, b)));
        }
    }
    const auto larger = [](auto a, auto b) { return maximum(a, b); };
    const auto smaller = [](auto a, auto b) { return minimum(a, b); };
    CHECK(partial_derivatives<T>(larger, 2, 1) == std::pair<T, T>(1, 0));
    CHECK(partial_derivatives<T>(larger, 1, 2) == std::pair<T, T>(0, 1));
    CHECK(partial_derivatives<T>(larger, 2, 2) == std::pair<T, T>(T(0.5), T(0.5)));
    CHECK(partial_derivatives<T>(smaller, 2, 1) == std::pair<T, T>(0, 1));
    CHECK(partial_derivatives<T>(smaller, 1, 2) == std::pair<T, T>(1, 0));
    CHECK(partial_derivatives<T>(smaller, -inf, -inf) == std::pair<T, T>(T(0.5), T(0.5)));
    CHECK(derivatives<T>([](auto x) { return maximum(x, x); }, 3).first == 1);
    CHECK(derivatives<T>([](auto x) { return maximum(x, 1) * maximum(x, 1); }, 3).second == 2);
}

TEST_CASE_TEMPLATE("clip", T, float, double) {
    const T inf = infinity<T>;
    const auto clipped = [](auto x) { return clip(x, -1, 2); };
    check_points<T>("clip", clipped, {{-3, -1}, {-1, -1}, {T(0.5), T(0.5)}, {2, 2}, {7, 2}, {inf, 2}, {-inf, -1}, {not_a_number<T>, not_a_number<T>}});
    for (const auto& [x, want] : std::vector<std::pair<T, T>>{{-3, 0}, {-1, 1}, {T(0.5), 1}, {2, 1}, {7, 0}, {inf, 0}}) {
        CHECK(derivatives<T>(clipped, x).first == want);
        CHECK(derivatives<T>(clipped, x).second == 0);
    }
    check_points<T>("clip", [](auto x) { return clip(x, 0, infinity<double>); }, {{-3, 0}, {1000, 1000}});
    CHECK(clip(Variable<T>(5), 3, 3).item() == 3);

    const Variable<T> x(1);
    CHECK(message_of([&] { clip(x, 2, 1); }).starts_with("clip: the lower bound 2 is not below the upper bound 1"));
    CHECK(message_of([&] { clip(x, 0, not_a_number<double>); }).starts_with("clip: the lower bound 0 is not below the upper bound nan"));
    CHECK(message_of([&] { clip(x, 2, 1); }).find("piecewise_test.cpp") != std::string::npos);
}

TEST_CASE_TEMPLATE("where chooses by a Variable mask, or an array of truth values or numbers", T, float, double) {
    const Variable<T> x{T(-1), T(2), T(-3), T(4)};
    const Variable<T> ones(Tensor<T>(Shape{4}, T(1)), false);
    const auto positive = where(x > 0, x, 0);
    CHECK(positive.value() == Array<T>{0, 2, 0, 4});
    CHECK(grad(positive, wrt(x), {.seed = ones})[0].value() == Array<T>{0, 1, 0, 1});

    xt::xarray<bool> truth{true, false, false, true};
    CHECK(where(truth, x, T(9)).value() == Array<T>{-1, 9, 9, 4});
    CHECK(where(truth, 9, x).value() == Array<T>{9, 2, -3, 9});
    xt::xarray<int> numbers{0, -2, 7, 0};
    xt::xarray<double> tens{10., 20., 30., 40.};
    CHECK(where(numbers, x, tens).value() == Array<T>{10, 2, -3, 40});
    CHECK(where(tens > 25.0, tens, x).value() == Array<T>{-1, 2, 30, 40});
    CHECK(where(x < 0, 1, 0).value() == Array<T>{1, 0, 1, 0});
    CHECK(where(leaf<T>({0, not_a_number<T>}), 1, 0).value() == Array<T>{0, 1});
    CHECK(!where(x < 0, 1, 0).requires_grad());

    // The branch not chosen may be infinite, and the mask broadcasts.
    const Variable<T> y{{T(0), T(1)}, {T(2), T(-1)}};
    const auto safe = where(xt::xarray<bool>{true, false}, y, 1 / y);
    CHECK(safe.value() == Array<T>{{0, 1}, {2, -1}});
    CHECK_THROWS_AS(where(truth, y, 0), ShapeError);
}

TEST_CASE_TEMPLATE("comparisons give constants", T, float, double) {
    const Variable<T> a{T(1), T(2), T(3), not_a_number<T>}, b{T(2), T(2), T(2), T(2)};
    CHECK(less(a, b).value() == Array<T>{1, 0, 0, 0});
    CHECK(less_equal(a, b).value() == Array<T>{1, 1, 0, 0});
    CHECK(greater(a, b).value() == Array<T>{0, 0, 1, 0});
    CHECK(greater_equal(a, b).value() == Array<T>{0, 1, 1, 0});
    CHECK(equal(a, b).value() == Array<T>{0, 1, 0, 0});
    CHECK(not_equal(a, b).value() == Array<T>{1, 0, 1, 1});
    for (const auto& mask : {less(a, b), less_equal(a, 2), greater(a, b), greater_equal(3, b), equal(a, b), not_equal(a, a), a < b, a >= 1}) {
        CHECK(!mask.requires_grad());
    }
    CHECK(not_equal(a, a).value() == Array<T>{0, 0, 0, 1});
}

TEST_CASE_TEMPLATE("abs has derivative 0 at 0", T, float, double) {
    CHECK(derivatives<T>([](auto x) { return abs(x); }, 0).first == 0);
    CHECK(derivatives<T>([](auto x) { return abs(x); }, -2).first == -1);
    CHECK(derivatives<T>([](auto x) { return abs(x * x * x); }, -2).second == 12);
}

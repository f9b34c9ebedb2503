// Critical points: the notes' rules on textbook functions, Himmelblau's nine, and where the test fails.
#include "tests/algorithms/optimization/functions.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/optimization.hpp"

#include <xgrad/algorithms/optimization/critical_point.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/trigonometric.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace xgrad;
using namespace xgrad::algorithms;
using namespace xgrad::tests;
namespace truth = xgrad::tests::reference::optimization;

TEST_CASE("one variable: by the sign of f''") {
    const auto kind = [](auto f, double x) { return classify_critical_point(f, x).kind; };
    CHECK(kind([](auto x) { return square(x); }, 0) == CriticalPoint::minimum);
    CHECK(kind([](auto x) { return -square(x); }, 0) == CriticalPoint::maximum);
    CHECK(kind([](auto x) { return square(square(x)); }, 0) == CriticalPoint::test_fails); // a minimum all the same
    CHECK(kind([](auto x) { return x * x * x; }, 0) == CriticalPoint::test_fails);         // and a point of inflection
    CHECK(kind([](auto x) { return square(x); }, 1) == CriticalPoint::not_critical);
    CHECK(kind([](auto x) { return cos(x); }, 0) == CriticalPoint::maximum);
    CHECK(kind([](auto x) { return cos(x); }, M_PI) == CriticalPoint::minimum);
    // x^3 - 3 x has its two critical points at -1 and 1, where f'' = 6 x.
    const auto cubic = [](auto x) { return x * x * x - 3 * x; };
    const SecondDerivativeTest top = classify_critical_point(cubic, -1);
    CHECK(top.kind == CriticalPoint::maximum);
    CHECK(top.value == 2);
    CHECK(top.gradient == Array<double>{0});
    CHECK(top.hessian(0, 0) == -6);
    CHECK(top.determinant == -6);
    CHECK(top.eigenvalues == Array<double>{-6});
    CHECK(kind(cubic, 1) == CriticalPoint::minimum);
}

TEST_CASE("two variables: by r t - s^2 and r") {
    const auto at_zero = [](auto f) { return classify_critical_point(f, {0, 0}); };
    CHECK(at_zero([](auto x, auto y) { return square(x) + square(y); }).kind == CriticalPoint::minimum);
    CHECK(at_zero([](auto x, auto y) { return -square(x) - square(y); }).kind == CriticalPoint::maximum);
    CHECK(at_zero([](auto x, auto y) { return square(x) - square(y); }).kind == CriticalPoint::saddle);
    CHECK(at_zero([](auto x, auto y) { return x * y; }).kind == CriticalPoint::saddle); // r = t = 0
    CHECK(at_zero([](auto x, auto y) { return square(x + y); }).kind == CriticalPoint::test_fails);
    // r > 0 and t > 0, and a saddle for all that.
    const SecondDerivativeTest mixed = at_zero([](auto x, auto y) { return square(x) + 3 * x * y + square(y); });
    CHECK(mixed.kind == CriticalPoint::saddle);
    CHECK(mixed.hessian == Array<double>{{2, 3}, {3, 2}});
    CHECK(mixed.determinant == -5);
    CHECK(std::abs(mixed.eigenvalues(0) + 1) < 1e-14);
    CHECK(std::abs(mixed.eigenvalues(1) - 5) < 1e-14);
    // The monkey saddle x^3 - 3 x y^2 is flat to the second order; so is x^4 + y^4.
    const SecondDerivativeTest monkey = at_zero([](auto x, auto y) { return x * square(x) - 3 * x * square(y); });
    CHECK(monkey.kind == CriticalPoint::test_fails);
    CHECK(monkey.determinant == 0);
    CHECK(at_zero([](auto x, auto y) { return square(square(x)) + square(square(y)); }).kind == CriticalPoint::test_fails);
    // The notes' 2 x^2 + 4 y has the gradient (4 x, 4), which vanishes nowhere.
    const SecondDerivativeTest notes = at_zero([](auto x, auto y) { return 2 * square(x) + 4 * y; });
    CHECK(notes.kind == CriticalPoint::not_critical);
    CHECK(notes.gradient == Array<double>{0, 4});
    CHECK(notes.hessian == Array<double>{{4, 0}, {0, 0}});
    // Rosenbrock's minimum, where the Hessian is {{802, -400}, {-400, 200}}.
    const SecondDerivativeTest valley = classify_critical_point(rosenbrock, {1, 1});
    CHECK(valley.kind == CriticalPoint::minimum);
    CHECK(valley.determinant == 400);
    CHECK(valley.hessian == Array<double>{{802, -400}, {-400, 200}});
}

TEST_CASE("the tolerance bounds the eigenvalues, of two variables as of three") {
    const Array<double> zero{0, 0, 0};
    for (const double a : {1e-4, 1e-6, 1e-7, 1e4}) { // eigenvalues 2 a
        CAPTURE(a);
        const auto bowl = a > 5e-7 ? CriticalPoint::minimum : CriticalPoint::test_fails;
        const auto saddle = a > 5e-7 ? CriticalPoint::saddle : CriticalPoint::test_fails;
        CHECK(classify_critical_point([a](auto x, auto y) { return a * (square(x) + square(y)); }, {0, 0}).kind == bowl);
        CHECK(classify_critical_point([a](auto x, auto y, auto z) { return a * (square(x) + square(y) + square(z)); }, zero).kind == bowl);
        CHECK(classify_critical_point([a](auto x, auto y) { return a * (square(x) - square(y)); }, {0, 0}).kind == saddle);
    }
    // Of r t - s^2 = 0 rounding may leave an eigenvalue, of numbers as large as these one above the tolerance.
    for (const double b : {0.1, 0.7, 1., 3.}) {
        const auto valley = [b](auto x, auto y) { return 1e12 * square(x + b * y); };
        CHECK(classify_critical_point(valley, {0, 0}).kind == CriticalPoint::test_fails);
    }
}

TEST_CASE("Himmelblau's function has four minima, four saddles and a maximum") {
    std::size_t minima = 0, saddles = 0, maxima = 0;
    for (std::size_t k = 0; k < truth::himmelblau.size(); k += 4) {
        const double* const row = &truth::himmelblau[k];
        const SecondDerivativeTest found = classify_critical_point(himmelblau, {row[0], row[1]});
        minima += found.kind == CriticalPoint::minimum;
        saddles += found.kind == CriticalPoint::saddle;
        maxima += found.kind == CriticalPoint::maximum;
        for (std::size_t i = 0; i < 2; ++i) CHECK(found.eigenvalues(i) == doctest::Approx(row[2 + i]).epsilon(1e-10));
        CHECK((found.kind == CriticalPoint::minimum) == (row[2] > 0));
        CHECK((found.kind == CriticalPoint::maximum) == (row[3] < 0));
    }
    CHECK(minima == 4);
    CHECK(saddles == 4);
    CHECK(maxima == 1);
    // With the digits that are printed everywhere the gradient is zero to 1e-4.
    CHECK(classify_critical_point(himmelblau, {-0.270845, -0.923039}).kind == CriticalPoint::not_critical);
    CHECK(classify_critical_point(himmelblau, {-0.270845, -0.923039}, 1e-4).kind == CriticalPoint::maximum);
}

TEST_CASE("more variables: by the eigenvalues") {
    const Array<double> zero{0, 0, 0};
    const auto at_zero = [&](auto f) { return classify_critical_point(f, zero).kind; };
    CHECK(at_zero([](auto x, auto y, auto z) { return square(x) + square(y) + square(z) + x * y; }) == CriticalPoint::minimum);
    CHECK(at_zero([](auto x, auto y, auto z) { return -square(x) - square(y) - square(z); }) == CriticalPoint::maximum);
    CHECK(at_zero([](auto x, auto y, auto z) { return square(x) + square(y) - square(z); }) == CriticalPoint::saddle);
    CHECK(at_zero([](auto x, auto y, auto) { return square(x) - square(y); }) == CriticalPoint::saddle);
    CHECK(at_zero([](auto x, auto y, auto) { return square(x) + square(y); }) == CriticalPoint::test_fails);
    CHECK(at_zero([](auto x) { return sum(square(square(x))); }) == CriticalPoint::test_fails);
    const SecondDerivativeTest five = classify_critical_point([](auto x) { return sum(square(x) * Array<double>{1, 2, 3, 4, 5}); },
                                                        Array<double>::from_shape({5}) = Array<double>{0, 0, 0, 0, 0});
    CHECK(five.kind == CriticalPoint::minimum);
    for (std::size_t i = 0; i < 5; ++i) CHECK(five.eigenvalues(i) == doctest::Approx(2. * (double(i) + 1)).epsilon(1e-14));
    CHECK(five.determinant == doctest::Approx(3840).epsilon(1e-14));
}

TEST_CASE("descent ends at a saddle if it comes along the ridge") {
    const auto saddle = [](auto x, auto y) { return square(x) - square(y); };
    const DescentResult descent = gradient_descent(saddle, {1, 0}, {.method = nn::SGDOptions{.lr = 0.25}, .tolerance = 1e-7});
    CHECK(descent.stop == DescentStop::converged);
    CHECK(classify_critical_point(saddle, descent.x).kind == CriticalPoint::saddle);
    CHECK(gradient_descent(saddle, {1, 1e-9}, {.method = nn::SGDOptions{.lr = 0.25}}).stop == DescentStop::diverged);
}

TEST_CASE("what cannot be classified") {
    const auto f = [](auto x, auto y) { return square(x) + square(y); };
    CHECK(message_of<ShapeError>([&] { classify_critical_point(f, {1, 2, 3}); }) ==
          "classify_critical_point: f takes 2 Variables, but the point has shape (3)");
    CHECK_THROWS_AS(classify_critical_point([](auto x) { return square(x); }, {1, 2}), ShapeError);
    CHECK_THROWS_AS(classify_critical_point(f, {0, 0}, -1), ValueError);
    CHECK_THROWS_AS(classify_critical_point(f, {0, 0}, NAN), ValueError);
    CHECK(message_of<ValueError>([&] { classify_critical_point(f, {0, NAN}); }) ==
          "classify_critical_point: the function or a derivative is not finite at x");
    CHECK_THROWS_AS(classify_critical_point([](auto x) { return sqrt(x); }, 0), ValueError);
    CHECK(to_string(CriticalPoint::test_fails) == "test fails");
    CHECK(to_string(CriticalPoint::saddle) == "saddle");
}

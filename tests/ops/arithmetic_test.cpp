// Every operator and every function of two operands takes Variables, arrays, lazy expressions and scalars on either side.
#include "tests/ops/elementwise_check.hpp"

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/piecewise.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/trigonometric.hpp>

#include <string>

using namespace xgrad;
using namespace xgrad::tests;

namespace {

/// Whether `y` is a Variable<T> of `want`'s elements.
template <class T, class Y>
bool is(const Y& y, const Array<T>& want) {
    static_assert(std::is_same_v<Y, Variable<T>>);
    if (y.rank() != want.dimension() || y.size() != want.size()) return false;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (ulp_error(y.tensor().data()[i], static_cast<long double>(want.storage()[i])) > 4) return false;
    }
    return true;
}

/// `f` over Variables and their partners, `scalar` the same over numbers.
template <class T, class F, class Scalar>
void check_operands(const char* name, F f, Scalar scalar) {
    INFO(std::string(name));
    const Array<T> x{T(0.5), T(2), T(3)}, partner{T(2), T(2), T(0.25)};
    const auto elementwise = [&](const auto& a, const auto& b) {
        Array<T> want = Array<T>::from_shape({3});
        for (std::size_t i = 0; i < 3; ++i) want(i) = static_cast<T>(scalar(a(i), b(i)));
        return want;
    };
    const Array<T> twos{2, 2, 2}, doubled = partner * T(2);
    const Variable<T> v(x), w(partner);
    CHECK(is<T>(f(v, w), elementwise(x, partner)));
    // Arrays: constant, named and temporary.
    Array<T> named = partner;
    CHECK(is<T>(f(v, partner), elementwise(x, partner)));
    CHECK(is<T>(f(partner, v), elementwise(partner, x)));
    CHECK(is<T>(f(v, named), elementwise(x, partner)));
    CHECK(is<T>(f(named, v), elementwise(partner, x)));
    CHECK(is<T>(f(v, Array<T>(partner)), elementwise(x, partner)));
    CHECK(is<T>(f(Array<T>(partner), v), elementwise(partner, x)));
    // Lazy expressions, and results as the Variable.
    CHECK(is<T>(f(v, named * 2.0), elementwise(x, doubled)));
    CHECK(is<T>(f(named * 2.0, v), elementwise(doubled, x)));
    CHECK(is<T>(f(-(-v), named), elementwise(x, partner)));
    CHECK(is<T>(f(named, -(-v)), elementwise(partner, x)));
    // Scalars and arrays of other types.
    CHECK(is<T>(f(v, 2), elementwise(x, twos)));
    CHECK(is<T>(f(2, v), elementwise(twos, x)));
    CHECK(is<T>(f(v, 2.0), elementwise(x, twos)));
    CHECK(is<T>(f(2.0f, v), elementwise(twos, x)));
    CHECK(is<T>(f(v, xt::xarray<int>{2, 2, 2}), elementwise(x, twos)));
    CHECK(is<T>(f(xt::xtensor<double, 1>{2.0, 2.0, 2.0}, v), elementwise(twos, x)));
    // A gradient has its Variable's shape, whatever the other side's.
    const Array<T> wide{{T(1), T(2), T(3)}, {T(4), T(5), T(6)}};
    for (const Variable<T>& y : {f(v, wide), f(wide, v)}) {
        CHECK(y.shape() == Shape{2, 3});
        if (!y.requires_grad()) continue;
        const auto [dv] = grad(y, wrt(v), {.seed = Variable<T>(Tensor<T>(Shape{2, 3}, T(1)), false)});
        CHECK(dv.shape() == Shape{3});
    }
    CHECK_THROWS_AS(f(v, Array<T>({T(1), T(2)})), ShapeError);
}

} // namespace

TEST_CASE("operators take arrays and scalars on either side") {
    using T = float;
    check_operands<T>("+", [](auto&& a, auto&& b) { return a + b; }, [](T a, T b) { return a + b; });
    check_operands<T>("-", [](auto&& a, auto&& b) { return a - b; }, [](T a, T b) { return a - b; });
    check_operands<T>("*", [](auto&& a, auto&& b) { return a * b; }, [](T a, T b) { return a * b; });
    check_operands<T>("/", [](auto&& a, auto&& b) { return a / b; }, [](T a, T b) { return a / b; });
    check_operands<T>("<", [](auto&& a, auto&& b) { return a < b; }, [](T a, T b) { return a < b; });
    check_operands<T>("<=", [](auto&& a, auto&& b) { return a <= b; }, [](T a, T b) { return a <= b; });
    check_operands<T>(">", [](auto&& a, auto&& b) { return a > b; }, [](T a, T b) { return a > b; });
    check_operands<T>(">=", [](auto&& a, auto&& b) { return a >= b; }, [](T a, T b) { return a >= b; });
}

TEST_CASE("functions of two operands take arrays and scalars on either side") {
    using T = double;
    check_operands<T>("pow", [](auto&& a, auto&& b) { return pow(a, b); }, [](T a, T b) { return std::pow(a, b); });
    check_operands<T>("hypot", [](auto&& a, auto&& b) { return hypot(a, b); }, [](T a, T b) { return std::hypot(a, b); });
    check_operands<T>("atan2", [](auto&& a, auto&& b) { return atan2(a, b); }, [](T a, T b) { return std::atan2(a, b); });
    check_operands<T>("maximum", [](auto&& a, auto&& b) { return maximum(a, b); }, [](T a, T b) { return std::max(a, b); });
    check_operands<T>("minimum", [](auto&& a, auto&& b) { return minimum(a, b); }, [](T a, T b) { return std::min(a, b); });
    check_operands<T>("less", [](auto&& a, auto&& b) { return less(a, b); }, [](T a, T b) { return a < b; });
    check_operands<T>("less_equal", [](auto&& a, auto&& b) { return less_equal(a, b); }, [](T a, T b) { return a <= b; });
    check_operands<T>("greater", [](auto&& a, auto&& b) { return greater(a, b); }, [](T a, T b) { return a > b; });
    check_operands<T>("greater_equal", [](auto&& a, auto&& b) { return greater_equal(a, b); }, [](T a, T b) { return a >= b; });
    check_operands<T>("equal", [](auto&& a, auto&& b) { return equal(a, b); }, [](T a, T b) { return a == b; });
    check_operands<T>("not_equal", [](auto&& a, auto&& b) { return not_equal(a, b); }, [](T a, T b) { return a != b; });
    check_operands<T>("where", [](auto&& a, auto&& b) { return where(xt::xarray<bool>{true, false, true}, a, b); },
                      [i = 0](T a, T b) mutable { return i++ % 3 % 2 ? b : a; });
}

TEST_CASE_TEMPLATE("derivatives of arithmetic", T, float, double) {
    CHECK(partial_derivatives<T>([](auto a, auto b) { return a + b; }, 3, 4) == std::pair<T, T>(1, 1));
    CHECK(partial_derivatives<T>([](auto a, auto b) { return a - b; }, 3, 4) == std::pair<T, T>(1, -1));
    CHECK(partial_derivatives<T>([](auto a, auto b) { return a * b; }, 3, 4) == std::pair<T, T>(4, 3));
    CHECK(partial_derivatives<T>([](auto a, auto b) { return a / b; }, 3, 4) == std::pair<T, T>(T(0.25), T(-0.1875)));
    CHECK(derivatives<T>([](auto x) { return -x; }, 3).first == -1);
    CHECK(derivatives<T>([](auto x) { return 1 / x; }, 2).second == T(0.25));
    const auto zero = derivatives<T>([](auto x) { return x / x; }, 0);
    CHECK(std::isnan(zero.value));
}

TEST_CASE_TEMPLATE("shapes that do not broadcast are named, with the place of the operator", T, float, double) {
    const Variable<T> a(Array<T>::from_shape({2, 3})), b(Array<T>::from_shape({4}));
    const auto message_of = [](auto f) -> std::string {
        try {
            f();
        } catch (const ShapeError& error) {
            return error.what();
        }
        return "nothing was thrown";
    };
    for (const std::string& message : {message_of([&] { a + b; }), message_of([&] { maximum(a, b); }), message_of([&] { a < b; })}) {
        CHECK(message.find("(2, 3)") != std::string::npos);
        CHECK(message.find("(4)") != std::string::npos);
        CHECK(message.find("arithmetic_test.cpp") != std::string::npos);
    }
    CHECK(message_of([&] { maximum(a, b); }).starts_with("maximum: "));
}

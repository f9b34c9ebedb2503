// The transforms over callables of one and several variables, nested, at any order.
#include <doctest/doctest.h>

#include <xgrad/autodiff/transforms.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/xgrad.hpp>

#include <cmath>

using namespace xgrad;

namespace {

template <class T>
Variable<T> total(const Variable<T>& x) {
    return sum_to(x, Shape{});
}

// f(x, y) = x^2 y + e^y
const auto f = [](auto x, auto y) { return x * x * y + exp(y); };

} // namespace

TEST_CASE("grad of a callable, at any order") {
    const auto g = [](auto x) { return exp(x * x); };
    const double x = 0.7, e = std::exp(x * x);
    CHECK(grad(g)(x).item() == doctest::Approx(2 * x * e).epsilon(1e-14));
    CHECK(grad(grad(g))(x).item() == doctest::Approx((2 + 4 * x * x) * e).epsilon(1e-14));
    CHECK(grad(grad(grad(g)))(x).item() == doctest::Approx((12 * x + 8 * x * x * x) * e).epsilon(1e-14));
    CHECK(grad(grad(grad(grad(g))))(x).item() == doctest::Approx((12 + 48 * x * x + 16 * x * x * x * x) * e).epsilon(1e-13));
    CHECK_FALSE(grad(g)(x).requires_grad());
    CHECK(std::is_same_v<decltype(grad(g)(0.5f)), Variable<float>>);
}

TEST_CASE("several variables") {
    const auto [dx, dy] = grad(f)(2.0, 3.0);
    CHECK(dx.item() == doctest::Approx(12));
    CHECK(dy.item() == doctest::Approx(4 + std::exp(3.0)));
    const auto [value, gradient] = value_and_grad(f)(2.0, 3.0);
    CHECK(value.item() == doctest::Approx(12 + std::exp(3.0)));
    CHECK(gradient[1].item() == dy.item());
    const auto h = hessian(f)(2.0, 3.0);
    CHECK(h[0][0].item() == doctest::Approx(6));
    CHECK(h[0][1].item() == doctest::Approx(4));
    CHECK(h[1][0].item() == doctest::Approx(4));
    CHECK(h[1][1].item() == doctest::Approx(std::exp(3.0)));
    const auto [hx, hy] = hvp(f)(primals(2.0, 3.0), tangents(1.0, -1.0));
    CHECK(hx.item() == doctest::Approx(6 - 4));
    CHECK(hy.item() == doctest::Approx(4 - std::exp(3.0)));
    const auto [y, tangent] = jvp(f)(primals(2.0, 3.0), tangents(0.5, 2.0));
    CHECK(tangent.item() == doctest::Approx(0.5 * 12 + 2 * (4 + std::exp(3.0))));
}

TEST_CASE("vjp gives a pullback that can be called again") {
    const xt::xarray<double> a{1, 2, 3}, u{1, 0, -1};
    const auto [y, pullback] = vjp([](auto x) { return x * x; })(a);
    CHECK_FALSE(y.requires_grad());
    CHECK(xt::allclose(y.value(), a * a));
    CHECK(xt::allclose(pullback(u).value(), 2 * a * u));
    CHECK(xt::allclose(pullback(a).value(), 2 * a * a));
}

TEST_CASE("jacobian has the shapes of the result and of the argument") {
    const xt::xarray<double> a{{1, 2, 3}, {4, 5, 6}};
    const auto j = jacobian([](auto x) { return sum_to(x * x, Shape{3}); })(a);
    REQUIRE(j.shape() == Shape{3, 2, 3});
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t r = 0; r < 2; ++r) {
            for (std::size_t c = 0; c < 3; ++c) CHECK(j.value()(i, r, c) == (i == c ? 2 * a(r, c) : 0));
        }
    }
    // A Jacobian is differentiable like anything else.
    const auto trace_like = grad([](auto x) { return total(jacobian([](auto z) { return z * z * z; })(x)); })(a);
    CHECK(xt::allclose(trace_like.value(), 6 * a));
}

TEST_CASE("nested transforms do not confuse their variables") {
    // d/dx [x d/dy (x + y)] = 1, d/dx [x d/dy (x y) at y = x] = d/dx [x x] = 2x.
    CHECK(grad([](auto x) { return x * grad([&](auto y) { return x + y; })(x); })(3.0).item() == 1);
    CHECK(grad([](auto x) { return x * grad([&](auto y) { return x * y; })(x); })(3.0).item() == 6);
}

TEST_CASE("what a transform returns is differentiable with respect to what it captured") {
    Variable w{3.0};
    const auto slope = grad([&](auto x) { return w * w * x * x; })(2.0); // 2 w^2 x
    REQUIRE(slope.requires_grad());
    CHECK(grad(slope, wrt(w))[0].item() == doctest::Approx(4 * 3 * 2.0));
    const auto constant_slope = no_grad([&] { return grad([&](auto x) { return w * w * x * x; })(2.0); });
    CHECK(constant_slope.item() == doctest::Approx(36));
    CHECK_FALSE(constant_slope.requires_grad());
}

TEST_CASE("derivatives of what does not depend on the argument are zero, at any order") {
    Variable w{3.0};
    CHECK(grad([&](auto) { return w * w; })(2.0).item() == 0);
    CHECK(grad([](auto) { return constant(1.0); })(2.0).item() == 0);
    const auto parabola = [](auto x) { return x * x; };
    CHECK(grad(grad(parabola))(3.0).item() == 2);
    CHECK(grad(grad(grad(parabola)))(3.0).item() == 0);
    CHECK(grad(grad(grad(grad(parabola))))(3.0).item() == 0);
    CHECK(hvp([](auto x) { return 2 * x; })(3.0, 1.0).item() == 0);
}

TEST_CASE("a pullback of a Variable is differentiable by it") {
    Variable u{2.0};
    const auto [y, pullback] = vjp([](auto x) { return x * x; })(3.0);
    const auto product = pullback(u);
    CHECK(product.item() == 12);
    CHECK(grad(product, wrt(u))[0].item() == 6);
    CHECK_FALSE(no_grad([&, &pullback = pullback] { return pullback(u); }).requires_grad());
}

TEST_CASE("forward mode of structured operations, through long graphs, with the user's place in its errors") {
    for (int n = 1; n < 200; ++n) {
        const auto f = [n](auto x) {
            auto y = x;
            for (int i = 0; i < n; ++i) y = y * 1.0;
            return matmul(transpose(softmax(y)), cumsum(y, 0));
        };
        const xt::xarray<double> x{{0.1, 0.4}, {-0.3, 0.2}}, v{{1, -1}, {0.5, 2}};
        const auto [y, tangent] = jvp(f)(x, v);
        const auto [z, pullback] = vjp(f)(x);
        const xt::xarray<double> ones = xt::ones<double>({2, 2});
        CHECK(xt::sum(tangent.value())() == doctest::Approx(xt::sum(pullback(ones).value() * v)()));
    }
}

TEST_CASE("what a transform refuses") {
    CHECK_THROWS_AS(grad([](auto x) { return x * x; })(xt::xarray<double>{1, 2}), GraphError); // no scalar
    CHECK_THROWS_AS(jvp([](auto x) { return x * x; })(2.0, xt::xarray<double>{1, 2}), ShapeError);
}

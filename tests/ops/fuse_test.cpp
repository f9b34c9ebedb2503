// fuse(): one node for a formula, and its derivatives of every order.
#include <doctest/doctest.h>

#include <xgrad/autodiff/gradcheck.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/autodiff/transforms.hpp>
#include <xgrad/ops/fuse.hpp>
#include <xgrad/ops/reduction.hpp>

#include <cmath>
#include <vector>

using namespace xgrad;

namespace {

const xt::xarray<double> a{{0.3, -1.2, 0.7, 2.1, -0.2}, {1.1, 0.1, -0.4, 0.9, -1.7}}, row{0.5, -0.6, 1.4, 0.2, 0.8};

const auto gate = [](auto x, auto w, auto b) { return tanh(x * w + b) * sigmoid(x); };

} // namespace

TEST_CASE("fuse gives one node with the value and the gradients of the formula") {
    const Variable x(a), w(row), b{0.25};
    const auto plain = gate(x, w, b);
    const auto expected = grad(plain, wrt(x, w, b), {.seed = constant(a)});
    Tape tape;
    const auto fused = fuse(gate, x, w, b);
    CHECK(tape.size() == 4); // three inputs and one operation
    CHECK(xt::allclose(fused.value(), plain.value(), 1e-14, 1e-14));
    const auto gradients = grad(fused, wrt(x, w, b), {.seed = constant(a)});
    for (std::size_t k = 0; k < 3; ++k) {
        REQUIRE(gradients[k].shape() == expected[k].shape());
        CHECK(xt::allclose(gradients[k].value(), expected[k].value(), 1e-13, 1e-13));
    }
}

TEST_CASE("fuse is differentiable at any order, over shapes that broadcast") {
    const auto f = [](auto x, auto y) { return fuse([](auto p, auto q) { return exp(p * q) / (1.0 + q * q) - p; }, x, y); };
    for (const auto& shapes : std::vector<std::pair<Shape, Shape>>{
             {{2, 3}, {2, 3}}, {{2, 3}, {}}, {{}, {2, 3}}, {{2, 1}, {3}}, {{1}, {1}}, {{}, {}}, {{0}, {1}}, {{2, 1, 3}, {4, 1}}, {{19}, {1}}}) {
        Tensor<double> p(shapes.first), q(shapes.second);
        for (std::size_t i = 0; i < p.size(); ++i) p.data()[i] = std::sin(1.0 + static_cast<double>(i));
        for (std::size_t i = 0; i < q.size(); ++i) q.data()[i] = std::cos(2.0 + static_cast<double>(i));
        const auto report = gradcheck(f, wrt(Variable<double>(p, true), Variable<double>(q, true)), {.order = 2, .allow_zero = true});
        CHECK_MESSAGE(report.passed, report.message);
    }
    const auto third = grad(grad(grad([](auto x) { return fuse([](auto t) { return sin(t) * t; }, x); })));
    const double x = 0.8; // (x sin x)''' = -3 sin x - x cos x
    CHECK(third(x).item() == doctest::Approx(-3 * std::sin(x) - x * std::cos(x)).epsilon(1e-13));
}

TEST_CASE("fuse_sum and fuse_mean are the sum and the mean, at any order, over shapes that broadcast") {
    const auto formula = [](auto p, auto q) { return exp(p * q) / (1.0 + q * q) - p; };
    const auto f = [&](auto x, auto y) { return fuse_sum(formula, x, y) + square(fuse_mean(formula, x, y)); };
    for (const auto& shapes : std::vector<std::pair<Shape, Shape>>{
             {{2, 3}, {2, 3}}, {{2, 3}, {}}, {{2, 1}, {3}}, {{}, {}}, {{2, 1, 3}, {4, 1}}, {{19}, {1}}}) {
        Tensor<double> p(shapes.first), q(shapes.second);
        for (std::size_t i = 0; i < p.size(); ++i) p.data()[i] = std::sin(1.0 + static_cast<double>(i));
        for (std::size_t i = 0; i < q.size(); ++i) q.data()[i] = std::cos(2.0 + static_cast<double>(i));
        const Variable<double> x(p, true), y(q, true);
        CHECK(fuse_sum(formula, x, y).item() == doctest::Approx(sum(formula(x, y)).item()).epsilon(1e-13));
        CHECK(fuse_mean(formula, x, y).item() == doctest::Approx(mean(formula(x, y)).item()).epsilon(1e-13));
        const auto report = gradcheck(f, wrt(x, y), {.order = 2});
        CHECK_MESSAGE(report.passed, report.message);
    }
    const Variable<double> none(Tensor<double>(Shape{0}), true);
    const auto square_of = [](auto t) { return t * t; };
    CHECK(fuse_sum(square_of, none).item() == 0);
    CHECK(grad(fuse_sum(square_of, none), wrt(none))[0].shape() == Shape{0});
    CHECK_THROWS_WITH_AS(fuse_mean(square_of, none), doctest::Contains("fuse_mean: no elements: shape (0)"), ValueError);
    CHECK_FALSE(no_grad([&] { return fuse_sum(square_of, Variable{2.0}); }).requires_grad());
    // Where only some operands are asked for, and one Variable stands for two.
    const Variable x{1.5}, y{0.5};
    const auto product = [](auto p, auto q) { return p * p * q; };
    CHECK(grad(fuse_sum(product, x, constant(2.0)), wrt(x))[0].item() == 6);
    CHECK(grad(fuse_sum(product, x, y), wrt(y))[0].item() == 2.25);
    CHECK(grad(fuse_sum(product, x, x), wrt(x))[0].item() == 6.75);
}

TEST_CASE("one Variable for several operands, arrays and scalars among them") {
    const Variable x(a);
    const auto y = fuse([](auto p, auto q, auto r, auto s) { return p * q + r * s; }, x, x, row, 2.0);
    CHECK(xt::allclose(y.value(), a * a + 2.0 * row));
    CHECK(xt::allclose(grad(y, wrt(x), {.seed = constant(xt::ones<double>({2, 5}))})[0].value(), 2 * a));
    CHECK_FALSE(fuse([](auto p) { return p + 1; }, constant(a)).requires_grad());
    CHECK_FALSE(no_grad([&] { return fuse([](auto p) { return p + 1; }, x); }).requires_grad());
}

TEST_CASE("branches by where, functions with parameters, captured scalars") {
    const Variable x{xt::xarray<float>{-2.0f, -0.5f, 0.5f, 3.0f}};
    const double slope = 0.1;
    const auto y = fuse([slope](auto t) { return where(t > 0, square(t), slope * t) + maximum(t, 1.0) + pow(t, 2); }, x);
    const auto plain = where(x > 0, square(x), slope * x) + maximum(x, 1.0) + pow(x, 2);
    CHECK(xt::allclose(y.value(), plain.value()));
    const auto ones = constant(xt::xarray<float>(xt::ones<float>({4})));
    CHECK(xt::allclose(grad(y, wrt(x), {.seed = ones})[0].value(), grad(plain, wrt(x), {.seed = ones})[0].value()));
}

TEST_CASE("a formula may leave out an operand, and use every function with parameters") {
    const Variable x{0.7}, b{xt::xarray<double>{1, 2}};
    const auto f = [](auto t, auto u) { return fuse([](auto p, auto) { return p * p; }, t, u); };
    const auto report = gradcheck(f, wrt(x, b), {.order = 2});
    CHECK_MESSAGE(report.passed, report.message);
    const auto parameters = [](auto t) {
        return fuse([](auto p) { return clip(p, -1, 0.5) + leaky_relu(p) + leaky_relu(p, 0.2) + elu(p, 0.3) + hardtanh(p); }, t);
    };
    const auto plain = [](auto t) { return clip(t, -1, 0.5) + leaky_relu(t) + leaky_relu(t, 0.2) + elu(t, 0.3) + hardtanh(t); };
    const xt::xarray<double> points{-2, -0.3, 0.2, 3};
    const Variable z(points);
    CHECK(xt::allclose(parameters(z).value(), plain(z).value()));
    CHECK(xt::allclose(grad([&](auto t) { return sum(parameters(t)); })(points).value(),
                       grad([&](auto t) { return sum(plain(t)); })(points).value()));
}

TEST_CASE("an infinite derivative along one operand does not spoil the other's") {
    const Variable x{0.0}, y{3.0};
    const auto z = fuse([](auto p, auto q) { return sqrt(p) * q; }, x, y);
    const auto [dx, dy] = grad(z, wrt(x, y));
    CHECK(std::isinf(dx.item()));
    CHECK(dy.item() == 0);
}

TEST_CASE("shapes that do not broadcast, named with the place") {
    const Variable x(a);
    CHECK_THROWS_WITH_AS(fuse([](auto p, auto q) { return p + q; }, x, xt::xarray<double>{1, 2}),
                         doctest::Contains("fuse: shapes do not broadcast: (2, 5) and (2)"), ShapeError);
}

// The reverse sweep: what it visits, what it consumes, and what it says when it cannot go on.
#include <doctest/doctest.h>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/operation.hpp>
#include <xgrad/autodiff/recorder.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/reduction.hpp>

#include <cmath>
#include <limits>

using namespace xgrad;

namespace {

/// y = a + b, counting how often its rule runs.
struct CountedAdd final : Operation<double> {
    explicit CountedAdd(int& calls) : Operation<double>(Saves::nothing), calls(calls) {}
    const char* name() const noexcept override { return "counted_add"; }
    void vjp(Pullback<double>& p) const override {
        ++calls;
        p.add(0, p.grad());
        p.add(1, p.grad());
    }
    int& calls;
};

Variable<double> counted_add(const Variable<double>& a, const Variable<double>& b, int& calls) {
    Tensor<double> value(a.shape(), a.item() + b.item());
    return record<double>("counted_add", std::move(value), {&a, &b}, Location::current(), [&] { return new CountedAdd(calls); });
}

/// A rule that returns a gradient of the wrong shape.
struct WrongShape final : Operation<double> {
    WrongShape() : Operation<double>(Saves::nothing) {}
    const char* name() const noexcept override { return "wrong_shape"; }
    void vjp(Pullback<double>& p) const override { p.add(0, constant(xt::xarray<double>{1, 2, 3})); }
};

template <class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("a shared subexpression is visited once") {
    int calls = 0;
    const Variable x{1.0};
    Variable y = x;
    for (int i = 0; i < 30; ++i) y = counted_add(y, y, calls);
    y.backward();
    CHECK(calls == 30);
    CHECK(x.grad()() == std::pow(2.0, 30));
}

TEST_CASE("30 levels of y = y + y are 30 nodes") {
    const Variable x{1.5};
    Tape tape;
    Variable y = x;
    for (int i = 0; i < 30; ++i) y = y + y;
    CHECK(tape.size() == 31);
    CHECK(y.item() == 1.5 * std::pow(2.0, 30));
    CHECK(grad(y, wrt(x))[0].item() == std::pow(2.0, 30));
}

TEST_CASE("a chain of a million operations is differentiated and freed") {
    const Variable x{1.0};
    constexpr int n = 1'000'000;
    {
        Variable y = x;
        for (int i = 0; i < n; ++i) y = y * 1.000001;
        y.backward();
        CHECK(x.grad()() == doctest::Approx(std::pow(1.000001, n)).epsilon(1e-9));
    }
    {
        Variable y = x; // freed without a sweep
        for (int i = 0; i < n; ++i) y = -y;
        CHECK(y.item() == 1);
    }
    CHECK(live_nodes() == 0);
    trim_pool();
}

TEST_CASE("gradients accumulate over backward passes until zero_grad") {
    Variable x{3.0};
    CHECK_FALSE(x.has_grad());
    (x * x).backward();
    CHECK(x.grad()() == 6);
    (2 * x).backward();
    CHECK(x.grad()() == 8);
    x.zero_grad();
    CHECK_FALSE(x.has_grad());
    CHECK(mentions(message_of([&] { x.grad(); }), "call backward()"));
}

TEST_CASE("grad touches no grad() and gives zero for what the result does not depend on") {
    const Variable x{3.0}, unused{xt::xarray<double>{1, 2}};
    const auto [dx, du, dx_again] = grad(x * x, wrt(x, unused, x));
    CHECK(dx.item() == 6);
    CHECK(dx_again.item() == 6);
    CHECK(du.shape() == Shape{2});
    CHECK(du.value()(0) == 0);
    CHECK_FALSE(x.has_grad());
    CHECK_FALSE(dx.requires_grad());
}

TEST_CASE("grad with respect to an intermediate result") {
    const Variable x{2.0};
    const auto a = x * x;
    const auto y = a * a * x;
    const auto [da, dx] = grad(y, wrt(a, x));
    CHECK(da.item() == 2 * 4 * 2.0);
    CHECK(dx.item() == 5 * 16.0);
}

TEST_CASE("several variables, a std::vector of them, and a seed for a result that is no scalar") {
    const xt::xarray<double> a{{1, 2, 3}, {4, 5, 6}}, b{10, 20, 30}, u{{1, -1, 2}, {0, 3, 1}};
    const Variable x(a), y(b);
    const auto product = x * y;
    CHECK(mentions(message_of([&] { product.backward(); }), "seed"));
    CHECK(mentions(message_of([&] { product.backward({.seed = constant(b)}); }), "(3)"));
    const auto gradients = grad(product, std::vector{x, y}, {.seed = constant(u)});
    CHECK(xt::allclose(gradients[0].value(), u * b));
    CHECK(xt::allclose(gradients[1].value(), xt::xarray<double>{1 * 1 + 0 * 4, -1 * 2 + 3 * 5, 2 * 3 + 1 * 6}));
}

TEST_CASE("a consumed graph says so and what to do") {
    const Variable x{2.0};
    auto y = x * x;
    y.backward();
    const std::string message = message_of([&] { y.backward(); });
    CHECK(mentions(message, "consumed"));
    CHECK(mentions(message, "retain_graph"));
    CHECK(mentions(message, "backward_test.cpp"));
    // Its value is still good, and as a constant in what comes after too.
    CHECK(y.item() == 4);
    const auto z = y * x;
    CHECK(z.item() == 8);
    CHECK_THROWS_AS(z.backward(), GraphError);

    auto retained = x * x;
    retained.backward({.retain_graph = true});
    retained.backward();
    CHECK_THROWS_AS(retained.backward(), GraphError);
}

TEST_CASE("a failing sweep leaves the leaves and the tape as they were") {
    const Variable x{2.0};
    auto gone = x * x;
    gone.backward();
    REQUIRE(x.grad()() == 4);
    auto y = x * gone; // reaches x, then the graph that is gone
    CHECK_THROWS_AS(y.backward(), GraphError);
    CHECK(x.grad()() == 4);
    (3 * x).backward();
    CHECK(x.grad()() == 7);
}

TEST_CASE("independent graphs do not disturb each other") {
    const Variable x{2.0}, y{5.0};
    auto first = x * x;
    auto second = y * y;
    auto third = first * y;
    second.backward();
    CHECK(y.grad()() == 10);
    third.backward();
    CHECK(x.grad()() == 20);
    CHECK(y.grad()() == 14);
}

TEST_CASE("constants, detach and no_grad record nothing") {
    const Variable x{2.0};
    Tape tape;
    CHECK_FALSE((constant(2.0) * constant(xt::xarray<double>{1, 2})).requires_grad());
    CHECK_FALSE(no_grad([&] { return x * x; }).requires_grad());
    CHECK_FALSE((x.detach() * 3.0).requires_grad());
    CHECK(tape.size() == 0);
    CHECK(is_recording());
    {
        const NoGrad off;
        CHECK_FALSE(is_recording());
        {
            const EnableGrad on;
            CHECK((x * x).requires_grad());
        }
        CHECK_FALSE((x * x).requires_grad());
    }
    CHECK(mentions(message_of([&] { no_grad([&] { return x * x; }).backward(); }), "no_grad"));
    CHECK(grad(x * x.detach(), wrt(x))[0].item() == 2);
    CHECK(mentions(message_of([&] { const auto c = constant(1.0); const auto y = x * c; grad(y, wrt(c)); }), "constant"));
}

TEST_CASE("higher order by create_graph") {
    const Variable x{1.3};
    const auto y = exp(x * x);
    const auto [d1] = grad(y, wrt(x), {.create_graph = true});
    const auto [d2] = grad(d1, wrt(x), {.create_graph = true});
    const auto [d3] = grad(d2, wrt(x));
    const double e = std::exp(1.3 * 1.3);
    CHECK(d1.item() == doctest::Approx(2 * 1.3 * e));
    CHECK(d2.item() == doctest::Approx((2 + 4 * 1.3 * 1.3) * e));
    CHECK(d3.item() == doctest::Approx((12 * 1.3 + 8 * 1.3 * 1.3 * 1.3) * e));
    CHECK(mentions(message_of([&] { (x * x).backward({.create_graph = true}); }), "grad(y, wrt(x)"));
}

TEST_CASE("assigning in place to a value that a derivative needs is noticed") {
    Variable x{2.0}, b{1.0};
    auto y = x * x + b;
    b.value() = 5.0; // addition does not read its operands
    y.backward({.retain_graph = true});
    CHECK(x.grad()() == 4);
    x.value() += 1.0;
    const std::string message = message_of([&] { y.backward(); });
    CHECK(mentions(message, "multiply"));
    CHECK(mentions(message, "in place"));
    CHECK(x.item() == 3);
}

TEST_CASE("assigning in place is noticed for results, and through noalias, too") {
    Variable x{1.0};
    auto y = exp(x);
    auto z = y + 1.0;
    y.value() = 100.0;
    CHECK(mentions(message_of([&] { z.backward(); }), "exp: the result was assigned in place"));
    auto square = x * x;
    xt::noalias(x.value()) -= xt::xarray<double>(99.0);
    CHECK_THROWS_AS(square.backward(), GraphError);
    CHECK(x.item() == -98);
    xt::noalias(x.value()) = xt::xarray<double>(4.0);
    CHECK(x.item() == 4);
    CHECK_THROWS_AS((xt::noalias(x.value()) += xt::xarray<double>{1, 2}), ShapeError);
}

TEST_CASE("two losses on one trunk: the second says that the first took the graph") {
    const Variable x{xt::xarray<double>{1, 2}};
    const auto h = x * x;
    const auto first = sum_to(h, Shape{}), second = sum_to(h * h, Shape{}), third = sum_to(h * x, Shape{});
    first.backward();
    CHECK(grad(second, wrt(h), {.retain_graph = true})[0].value()(1) == 8); // h itself is still there
    CHECK(mentions(message_of([&] { second.backward(); }), "consumed"));
    CHECK(mentions(message_of([&] { grad(third, wrt(x)); }), "detach()"));
    CHECK(mentions(message_of([&] { grad(third, wrt(x), {.create_graph = true}); }), "consumed"));
    CHECK(xt::allclose(x.grad(), xt::xarray<double>{2, 4}));
}

TEST_CASE("a path through a graph that is gone is an error, never a zero") {
    const Variable x{3.0};
    const auto a = x * x;
    a.backward();
    const auto b = a + x;
    CHECK_THROWS_AS(grad(b, wrt(x)), GraphError);
    Variable<double> escaped;
    {
        Tape scope;
        escaped = x * x;
    }
    const auto c = escaped * x;
    CHECK_THROWS_AS(grad(c, wrt(x)), GraphError);
    CHECK(grad(escaped.detach() * x, wrt(x))[0].item() == 9);
}

TEST_CASE("a gradient with respect to a result leaves the graph behind it") {
    const Variable x{3.0};
    const auto h = x * x;
    const auto loss = h * h;
    const auto [dh] = grad(loss, wrt(h));
    CHECK(dh.item() == 18);
    h.backward({.seed = dh});
    CHECK(x.grad()() == 108);
}

TEST_CASE("results of one call do not share memory") {
    const Variable x{3.0};
    auto [a, b] = grad(x * x, wrt(x, x));
    a.value() += 1.0;
    CHECK(b.item() == 6);
    const auto seed = constant(2.0);
    auto [same] = grad(x, wrt(x), {.seed = seed});
    same.value() = 7.0;
    CHECK(seed.item() == 2);
}

namespace {
/// A rule that sweeps the very graph it is part of: 2 sin(x), differentiated as twice the gradient of sin at its parent.
struct Sweeping final : Operation<double> {
    Sweeping() : Operation<double>(parent(0)) {}
    const char* name() const noexcept override { return "sweeping"; }
    void vjp(Pullback<double>& p) const override {
        const EnableGrad recording;
        const auto x = p.parent(0);
        p.add(0, p.grad() * 2.0 * grad(exp(x), wrt(x))[0]);
        const Variable leaf{1.0};
        (leaf * leaf).backward();
    }
};
} // namespace

TEST_CASE("a rule may take gradients itself") {
    const Variable w{0.5};
    const auto x = w * 1.0;
    const auto y = record<double>("sweeping", Tensor<double>(Shape{}, 2 * std::exp(0.5)), {&x}, Location::current(),
                                  [] { return new Sweeping; });
    const auto total = y + x * x;
    CHECK(grad(total, wrt(w), {.retain_graph = true})[0].item() == doctest::Approx(2 * std::exp(0.5) + 1));
    total.backward();
    CHECK(w.grad()() == doctest::Approx(2 * std::exp(0.5) + 1));
}

TEST_CASE("a scope that keeps adjoints leaves none behind") {
    const Variable x{3.0};
    const auto a = x * x;
    {
        Tape tape({.keep = true});
        (a * 2.0).backward();
        Tape inner;
        (a * 2.0).backward({.retain_graph = true});
    }
    CHECK(x.grad()() == 24);
    a.backward();
    CHECK(x.grad()() == 30);
}

TEST_CASE("a gradient never changes its shape") {
    const Variable x{2.0};
    const auto y = record<double>("wrong_shape", Tensor<double>(Shape{}, 1.0), {&x}, Location::current(),
                                  [] { return new WrongShape; });
    const std::string message = message_of([&] { y.backward(); });
    CHECK(mentions(message, "wrong_shape"));
    CHECK(mentions(message, "(3)"));
    CHECK_FALSE(x.has_grad());
}

TEST_CASE("anomaly mode names the operation, the pass and the place") {
    const Variable x{xt::xarray<double>{1, 800}}, zero{0.0};
    CHECK_NOTHROW(exp(x));
    const AnomalyMode anomaly;
    const std::string forward = message_of([&] { exp(x); });
    CHECK(mentions(forward, "exp"));
    CHECK(mentions(forward, "forward"));
    CHECK(mentions(forward, "inf in element 1"));
    CHECK(mentions(forward, "backward_test.cpp"));
    const auto huge = zero * 1e200 * 1e200; // 0, but its derivative overflows
    const std::string backward = message_of([&] { huge.backward(); });
    CHECK(mentions(backward, "multiply"));
    CHECK(mentions(backward, "backward"));
    CHECK(mentions(backward, "inf"));
}

TEST_CASE("an empty Variable and a leaf under += say what is wrong") {
    Variable<double> empty, x{1.0};
    CHECK(mentions(message_of([&] { empty.shape(); }), "never given a value"));
    CHECK(mentions(message_of([&] { x += 1.0; }), "x.value() +="));
    auto total = x * 0.0;
    for (int i = 0; i < 3; ++i) total += x * x;
    total -= 1.0;
    total *= 2.0;
    total /= 4.0;
    CHECK(total.item() == 1);
    CHECK(grad(total, wrt(x))[0].item() == 3);
}

TEST_CASE("empty arrays go through the sweep") {
    const Variable x(xt::xarray<double>::from_shape({0, 3}));
    auto y = sum_to(exp(x) * 2.0, Shape{});
    CHECK(y.item() == 0);
    y.backward();
    CHECK(x.grad().shape()[0] == 0);
    CHECK(x.grad().shape()[1] == 3);
}

// Arrays that do not fit into the cache take paths of their own: steps of the sweep that are put off and run in blocks, and
// results that are written over operands nobody reads any more.
#include <doctest/doctest.h>

#include <xgrad/autodiff/tape.hpp>
#include <xgrad/autodiff/transforms.hpp>
#include <xgrad/ops/fuse.hpp>
#include <xgrad/xgrad.hpp>

#include <cmath>
#include <utility>

using namespace xgrad;

namespace {

/// Several blocks and a remainder.
constexpr std::size_t n = 40'003;

template <class T>
Tensor<T> numbers(double phase) {
    Tensor<T> result(Shape{n});
    for (std::size_t i = 0; i < n; ++i) result.data()[i] = static_cast<T>(std::sin(phase + 0.37 * static_cast<double>(i)));
    return result;
}

template <class T>
Variable<T> leaf(double phase) {
    return Variable<T>(numbers<T>(phase), true);
}

/// Whether f(i), an element of the gradient by its formula, is what `gradient` holds.
template <class T, class F>
bool agrees(const Variable<T>& gradient, const F& f) {
    REQUIRE(gradient.shape() == Shape{n});
    const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;
    for (std::size_t i = 0; i < n; ++i) {
        if (!(std::abs(static_cast<double>(gradient.tensor().data()[i]) - f(i)) <= tolerance)) return false;
    }
    return true;
}

} // namespace

TEST_CASE_TEMPLATE("gradients of large arrays through several elementwise operations", T, float, double) {
    const Variable<T> x = leaf<T>(0), w = leaf<T>(1), b = leaf<T>(2);
    const T* const px = x.tensor().data();
    const T* const pw = w.tensor().data();
    const T* const pb = b.tensor().data();
    const auto s = [](double t) { return 1 / (1 + std::exp(-t)); };
    const auto z = [&](std::size_t i) { return std::tanh(static_cast<double>(px[i]) * pw[i] + pb[i]); };
    // x and the product are used twice; the scalar is an operand of its own.
    const auto formula = [](const auto& x, const auto& w, const auto& b) { return 2.0 * tanh(x * w + b) * sigmoid(x) + x * x; };
    const auto y = sum(formula(x, w, b));
    const auto check = [&](const auto& gradients) {
        CHECK(agrees(gradients[0], [&](std::size_t i) {
            const double p = s(px[i]);
            return 2 * (1 - z(i) * z(i)) * pw[i] * p + 2 * z(i) * p * (1 - p) + 2 * static_cast<double>(px[i]);
        }));
        CHECK(agrees(gradients[1], [&](std::size_t i) { return 2 * (1 - z(i) * z(i)) * px[i] * s(px[i]); }));
        CHECK(agrees(gradients[2], [&](std::size_t i) { return 2 * (1 - z(i) * z(i)) * s(px[i]); }));
    };
    check(grad(y, wrt(x, w, b), {.retain_graph = true}));
    check(grad(y, wrt(x, w, b)));
    CHECK_THROWS_AS(grad(y, wrt(x)), GraphError);
    // A tape that keeps everything for display, and one that looks at every number.
    {
        const Tape tape({.keep = true});
        check(grad(sum(formula(x, w, b)), wrt(x, w, b)));
    }
    const AnomalyMode anomaly;
    check(grad(sum(formula(x, w, b)), wrt(x, w, b)));
}

TEST_CASE_TEMPLATE("steps that are put off end where one that is not begins", T, float, double) {
    Variable<T> x = leaf<T>(0), a{T(0.5)};
    // exp(x) is read by a product with a scalar that needs a gradient, by a reduction of its own, and by a second loss.
    const auto e = exp(x);
    const auto first = sum(a * e) + square(mean(e)), second = sum(cos(e));
    (first + second).backward();
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) total += std::exp(static_cast<double>(x.tensor().data()[i]));
    const auto dx = [&](std::size_t i) {
        const double t = std::exp(static_cast<double>(x.tensor().data()[i]));
        return t * (0.5 + 2 * total / n / n - std::sin(t));
    };
    CHECK(agrees(Variable<T>(xt::xarray<T>(x.grad())), dx));
    CHECK(static_cast<double>(Variable<T>(xt::xarray<T>(a.grad())).item()) == doctest::Approx(total).epsilon(1e-6));
}

TEST_CASE("a sweep over large arrays that fails changes nothing") {
    Variable x = leaf<double>(0), w = leaf<double>(1);
    const auto product = x * w;
    const auto y = sum(exp(product));
    w.value() = 2.0 * w.value();
    CHECK_THROWS_WITH_AS(y.backward(), doctest::Contains("assigned in place"), GraphError);
    CHECK_FALSE(x.has_grad());
    CHECK(agrees(grad(sum(x * x), wrt(x))[0], [&](std::size_t i) { return 2 * x.tensor().data()[i]; }));
}

TEST_CASE("a result takes over the memory of an operand that nobody reads any more") {
    const Variable x = leaf<float>(0), w = leaf<float>(1);
    const auto takes_over = [](Variable<float> operand, const auto& f) {
        const float* const memory = operand.tensor().data();
        return f(std::move(operand)).tensor().data() == memory;
    };
    const auto through_tanh = [](Variable<float>&& t) { return tanh(std::move(t)); };
    CHECK(takes_over(x * w, through_tanh));
    CHECK(takes_over(x * w, [&](Variable<float>&& t) { return w + std::move(t); }));
    CHECK(takes_over(x * w, [&](Variable<float>&& t) { return maximum(std::move(t), 0.0F).detach(); }) == false); // it reads t
    CHECK(no_grad([&] { return takes_over(x * w, [&](Variable<float>&& t) { return std::move(t) * w; }); }));

    // Not while somebody may: another handle, a rule on the tape, a leaf's owner, a view.
    const auto product = x * w;
    CHECK_FALSE(takes_over(product, through_tanh));
    CHECK_FALSE(takes_over(exp(x), through_tanh));
    CHECK_FALSE(takes_over(x, through_tanh));
    const auto view = reshape(x * w, {1, n});
    CHECK_FALSE(takes_over(view.detach(), through_tanh));
    auto moved = x * w;
    const auto y = sum(tanh(std::move(moved)) * x);
    CHECK_THROWS_AS(moved.shape(), GraphError);
    const auto dw = grad(y, wrt(w))[0];
    CHECK(agrees(dw, [&](std::size_t i) {
        const double t = std::tanh(static_cast<double>(x.tensor().data()[i]) * w.tensor().data()[i]);
        return (1 - t * t) * x.tensor().data()[i] * x.tensor().data()[i];
    }));
}

TEST_CASE_TEMPLATE("a fused sum has its gradients from one pass, and hands them on", T, float, double) {
    const auto f = [](auto x, auto w, auto b) { return tanh(x * w + b) * sigmoid(x); };
    const Variable<T> x = leaf<T>(0), w = leaf<T>(1), b{T(0.25)};
    const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
    for (const bool scaled : {false, true}) {
        const auto loss = [&](const auto& y) { return scaled ? 3.0 * y : y; };
        const auto expected = grad(loss(mean(f(x, w, b))), wrt(x, w, b));
        const auto y = loss(fuse_mean(f, x, w, b));
        const auto first = grad(y, wrt(x, w, b), {.retain_graph = true}), second = grad(y, wrt(x, w, b));
        for (std::size_t k = 0; k < 3; ++k) {
            CHECK(xt::allclose(first[k].value(), expected[k].value(), tolerance, tolerance));
            CHECK(xt::allclose(second[k].value(), expected[k].value(), tolerance, tolerance));
        }
    }
}

TEST_CASE("what a failed sweep has taken from a fused sum is not there for another") {
    Variable x{0.0, 4.0};
    const auto y = fuse_sum([](auto t) { return sqrt(t); }, x);
    {
        const AnomalyMode anomaly;
        CHECK_THROWS_AS(y.backward(), AnomalyError);
    }
    CHECK_THROWS_WITH_AS(y.backward(), doctest::Contains("fuse_sum: an earlier sweep that failed has taken the gradients"), GraphError);
}

TEST_CASE("a parameter that is frozen while an earlier graph still uses it") {
    nn::Parameter<double> w{Array<double>{2.0, 3.0}};
    const Variable x{1.0, 5.0};
    const auto is = [](const auto& gradient, double first, double second) {
        return gradient(0) == first && gradient(1) == second;
    };
    const auto earlier = sum(w * w);
    w.freeze();
    CHECK(is(grad(fuse_sum([](auto a, auto b) { return a * b; }, w, x), wrt(x))[0].value(), 2, 3));
    CHECK(is(grad(matmul(x * 2.0, w), wrt(x))[0].value(), 4, 6));
    const auto while_frozen = matmul(x * 2.0, w);
    w.freeze(false);
    CHECK(is(grad(while_frozen, wrt(w), {.retain_graph = true})[0].value(), 0, 0));
    CHECK(is(grad(while_frozen, wrt(x))[0].value(), 4, 6));
    CHECK(is(grad(sum(x * w), wrt(w))[0].value(), 1, 5));
    earlier.backward();
    CHECK(is(w.grad(), 4, 6));
}

TEST_CASE("a tape that keeps values keeps those of temporaries") {
    const Variable<float> x = leaf<float>(0);
    const Tape tape({.keep = true});
    const auto y = exp(x + Variable<float>(numbers<float>(1), false));
    CHECK(tape.table().find("{0.841") != std::string::npos);
}

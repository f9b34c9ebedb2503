// The tester tested: gradcheck() must find rules that are wrong by little, wrong at second order only, or missing.
#include <doctest/doctest.h>

#include <xgrad/autodiff/gradcheck.hpp>
#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/reduction.hpp>

#include <cmath>
#include <limits>

using namespace xgrad;

namespace {

/// e^x with a derivative that is off by a factor, and a second derivative that is off by another.
template <class T>
struct FaultyExp final : Operation<T> {
    FaultyExp(T factor, T second, T forward) : Operation<T>(Saves::result), factor(factor), second(second), forward(forward) {}
    const char* name() const noexcept override { return "faulty_exp"; }
    void vjp(Pullback<T>& p) const override {
        const auto y = p.result();
        // y.detach() + second (y - y.detach()) has y's value, and `second` times its derivative.
        p.add(0, p.grad() * (y.detach() + (y - y.detach()) * second) * factor);
    }
    Variable<T> jvp(const Pushforward<T>& p) const override {
        return p.tangent(0) * p.result() * factor * forward;
    }
    T factor, second, forward;
};

template <class T>
Variable<T> faulty_exp(const Variable<T>& x, T factor, T second = 1, T forward = 1) {
    Tensor<T> value(x.shape());
    for (std::size_t i = 0; i < x.size(); ++i) value.data()[i] = std::exp(x.tensor().data()[i]);
    return record<T>("faulty_exp", std::move(value), {&x}, Location::current(),
                     [&] { return new FaultyExp<T>(factor, second, forward); });
}

const Variable x{xt::xarray<double>{{0.3, -1.2, 0.7}, {1.1, 0.1, -0.4}}};

} // namespace

TEST_CASE("gradcheck passes what is right, at both orders") {
    CHECK(gradcheck([](auto z) { return faulty_exp(z, 1.0); }, wrt(x), {.order = 2}));
    CHECK(gradcheck([](auto a, auto b) { return exp(a) * b + b * b; }, wrt(x, x), {.order = 2}));
    const Variable xf{xt::xarray<float>{0.3f, -1.2f, 0.7f}};
    CHECK(gradcheck([](auto z) { return exp(z) * z; }, wrt(xf), {.order = 2}));
}

TEST_CASE("gradcheck finds a rule that is off by 0.1 %, and by far less") {
    for (const double factor : {1.001, 0.999, 1.00001}) {
        const auto report = gradcheck([&](auto z) { return faulty_exp(z, factor); }, wrt(x));
        CHECK_FALSE(report);
        CHECK(report.worst > 1);
        CHECK(report.message.find("faulty_exp") != std::string::npos);
        CHECK(report.message.find("gradcheck_test.cpp") != std::string::npos);
        CHECK(report.message.find("tape ") != std::string::npos);
        CHECK(report.message.find("finite difference ") != std::string::npos);
        CHECK(report.message.find("element (") != std::string::npos);
    }
}

TEST_CASE("gradcheck finds what is wrong at second order only") {
    const auto f = [](auto z) { return faulty_exp(z, 1.0, 1.001); };
    CHECK(gradcheck(f, wrt(x), {.order = 1}));
    const auto report = gradcheck(f, wrt(x), {.order = 2});
    CHECK_FALSE(report);
    CHECK(report.message.find("second derivative") != std::string::npos);
}

TEST_CASE("gradcheck finds a forward mode that disagrees with reverse mode") {
    const auto report = gradcheck([](auto z) { return faulty_exp(z, 1.0, 1.0, 1.001); }, wrt(x));
    CHECK_FALSE(report);
    CHECK(report.message.find("jvp") != std::string::npos);
}

TEST_CASE("gradcheck fails on derivatives that prove nothing") {
    const auto zero = gradcheck([](auto z) { return z * 0.0; }, wrt(x));
    CHECK_FALSE(zero);
    CHECK(zero.message.find("zero") != std::string::npos);
    CHECK(gradcheck([](auto z) { return z * 0.0; }, wrt(x), {.allow_zero = true}));
    CHECK_FALSE(gradcheck([](auto z) { return z.detach(); }, wrt(x)));
    const auto nan = gradcheck([](auto z) { return z * std::numeric_limits<double>::quiet_NaN(); }, wrt(x));
    CHECK_FALSE(nan);
}

TEST_CASE("gradcheck looks along random directions where there are many elements") {
    const Variable large{xt::xarray<double>(xt::linspace<double>(-1.0, 1.0, 500))};
    CHECK(gradcheck([](auto z) { return sum_to(exp(z) * z, Shape{}); }, wrt(large), {.order = 2}));
    const auto report = gradcheck([](auto z) { return faulty_exp(z, 1.001); }, wrt(large));
    CHECK_FALSE(report);
    CHECK(report.message.find("random direction") != std::string::npos);
}

TEST_CASE("gradcheck leaves the caller's gradients alone") {
    Variable w{2.0};
    (w * w).backward();
    CHECK(gradcheck([&](auto z) { return z * w; }, wrt(x)));
    CHECK(w.grad()() == 4);
}

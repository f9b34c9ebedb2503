// Threads: each has its own tape. These cases also run under ThreadSanitizer.
#include <doctest/doctest.h>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/reduction.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace xgrad;

namespace {

/// Fits e^(w x) to e^(truth x) by gradient descent and returns w.
double train(double truth) {
    const xt::xarray<double> x{0.1, 0.5, 0.9, 1.3};
    const xt::xarray<double> y = xt::exp(truth * x);
    Variable w{0.0};
    for (int step = 0; step < 2000; ++step) {
        const auto error = exp(w * x) - y;
        const auto [dw] = grad(sum_to(error * error, Shape{}), wrt(w));
        w.value() -= 0.01 * dw.value();
    }
    return w.item();
}

} // namespace

TEST_CASE("two threads train two models at once (thread)") {
    double first = 0, second = 0;
    std::thread a([&] { first = train(0.7); });
    std::thread b([&] { second = train(-0.4); });
    a.join();
    b.join();
    CHECK(first == doctest::Approx(0.7).epsilon(1e-6));
    CHECK(second == doctest::Approx(-0.4).epsilon(1e-6));
}

TEST_CASE("two threads differentiate the same parameters (thread)") {
    const Variable w{xt::xarray<double>{0.5, -0.25, 1.0}};
    const auto gradient_at = [&](double scale) {
        xt::xarray<double> first;
        for (int step = 0; step < 5000; ++step) {
            const auto [dw] = grad(sum_to(exp(w * scale) * w, Shape{}), wrt(w));
            if (step == 0) first = dw.value();
            if (!xt::allclose(dw.value(), first, 1e-14, 0)) return xt::xarray<double>(xt::zeros<double>({3})); // every step counts
        }
        return first;
    };
    xt::xarray<double> at_one, at_two;
    std::thread a([&] { at_one = gradient_at(1); });
    std::thread b([&] { at_two = gradient_at(2); });
    a.join();
    b.join();
    const auto& v = w.value();
    CHECK(xt::allclose(at_one, xt::exp(v) * (1 + v)));
    CHECK(xt::allclose(at_two, xt::exp(2 * v) * (1 + 2 * v)));
}

TEST_CASE("a leaf that another thread used in between keeps all its uses (thread)") {
    const Variable x{1.0};
    const auto y1 = x * 2.0;
    std::thread([&] { CHECK(grad(x * 3.0, wrt(x))[0].item() == 3); }).join();
    const auto y2 = x * 5.0;
    CHECK(grad(y1 + y2, wrt(x), {.retain_graph = true})[0].item() == 7);
    CHECK(grad(y1 + y2, wrt(x), {.create_graph = true})[0].item() == 7);
    CHECK(grad(y1, wrt(x, x))[1].item() == 2);
    auto y3 = x * x;
    std::thread([&] { CHECK((y3 * 2.0).item() == 2); }).join(); // reads it, records it as a result of another thread
    y3.backward();
    CHECK(x.grad()() == 2);
}

TEST_CASE("a result may be dropped, but not differentiated, by another thread (thread)") {
    const Variable x{2.0};
    std::string message;
    {
        auto y = x * x;
        std::thread other([&message, y = std::move(y)]() mutable {
            try {
                y.backward();
            } catch (const GraphError& error) {
                message = error.what();
            }
            y = Variable<double>();
        });
        other.join();
    }
    CHECK(message.find("another thread") != message.npos);
    const auto z = x * x;
    CHECK(grad(z, wrt(x))[0].item() == 4);
}

// parallel_for: the workers that kernels share their loops among. (What threads of the user's own do is in thread_test.cpp.)
#include "tests/num_threads.hpp"

#include <doctest/doctest.h>

#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/fuse.hpp>
#include <xgrad/xgrad.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <stdexcept>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace xgrad;

TEST_CASE("threads of parallel_for: every index once, in parts of at least the grain") {
    for (const std::size_t threads : {1, 2, 3, 5}) {
        const Threads scope(threads);
        CHECK(num_threads() == threads);
        for (const std::size_t count : {0, 1, 7, 8, 9, 1000}) {
            std::vector<std::atomic<int>> visits(count);
            std::atomic<std::size_t> parts = 0, smallest = count;
            parallel_for(count, 4, [&](std::size_t begin, std::size_t end) {
                ++parts;
                for (std::size_t before = smallest; end - begin < before && !smallest.compare_exchange_weak(before, end - begin);) {}
                for (std::size_t i = begin; i < end; ++i) ++visits[i];
            });
            bool once = true;
            for (const auto& visit : visits) once = once && visit == 1;
            CHECK(once);
            CHECK(parts == (count == 0 ? 0 : std::clamp<std::size_t>(count / 4, 1, threads)));
            CHECK(smallest >= std::min<std::size_t>(count, 4));
        }
    }
}

TEST_CASE("parallel_for within parallel_for, from several threads, and with an exception") {
    const Threads scope(2);
    std::atomic<int> inner = 0;
    parallel_for(2, 1, [&](std::size_t, std::size_t) { parallel_for(100, 1, [&](std::size_t begin, std::size_t end) { inner += static_cast<int>(end - begin); }); });
    CHECK(inner == 200);

    std::vector<std::thread> threads;
    std::atomic<long> total = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) parallel_for(10, 1, [&](std::size_t begin, std::size_t end) { total += static_cast<long>(end - begin); });
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(total == 8000);

    const auto fails = [](std::size_t, std::size_t end) {
        if (end == 10) throw std::runtime_error("the last part");
    };
    CHECK_THROWS_WITH_AS(parallel_for(10, 1, fails), "the last part", std::runtime_error);
    parallel_for(10, 1, [&](std::size_t begin, std::size_t end) { total += static_cast<long>(end - begin); });
    CHECK(total == 8010);
    // A single thread of parts alone: the same parts, whatever the others do.
    std::vector<std::size_t> begins;
    parallel_for(1, 1, [&](std::size_t, std::size_t) {});
    parallel_for(2, 1, [&](std::size_t outer, std::size_t) {
        if (outer == 0) parallel_for(10, 1, [&](std::size_t begin, std::size_t) { begins.push_back(begin); });
    });
    CHECK(begins == std::vector<std::size_t>{0, 5});
    CHECK_THROWS_WITH_AS(set_num_threads(0), doctest::Contains("set_num_threads: there must be at least one thread"), ValueError);
}

namespace {

Variable<float> numbers(const Shape& shape) {
    Tensor<float> data(shape);
    for (std::size_t i = 0; i < data.size(); ++i) data.data()[i] = std::sin(0.1F * static_cast<float>(i));
    return {data, false};
}

/// The losses of some steps of training on so many threads.
template <class Model, class Loss>
std::vector<float> losses(std::size_t threads, const Model& start, const Loss& loss_of) {
    const Threads scope(threads);
    Model model = start;
    nn::Adam optimizer(model.parameters(), {.lr = 1e-3});
    std::vector<float> result;
    for (int step = 0; step < 4; ++step) {
        const auto loss = loss_of(model);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        result.push_back(loss.item());
    }
    return result;
}

template <class Model, class Loss>
void check_threads(const Model& model, const Loss& loss) {
    const auto one = losses(1, model, loss), two = losses(2, model, loss);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(two[i] == doctest::Approx(one[i]).epsilon(1e-4));
    CHECK(one.back() < one.front());
    CHECK(losses(2, model, loss) == two);
}

} // namespace

TEST_CASE("a forked process has threads of its own") {
    const Threads scope(2);
    const auto covers = [] {
        std::atomic<int> visits = 0;
        parallel_for(100, 1, [&](std::size_t begin, std::size_t end) { visits += static_cast<int>(end - begin); });
        return visits == 100;
    };
    CHECK(covers());
#ifndef __SANITIZE_THREAD__ // which does not allow threads in a forked process
    const pid_t child = fork();
    if (child == 0) _exit(covers() ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
#endif
}

TEST_CASE("training on two threads is training on one: linear layers and elementwise operations") {
    Generator generator(1);
    const nn::Sequential model{nn::Linear(30, 300, {}, generator), nn::Tanh(), nn::Linear(300, 30, {}, generator)};
    const auto x = numbers({512, 30});
    check_threads(model, [&](auto& net) { return nn::mse_loss(net(x), x); });
}

TEST_CASE("training on two threads is training on one: convolutions and poolings") {
    Generator generator(1);
    const nn::Sequential model{nn::Conv2d(4, 8, 3, {.padding = 1}, generator), nn::ReLU(), nn::MaxPool2d(2),
                               nn::Conv2d(8, 8, 3, {}, generator)};
    const auto x = numbers({64, 4, 14, 14});
    check_threads(model, [&](auto& net) { return mean(square(net(x) - 1.0F)); });
}

TEST_CASE("training on two threads is training on one: recurrent layers, and fused sums") {
    Generator generator(1);
    const nn::LSTM<> model(8, 32, {}, generator);
    const auto x = numbers({16, 33, 8}), long_array = numbers({200'000});
    check_threads(model, [&](auto& net) {
        const auto y = net(x).output;
        return fuse_mean([](auto t) { return square(t - 0.5F); }, y) + fuse_mean([](auto t, auto s) { return t * s; }, long_array, mean(y));
    });
    const Variable<float> leaf(long_array.tensor(), true);
    const auto gradient = [&](std::size_t threads) {
        const Threads scope(threads);
        return grad(fuse_sum([](auto t) { return exp(t) * t; }, leaf) + mean(exp(leaf) * leaf), wrt(leaf))[0];
    };
    CHECK(xt::allclose(gradient(1).value(), gradient(2).value(), 1e-6));
}

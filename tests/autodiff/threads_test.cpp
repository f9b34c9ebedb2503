// parallel_for: the workers that kernels share their loops among. (What threads of the user's own do is in thread_test.cpp.)
#include <doctest/doctest.h>

#include <xgrad/autodiff/threads.hpp>
#include <xgrad/xgrad.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace xgrad;

namespace {

/// As many threads as asked for, until the end of the scope.
struct Threads {
    explicit Threads(std::size_t threads) { set_num_threads(threads); }
    ~Threads() { set_num_threads(before); }
    std::size_t before = num_threads();
};

} // namespace

TEST_CASE("parallel_for: every index once, in parts of at least the grain") {
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
    CHECK_THROWS_WITH_AS(set_num_threads(0), doctest::Contains("set_num_threads: there must be at least one thread"), ValueError);
}

TEST_CASE("a training step on two threads is the step on one") {
    const auto losses = [](std::size_t threads) {
        const Threads scope(threads);
        Generator generator(1);
        nn::Sequential model{nn::Linear(30, 200, {}, generator), nn::Tanh(), nn::Linear(200, 30, {}, generator)};
        nn::Adam optimizer(model.parameters(), {.lr = 1e-3});
        Tensor<float> data(Shape{512, 30});
        for (std::size_t i = 0; i < data.size(); ++i) data.data()[i] = std::sin(0.1F * static_cast<float>(i));
        const Variable<float> x(data, false);
        std::vector<float> result;
        for (int step = 0; step < 5; ++step) {
            const auto loss = nn::mse_loss(model(x), x);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            result.push_back(loss.item());
        }
        return result;
    };
    const auto one = losses(1), two = losses(2);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(two[i] == doctest::Approx(one[i]).epsilon(1e-5));
    CHECK(losses(2) == two);
}

// Steady state: no node and no byte more after ten thousand steps than after a few, and no call of operator new.
#include <doctest/doctest.h>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/pool.hpp>
#include <xgrad/autodiff/recorder.hpp>
#include <xgrad/autodiff/tape.hpp>
#include <xgrad/nn/data/loader.hpp>
#include <xgrad/ops/cross_entropy.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/reduction.hpp>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

namespace {
thread_local std::int64_t heap_allocations = 0;

void* counted(void* memory) {
    ++heap_allocations;
    if (!memory) throw std::bad_alloc();
    return memory;
}
} // namespace

void* operator new(std::size_t bytes) { return counted(std::malloc(bytes ? bytes : 1)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
    const auto a = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(a, (bytes + a - 1) / a * a));
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { // std::stable_sort's
    ++heap_allocations;
    return std::malloc(bytes ? bytes : 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

using namespace xgrad;

namespace {

/// What the engine holds: nodes, blocks in use, bytes in reserve.
struct Footprint {
    std::size_t nodes, cached;
    std::int64_t blocks;
    bool operator==(const Footprint&) const = default;

    static Footprint now() {
        return {detail::Recorder<double>::local().nodes.size(), detail::pool.cached_bytes, detail::live_blocks()};
    }
};

const xt::xarray<double> data{{1, 2, 3}, {4, 5, 6}}, targets{{1, 0, 1}, {0, 1, 0}};

/// A step of gradient descent with everything a careless loop does: unused results, values read, a metric on the tape.
void step(Variable<double>& w, Variable<double>& b, const Variable<double>& x, const Variable<double>& y) {
    const auto prediction = exp(x * w * 0.1 + b);
    const auto error = prediction - y;
    const auto loss = sum_to(error * error, Shape{});
    const auto unused_metric = sum_to(prediction * 2.0, Shape{1, 3});
    const auto [dw, db] = grad(loss, wrt(w, b));
    xt::noalias(w.value()) -= 1e-3 * dw.value();
    xt::noalias(b.value()) -= 1e-3 * db.value();
}

} // namespace

TEST_CASE("ten thousand steps hold memory constant") {
    Variable w{xt::xarray<double>{0.1, 0.2, 0.3}}, b{0.0};
    const auto x = constant(data), y = constant(targets);
    for (int i = 0; i < 100; ++i) step(w, b, x, y);
    const Footprint before = Footprint::now();
    for (int i = 0; i < 10'000; ++i) step(w, b, x, y);
    CHECK(Footprint::now() == before);
}

TEST_CASE("a training step allocates nothing on the heap after warm-up") {
    Variable w{xt::xarray<double>{0.1, 0.2, 0.3}}, b{0.0};
    const auto x = constant(data), y = constant(targets);
    for (int i = 0; i < 10; ++i) step(w, b, x, y);
    const std::int64_t before = heap_allocations;
    for (int i = 0; i < 100; ++i) step(w, b, x, y);
    CHECK(heap_allocations == before);
    // The counter counts.
    ::operator delete(::operator new(8));
    CHECK(heap_allocations == before + 1);
}

TEST_CASE("backward() into leaves allocates nothing on the heap after warm-up") {
    Variable w{xt::xarray<double>{0.1, 0.2, 0.3}};
    const auto x = constant(data);
    const auto pass = [&] {
        sum_to(exp(x * w), Shape{}).backward();
        sum_to(w * w, Shape{}).backward();
        w.zero_grad();
    };
    for (int i = 0; i < 10; ++i) pass();
    const std::int64_t before = heap_allocations;
    for (int i = 0; i < 100; ++i) pass();
    CHECK(heap_allocations == before);
}

TEST_CASE("a loader's epochs allocate nothing on the heap after warm-up") {
    nn::Loader loader(nn::Dataset(xt::ones<float>({10, 3}), xt::zeros<int>({10})), {.batch_size = 4});
    const Variable<float> logits(xt::zeros<float>({4, 2}));
    const auto epoch = [&] {
        for (const auto& [x, y] : loader) {
            if (y.size() == 4) (void)cross_entropy(logits, y);
        }
    };
    for (int i = 0; i < 3; ++i) epoch();
    const std::int64_t before = heap_allocations;
    for (int i = 0; i < 10; ++i) epoch();
    CHECK(heap_allocations == before);
}

TEST_CASE("forward passes outside no_grad are let go") {
    const Variable w{xt::xarray<double>{0.1, 0.2, 0.3}};
    const auto x = constant(data);
    Variable<double> kept; // declared outside the loop: always one live result at the end of the tape
    const auto pass = [&] { kept = exp(x * w) + w; };
    for (int i = 0; i < 10'000; ++i) pass();
    const std::int64_t before = detail::live_blocks();
    for (int i = 0; i < 100'000; ++i) pass();
    CHECK(detail::live_blocks() < before + 20'000);
    CHECK(detail::Recorder<double>::local().nodes.size() < 20'000);
    CHECK(live_nodes() < 10);
    CHECK(grad(kept, wrt(w), {.seed = constant(xt::ones<double>({2, 3}))})[0].shape() == Shape{3});
}

TEST_CASE("a value is let go with its handle when no derivative reads it") {
    const Variable x(xt::ones<double>({1000}));
    auto sum = x + 1.0;                    // read by exp's rule? no: exp reads its result
    auto y = exp(sum);
    const std::int64_t before = detail::live_blocks();
    sum = Variable<double>();
    CHECK(detail::live_blocks() == before - 1);
    CHECK(xt::allclose(grad(y, wrt(x), {.seed = constant(xt::ones<double>({1000}))})[0].value(), y.value()));
}

TEST_CASE("collecting the tape keeps what is live and its derivatives") {
    const Variable x{2.0};
    std::vector<Variable<double>> live;
    for (int i = 0; i < 3000; ++i) {
        const auto dead = exp(x) * 2.0;
        const auto intermediate = x * static_cast<double>(i);
        if (i % 100 == 0) live.push_back(intermediate * x);
        const auto dead_too = dead + intermediate;
    }
    CHECK(live_nodes() == 1 + 30 * 3); // x; for each: the number, its product with x, the square's factor
    for (std::size_t k = 0; k < live.size(); ++k) {
        CHECK(grad(live[k], wrt(x), {.retain_graph = true})[0].item() == doctest::Approx(2 * 2.0 * 100 * static_cast<double>(k)));
    }
}

TEST_CASE("blocks of every size come back to their own list") {
    using detail::Pool;
    for (std::size_t bytes : {1u, 63u, 64u, 65u, 1023u, 1024u, 1025u, 1280u, 1281u, 4096u, 5000u, 65536u, 1000003u}) {
        const std::size_t c = Pool::size_class(bytes);
        CHECK(Pool::class_bytes(c) >= bytes);
        CHECK(Pool::class_bytes(c) <= bytes + std::max<std::size_t>(64, bytes / 4 + 1));
        CHECK(Pool::size_class(Pool::class_bytes(c)) == c);
    }
}

#include "tests/message_of.hpp"

#include <xgrad/nn/data/loader.hpp>
#include <xgrad/ops/cross_entropy.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

using namespace xgrad;
using namespace xgrad::nn;
using Order = std::vector<std::int64_t>;
using std::string_literals::operator""s;

namespace {

/// n examples (2 i, 2 i + 1) with the labels i.
Dataset<float, std::int64_t> numbered(std::size_t n) {
    return Dataset(xt::arange<float>(0, static_cast<float>(2 * n)).reshape({static_cast<int>(n), 2}),
                   xt::arange<std::int64_t>(0, static_cast<std::int64_t>(n)));
}

/// The labels of the batches that `take` more steps go through, one after the other.
Order labels_of(Loader<float, std::int64_t>& loader, std::size_t take = SIZE_MAX) {
    Order labels;
    for (const auto& [x, y] : loader) {
        labels.insert(labels.end(), y.begin(), y.end());
        if (--take == 0) break;
    }
    return labels;
}

Order first(std::int64_t n) {
    Order labels(static_cast<std::size_t>(n));
    std::iota(labels.begin(), labels.end(), 0);
    return labels;
}

Order sorted(Order labels) {
    std::sort(labels.begin(), labels.end());
    return labels;
}

} // namespace

TEST_CASE("a loader goes through every example once, in another order each time") {
    Generator generator(1);
    Loader loader(numbered(7), {.batch_size = 3}, generator);
    CHECK(loader.size() == 3);
    std::vector<Order> orders;
    for (int epoch = 0; epoch < 2; ++epoch) {
        Order order;
        std::vector<std::size_t> sizes;
        for (auto [x, y] : loader) {
            CHECK_FALSE(x.requires_grad());
            CHECK(x.shape() == Shape{y.size(), 2});
            sizes.push_back(y.size());
            for (std::size_t i = 0; i < y.size(); ++i) {
                order.push_back(y(i));
                CHECK(x.value()(i, 1) == static_cast<float>(2 * y(i) + 1));
            }
        }
        CHECK(sizes == std::vector<std::size_t>{3, 3, 1});
        CHECK(sorted(order) == first(7));
        orders.push_back(order);
    }
    CHECK(orders[0] != orders[1]);
}

TEST_CASE("a loader may keep the order, and drop the last batch") {
    Loader loader(numbered(7), {.batch_size = 3, .shuffle = false, .drop_last = true});
    CHECK(loader.size() == 2);
    CHECK(labels_of(loader) == first(6));
    CHECK(labels_of(loader) == first(6));
    Loader whole(numbered(7), {.batch_size = 7, .shuffle = false, .drop_last = true});
    CHECK(whole.size() == 1);
    CHECK(labels_of(whole) == first(7));
    Loader larger(numbered(7), {.batch_size = 100, .shuffle = false});
    CHECK(labels_of(larger) == first(7));
    Loader dropped(numbered(7), {.batch_size = 100, .drop_last = true});
    CHECK(dropped.size() == 0);
    CHECK(labels_of(dropped).empty());
}

TEST_CASE("a loader's labels are what cross_entropy takes, its real targets are constants") {
    Loader classified(numbered(3), {.batch_size = 3, .shuffle = false});
    for (auto [x, y] : classified) {
        const Variable<float> logits(xt::zeros<float>({3, 4}));
        CHECK(cross_entropy(logits, y).item() == doctest::Approx(std::log(4.0)));
    }
    const Array<double> features = xt::arange<double>(0, 8).reshape({4, 2, 1}), targets{1, 2, 3, 4};
    Loader measured(Dataset(features, targets), {.batch_size = 2, .shuffle = false});
    double sum = 0;
    for (auto [x, y] : measured) {
        static_assert(std::is_same_v<decltype(y), Variable<double>>);
        CHECK(x.shape() == Shape{2, 2, 1});
        CHECK_FALSE(y.requires_grad());
        sum += y.value()(0) - y.value()(1);
    }
    CHECK(sum == -2);
    Loader alone{Dataset(features), {.batch_size = 3}};
    double total = 0;
    for (auto x : alone) total += std::accumulate(x.tensor().begin(), x.tensor().end(), 0.0);
    CHECK(total == 28);
}

TEST_CASE("the same seed gives a loader the same batches, whatever else draws") {
    Generator one(3), same(3), other(4);
    Loader a(numbered(20), {.batch_size = 6}, one), b(numbered(20), {.batch_size = 6}, same);
    Loader c(numbered(20), {.batch_size = 6}, other);
    const Order order = labels_of(a);
    same();
    CHECK(labels_of(b) == order);
    CHECK(labels_of(c) != order);
    CHECK(labels_of(a) == labels_of(b));
    manual_seed(3);
    Loader d(numbered(20), {.batch_size = 6});
    CHECK(labels_of(d) == order);
}

TEST_CASE("a loader goes on where its state was taken, with the same batches") {
    for (const std::size_t steps : {0, 1, 3, 4, 7}) {
        CAPTURE(steps);
        Generator seed(5);
        Loader loader(numbered(20), {.batch_size = 6}, seed);
        // `steps` batches of the first epochs, in which the state is asked for after a step; what comes after it is to come again.
        std::string state = loader.state();
        Order expected;
        std::size_t step = 0;
        for (int epoch = 0; epoch < 4; ++epoch) {
            for (auto [x, y] : loader) {
                if (step++ >= steps) expected.insert(expected.end(), y.begin(), y.end());
                if (step == steps) state = loader.state();
            }
        }
        Generator different(6);
        Loader resumed(numbered(20), {.batch_size = 6}, different);
        labels_of(resumed, 2);
        resumed.set_state(state);
        CHECK(resumed.state() == state);
        Order got;
        while (got.size() < expected.size()) {
            const Order epoch = labels_of(resumed);
            got.insert(got.end(), epoch.begin(), epoch.end());
        }
        CHECK(got == expected);
    }
}

TEST_CASE("a loader refuses a state that is not its own, and keeps what it has") {
    Generator seed(5);
    Loader loader(numbered(20), {.batch_size = 6}, seed);
    labels_of(loader, 2);
    const std::string state = loader.state();
    const auto error = [&](const std::string& text) { return tests::message_of<ValueError>([&] { loader.set_state(text); }); };
    for (const char* const bad : {"", "20", "20 6", "20 6 1", "20 6 1 0", "20 6 1 0 -", "20 6 2 0 1", "x"}) {
        CAPTURE(bad);
        CHECK(error(bad) == "Loader::set_state: not the state of a loader");
    }
    CHECK(error("20 6 1 0 1 nonsense") == "Generator::set_state: not the state of a generator");
    const auto refusal = [](const char* name, const char* theirs, const char* ours) {
        return "Loader::set_state: the state of a loader with "s + name + " " + theirs + ", not " + ours;
    };
    CHECK(error(Loader(numbered(3), {.batch_size = 6}).state()) == refusal("examples", "3", "20"));
    CHECK(error(Loader(numbered(20), {.batch_size = 5}).state()) == refusal(".batch_size", "5", "6"));
    CHECK(error(Loader(numbered(20), {.batch_size = 6, .shuffle = false}).state()) == refusal(".shuffle", "0", "1"));
    CHECK(error(Loader(numbered(20), {.batch_size = 6, .drop_last = true}).state()) == refusal(".drop_last", "1", "0"));
    const std::string start = "20 6 1 0 2 ";
    REQUIRE(state.starts_with(start));
    CHECK(error("20 6 1 0 5 " + state.substr(start.size())) == "Loader::set_state: batch 5 of 4");
    CHECK(loader.state() == state);
}

TEST_CASE("a loader refuses batches without a size, and a loop inside a loop") {
    CHECK(tests::message_of<ValueError>([] { Loader(numbered(3), {.batch_size = 0}); }) == "Loader: .batch_size = 0");
    Loader loader(numbered(3), {.batch_size = 1});
    const auto nested = [&] {
        for (auto [x, y] : loader) labels_of(loader);
    };
    CHECK(tests::message_of<ValueError>(nested) == "Loader: another loop over the same loader began inside this one");
    CHECK(sorted(labels_of(loader)) == first(3));
    Loader empty(Dataset<float, std::int64_t>{});
    CHECK(labels_of(empty).empty());
}

TEST_CASE("batches stay as they are while the loader goes on") {
    Loader loader(numbered(4), {.batch_size = 2, .shuffle = false});
    std::vector<Variable<float>> kept;
    for (auto [x, y] : loader) kept.push_back(x);
    CHECK(kept[0].value() == Array<float>{{0, 1}, {2, 3}});
    kept[0].value() = 7;
    CHECK(loader.data().features()(0, 0) == 0); // and are no views of the data
}

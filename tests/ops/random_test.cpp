#include "tests/message_of.hpp"

#include <xgrad/ops/random.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

using namespace xgrad;

TEST_CASE("a generator gives the numbers that the standard fixes for its engine") {
    // [rand.predef]: the 10000th number of a default-seeded mt19937_64.
    Generator generator(5489);
    for (int i = 1; i < 10000; ++i) generator();
    CHECK(generator() == 9981545732273789042ULL);
}

TEST_CASE("a generator's uniform and normal numbers have the moments of their distributions") {
    Generator generator(1);
    const int n = 200000;
    double sum = 0, square = 0, third = 0, fourth = 0, uniform_sum = 0, uniform_square = 0;
    for (int i = 0; i < n; ++i) {
        const double u = generator.uniform();
        CHECK_UNARY(u >= 0 && u < 1);
        uniform_sum += u;
        uniform_square += u * u;
        const double z = generator.normal();
        sum += z;
        square += z * z;
        third += z * z * z;
        fourth += z * z * z * z;
    }
    // Five standard errors of each estimate.
    const double error = 5 / std::sqrt(static_cast<double>(n));
    CHECK(std::abs(uniform_sum / n - 0.5) < error * std::sqrt(1.0 / 12));
    CHECK(std::abs(uniform_square / n - 1.0 / 3) < error * std::sqrt(4.0 / 45));
    CHECK(std::abs(sum / n) < error);
    CHECK(std::abs(square / n - 1) < error * std::sqrt(2.0));
    CHECK(std::abs(third / n) < error * std::sqrt(15.0));
    CHECK(std::abs(fourth / n - 3) < error * std::sqrt(96.0));
}

TEST_CASE("a generator's integers below n are uniform, and its permutations are permutations") {
    Generator generator(2);
    std::vector<int> counts(7);
    for (int i = 0; i < 70000; ++i) ++counts[generator.below(7)];
    for (const int count : counts) CHECK(std::abs(count - 10000) < 500);
    CHECK(generator.below(1) == 0);
    const std::uint64_t large = (std::uint64_t{1} << 63) + 1;
    for (int i = 0; i < 100; ++i) CHECK(generator.below(large) < large);
    CHECK(tests::message_of<ValueError>([&] { generator.below(0); }) == "Generator::below: there is no number below 0");

    const std::vector<std::size_t> order = generator.permutation(50);
    CHECK(std::set<std::size_t>(order.begin(), order.end()).size() == 50);
    CHECK(order != generator.permutation(50));
    CHECK(generator.permutation(0).empty());
}

TEST_CASE("the same seed gives the same numbers, and a saved state goes on where it was taken") {
    manual_seed(5);
    const auto first = random_normal<float>({3, 5});
    manual_seed(5);
    const auto again = random_normal<float>({3, 5});
    CHECK(std::equal(first.begin(), first.end(), again.begin()));

    Generator generator(3);
    generator.normal(); // leaves a second one waiting
    Generator copy;
    copy.set_state(generator.state());
    CHECK(copy == generator);
    for (int i = 0; i < 10; ++i) CHECK(copy.normal() == generator.normal());
    for (const char* const bad : {"", "1 2 3", "mt19937", "1e5"}) {
        CAPTURE(bad);
        CHECK(tests::message_of<ValueError>([&] { copy.set_state(bad); }) == "Generator::set_state: not the state of a generator");
        CHECK(copy == generator);
    }
    CHECK_THROWS_AS(copy.set_state(generator.state() + " 7"), ValueError);
}

TEST_CASE_TEMPLATE("random arrays stay in their range", T, float, double) {
    Generator generator(4);
    const auto x = random_uniform<T>({100, 100}, T(-3), T(-2), generator);
    for (const T element : x) CHECK_UNARY(element >= -3 && element < -2);
    // So narrow that rounding would often reach the end.
    const T above = std::nextafter(T(1), T(2));
    for (const T element : random_uniform<T>({100}, T(1), above, generator)) CHECK(element == 1);
    CHECK(random_uniform<T>({0, 3}, 0, 1, generator).size() == 0);
    constexpr T most = std::numeric_limits<T>::max();
    CHECK_THROWS_AS(random_uniform<T>({1}, -most, most, generator), ValueError);
    CHECK_THROWS_AS(random_uniform<T>({1}, T(1), T(0), generator), ValueError);
    CHECK_THROWS_AS(random_normal<T>({1}, 0, T(NAN), generator), ValueError);
}

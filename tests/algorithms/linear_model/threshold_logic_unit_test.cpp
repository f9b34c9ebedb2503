// The neurons whose weights and thresholds the notes choose by hand.
#include "tests/message_of.hpp"

#include <xgrad/algorithms/linear_model/threshold_logic_unit.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::message_of;

namespace {

const Array<double> inputs{{0, 0}, {0, 1}, {1, 0}, {1, 1}};

} // namespace

TEST_CASE("threshold logic units are gates") {
    // Deep learning slides: T = 1.5, w_a = 1, w_b = 1; and the geometric interpretation with sums of at least 1 and 2.
    CHECK(ThresholdLogicUnit({1, 1}, 1.5).predict(inputs) == Array<std::int64_t>{0, 0, 0, 1});
    CHECK(ThresholdLogicUnit({1, 1}, 1).predict(inputs) == Array<std::int64_t>{0, 1, 1, 1});
    CHECK(ThresholdLogicUnit({1, 1}, 2).predict(inputs) == Array<std::int64_t>{0, 0, 0, 1});
    // Inhibition: NOT, and "a and not b".
    Array<double> x{0, 1};
    x.reshape({2, 1});
    CHECK(ThresholdLogicUnit({-1}, 0).predict(x) == Array<std::int64_t>{1, 0});
    CHECK(ThresholdLogicUnit({1, -1}, 1).predict(inputs) == Array<std::int64_t>{0, 0, 1, 0});
}

TEST_CASE("a network of threshold logic units computes XOR, one unit does not") {
    const ThresholdLogicUnit a_not_b({1, -1}, 1), b_not_a({-1, 1}, 1), either({1, 1}, 1);
    const auto left = a_not_b.predict(inputs), right = b_not_a.predict(inputs);
    Array<double> hidden = Array<double>::from_shape({4, 2});
    for (std::size_t i = 0; i < 4; ++i) {
        hidden(i, 0) = static_cast<double>(left(i));
        hidden(i, 1) = static_cast<double>(right(i));
    }
    const Array<std::int64_t> XOR{0, 1, 1, 0};
    CHECK(either.predict(hidden) == XOR);

    int realised = 0, conjunctions = 0;
    for (double w1 = -2; w1 <= 2; w1 += 0.5) {
        for (double w2 = -2; w2 <= 2; w2 += 0.5) {
            for (double threshold = -4.25; threshold <= 4.25; threshold += 0.5) {
                const auto outputs = ThresholdLogicUnit({w1, w2}, threshold).predict(inputs);
                realised += outputs == XOR;
                conjunctions += outputs == Array<std::int64_t>{0, 0, 0, 1};
            }
        }
    }
    CHECK(realised == 0);
    CHECK(conjunctions > 0);
}

TEST_CASE("threshold logic units refuse what is not Boolean") {
    const auto check = [](const Array<double>& X) { return message_of<Error>([&] { ThresholdLogicUnit({1, 1}, 1).predict(X); }); };
    CHECK(check({{0, 1}, {1, 0.5}}) == "ThresholdLogicUnit.predict: X[1, 1] is 0.5, neither 0 nor 1");
    CHECK(check({{0, 1e-9}, {1, 1}}) == "ThresholdLogicUnit.predict: X[0, 1] is 1e-09, neither 0 nor 1");
    CHECK(check({{0, 1, 1}, {1, 0, 0}}) == "ThresholdLogicUnit.predict: X has 3 inputs, the unit 2");
    CHECK(check({{0, std::numeric_limits<double>::quiet_NaN()}, {1, 0}}) == "ThresholdLogicUnit.predict: X[0, 1] is NaN");
    CHECK_THROWS_WITH_AS(ThresholdLogicUnit({}, 1), doctest::Contains("ThresholdLogicUnit: there are no weights"), ValueError);
    CHECK_THROWS_WITH_AS(ThresholdLogicUnit({1, std::numeric_limits<double>::infinity()}, 1), doctest::Contains("weights[1] is inf"),
                         ValueError);
    CHECK_THROWS_WITH_AS(ThresholdLogicUnit({1}, std::numeric_limits<double>::quiet_NaN()), doctest::Contains("threshold is"), ValueError);
}

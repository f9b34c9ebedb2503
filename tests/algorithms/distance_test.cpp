#include "tests/algorithms/distance.hpp"

#include <xgrad/autodiff/array.hpp>

#include <limits>
#include <vector>

using namespace xgrad;
using tests::distance;

TEST_CASE("the distance of arrays is their largest difference, and a NaN is far from everything") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
    const Array<double> a{1, 2, 3};
    CHECK(distance(a, a) == 0);
    CHECK(distance(a, Array<double>{1, -2, 4}) == 4);
    CHECK(distance(a, std::vector<double>{0, 2.5, 3}) == 1);
    for (const double bad : {nan, infinity, -infinity}) {
        for (const Array<double>& b : {Array<double>{bad, 2, 3}, Array<double>{1, bad, 3}, Array<double>{1, 2, bad}}) {
            CHECK_FALSE(distance(a, b) <= 1e300);
            CHECK_FALSE(distance(b, a) <= 1e300);
            CHECK_FALSE(distance(b, b) <= 1e300);
        }
    }
}

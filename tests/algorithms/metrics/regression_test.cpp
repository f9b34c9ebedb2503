// Metrics of real predictions against scikit-learn's.
#include "tests/algorithms/metrics/arrays.hpp"
#include "tests/message_of.hpp"
#include "tests/reference/metrics.hpp"

#include <xgrad/algorithms/metrics/regression.hpp>

#include <limits>

using namespace xgrad;
using namespace xgrad::algorithms;
using tests::array;
using tests::check_close;
using tests::message_of;
namespace reference = xgrad::tests::reference::metrics;

TEST_CASE("regression metrics: as scikit-learn") {
    const Array<double> y = array(reference::targets), h = array(reference::predictions);
    check_close(std::vector{mean_absolute_error(y, h), mean_squared_error(y, h), root_mean_squared_error(y, h), r2_score(y, h)},
                reference::errors);
}

TEST_CASE("regression metrics: by hand") {
    const Array<double> y{3, -0.5, 2, 7}, h{2.5, 0, 2, 8};
    CHECK(mean_absolute_error(y, h) == 0.5);
    CHECK(mean_squared_error(y, h) == 0.375);
    CHECK(root_mean_squared_error(y, h) == std::sqrt(0.375));
    CHECK(mean_squared_error({1}, {3}) == 4);
    // Targets that are all equal.
    CHECK(r2_score({2, 2}, {2, 2}) == 1);
    CHECK(r2_score({2, 2}, {2, 3}) == 0);
}

TEST_CASE("r2_score: squares that are no doubles") {
    CHECK(message_of<ValueError>([] { r2_score({1e200, -1e200, 0}, {0, 0, 0}); }) ==
          "r2_score: the variance of the targets is beyond the range of a double");
    CHECK(message_of<ValueError>([] { r2_score({1.7e308, 1.7e308}, {0, 0}); }) ==
          "r2_score: the variance of the targets is beyond the range of a double");
    CHECK(message_of<ValueError>([] { r2_score({1, 2, 3}, {1e200, 0, 0}); }) ==
          "r2_score: the squared errors are beyond the range of a double");
    CHECK(r2_score({1e150, -1e150, 0}, {0, 0, 0}) == 0);
}

TEST_CASE("regression metrics: bad input") {
    constexpr double missing = std::numeric_limits<double>::quiet_NaN();
    for (const auto metric : {mean_absolute_error, mean_squared_error, root_mean_squared_error, r2_score}) {
        const Location here = Location::current();
        CHECK_THROWS_AS(metric({1, 2}, {1, 2, 3}, here), ShapeError);
        CHECK_THROWS_AS(metric({{1, 2}}, {{1, 2}}, here), ShapeError);
        CHECK_THROWS_AS(metric(Array<double>::from_shape({0}), Array<double>::from_shape({0}), here), ShapeError);
        CHECK_THROWS_AS(metric({1, missing}, {1, 2}, here), ValueError);
        CHECK_THROWS_AS(metric({1, 2}, {1, missing}, here), ValueError);
    }
    CHECK_THROWS_AS(r2_score({1}, {1}), ShapeError);
    CHECK(message_of<ShapeError>([] { mean_squared_error({1, 2}, {1, 2, 3}); }) ==
          "mean_squared_error: targets and predictions must be vectors of one length, of at least 1, not of shapes (2) and (3)");
    CHECK(message_of<ValueError>([] { mean_absolute_error({1, 2}, {1, -missing}); }) == "mean_absolute_error: prediction 1 is not finite");
}

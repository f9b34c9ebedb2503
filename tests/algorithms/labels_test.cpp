#include <xgrad/algorithms/labels.hpp>

#include <doctest/doctest.h>

using namespace xgrad;
using algorithms::detail::labels_of_largest;

TEST_CASE("labels of the largest score") {
    CHECK(labels_of_largest({{1, 3, 2}, {-1, -3, -2}, {0, 2, 2}}, {-4, 5, 6}) == Array<std::int64_t>{5, -4, 5});
    CHECK(labels_of_largest({{1, 2}, {2, 1}}, {3, 7}) == Array<std::int64_t>{7, 3});
    const Array<double> one{0.5, -0.5, 0}; // zero is on neither side, and counts to the first class
    CHECK(labels_of_largest(one, {3, 7}) == Array<std::int64_t>{7, 3, 3});
    Array<double> column = one;
    column.reshape({3, 1});
    CHECK(labels_of_largest(column, {3, 7}) == Array<std::int64_t>{7, 3, 3});
}

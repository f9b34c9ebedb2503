#include "tests/ops/op_table.hpp"

#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/sort.hpp>

namespace xgrad::tests {

namespace {

constexpr bool allow_zero = true;

/// No two elements nearer to each other than finite differences reach.
std::vector<Input> apart(const Shape& shape) {
    return {{.shape = shape, .low = -2, .distance = 0.25}};
}

} // namespace

std::vector<OpRow> sort_rows() {
    const auto sorted = [](std::ptrdiff_t axis, bool descending) {
        return [=](const auto& x) { return sort(x[0], axis, descending); };
    };
    const auto top = [](std::size_t k, std::ptrdiff_t axis, bool largest) {
        return [=](const auto& x) { return topk(x[0], k, axis, largest).values; };
    };
    return {
        {"sort",
         "sort",
         "the elements in order along an axis",
         "g put where the elements came from",
         {
             {apart({7}), sorted(-1, false)},
             {apart({3, 4}), sorted(0, true)},
             {apart({2, 3, 2}), sorted(1, false)},
             {apart({2, 3}), [](const auto& x) { return sort(x[0] * x[0] * x[0]) * sort(x[0], -1, true); }},
             {apart({1}), sorted(0, false)},
             {apart({0, 3}), sorted(0, false)},
             {apart({3, 0}), sorted(0, true)},
         }},
        {"argsort", "sort", "the indices that sort along an axis", "none", {}},
        {"topk",
         "sort",
         "the k largest or smallest elements along an axis, in order, and their indices",
         "g put where the elements came from",
         {
             {apart({7}), top(3, -1, true)},
             {apart({4, 3}), top(2, 0, false)},
             {apart({2, 5}), [](const auto& x) { return topk(x[0] * x[0] * x[0], 2).values; }},
             {apart({3}), top(3, 0, true)},
             {apart({3}), top(0, 0, true), allow_zero},
             {apart({0}), top(0, 0, true)},
         }},
    };
}

} // namespace xgrad::tests

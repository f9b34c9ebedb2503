// Sorting: PyTorch's and NumPy's values and derivatives; ties, NaN and zeros of both signs; what is refused.
#include <xgrad/ops/sort.hpp>

#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/power.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/sort.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::Case;
using tests::reference::Numbers;

namespace {

using Integers = std::vector<std::int64_t>;

Integers integers(const Array<std::int64_t>& array) {
    return Integers(array.begin(), array.end());
}

template <class T>
std::vector<T> elements(const Variable<T>& x) {
    return std::vector<T>(x.tensor().begin(), x.tensor().end());
}

/// `sort(x, axis, flag)`, `argsort(x, axis, flag)` and `topk(x, k, axis, flag)`.
template <class T>
Variable<T> call(const std::string& text, const Variable<T>& x) {
    const bool flag = text.ends_with("true)");
    const auto number = [&](std::size_t from) { return std::stoi(text.substr(text.find(", ", from) + 2)); };
    if (text.starts_with("topk")) {
        const std::size_t comma = text.find(", ") + 1;
        return topk(square(x), static_cast<std::size_t>(number(0)), number(comma), flag).values;
    }
    if (text.starts_with("sort")) return sort(square(x), number(0), flag);
    const auto order = argsort(x, number(0), flag);
    // Indices come as a constant; an x times zero makes it a function of x.
    return x * 0.0 + Array<double>(order);
}

} // namespace

TEST_CASE_TEMPLATE("sort, argsort and topk agree with PyTorch and NumPy", T, float, double) {
    int checked = 0;
    for (const Case& c : tests::reference::sort_cases) {
        tests::reference::check<T>(c, call<T>);
        ++checked;
    }
    CHECK(checked > 50);
}

TEST_CASE_TEMPLATE("sort puts NaN last and keeps the order of elements that tie", T, float, double) {
    constexpr T nan = std::numeric_limits<T>::quiet_NaN(), infinity = std::numeric_limits<T>::infinity();
    Tensor<T> tensor(Shape{9});
    const std::vector<T> values{2, nan, -infinity, T(0), infinity, -T(0), 2, -nan, -3};
    std::copy(values.begin(), values.end(), tensor.begin());
    const Variable<T> x(tensor, false);
    CHECK(integers(argsort(x)) == Integers{2, 8, 3, 5, 0, 6, 4, 1, 7});
    CHECK(integers(argsort(x, 0, true)) == Integers{1, 7, 4, 0, 6, 3, 5, 8, 2});
    CHECK(integers(topk(x, 3).indices) == Integers{1, 7, 4});
    CHECK(integers(topk(x, 4, 0, false).indices) == Integers{2, 8, 3, 5});
    const auto y = elements(sort(x));
    CHECK(std::vector<T>(y.begin(), y.begin() + 7) == std::vector<T>{-infinity, -3, 0, 0, 2, 2, infinity});
    CHECK(std::isnan(y[7]));
    CHECK(std::isnan(y[8]));
    CHECK_FALSE(std::signbit(y[2])); // the zeros are as they stood
    CHECK(std::signbit(y[3]));
}

TEST_CASE_TEMPLATE("sort of elements that all tie is the identity, and its gradient as well", T, float, double) {
    const Variable<T> x(Tensor<T>(Shape{300}, T(1)), true);
    const auto order = argsort(x);
    for (std::size_t i = 0; i < 300; ++i) REQUIRE(order(i) == static_cast<std::int64_t>(i));
    Tensor<T> seed(Shape{300});
    for (std::size_t i = 0; i < 300; ++i) seed.data()[i] = static_cast<T>(i);
    const Variable<T> g = grad(sort(x, 0, true), wrt(x), {.seed = Variable<T>(seed, false)})[0];
    CHECK(elements(g) == elements(Variable<T>(seed, false)));
    const auto [values, indices] = topk(x, 3);
    CHECK(integers(indices) == Integers{0, 1, 2});
}

TEST_CASE_TEMPLATE("sort of many elements, against the standard library", T, float, double) {
    Tensor<T> tensor(Shape{5000});
    std::uint32_t state = 12345;
    for (T& element : tensor) {
        state = state * 1664525 + 1013904223;
        element = static_cast<T>(static_cast<std::int32_t>(state >> 20)) - 2048;
    }
    std::vector<std::size_t> order(tensor.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return tensor.data()[a] < tensor.data()[b]; });
    const Variable<T> x(tensor, false);
    const auto ours = argsort(x);
    CHECK(std::equal(ours.begin(), ours.end(), order.begin(), order.end(),
                     [](std::int64_t a, std::size_t b) { return a == static_cast<std::int64_t>(b); }));
    const auto [values, indices] = topk(x, 100, 0, false);
    CHECK(std::equal(indices.begin(), indices.end(), ours.begin(), ours.begin() + 100));
    CHECK(elements(values) == elements(take(x, Array<std::int64_t>(indices), 0)));
}

TEST_CASE("sort: gather by argsort is the same, and topk's indices are where its values stand") {
    const Variable x = as_variable<double>({3, 4}, {3, 1, 2, 0, 5, 5, 4, 6, -1, -2, -1, 7}, true);
    for (const std::ptrdiff_t axis : {0, 1}) {
        for (const bool descending : {false, true}) {
            CHECK(elements(sort(x, axis, descending)) == elements(gather(x, axis, argsort(x, axis, descending))));
            const auto [values, indices] = topk(x, 2, axis, descending);
            CHECK(elements(values) == elements(gather(x, axis, indices)));
        }
    }
}

TEST_CASE("sort of nothing, topk of none") {
    CHECK(sort(as_variable<float>({2, 0}, {}, true)).shape() == Shape{2, 0});
    CHECK(sort(as_variable<float>({0, 2}, {}, true), 0, true).shape() == Shape{0, 2});
    CHECK(argsort(as_variable<double>({0, 2}, {}, true)).shape(1) == 2);
    const Variable x{{1.0, 2.0, 3.0}, {6.0, 5.0, 4.0}};
    const auto [values, indices] = topk(x, 0);
    CHECK(values.shape() == Shape{2, 0});
    CHECK(indices.shape(0) == 2);
    CHECK(indices.size() == 0);
    CHECK(elements(grad(values, wrt(x), {.seed = as_variable<double>({2, 0}, {}, false)})[0]) == Numbers(6));
    CHECK(topk(as_variable<double>({0, 3}, {}, true), 0, 0).values.shape() == Shape{0, 3});
    CHECK(topk(as_variable<double>({0, 3}, {}, true), 2).values.shape() == Shape{0, 2});
}

TEST_CASE("sort, argsort, topk: what they refuse") {
    const Variable x{{1.0, 2.0, 3.0}, {6.0, 5.0, 4.0}};
    CHECK(message_of<IndexError>([&] { sort(x, 2); }) == "sort: axis 2 is out of range for shape (2, 3)");
    CHECK(message_of<IndexError>([&] { argsort(x, -3); }) == "argsort: axis -3 is out of range for shape (2, 3)");
    CHECK(message_of<IndexError>([&] { topk(x, 1, 5); }) == "topk: axis 5 is out of range for shape (2, 3)");
    CHECK(message_of<IndexError>([] { sort(Variable{1.0}); }) == "sort: axis -1 is out of range for shape ()");
    CHECK(message_of<ValueError>([&] { topk(x, 3, 0); }) ==
          "topk: k = 3 is more than there are along axis 0 of shape (2, 3)");
    CHECK(message_of<ValueError>([] {
              topk(as_variable<double>({0, 2}, {}, true), 1, 0);
          }) == "topk: k = 1 is more than there are along axis 0 of shape (0, 2)");
}

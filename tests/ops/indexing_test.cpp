// Indexing against NumPy and PyTorch; what is shared, what costs what, and what is refused.
#include "tests/ops/shape_cases.hpp"

#include <xgrad/ops/indexing.hpp>

#include <limits>

using namespace xgrad;
using namespace xgrad::tests;

namespace {

Array<int> zeros(const std::vector<std::size_t>& shape) {
    return xt::zeros<int>(shape);
}

} // namespace

TEST_CASE("indexing agrees with NumPy and PyTorch") {
    const std::vector<Call> calls{
        XGRAD_CALL(slice(x, {range(1, 4)})),
        XGRAD_CALL(slice(x, {range(0, 7, 3)})),
        XGRAD_CALL(slice(x, {range(-4, -1)})),
        XGRAD_CALL(slice(x, {range(-100, 100)})),
        XGRAD_CALL(slice(x, {range(4, 2)})),
        XGRAD_CALL(slice(x, {range({}, {}, -1)})),
        XGRAD_CALL(slice(x, {range({}, {}, -2)})),
        XGRAD_CALL(slice(x, {range(4, 0, -2)})),
        XGRAD_CALL(slice(x, {range(-2, {}, -3)})),
        XGRAD_CALL(slice(x, {range(9, -9, -2)})),
        XGRAD_CALL(slice(x, {range({}, -3, -1)})),
        XGRAD_CALL(slice(x, {range(1, {}, 100)})),
        XGRAD_CALL(slice(x, {1})),
        XGRAD_CALL(slice(x, {-1, -2})),
        XGRAD_CALL(slice(x, {all(), 2})),
        XGRAD_CALL(slice(x, {range(0, 3, 2), range(1, 3)})),
        XGRAD_CALL(slice(x, {range(1, 3), all()})),
        XGRAD_CALL(slice(x, {range({}, {}, -1), range({}, {}, -2)})),
        XGRAD_CALL(slice(x, {ellipsis(), 1})),
        XGRAD_CALL(slice(x, {1, ellipsis()})),
        XGRAD_CALL(slice(x, {0, ellipsis(), range({}, {}, -1)})),
        XGRAD_CALL(slice(x, {newaxis(), 1, newaxis(), range(0, 2)})),
        XGRAD_CALL(slice(x, {0, 1, ellipsis()})),
        XGRAD_CALL(slice(x, {range(2, 9), range(1, 2)})),
        XGRAD_CALL(take(x, {2, 0, 2}, 0)),
        XGRAD_CALL(take(x, {-1, 0, 1, -1}, 1)),
        XGRAD_CALL(take(x, Array<int>{{0, 1}, {2, 2}}, -1)),
        XGRAD_CALL(take(x, Array<int>{{0, 1}, {1, -1}}, 0)),
        XGRAD_CALL(take(x, {5, 0, -6, 5})),
        XGRAD_CALL(gather(x, 1, Array<int>{{0, 3, 0}, {1, 1, 2}})),
        XGRAD_CALL(gather(x, 0, Array<int>{{0, 2, 2}, {1, 1, 0}})),
        XGRAD_CALL(gather(x, 1, Array<int>{{{0, 1}, {2, 2}}})),
        XGRAD_CALL(gather(x, -3, Array<int>{{{1, 0}}, {{0, 1}}, {{1, 1}}})),
        XGRAD_CALL(gather(x, 0, {2, 2, 0, 1})),
        XGRAD_CALL(scatter_add(x, 1, Array<int>{{0, 3}, {1, 1}}, y)),
        XGRAD_CALL(scatter_add(x, 0, Array<int>{{0, 1, 1}, {0, 0, 1}}, y)),
        XGRAD_CALL(scatter_add(x, 0, {2, 2, 2, 0}, y)),
        XGRAD_CALL(scatter_add(x, 2, Array<int>{{{0, 1}, {1, 1}}}, y)),
        XGRAD_CALL(masked_select(x, Array<bool>{{true, false, true}, {false, false, true}})),
        XGRAD_CALL(masked_select(x, Array<bool>{false, true, true})),
        XGRAD_CALL(masked_select(x, x > 2.5)),
        XGRAD_CALL(masked_select(x, x > 9)),
    };
    check_cases(reference::indexing_cases, calls);
}

TEST_CASE("a slice shares its elements where they are consecutive") {
    Variable x(Array<double>(xt::arange<double>(24)));
    x = reshape(x, {2, 3, 4});
    const double* const data = x.tensor().data();
    CHECK(slice(x, {1}).tensor().data() == data + 12);
    CHECK(slice(x, {1, range(1, 3)}).tensor().data() == data + 16);
    CHECK(slice(x, {1, 2, range(1, 3)}).tensor().data() == data + 21);
    CHECK(slice(x, {newaxis(), range(1, {})}).tensor().data() == data + 12);
    CHECK(slice(x, {0, 0, 3}).tensor().data() == data + 3);
    CHECK(slice(x, {all(), range(1, 3)}).tensor().data() != data + 4);
    Variable row = slice(x, {-1, -1});
    row.value() = -1.0;
    CHECK(x.value()(1, 2, 3) == -1);
}

TEST_CASE("indices come as any xtensor expression of integers, list or vector") {
    const Variable x{10.0, 11.0, 12.0};
    const std::vector<double> expected{12, 10};
    const Array<std::uint8_t> bytes{2, 0};
    const Array<std::int64_t> longs{-1, -3};
    const Array<std::uint64_t> unsigned_longs{2, 0};
    CHECK(elements_of(take(x, bytes, 0)) == expected);
    CHECK(elements_of(take(x, longs, 0)) == expected);
    CHECK(elements_of(take(x, unsigned_longs, 0)) == expected);
    CHECK(elements_of(take(x, longs + 3, 0)) == expected);
    CHECK(elements_of(take(x, std::vector<std::size_t>{2, 0}, 0)) == expected);
    CHECK(elements_of(take(x, {2, 0}, 0)) == expected);
    CHECK(elements_of(take(x, xt::xtensor_fixed<int, xt::xshape<2>>{2, 0}, 0)) == expected);
    CHECK(longs(0) == -1); // counting from the front does not change the caller's
    const Indices kept(longs);
    CHECK(elements_of(take(x, kept, 0)) == expected);
    CHECK(elements_of(take(x, kept)) == expected);
    const unsigned n = 2;
    CHECK(elements_of(slice(x, {n})) == std::vector<double>{12});
    CHECK(elements_of(slice(x, {range(std::size_t{1}, n)})) == std::vector<double>{11});
    CHECK(elements_of(slice(x, std::vector<Slice>{range({}, {}, -2)})) == expected);
}

TEST_CASE("many slices of one array add to one gradient") {
    const Variable x(Array<double>(xt::ones<double>({32, 4})));
    Variable total = slice(x, {0}) * 1.0;
    for (int t = 1; t < 32; ++t) total += slice(x, {t}) * static_cast<double>(t + 1);
    auto [dx] = grad(total, wrt(x), {.seed = constant(xt::ones<double>({4}))});
    for (std::size_t t = 0; t < 32; ++t) CHECK(dx.value()(t, 3) == static_cast<double>(t + 1));
}

TEST_CASE("repeated indices accumulate, forward and backward") {
    const Variable x(Array<double>{0, 0});
    const Variable source(Array<double>{1, 2, 4, 8});
    const Variable y = scatter_add(x, 0, {1, 0, 1, 1}, source);
    CHECK(elements_of(y) == std::vector<double>{2, 13});
    const Variable z{3.0, 5.0};
    auto [dz] = grad(take(z, {1, 1, 1, 0}, 0), wrt(z), {.seed = constant(Array<double>{1, 2, 4, 8})});
    CHECK(elements_of(dz) == std::vector<double>{8, 7});
}

TEST_CASE("slices out of range are refused as in NumPy") {
    const Variable x{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    constexpr auto most = std::numeric_limits<std::ptrdiff_t>::max();
    constexpr auto least = std::numeric_limits<std::ptrdiff_t>::min();
    CHECK(message_of<IndexError>([&] { slice(x, {2}); }) ==
          "slice: index 2 is out of range for axis 0 of shape (2, 3)");
    CHECK(message_of<IndexError>([&] {
              slice(x, {all(), -4});
          }) == "slice: index -4 is out of range for axis 1 of shape (2, 3)");
    CHECK(message_of<IndexError>([&] { slice(x, {std::numeric_limits<std::size_t>::max()}); }) ==
          "slice: index 9223372036854775807 is out of range for axis 0 of shape (2, 3)");
    CHECK(message_of<IndexError>([&] { slice(x, {least}); }) != "");
    CHECK(message_of<IndexError>([&] {
              slice(x, {0, all(), 0});
          }) == "slice: 3 slices for the 2 axes of shape (2, 3)");
    CHECK(message_of<IndexError>([&] {
              slice(x, {ellipsis(), 0, ellipsis()});
          }) == "slice: more than one ellipsis");
    CHECK(message_of<IndexError>([&] { slice(Variable(1.0), {0}); }) ==
          "slice: 1 slices for the 0 axes of shape ()");
    CHECK(message_of<ValueError>([&] { slice(x, {range(0, 2, 0)}); }) ==
          "slice: the step of a range must not be 0");
    CHECK(message_of<ShapeError>([&] { slice(x, std::vector<Slice>(7, newaxis())); }) ==
          "an array may have at most 8 axes, not 9");
    // Ranges leave out what is out of range, however far.
    CHECK(elements_of(slice(x, {0, range(least, most)})) == std::vector<double>{1, 2, 3});
    CHECK(elements_of(slice(x, {0, range(most, least, -1)})) == std::vector<double>{3, 2, 1});
    CHECK(elements_of(slice(x, {0, range(1, {}, most)})) == std::vector<double>{2});
    CHECK(elements_of(slice(x, {0, range(1, {}, least)})) == std::vector<double>{2});
    CHECK(slice(x, {range(5, {})}).size() == 0);
    const Variable empty(Tensor<double>(Shape{0}), true);
    CHECK(message_of<IndexError>([&] { slice(empty, {0}); }) != "");
    CHECK(slice(empty, {range({}, {}, -1)}).size() == 0);
}

TEST_CASE("indices out of range are refused by value and position") {
    const Variable x{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    CHECK(message_of<IndexError>([&] {
              take(x, {0, 1, 2}, 0);
          }) == "take: index 2 at position (2) is out of range for axis 0 of shape (2, 3)");
    CHECK(message_of<IndexError>([&] {
              take(x, Array<int>{{0, 1}, {2, -4}}, 1);
          }) == "take: index -4 at position (1, 1) is out of range for axis 1 of shape (2, 3)");
    CHECK(message_of<IndexError>([&] { take(x, {6}); }) ==
          "take: index 6 at position (0) is out of range for axis 0 of shape (6)");
    CHECK(message_of<IndexError>([&] { take(x, {0}, 2); }) ==
          "take: axis 2 is out of range for shape (2, 3)");
    // As a signed number it would be -1.
    const Array<std::uint64_t> huge{0, std::numeric_limits<std::uint64_t>::max()};
    CHECK(message_of<IndexError>([&] { take(x, huge, 0); }) ==
          "take: index 9223372036854775807 at position (1) is out of range for axis 0 of shape (2, 3)");
    CHECK(message_of<IndexError>([&] { take(x, {std::numeric_limits<std::int64_t>::min()}, 0); }) != "");
    const Variable empty(Tensor<double>(Shape{0, 2}), true);
    CHECK(message_of<IndexError>([&] { take(empty, {0}, 0); }) ==
          "take: index 0 at position (0) is out of range for axis 0 of shape (0, 2)");
    const Variable deep(Tensor<double>(Shape{1, 1, 1, 1, 1, 1, 1, 1}, 1.0), true);
    CHECK(message_of<ShapeError>([&] {
              take(deep, zeros({2, 1}), 0);
          }) == "an array may have at most 8 axes, not 9");

    CHECK(message_of<IndexError>([&] {
              gather(x, 1, Array<int>{{0, 3}});
          }) == "gather: index 3 at position (0, 1) is out of range for axis 1 of shape (2, 3)");
    CHECK(message_of<ShapeError>([&] {
              gather(x, 1, zeros({3, 1}));
          }) == "gather: an index of shape (3, 1) does not fit an array of shape (2, 3)");
    CHECK(message_of<ShapeError>([&] { gather(x, 1, {0}); }) ==
          "gather: an index of shape (1) does not fit an array of shape (2, 3)");
    CHECK(message_of<IndexError>([&] {
              gather(x, -3, zeros({1, 1}));
          }) == "gather: axis -3 is out of range for shape (2, 3)");

    CHECK(message_of<IndexError>([&] {
              scatter_add(x, 0, Array<int>{{0, 2}}, x);
          }) == "scatter_add: index 2 at position (0, 1) is out of range for axis 0 of shape (2, 3)");
    CHECK(message_of<ShapeError>([&] {
              scatter_add(x, 0, Array<int>{{0, 0, 0, 0}}, x);
          }) == "scatter_add: an index of shape (1, 4) does not fit an array of shape (2, 3)");
    CHECK(message_of<ShapeError>([&] {
              scatter_add(x, 0, zeros({3, 1}), x);
          }) == "scatter_add: an index of shape (3, 1) does not fit a source of shape (2, 3)");
    CHECK(message_of<ShapeError>([&] {
              scatter_add(x, 0, zeros({1, 1}), 1.0);
          }) == "scatter_add: an index of shape (1, 1) does not fit a source of shape ()");
}

TEST_CASE("masks") {
    const Variable x{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    CHECK(elements_of(masked_select(x, x.value() > 3.0)) == std::vector<double>{4, 5, 6});
    CHECK(elements_of(masked_select(x, x > 3.0)) == std::vector<double>{4, 5, 6});
    CHECK(to_string(masked_select(x, x > 10.0).shape()) == "(0)");
    CHECK(message_of<ShapeError>([&] {
              masked_select(x, Array<bool>{true, false});
          }) == "masked_select: shapes do not broadcast: (2, 3) and (2): 3 != 2");
    CHECK(message_of<ValueError>([&] { masked_select(x, x * 0.5); }) ==
          "mask: element 0 is 0.500000, not 0 or 1");
    const Variable nan(Array<double>{1.0, std::numeric_limits<double>::quiet_NaN()});
    CHECK(message_of<ValueError>([&] { masked_select(nan, nan); }) == "mask: element 1 is nan, not 0 or 1");
}

// Rearranging against NumPy and PyTorch; what is shared, what costs what, and what is refused.
#include "tests/ops/shape_cases.hpp"

#include <xgrad/ops/shape.hpp>

#include <limits>

using namespace xgrad;
using namespace xgrad::tests;

TEST_CASE("rearranging agrees with NumPy and PyTorch") {
    const std::vector<Call> calls{
        XGRAD_CALL(reshape(x, {3, 2})),
        XGRAD_CALL(reshape(x, {2, -1, 2})),
        XGRAD_CALL(reshape(x, -1)),
        XGRAD_CALL(reshape(x, {})),
        XGRAD_CALL(reshape(x, {-1, 5})),
        XGRAD_CALL(flatten(x)),
        XGRAD_CALL(flatten(x, 1)),
        XGRAD_CALL(flatten(x, 0, -2)),
        XGRAD_CALL(flatten(x, 1, 1)),
        XGRAD_CALL(squeeze(x)),
        XGRAD_CALL(squeeze(x, {-1})),
        XGRAD_CALL(squeeze(x, {0, 2})),
        XGRAD_CALL(expand_dims(x, 0)),
        XGRAD_CALL(expand_dims(x, -2)),
        XGRAD_CALL(expand_dims(x, 2)),
        XGRAD_CALL(concatenate({x, y})),
        XGRAD_CALL(concatenate({y, x, y}, -1)),
        XGRAD_CALL(concatenate({x, y}, 1)),
        XGRAD_CALL(stack({x, y})),
        XGRAD_CALL(stack({x, y, x}, 1)),
        XGRAD_CALL(stack({x, y}, -1)),
        XGRAD_CALL(split(x, 3)[1]),
        XGRAD_CALL(split(x, 2, -1)[1]),
        XGRAD_CALL(split_at(x, {2, 5})[1]),
        XGRAD_CALL(split_at(x, {2, 5})[2]),
        XGRAD_CALL(split_at(x, {3, 1}, 1)[1]),
        XGRAD_CALL(split_at(x, {3, 1}, 1)[2]),
        XGRAD_CALL(split_at(x, {-3, 9})[1]),
        XGRAD_CALL(split_at(x, {-3, 9})[2]),
        XGRAD_CALL(tile(x, 2)),
        XGRAD_CALL(tile(x, {3, 2})),
        XGRAD_CALL(tile(x, {2, 1, 2})),
        XGRAD_CALL(tile(x, {2, 3, 2})),
        XGRAD_CALL(tile(x, {2, 0})),
        XGRAD_CALL(repeat(x, 2)),
        XGRAD_CALL(repeat(x, 3, 0)),
        XGRAD_CALL(repeat(x, 2, -1)),
        XGRAD_CALL(pad(x, {{1, 2}})),
        XGRAD_CALL(pad(x, {{1, 0}, {0, 2}}, 7)),
        XGRAD_CALL(pad(x, {{1, 1}})),
        XGRAD_CALL(pad(x, {{2, 1}, {0, 2}}, PadMode::edge)),
        XGRAD_CALL(pad(x, {{2, 1}, {1, 0}}, PadMode::reflect)),
        XGRAD_CALL(pad(x, {{5, 4}}, PadMode::reflect)),
        XGRAD_CALL(pad(x, {{2, 1}}, PadMode::reflect)),
        XGRAD_CALL(flip(x)),
        XGRAD_CALL(flip(x, {1})),
        XGRAD_CALL(flip(x, {0, -1})),
        XGRAD_CALL(roll(x, 2)),
        XGRAD_CALL(roll(x, -7)),
        XGRAD_CALL(roll(x, 1, 1)),
        XGRAD_CALL(roll(x, -1, -2)),
    };
    check_cases(reference::shape_cases, calls);
}

TEST_CASE("views share their elements") {
    Variable x{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    const double* const data = x.tensor().data();
    CHECK(reshape(x, {3, 2}).tensor().data() == data);
    CHECK(flatten(x).tensor().data() == data);
    CHECK(expand_dims(x, 0).tensor().data() == data);
    CHECK(squeeze(expand_dims(x, 0)).tensor().data() == data);
    CHECK(split(x, 2)[1].tensor().data() == data + 3);
    CHECK(split(x, 3, 1)[1].tensor().data() != data + 1);
    CHECK(flip(x).tensor().data() != data);

    SUBCASE("assigning one changes the other") {
        Variable y = reshape(x, {6});
        y.value() *= 10.0;
        CHECK(x.value()(1, 0) == 40);
        x.value() = 7.0;
        CHECK(y.value()(5) == 7);
    }
    SUBCASE("a derivative that had saved either throws instead of using the new elements") {
        const Variable y = reshape(x, {6});
        const Variable square = y * y;
        x.value() = 7.0;
        CHECK_THROWS_AS(square.backward({.seed = square}), GraphError);
    }
    SUBCASE("the elements outlive the array") {
        Variable<double> part;
        {
            const Variable whole = x * 2.0;
            part = split(whole, 2)[1];
        }
        CHECK(elements_of(part) == std::vector<double>{8, 10, 12});
    }
}

TEST_CASE("the gradient of a view is an array of its own") {
    const Variable x{1.0, 2.0, 3.0, 4.0};
    const Variable y = reshape(x, {2, 2});
    auto [dy, dx] = grad(y * y, wrt(y, x), {.seed = constant(xt::ones<double>({2, 2}))});
    dy.value() = 0.0;
    CHECK(elements_of(dx) == std::vector<double>{2, 4, 6, 8});
}

TEST_CASE("concatenate and stack take arrays beside Variables, of either type") {
    const Variable<float> f(1.0F);
    const auto stacked = stack({f, 2.0F, 3});
    static_assert(std::is_same_v<decltype(stacked), const Variable<float>>);
    CHECK(elements_of(stacked) == std::vector<double>{1, 2, 3});
    const Variable x{1.0, 2.0};
    const Array<double> a{5, 6};
    CHECK(elements_of(concatenate({a, x, a + 1.0})) == std::vector<double>{5, 6, 1, 2, 6, 7});
    CHECK(concatenate({a, x}).requires_grad());
    CHECK_FALSE(no_grad([&] { return concatenate({a, x}); }).requires_grad());
}

TEST_CASE("more parts than an operation can save parents") {
    const Variable x(2.0);
    const std::vector<Variable<double>> parts(100, x);
    auto [dx] = grad(stack(parts), wrt(x), {.seed = constant(xt::ones<double>({100}))});
    CHECK(dx.item() == 100);
    std::vector<Variable<double>> leaves;
    for (int i = 0; i < 40; ++i) leaves.emplace_back(i);
    const auto gradients = grad(stack(leaves), leaves, {.seed = constant(xt::arange<double>(40))});
    for (int i = 0; i < 40; ++i) CHECK(gradients[static_cast<std::size_t>(i)].item() == i);
}

TEST_CASE("the shape of anything: views are not limited by what does not change") {
    const Variable x(Tensor<double>(Shape{1, 2, 1, 2, 1, 2, 1, 2}, 1.0), true);
    CHECK(to_string(tile(x, {2, 1, 1, 1, 1, 1, 1, 2}).shape()) == "(2, 2, 1, 2, 1, 2, 1, 4)");
    CHECK(to_string(repeat(x, 3, 4).shape()) == "(1, 2, 1, 2, 3, 2, 1, 2)");
    CHECK(to_string(flip(x).shape()) == to_string(x.shape()));
    const std::size_t n = 2;
    CHECK(to_string(reshape(x, {n, -1}).shape()) == "(2, 8)");
    CHECK(to_string(reshape(x, Shape{4, 4}).shape()) == "(4, 4)");
}

TEST_CASE("shapes that do not fit are refused") {
    const Variable x{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
    constexpr auto most = std::numeric_limits<std::ptrdiff_t>::max();
    const auto reshaped = [&](const Extents& shape) {
        return message_of<ShapeError>([&] { reshape(x, shape); });
    };
    const std::string start = "reshape: an array of shape (2, 3) cannot take the shape ";
    CHECK(reshaped({4, 2}) == start + "(4, 2): it has 6 elements");
    CHECK(reshaped({4, -1}) == start + "(4, -1): it has 6 elements");
    CHECK(reshaped({-1, -1}) == start + "(-1, -1): more than one extent is -1");
    CHECK(reshaped({2, -3}) == start + "(2, -3): an extent is negative");
    CHECK(reshaped({0, 6}) == start + "(0, 6): it has 6 elements");
    CHECK(reshaped({0, -1}) == start + "(0, -1): beside an extent of 0, -1 could be any number");
    CHECK(reshaped({most, most}) != "");
    CHECK(reshaped({huge}) == start + "(9223372036854775807): it has 6 elements");
    // The product of these overflows to 6 modulo 2^64.
    CHECK(reshaped({std::size_t{1} << 63, 2, 6}) != "");
    CHECK(reshaped({6, 1, std::size_t{1} << 32, std::size_t{1} << 32}) != "");
    CHECK(message_of<ShapeError>([] { reshape(Variable(1.0), {2}); }) ==
          "reshape: an array of shape () cannot take the shape (2): it has 1 element");
    const Variable empty(Tensor<double>(Shape{0}), true);
    CHECK(message_of<ShapeError>([&] { reshape(empty, {-1, 0}); }) != "");
    CHECK(message_of<ShapeError>([&] { reshape(empty, {}); }) != "");
    CHECK(message_of<ShapeError>([&] { reshape(empty, {most, most, -1}); }) != "");

    CHECK(message_of<IndexError>([&] { flatten(x, 2); }) ==
          "flatten: axis 2 is out of range for shape (2, 3)");
    CHECK(message_of<ShapeError>([&] { flatten(x, -1, 0); }) ==
          "flatten: axis 0 comes before axis -1 of shape (2, 3)");
    CHECK(message_of<ShapeError>([&] { squeeze(x, {1}); }) ==
          "squeeze: axis 1 of shape (2, 3) has extent 3, not 1");
    CHECK(message_of<IndexError>([&] { squeeze(x, {-3}); }) ==
          "squeeze: axis -3 is out of range for shape (2, 3)");
    CHECK(message_of<IndexError>([&] { expand_dims(x, 3); }) ==
          "expand_dims: a new axis 3 is out of range for shape (2, 3)");
    CHECK(message_of<IndexError>([&] { expand_dims(x, -4); }) != "");
    const Variable full(Tensor<double>(Shape{1, 1, 1, 1, 1, 1, 1, 1}, 1.0), true);
    CHECK(message_of<ShapeError>([&] { expand_dims(full, 0); }) == "an array may have at most 8 axes, not 9");
    CHECK(message_of<ShapeError>([&] { stack({full, full}); }) == "an array may have at most 8 axes, not 9");
}

TEST_CASE("parts that do not fit are refused") {
    const Variable x{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    const Variable y{{1.0, 2.0}, {4.0, 5.0}};
    const std::vector<Variable<double>> none;
    CHECK(message_of<ShapeError>([&] {
              concatenate({x, y});
          }) == "concatenate: shapes differ elsewhere than along axis 0: (2, 3) and (2, 2)");
    CHECK(message_of<ShapeError>([&] {
              concatenate({x, Variable{1.0, 2.0}}, 1);
          }) == "concatenate: shapes differ elsewhere than along axis 1: (2, 3) and (2)");
    CHECK(message_of<IndexError>([&] {
              concatenate({x, x}, 2);
          }) == "concatenate: axis 2 is out of range for shape (2, 3)");
    CHECK(message_of<IndexError>([&] {
              concatenate({Variable(1.0), Variable(2.0)});
          }) == "concatenate: axis 0 is out of range for shape ()");
    CHECK(message_of<ValueError>([&] { concatenate(none); }) == "concatenate: there are no parts");
    CHECK(message_of<ValueError>([&] { stack(none); }) == "stack: there are no parts");
    CHECK(message_of<ShapeError>([&] { stack({x, y}); }) == "stack: shapes differ: (2, 3) and (2, 2)");
    CHECK(message_of<IndexError>([&] {
              stack({x, x}, 3);
          }) == "stack: a new axis 3 is out of range for shape (2, 3)");
    CHECK(message_of<ShapeError>([&] { split(x, 2, 1); }) ==
          "split: axis 1 of shape (2, 3) has extent 3, which does not divide into 2 equal parts");
    CHECK(message_of<ValueError>([&] { split(x, 0); }) == "split: the number of parts must not be 0");
    CHECK(message_of<IndexError>([&] { split(x, 1, -3); }) ==
          "split: axis -3 is out of range for shape (2, 3)");
    CHECK(message_of<IndexError>([&] { split_at(x, {1}, 2); }) ==
          "split_at: axis 2 is out of range for shape (2, 3)");

    try {
        concatenate({x, y});
    } catch (const ShapeError& error) {
        CHECK(to_string(error.where()).starts_with("shape_test.cpp:"));
    }
}

TEST_CASE("counts and widths that make no sense are refused") {
    const Variable x{{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
    constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
    constexpr std::size_t large = std::size_t{1} << 45; // fits an extent, but no memory
    CHECK(message_of<ValueError>([&] {
              tile(x, {2, -1});
          }) == "tile: the number of repetitions must not be negative: -1");
    CHECK(message_of<ShapeError>([&] {
              tile(x, {huge, 1});
          }) == "tile: the result would be too large: 9223372036854775807 times an extent of 2");
    CHECK(message_of<ShapeError>([&] { tile(x, large); }) ==
          "tile: the result would be too large: (2, 105553116266496)");
    CHECK(message_of<ShapeError>([&] { tile(x, {1, 1, 1, 1, 1, 1, large, large}); }) != "");
    CHECK(message_of<ShapeError>([&] { repeat(x, huge); }) != "");
    CHECK(message_of<ShapeError>([&] { repeat(x, large, 1); }) ==
          "repeat: the result would be too large: (2, 105553116266496)");
    CHECK(message_of<IndexError>([&] { repeat(x, 2, 2); }) ==
          "repeat: axis 2 is out of range for shape (2, 3)");
    CHECK(message_of<ShapeError>([&] {
              pad(x, {{1, 1}, {1, 1}, {1, 1}});
          }) == "pad: 3 widths for the 2 axes of shape (2, 3)");
    CHECK(message_of<ShapeError>([&] { pad(x, {}); }) == "pad: 0 widths for the 2 axes of shape (2, 3)");
    CHECK(message_of<ShapeError>([&] {
              pad(x, {{huge, 2}});
          }) ==
          "pad: the result would be too large: widths 18446744073709551615 and 2 for axis 0 of shape (2, 3)");
    CHECK(message_of<ShapeError>([&] { pad(x, {{huge / 2, huge / 2}}, PadMode::edge); }) != "");
    CHECK(message_of<ShapeError>([&] { pad(x, {{large, 0}}); }) != "");
    const Variable empty(Tensor<double>(Shape{2, 0}), true);
    CHECK(message_of<ShapeError>([&] {
              pad(empty, {{0, 0}, {1, 0}}, PadMode::edge);
          }) == "pad: axis 1 of shape (2, 0) has no element to pad with");
    CHECK(to_string(pad(empty, {{1, 0}, {0, 0}}, PadMode::edge).shape()) == "(3, 0)");
    CHECK(message_of<IndexError>([&] {
              flip(x, {0, 2});
          }) == "flip: axis 2 is out of range for shape (2, 3)");
    CHECK(message_of<IndexError>([&] { roll(x, 1, -3); }) ==
          "roll: axis -3 is out of range for shape (2, 3)");
    CHECK(elements_of(roll(x, std::numeric_limits<std::ptrdiff_t>::min(), 1)).size() == 6);
}

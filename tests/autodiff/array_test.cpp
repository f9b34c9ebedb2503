// xtensor expressions of every kind on the way in, and values as xtensor expressions on the way out.
#include <doctest/doctest.h>

#include <xgrad/xgrad.hpp>

#include <xtensor/xmath.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <cstdint>
#include <vector>

using namespace xgrad;

namespace {

const xt::xarray<double> b{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}};

/// Variable, constant and operand made of `expression` have its elements.
template <class E>
void check_taken(const E& expression) {
    const xt::xarray<double> expected = expression;
    const Variable v(expression);
    CHECK(v.value() == expected);
    CHECK(constant(expression).value() == expected);
    const Variable one{1.0};
    CHECK((one * expression).value() == expected);
    CHECK((expression + 0.0 * one).value() == expected);
}

} // namespace

TEST_CASE("views, casts and lazy formulas are taken element by element") {
    check_taken(b);
    check_taken(xt::row(b, 2));
    check_taken(xt::col(b, 1));
    check_taken(xt::view(b, xt::range(1, 3)));
    check_taken(xt::view(b, 1));
    check_taken(xt::view(b, xt::all(), xt::range(1, 3)));
    check_taken(xt::view(b, xt::range(0, 3, 2), xt::range(3, 0, -1)));
    check_taken(xt::strided_view(b, {1, xt::all()}));
    check_taken(xt::transpose(b));
    check_taken(b * 2.0 + 1.0);
    check_taken(xt::xtensor<double, 2>(b));
    check_taken(xt::xarray<double, xt::layout_type::column_major>(b));
    const Variable x(b);
    check_taken(x.value());
    check_taken(xt::view(x.value(), 1));
    check_taken(xt::row(x.value(), 2));
    const std::vector<double> plain{1, 2, 3, 4};
    check_taken(xt::adapt(plain, std::vector<std::size_t>{2, 2}));
    CHECK((Variable{1.0f} * xt::cast<int>(b)).value()(2, 3) == 11.0f);
}

TEST_CASE("labels from a view") {
    const xt::xarray<std::int64_t> labels{0, 0, 0, 1, 2, 1};
    const xt::xarray<double> logits{{2, 0, 1}, {0, 3, 1}, {1, 1, 0}};
    const xt::xarray<std::int64_t> last{1, 2, 1};
    CHECK(cross_entropy(constant(logits), xt::view(labels, xt::range(3, 6))).item() ==
          cross_entropy(constant(logits), last).item());
}

TEST_CASE("assignment through value() keeps the shape") {
    Variable x(b);
    x.value() = xt::xarray<double>{1, 2, 3, 4};
    CHECK(x.value()(2, 3) == 4);
    x.value() *= 2.0;
    CHECK(x.value()(0, 1) == 4);
    x.value() -= xt::transpose(xt::xarray<double>{{1, 2, 3}});
    CHECK(x.value()(2, 0) == -1);
    CHECK_THROWS_AS(x.value() = (xt::xarray<double>{{1, 2}, {3, 4}}), ShapeError);
    CHECK_THROWS_AS((x.value() += xt::ones<double>({2, 3, 4})), ShapeError);
    CHECK_THROWS_AS((x.value() = xt::ones<double>({4, 3})), ShapeError);
    CHECK(x.shape() == Shape{3, 4});
}

TEST_CASE("assigning one value() to another copies the elements, and broadcasts them") {
    Variable x{1.0, 2.0, 3.0};
    const Variable y{4.0, 5.0, 6.0}, one(Array<double>{7});
    x.value() = y.value();
    CHECK(x.value() == Array<double>{4, 5, 6});
    CHECK(y.value() == Array<double>{4, 5, 6});
    x.value() = one.value();
    CHECK(x.value() == Array<double>{7, 7, 7});
    x.value() = x.value();
    CHECK(x.value() == Array<double>{7, 7, 7});
    Variable scalar{1.0};
    CHECK_THROWS_AS(scalar.value() = y.value(), ShapeError);
    CHECK(scalar.item() == 1);
}

// Running sums and products: PyTorch's values and derivatives, with zeros; precision; what is refused.
#include <xgrad/ops/cumulative.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/reduction.hpp"

#include <doctest/doctest.h>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::Case;
using tests::reference::Numbers;

TEST_CASE("cumsum and cumprod agree with PyTorch") {
    int checked = 0;
    for (const Case& c : tests::reference::reduction_cases) {
        if (!c.call.starts_with("cum")) continue;
        const auto call = [](const std::string& text, const auto& x) {
            const std::ptrdiff_t axis = std::stoi(text.substr(text.find(',') + 1));
            return text.starts_with("cumsum") ? cumsum(x, axis) : cumprod(x, axis);
        };
        tests::reference::check<double>(c, call);
        tests::reference::check<float>(c, call);
        ++checked;
    }
    CHECK(checked > 10);
}

TEST_CASE("the gradient of cumprod with one and with several zeros, by hand") {
    // y = (2, 0, 0, 0): only the products up to and beyond the first zero feel it.
    const auto x = as_variable<double>({4}, {2, 0, 3, 0}, true);
    const auto one = as_variable<double>({4}, {1, 1, 1, 1}, false);
    // dx1: 1; dx2: 2 + 2*3 + 2*3*0; the others' products all hold the first zero.
    CHECK(agree(grad(cumprod(x, 0), wrt(x), {.seed = one})[0], {1, 8, 0, 0}));
    const auto z = as_variable<double>({3}, {0, 5, 7}, true);
    const auto ones = as_variable<double>({3}, {1, 1, 1}, false);
    CHECK(agree(grad(cumprod(z, 0), wrt(z), {.seed = ones})[0], {1 + 5 + 35, 0, 0}));
}

TEST_CASE("cumsum keeps its digits, along rows and across them") {
    const std::size_t n = 1'000'000;
    for (const Shape& shape : {Shape{n, 1}, Shape{n, 2}}) {
        const Variable<float> y = cumsum(Variable<float>(Tensor<float>(shape, 0.1f), false), 0);
        CHECK(y.tensor().data()[y.size() - 1] ==
              doctest::Approx(static_cast<double>(0.1f) * n).epsilon(1e-7));
    }
}

TEST_CASE("cumulative functions of long lines beside each other") {
    const Shape shape{3, 5, 1100}; // more columns than a tile has
    Tensor<double> x(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<double>(i % 7) - 2;
    const Variable<double> s = cumsum(Variable<double>(x, false), 1),
                           p = cumprod(Variable<double>(x, false), 1);
    bool equal = true;
    for (std::size_t o = 0; o < 3; ++o) {
        for (std::size_t j = 0; j < 1100; ++j) {
            double total = 0, product = 1;
            for (std::size_t k = 0; k < 5; ++k) {
                const std::size_t i = (o * 5 + k) * 1100 + j;
                equal = equal && s.tensor().data()[i] == (total += x.data()[i]);
                equal = equal && p.tensor().data()[i] == (product *= x.data()[i]);
            }
        }
    }
    CHECK(equal);
}

TEST_CASE("cumulative functions of nothing, and an axis that is not there") {
    const auto x = as_variable<float>({0, 2}, {}, true);
    CHECK(cumsum(x, 0).shape() == Shape{0, 2});
    CHECK(cumprod(x, 1).shape() == Shape{0, 2});
    CHECK(message_of<IndexError>([&] { cumsum(x, 2); }) == "cumsum: axis 2 is out of range for shape (0, 2)");
    const Variable<float> scalar{1.0f};
    CHECK(message_of<IndexError>([&] { cumprod(scalar, 0); }) ==
          "cumprod: axis 0 is out of range for shape ()");
}

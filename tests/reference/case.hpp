/// @file
/// A call of one operand and what PyTorch makes of it, as the scripts that use cases.py write it, and how to
/// check it.
#pragma once

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/ops/indexing.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace xgrad::tests::reference {

using Numbers = std::vector<double>;

// Lists and texts without memory of their own: the compiler lays them out, and there is no code to run, nor to compile.
using Extents = std::initializer_list<std::size_t>;
using NumberList = std::initializer_list<double>;

struct Case {
    std::string_view call; ///< in C++
    Extents operand;
    NumberList x;
    Extents result;
    NumberList value, gradient, second;
};

template <class T>
Variable<T> as_variable(const Shape& shape, const Numbers& numbers, bool requires_grad) {
    Tensor<T> tensor(shape);
    REQUIRE(tensor.size() == numbers.size());
    std::transform(numbers.begin(), numbers.end(), tensor.begin(),
                   [](double number) { return static_cast<T>(number); });
    return Variable<T>(std::move(tensor), requires_grad);
}

/// The part of the flat `operands` from `start` on that has this shape; `start` goes on behind it.
template <class T>
Variable<T> part(const Variable<T>& operands, std::size_t& start, const Shape& shape) {
    const auto from = static_cast<std::ptrdiff_t>(start);
    start += shape.size();
    return reshape(slice(operands, {range(from, static_cast<std::ptrdiff_t>(start))}), shape);
}

/// Whether all numbers agree up to T's precision, relative to the largest.
template <class T>
bool agree(const Variable<T>& got, const Numbers& expected) {
    double scale = 1;
    for (const double number : expected) scale = std::max(scale, std::abs(number));
    const double tolerance = scale * (std::is_same_v<T, float> ? 4e-6 : 1e-13);
    return std::equal(got.tensor().begin(), got.tensor().end(), expected.begin(), expected.end(),
                      [&](T a, double b) { return std::abs(static_cast<double>(a) - b) <= tolerance; });
}

/// Checks the value, the gradient and the second derivative of `call(c.call, x)`; see cases.py for the
/// adjoints.
template <class T, class Call>
void check(const Case& c, const Call& call) {
    const std::string text(c.call);
    INFO(text, " of ", to_string(Shape(c.operand)), " in ",
         std::string(std::is_same_v<T, float> ? "float" : "double"));
    const auto x = as_variable<T>(c.operand, c.x, true);
    const Variable<T> y = call(text, x);
    REQUIRE(y.shape() == Shape(c.result));
    CHECK(agree(y, c.value));
    Numbers u(y.size()), v(x.size());
    for (std::size_t i = 0; i < u.size(); ++i) u[i] = 1 + static_cast<double>(i) / 4;
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = (static_cast<double>(i % 5) - 2) / 2;
    const auto seed = as_variable<T>(c.result, u, false);
    CHECK(agree(grad(y, wrt(x), {.seed = seed, .retain_graph = true})[0], c.gradient));
    const Variable<T> gradient = grad(y, wrt(x), {.seed = seed, .create_graph = true})[0];
    CHECK(agree(gradient, c.gradient));
    if (gradient.requires_grad()) {
        CHECK(agree(grad(gradient, wrt(x), {.seed = as_variable<T>(c.operand, v, false)})[0], c.second));
    } else {
        CHECK(std::all_of(c.second.begin(), c.second.end(), [](double number) { return number == 0; }));
    }
}

} // namespace xgrad::tests::reference

/// @file
/// Compares calls with the cases of tests/reference/shape.py: values and gradients to the last bit, float and
/// double.
#pragma once

#include "tests/reference/shape.hpp"

#include <doctest/doctest.h>

#include <xgrad/autodiff/backward.hpp>

#include <algorithm>
#include <cctype>
#include <functional>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace xgrad::tests {

/// A call as it is written, and as a function.
struct Call {
    template <class F>
    Call(std::string text, F f) : text(std::move(text)), call_float(f), call_double(f) {
        std::erase_if(this->text, [](unsigned char c) { return std::isspace(c); });
    }

    std::string text; ///< without spaces
    std::function<Variable<float>(const Variable<float>&, const Variable<float>&)> call_float;
    std::function<Variable<double>(const Variable<double>&, const Variable<double>&)> call_double;
};

/// A Call of x and y from its code.
#define XGRAD_CALL(...)                                                                                      \
    Call(#__VA_ARGS__,                                                                                       \
         []([[maybe_unused]] const auto& x, [[maybe_unused]] const auto& y) { return __VA_ARGS__; })

template <class T>
Variable<T> operand(const Shape& shape, double first, double scale) {
    Tensor<T> elements(shape);
    std::iota(elements.begin(), elements.end(), static_cast<T>(first));
    for (T& element : elements) element *= static_cast<T>(scale);
    return Variable<T>(elements, true);
}

template <class T>
std::vector<double> elements_of(const Variable<T>& x) {
    return std::vector<double>(x.tensor().begin(), x.tensor().end());
}

template <class T, class F>
void check_case(const reference::ShapeCase& expected, const F& call) {
    std::vector<Variable<T>> operands{operand<T>(expected.operands[0], 1, 1)};
    if (expected.operands.size() > 1) operands.push_back(operand<T>(expected.operands[1], 100, 0.125));
    const Variable<T> result = call(operands.front(), operands.back());
    CHECK(to_string(result.shape()) == to_string(expected.shape));
    CHECK(elements_of(result) == expected.value);

    Tensor<T> adjoint(result.shape());
    for (std::size_t i = 0; i < adjoint.size(); ++i) {
        adjoint.data()[i] = static_cast<T>(1 + i) + static_cast<T>(i * i % 7) / 8;
    }
    const auto gradients = grad(result, operands, {.seed = Variable<T>(adjoint, false)});
    for (std::size_t k = 0; k < operands.size(); ++k)
        CHECK(elements_of(gradients[k]) == expected.gradients[k]);
}

/// Every case has its call, and every call its case.
inline void check_cases(const std::vector<reference::ShapeCase>& cases, const std::vector<Call>& calls) {
    std::set<std::string> checked;
    for (const reference::ShapeCase& expected : cases) {
        INFO(expected.call);
        const Call wanted(expected.call, [](const auto& x, const auto&) { return x; });
        const auto call =
            std::find_if(calls.begin(), calls.end(), [&](const Call& c) { return c.text == wanted.text; });
        REQUIRE_MESSAGE(call != calls.end(), "no such call");
        checked.insert(call->text);
        check_case<float>(expected, call->call_float);
        check_case<double>(expected, call->call_double);
    }
    for (const Call& call : calls) CHECK_MESSAGE(checked.contains(call.text), call.text);
}

/// The message of the error E that `f` throws, without the place; "" if it throws none.
template <class E, class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const E& error) {
        const std::string text = error.what();
        return text.substr(0, text.find("\n  called at"));
    }
    return "";
}

} // namespace xgrad::tests

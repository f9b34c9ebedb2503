// softmax and log_softmax: PyTorch's values and derivatives, also at extreme operands; lines of every length.
#include <xgrad/ops/softmax.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/softmax.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::Case;
using tests::reference::Numbers;

TEST_CASE("softmax and log_softmax agree with PyTorch") {
    int checked = 0;
    for (const Case& c : tests::reference::softmax_cases) {
        if (c.call.find("softmax") == std::string::npos) continue;
        const auto call = [](const std::string& text, const auto& x) {
            const auto comma = text.find(',');
            const std::ptrdiff_t axis = comma == std::string::npos ? -1 : std::stoi(text.substr(comma + 1));
            return text.starts_with("log") ? log_softmax(x, axis) : softmax(x, axis);
        };
        tests::reference::check<double>(c, call);
        tests::reference::check<float>(c, call);
        ++checked;
    }
    CHECK(checked > 10);
}

TEST_CASE_TEMPLATE("softmax of lines of every length, along and across rows", T, float, double) {
    for (const std::size_t extent : {1, 2, 8, 15, 16, 17, 33, 200}) {
        for (const std::size_t inner : {1, 3, 16, 20, 513}) {
            Tensor<T> x({2, extent, inner});
            for (std::size_t i = 0; i < x.size(); ++i)
                x.data()[i] = static_cast<T>((i * 37 + i / 5) % 23) / 4;
            const Variable<T> v(x, false), y = softmax(v, 1), l = log_softmax(v, 1);
            double worst = 0;
            for (std::size_t o = 0; o < 2; ++o) {
                for (std::size_t j = 0; j < inner; ++j) {
                    const auto at = [&](std::size_t k) { return (o * extent + k) * inner + j; };
                    double total = 0;
                    for (std::size_t k = 0; k < extent; ++k)
                        total += std::exp(static_cast<double>(x.data()[at(k)]));
                    for (std::size_t k = 0; k < extent; ++k) {
                        const double p = std::exp(static_cast<double>(x.data()[at(k)])) / total;
                        worst =
                            std::max(worst, std::abs(static_cast<double>(y.tensor().data()[at(k)]) / p - 1));
                        worst = std::max(
                            worst, std::abs(static_cast<double>(l.tensor().data()[at(k)]) - std::log(p)));
                    }
                }
            }
            INFO("extent ", extent, ", inner ", inner);
            CHECK(worst < (std::is_same_v<T, float> ? 2e-6 : 1e-14));
        }
    }
}

TEST_CASE_TEMPLATE("softmax where some operands are -inf", T, float, double) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto x = as_variable<T>({3}, {-infinity, 2, 2}, true); // a masked score, as in attention
    const auto y = softmax(x);
    CHECK(agree(y, {0, 0.5, 0.5}));
    CHECK(agree(grad(y, wrt(x), {.seed = as_variable<T>({3}, {1, 2, 4}, false)})[0], {0, -0.5, 0.5}));
}

TEST_CASE("softmax of nothing, and of an axis that is not there") {
    CHECK(softmax(as_variable<float>({2, 0}, {}, true)).shape() == Shape{2, 0});
    CHECK(log_softmax(as_variable<float>({0, 2}, {}, true), 0).shape() == Shape{0, 2});
    const Variable x{1.0, 2.0};
    CHECK(message_of<IndexError>([&] { softmax(x, 1); }) == "softmax: axis 1 is out of range for shape (2)");
    CHECK(message_of<IndexError>([&] { log_softmax(Variable{1.0}); }) ==
          "log_softmax: axis -1 is out of range for shape ()");
}

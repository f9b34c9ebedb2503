// argmax and argmin: ties, NaN, every layout, what is refused.
#include <xgrad/ops/arg.hpp>

#include "tests/message_of.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;
using tests::message_of;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

/// NumPy's rule: the first NaN, else the first of the largest.
template <class T>
std::int64_t first_largest(const T* x, std::size_t n, std::size_t stride, T sign) {
    std::size_t best = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (std::isnan(x[i * stride])) return static_cast<std::int64_t>(i);
        if (sign * x[i * stride] > sign * x[best * stride]) best = i;
    }
    return static_cast<std::int64_t>(best);
}

} // namespace

TEST_CASE("argmax and argmin read well") {
    const Variable x{{3.0, 1.0, 3.0}, {2.0, 5.0, 1.0}};
    CHECK(argmax(x) == 4);
    CHECK(argmin(x) == 1);
    CHECK(argmax(x, 1) == Array<std::int64_t>{0, 1});
    CHECK(argmin(x, -1) == Array<std::int64_t>{1, 2});
    CHECK(argmax(x, 0) == Array<std::int64_t>{0, 1, 0});
    CHECK(argmin(x, 0, true) == Array<std::int64_t>{{1, 0, 1}});
    CHECK(argmax(Variable{2.0}) == 0);
}

TEST_CASE_TEMPLATE("argmax and argmin of every layout, with ties, NaN and infinities", T, float, double) {
    for (const std::size_t outer : {1, 3}) {
        for (const std::size_t extent : {1, 2, 9, 16, 17, 40, 200}) {
            for (const std::size_t inner : {1, 2, 16, 33, 600}) {
                for (const int kind : {0, 1, 2}) {
                    Tensor<T> x({outer, extent, inner});
                    for (std::size_t i = 0; i < x.size(); ++i) {
                        x.data()[i] = static_cast<T>((i * i * 31 + i / 3) % 13) - 6;
                        if (kind == 1 && i % 11 == 7) x.data()[i] = static_cast<T>(NaN);
                        if (kind == 2) x.data()[i] = static_cast<T>(i % 5 == 1 ? infinity : -infinity);
                    }
                    const Variable<T> v(x, false);
                    const auto largest = argmax(v, 1), smallest = argmin(v, 1);
                    bool equal = true;
                    for (std::size_t o = 0; o < outer; ++o) {
                        for (std::size_t j = 0; j < inner; ++j) {
                            const T* const line = x.data() + o * extent * inner + j;
                            equal = equal && largest(o, j) == first_largest(line, extent, inner, T(1));
                            equal = equal && smallest(o, j) == first_largest(line, extent, inner, T(-1));
                        }
                    }
                    INFO("shape ", to_string(x.shape()), ", kind ", kind);
                    CHECK(equal);
                    CHECK(argmax(v) == first_largest(x.data(), x.size(), 1, T(1)));
                    CHECK(argmin(v) == first_largest(x.data(), x.size(), 1, T(-1)));
                }
            }
        }
    }
}

TEST_CASE("argmax of nothing, and of an axis that is not there") {
    const Variable<double> x(Tensor<double>({0, 3}), false);
    CHECK(argmax(x, 1).shape(0) == 0);
    CHECK(message_of<ValueError>([&] { argmax(x); }) ==
          "argmax: there is nothing to search in an array of shape (0, 3)");
    CHECK(message_of<ValueError>([&] { argmin(x, 0); }) == "argmin: axis 0 of shape (0, 3) is empty");
    CHECK(message_of<IndexError>([&] { argmax(x, 2); }) == "argmax: axis 2 is out of range for shape (0, 3)");
}

// transpose, permute, swapaxes: every element in its place, at every size around the tiles of the copy.
#include <xgrad/ops/transpose.hpp>

#include <xgrad/autodiff/backward.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

using namespace xgrad;

namespace {

/// The elements 0, 1, 2, ...
template <class T>
Variable<T> counting(const Shape& shape) {
    Tensor<T> x(shape);
    std::iota(x.begin(), x.end(), T(0));
    return Variable<T>(std::move(x), true);
}

template <class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const Error& error) {
        const std::string what = error.what();
        CHECK(what.find("transpose_test.cpp") != std::string::npos);
        return what.substr(0, what.find('\n'));
    }
    return "nothing was thrown";
}

} // namespace

TEST_CASE_TEMPLATE("transpose: matrices of all sizes around the tiles", T, float, double) {
    std::size_t wrong = 0;
    const auto check = [&](std::size_t rows, std::size_t columns) {
        const Variable<T> y = transpose(counting<T>({rows, columns}));
        REQUIRE(y.shape() == Shape{columns, rows});
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < columns; ++j) {
                wrong += y.tensor().data()[j * rows + i] != static_cast<T>(i * columns + j);
            }
        }
    };
    for (std::size_t rows = 1; rows <= 34; ++rows) {
        for (std::size_t columns = 1; columns <= 34; ++columns) check(rows, columns);
    }
    for (const std::size_t rows : {63, 64, 65, 130}) {
        for (const std::size_t columns : {63, 64, 65, 130}) check(rows, columns);
    }
    CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("permute: all orders of four axes", T, float, double) {
    std::size_t wrong = 0;
    for (const Shape& shape :
         {Shape{3, 2, 4, 5}, Shape{9, 1, 8, 10}, Shape{1, 17, 1, 3}, Shape{2, 2, 1, 1}}) {
        std::array<std::size_t, 4> order{0, 1, 2, 3};
        do {
            const Variable<T> y = permute(counting<T>(shape), order);
            std::array<std::size_t, 4> stride{}, at{};
            for (std::size_t k = 4, next = 1; k-- > 0; next *= shape[k]) stride[k] = next;
            for (std::size_t k = 0; k < 4; ++k) REQUIRE(y.shape()[k] == shape[order[k]]);
            const T* element = y.tensor().data();
            for (at[0] = 0; at[0] < y.shape()[0]; ++at[0]) {
                for (at[1] = 0; at[1] < y.shape()[1]; ++at[1]) {
                    for (at[2] = 0; at[2] < y.shape()[2]; ++at[2]) {
                        for (at[3] = 0; at[3] < y.shape()[3]; ++at[3]) {
                            std::size_t from = 0;
                            for (std::size_t k = 0; k < 4; ++k) from += at[k] * stride[order[k]];
                            wrong += *element++ != static_cast<T>(from);
                        }
                    }
                }
            }
        } while (std::next_permutation(order.begin(), order.end()));
    }
    CHECK(wrong == 0);
}

TEST_CASE("transpose: what has nothing to transpose comes back as it is") {
    const auto vector = counting<double>({3}), scalar = counting<double>({});
    CHECK(&transpose(vector).cell() == &vector.cell());
    CHECK(&transpose(scalar).cell() == &scalar.cell());
    CHECK(&permute(vector, {0}).cell() == &vector.cell());
    CHECK(&swapaxes(vector, 0, -1).cell() == &vector.cell());
}

TEST_CASE("permute, swapaxes: what they refuse") {
    const auto x = counting<double>({2, 3});
    CHECK(message_of([&] { permute(x, {0}); }) ==
          "permute: the axes {0} do not name each axis of shape (2, 3) once");
    CHECK(message_of([&] {
              permute(x, {1, -1});
          }) == "permute: the axes {1, -1} do not name each axis of shape (2, 3) once");
    CHECK(message_of([&] {
              permute(x, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
          }) ==
          "an array may have at most 8 axes, not 9");
    CHECK(message_of([&] { permute(x, {0, 2}); }) == "permute: axis 2 is out of range for shape (2, 3)");
    CHECK(message_of([&] { swapaxes(x, 0, -3); }) == "swapaxes: axis -3 is out of range for shape (2, 3)");
    CHECK(message_of([&] { swapaxes(counting<double>({}), 0, 0); }) ==
          "swapaxes: axis 0 is out of range for shape ()");
}

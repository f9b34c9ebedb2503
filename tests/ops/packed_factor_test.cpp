// PackedFactor: products of every number of rows and columns against the formula.
#include "tests/num_threads.hpp"

#include <xgrad/ops/packed_factor.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace xgrad;

namespace {

/// Small integers, of which sums are exact.
template <class T>
Tensor<T> numbers(const Shape& shape, std::size_t seed) {
    Tensor<T> result(shape);
    for (std::size_t i = 0; i < result.size(); ++i) result.data()[i] = static_cast<T>((i * 7 + seed * 5 + i * i % 11) % 9) - 4;
    return result;
}

enum class Added { nothing, c, row };

/// Whether `multiply`(a, b, beta, c, row) makes the right product of (rows, depth) and (depth, columns), and writes nothing beside it.
template <class T, class F>
bool is_right(std::size_t rows, std::size_t depth, std::size_t columns, bool transposed, Added added, const F& multiply) {
    const auto a = numbers<T>({rows, depth}, 1), b = numbers<T>({depth, columns}, 2), before = numbers<T>({rows * columns + 1}, 3),
               row = numbers<T>({columns}, 4);
    const auto c = before.clone();
    multiply(ops::Factor<T>{a.data(), rows, depth}, ops::Factor<T>{b.data(), depth, columns, transposed}, T(added == Added::c), c.data(),
             added == Added::row ? row.data() : nullptr);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
            T sum = added == Added::c ? before.data()[i * columns + j] : added == Added::row ? row.data()[j] : 0;
            for (std::size_t k = 0; k < depth; ++k)
                sum += a.data()[i * depth + k] * b.data()[transposed ? j * depth + k : k * columns + j];
            if (c.data()[i * columns + j] != sum) return false;
        }
    }
    return c.data()[rows * columns] == before.data()[rows * columns];
}

} // namespace

TEST_CASE_TEMPLATE("products with a packed factor, panel by panel, and by BLAS", T, float, double) {
    const auto check = [](std::size_t rows, std::size_t depth, std::size_t columns) {
        CAPTURE(rows);
        CAPTURE(depth);
        CAPTURE(columns);
        for (const bool transposed : {false, true}) {
            for (const Added added : {Added::nothing, Added::c, Added::row}) {
                CHECK(is_right<T>(rows, depth, columns, transposed, added, [](auto a, auto b, T beta, T* c, const T* row) {
                    ops::PackedFactor<T>(b, a.rows).multiply(a.data, a.rows, beta, c, row);
                }));
                CHECK(is_right<T>(rows, depth, columns, transposed, added, [](auto a, auto b, T beta, T* c, const T* row) {
                    ops::multiply_by_panels(a.data, a.rows, b, beta, c, row);
                }));
                CHECK(is_right<T>(rows, depth, columns, transposed, added,
                                  [](auto a, auto b, T beta, T* c, const T* row) { ops::gemm(a, b, beta, c, row); }));
            }
        }
    };
    for (std::size_t rows = 0; rows <= 18; ++rows) check(rows, 5, 35);
    for (std::size_t columns = 0; columns <= 70; ++columns) check(3, 4, columns);
    for (std::size_t depth = 0; depth <= 3; ++depth) check(9, depth, 17);
    // Shared among threads, by rows and by columns.
    const Threads two(2);
    check(1003, 70, 65);
    check(40, 300, 500);
}

TEST_CASE_TEMPLATE("what stands in the place of a product counts only if it is added to", T, float, double) {
    const Tensor<T> one(Shape{2, 2}, T(1)), c(Shape{2, 2}, std::numeric_limits<T>::quiet_NaN());
    const ops::PackedFactor<T> factor({one.data(), 2, 2}, 2);
    factor.multiply(one.data(), 2, 0, c.data());
    for (const T element : c) CHECK(element == 2);
    one.data()[0] = std::numeric_limits<T>::quiet_NaN();
    const Tensor<T> zeros(Shape{2, 2}, T(0));
    const ops::PackedFactor<T> with_nan({one.data(), 2, 2}, 2);
    with_nan.multiply(zeros.data(), 2, 1, c.data());
    CHECK(std::isnan(c.data()[0]));
    CHECK(c.data()[1] == 2);
}

// matmul and linear beyond the values in linalg_test.cpp: kinds of product, NaN, memory, operands, errors.
#include <xgrad/ops/matmul.hpp>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/transpose.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace xgrad;

namespace {

template <class T>
Variable<T> filled(const Shape& shape, T value = 1, bool requires_grad = true) {
    return Variable<T>(Tensor<T>(shape, value), requires_grad);
}

template <class T>
Variable<T> random(const Shape& shape, unsigned seed) {
    std::mt19937 engine(seed);
    std::uniform_real_distribution<T> uniform(-1, 1);
    Tensor<T> x(shape);
    for (T& element : x) element = uniform(engine);
    return Variable<T>(std::move(x), true);
}

template <class T>
std::vector<T> elements(const Variable<T>& x) {
    return std::vector<T>(x.tensor().begin(), x.tensor().end());
}

template <class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const ShapeError& error) {
        const std::string what = error.what();
        CHECK(what.find("matmul_test.cpp") != std::string::npos);
        return what.substr(0, what.find('\n'));
    }
    return "nothing was thrown";
}

/// The (m, k) factor whose element (i, p) is `element(i, p)`.
template <class T, class F>
std::vector<T> stored(std::size_t m, std::size_t k, bool transposed, F element) {
    std::vector<T> data(m * k);
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t p = 0; p < k; ++p) data[transposed ? p * m + i : i * k + p] = element(i, p);
    }
    return data;
}

constexpr std::size_t sizes[] = {1, 2, 3, 5, 8, 17, 40};

/// Calls `f(m, n, k, ta, tb)` for every kind of product.
template <class F>
void for_each_product(F f) {
    for (const std::size_t m : sizes) {
        for (const std::size_t n : sizes) {
            for (const std::size_t k : sizes) {
                for (int flags = 0; flags < 4; ++flags) f(m, n, k, flags % 2 == 1, flags / 2 == 1);
            }
        }
    }
}

} // namespace

TEST_CASE_TEMPLATE("gemm: every kind of product is the sum of products", T, float, double) {
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    // Sixteenths, so that the sums are exact in any order.
    const auto a_at = [](std::size_t i, std::size_t p) {
        return static_cast<T>((5 * i + 3 * p) % 13) / 16 - T(0.5);
    };
    const auto b_at = [](std::size_t p, std::size_t j) {
        return static_cast<T>((7 * p + 2 * j) % 11) / 16 - T(0.25);
    };
    std::size_t wrong = 0;
    for_each_product([&](std::size_t m, std::size_t n, std::size_t k, bool ta, bool tb) {
        const auto a = stored<T>(m, k, ta, a_at), b = stored<T>(k, n, tb, b_at);
        std::vector<T> fresh(m * n, nan), added(m * n, T(0.5)); // with beta = 0, C may hold anything
        ops::gemm<T>({a.data(), m, k, ta}, {b.data(), k, n, tb}, 0, fresh.data());
        ops::gemm<T>({a.data(), m, k, ta}, {b.data(), k, n, tb}, 1, added.data());
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < n; ++j) {
                T sum = 0;
                for (std::size_t p = 0; p < k; ++p) sum += a_at(i, p) * b_at(p, j);
                wrong += fresh[i * n + j] != sum;
                wrong += added[i * n + j] != sum + T(0.5);
            }
        }
    });
    CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("gemm: zero times infinity is not skipped", T, float, double) {
    std::size_t wrong = 0;
    for (const T special : {std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()}) {
        for_each_product([&](std::size_t m, std::size_t n, std::size_t k, bool ta, bool tb) {
            // One special element in row i0 of A, all of B zero: row i0 of C is NaN. So for a column of B.
            const std::size_t i0 = m / 2, j0 = n / 2, p0 = k - 1;
            const auto a =
                stored<T>(m, k, ta, [&](auto i, auto p) { return i == i0 && p == p0 ? special : T(1); });
            const auto b =
                stored<T>(k, n, tb, [&](auto p, auto j) { return j == j0 && p == p0 ? special : T(1); });
            const std::vector<T> zeros(40 * 40, 0);
            std::vector<T> from_a(m * n), from_b(m * n);
            ops::gemm<T>({a.data(), m, k, ta}, {zeros.data(), k, n, tb}, 0, from_a.data());
            ops::gemm<T>({zeros.data(), m, k, ta}, {b.data(), k, n, tb}, 0, from_b.data());
            for (std::size_t i = 0; i < m; ++i) {
                for (std::size_t j = 0; j < n; ++j) {
                    wrong += std::isnan(from_a[i * n + j]) != (i == i0);
                    wrong += std::isnan(from_b[i * n + j]) != (j == j0);
                }
            }
        });
    }
    CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("matmul: an empty sum is zero, whatever the memory held", T, float, double) {
    filled<T>({3, 4}, std::numeric_limits<T>::quiet_NaN()); // its block is the next to be used
    const auto a = filled<T>({3, 0}), b = filled<T>({0, 4});
    const Variable<T> c = matmul(a, b);
    CHECK(c.shape() == Shape{3, 4});
    CHECK(elements(c) == std::vector<T>(12, T(0)));
    CHECK(matmul(filled<T>({0}), filled<T>({0})).item() == 0);
    CHECK(elements(linear(filled<T>({2, 0}), filled<T>({2, 0}), Array<T>{5, 7})) ==
          std::vector<T>{5, 7, 5, 7});
    CHECK(matmul(filled<T>({0, 3}), filled<T>({3, 2})).shape() == Shape{0, 2});
    CHECK(matmul(filled<T>({4, 0, 2, 3}), filled<T>({3, 2})).shape() == Shape{4, 0, 2, 2});
    CHECK(linear(filled<T>({0, 3}), filled<T>({2, 3}), filled<T>({2})).shape() == Shape{0, 2});
}

TEST_CASE_TEMPLATE("matmul, linear: NaN reaches every gradient it enters", T, float, double) {
    constexpr T inf = std::numeric_limits<T>::infinity();
    const auto a = filled<T>({3, 4}, 0), b = filled<T>({4, 5}, 0), w = filled<T>({5, 4}, 0),
               bias = filled<T>({5}, 0);
    b.tensor().data()[7] = inf; // element (1, 2)
    w.tensor().data()[9] = inf; // element (2, 1)
    const auto seed = filled<T>({3, 5}, 0, false);
    const auto [da, db] = grad(matmul(a, b), wrt(a, b), {.seed = seed});
    const auto [dx, dw, dbias] = grad(linear(a, w, bias), wrt(a, w, bias), {.seed = seed});
    for (std::size_t i = 0; i < 12; ++i) {
        CHECK(std::isnan(da.tensor().data()[i]) == (i % 4 == 1));
        CHECK(std::isnan(dx.tensor().data()[i]) == (i % 4 == 1));
    }
    CHECK(elements(db) == std::vector<T>(20, T(0)));
    CHECK(elements(dw) == std::vector<T>(20, T(0)));
    CHECK(elements(dbias) == std::vector<T>(5, T(0)));
}

TEST_CASE_TEMPLATE("matmul: its options are transposes without the copy", T, float, double) {
    const auto a = random<T>({6, 4, 5}, 1), b = random<T>({6, 3, 4}, 2);
    const auto seed = random<T>({6, 5, 3}, 3).detach();
    const Variable<T> direct = matmul(a, b, {.transpose_a = true, .transpose_b = true});
    const Variable<T> copied = matmul(swapaxes(a, -2, -1), swapaxes(b, -2, -1));
    REQUIRE(direct.shape() == copied.shape());
    const T tolerance = 8 * std::numeric_limits<T>::epsilon(); // BLAS may sum in another order
    const auto close = [&](const Variable<T>& x, const Variable<T>& y) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (!(std::abs(x.tensor().data()[i] - y.tensor().data()[i]) <= tolerance)) return false;
        }
        return true;
    };
    CHECK(close(direct, copied));
    const auto [da, db] = grad(direct, wrt(a, b), {.seed = seed});
    const auto [da2, db2] = grad(copied, wrt(a, b), {.seed = seed});
    CHECK(close(da, da2));
    CHECK(close(db, db2));
}

TEST_CASE("matmul, linear: arrays and expressions beside a Variable") {
    const Array<double> a{{1, 2}, {3, 4}};
    const Variable x{{5.0, 6.0}, {7.0, 8.0}};
    using Numbers = std::vector<double>;
    CHECK(elements(matmul(a, x)) == Numbers{19, 22, 43, 50});
    CHECK(elements(matmul(x, a)) == Numbers{23, 34, 31, 46});
    CHECK(elements(matmul(a * 2.0, x)) == Numbers{38, 44, 86, 100});
    CHECK(elements(matmul(xt::transpose(a), x)) == Numbers{26, 30, 38, 44});
    CHECK(elements(matmul(a, x, {.transpose_a = true})) == Numbers{26, 30, 38, 44});
    CHECK(elements(linear(a, x, Array<double>{1, -1})) == Numbers{18, 22, 40, 52});
    CHECK(elements(linear(x, a)) == Numbers{17, 39, 23, 53});
    const Array<int> integers{{1, 0}, {0, 2}};
    CHECK(elements(matmul(integers, x)) == Numbers{5, 6, 14, 16});
}

TEST_CASE("matmul: what several uses add to one operand's gradient") {
    // y = x W W W with W diagonal: dy_i/dw_ii = 3 x_i w_ii^2.
    const Variable x{1.0, 2.0};
    const Variable w{{3.0, 0.0}, {0.0, 5.0}};
    auto y = x;
    for (int step = 0; step < 3; ++step) y = matmul(y, w);
    y.backward({.seed = constant(Array<double>{1, 1})});
    CHECK(w.grad()(0, 0) == 27);
    CHECK(w.grad()(1, 1) == 150);
    CHECK(x.grad()(0) == 27);
    CHECK(x.grad()(1) == 125);
}

TEST_CASE_TEMPLATE("linear: the bias gradient of many rows keeps its digits", T, float, double) {
    constexpr std::size_t rows = 3'000'001;
    const auto bias = filled<T>({1});
    const auto y = linear(filled<T>({rows, 1}, 1, false), filled<T>({1, 1}, 1, false), bias);
    y.backward({.seed = filled<T>({rows, 1}, T(0.1), false)});
    const double expected = static_cast<double>(T(0.1)) * rows;
    CHECK(std::abs(static_cast<double>(bias.grad()(0)) - expected) <= 1e-6 * expected);
}

TEST_CASE("matmul, linear: only what the derivatives read is kept") {
    const auto data = filled<double>({2, 3}, 1, false);
    auto w = filled<double>({3, 2}), v = filled<double>({2, 3});
    const auto y = matmul(data, w), z = linear(data, v);
    w.value() = 7.0; // dy/dw = data' g does not read w
    v.value() = 7.0;
    y.backward({.seed = filled<double>({2, 2}, 1, false)});
    z.backward({.seed = filled<double>({2, 2}, 1, false)});
    CHECK(w.grad()(0, 0) == 2);
    CHECK(v.grad()(0, 0) == 2);

    auto x = filled<double>({2, 3});
    const auto product = matmul(x, w);
    w.value() = 8.0; // dproduct/dx = g w' does
    CHECK_THROWS_AS(product.backward({.seed = filled<double>({2, 2}, 1, false)}), GraphError);
}

TEST_CASE("matmul, linear: an operand that nobody else holds is kept for the other's derivative") {
    using Numbers = std::vector<double>;
    const auto seed = filled<double>({2, 2}, 1, false);
    const Variable w{{1.0, 2.0}, {3.0, 4.0}};
    const auto constant_operand = [] { return constant(Array<double>{{1, 2}, {3, 4}}) * 2.0; };
    const auto from_left = matmul(constant_operand(), w), from_right = matmul(w, constant_operand());
    const auto from_x = linear(constant_operand(), w), from_weight = linear(w, constant_operand());
    filled<double>({2, 2}, 99); // takes the memory of an operand that was let go
    CHECK(elements(grad(from_left, wrt(w), {.seed = seed})[0]) == Numbers{8, 8, 12, 12});
    CHECK(elements(grad(from_right, wrt(w), {.seed = seed})[0]) == Numbers{6, 14, 6, 14});
    CHECK(elements(grad(from_x, wrt(w), {.seed = seed})[0]) == Numbers{8, 12, 8, 12});
    CHECK(elements(grad(from_weight, wrt(w), {.seed = seed})[0]) == Numbers{8, 12, 8, 12});
}

TEST_CASE("matmul: what it refuses") {
    const auto refuse = [](const Shape& a, const Shape& b, MatmulOptions options = {}) {
        return message_of([&] { matmul(filled<float>(a), filled<float>(b), options); });
    };
    CHECK(refuse({32, 784}, {512, 10}) ==
          "matmul: inner dimensions differ: (32, 784) x (512, 10): 784 != 512");
    CHECK(refuse({3}, {4}) == "matmul: inner dimensions differ: (3) x (4): 3 != 4");
    CHECK(refuse({2, 3}, {2}) == "matmul: inner dimensions differ: (2, 3) x (2): 3 != 2");
    CHECK(refuse({3}, {5, 2, 4}) == "matmul: inner dimensions differ: (3) x (5, 2, 4): 3 != 2");
    CHECK(refuse({2, 3}, {2, 4}, {.transpose_b = true}) ==
          "matmul: inner dimensions differ: (2, 3) x (2, 4)': 3 != 4");
    CHECK(refuse({2, 3}, {4, 3}, {.transpose_a = true}) ==
          "matmul: inner dimensions differ: (2, 3)' x (4, 3): 2 != 4");
    CHECK(refuse({2, 3, 4}, {3, 4, 5}) ==
          "matmul: the axes before the last two do not broadcast: (2, 3, 4) x (3, 4, 5): 2 != 3");
    CHECK(refuse({2, 5, 3, 4}, {4, 1, 4, 5}) ==
          "matmul: the axes before the last two do not broadcast: (2, 5, 3, 4) x (4, 1, 4, 5): 2 != 4");
    CHECK(refuse({}, {3}) == "matmul: a scalar has no matrix product: () x (3); use * to scale");
    CHECK(message_of([] {
              matmul(filled<float>({2, 2}), 2.0);
          }) == "matmul: a scalar has no matrix product: (2, 2) x (); use * to scale");

    constexpr std::size_t large = std::size_t{1} << 31;
    CHECK(refuse({large, 0}, {0, 3}) ==
          "matmul: a product of (2147483648, 0) and (0, 3) matrices is too large: BLAS counts to 2147483647");
    CHECK(refuse({0, large}, {large, 0}) == "matmul: a product of (0, 2147483648) and (2147483648, 0) "
                                            "matrices is too large: BLAS counts to 2147483647");
    CHECK(refuse({large - 1, 0}, {0, large - 1}) ==
          "matmul: a result of shape (2147483647, 2147483647) is too large");
}

TEST_CASE("linear: what it refuses") {
    const auto refuse = [](const Shape& x, const Shape& weight, const Shape& bias) {
        return message_of([&] { linear(filled<float>(x), filled<float>(weight), filled<float>(bias)); });
    };
    CHECK(refuse({32, 784}, {10, 512}, {10}) ==
          "linear: x and the weight differ in their features: (32, 784) and (10, 512): 784 != 512");
    CHECK(refuse({}, {10, 512}, {10}) == "linear: x must have shape (..., in); it is a scalar");
    CHECK(refuse({4}, {4}, {1}) == "linear: the weight must have shape (out, in), not (4)");
    CHECK(refuse({2, 3}, {4, 3}, {3}) ==
          "linear: the bias for a weight of shape (4, 3) must have shape (4), not (3)");
    CHECK(refuse({2, 3}, {4, 3}, {1, 4}) ==
          "linear: the bias for a weight of shape (4, 3) must have shape (4), not (1, 4)");
    CHECK(refuse({2, 3}, {4, 3}, {}) ==
          "linear: the bias for a weight of shape (4, 3) must have shape (4), not ()");
    constexpr std::size_t large = std::size_t{1} << 31;
    CHECK(refuse({large, 0}, {3, 0}, {3}) ==
          "linear: a product of (2147483648, 0) and (0, 3) matrices is too large: BLAS counts to 2147483647");
}

// The worked networks of the course notes, to every digit they print. Where the notes' own numbers are rounded on the way
// (they compute with nine decimals), "every digit printed" means the printed decimals.
#include <doctest/doctest.h>

#include <xgrad/xgrad.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace xgrad;

namespace {

/// `value` printed with as many decimals as the notes give.
std::string decimals(double value, int count) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", count, value);
    return text;
}

/// `value` printed to `digits` significant digits, as the second notes do.
std::string significant(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    return text;
}

} // namespace

TEST_CASE("deep learning slides: the 2-2-2 network with inputs 0.05, 0.10") {
    // W(i, j) leads from input or hidden unit i to unit j + 1 of the next layer: w1, w2 to h1; w5, w6 to o1.
    Variable W1{{0.15, 0.25}, {0.20, 0.30}}, W2{{0.40, 0.50}, {0.45, 0.55}};
    const double b1 = 0.35, b2 = 0.60, learning_rate = 0.5;
    const xt::xarray<double> input{0.05, 0.10}, target{0.01, 0.99};

    const auto net_h = matmul(input, W1) + b1;
    const auto out_h = sigmoid(net_h);
    const auto net_o = matmul(out_h, W2) + b2;
    const auto out_o = sigmoid(net_o);
    const auto errors = 0.5 * square(target - out_o);
    const auto total = sum(errors);

    CHECK(decimals(net_h.value()(0), 4) == "0.3775");
    CHECK(decimals(out_h.value()(0), 9) == "0.593269992");
    CHECK(decimals(out_h.value()(1), 9) == "0.596884378");
    CHECK(decimals(net_o.value()(0), 9) == "1.105905967");
    CHECK(decimals(out_o.value()(0), 8) == "0.75136507");
    CHECK(decimals(out_o.value()(1), 9) == "0.772928465");
    CHECK(decimals(errors.value()(0), 9) == "0.274811083");
    CHECK(decimals(errors.value()(1), 9) == "0.023560026");
    CHECK(decimals(total.item(), 9) == "0.298371109");

    const auto [dW1, dW2, d_out_h, d_net_o, d_out_o] = grad(total, wrt(W1, W2, out_h, net_o, out_o));
    CHECK(decimals(d_out_o.value()(0), 8) == "0.74136507");
    CHECK(decimals(d_net_o.value()(0), 9) == "0.138498562");
    CHECK(decimals(d_net_o.value()(0) / d_out_o.value()(0), 9) == "0.186815602");
    CHECK(decimals(dW2.value()(0, 0), 9) == "0.082167041"); // w5
    CHECK(decimals(d_out_h.value()(0), 9) == "0.036350306");
    CHECK(decimals(d_net_o.value()(0) * 0.40, 9) == "0.055399425");
    // The notes print -0.019049119: off by one in the last digit, for the product is -0.01904911826.
    CHECK(decimals(d_net_o.value()(1) * 0.50, 9) == "-0.019049118");
    CHECK(decimals(dW1.value()(0, 0), 9) == "0.000438568"); // w1

    W1.value() -= learning_rate * dW1.value();
    W2.value() -= learning_rate * dW2.value();
    CHECK(decimals(W1.value()(0, 0), 9) == "0.149780716"); // w1+
    CHECK(decimals(W1.value()(1, 0), 8) == "0.19956143");  // w2+
    CHECK(decimals(W1.value()(0, 1), 8) == "0.24975114");  // w3+
    CHECK(decimals(W1.value()(1, 1), 8) == "0.29950229");  // w4+
    CHECK(decimals(W2.value()(0, 0), 8) == "0.35891648");  // w5+
    CHECK(decimals(W2.value()(1, 0), 9) == "0.408666186"); // w6+
    CHECK(decimals(W2.value()(0, 1), 9) == "0.511301270"); // w7+
    CHECK(decimals(W2.value()(1, 1), 9) == "0.561370121"); // w8+
}

TEST_CASE("EDSF lectures: the 2-2-1 network with W = (0.1 0.2; 0.3 0.4)") {
    Variable W{{0.1, 0.2}, {0.3, 0.4}}, b{0.5, 0.5}, W_out{0.5, 0.6}, b_out{0.5};
    const xt::xarray<double> x{0.2, 0.3};
    const double t = 0;
    const auto output = [&] { return sigmoid(dot(W_out, sigmoid(matmul(W, x) + b)) + b_out); };

    const auto s1 = matmul(W, x) + b;
    CHECK(significant(s1.value()(0), 2) == "0.58");
    CHECK(significant(s1.value()(1), 2) == "0.68");
    const auto x1 = sigmoid(s1);
    CHECK(significant(x1.value()(0), 2) == "0.64");
    CHECK(significant(x1.value()(1), 2) == "0.66");
    const auto s2 = dot(W_out, x1) + b_out;
    CHECK(significant(s2.item(), 3) == "1.22");
    const auto y = sigmoid(s2);
    CHECK(significant(y.item(), 2) == "0.77");
    const auto loss = square(y - t);
    CHECK(decimals(loss.item(), 2) == "0.60");

    const auto [dW, db, dW_out, db_out] = grad(loss, wrt(W, b, W_out, b_out));
    CHECK(significant(dW_out.value()(0), 2) == "0.17");
    CHECK(significant(dW_out.value()(1), 2) == "0.18");
    CHECK(significant(dW.value()(0, 0), 2) == "0.0063");
    CHECK(significant(dW.value()(0, 1), 2) == "0.0094");
    CHECK(significant(dW.value()(1, 0), 2) == "0.0073");
    CHECK(significant(dW.value()(1, 1), 2) == "0.011");
    CHECK(significant(db_out.item(), 2) == "0.27");
    CHECK(significant(db.value()(0), 2) == "0.031");
    CHECK(significant(db.value()(1), 2) == "0.036");

    W.value() -= dW.value(); // eta = 1
    b.value() -= db.value();
    W_out.value() -= dW_out.value();
    b_out.value() -= db_out.value();
    CHECK(significant(W.value()(0, 0), 2) == "0.094");
    CHECK(significant(W.value()(0, 1), 2) == "0.19");
    CHECK(significant(W.value()(1, 0), 2) == "0.29");
    CHECK(significant(W.value()(1, 1), 2) == "0.39");
    CHECK(significant(W_out.value()(0), 2) == "0.33");
    CHECK(significant(W_out.value()(1), 2) == "0.42");
    CHECK(significant(b.value()(0), 2) == "0.47");
    CHECK(significant(b.value()(1), 2) == "0.46");
    CHECK(significant(b_out.item(), 2) == "0.23");
    CHECK(significant(output().item(), 2) == "0.67");
}

TEST_CASE("week 41: the code example's printed losses") {
    // NumPy prints eight digits after the point, of the number or of its mantissa, and drops trailing zeros.
    const std::vector<std::string> printed = {
        "36.89563074",    "23.62323175",    "15.1251681",     "9.68402334",     "6.20020163",     "3.96963458",
        "2.54150298",     "1.62714703",     "1.0417409",      "0.66694492",     "0.42699034",     "0.27336592",
        "0.17501258",     "0.11204514",     "0.07173249",     "0.04592382",     "0.02940083",     "0.01882264",
        "0.01205039",     "0.00771475",     "0.00493903",     "0.003162",       "0.00202433",     "0.00129599",
        "0.0008297",      "0.00053118",     "0.00034006",     "0.00021771",     "0.00013938",     "8.92313548e-05",
        "5.71263851e-05", "3.6572612e-05",  "2.34139775e-05", "1.49897504e-05", "9.5965161e-06",  "6.14373934e-06",
        "3.93325371e-06", "2.51808934e-06", "1.61209378e-06", "1.03207075e-06", "6.60737006e-07", "4.23007231e-07",
        "2.70811405e-07", "1.73374853e-07", "1.10995472e-07", "7.10598715e-08", "4.54928947e-08", "2.91247848e-08",
        "1.86458368e-08", "1.19371605e-08"};
    const auto as_numpy = [](double value) {
        char text[64];
        std::snprintf(text, sizeof text, value < 1e-4 ? "%.8e" : "%.8f", value);
        std::string mantissa = text, exponent;
        if (const auto e = mantissa.find('e'); e != mantissa.npos) {
            exponent = mantissa.substr(e);
            mantissa.resize(e);
        }
        mantissa.erase(mantissa.find_last_not_of('0') + 1);
        return mantissa + exponent;
    };

    const double x = 4, y = 2 * x + 1, eta = 0.1;
    // NumPy's seed 0 draws these two weights; in double, to all their digits.
    Variable w1{1.764052345967664}, b1{0.01}, w2{0.4001572083672233}, b2{0.01};
    for (const std::string& expected : printed) {
        const auto a2 = sigmoid(x * w1 + b1) * w2 + b2;
        const auto loss = 0.5 * square(a2 - y);
        CHECK(as_numpy(loss.item()) == expected);
        const auto [dw1, db1, dw2, db2] = grad(loss, wrt(w1, b1, w2, b2));
        w1.value() -= eta * dw1.value();
        b1.value() -= eta * db1.value();
        w2.value() -= eta * dw2.value();
        b2.value() -= eta * db2.value();
    }
}

TEST_CASE("Rosenbrock's function in ten dimensions: gradient, Hessian and Hessian-vector product in closed form") {
    // f(x) = sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2
    const auto rosenbrock = [](const auto& x) {
        const auto head = slice(x, {range(0, 9)}), tail = slice(x, {range(1, 10)});
        return sum(100 * square(tail - square(head)) + square(1 - head));
    };
    constexpr std::size_t n = 10;
    xt::xarray<double> x0 = xt::zeros<double>({n}), v = xt::zeros<double>({n});
    for (std::size_t i = 0; i < n; ++i) {
        x0(i) = std::sin(1.0 + 2.0 * static_cast<double>(i));
        v(i) = std::cos(static_cast<double>(i));
    }
    xt::xarray<double> gradient = xt::zeros<double>({n}), H = xt::zeros<double>({n, n});
    for (std::size_t i = 0; i + 1 < n; ++i) {
        const double r = x0(i + 1) - x0(i) * x0(i);
        gradient(i) += -400 * x0(i) * r - 2 * (1 - x0(i));
        gradient(i + 1) += 200 * r;
        H(i, i) += 1200 * x0(i) * x0(i) - 400 * x0(i + 1) + 2;
        H(i, i + 1) -= 400 * x0(i);
        H(i + 1, i) -= 400 * x0(i);
        H(i + 1, i + 1) += 200;
    }
    CHECK(xt::allclose(grad(rosenbrock)(x0).value(), gradient, 1e-13, 1e-12));
    const auto hessian_at_x0 = hessian(rosenbrock)(x0);
    REQUIRE(hessian_at_x0.shape() == Shape{n, n});
    CHECK(xt::allclose(hessian_at_x0.value(), H, 1e-13, 1e-12));
    CHECK(xt::allclose(hvp(rosenbrock)(x0, v).value(), matmul(hessian_at_x0, v).value(), 1e-13, 1e-11));
    // Forward over reverse gives the same product.
    CHECK(xt::allclose(jvp(grad(rosenbrock))(x0, v).second.value(), matmul(hessian_at_x0, v).value(), 1e-13, 1e-11));
}

TEST_CASE("the third derivative of a scalar function") {
    const auto g = [](auto x) { return sqrt(x * x + exp(x * x)); };
    // With u = x^2 + e^(x^2): g' = u'/(2 sqrt u), g'' = u''/(2 sqrt u) - u'^2/(4 u^1.5),
    // g''' = u'''/(2 sqrt u) - 3 u' u''/(4 u^1.5) + 3 u'^3/(8 u^2.5).
    const double x = 0.9, e = std::exp(x * x);
    const double u = x * x + e, u1 = 2 * x * (1 + e), u2 = 2 + e * (2 + 4 * x * x), u3 = e * (12 * x + 8 * x * x * x);
    const double expected = u3 / (2 * std::sqrt(u)) - 3 * u1 * u2 / (4 * std::pow(u, 1.5)) + 3 * u1 * u1 * u1 / (8 * std::pow(u, 2.5));
    CHECK(grad(grad(grad(g)))(x).item() == doctest::Approx(expected).epsilon(1e-13));
}

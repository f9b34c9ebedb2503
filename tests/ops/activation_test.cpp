#include "tests/ops/elementwise_check.hpp"
#include "tests/reference/activation.hpp"

#include <xgrad/ops/activation.hpp>

#include <map>
#include <numbers>
#include <string>

using namespace xgrad;
using namespace xgrad::tests;

namespace {

template <class T>
using Function = Variable<T> (*)(const Variable<T>&);

template <class T>
const std::map<std::string, Function<T>>& functions() {
    static const std::map<std::string, Function<T>> all{
        {"abs", [](const Variable<T>& x) { return abs(x); }},
        {"clip", [](const Variable<T>& x) { return clip(x, -1, 1); }},
        {"sigmoid", [](const Variable<T>& x) { return sigmoid(x); }},
        {"log_sigmoid", [](const Variable<T>& x) { return log_sigmoid(x); }},
        {"softplus", [](const Variable<T>& x) { return softplus(x); }},
        {"softsign", [](const Variable<T>& x) { return softsign(x); }},
        {"relu", [](const Variable<T>& x) { return relu(x); }},
        {"leaky_relu", [](const Variable<T>& x) { return leaky_relu(x); }},
        {"elu", [](const Variable<T>& x) { return elu(x); }},
        {"selu", [](const Variable<T>& x) { return selu(x); }},
        {"gelu", [](const Variable<T>& x) { return gelu(x); }},
        {"silu", [](const Variable<T>& x) { return silu(x); }},
        {"hardtanh", [](const Variable<T>& x) { return hardtanh(x); }},
    };
    return all;
}

} // namespace

TEST_CASE_TEMPLATE("activations and their gradients are PyTorch's, at kinks and extremes too", T, float, double) {
    for (const reference::Activation& want : reference::activations) {
        std::vector<T> points(reference::points.begin(), reference::points.end());
        const Variable<T> x = leaf(points);
        const Variable<T> y = functions<T>().at(want.name)(x);
        const auto [dx] = grad(y, wrt(x), {.seed = Variable<T>(Tensor<T>(x.shape(), T(1)), false)});
        for (std::size_t i = 0; i < points.size(); ++i) {
            INFO(std::string(want.name), " at ", points[i]);
            const double tolerance = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
            const auto close = [&](T got, double wanted) {
                return std::abs(static_cast<double>(got) - wanted) <= tolerance * (1 + std::abs(wanted));
            };
            CHECK(close(y.tensor().data()[i], want.value[i]));
            CHECK(close(dx.tensor().data()[i], want.gradient[i]));
        }
    }
}

TEST_CASE_TEMPLATE("values of activations keep their digits", T, float, double) {
    const double low = sizeof(T) == 4 ? -85 : -700, high = static_cast<double>(std::numeric_limits<T>::max());
    const auto phi = [](long double x) { return std::erfc(-x / std::numbers::sqrt2_v<long double>) / 2; };
    check_values<T>("sigmoid", functions<T>().at("sigmoid"), [](auto x) { return 1 / (1 + std::exp(-x)); }, low, -low);
    check_values<T>("log_sigmoid", functions<T>().at("log_sigmoid"), [](auto x) { return -std::log1p(std::exp(-x)); }, low, -low);
    check_values<T>("softplus", functions<T>().at("softplus"), [](auto x) { return std::log1p(std::exp(x)); }, low, -low);
    check_values<T>("softsign", functions<T>().at("softsign"), [](auto x) { return x / (1 + std::abs(x)); }, -high, 0);
    check_values<T>("elu", functions<T>().at("elu"), [](auto x) { return x > 0 ? x : std::expm1(x); }, low, 10);
    check_values<T>("gelu", functions<T>().at("gelu"), [&](auto x) { return x * phi(x); }, 0, 10);
    check_values<T>("silu", functions<T>().at("silu"), [](auto x) { return x / (1 + std::exp(-x)); }, low, -low);
}

TEST_CASE_TEMPLATE("activations are finite at the extremes to second order", T, float, double) {
    struct Row {
        const char* name;
        Derivatives<T> below, above; // at -1000 and at 1000
    };
    const T scale = T(1.0507009873554805), floor = T(1.0507009873554805 * 1.6732632423543772), r = T(1) / T(1001);
    const Row rows[] = {
        {"sigmoid", {0, 0, 0}, {1, 0, 0}},
        {"log_sigmoid", {-1000, 1, 0}, {0, 0, 0}},
        {"softplus", {0, 0, 0}, {1000, 1, 0}},
        {"softsign", {-1000 * r, r * r, 2 * r * r * r}, {1000 * r, r * r, -2 * r * r * r}},
        {"relu", {0, 0, 0}, {1000, 1, 0}},
        {"leaky_relu", {-10, T(0.01), 0}, {1000, 1, 0}},
        {"elu", {-1, 0, 0}, {1000, 1, 0}},
        {"selu", {-floor, 0, 0}, {1000 * scale, scale, 0}},
        {"gelu", {0, 0, 0}, {1000, 1, 0}},
        {"silu", {0, 0, 0}, {1000, 1, 0}},
        {"hardtanh", {-1, 0, 0}, {1, 0, 0}},
    };
    const auto check = [](const Derivatives<T>& got, const Derivatives<T>& want) {
        CHECK(near<T>(got.value, want.value));
        CHECK(near<T>(got.first, want.first));
        CHECK(near<T>(got.second, want.second));
    };
    for (const Row& row : rows) {
        INFO(std::string(row.name));
        check(derivatives<T>(functions<T>().at(row.name), -1000), row.below);
        check(derivatives<T>(functions<T>().at(row.name), 1000), row.above);
        // Where squares and exponentials overflow, there is still no NaN.
        for (const T x : {std::numeric_limits<T>::max() / 4, -std::numeric_limits<T>::max() / 4}) {
            const auto d = derivatives<T>(functions<T>().at(row.name), x);
            CHECK(std::isfinite(d.value));
            CHECK(std::isfinite(d.first));
            CHECK(std::isfinite(d.second));
        }
    }
}

TEST_CASE_TEMPLATE("NaN stays NaN in every activation", T, float, double) {
    for (const auto& [name, function] : functions<T>()) {
        INFO(name);
        CHECK(std::isnan(function(leaf<T>({not_a_number<T>})).item()));
    }
    CHECK(std::isnan(binary_step(leaf<T>({not_a_number<T>})).item()));
}

TEST_CASE_TEMPLATE("activations with parameters", T, float, double) {
    const auto slope = derivatives<T>([](auto x) { return leaky_relu(x, -0.5); }, -2);
    CHECK(slope.value == 1);
    CHECK(slope.first == T(-0.5));
    CHECK(derivatives<T>([](auto x) { return leaky_relu(x, 0.25); }, 0).first == T(0.25));
    for (const double alpha : {0.0, 0.5, 2.0, -1.0}) {
        const auto d = derivatives<T>([alpha](auto x) { return elu(x, alpha); }, T(-0.75));
        CHECK(near<T>(d.value, alpha * std::expm1(-0.75L)));
        CHECK(near<T>(d.first, alpha * std::exp(-0.75L)));
        CHECK(near<T>(d.second, alpha * std::exp(-0.75L)));
    }
    const auto inside = derivatives<T>([](auto x) { return hardtanh(x, 0, 6); }, 5);
    CHECK(inside.value == 5);
    CHECK(inside.first == 1);
    CHECK(derivatives<T>([](auto x) { return hardtanh(x, 0, 6); }, 6).first == 0);
    CHECK(derivatives<T>([](auto x) { return hardtanh(x, 0, 6); }, 7).value == 6);
    CHECK_THROWS_WITH_AS(hardtanh(Variable<T>(1), 1, -1), doctest::Contains("hardtanh: the lower bound 1 is not below the upper bound -1"), ValueError);
}

TEST_CASE_TEMPLATE("binary_step is 1 from 0 on and has gradient zero", T, float, double) {
    check_points<T>("binary_step", [](auto x) { return binary_step(x); }, {{-1, 0}, {-T(0), 1}, {0, 1}, {2, 1}, {-infinity<T>, 0}});
    const auto d = derivatives<T>([](auto x) { return binary_step(x); }, 2);
    CHECK(d.first == 0);
    CHECK(d.second == 0);
}

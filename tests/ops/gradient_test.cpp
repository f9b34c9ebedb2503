// Every operation of the table: gradients of first and second order against finite differences, jvp against vjp, float
// against double.
#include "tests/ops/op_table.hpp"

#include <doctest/doctest.h>

#include <xgrad/autodiff/gradcheck.hpp>

#include <algorithm>
#include <cmath>
#include <random>

using namespace xgrad;
using namespace xgrad::tests;

namespace {

Tensor<double> draw(const Input& input, std::mt19937_64& random) {
    Tensor<double> x(input.shape);
    std::uniform_real_distribution<double> uniform(input.low, input.high);
    for (double& element : x) {
        do {
            element = uniform(random);
            if (input.grid > 0) element = input.grid * std::round(element / input.grid) + input.offset;
        } while (std::abs(std::abs(element) - std::abs(input.kink)) < 0.05);
    }
    if (input.distance > 0 && x.size() > 1) { // spread evenly, in random order
        for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = input.low + input.distance * static_cast<double>(i + 1);
        std::shuffle(x.begin(), x.end(), random);
    }
    return x;
}

template <class T>
std::vector<Variable<T>> as_leaves(const std::vector<Tensor<double>>& values) {
    std::vector<Variable<T>> leaves;
    for (const auto& value : values) {
        Tensor<T> converted(value.shape());
        std::transform(value.begin(), value.end(), converted.begin(), [](double element) { return static_cast<T>(element); });
        leaves.emplace_back(std::move(converted), true);
    }
    return leaves;
}

/// Float results and gradients are those of double up to float's precision.
void check_float_against_double(const Example& example, const std::vector<Tensor<double>>& values) {
    const auto xf = as_leaves<float>(values);
    const auto xd = as_leaves<double>(values);
    const auto yf = example.call_float(xf);
    const auto yd = example.call_double(xd);
    REQUIRE(yf.shape() == yd.shape());
    const auto close = [](const Variable<float>& f, const Variable<double>& d) {
        double scale = 1;
        for (double element : d.tensor()) scale = std::max(scale, std::abs(element));
        for (std::size_t i = 0; i < d.size(); ++i) {
            if (!(std::abs(static_cast<double>(f.tensor().data()[i]) - d.tensor().data()[i]) <= 2e-4 * scale)) return false;
        }
        return true;
    };
    CHECK(close(yf, yd));
    if (!yd.requires_grad()) return;
    Tensor<float> uf(yf.shape());
    Tensor<double> ud(yf.shape());
    for (std::size_t i = 0; i < ud.size(); ++i) uf.data()[i] = static_cast<float>(ud.data()[i] = std::sin(1.0 + static_cast<double>(i)));
    const auto gf = grad(yf, xf, {.seed = Variable<float>(uf, false)});
    const auto gd = grad(yd, xd, {.seed = Variable<double>(ud, false)});
    for (std::size_t k = 0; k < gd.size(); ++k) CHECK(close(gf[k], gd[k]));
}

} // namespace

TEST_CASE("gradients of every operation") {
    for (const OpRow& row : op_table()) {
        for (std::size_t e = 0; e < row.examples.size(); ++e) {
            const Example& example = row.examples[e];
            INFO("operation ", row.name, ", example ", e + 1);
            std::mt19937_64 random(17 + e);
            std::vector<Tensor<double>> values;
            bool empty = false;
            for (const Input& input : example.inputs) {
                values.push_back(draw(input, random));
                empty = empty || values.back().size() == 0;
            }
            const auto report = gradcheck<double>(example.call_double, as_leaves<double>(values),
                                                  {.order = 2, .allow_zero = true});
            CHECK_MESSAGE(report.passed, report.message);
            if (!example.allow_zero && !empty) {
                const auto nonzero = gradcheck<double>(example.call_double, as_leaves<double>(values), {.order = 1});
                CHECK_MESSAGE(nonzero.passed, nonzero.message);
            }
            check_float_against_double(example, values);
        }
    }
}

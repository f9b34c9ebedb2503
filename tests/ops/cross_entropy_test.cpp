// The fused cross-entropies: PyTorch's values and derivatives, also at extreme logits; labels of every kind;
// what is refused.
#include <xgrad/ops/cross_entropy.hpp>

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

namespace {

const Array<int> labels = {2, 0, 1, 2};
const Numbers extreme = {1000, -1000, 0, 999, 1000, 1000, -1000, -1000, -1000, 0.5, 0, -0.5};
const Array<double> targets = {{0, 1, 0.25}, {0.5, 0.75, 1}, {0, 0.125, 1}, {0.5, 0, 1}};

template <class T>
Variable<T> call(const std::string& text, const Variable<T>& x) {
    const Reduction reduction = text.ends_with("::none)")   ? Reduction::none
                                : text.ends_with("::mean)") ? Reduction::mean
                                                            : Reduction::sum;
    if (text.starts_with("cross_entropy(x, labels")) return cross_entropy(x, labels, reduction);
    if (text.starts_with("cross_entropy(x, 1")) return cross_entropy(x, 1, reduction);
    if (text.starts_with("binary_cross_entropy_with_logits(x, targets")) {
        return binary_cross_entropy_with_logits(x, targets, reduction);
    }
    REQUIRE(text.starts_with("binary_cross_entropy_with_logits(logits, x"));
    return binary_cross_entropy_with_logits(as_variable<T>({4, 3}, extreme, false), x, reduction);
}

} // namespace

TEST_CASE("cross-entropies agree with PyTorch") {
    int checked = 0;
    for (const Case& c : tests::reference::softmax_cases) {
        if (c.call.find("cross_entropy") == std::string::npos) continue;
        const auto f = [](const std::string& text, const auto& x) { return call(text, x); };
        tests::reference::check<double>(c, f);
        tests::reference::check<float>(c, f);
        ++checked;
    }
    CHECK(checked > 10);
}

TEST_CASE("labels are any integers: arrays of every width, views, expressions, a number") {
    const auto x = as_variable<double>({4, 3}, extreme, true);
    const double loss = cross_entropy(x, labels).item();
    CHECK(cross_entropy(x, Array<std::uint8_t>{2, 0, 1, 2}).item() == loss);
    CHECK(cross_entropy(x, Array<std::int64_t>{2, 0, 1, 2}).item() == loss);
    CHECK(cross_entropy(x, labels * 1).item() == loss);
    CHECK(cross_entropy(as_variable<double>({3}, {1, 2, 3}, true), std::size_t{2}).shape() == Shape{});
    CHECK(cross_entropy(x, labels, Reduction::none).shape() == Shape{4});
}

TEST_CASE("cross_entropy takes the gradient in one node") {
    // Three equal logits: the loss is log 3, the gradient (1/3 - onehot) / N, whatever the logits' size.
    for (const double logit : {0.0, 1000.0, -1000.0}) {
        const auto x = as_variable<float>({2, 3}, Numbers(6, logit), true);
        const auto loss = cross_entropy(x, Array<int>{0, 2});
        CHECK(loss.item() == doctest::Approx(std::log(3.0)));
        loss.backward();
        const double p = 1.0 / 6;
        CHECK(agree(constant(x.grad()), {p - 0.5, p, p, p, p, p - 0.5}));
    }
}

TEST_CASE("cross_entropy adds to a gradient that is there already") {
    const auto x = as_variable<double>({1, 2}, {0, 0}, true);
    const auto loss = cross_entropy(x, Array<int>{0}) + cross_entropy(x, Array<int>{1}, Reduction::sum) * 3;
    CHECK(agree(grad(loss, wrt(x))[0], {1, -1}));
}

TEST_CASE("cross_entropy refuses labels and shapes that do not fit") {
    const auto x = as_variable<float>({4, 3}, extreme, true);
    CHECK(message_of<IndexError>([&] {
              cross_entropy(x, Array<int>{0, 1, 3, 0});
          }) == "cross_entropy: label 3 in row 2 is not in [0, 3)");
    CHECK(message_of<IndexError>([&] {
              cross_entropy(x, Array<int>{0, -1, 0, 7});
          }) == "cross_entropy: label -1 in row 1 is not in [0, 3)");
    CHECK(message_of<ShapeError>([&] {
              cross_entropy(x, Array<int>{0, 1});
          }) == "cross_entropy: logits of shape (4, 3) need labels of shape (4), not labels of shape (2)");
    CHECK(message_of<ShapeError>([&] {
              cross_entropy(x, Array<int>(Array<int>::shape_type{4, 1}, 0));
          }) == "cross_entropy: logits of shape (4, 3) need labels of shape (4), not labels of shape (4, 1)");
    CHECK(message_of<ShapeError>([&] {
              cross_entropy(as_variable<float>({3}, {1, 2, 3}, true), labels);
          }) == "cross_entropy: logits of shape (3) need a single label, not labels of shape (4)");
    CHECK(message_of<ShapeError>([&] { cross_entropy(Variable{1.0}, 0); }) ==
          "cross_entropy: the logits must have the shape (N, C), or (C), not ()");
    CHECK(message_of<ValueError>([&] {
              cross_entropy(as_variable<float>({0, 3}, {}, true), Array<int>::from_shape({0}));
          }) == "cross_entropy: the batch is empty: logits of shape (0, 3)");
    CHECK(message_of<ValueError>([&] { cross_entropy(as_variable<float>({0}, {}, true), 0); }) ==
          "cross_entropy: there are no classes: logits of shape (0)");
}

TEST_CASE_TEMPLATE("binary cross-entropy at extreme logits", T, float, double) {
    const auto x = as_variable<T>({4}, {1000, -1000, 1000, -1000}, true);
    const auto t = as_variable<T>({4}, {1, 0, 0, 1}, true);
    const auto losses = binary_cross_entropy_with_logits(x, t, Reduction::none);
    CHECK(agree(losses, {0, 0, 1000, 1000}));
    const auto seed = as_variable<T>({4}, {1, 1, 1, 1}, false);
    const auto [dx, dt] = grad(losses, wrt(x, t), {.seed = seed});
    CHECK(agree(dx, {0, 0, 1, -1}));
    CHECK(agree(dt, {-1000, 1000, -1000, 1000}));
}

TEST_CASE("binary cross-entropy takes arrays and Variables on either side, and refuses what does not fit") {
    const Array<float> logits = {1, -2};
    const Array<float> zeros = {0, 1};
    const Variable<float> x(logits), t(zeros);
    const float loss = binary_cross_entropy_with_logits(x, t).item();
    CHECK(loss == doctest::Approx((std::log1p(std::exp(1.0)) + std::log1p(std::exp(2.0))) / 2));
    CHECK(binary_cross_entropy_with_logits(x, zeros).item() == loss);
    CHECK(binary_cross_entropy_with_logits(logits, t).item() == loss);

    CHECK(message_of<ShapeError>([&] { binary_cross_entropy_with_logits(x, 0.5); }) ==
          "binary_cross_entropy_with_logits: logits of shape (2) need targets of the same shape, not ()");
    CHECK(message_of<ValueError>([&] {
              binary_cross_entropy_with_logits(x, Array<float>{1, 1.5});
          }) == "binary_cross_entropy_with_logits: target 1.500000 of element 1 is not in [0, 1]");
    const Array<float> not_a_number = {std::numeric_limits<float>::quiet_NaN(), 0};
    CHECK(message_of<ValueError>([&] { binary_cross_entropy_with_logits(x, not_a_number); }) ==
          "binary_cross_entropy_with_logits: target nan of element 0 is not in [0, 1]");
    const Variable<float> nothing(Tensor<float>({0, 2}), true);
    CHECK(
        message_of<ValueError>([&] { binary_cross_entropy_with_logits(nothing, nothing); }) ==
        "binary_cross_entropy_with_logits: there is nothing to take the mean of in an array of shape (0, 2)");
    CHECK(binary_cross_entropy_with_logits(nothing, nothing, Reduction::sum).item() == 0);
}

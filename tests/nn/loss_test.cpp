// The losses: PyTorch's values, gradients and second derivatives in every differentiable argument; finite differences;
// what is refused.
#include <xgrad/autodiff/gradcheck.hpp>
#include <xgrad/nn/class_loss.hpp>
#include <xgrad/nn/loss.hpp>
#include <xgrad/ops/softmax.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/loss.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <map>

using namespace xgrad;
using tests::message_of;
using tests::reference::agree;
using tests::reference::as_variable;
using tests::reference::LossCase;
using tests::reference::Numbers;

namespace {

const Array<int> labels = {2, 0, 1, 2};
const Array<int> ignoring = {2, -100, 1, -100};
const Array<int> ignoring_1 = {2, 1, 0, 1};
const Array<double> signs = {1, -1, -1, 1};
const Array<double> edge_targets = {0, 1, 1, 0, 0.5, 0.5};
const std::vector<double> weight = {0.5, 2, 1.25};

template <class T>
using Arguments = std::vector<Variable<T>>;

/// The loss of a case without its reduction.
template <class T>
Variable<T> call(const std::string& loss, const Arguments<T>& x, Reduction reduction) {
    using Loss = std::function<Variable<T>(const Arguments<T>&, Reduction)>;
    static const std::map<std::string, Loss> losses = {
        {"mse_loss", [](auto& x, Reduction r) { return nn::mse_loss(x[0], x[1], r); }},
        {"l1_loss", [](auto& x, Reduction r) { return nn::l1_loss(x[0], x[1], r); }},
        {"huber_loss 1", [](auto& x, Reduction r) { return nn::huber_loss(x[0], x[1], 1, r); }},
        {"huber_loss 0.3", [](auto& x, Reduction r) { return nn::huber_loss(x[0], x[1], 0.3, r); }},
        {"squared_error", [](auto& x, Reduction r) { return nn::squared_error(x[0], x[1], r); }},
        {"binary_cross_entropy", [](auto& x, Reduction r) { return nn::binary_cross_entropy(x[0], x[1], r); }},
        {"binary_cross_entropy edge",
         [](auto& x, Reduction r) { return nn::binary_cross_entropy(x[0], edge_targets, r); }},
        {"hinge_loss", [](auto& x, Reduction r) { return nn::hinge_loss(x[0], signs, r); }},
        {"cosine_embedding_loss 0",
         [](auto& x, Reduction r) { return nn::cosine_embedding_loss(x[0], x[1], signs, 0, r); }},
        {"cosine_embedding_loss 0.25",
         [](auto& x, Reduction r) { return nn::cosine_embedding_loss(x[0], x[1], signs, 0.25, r); }},
        {"kl_divergence", [](auto& x, Reduction r) { return nn::kl_divergence(x[0], x[1], x[2], x[3], r); }},
        {"kl_standard_normal", [](auto& x, Reduction r) { return nn::kl_standard_normal(x[0], x[1], r); }},
        {"cross_entropy labels", [](auto& x, Reduction r) { return nn::cross_entropy(x[0], labels, r); }},
        {"cross_entropy weight",
         [](auto& x, Reduction r) { return nn::cross_entropy(x[0], labels, {.weight = weight, .reduction = r}); }},
        {"cross_entropy smooth",
         [](auto& x, Reduction r) {
             return nn::cross_entropy(x[0], labels, {.reduction = r, .label_smoothing = 0.125});
         }},
        {"cross_entropy weight smooth",
         [](auto& x, Reduction r) {
             return nn::cross_entropy(x[0], labels, {.weight = weight, .reduction = r, .label_smoothing = 0.125});
         }},
        {"cross_entropy ignore",
         [](auto& x, Reduction r) { return nn::cross_entropy(x[0], ignoring, {.reduction = r}); }},
        {"cross_entropy ignore_1 weight smooth",
         [](auto& x, Reduction r) {
             return nn::cross_entropy(x[0], ignoring_1,
                                      {.weight = weight, .ignore_index = 1, .reduction = r, .label_smoothing = 0.125});
         }},
        {"cross_entropy single",
         [](auto& x, Reduction r) { return nn::cross_entropy(x[0], 1, {.weight = weight, .reduction = r}); }},
        {"cross_entropy soft", [](auto& x, Reduction r) { return nn::cross_entropy(x[0], x[1], {.reduction = r}); }},
        {"cross_entropy soft weight smooth",
         [](auto& x, Reduction r) {
             return nn::cross_entropy(x[0], x[1], {.weight = weight, .reduction = r, .label_smoothing = 0.125});
         }},
        {"nll_loss", [](auto& x, Reduction r) { return nn::nll_loss(x[0], labels, {.reduction = r}); }},
        {"nll_loss weight",
         [](auto& x, Reduction r) { return nn::nll_loss(x[0], labels, {.weight = weight, .reduction = r}); }},
        {"nll_loss ignore weight",
         [](auto& x, Reduction r) { return nn::nll_loss(x[0], ignoring, {.weight = weight, .reduction = r}); }},
        {"multi_margin_loss 1",
         [](auto& x, Reduction r) { return nn::multi_margin_loss(x[0], labels, {.reduction = r}); }},
        {"multi_margin_loss 0.3",
         [](auto& x, Reduction r) { return nn::multi_margin_loss(x[0], labels, {.margin = 0.3, .reduction = r}); }},
        {"cosine_similarity 0", [](auto& x, Reduction) { return nn::cosine_similarity(x[0], x[1], 0); }},
        {"cosine_similarity 1", [](auto& x, Reduction) { return nn::cosine_similarity(x[0], x[1]); }},
    };
    const auto found = losses.find(loss);
    REQUIRE_MESSAGE(found != losses.end(), loss);
    return found->second(x, reduction);
}

template <class T>
Variable<T> call(const std::string& text, const Arguments<T>& x) {
    for (const auto& [name, reduction] :
         {std::pair{" none", Reduction::none}, {" mean", Reduction::mean}, {" sum", Reduction::sum}}) {
        if (text.ends_with(name)) return call<T>(text.substr(0, text.rfind(' ')), x, reduction);
    }
    return call<T>(text, x, Reduction::none);
}

template <class T>
Variable<T> seed_of(const Shape& shape) {
    Tensor<T> u(shape);
    for (std::size_t i = 0; i < u.size(); ++i) u.data()[i] = static_cast<T>(1 + static_cast<double>(i) / 4);
    return Variable<T>(std::move(u), false);
}

/// Whether all numbers agree: to the last digits, but where PyTorch has an epsilon of 1e-12 in its formula.
template <class T>
bool agrees(const std::string& call, const Variable<T>& got, const Numbers& expected) {
    if (!call.starts_with("binary_cross_entropy") && !call.starts_with("cosine_embedding")) return agree(got, expected);
    // At the edge the epsilon is the result's denominator, and it is a float.
    const double relative = std::is_same_v<T, float> ? 1e-5 : call.find("edge") != std::string::npos ? 1e-8 : 1e-10;
    double scale = 1;
    for (const double number : expected) scale = std::max(scale, std::abs(number));
    return std::equal(got.tensor().begin(), got.tensor().end(), expected.begin(), expected.end(),
                      [&](T a, double b) { return std::abs(static_cast<double>(a) - b) <= relative * scale; });
}

template <class T>
void check_case(const LossCase& c) {
    INFO(std::string(c.call), " in ", std::string(std::is_same_v<T, float> ? "float" : "double"));
    Arguments<T> x, directions;
    for (const auto& argument : c.arguments) {
        INFO(to_string(Shape(argument.shape)));
        x.push_back(as_variable<T>(argument.shape, argument.x, true));
        Numbers v(argument.x.size());
        for (std::size_t i = 0; i < v.size(); ++i) v[i] = (static_cast<double>(i % 5) - 2) / 2;
        directions.push_back(as_variable<T>(argument.shape, v, false));
    }
    const Variable<T> y = call<T>(std::string(c.call), x);
    REQUIRE(y.shape() == Shape(c.result));
    CHECK(agrees(std::string(c.call), y, c.value));
    const auto first = grad(y, x, {.seed = seed_of<T>(c.result), .retain_graph = true});
    for (std::size_t k = 0; k < x.size(); ++k) CHECK(agrees(std::string(c.call), first[k], c.arguments.begin()[k].gradient));
    if (!c.has_second) {
        grad(y, x, {.seed = seed_of<T>(c.result)});
        return;
    }
    const auto recorded = grad(y, x, {.seed = seed_of<T>(c.result), .create_graph = true});
    Variable<T> total = constant<T>(0.0);
    for (std::size_t k = 0; k < x.size(); ++k) {
        CHECK(agrees(std::string(c.call), recorded[k], c.arguments.begin()[k].gradient));
        total = total + sum(recorded[k] * directions[k]);
    }
    if (!total.requires_grad()) {
        for (const auto& argument : c.arguments)
            CHECK(agree(constant<T>(xt::eval(xt::zeros<T>({argument.x.size()}))), argument.second));
        return;
    }
    const auto second = grad(total, x);
    for (std::size_t k = 0; k < x.size(); ++k) CHECK(agrees(std::string(c.call), second[k], c.arguments.begin()[k].second));
}

} // namespace

TEST_CASE("the losses agree with PyTorch in all arguments, to second order") {
    CHECK(std::size(tests::reference::loss_cases) > 80);
    for (const LossCase& c : tests::reference::loss_cases) {
        check_case<double>(c);
        check_case<float>(c);
    }
}

TEST_CASE_TEMPLATE("the losses agree with finite differences, to second order", T, float, double) {
    int checked = 0;
    for (const LossCase& c : tests::reference::loss_cases) {
        // Linear pieces have no second derivative, and their kinks are not finite differences' business.
        if (!c.has_second || !c.call.ends_with("mean") || c.arguments.begin()->shape.size() != 2) continue;
        if (c.call.starts_with("l1_loss") || c.call.starts_with("huber") || c.call.starts_with("multi_margin") ||
            c.call.starts_with("nll") || c.call.starts_with("cosine")) {
            continue;
        }
        Arguments<T> x;
        for (const auto& argument : c.arguments) {
            Numbers inside = argument.x;
            if (c.call.find("soft") != std::string::npos || c.call.starts_with("binary")) {
                // A probability moves by the step of the differences: keep it away from 0 and 1.
                if (argument.x.size() == 6 || &argument == c.arguments.end() - 1) {
                    for (double& p : inside) p = 0.25 + p / 2;
                }
            }
            x.push_back(as_variable<T>(argument.shape, inside, true));
        }
        const auto f = [&](const Arguments<T>& at) { return call<T>(std::string(c.call), at); };
        const auto report = gradcheck<T>(f, x, {.order = 2});
        CHECK_MESSAGE(report, std::string(c.call), ": ", report.message);
        ++checked;
    }
    CHECK(checked > 8);
}

TEST_CASE("a target may be an array, a number or a Variable, and takes a gradient only as a Variable") {
    const Variable<float> x{1.0F, 2.0F};
    const Array<float> y = {0, 4};
    CHECK(nn::mse_loss(x, y).item() == 2.5F);
    CHECK(nn::mse_loss(y, x).item() == 2.5F);
    CHECK(nn::mse_loss(x, xt::eval(y * 0.5F)).item() == 0.5F);
    CHECK(nn::mse_loss(Variable{3.0F}, 1).item() == 4);
    CHECK(nn::l1_loss(x, y, Reduction::sum).item() == 3);
    CHECK(nn::squared_error(x, y).item() == 1.25F);
    CHECK(nn::squared_error(x, y, Reduction::none).shape() == Shape{2});
    const auto [dx] = grad(nn::squared_error(x, y, Reduction::sum), wrt(x));
    CHECK(agree(dx, {1, -2}));
}

TEST_CASE("cross_entropy of nn takes what that of the ops takes") {
    const Variable<float> logits{{0.0F, 0.0F}, {0.0F, 0.0F}};
    CHECK(nn::cross_entropy(logits, Array<int>{0, 1}).item() == doctest::Approx(std::log(2.0)));
    CHECK(nn::cross_entropy(logits, Array<int>{0, 1}, Reduction::sum).item() == doctest::Approx(2 * std::log(2.0)));
    CHECK(nn::cross_entropy(logits, Array<float>{{0.5F, 0.5F}, {1, 0}}).item() == doctest::Approx(std::log(2.0)));
    CHECK(nn::binary_cross_entropy_with_logits(logits, logits).item() == doctest::Approx(std::log(2.0)));
}

TEST_CASE("an example that is ignored counts for nothing, even with an infinite logarithm") {
    const double infinity = std::numeric_limits<double>::infinity();
    const Variable<double> logs{{-1.0, -2.0}, {-infinity, 0.0}};
    const auto loss = nn::nll_loss(logs, Array<int>{1, -100});
    CHECK(loss.item() == 2);
    CHECK(agree(grad(loss, wrt(logs))[0], {0, -1, 0, 0}));
    CHECK(message_of<ValueError>([&] {
              nn::nll_loss(logs, Array<int>{-100, -100});
          }) == "nll_loss: there is nothing to take the mean of: every label is ignored");
    CHECK(message_of<ValueError>([&] {
              nn::nll_loss(logs, Array<int>{1, 1}, {.weight = {1, 0}});
          }) == "nll_loss: there is nothing to take the mean of: the weights of the labels add up to 0");
    CHECK(nn::nll_loss(logs, Array<int>{-100, -100}, {.reduction = Reduction::sum}).item() == 0);
}

TEST_CASE("binary_cross_entropy is finite at probabilities of 0 and 1, in both arguments and orders") {
    const Variable<float> p{0.0F, 1.0F, 0.0F, 1.0F}, t{0.0F, 1.0F, 1.0F, 0.0F};
    const auto loss = nn::binary_cross_entropy(p, t, Reduction::sum);
    CHECK(loss.item() == 200);
    const auto [dp, dt] = grad(loss, wrt(p, t), {.create_graph = true});
    CHECK(agree(dp, {0, 0, -1e12, 1e12}));
    CHECK(agree(dt, {100, -100, 100, -100}));
    for (const auto& second : grad(sum(dp) + sum(dt), wrt(p, t))) {
        CHECK(std::all_of(second.tensor().begin(), second.tensor().end(), [](float d) { return std::isfinite(d); }));
    }
}

TEST_CASE("huber_loss at its joints, l1_loss and hinge_loss at their kinks") {
    const Variable<double> x{-1.0, 1.0, 0.0};
    const auto at_joint = nn::huber_loss(x, Array<double>{0, 0, 0}, 1, Reduction::sum);
    CHECK(at_joint.item() == 1);
    CHECK(agree(grad(at_joint, wrt(x))[0], {-1, 1, 0}));
    CHECK(agree(grad(nn::l1_loss(x, Array<double>{-1, 1, 0}, Reduction::sum), wrt(x))[0], {0, 0, 0}));
    CHECK(agree(grad(nn::hinge_loss(x, Array<double>{1, 1, -1}, Reduction::sum), wrt(x))[0], {-1, 0, 1}));
    const Variable<double> far{1e300, -1e300};
    CHECK(nn::huber_loss(far, Array<double>{0, 0}, 1).item() == 1e300);
    const Variable<double> nothing(Tensor<double>({2}, std::numeric_limits<double>::quiet_NaN()), true);
    CHECK(std::isnan(nn::hinge_loss(nothing, Array<double>{1, 1}).item()));
}

TEST_CASE("the losses refuse shapes that would broadcast") {
    const Variable<float> x(Tensor<float>({3}, 0.5F), true);
    const Array<float> column = xt::ones<float>({3, 1});
    CHECK(message_of<ShapeError>([&] { nn::mse_loss(x, column); }) ==
          "mse_loss: input of shape (3) and target of shape (3, 1) must have the same shape");
    CHECK(message_of<ShapeError>([&] { nn::squared_error(x, 1); }) ==
          "squared_error: input of shape (3) and target of shape () must have the same shape");
    CHECK(message_of<ShapeError>([&] { nn::l1_loss(x, column); }) ==
          "l1_loss: input of shape (3) and target of shape (3, 1) must have the same shape");
    CHECK(message_of<ShapeError>([&] { nn::huber_loss(x, column); }) ==
          "huber_loss: input of shape (3) and target of shape (3, 1) must have the same shape");
    CHECK(message_of<ShapeError>([&] { nn::binary_cross_entropy(x, column); }) ==
          "binary_cross_entropy: probabilities of shape (3) and targets of shape (3, 1) must have the same shape");
    CHECK(message_of<ShapeError>([&] { nn::hinge_loss(x, column); }) ==
          "hinge_loss: decision function of shape (3) and targets of shape (3, 1) must have the same shape");
    CHECK(message_of<ShapeError>([&] { nn::cosine_similarity(x, column); }) ==
          "cosine_similarity: vectors of shape (3) and vectors of shape (3, 1) must have the same shape");
    CHECK(message_of<ShapeError>([&] {
              nn::cosine_embedding_loss(x, x, Array<float>{1, 1, 1});
          }) == "cosine_embedding_loss: vectors of shape (3) need targets of shape (), not (3)");
    CHECK(message_of<ShapeError>([&] { nn::kl_standard_normal(x, column); }) ==
          "kl_standard_normal: means of shape (3) and log-variances of shape (3, 1) must have the same shape");
    CHECK(message_of<ShapeError>([&] { nn::kl_divergence(x, x, column, x); }) ==
          "kl_divergence: means of p of shape (3) and means of q of shape (3, 1) must have the same shape");
    const Variable<float> logits(Tensor<float>({2, 3}, 0.5F), true);
    CHECK(message_of<ShapeError>([&] { nn::cross_entropy(logits, x, {.label_smoothing = 0.1}); }) ==
          "cross_entropy: logits of shape (2, 3) and probabilities of shape (3) must have the same shape");
    CHECK(message_of<ShapeError>([&] {
              nn::nll_loss(logits, Array<int>{0, 1, 2});
          }) == "nll_loss: log-probabilities of shape (2, 3) need labels of shape (2), not labels of shape (3)");
    CHECK(message_of<ShapeError>([&] { nn::multi_margin_loss(Variable{1.0}, 0); }) ==
          "multi_margin_loss: the scores must have the shape (N, C), or (C), not ()");
}

TEST_CASE("the losses refuse values outside their domain") {
    const Variable<double> p{0.5, 1.5};
    const Array<double> t = {0, 1};
    CHECK(message_of<ValueError>([&] { nn::binary_cross_entropy(p, t); }) ==
          "binary_cross_entropy: probability 1.500000 of element 1 is not in [0, 1]");
    CHECK(message_of<ValueError>([&] { nn::binary_cross_entropy(t, p); }) ==
          "binary_cross_entropy: target 1.500000 of element 1 is not in [0, 1]");
    const Array<double> not_a_number = {std::numeric_limits<double>::quiet_NaN(), 0};
    CHECK_THROWS_AS(nn::binary_cross_entropy(not_a_number, p), ValueError);
    CHECK(message_of<ValueError>([&] { nn::hinge_loss(p, t); }) ==
          "hinge_loss: target 0.000000 of element 0 is not 1 or -1");
    CHECK(message_of<ValueError>([&] { nn::huber_loss(p, t, 0); }) == "huber_loss: delta is 0.000000, not above 0");
    const Variable<double> logits{{1.0, 2.0, 3.0}, {1.0, 2.0, 3.0}};
    CHECK(message_of<IndexError>([&] {
              nn::cross_entropy(logits, Array<int>{0, 3}, {.label_smoothing = 0.1});
          }) == "cross_entropy: label 3 in row 1 is not in [0, 3)");
    CHECK(message_of<IndexError>([&] {
              nn::nll_loss(logits, Array<int>{-1, 0});
          }) == "nll_loss: label -1 in row 0 is not in [0, 3)");
    CHECK(message_of<IndexError>([&] {
              nn::multi_margin_loss(logits, Array<int>{0, -100});
          }) == "multi_margin_loss: label -100 in row 1 is not in [0, 3)");
    CHECK(message_of<ValueError>([&] {
              nn::cross_entropy(logits, Array<int>{0, 1}, {.label_smoothing = 1.5});
          }) == "cross_entropy: label_smoothing is 1.500000, not in [0, 1]");
    CHECK(message_of<ShapeError>([&] {
              nn::cross_entropy(logits, Array<int>{0, 1}, {.weight = {1, 2}});
          }) == "cross_entropy: there are 2 weights for 3 classes");
    CHECK(message_of<ValueError>([&] {
              nn::nll_loss(logits, Array<int>{0, 1}, {.weight = {1, -2, 1}});
          }) == "nll_loss: the weight -2.000000 of class 1 is not a number from 0 on");
    CHECK(message_of<ValueError>([&] {
              nn::cross_entropy(logits, Array<double>{{1, 0, 0}, {0, 2, 0}});
          }) == "cross_entropy: probability 2.000000 of element 4 is not in [0, 1]");
    CHECK_THROWS_AS(nn::cosine_similarity(logits, logits, 2), IndexError);
}

TEST_CASE("the mean of no losses is refused, their sum is 0") {
    const Variable<float> none(Tensor<float>({0, 2}), true);
    const Array<int> no_labels = Array<int>::from_shape({0});
    const auto message = [](const char* loss) {
        return std::string(loss) + ": there is nothing to take the mean of in an array of shape (0, 2)";
    };
    CHECK(message_of<ValueError>([&] { nn::mse_loss(none, none); }) == message("mse_loss"));
    CHECK(message_of<ValueError>([&] { nn::squared_error(none, none); }) == message("squared_error"));
    CHECK(message_of<ValueError>([&] { nn::l1_loss(none, none); }) == message("l1_loss"));
    CHECK(message_of<ValueError>([&] { nn::huber_loss(none, none); }) == message("huber_loss"));
    CHECK(message_of<ValueError>([&] { nn::binary_cross_entropy(none, none); }) == message("binary_cross_entropy"));
    CHECK(message_of<ValueError>([&] { nn::hinge_loss(none, none); }) == message("hinge_loss"));
    CHECK(message_of<ValueError>([&] { nn::kl_standard_normal(none, none); }) == message("kl_standard_normal"));
    CHECK(message_of<ValueError>([&] { nn::cross_entropy(none, none); }) == message("cross_entropy"));
    CHECK(message_of<ValueError>([&] { nn::multi_margin_loss(none, no_labels); }) == message("multi_margin_loss"));
    CHECK(message_of<ValueError>([&] { nn::nll_loss(none, no_labels); }) ==
          "nll_loss: there is nothing to take the mean of in a batch of no examples");
    CHECK(nn::mse_loss(none, none, Reduction::sum).item() == 0);
    CHECK(nn::squared_error(none, none, Reduction::none).shape() == Shape{0});
    CHECK(nn::kl_standard_normal(none, none, Reduction::none).shape() == Shape{0});
    CHECK(nn::nll_loss(none, no_labels, {.reduction = Reduction::sum}).item() == 0);
    CHECK(nn::cross_entropy(none, no_labels, {.reduction = Reduction::none, .label_smoothing = 0.1}).shape() ==
          Shape{0});
    const Variable<float> no_classes(Tensor<float>({2, 0}), true);
    CHECK(message_of<ValueError>([&] { nn::cross_entropy(no_classes, no_classes); }) ==
          "cross_entropy: there are no classes: logits of shape (2, 0)");
}

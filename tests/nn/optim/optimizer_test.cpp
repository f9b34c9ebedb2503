// The first-order optimizers: PyTorch's trajectories over 50 steps, groups, resuming bit for bit, what is refused.
#include <xgrad/nn/class_loss.hpp>
#include <xgrad/nn/layers/activation.hpp>
#include <xgrad/nn/layers/linear.hpp>
#include <xgrad/nn/optim/adadelta.hpp>
#include <xgrad/nn/optim/adagrad.hpp>
#include <xgrad/nn/optim/adam.hpp>
#include <xgrad/nn/optim/adamw.hpp>
#include <xgrad/nn/optim/rmsprop.hpp>
#include <xgrad/nn/optim/sgd.hpp>
#include <xgrad/nn/sequential.hpp>
#include <xgrad/ops/reduction.hpp>

#include "tests/message_of.hpp"
#include "tests/nn/optim/network.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <map>
#include <memory>

using namespace xgrad;
using tests::message_of;
using tests::Network;
using tests::relative_difference;
using tests::reference::Trajectory;

namespace {

template <class T>
using Optimizer = std::unique_ptr<nn::Optimizer<T>>;

template <class T>
Optimizer<T> make(const std::string& name, const Network<T>& net) {
    const auto all = net.parameters();
    const std::vector<Variable<T>> weights{net.W, net.V}, biases{net.b};
    using Make = std::function<nn::Optimizer<T>*()>;
    const std::map<std::string, Make> optimizers = {
        {"SGD", [&] { return new nn::SGD(all, {.lr = 0.1}); }},
        {"SGD weight_decay", [&] { return new nn::SGD(all, {.lr = 0.1, .weight_decay = 0.01}); }},
        {"SGD momentum", [&] { return new nn::SGD(all, {.lr = 0.1, .momentum = 0.9}); }},
        {"SGD momentum dampening weight_decay",
         [&] { return new nn::SGD(all, {.lr = 0.1, .momentum = 0.9, .dampening = 0.5, .weight_decay = 0.01}); }},
        {"SGD nesterov",
         [&] { return new nn::SGD(all, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}); }},
        {"SGD groups",
         [&] {
             return new nn::SGD<T>(
                 {{weights, {.lr = 0.1, .weight_decay = 0.01}}, {biases, {.lr = 0.3, .momentum = 0.5}}});
         }},
        {"Adam", [&] { return new nn::Adam(all, {.lr = 0.02}); }},
        {"Adam default", [&] { return new nn::Adam(all); }},
        {"Adam amsgrad weight_decay",
         [&] {
             return new nn::Adam(all, {.lr = 0.05, .beta1 = 0.8, .beta2 = 0.9, .weight_decay = 0.01, .amsgrad = true});
         }},
        {"Adam groups",
         [&] {
             return new nn::Adam<T>(
                 {{weights, {.lr = 0.02, .weight_decay = 0.01}}, {biases, {.lr = 0.05, .eps = 1e-3}}});
         }},
        {"AdamW", [&] { return new nn::AdamW(all, {.lr = 0.02}); }},
        {"AdamW amsgrad",
         [&] {
             return new nn::AdamW(all, {.lr = 0.05, .beta1 = 0.8, .beta2 = 0.9, .weight_decay = 0.1, .amsgrad = true});
         }},
        {"Adagrad", [&] { return new nn::Adagrad(all, {.lr = 0.1}); }},
        {"Adagrad lr_decay weight_decay initial",
         [&] {
             return new nn::Adagrad(
                 all, {.lr = 0.1, .lr_decay = 0.1, .weight_decay = 0.01, .initial_accumulator_value = 0.25});
         }},
        {"RMSprop", [&] { return new nn::RMSprop(all, {.lr = 0.01}); }},
        {"RMSprop weight_decay momentum",
         [&] {
             return new nn::RMSprop(all,
                                    {.lr = 0.01, .alpha = 0.9, .eps = 1e-2, .weight_decay = 0.01, .momentum = 0.5});
         }},
        {"RMSprop centered",
         [&] { return new nn::RMSprop(all, {.lr = 0.01, .alpha = 0.9, .eps = 1e-2, .centered = true}); }},
        {"RMSprop centered momentum",
         [&] {
             return new nn::RMSprop(all, {.lr = 0.01, .alpha = 0.9, .eps = 1e-2, .momentum = 0.5, .centered = true});
         }},
        {"Adadelta", [&] { return new nn::Adadelta(all); }},
        {"Adadelta weight_decay",
         [&] { return new nn::Adadelta(all, {.lr = 0.5, .rho = 0.8, .eps = 1e-4, .weight_decay = 0.01}); }},
    };
    const auto found = optimizers.find(name);
    REQUIRE_MESSAGE(found != optimizers.end(), name);
    return Optimizer<T>(found->second());
}

/// Takes steps and returns the loss before each.
template <class T>
std::vector<T> descend(const Network<T>& net, nn::Optimizer<T>& optimizer, int steps) {
    std::vector<T> losses;
    for (int step = 0; step < steps; ++step) {
        optimizer.zero_grad();
        const auto loss = net.loss();
        loss.backward();
        optimizer.step();
        losses.push_back(loss.item());
    }
    return losses;
}

} // namespace

TEST_CASE("the optimizers follow PyTorch's over 50 steps") {
    CHECK(tests::reference::optimizer_trajectories.size() == 20);
    for (const Trajectory& expected : tests::reference::optimizer_trajectories) {
        INFO(expected.name);
        const Network<double> in_double;
        CHECK(relative_difference(descend(in_double, *make(expected.name, in_double), 50), expected.losses) < 1e-6);
        CHECK(relative_difference(in_double.elements(), expected.end) < 1e-6);
        const Network<float> in_float;
        CHECK(relative_difference(descend(in_float, *make(expected.name, in_float), 50), expected.losses, 0.1) < 1e-4);
        CHECK(relative_difference(in_float.elements(), expected.end, 0.1) < 1e-3);
    }
}

TEST_CASE_TEMPLATE("an optimizer goes on from its state dict bit for bit", T, float, double) {
    for (const Trajectory& method : tests::reference::optimizer_trajectories) {
        INFO(method.name);
        const Network<T> straight, resumed;
        const auto whole = make(method.name, straight);
        descend(straight, *whole, 7);
        whole->set_learning_rate(whole->learning_rate() / 2, 0);
        const nn::StateDict state = whole->state_dict();
        for (std::size_t k = 0; k < 3; ++k) {
            resumed.parameters()[k].value() = Array<T>(straight.parameters()[k].value());
        }
        const auto half = make(method.name, resumed);
        half->load_state_dict(state);
        CHECK(half->learning_rate() == whole->learning_rate());
        CHECK(descend(straight, *whole, 9) == descend(resumed, *half, 9));
        CHECK(straight.elements() == resumed.elements());
        // The state that was handed out is a copy.
        const auto again = make(method.name, resumed);
        again->load_state_dict(state);
        CHECK(again->state_dict().size() == state.size());
    }
}

TEST_CASE("a state dict has PyTorch's names") {
    const Network<float> net;
    nn::Adam optimizer(net.parameters(), {.lr = 0.5, .amsgrad = true});
    CHECK(optimizer.state_dict().size() == 6 + 3); // the options and three times no step
    descend(net, optimizer, 2);
    const nn::StateDict state = optimizer.state_dict();
    CHECK(state.size() == 6 + 3 * 4);
    CHECK(*std::get<Tensor<double>>(state.at("param_groups.0.lr")).data() == 0.5);
    CHECK(*std::get<Tensor<double>>(state.at("param_groups.0.beta2")).data() == 0.999);
    CHECK(*std::get<Tensor<double>>(state.at("param_groups.0.amsgrad")).data() == 1);
    CHECK(*std::get<Tensor<std::int64_t>>(state.at("state.2.step")).data() == 2);
    CHECK(std::get<Tensor<float>>(state.at("state.0.exp_avg")).shape() == Shape{4, 3});
    CHECK(state.contains("state.1.exp_avg_sq"));
    CHECK(state.contains("state.1.max_exp_avg_sq"));
}

TEST_CASE("a state dict that does not fit is refused by name, and changes nothing") {
    const Network<float> net;
    nn::SGD optimizer(net.parameters(), {.lr = 0.5, .momentum = 0.9});
    descend(net, optimizer, 1);
    const nn::StateDict state = optimizer.state_dict();
    const auto message = [&](const nn::StateDict& wrong) {
        return message_of<Error>([&] { optimizer.load_state_dict(wrong); });
    };
    nn::StateDict wrong = state;
    wrong.erase("state.1.momentum_buffer");
    CHECK(message(wrong) == "SGD: the state has no entry \"state.1.momentum_buffer\"");
    wrong = state;
    wrong.erase("state.2.step");
    CHECK(message(wrong) == "SGD: the state has no entry \"state.2.step\"");
    wrong = state;
    wrong.emplace("param_groups.1.lr", Tensor<double>(Shape{}, 1));
    CHECK(message(wrong) == "SGD: the state has an unexpected entry \"param_groups.1.lr\"");
    wrong = state;
    wrong.at("state.1.momentum_buffer") = Tensor<float>({3}, 0.0F);
    CHECK(message(wrong) == "SGD: \"state.1.momentum_buffer\" has the shape (3), not (4)");
    wrong.at("state.1.momentum_buffer") = Tensor<double>({4}, 0.0);
    CHECK(message(wrong) == "SGD: \"state.1.momentum_buffer\" holds elements of type double, not float");
    wrong = state;
    wrong.at("param_groups.0.lr") = Tensor<double>(Shape{}, -1.0);
    CHECK(message(wrong) == "SGD: lr is -1, not in [0, inf)");
    wrong = state;
    wrong.at("state.0.step") = Tensor<std::int64_t>(Shape{}, -1);
    CHECK(message(wrong) == "SGD: \"state.0.step\" is negative: -1");
    const nn::StateDict after = optimizer.state_dict();
    CHECK(after.size() == state.size());
    CHECK(*std::get<Tensor<double>>(after.at("param_groups.0.lr")).data() == 0.5);
    const auto& buffer = std::get<Tensor<float>>(after.at("state.1.momentum_buffer"));
    const auto& before = std::get<Tensor<float>>(state.at("state.1.momentum_buffer"));
    CHECK(std::equal(buffer.begin(), buffer.end(), before.begin()));
}

TEST_CASE("an optimizer refuses the state of one with other options, and names the option") {
    const std::vector x{Variable{1.0}}, y{Variable{2.0}};
    const auto message = [](auto&& from, auto&& to) {
        const double lr = to.learning_rate();
        const std::string result = message_of<ValueError>([&] { to.load_state_dict(from.state_dict()); });
        CHECK(to.learning_rate() == lr);
        return result;
    };
    using nn::SGD;
    CHECK(message(SGD(x, {.lr = 1, .momentum = 0.9}), SGD(x, {.lr = 2, .momentum = 0.1})) ==
          "SGD: \"param_groups.0.momentum\" is 0.9, not 0.1 as in the options");
    CHECK(message(SGD(x, {.momentum = 0.1 + 1e-15}), SGD(x, {.momentum = 0.1})) ==
          "SGD: \"param_groups.0.momentum\" is 0.100000000000001, not 0.1 as in the options");
    CHECK(message(SGD(x, {.momentum = 0.9, .nesterov = true}), SGD(x, {.momentum = 0.9})) ==
          "SGD: \"param_groups.0.nesterov\" is 1, not 0 as in the options");
    CHECK(message(SGD<double>({{x, {}}, {y, {.weight_decay = 1e-4}}}), SGD<double>({{x, {}}, {y, {}}})) ==
          "SGD: \"param_groups.1.weight_decay\" is 0.0001, not 0 as in the options");
    CHECK(message(nn::Adam(x, {.amsgrad = true}), nn::Adam(x)) ==
          "Adam: \"param_groups.0.amsgrad\" is 1, not 0 as in the options");
    CHECK(message(nn::Adam(x), nn::AdamW(x)) ==
          "AdamW: \"param_groups.0.weight_decay\" is 0, not 0.01 as in the options");
    CHECK(message(nn::Adagrad(x), nn::Adagrad(x, {.initial_accumulator_value = 1})) ==
          "Adagrad: \"param_groups.0.initial_accumulator_value\" is 0, not 1 as in the options");
    CHECK(message(nn::RMSprop(x), nn::RMSprop(x, {.centered = true})) ==
          "RMSprop: \"param_groups.0.centered\" is 0, not 1 as in the options");
    CHECK(message(nn::Adadelta(x), nn::Adadelta(x, {.rho = 0.5})) ==
          "Adadelta: \"param_groups.0.rho\" is 0.9, not 0.5 as in the options");
    // The learning rate is what a schedule may have changed: it is taken over.
    SGD slower(x, {.lr = 1});
    slower.load_state_dict(SGD(x, {.lr = 0.5}).state_dict());
    CHECK(slower.learning_rate() == 0.5);
}

TEST_CASE("parameters without a gradient and frozen ones stay as they are") {
    const Variable<float> moved{1.0F, 2.0F}, without{1.0F, 2.0F};
    const Variable<float> frozen = constant(Array<float>{1, 2});
    nn::Adam optimizer(std::vector{moved, without, frozen}, {.lr = 0.1, .weight_decay = 0.1});
    sum(moved * frozen).backward();
    optimizer.step();
    CHECK(moved.value()(0) == doctest::Approx(0.9));
    CHECK(without.value()(0) == 1);
    CHECK(frozen.value()(0) == 1);
    optimizer.zero_grad();
    CHECK_FALSE(moved.has_grad());
    optimizer.step();
    CHECK(moved.value()(0) == doctest::Approx(0.9));

    const Variable<float> thawed{1.0F, 2.0F};
    nn::SGD freezing(std::vector{thawed}, {.lr = 0.1});
    sum(thawed).backward();
    thawed.cell().requires_grad = false;
    freezing.step();
    CHECK(thawed.value()(0) == 1);
}

TEST_CASE("a step in place is seen by a graph that saved the old value") {
    const Variable<double> x{2.0};
    nn::SGD optimizer(std::vector{x});
    const auto y = x * x;
    (x * 3).backward();
    optimizer.step();
    CHECK_THROWS_AS(y.backward(), GraphError);
}

TEST_CASE("learning rates of groups") {
    const Variable<float> a{1.0F}, b{1.0F};
    nn::SGD optimizer({{{a}, {.lr = 0.1}}, {{b}, {.lr = 0.2}}});
    CHECK(optimizer.groups() == 2);
    CHECK(optimizer.parameters().size() == 2);
    CHECK(optimizer.learning_rate() == 0.1);
    CHECK(optimizer.learning_rate(1) == 0.2);
    optimizer.set_learning_rate(0.5, 1);
    CHECK(optimizer.learning_rate(0) == 0.1);
    (a + b).backward();
    optimizer.step();
    CHECK(a.item() == 0.9F);
    CHECK(b.item() == 0.5F);
    optimizer.set_learning_rate(0);
    optimizer.step();
    CHECK(a.item() == 0.9F);
    CHECK(optimizer.learning_rate(1) == 0);
    CHECK(message_of<IndexError>([&] { optimizer.learning_rate(2); }) == "SGD: there is no group 2 among 2");
    CHECK(message_of<ValueError>([&] { optimizer.set_learning_rate(-0.1); }) == "SGD: lr is -0.1, not in [0, inf)");
    CHECK(message_of<ValueError>([&] { optimizer.set_learning_rate(std::numeric_limits<double>::quiet_NaN(), 1); }) ==
          "SGD: lr is nan, not in [0, inf)");
}

TEST_CASE("optimizers refuse parameters that they cannot move") {
    const Variable<float> a{1.0F}, b{1.0F};
    CHECK(message_of<ValueError>([&] { nn::SGD(std::vector<Variable<float>>{}); }) == "SGD: there are no parameters");
    CHECK(message_of<ValueError>([&] {
              nn::Adam(std::vector{a, b, a});
          }) == "Adam: parameter 2 is the same as parameter 0: it would be moved twice");
    CHECK(message_of<ValueError>([&] {
              nn::SGD({{{a}, {}}, {{b, a}, {.lr = 1}}});
          }) == "SGD: parameter 2 is the same as parameter 0: it would be moved twice");
    CHECK(message_of<ValueError>([&] {
              nn::AdamW(std::vector{a, Variable<float>()});
          }) == "AdamW: parameter 1 is an empty Variable");
    CHECK(
        message_of<ValueError>([&] { nn::Adagrad(std::vector{a * 2}); }) ==
        "Adagrad: parameter 0 is the result of an operation, not a leaf: only what was made from a value can be moved");
}

TEST_CASE("optimizers refuse options out of range") {
    const std::vector x{Variable{1.0}};
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(message_of<ValueError>([&] { nn::SGD(x, {.lr = -1}); }) == "SGD: lr is -1, not in [0, inf)");
    CHECK(message_of<ValueError>([&] { nn::SGD(x, {.momentum = nan}); }) == "SGD: momentum is nan, not in [0, inf)");
    CHECK(message_of<ValueError>([&] { nn::SGD(x, {.weight_decay = -1e-4}); }) ==
          "SGD: weight_decay is -0.0001, not in [0, inf)");
    CHECK(message_of<ValueError>([&] { nn::SGD(x, {.nesterov = true}); }) ==
          "SGD: nesterov needs a momentum, and no dampening");
    CHECK(message_of<ValueError>([&] { nn::Adam(x, {.beta1 = 1}); }) == "Adam: beta1 is 1, not in [0, 1)");
    CHECK(message_of<ValueError>([&] { nn::AdamW(x, {.beta2 = -0.1}); }) == "AdamW: beta2 is -0.1, not in [0, 1)");
    CHECK(message_of<ValueError>([&] { nn::Adagrad(x, {.lr_decay = -1}); }) ==
          "Adagrad: lr_decay is -1, not in [0, inf)");
    CHECK(message_of<ValueError>([&] { nn::RMSprop(x, {.alpha = 1}); }) == "RMSprop: alpha is 1, not in [0, 1)");
    CHECK(message_of<ValueError>([&] { nn::Adadelta(x, {.rho = 2}); }) == "Adadelta: rho is 2, not in [0, 1)");
    CHECK(message_of<ValueError>([&] { nn::Adadelta(x, {.eps = -1}); }) == "Adadelta: eps is -1, not in [0, inf)");
}

TEST_CASE("steps on empty, single and many elements") {
    for (const std::size_t n : {0, 1, 15, 16, 17, 1000}) {
        INFO(n);
        const Variable<float> x(Tensor<float>({n}, 1.0F), true);
        nn::RMSprop optimizer(std::vector{x}, {.lr = 0.5, .alpha = 0, .eps = 0});
        sum(x * -2).backward();
        optimizer.step();
        CHECK(std::all_of(x.tensor().begin(), x.tensor().end(), [](float element) { return element == 1.5F; }));
    }
}

TEST_CASE("a step allocates memory the first time only") {
    const Network<float> net;
    nn::Adam optimizer(net.parameters());
    descend(net, optimizer, 2);
    const std::int64_t blocks = detail::live_blocks();
    descend(net, optimizer, 3);
    CHECK(detail::live_blocks() == blocks);
}

TEST_CASE("an optimizer trains a model in an open loop, without what is frozen") {
    Generator random(1);
    nn::Sequential model{nn::Linear(2, 16, {}, random), nn::Tanh(), nn::Linear(16, 2, {}, random)};
    const Array<float> inputs = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const Array<int> is_odd = {0, 1, 1, 0};
    model[0].freeze();
    const Array<float> before = model.get<nn::Linear<>>(0).weight.value();
    nn::Adam optimizer(model.parameters(), {.lr = 0.1});
    static_assert(std::same_as<decltype(optimizer), nn::Adam<float>>);
    float loss_before = 0, loss_after = 0;
    for (int step = 0; step < 500; ++step) {
        const auto loss = nn::cross_entropy(model(inputs), is_odd);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        (step == 0 ? loss_before : loss_after) = loss.item();
    }
    CHECK(loss_before > 0.5F);
    CHECK(loss_after < 0.1F);
    CHECK(model.get<nn::Linear<>>(0).weight.value() == before);
}

// L-BFGS: PyTorch's trajectories, convergence, resuming bit for bit, what is refused.
#include <xgrad/nn/optim/lbfgs.hpp>
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/power.hpp>

#include "tests/message_of.hpp"
#include "tests/nn/optim/network.hpp"

#include <doctest/doctest.h>

using namespace xgrad;
using tests::message_of;
using tests::Network;
using tests::relative_difference;

namespace {

nn::LBFGSOptions options_of(const std::string& name) {
    if (name == "LBFGS") return {};
    if (name == "LBFGS one iteration") return {.max_iter = 1};
    if (name == "LBFGS short history") return {.lr = 0.8, .max_iter = 3, .history_size = 2};
    REQUIRE(name == "LBFGS fixed");
    return {.lr = 0.1, .max_iter = 2, .strong_wolfe = false};
}

template <class T>
std::vector<T> descend(const Network<T>& net, nn::LBFGS<T>& optimizer, std::size_t steps) {
    std::vector<T> losses;
    for (std::size_t step = 0; step < steps; ++step) {
        losses.push_back(optimizer.step([&] {
            optimizer.zero_grad();
            const auto loss = net.loss();
            loss.backward();
            return loss;
        }));
    }
    return losses;
}

Variable<double> rosenbrock(const Variable<double>& x) {
    const auto a = slice(x, {0}), b = slice(x, {1});
    return square(1 - a) + 100 * square(b - square(a));
}

} // namespace

TEST_CASE("L-BFGS follows PyTorch's") {
    CHECK(tests::reference::lbfgs_trajectories.size() == 4);
    for (const auto& expected : tests::reference::lbfgs_trajectories) {
        INFO(expected.name);
        const Network<double> net;
        nn::LBFGS optimizer(net.parameters(), options_of(expected.name));
        CHECK(relative_difference(descend(net, optimizer, expected.losses.size()), expected.losses) < 1e-6);
        CHECK(relative_difference(net.elements(), expected.end) < 1e-6);
    }
}

TEST_CASE("L-BFGS in float goes down as in double") {
    const Network<float> net;
    nn::LBFGS optimizer(net.parameters());
    const auto losses = descend(net, optimizer, 2);
    CHECK(losses[0] == doctest::Approx(tests::reference::lbfgs_trajectories[0].losses[0]));
    CHECK(losses[1] < 0.02);
}

TEST_CASE("L-BFGS finds the minimum of Rosenbrock's function") {
    const Variable<double> x{-1.2, 1.0};
    nn::LBFGS optimizer(std::vector{x}, {.max_iter = 60, .max_eval = 200, .tolerance_change = 1e-16});
    int evaluations = 0;
    const double before = optimizer.step([&] {
        ++evaluations;
        optimizer.zero_grad();
        const auto loss = rosenbrock(x);
        loss.backward();
        return loss;
    });
    CHECK(before == doctest::Approx(24.2));
    CHECK(x.value()(0) == doctest::Approx(1).epsilon(1e-6));
    CHECK(x.value()(1) == doctest::Approx(1).epsilon(1e-6));
    CHECK(evaluations < 100);
}

TEST_CASE_TEMPLATE("L-BFGS goes on from its state dict bit for bit", T, float, double) {
    for (const nn::LBFGSOptions& options : {nn::LBFGSOptions{.max_iter = 2, .history_size = 3},
                                            nn::LBFGSOptions{.lr = 0.1, .max_iter = 2, .strong_wolfe = false}}) {
        const Network<T> straight, resumed;
        nn::LBFGS whole(straight.parameters(), options), half(resumed.parameters(), options);
        half.load_state_dict(whole.state_dict()); // of no step
        descend(straight, whole, 3);
        for (std::size_t k = 0; k < 3; ++k) {
            resumed.parameters()[k].value() = Array<T>(straight.parameters()[k].value());
        }
        half.load_state_dict(whole.state_dict());
        CHECK(descend(straight, whole, 3) == descend(resumed, half, 3));
        CHECK(straight.elements() == resumed.elements());
    }
}

TEST_CASE("L-BFGS refuses states, options and losses that do not fit, and leaves frozen parameters") {
    Network<double> net;
    nn::LBFGS optimizer(net.parameters(), {.max_iter = 2});
    descend(net, optimizer, 2);
    nn::StateDict state = optimizer.state_dict();
    state.erase("old_dirs.0");
    CHECK(message_of<ValueError>([&] { optimizer.load_state_dict(state); }) ==
          "LBFGS: the state has no entry \"old_dirs.0\"");
    state = optimizer.state_dict();
    state.at("d") = Tensor<double>({3}, 0.0);
    CHECK(message_of<ShapeError>([&] { optimizer.load_state_dict(state); }) ==
          "LBFGS: \"d\" has the shape (3), not (24)");
    state = optimizer.state_dict();
    state.at("history") = Tensor<std::int64_t>(Shape{}, std::int64_t{1} << 60);
    CHECK_THROWS_AS(optimizer.load_state_dict(state), ValueError);

    CHECK(message_of<ValueError>([&] { nn::LBFGS(net.parameters(), {.max_iter = 0}); }) ==
          "LBFGS: max_iter is 0, not in [1, inf)");
    CHECK(message_of<ValueError>([&] { nn::LBFGS(std::vector<Variable<float>>{}); }) ==
          "LBFGS: there are no parameters");
    CHECK(message_of<ValueError>([&] {
              nn::LBFGS(std::vector{net.W, net.W});
          }) == "LBFGS: parameter 1 is the same as parameter 0: it would be moved twice");
    CHECK_THROWS_AS(optimizer.step([&] { return net.x; }), ShapeError);

    const Network<double> other;
    nn::LBFGS freezing(other.parameters());
    other.b.cell().requires_grad = false;
    const Array<double> before = other.b.value();
    descend(other, freezing, 1);
    CHECK(std::equal(before.begin(), before.end(), other.b.tensor().begin()));
    CHECK(other.loss().item() < 0.1);
}

TEST_CASE("L-BFGS gives up on a loss that is not finite") {
    const Variable<double> x{2.0};
    nn::LBFGS optimizer(std::vector{x}, {.lr = 8});
    int evaluations = 0;
    optimizer.step([&] {
        optimizer.zero_grad();
        const auto loss = ++evaluations == 1 ? x * x : x * x * std::numeric_limits<double>::quiet_NaN();
        loss.backward();
        return loss;
    });
    CHECK(evaluations <= 27); // the first, and 26 along the line
    CHECK(x.item() == 2);
}

TEST_CASE("a closure that throws leaves L-BFGS and the parameters as they were") {
    const Network<double> straight, disturbed;
    nn::LBFGS one(straight.parameters(), {.max_iter = 3}), other(disturbed.parameters(), {.max_iter = 3});
    descend(straight, one, 2);
    descend(disturbed, other, 2);
    for (const int last : {1, 2, 3}) {
        int evaluations = 0;
        const auto closure = [&] {
            if (++evaluations == last) throw ValueError("enough", Location());
            other.zero_grad();
            const auto loss = disturbed.loss();
            loss.backward();
            return loss;
        };
        CHECK(message_of<ValueError>([&] { other.step(closure); }) == "enough");
        CHECK(straight.elements() == disturbed.elements());
    }
    CHECK(descend(straight, one, 3) == descend(disturbed, other, 3));
}

TEST_CASE("L-BFGS says when its function has left no gradient") {
    Variable<double> x{2.0};
    const Variable<double> frozen{1.0};
    nn::LBFGS optimizer(std::vector{x, frozen});
    const auto forgets_backward = [&] {
        optimizer.zero_grad();
        return x * x * frozen;
    };
    CHECK(message_of<GraphError>([&] { optimizer.step(forgets_backward); }) ==
          "LBFGS: no parameter has a gradient after the closure, which is to call backward()");
    // The gradient of a frozen one does not count.
    (x * frozen).backward();
    frozen.cell().requires_grad = false;
    x.zero_grad();
    CHECK_THROWS_AS(optimizer.step([&] { return x * x; }), GraphError);
    CHECK(x.item() == 2);
    CHECK(*std::get<Tensor<std::int64_t>>(optimizer.state_dict().at("n_iter")).data() == 0);
}

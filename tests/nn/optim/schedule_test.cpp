// Schedules: PyTorch's learning rates over 50 epochs, groups, resuming, what is refused.
#include <xgrad/nn/optim/schedule.hpp>
#include <xgrad/nn/optim/sgd.hpp>

#include "tests/message_of.hpp"
#include "tests/reference/schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

using namespace xgrad;
using tests::message_of;
using Plateau = nn::ReduceLROnPlateauOptions;

namespace {

/// An optimizer to schedule.
nn::SGD<float> make_optimizer() {
    return nn::SGD({{{Variable{1.0F}}, {.lr = 0.1}}, {{Variable{1.0F}}, {.lr = 0.2}}});
}

std::unique_ptr<nn::Schedule> make(const std::string& name, nn::LearningRates& optimizer) {
    if (name == "StepLR") return std::make_unique<nn::StepLR>(optimizer, 7, 0.5);
    if (name == "StepLR default") return std::make_unique<nn::StepLR>(optimizer, 20);
    if (name == "ExponentialLR") return std::make_unique<nn::ExponentialLR>(optimizer, 0.9);
    if (name == "CosineAnnealingLR") return std::make_unique<nn::CosineAnnealingLR>(optimizer, 50);
    if (name == "CosineAnnealingLR back up") return std::make_unique<nn::CosineAnnealingLR>(optimizer, 20, 0.01);
    if (name == "LinearLR") return std::make_unique<nn::LinearLR>(optimizer);
    if (name == "LinearLR down") {
        return std::make_unique<nn::LinearLR>(
            optimizer, nn::LinearLROptions{.start_factor = 1, .end_factor = 0.25, .total_iters = 12});
    }
    REQUIRE(name == "LambdaLR");
    return std::make_unique<nn::LambdaLR>(optimizer, [](std::int64_t epoch) {
        const double e = static_cast<double>(epoch) + 1;
        return std::min(e / 8, 8 / e);
    });
}

Plateau plateau_options(const std::string& name) {
    if (name == "default") return {};
    if (name == "patience") return {.factor = 0.5, .patience = 2};
    if (name == "cooldown") return {.factor = 0.5, .patience = 1, .cooldown = 3, .min_lr = 0.01};
    if (name == "absolute") {
        return {.factor = 0.5, .patience = 2, .threshold = 0.05, .threshold_mode = Plateau::Threshold::absolute};
    }
    if (name == "max") return {.mode = Plateau::Mode::max, .factor = 0.25, .patience = 3, .threshold = 0.01};
    REQUIRE(name == "max absolute");
    return {.mode = Plateau::Mode::max,
            .factor = 0.25,
            .patience = 0,
            .threshold = 0.01,
            .threshold_mode = Plateau::Threshold::absolute,
            .eps = 1e-3};
}

bool is_close(double got, double expected) {
    return std::abs(got - expected) <= 1e-14;
}

} // namespace

TEST_CASE("schedules follow PyTorch's over 50 epochs, in every group") {
    CHECK(tests::reference::schedules.size() == 8);
    for (const auto& expected : tests::reference::schedules) {
        INFO(expected.schedule);
        nn::SGD<float> optimizer = make_optimizer();
        const auto schedule = make(expected.schedule, optimizer);
        for (const double rate : expected.rates) {
            INFO(schedule->epoch());
            CHECK(is_close(optimizer.learning_rate(0), rate));
            // The minimum of the cosine is the same for all groups.
            if (expected.schedule != "CosineAnnealingLR back up") CHECK(is_close(optimizer.learning_rate(1), 2 * rate));
            schedule->step();
        }
        CHECK(schedule->epoch() == 50);
    }
}

TEST_CASE("a schedule goes on from its state dict") {
    for (const auto& expected : tests::reference::schedules) {
        INFO(expected.schedule);
        nn::SGD<float> optimizer = make_optimizer(), resumed = make_optimizer();
        const auto schedule = make(expected.schedule, optimizer);
        for (int epoch = 0; epoch < 11; ++epoch) schedule->step();
        resumed.set_learning_rate(7); // what a schedule starts with is in its state
        const auto other = make(expected.schedule, resumed);
        other->load_state_dict(schedule->state_dict());
        CHECK(other->epoch() == 11);
        for (int epoch = 0; epoch < 9; ++epoch) {
            CHECK(resumed.learning_rate(0) == optimizer.learning_rate(0));
            CHECK(resumed.learning_rate(1) == optimizer.learning_rate(1));
            schedule->step();
            other->step();
        }
    }
}

TEST_CASE("reduction on a plateau follows PyTorch's, also when it is resumed midway") {
    const auto& metrics = tests::reference::plateau_metrics;
    CHECK(tests::reference::plateaus.size() == 6);
    for (const auto& expected : tests::reference::plateaus) {
        INFO(expected.schedule);
        for (const std::size_t pause : {100, 5, 12, 23}) {
            nn::SGD<float> optimizer = make_optimizer();
            auto schedule = std::make_unique<nn::ReduceLROnPlateau>(optimizer, plateau_options(expected.schedule));
            for (std::size_t epoch = 0; epoch < metrics.size(); ++epoch) {
                if (epoch == pause) {
                    const nn::StateDict state = schedule->state_dict();
                    schedule = std::make_unique<nn::ReduceLROnPlateau>(optimizer, plateau_options(expected.schedule));
                    schedule->load_state_dict(state);
                }
                CHECK(is_close(optimizer.learning_rate(), expected.rates[epoch]));
                schedule->step(metrics[epoch]);
            }
        }
    }
}

TEST_CASE("a metric that is NaN is no progress") {
    nn::SGD<float> optimizer = make_optimizer();
    nn::ReduceLROnPlateau schedule(optimizer, {.factor = 0.5, .patience = 1});
    schedule.step(1);
    for (int epoch = 0; epoch < 2; ++epoch) schedule.step(std::numeric_limits<double>::quiet_NaN());
    CHECK(schedule.best() == 1);
    CHECK(optimizer.learning_rate() == 0.05);
}

TEST_CASE("schedules refuse options and states that make no sense") {
    nn::SGD<float> optimizer = make_optimizer();
    CHECK(message_of<ValueError>([&] { nn::StepLR(optimizer, 0); }) == "StepLR: step_size is 0, not at least 1");
    CHECK(message_of<ValueError>([&] { nn::StepLR(optimizer, 1, -1); }) == "StepLR: gamma is -1, not in [0, inf)");
    CHECK(message_of<ValueError>([&] { nn::ExponentialLR(optimizer, std::nan("")); }) ==
          "ExponentialLR: gamma is nan, not in [0, inf)");
    CHECK(message_of<ValueError>([&] { nn::CosineAnnealingLR(optimizer, 0); }) ==
          "CosineAnnealingLR: T_max is 0, not at least 1");
    CHECK(message_of<ValueError>([&] { nn::LinearLR(optimizer, {.start_factor = -1}); }) ==
          "LinearLR: start_factor is -1, not in [0, inf)");
    CHECK(message_of<ValueError>([&] { nn::LinearLR(optimizer, {.total_iters = 0}); }) ==
          "LinearLR: total_iters is 0, not at least 1");
    CHECK(message_of<ValueError>([&] { nn::ReduceLROnPlateau(optimizer, {.factor = 1}); }) ==
          "ReduceLROnPlateau: factor is 1, not in [0, 1)");
    CHECK(message_of<ValueError>([&] { nn::ReduceLROnPlateau(optimizer, {.patience = -1}); }) ==
          "ReduceLROnPlateau: patience is -1, not at least 0");
    CHECK_THROWS_AS(nn::LambdaLR(optimizer, [](std::int64_t) { return -1.0; }), ValueError);
    CHECK(optimizer.learning_rate() == 0.1);

    nn::StepLR schedule(optimizer, 3);
    nn::StateDict state = schedule.state_dict();
    state.erase("StepLR.last_epoch");
    CHECK(message_of<ValueError>([&] { schedule.load_state_dict(state); }) ==
          "StepLR: the state has no entry \"StepLR.last_epoch\"");
    state = schedule.state_dict();
    state.at("base_lrs") = Tensor<double>({3}, 1);
    CHECK(message_of<ShapeError>([&] { schedule.load_state_dict(state); }) ==
          "StepLR: \"base_lrs\" has the shape (3), not (2)");
    state = schedule.state_dict();
    state.emplace("gamma", Tensor<double>(Shape{}, 1));
    CHECK(message_of<ValueError>([&] { schedule.load_state_dict(state); }) ==
          "StepLR: the state has an unexpected entry \"gamma\"");
}

TEST_CASE("a schedule refuses the state of another one, by name") {
    nn::SGD<float> optimizer = make_optimizer();
    nn::StepLR step(optimizer, 1, 0.5);
    nn::CosineAnnealingLR cosine(optimizer, 10);
    step.step();
    CHECK(message_of<ValueError>([&] { cosine.load_state_dict(step.state_dict()); }) ==
          "CosineAnnealingLR: the state is that of a StepLR");
    CHECK(message_of<ValueError>([&] { cosine.load_state_dict(nn::ReduceLROnPlateau(optimizer).state_dict()); }) ==
          "CosineAnnealingLR: the state has no entry \"base_lrs\"");
    CHECK(cosine.epoch() == 0);
    CHECK(optimizer.learning_rate() == 0.05);
}

TEST_CASE("a schedule whose rates are out of range changes neither its epoch nor any learning rate") {
    nn::SGD<float> optimizer = make_optimizer();
    nn::LambdaLR schedule(optimizer, [](std::int64_t epoch) { return epoch < 2 ? 0.5 : -1; });
    schedule.step();
    optimizer.set_learning_rate(7); // stays if nothing is changed
    const char* const negative = "LambdaLR: lr is -0.1, not in [0, inf)";
    CHECK(message_of<ValueError>([&] { schedule.step(); }) == negative);
    CHECK(schedule.epoch() == 1);
    CHECK(optimizer.learning_rate(0) == 7);
    CHECK(optimizer.learning_rate(1) == 7);

    nn::StateDict state = schedule.state_dict();
    state.at("LambdaLR.last_epoch") = Tensor<std::int64_t>(Shape{}, 5);
    CHECK(message_of<ValueError>([&] { schedule.load_state_dict(state); }) == negative);
    CHECK(schedule.epoch() == 1);
    CHECK(optimizer.learning_rate(0) == 7);

    // The second group's only: the first keeps its rate, too.
    nn::SGD<float> uneven({{{Variable{1.0F}}, {.lr = 1}}, {{Variable{1.0F}}, {.lr = 1e300}}});
    nn::ExponentialLR growing(uneven, 1e10);
    CHECK(message_of<ValueError>([&] { growing.step(); }) == "ExponentialLR: lr is inf, not in [0, inf)");
    CHECK(growing.epoch() == 0);
    CHECK(uneven.learning_rate(0) == 1);
}

TEST_CASE("a schedule's error names the line that called it") {
    nn::SGD<float> optimizer = make_optimizer();
    nn::LambdaLR schedule(optimizer, [](std::int64_t epoch) { return epoch == 0 ? 1 : std::nan(""); });
    const auto line_of = [](const auto& f) {
        try {
            f();
        } catch (const ValueError& error) {
            return error.where().line();
        }
        return 0U;
    };
    CHECK(line_of([&] { schedule.step(); }) == __LINE__);
    CHECK(line_of([&] { nn::LambdaLR(optimizer, [](std::int64_t) { return -1.0; }); }) == __LINE__);
}

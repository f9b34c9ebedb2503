#include <xgrad/nn/optim/schedule.hpp>

#include <xgrad/nn/optim/state_reader.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string_view>

namespace xgrad::nn {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::string_view last_epoch = ".last_epoch"; // after the name of the schedule

void check_at_least(const char* schedule, const char* option, std::int64_t value, std::int64_t least,
                    const Location& at) {
    if (value >= least) return;
    throw ValueError(std::string(schedule) + ": " + option + " is " + std::to_string(value) + ", not at least " +
                         std::to_string(least),
                     at);
}

} // namespace

Schedule::Schedule(const char* name, LearningRates& optimizer) : name_(name), optimizer_(optimizer) {
    for (std::size_t g = 0; g < optimizer.groups(); ++g) base_.push_back(optimizer.learning_rate(g));
}

void Schedule::go_to(std::int64_t epoch, const std::vector<double>& base, const Location& at) {
    std::vector<double> rates;
    for (const double start : base) {
        rates.push_back(rate(start, epoch));
        detail::check_option(name_, "lr", rates.back(), 0, infinity, at);
    }
    for (std::size_t g = 0; g < rates.size(); ++g) optimizer_.set_learning_rate(rates[g], g, at);
    epoch_ = epoch;
}

void Schedule::step(Location at) {
    go_to(epoch_ + 1, base_, at);
}

StateDict Schedule::state_dict() const {
    Tensor<double> base(Shape{base_.size()});
    std::copy(base_.begin(), base_.end(), base.begin());
    StateDict state;
    state.emplace("base_lrs", std::move(base));
    state.emplace(std::string(name_).append(last_epoch), detail::scalar(epoch_));
    return state;
}

void Schedule::load_state_dict(const StateDict& state, Location at) {
    const std::string epoch_key = std::string(name_).append(last_epoch);
    for (const auto& [key, value] : state) {
        if (!key.ends_with(last_epoch) || key == epoch_key) continue;
        const std::string other = key.substr(0, key.size() - last_epoch.size());
        throw ValueError(std::string(name_) + ": the state is that of a " + other, at);
    }
    detail::StateReader reader(state, name_, at);
    const Tensor<double> array = reader.array<double>("base_lrs", Shape{base_.size()});
    const std::int64_t epoch = reader.count(epoch_key);
    reader.finish();
    std::vector<double> base(array.begin(), array.end());
    for (const double rate : base) detail::check_option(name_, "lr", rate, 0, infinity, at);
    go_to(epoch, base, at);
    base_ = std::move(base);
}

StepLR::StepLR(LearningRates& optimizer, std::int64_t step_size, double gamma, Location at)
    : Schedule("StepLR", optimizer), step_size_(step_size), gamma_(gamma) {
    check_at_least(name_, "step_size", step_size, 1, at);
    detail::check_option(name_, "gamma", gamma, 0, infinity, at);
}

double StepLR::rate(double base, std::int64_t epoch) const {
    return base * std::pow(gamma_, static_cast<double>(epoch / step_size_));
}

ExponentialLR::ExponentialLR(LearningRates& optimizer, double gamma, Location at)
    : Schedule("ExponentialLR", optimizer), gamma_(gamma) {
    detail::check_option(name_, "gamma", gamma, 0, infinity, at);
}

double ExponentialLR::rate(double base, std::int64_t epoch) const {
    return base * std::pow(gamma_, static_cast<double>(epoch));
}

CosineAnnealingLR::CosineAnnealingLR(LearningRates& optimizer, std::int64_t T_max, double eta_min, Location at)
    : Schedule("CosineAnnealingLR", optimizer), T_max_(T_max), eta_min_(eta_min) {
    check_at_least(name_, "T_max", T_max, 1, at);
    detail::check_option(name_, "eta_min", eta_min, 0, infinity, at);
}

double CosineAnnealingLR::rate(double base, std::int64_t epoch) const {
    const double done = static_cast<double>(epoch) / static_cast<double>(T_max_);
    return eta_min_ + (base - eta_min_) * (1 + std::cos(std::numbers::pi * done)) / 2;
}

LinearLR::LinearLR(LearningRates& optimizer, const LinearLROptions& options, Location at)
    : Schedule("LinearLR", optimizer), options_(options) {
    detail::check_option(name_, "start_factor", options.start_factor, 0, infinity, at);
    detail::check_option(name_, "end_factor", options.end_factor, 0, infinity, at);
    check_at_least(name_, "total_iters", options.total_iters, 1, at);
    apply(at);
}

double LinearLR::rate(double base, std::int64_t epoch) const {
    const double done =
        static_cast<double>(std::min(epoch, options_.total_iters)) / static_cast<double>(options_.total_iters);
    return base * (options_.start_factor + (options_.end_factor - options_.start_factor) * done);
}

LambdaLR::LambdaLR(LearningRates& optimizer, std::function<double(std::int64_t)> factor, Location at)
    : Schedule("LambdaLR", optimizer), factor_(std::move(factor)) {
    apply(at);
}

double LambdaLR::rate(double base, std::int64_t epoch) const {
    return base * factor_(epoch);
}

ReduceLROnPlateau::ReduceLROnPlateau(LearningRates& optimizer, const ReduceLROnPlateauOptions& options, Location at)
    : optimizer_(optimizer),
      options_(options), state_{options.mode == ReduceLROnPlateauOptions::Mode::min ? infinity : -infinity} {
    constexpr const char* name = "ReduceLROnPlateau";
    detail::check_option(name, "factor", options.factor, 0, 1, at);
    check_at_least(name, "patience", options.patience, 0, at);
    detail::check_option(name, "threshold", options.threshold, 0, infinity, at);
    check_at_least(name, "cooldown", options.cooldown, 0, at);
    detail::check_option(name, "min_lr", options.min_lr, 0, infinity, at);
    detail::check_option(name, "eps", options.eps, 0, infinity, at);
}

bool ReduceLROnPlateau::is_better(double metric) const {
    const bool falls = options_.mode == ReduceLROnPlateauOptions::Mode::min;
    const double sign = falls ? -1 : 1;
    const double mark = options_.threshold_mode == ReduceLROnPlateauOptions::Threshold::relative
                            ? state_.best * (1 + sign * options_.threshold)
                            : state_.best + sign * options_.threshold;
    return falls ? metric < mark : metric > mark;
}

void ReduceLROnPlateau::step(double metric) {
    if (is_better(metric)) {
        state_.best = metric;
        state_.bad_epochs = 0;
    } else {
        ++state_.bad_epochs;
    }
    if (state_.cooldown > 0) {
        --state_.cooldown;
        state_.bad_epochs = 0;
    }
    if (state_.bad_epochs <= options_.patience) return;
    for (std::size_t g = 0; g < optimizer_.groups(); ++g) {
        const double lr = optimizer_.learning_rate(g), reduced = std::max(lr * options_.factor, options_.min_lr);
        if (lr - reduced > options_.eps) optimizer_.set_learning_rate(reduced, g);
    }
    state_.cooldown = options_.cooldown;
    state_.bad_epochs = 0;
}

StateDict ReduceLROnPlateau::state_dict() const {
    StateDict state;
    state.emplace("best", detail::scalar(state_.best));
    state.emplace("num_bad_epochs", detail::scalar(state_.bad_epochs));
    state.emplace("cooldown_counter", detail::scalar(state_.cooldown));
    return state;
}

void ReduceLROnPlateau::load_state_dict(const StateDict& state, Location at) {
    detail::StateReader reader(state, "ReduceLROnPlateau", at);
    const State read{reader.number("best"), reader.count("num_bad_epochs"), reader.count("cooldown_counter")};
    reader.finish();
    state_ = read;
}

} // namespace xgrad::nn

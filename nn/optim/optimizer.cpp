#include <xgrad/nn/optim/optimizer.hpp>

#include <xgrad/nn/optim/state_reader.hpp>

#include <algorithm>
#include <limits>
#include <map>

namespace xgrad::nn {

namespace {

void check_group(const char* optimizer, std::size_t group, std::size_t groups, const Location& at) {
    if (group < groups) return;
    throw IndexError(std::string(optimizer) + ": there is no group " + std::to_string(group) + " among " +
                         std::to_string(groups),
                     at);
}

void check_rate(const char* optimizer, double lr, const Location& at) {
    detail::check_option(optimizer, "lr", lr, 0, std::numeric_limits<double>::infinity(), at);
}

std::string group_key(std::size_t group, const char* option) {
    return "param_groups." + std::to_string(group) + "." + option;
}
std::string state_key(std::size_t parameter, const char* name) {
    return "state." + std::to_string(parameter) + "." + name;
}

} // namespace

void detail::check_option(const char* optimizer, const char* option, double value, double low, double high,
                          const Location& at) {
    if (value >= low && value < high) return;
    throw ValueError(std::string(optimizer) + ": " + option + " is " + format_number(value) + ", not in [" +
                         format_number(low) + ", " + format_number(high) + ")",
                     at);
}

template <class T>
void detail::check_parameters(const char* optimizer, const std::vector<Variable<T>>& parameters, const Location& at) {
    const std::string name = optimizer;
    if (parameters.empty()) throw ValueError(name + ": there are no parameters", at);
    std::map<const void*, std::size_t> seen;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        const std::string parameter = name + ": parameter " + std::to_string(k) + " is ";
        if (!parameters[k].defined()) throw ValueError(parameter + "an empty Variable", at);
        if (!parameters[k].is_leaf()) {
            throw ValueError(
                parameter + "the result of an operation, not a leaf: only what was made from a value can be moved", at);
        }
        const auto [same, is_new] = seen.emplace(&parameters[k].cell(), k);
        if (!is_new) {
            throw ValueError(
                parameter + "the same as parameter " + std::to_string(same->second) + ": it would be moved twice", at);
        }
    }
}

double LearningRates::learning_rate(std::size_t group, Location at) const {
    check_group(name_, group, groups(), at);
    return rates_[group];
}

void LearningRates::set_learning_rate(double lr, Location at) {
    check_rate(name_, lr, at);
    std::fill(rates_.begin(), rates_.end(), lr);
}

void LearningRates::set_learning_rate(double lr, std::size_t group, Location at) {
    check_group(name_, group, groups(), at);
    check_rate(name_, lr, at);
    rates_[group] = lr;
}

template <class T>
Optimizer<T>::~Optimizer() = default;

template <class T>
void Optimizer<T>::add_group(const std::vector<Variable<T>>& parameters, double lr, std::vector<OptionValue> options,
                             std::vector<const char*> state, const Location& at) {
    for (const auto& [option, value, low, high] : options) detail::check_option(name_, option, value, low, high, at);
    check_rate(name_, lr, at);
    for (const Variable<T>& parameter : parameters) slots_.push_back({parameter, rates_.size()});
    pointers_.resize(std::max(pointers_.size(), state.size()));
    option_values_.push_back(std::move(options));
    state_names_.push_back(std::move(state));
    rates_.push_back(lr);
}

template <class T>
std::vector<Variable<T>> Optimizer<T>::parameters() const {
    std::vector<Variable<T>> all;
    all.reserve(slots_.size());
    for (const Slot& slot : slots_) all.push_back(slot.parameter);
    return all;
}

template <class T>
void Optimizer<T>::zero_grad() {
    for (Slot& slot : slots_) slot.parameter.zero_grad();
}

template <class T>
void Optimizer<T>::step() {
    for (Slot& slot : slots_) {
        xgrad::detail::Cell<T>& cell = slot.parameter.cell();
        if (!cell.grad || !cell.requires_grad) continue;
        if (slot.steps == 0) {
            slot.state.clear();
            for (std::size_t k = 0; k < state_names_[slot.group].size(); ++k) {
                slot.state.emplace_back(cell.value.shape(), initial_state(slot.group, k));
            }
        }
        std::transform(slot.state.begin(), slot.state.end(), pointers_.begin(),
                       [](Tensor<T>& array) { return array.data(); });
        ++slot.steps;
        update({cell.value.data(), static_cast<const T*>(cell.grad.data()), pointers_.data(), cell.value.size(),
                rates_[slot.group], slot.steps},
               slot.group);
        cell.value.buffer().touch(); // a graph that saved the old value must not be differentiated with the new one
    }
}

template <class T>
StateDict Optimizer<T>::state_dict() const {
    StateDict state;
    for (std::size_t g = 0; g < rates_.size(); ++g) {
        state.emplace(group_key(g, "lr"), detail::scalar(rates_[g]));
        for (const OptionValue& option : option_values_[g]) {
            state.emplace(group_key(g, option.name), detail::scalar(option.value));
        }
    }
    for (std::size_t k = 0; k < slots_.size(); ++k) {
        const Slot& slot = slots_[k];
        state.emplace(state_key(k, "step"), detail::scalar(slot.steps));
        for (std::size_t i = 0; i < slot.state.size(); ++i) {
            state.emplace(state_key(k, state_names_[slot.group][i]), slot.state[i].clone());
        }
    }
    return state;
}

template <class T>
void Optimizer<T>::load_state_dict(const StateDict& state, Location at) {
    detail::StateReader reader(state, name_, at);
    std::vector<double> rates;
    for (std::size_t g = 0; g < rates_.size(); ++g) {
        rates.push_back(reader.number(group_key(g, "lr")));
        check_rate(name_, rates.back(), at);
        for (const OptionValue& option : option_values_[g]) {
            const std::string key = group_key(g, option.name);
            const double value = reader.number(key);
            if (value == option.value) continue;
            throw ValueError(std::string(name_) + ": \"" + key + "\" is " + detail::format_number(value) + ", not " +
                                 detail::format_number(option.value) + " as in the options",
                             at);
        }
    }
    std::vector<Slot> slots;
    for (std::size_t k = 0; k < slots_.size(); ++k) {
        Slot slot{slots_[k].parameter, slots_[k].group, reader.count(state_key(k, "step"))};
        if (slot.steps > 0) {
            for (const char* const name : state_names_[slot.group]) {
                slot.state.push_back(reader.array<T>(state_key(k, name), slot.parameter.shape()));
            }
        }
        slots.push_back(std::move(slot));
    }
    reader.finish();
    rates_ = std::move(rates);
    slots_ = std::move(slots);
}

template class Optimizer<float>;
template class Optimizer<double>;
template void detail::check_parameters(const char*, const std::vector<Variable<float>>&, const Location&);
template void detail::check_parameters(const char*, const std::vector<Variable<double>>&, const Location&);

} // namespace xgrad::nn

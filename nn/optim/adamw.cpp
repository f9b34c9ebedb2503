#include <xgrad/nn/optim/adamw.hpp>

#include <xgrad/nn/optim/adam_step.hpp>

namespace xgrad::nn {

template <class T>
AdamW<T>::AdamW(const std::vector<Variable<T>>& parameters, const AdamWOptions& options, Location at)
    : AdamW(std::vector<ParameterGroup<T, AdamWOptions>>{{parameters, options}}, at) {}

template <class T>
AdamW<T>::AdamW(const std::vector<ParameterGroup<T, AdamWOptions>>& groups, Location at)
    : GroupedOptimizer<T, AdamWOptions, AdamW>("AdamW", groups, at) {}

template <class T>
std::vector<OptionValue> AdamW<T>::values(const AdamWOptions& options) {
    return adam_values(options);
}

template <class T>
std::vector<const char*> AdamW<T>::state(const AdamWOptions& options) {
    return adam_state(options);
}

template <class T>
void AdamW<T>::update(const typename Optimizer<T>::Update& parameter, std::size_t group) const {
    const AdamWOptions& options = this->options(group);
    adam_step<T>(parameter, options, 1 - parameter.lr * options.weight_decay, 0);
}

template class AdamW<float>;
template class AdamW<double>;

} // namespace xgrad::nn

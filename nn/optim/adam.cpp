#include <xgrad/nn/optim/adam.hpp>

#include <xgrad/nn/optim/adam_step.hpp>

namespace xgrad::nn {

template <class T>
Adam<T>::Adam(const std::vector<Variable<T>>& parameters, const AdamOptions& options, Location at)
    : Adam(std::vector<ParameterGroup<T, AdamOptions>>{{parameters, options}}, at) {}

template <class T>
Adam<T>::Adam(const std::vector<ParameterGroup<T, AdamOptions>>& groups, Location at)
    : GroupedOptimizer<T, AdamOptions, Adam>("Adam", groups, at) {}

template <class T>
std::vector<OptionValue> Adam<T>::values(const AdamOptions& options) {
    return adam_values(options);
}

template <class T>
std::vector<const char*> Adam<T>::state(const AdamOptions& options) {
    return adam_state(options);
}

template <class T>
void Adam<T>::update(const typename Optimizer<T>::Update& parameter, std::size_t group) const {
    const AdamOptions& options = this->options(group);
    adam_step<T>(parameter, options, 1, options.weight_decay);
}

template class Adam<float>;
template class Adam<double>;

} // namespace xgrad::nn

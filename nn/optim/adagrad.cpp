#include <xgrad/nn/optim/adagrad.hpp>

#include <xgrad/nn/optim/update.hpp>

namespace xgrad::nn {

template <class T>
Adagrad<T>::Adagrad(const std::vector<Variable<T>>& parameters, const AdagradOptions& options, Location at)
    : Adagrad(std::vector<ParameterGroup<T, AdagradOptions>>{{parameters, options}}, at) {}

template <class T>
Adagrad<T>::Adagrad(const std::vector<ParameterGroup<T, AdagradOptions>>& groups, Location at)
    : GroupedOptimizer<T, AdagradOptions, Adagrad>("Adagrad", groups, at) {}

template <class T>
std::vector<OptionValue> Adagrad<T>::values(const AdagradOptions& o) {
    return {{"lr_decay", o.lr_decay},
            {"weight_decay", o.weight_decay},
            {"initial_accumulator_value", o.initial_accumulator_value},
            {"eps", o.eps}};
}

template <class T>
std::vector<const char*> Adagrad<T>::state(const AdagradOptions&) {
    return {"sum"};
}

template <class T>
T Adagrad<T>::initial_state(std::size_t group, std::size_t) const {
    return static_cast<T>(this->options(group).initial_accumulator_value);
}

template <class T>
void Adagrad<T>::update(const typename Optimizer<T>::Update& parameter, std::size_t group) const {
    using V = ops::Batch<T>;
    const AdagradOptions& o = this->options(group);
    const V decay(static_cast<T>(o.weight_decay)), eps(static_cast<T>(o.eps));
    const V lr(static_cast<T>(parameter.lr / (1 + static_cast<double>(parameter.step - 1) * o.lr_decay)));
    update_elements<T, 1>(parameter, [=](V& x, const V& grad, V& sum) {
        const V g = grad + decay * x;
        sum += g * g;
        x -= lr * g / (sqrt(sum) + eps);
    });
}

template class Adagrad<float>;
template class Adagrad<double>;

} // namespace xgrad::nn

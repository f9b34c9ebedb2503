#include <xgrad/nn/optim/adadelta.hpp>

#include <xgrad/nn/optim/update.hpp>

namespace xgrad::nn {

template <class T>
Adadelta<T>::Adadelta(const std::vector<Variable<T>>& parameters, const AdadeltaOptions& options, Location at)
    : Adadelta(std::vector<ParameterGroup<T, AdadeltaOptions>>{{parameters, options}}, at) {}

template <class T>
Adadelta<T>::Adadelta(const std::vector<ParameterGroup<T, AdadeltaOptions>>& groups, Location at)
    : GroupedOptimizer<T, AdadeltaOptions, Adadelta>("Adadelta", groups, at) {}

template <class T>
std::vector<OptionValue> Adadelta<T>::values(const AdadeltaOptions& o) {
    return {{"rho", o.rho, 0, 1}, {"eps", o.eps}, {"weight_decay", o.weight_decay}};
}

template <class T>
std::vector<const char*> Adadelta<T>::state(const AdadeltaOptions&) {
    return {"square_avg", "acc_delta"};
}

template <class T>
void Adadelta<T>::update(const typename Optimizer<T>::Update& parameter, std::size_t group) const {
    using V = ops::Batch<T>;
    const AdadeltaOptions& o = this->options(group);
    const auto number = [](double value) { return V(static_cast<T>(value)); };
    const V lr = number(parameter.lr), decay = number(o.weight_decay), eps = number(o.eps);
    const V rho = number(o.rho), share = number(1 - o.rho);
    update_elements<T, 2>(parameter, [=](V& x, const V& grad, V& square, V& moved) {
        const V g = grad + decay * x;
        square = rho * square + share * g * g;
        const V delta = sqrt(moved + eps) / sqrt(square + eps) * g;
        moved = rho * moved + share * delta * delta;
        x -= lr * delta;
    });
}

template class Adadelta<float>;
template class Adadelta<double>;

} // namespace xgrad::nn

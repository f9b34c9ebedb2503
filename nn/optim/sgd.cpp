#include <xgrad/nn/optim/sgd.hpp>

#include <xgrad/nn/optim/update.hpp>

#include <limits>

namespace xgrad::nn {

template <class T>
SGD<T>::SGD(const std::vector<Variable<T>>& parameters, const SGDOptions& options, Location at)
    : SGD(std::vector<ParameterGroup<T, SGDOptions>>{{parameters, options}}, at) {}

template <class T>
SGD<T>::SGD(const std::vector<ParameterGroup<T, SGDOptions>>& groups, Location at)
    : GroupedOptimizer<T, SGDOptions, SGD>("SGD", groups, at) {
    for (const auto& [parameters, options] : groups) {
        if (options.nesterov && (options.momentum == 0 || options.dampening != 0)) {
            throw ValueError("SGD: nesterov needs a momentum, and no dampening", at);
        }
    }
}

template <class T>
std::vector<OptionValue> SGD<T>::values(const SGDOptions& o) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return {{"momentum", o.momentum},
            {"dampening", o.dampening, -infinity, infinity},
            {"weight_decay", o.weight_decay},
            {"nesterov", double(o.nesterov)}};
}

template <class T>
std::vector<const char*> SGD<T>::state(const SGDOptions& options) {
    if (options.momentum == 0) return {};
    return {"momentum_buffer"};
}

template <class T>
void SGD<T>::update(const typename Optimizer<T>::Update& parameter, std::size_t group) const {
    using V = ops::Batch<T>;
    const SGDOptions& o = this->options(group);
    const V lr(static_cast<T>(parameter.lr)), decay(static_cast<T>(o.weight_decay)),
        momentum(static_cast<T>(o.momentum));
    if (o.momentum == 0) {
        update_elements<T, 0>(parameter, [=](V& x, const V& grad) { x -= lr * (grad + decay * x); });
        return;
    }
    const bool first = parameter.step == 1; // then the buffer is zero
    const V share(static_cast<T>(first ? 1 : 1 - o.dampening));
    if (o.nesterov) {
        update_elements<T, 1>(parameter, [=](V& x, const V& grad, V& buffer) {
            const V g = grad + decay * x;
            buffer = momentum * buffer + share * g;
            x -= lr * (g + momentum * buffer);
        });
    } else {
        update_elements<T, 1>(parameter, [=](V& x, const V& grad, V& buffer) {
            buffer = momentum * buffer + share * (grad + decay * x);
            x -= lr * buffer;
        });
    }
}

template class SGD<float>;
template class SGD<double>;

} // namespace xgrad::nn

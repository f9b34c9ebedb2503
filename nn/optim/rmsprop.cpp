#include <xgrad/nn/optim/rmsprop.hpp>

#include <xgrad/nn/optim/update.hpp>

namespace xgrad::nn {

template <class T>
RMSprop<T>::RMSprop(const std::vector<Variable<T>>& parameters, const RMSpropOptions& options, Location at)
    : RMSprop(std::vector<ParameterGroup<T, RMSpropOptions>>{{parameters, options}}, at) {}

template <class T>
RMSprop<T>::RMSprop(const std::vector<ParameterGroup<T, RMSpropOptions>>& groups, Location at)
    : GroupedOptimizer<T, RMSpropOptions, RMSprop>("RMSprop", groups, at) {}

template <class T>
std::vector<OptionValue> RMSprop<T>::values(const RMSpropOptions& o) {
    return {{"alpha", o.alpha, 0, 1},
            {"eps", o.eps},
            {"weight_decay", o.weight_decay},
            {"momentum", o.momentum},
            {"centered", double(o.centered)}};
}

template <class T>
std::vector<const char*> RMSprop<T>::state(const RMSpropOptions& options) {
    std::vector<const char*> names{"square_avg"};
    if (options.momentum != 0) names.push_back("momentum_buffer");
    if (options.centered) names.push_back("grad_avg");
    return names;
}

template <class T>
void RMSprop<T>::update(const typename Optimizer<T>::Update& parameter, std::size_t group) const {
    using V = ops::Batch<T>;
    const RMSpropOptions& o = this->options(group);
    const auto number = [](double value) { return V(static_cast<T>(value)); };
    const V lr = number(parameter.lr), decay = number(o.weight_decay), momentum = number(o.momentum),
            eps = number(o.eps);
    const V alpha = number(o.alpha), share = number(1 - o.alpha);
    // g / (its size)
    const auto plain = [=](const V& g, V& square) {
        square = alpha * square + share * g * g;
        return g / (sqrt(square) + eps);
    };
    const auto centered = [=](const V& g, V& square, V& mean) {
        square = alpha * square + share * g * g;
        mean = alpha * mean + share * g;
        return g / (sqrt(max(square - mean * mean, V(T(0)))) + eps); // rounding may leave a variance of 0 below 0
    };
    const auto accelerate = [=](V& buffer, const V& direction) { return buffer = momentum * buffer + direction; };
    if (o.momentum == 0 && !o.centered) {
        update_elements<T, 1>(parameter, [=](V& x, const V& g, V& s) { x -= lr * plain(g + decay * x, s); });
    } else if (!o.centered) {
        update_elements<T, 2>(parameter,
                              [=](V& x, const V& g, V& s, V& b) { x -= lr * accelerate(b, plain(g + decay * x, s)); });
    } else if (o.momentum == 0) {
        update_elements<T, 2>(parameter,
                              [=](V& x, const V& g, V& s, V& m) { x -= lr * centered(g + decay * x, s, m); });
    } else {
        update_elements<T, 3>(parameter, [=](V& x, const V& g, V& s, V& b, V& m) {
            x -= lr * accelerate(b, centered(g + decay * x, s, m));
        });
    }
}

template class RMSprop<float>;
template class RMSprop<double>;

} // namespace xgrad::nn

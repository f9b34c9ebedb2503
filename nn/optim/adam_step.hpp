/// @file
/// The step that Adam and AdamW share. Included only where they are compiled.
#pragma once

#include <xgrad/nn/optim/optimizer.hpp>
#include <xgrad/nn/optim/update.hpp>

#include <cmath>

namespace xgrad::nn {

/// Both have the same options, with other defaults.
template <class Options>
std::vector<OptionValue> adam_values(const Options& o) {
    return {{"beta1", o.beta1, 0, 1},
            {"beta2", o.beta2, 0, 1},
            {"eps", o.eps},
            {"weight_decay", o.weight_decay},
            {"amsgrad", double(o.amsgrad)}};
}

template <class Options>
std::vector<const char*> adam_state(const Options& options) {
    if (options.amsgrad) return {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
    return {"exp_avg", "exp_avg_sq"};
}

/// @param decay  what x is multiplied with first
/// @param coupling  how much of x is then added to the gradient
template <class T, class Update, class Options>
void adam_step(const Update& parameter, const Options& o, double decay, double coupling) {
    using V = ops::Batch<T>;
    const auto number = [](double value) { return V(static_cast<T>(value)); };
    const auto t = static_cast<double>(parameter.step);
    const V keep = number(decay), penalty = number(coupling), eps = number(o.eps);
    const V beta1 = number(o.beta1), share1 = number(1 - o.beta1), beta2 = number(o.beta2),
            share2 = number(1 - o.beta2);
    const V rate = number(parameter.lr / (1 - std::pow(o.beta1, t)));
    const V correction = number(1 / std::sqrt(1 - std::pow(o.beta2, t)));
    const auto average = [=](V& x, const V& grad, V& mean, V& square) {
        x *= keep;
        const V g = grad + penalty * x;
        mean = beta1 * mean + share1 * g;
        square = beta2 * square + share2 * g * g;
    };
    const auto move = [=](V& x, const V& mean, const V& square) {
        x -= rate * mean / (sqrt(square) * correction + eps);
    };
    if (o.amsgrad) {
        update_elements<T, 3>(parameter, [=](V& x, const V& grad, V& mean, V& square, V& largest) {
            average(x, grad, mean, square);
            largest = max(largest, square);
            move(x, mean, largest);
        });
    } else {
        update_elements<T, 2>(parameter, [=](V& x, const V& grad, V& mean, V& square) {
            average(x, grad, mean, square);
            move(x, mean, square);
        });
    }
}

} // namespace xgrad::nn

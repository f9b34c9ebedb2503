#include "optimizer.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace digits {

using xgrad::Array;
using xgrad::Variable;

namespace {

/// A zero for each element of each parameter.
std::vector<Array<float>> zeros_like(const Parameters& parameters) {
    std::vector<Array<float>> zeros;
    for (const Variable<float>& x : parameters) zeros.emplace_back(xt::zeros<float>(x.value().shape()));
    return zeros;
}

struct Elements {
    float* value;
    const float* grad;
    std::size_t count;
};
Elements elements(Variable<float>& x) {
    return {x.value().data(), x.grad().data(), x.size()};
}

} // namespace

Sgd::Sgd(Parameters parameters, float momentum)
    : parameters_(std::move(parameters)), velocity_(zeros_like(parameters_)), momentum_(momentum) {}

void Sgd::step(float rate) {
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
        const auto [x, g, n] = elements(parameters_[k]);
        float* const v = velocity_[k].data();
        for (std::size_t i = 0; i < n; ++i) {
            v[i] = momentum_ * v[i] + g[i];
            x[i] -= rate * v[i];
        }
        parameters_[k].zero_grad();
    }
}

Adam::Adam(Parameters parameters, float beta1, float beta2, float epsilon)
    : parameters_(std::move(parameters)), mean_(zeros_like(parameters_)), variance_(zeros_like(parameters_)),
      beta1_(beta1), beta2_(beta2), epsilon_(epsilon) {}

void Adam::step(float rate) {
    ++steps_;
    // m and v divided by their corrections, which are the same for all elements and so go into the constants.
    const float mean_correction = 1 - std::pow(beta1_, static_cast<float>(steps_));
    const float root_correction = std::sqrt(1 - std::pow(beta2_, static_cast<float>(steps_)));
    const float scale = rate * root_correction / mean_correction;
    const float epsilon = epsilon_ * root_correction;
    for (std::size_t k = 0; k < parameters_.size(); ++k) {
        const auto [x, g, n] = elements(parameters_[k]);
        float* const m = mean_[k].data();
        float* const v = variance_[k].data();
        for (std::size_t i = 0; i < n; ++i) {
            m[i] = beta1_ * m[i] + (1 - beta1_) * g[i];
            v[i] = beta2_ * v[i] + (1 - beta2_) * g[i] * g[i];
            x[i] -= scale * m[i] / (std::sqrt(v[i]) + epsilon);
        }
        parameters_[k].zero_grad();
    }
}

std::unique_ptr<Optimizer> make_optimizer(std::string_view name, Parameters parameters) {
    if (name == "sgd") return std::make_unique<Sgd>(std::move(parameters));
    if (name == "adam") return std::make_unique<Adam>(std::move(parameters));
    throw std::invalid_argument("no optimizer named " + std::string(name));
}

} // namespace digits

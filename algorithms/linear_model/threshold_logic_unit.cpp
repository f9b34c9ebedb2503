#include <xgrad/algorithms/linear_model/threshold_logic_unit.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/nn/optim/state_reader.hpp>

#include <cmath>
#include <numeric>
#include <string>
#include <utility>

namespace xgrad::algorithms {

ThresholdLogicUnit::ThresholdLogicUnit(std::vector<double> weights, double threshold, Location at)
    : weights_(std::move(weights)), threshold_(threshold) {
    if (weights_.empty()) throw ValueError("ThresholdLogicUnit: there are no weights", at);
    for (std::size_t i = 0; i < weights_.size(); ++i) {
        if (!std::isfinite(weights_[i])) {
            throw ValueError("ThresholdLogicUnit: weights[" + std::to_string(i) + "] is " + nn::detail::format_number(weights_[i]), at);
        }
    }
    if (!std::isfinite(threshold_)) throw ValueError("ThresholdLogicUnit: threshold is " + nn::detail::format_number(threshold_), at);
}

Array<std::int64_t> ThresholdLogicUnit::predict(const Array<double>& X, Location at) const {
    const char* const method = "ThresholdLogicUnit.predict";
    detail::check_samples(method, X, at);
    const std::size_t inputs = weights_.size();
    if (X.shape(1) != inputs) {
        throw ShapeError(std::string(method) + ": X has " + std::to_string(X.shape(1)) + " inputs, the unit " + std::to_string(inputs), at);
    }
    for (std::size_t i = 0; i < X.size(); ++i) {
        if (const double x = X.data()[i]; x != 0 && x != 1) {
            throw ValueError(std::string(method) + ": X[" + std::to_string(i / inputs) + ", " + std::to_string(i % inputs) + "] is " +
                                 nn::detail::format_number(x) + ", neither 0 nor 1",
                             at);
        }
    }
    Array<std::int64_t> fires = Array<std::int64_t>::from_shape({X.shape(0)});
    for (std::size_t i = 0; i < fires.size(); ++i) {
        fires.data()[i] = std::inner_product(weights_.begin(), weights_.end(), X.data() + i * inputs, 0.0) >= threshold_;
    }
    return fires;
}

} // namespace xgrad::algorithms

/// @file
/// The threshold logic unit: McCulloch and Pitts's neuron.
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <cstdint>
#include <vector>

namespace xgrad::algorithms {

/// A neuron that fires or does not: for inputs x_i of 0 and 1,
///
///     f(x) = 1 if w_1 x_1 + ... + w_D x_D >= threshold, else 0.
///
/// Nothing is trained: weights and threshold are chosen. A negative weight makes an input inhibitory. In the notes (EDSF lectures,
/// "Threshold Logic Unit"; Deep learning slides, "The McCulloch-Pitts Model of Neuron") the bias b = -threshold stands on the other
/// side. The slides' formula has a sum equal to the threshold not fire, their text and the lectures have it fire; it fires here.
///
/// @code
/// const ThresholdLogicUnit AND({1, 1}, 1.5), OR({1, 1}, 1);
/// AND.predict({{0, 0}, {0, 1}, {1, 0}, {1, 1}}); // 0, 0, 0, 1
/// @endcode
///
/// McCulloch, Pitts: A logical calculus of the ideas immanent in nervous activity, 1943.
class ThresholdLogicUnit {
  public:
    /// @throws ValueError if there are no weights, or a weight or the threshold is not finite
    ThresholdLogicUnit(std::vector<double> weights, double threshold, Location at = Location::current());

    const std::vector<double>& weights() const noexcept { return weights_; }
    double threshold() const noexcept { return threshold_; }

    /// Whether it fires, for each row.
    /// @param X  zeros and ones, of shape (samples, inputs)
    /// @returns  0 or 1, of shape (samples)
    /// @throws ShapeError unless X has a column for each weight
    /// @throws ValueError naming the first element that is neither 0 nor 1
    Array<std::int64_t> predict(const Array<double>& X, Location at = Location::current()) const;

  private:
    std::vector<double> weights_;
    double threshold_;
};

} // namespace xgrad::algorithms

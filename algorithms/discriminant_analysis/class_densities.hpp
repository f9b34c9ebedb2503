/// @file
/// What linear and quadratic discriminant analysis share. Internal to algorithms/.
#pragma once

#include <xgrad/algorithms/checks.hpp>

#include <vector>

namespace xgrad::algorithms::detail {

/// The samples by class, each less the mean of its class.
struct ClassSamples {
    /// @param labels  of X
    ClassSamples(const Array<double>& X, const EncodedLabels& labels);

    std::vector<std::size_t> counts; ///< for each class
    Array<double> means;             ///< (classes, features)
    Tensor<double> centred;          ///< (samples, features), class after class
};

/// The probability of each class before a sample is seen: the option, or the share of the samples if there is none.
/// @throws ValueError unless there is a number above 0 for each class, and their sum is 1
Array<double> class_priors(const char* method, const std::vector<double>& option, const std::vector<std::size_t>& counts,
                           const Location& at);

/// Of the logarithms of what probabilities are proportional to, (samples, classes), those of the probabilities, in place.
void normalize_log_probabilities(Array<double>& logs);

/// The exponential of each element.
Array<double> exponential(Array<double> logs);

} // namespace xgrad::algorithms::detail

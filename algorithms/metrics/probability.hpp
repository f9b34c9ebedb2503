/// @file
/// Metrics of predicted probabilities.
#pragma once

#include <xgrad/algorithms/label_array.hpp>
#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace xgrad::algorithms {

/// The mean of -log p(label): the cost of logistic regression (Sehayek 2.4), -(y log p + (1 - y) log(1 - p)) / m, for any number of
/// classes. Probabilities are kept away from 0 and 1 by 2^-52.
/// @param y              labels, of shape (samples)
/// @param probabilities  of shape (samples, classes), with a column for each label in ascending order; or (samples), of the larger of
///                       two labels
/// @param labels         the classes; if none are given, the labels in y
/// @throws ShapeError unless the shapes are so
/// @throws ValueError if a probability is not in [0, 1] or those of a sample do not sum to 1 (within 1e-5); there are fewer than two
/// classes, or not as many as columns; or a label is not among them
double log_loss(const LabelArray& y, const Array<double>& probabilities, const std::vector<std::int64_t>& labels = {},
                Location at = Location::current());

/// The mean of (t - p)^2, where t is 1 for the positive label and 0 for the other: Brier 1950.
/// @param probabilities  of the positive label, of shape (samples)
/// @param pos_label      if none is given, the larger label; 0 or -1 alone are negative
/// @throws ShapeError unless y and probabilities are vectors of one length, of at least 1
/// @throws ValueError if a probability is not in [0, 1], or there are more than two labels
double brier_score_loss(const LabelArray& y, const Array<double>& probabilities, std::optional<std::int64_t> pos_label = {},
                        Location at = Location::current());

} // namespace xgrad::algorithms

/// @file
/// What the program prints in the end: the confusion matrix, images with their predictions. Plain lines of
/// ASCII, unless the output is a terminal that can do better.
#pragma once

#include "dataset.hpp"

#include <xgrad/nn/progress.hpp>

#include <string>
#include <vector>

namespace digits {

/// How often each digit (row) was taken for each (column).
xgrad::Array<std::int64_t> confusion_matrix(const xgrad::Array<std::int64_t>& labels,
                                            const xgrad::Array<std::int64_t>& predictions);

/// A table of the confusion matrix with the share of each digit that was recognised.
std::string format_confusion(const xgrad::Array<std::int64_t>& matrix);

/// Draws the images of the given rows side by side, each over its prediction; a wrong one is marked and shows
/// the label.
std::string draw_images(const Dataset& data, const xgrad::Array<std::int64_t>& predictions,
                        const std::vector<std::size_t>& rows, const xgrad::nn::TerminalStyle& style);

} // namespace digits

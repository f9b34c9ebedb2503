/// @file
/// What metrics check of labels, and how they count them. Internal to algorithms/metrics/.
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <cstdint>
#include <vector>

namespace xgrad::algorithms::detail {

/// @throws ShapeError unless both are vectors of one length, of at least 1
void check_label_pair(const char* metric, const Array<std::int64_t>& y, const Array<std::int64_t>& h, const Location& at);

/// The labels that occur, ascending.
std::vector<std::int64_t> distinct_labels(const Array<std::int64_t>& y);
/// Those that occur in one or the other.
std::vector<std::int64_t> distinct_labels(const Array<std::int64_t>& y, const Array<std::int64_t>& h);

/// Where each of y stands among `labels`, which ascend; or where one that is not there would stand.
std::vector<std::size_t> label_codes(const Array<std::int64_t>& y, const std::vector<std::int64_t>& labels);

} // namespace xgrad::algorithms::detail

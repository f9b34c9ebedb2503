/// @file
/// Labels as estimators and metrics take them.
#pragma once

#include <xgrad/autodiff/array.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>

namespace xgrad::algorithms {

/// The labels of samples, of shape (samples): from any array or expression of integers, or from braces. An array of real numbers does not
/// convert to it, as it would to Array<std::int64_t>, which cuts off what is behind the point.
class LabelArray : public Array<std::int64_t> {
  public:
    LabelArray() = default;
    LabelArray(std::initializer_list<std::int64_t> labels) : Array<std::int64_t>(labels) {}
    template <IndexExpression E>
        requires(!std::derived_from<E, LabelArray>)
    LabelArray(const E& labels) : Array<std::int64_t>(labels) {}
};

} // namespace xgrad::algorithms

/// @file
/// Internal: what the losses refuse.
#pragma once

#include <xgrad/ops/reduction.hpp>

#include <string>

namespace xgrad::nn::detail {

/// @throws ShapeError if the shapes differ
inline void check_same_shape(const char* loss, const char* first, const Shape& a, const char* second, const Shape& b,
                             const Location& at) {
    if (a == b) return;
    throw ShapeError(std::string(loss) + ": " + first + " of shape " + to_string(a) + " and " + second + " of shape " +
                         to_string(b) + " must have the same shape",
                     at);
}

/// @throws ValueError if the mean is to be taken of `losses` losses and there are none
inline void check_mean(const char* loss, Reduction reduction, std::size_t losses, const Shape& input,
                       const Location& at) {
    if (reduction != Reduction::mean || losses > 0) return;
    throw ValueError(
        std::string(loss) + ": there is nothing to take the mean of in an array of shape " + to_string(input), at);
}

/// @throws ValueError naming the first element of `array` that is not `accepted`
template <class T, class F>
void check_elements(const char* loss, const char* what, const Tensor<T>& array, const char* where, const Location& at,
                    const F& accepted) {
    bool all = true;
    for (const T element : array) all &= accepted(element);
    if (all) return;
    const T* const first = std::find_if_not(array.begin(), array.end(), accepted);
    throw ValueError(std::string(loss) + ": " + what + " " + std::to_string(*first) + " of element " +
                         std::to_string(first - array.data()) + " is not " + where,
                     at);
}

template <class T>
void check_probabilities(const char* loss, const char* what, const Tensor<T>& array, const Location& at) {
    check_elements(loss, what, array, "in [0, 1]", at, [](T p) { return (p >= 0) & (p <= 1); });
}

template <class T>
void check_signs(const char* loss, const Tensor<T>& targets, const Location& at) {
    check_elements(loss, "target", targets, "1 or -1", at, [](T t) { return (t == 1) | (t == -1); });
}

/// What `reduction` makes of the losses.
template <class T>
Variable<T> reduced(const Variable<T>& losses, Reduction reduction, const Location& at) {
    switch (reduction) {
    case Reduction::mean:
        return mean(losses, {}, false, at);
    case Reduction::sum:
        return sum(losses, {}, false, at);
    default:
        return losses;
    }
}

} // namespace xgrad::nn::detail

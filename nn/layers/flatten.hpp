/// @file
/// Flatten: from images to rows.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::nn {

/// Several axes as one: by default all but the first, (N, ...) to (N, product of the others).
class Flatten : public Module<Flatten, void> {
  public:
    explicit Flatten(std::ptrdiff_t start_axis = 1, std::ptrdiff_t end_axis = -1) : start_(start_axis), end_(end_axis) {}
    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        return flatten(x, start_, end_, at);
    }

  private:
    std::ptrdiff_t start_, end_;
};

} // namespace xgrad::nn

/// @file
/// Dropout as a layer.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/ops/dropout.hpp>

namespace xgrad::nn {

/// In training zeroes each element with probability p and scales the others by 1 / (1 - p), anew at every call; in evaluation returns
/// its input. See dropout().
class Dropout : public Module<Dropout, void> {
  public:
    /// Draws from the default generator of the thread that calls it.
    /// @throws ValueError if p is not in [0, 1]
    explicit Dropout(double p = 0.5, Location at = Location::current());
    /// Draws from `generator`, which must outlive it.
    /// @throws ValueError if p is not in [0, 1]
    Dropout(double p, Generator& generator, Location at = Location::current()) : Dropout(p, at) { generator_ = &generator; }

    template <class T>
    Variable<T> forward(const Variable<T>& x, const Location& at) {
        if (!is_training()) return x;
        return dropout(x, p_, generator_ ? *generator_ : default_generator(), at);
    }

  private:
    double p_;
    Generator* generator_ = nullptr;
};

} // namespace xgrad::nn

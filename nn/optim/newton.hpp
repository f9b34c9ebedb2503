/// @file
/// Newton's method, for small problems.
#pragma once

#include <xgrad/nn/optim/full_batch.hpp>

#include <functional>

namespace xgrad::nn {

struct NewtonOptions {
    double lr = 1;            ///< the step length, or the first one that the search tries
    double damping = 0;       ///< what is added to the Hessian's diagonal in any case
    bool backtracking = true; ///< halve the step until the loss falls as it should (Armijo)
};

/// Newton's method: x <- x - lr H^-1 g with the Hessian H of the loss, which comes from the tape. Where H is not
/// positive definite, a multiple of the identity is added that makes it so (Nocedal, Wright: Numerical optimization,
/// algorithm 3.3), so that the step leads downhill, away from saddle points. It takes as many sweeps as there are
/// elements, and a factorisation of their matrix.
///
/// @code
/// nn::Newton optimizer(std::vector{theta});
/// optimizer.step([&] { return nn::squared_error(matmul(X, theta), y); });
/// @endcode
template <class T = float>
class Newton {
  public:
    /// The largest number of elements that it takes on.
    static constexpr std::size_t most_elements = 4096;

    /// Computes the loss, a Variable with one element, as a graph. It must give the same loss each time.
    using Closure = std::function<Variable<T>()>;

    /// @throws ValueError if there are no parameters, one is given twice, is empty or is not a leaf, there are more
    /// than `most_elements` elements, or an option is out of range
    explicit Newton(const std::vector<Variable<T>>& parameters, const NewtonOptions& options = {},
                    Location at = Location::current());

    /// One step. The gradients of the parameters are not touched. Frozen parameters stay as they are. If the closure
    /// throws, nothing is changed.
    /// @returns the loss before it
    /// @throws ShapeError if the loss has not exactly one element
    /// @throws ValueError if the gradient or the Hessian is not finite; nothing is changed then
    T step(const Closure& closure, Location at = Location::current());

    const std::vector<Variable<T>>& parameters() const noexcept { return flat_.parameters(); }

  private:
    detail::FlatParameters<T> flat_;
    NewtonOptions options_;
};

} // namespace xgrad::nn

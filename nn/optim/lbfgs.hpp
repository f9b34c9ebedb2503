/// @file
/// L-BFGS: a quasi-Newton method for losses of a whole data set, without noise.
#pragma once

#include <xgrad/nn/optim/full_batch.hpp>

#include <deque>
#include <functional>

namespace xgrad::nn {

struct LBFGSOptions {
    double lr = 1;                  ///< the first step length that the line search tries, or else the step length
    int max_iter = 20;              ///< iterations in a step
    int max_eval = 0;               ///< evaluations of the loss in a step; 0 means 5/4 of the iterations
    double tolerance_grad = 1e-7;   ///< a step ends when no element of the gradient is larger
    double tolerance_change = 1e-9; ///< ... or when the loss, or every parameter, changes by less
    std::size_t history_size = 100;
    bool strong_wolfe = true; ///< search along the line; else every step has the length lr
};

/// L-BFGS, with a strong Wolfe line search: full-batch training to many digits in few steps.
///
/// @code
/// nn::LBFGS optimizer(model.parameters());
/// optimizer.step([&] {
///     optimizer.zero_grad();
///     const auto loss = nn::mse_loss(model(X), y);
///     loss.backward();
///     return loss;
/// });
/// @endcode
///
/// As torch.optim.LBFGS with line_search_fn="strong_wolfe". Frozen parameters stay as they are. Liu, Nocedal: On the
/// limited memory BFGS method for large scale optimization, 1989.
template <class T = float>
class LBFGS {
  public:
    /// Zeroes the gradients, computes the loss and its gradient by backward(), and returns the loss.
    using Closure = std::function<Variable<T>()>;

    /// @throws ValueError if there are no parameters, one is given twice, is empty or is not a leaf, or an option is
    /// out of range
    explicit LBFGS(const std::vector<Variable<T>>& parameters, const LBFGSOptions& options = {},
                   Location at = Location::current());
    LBFGS(const LBFGS&) = delete;
    LBFGS& operator=(const LBFGS&) = delete;

    /// Up to `max_iter` iterations. If the closure throws, the parameters and the history are as they were before.
    /// @returns the loss before them
    /// @throws ShapeError if the closure's loss has not exactly one element
    /// @throws GraphError if no parameter that is not frozen has a gradient after the closure
    T step(const Closure& closure, Location at = Location::current());

    const std::vector<Variable<T>>& parameters() const noexcept { return flat_.parameters(); }
    void zero_grad() { flat_.zero_grad(); }

    /// What is remembered from step to step, in copies. An optimizer that is made in the same way and loads it goes on
    /// bit for bit.
    StateDict state_dict() const;
    /// Nothing is changed if it throws.
    /// @throws ValueError if an entry is missing, unexpected or of another element type; it names the entry
    /// @throws ShapeError if an array is not as long as the parameters
    void load_state_dict(const StateDict& state, Location at = Location::current());

  private:
    /// y s pairs: how the gradient changed over a step.
    struct Pair {
        Tensor<T> step, change;
        double rho; ///< 1 / (step . change)
    };
    struct Memory {
        std::int64_t iterations = 0;
        std::deque<Pair> pairs;
        double scale = 1;              ///< of the Hessian's inverse to start from
        Tensor<T> direction, gradient; ///< of the last iteration; the gradient before it
        double t = 0;                  ///< its length
    };

    T iterate(const Closure& closure, const Location& at);
    void remember(const Tensor<T>& gradient);
    Tensor<T> direction(const Tensor<T>& gradient) const;

    detail::FlatParameters<T> flat_;
    LBFGSOptions options_;
    Memory memory_;
};

} // namespace xgrad::nn

/// @file
/// What the tape knows of an operation: its name and the rule for its derivative.
///
/// Every derivative is stated once, as the vector-Jacobian product: given the adjoint of the result, the adjoints of the
/// parents. Run on plain values it is the first-order sweep; recorded while it runs, it is itself a graph, which gives
/// every higher order; and since it is linear in the adjoint, its transpose is the forward mode.
#pragma once

#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/variable.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>

namespace xgrad {

/// Which values a rule reads, as a set of bits: bit k for parent k, `result` for the result. All others are let go as
/// soon as the user's handle goes.
enum class Saves : std::uint32_t { nothing = 0, result = 1u << 31, everything = ~0u };

/// The value of parent `k`. There is a bit for each of the first 31; the values of further ones cannot be saved.
constexpr Saves parent(std::size_t k) noexcept { return k < 31 ? static_cast<Saves>(1u << k) : Saves::nothing; }
constexpr Saves operator|(Saves a, Saves b) noexcept {
    return static_cast<Saves>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr bool contains(Saves set, Saves member) noexcept {
    return (static_cast<std::uint32_t>(set) & static_cast<std::uint32_t>(member)) != 0;
}

template <class T>
class Pullback;
template <class T>
class Pushforward;

namespace detail {
template <class T>
class Recorder;
template <class T>
class Sweep;
} // namespace detail

/// A row of an operand, as a loop over the result's elements reads it: consecutive elements, or one for all (step 0).
template <class T>
struct Lane {
    const T* data = nullptr;
    std::size_t step = 0;
};

/// A node's step of the first-order sweep in which element i of the result's adjoint alone decides what goes to element i
/// of each parent's: any range of elements can be computed by itself. Made by Operation::prepare().
template <class T>
struct ElementwiseStep {
    static constexpr std::size_t max_operands = 4;

    /// The memory for a parent's adjoint: none if that is not wanted, else to be added to unless it is fresh.
    struct Target {
        T* data = nullptr;
        bool fresh = false;
    };

    std::size_t size = 0;
    const T* adjoint = nullptr;
    const T* result = nullptr;
    std::array<Lane<T>, max_operands> operands{};
    std::array<Target, max_operands> targets{};
    Tensor<T> held; ///< keeps the adjoint until the step has run
};

/// An operation as a node of the tape refers to it. Derive from it to add a structured operation; an elementwise one is
/// simpler still (ops/elementwise.hpp).
template <class T>
class Operation : public detail::Pooled {
  public:
    explicit Operation(Saves saves) noexcept : saves_(saves) {}
    virtual ~Operation() = default;

    /// The name users know it by.
    virtual const char* name() const noexcept = 0;

    /// The rule: adds to each parent that needs it the product of the result's adjoint with the Jacobian, written with
    /// operations on Variables.
    virtual void vjp(Pullback<T>& pullback) const = 0;

    /// The first-order sweep: what `vjp` computes, with nothing recorded. Override it where one fused pass over memory
    /// does the same.
    virtual void backward(Pullback<T>& pullback) const { vjp(pullback); }

    /// Readies the first-order sweep of a node whose elements do not depend on each other. The sweep then passes several
    /// such nodes over memory together, so that what one writes is still in the cache when the next reads it.
    /// @returns false, with nothing done, if this node is not of that kind: then backward() is called
    virtual bool prepare(Pullback<T>&, ElementwiseStep<T>&) const { return false; }
    /// Computes the elements [begin, end) of a step that prepare() made.
    virtual void run(const ElementwiseStep<T>&, std::size_t /*begin*/, std::size_t /*end*/) const {}

    /// Forward mode: the tangent of the result from those of the parents. By default the transpose of `vjp`.
    virtual Variable<T> jvp(const Pushforward<T>& pushforward) const;

    /// Floating point operations that the value took, for the tape's table.
    virtual std::size_t flops(std::span<const Shape> parents, const Shape& result) const;

    /// Called when the node goes. An operation without state is shared by all its nodes and overrides this.
    virtual void destroy() const noexcept { delete this; }

    Saves saves() const noexcept { return saves_; }

  private:
    Saves saves_;
};

/// One node's step of the reverse sweep, as a rule sees it.
template <class T>
class Pullback {
  public:
    /// The adjoint of the result.
    const Variable<T>& grad() const {
        if (!grad_.defined()) grad_ = Variable<T>(adjoint_, false);
        return grad_;
    }
    /// The elements of grad(), for a fused first-order kernel.
    const Tensor<T>& adjoint() const noexcept { return adjoint_; }
    /// Whether the adjoint of parent `k` is wanted.
    bool needs(std::size_t k) const noexcept;
    /// Whether the node goes after this step: what the operation holds may be given away.
    bool is_last() const noexcept;
    /// Parent `k`. Its value is there only if the operation saves it; its shape always is.
    Variable<T> parent(std::size_t k) const;
    const Shape& shape(std::size_t k) const noexcept { return tensor(k).shape(); }
    /// The elements of parent(k), and of result(), without the cost of a handle.
    const Tensor<T>& tensor(std::size_t k) const noexcept;
    const Tensor<T>& result_tensor() const noexcept;
    /// The result. Its value is there only if the operation saves it.
    Variable<T> result() const;
    /// Where the operation was called.
    Location at() const noexcept;

    /// Adds to the adjoint of parent `k`, if that is wanted: a rule asks needs() only to save itself work.
    /// @throws ShapeError if the contribution has not the parent's shape
    void add(std::size_t k, Variable<T> contribution);

    using Target = typename ElementwiseStep<T>::Target;
    /// Memory for the adjoint of parent `k`. With `reuse_grad`, a parent without an adjoint takes over the memory of
    /// the result's, if nobody else holds it: the kernel then reads adjoint() and writes the same place. For the last
    /// parent that needs it only.
    Target target(std::size_t k, bool reuse_grad);

    /// Gives the result's adjoint to `step`, to hold, unless a parent took over its memory.
    void hand_over(ElementwiseStep<T>& step) {
        step.adjoint = adjoint_.data();
        const auto taken = [this](const Target& target) { return target.data == adjoint_.data(); };
        if (std::ranges::none_of(step.targets, taken)) step.held = std::move(adjoint_);
    }

    /// A step of the first-order sweep: the parents' adjoints go into their nodes.
    Pullback(const detail::Sweep<T>& sweep, std::uint32_t node, Tensor<T> adjoint)
        : sweep_(sweep), node_(node), adjoint_(std::move(adjoint)) {}

    /// A step that is recorded: the parents' adjoints go to `sinks`, one for each parent, null where it is not needed.
    Pullback(const detail::Sweep<T>& sweep, std::uint32_t node, Variable<T> grad, std::span<Variable<T>* const> sinks)
        : sweep_(sweep), node_(node), grad_(std::move(grad)), sinks_(sinks) {}

  private:
    const detail::Sweep<T>& sweep_;
    std::uint32_t node_;
    Tensor<T> adjoint_;
    mutable Variable<T> grad_;
    std::span<Variable<T>* const> sinks_;
};

/// One node's step of the forward sweep: what an operation that overrides Operation::jvp sees.
template <class T>
class Pushforward {
  public:
    /// Whether parent `k` has a tangent; otherwise it is zero.
    bool has_tangent(std::size_t k) const noexcept { return tangents_[k].defined(); }
    /// The tangent of parent `k`, of its shape.
    const Variable<T>& tangent(std::size_t k) const noexcept { return tangents_[k]; }
    std::size_t parents() const noexcept { return tangents_.size(); }
    /// Parent `k`, and the result, under the terms of Pullback.
    Variable<T> parent(std::size_t k) const;
    Variable<T> result() const;

    Pushforward(detail::Recorder<T>& recorder, std::uint32_t node, std::span<const Variable<T>> tangents)
        : recorder_(recorder), node_(node), tangents_(tangents) {}

  private:
    friend class Operation<T>;

    detail::Recorder<T>& recorder_;
    std::uint32_t node_;
    std::span<const Variable<T>> tangents_;
};

namespace detail {

/// The operands of an operation, as record() takes them.
template <class T>
using Parents = std::span<const Variable<T>* const>;

/// Whether an operation on these operands is to be recorded.
template <class T>
bool is_tracked(Parents<T> parents) {
    if (!thread_mode.recording) return false;
    for (const Variable<T>* const parent : parents) {
        if (parent->cell().requires_grad) return true;
    }
    return false;
}

/// Appends a node for `operation`, which the tape then owns, and returns its result.
template <class T>
Variable<T> append(const Operation<T>* operation, Tensor<T>&& value, Parents<T> parents, const Location& at);

/// @throws AnomalyError if `value` holds a NaN or an infinity
template <class T>
void check_anomaly(const char* operation, const char* pass, const Tensor<T>& value, const Location& at);

} // namespace detail

/// Returns `value` as the result of an operation on `parents`: recorded on this thread's tape if one of them requires a
/// gradient, else a constant. `make` makes the operation, if it is needed: a pointer that the tape then owns.
template <class T, class Make>
Variable<T> record(const char* name, Tensor<T>&& value, std::initializer_list<const Variable<T>*> parents,
                   const Location& at, Make&& make) {
    const detail::Parents<T> span(parents.begin(), parents.size());
    if (detail::thread_mode.anomaly) [[unlikely]] detail::check_anomaly(name, "forward", value, at);
    if (!detail::is_tracked<T>(span)) return Variable<T>(std::move(value), false);
    return detail::append<T>(make(), std::move(value), span, at);
}

} // namespace xgrad

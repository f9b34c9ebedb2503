/// @file
/// Variable: an array whose derivatives can be taken, and Operand: what an operation accepts in its place.
#pragma once

#include <xgrad/autodiff/array.hpp>

#include <atomic>
#include <concepts>
#include <memory>
#include <type_traits>

namespace xgrad {

template <class T>
class Variable;

template <class T>
class Operand;

namespace detail {

/// What the handles of one Variable share.
template <class T>
struct Cell : Pooled {
    Cell(Tensor<T>&& tensor, bool tracked) : value(std::move(tensor)), requires_grad(tracked) {}

    std::atomic<std::uint32_t> references{1};
    /// The tape holds one of the references.
    std::atomic<bool> on_tape{false};
    /// A rule on the tape reads the value, so it must outlive the last handle.
    std::atomic<bool> saved{false};
    /// Where the node stands: the tape's serial number and the node's index (see Recorder::find).
    std::atomic<std::uint64_t> link{0};
    Tensor<T> value;
    /// What backward() accumulated; of the value's shape.
    Buffer grad;
    bool requires_grad;
    /// The result of an operation, not a leaf.
    bool recorded = false;

    /// Whether nobody reads the value once the one handle that the caller has is gone.
    bool is_last_handle() const noexcept {
        const std::uint32_t others = on_tape.load(std::memory_order_relaxed);
        return references.load(std::memory_order_acquire) == 1 + others && !saved.load(std::memory_order_relaxed);
    }

    static void release(Cell* cell) noexcept {
        const std::uint32_t references = cell->references.load(std::memory_order_acquire);
        if (references == 1) {
            delete cell;
            return;
        }
        // Only the tape is left to hold it, and no rule will read the value: let the memory go at once.
        if (cell->is_last_handle()) cell->value.release();
        if (cell->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete cell;
    }
};

template <class X>
inline constexpr bool is_variable = false;
template <class T>
inline constexpr bool is_variable<Variable<T>> = true;

} // namespace detail

/// How backward() and grad() differentiate.
template <class T>
struct BackwardOptions {
    /// The adjoint of y, of y's shape. May be left out if y has one element: then it is 1.
    Variable<T> seed{};
    /// Keep the graph, so that it can be differentiated again. Otherwise it is consumed.
    bool retain_graph = false;
    /// Record the derivative itself, so that it can be differentiated. Implies `retain_graph`. Only grad() takes it.
    bool create_graph = false;
};

/// An array in a computation. A cheap handle: copies share the value, and the value is shared by, never copied to,
/// the tape.
///
/// - A *leaf* is made from a value, `Variable x{2.0};`: derivatives are taken with respect to it.
/// - A *constant* is made by constant(): nothing is recorded for it.
/// - A *result* is what an operation returns; it is recorded if one of its operands requires a gradient.
///
/// @tparam T  float or double
template <class T>
class Variable {
    static_assert(std::same_as<T, float> || std::same_as<T, double>, "xgrad computes in float or double");

  public:
    using value_type = T;

    /// An empty handle, to be assigned to. Using it otherwise throws GraphError.
    Variable() = default;

    /// A scalar leaf.
    template <class S>
        requires std::is_arithmetic_v<S>
    explicit Variable(S value) : Variable(Tensor<T>(Shape{}, static_cast<T>(value)), true) {}

    /// A leaf with a copy of an xtensor expression's elements.
    template <ArrayExpression E>
    explicit Variable(const E& expression, Location at = Location::current())
        : Variable(evaluate<T>(expression, at), true) {}

    /// A vector leaf of two elements or more: `Variable x{1.0, 2.0, 3.0}`.
    template <class S, class... Rest>
        requires(sizeof...(Rest) > 0 && std::is_arithmetic_v<S> && (std::is_arithmetic_v<Rest> && ...))
    explicit Variable(S first, Rest... rest) : Variable(Array<T>{static_cast<T>(first), static_cast<T>(rest)...}) {}

    /// A matrix leaf: `Variable X{{1.0, 2.0}, {3.0, 4.0}}`.
    Variable(std::initializer_list<std::initializer_list<T>> rows)
        : Variable(Array<T>(xt::nested_initializer_list_t<T, 2>(rows))) {}

    /// A Variable around `tensor`, which is shared, not copied.
    Variable(Tensor<T>&& tensor, bool requires_grad) : cell_(new detail::Cell<T>(std::move(tensor), requires_grad)) {}
    Variable(const Tensor<T>& tensor, bool requires_grad) : Variable(Tensor<T>(tensor), requires_grad) {}

    Variable(const Variable& other) noexcept : cell_(other.cell_) {
        if (cell_) cell_->references.fetch_add(1, std::memory_order_relaxed);
    }
    Variable(Variable&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
    Variable& operator=(Variable other) noexcept {
        std::swap(cell_, other.cell_);
        return *this;
    }
    ~Variable() {
        if (cell_) detail::Cell<T>::release(cell_);
    }

    /// Whether the handle holds a value.
    bool defined() const noexcept { return cell_ != nullptr; }

    const Shape& shape() const { return cell().value.shape(); }
    std::size_t rank() const { return shape().rank(); }
    std::size_t size() const { return shape().size(); }

    /// The elements, to read, view and assign. Assigning changes the value in place for everyone who shares it;
    /// a derivative that had saved the old value then throws instead of using the new one.
    ArrayRef<T> value() { return ArrayRef<T>(tensor()); }
    /// @copydoc value()
    const ArrayRef<T> value() const { return ArrayRef<T>(tensor()); }

    /// The one element of a Variable of size 1.
    /// @throws ShapeError if there is not exactly one
    T item(Location at = Location::current()) const;

    /// Whether derivatives can be taken with respect to it or through it.
    bool requires_grad() const { return cell().requires_grad; }
    /// Whether it was made from a value and not by an operation.
    bool is_leaf() const { return !cell().recorded; }

    /// What backward() has accumulated since zero_grad(): the gradient of the value's shape.
    /// @throws GraphError if there is none yet
    ArrayRef<T> grad(Location at = Location::current()) const;
    bool has_grad() const { return static_cast<bool>(cell().grad); }
    /// Forgets the accumulated gradient.
    void zero_grad() { cell().grad.reset(); }

    /// Adds the gradient of this Variable to the grad() of every leaf it was computed from, and consumes the graph
    /// unless told to retain it.
    /// @throws GraphError if it was not recorded, its graph is gone, or it has several elements and no seed is given
    void backward(const BackwardOptions<T>& options = {}, Location at = Location::current()) const;

    /// The same value as a constant: nothing flows back through it. Shares the elements.
    Variable detach() const { return Variable(tensor(), false); }

    // The arithmetic of the elements. Shapes broadcast; every operator also takes an array or a scalar on either
    // side, and throws ShapeError if the shapes do not broadcast.
    friend Variable operator+(const Operand<T>& a, const Operand<T>& b) { return add(a, b); }
    friend Variable operator-(const Operand<T>& a, const Operand<T>& b) { return subtract(a, b); }
    friend Variable operator*(const Operand<T>& a, const Operand<T>& b) { return multiply(a, b); }
    friend Variable operator/(const Operand<T>& a, const Operand<T>& b) { return divide(a, b); }
    friend Variable operator-(const Operand<T>& a) { return negative(a); }
    friend Variable operator+(const Operand<T>& a) { return a.variable(); }

    // Masks: a constant with 1 where the comparison holds and 0 elsewhere. (As in xtensor, == is not elementwise:
    // see equal() and not_equal().)
    friend Variable operator<(const Operand<T>& a, const Operand<T>& b) { return mask_less(a, b); }
    friend Variable operator<=(const Operand<T>& a, const Operand<T>& b) { return mask_less_equal(a, b); }
    friend Variable operator>(const Operand<T>& a, const Operand<T>& b) { return mask_less(b, a); }
    friend Variable operator>=(const Operand<T>& a, const Operand<T>& b) { return mask_less_equal(b, a); }

    /// Goes on with the sum in place of this Variable: `total += loss` is `total = total + loss`.
    /// @throws GraphError for a leaf that requires a gradient: that would replace a parameter by a recorded result
    Variable& operator+=(const Operand<T>& other) { return *this = add(rebindable(other), other); }
    /// @copydoc operator+=
    Variable& operator-=(const Operand<T>& other) { return *this = subtract(rebindable(other), other); }
    /// @copydoc operator+=
    Variable& operator*=(const Operand<T>& other) { return *this = multiply(rebindable(other), other); }
    /// @copydoc operator+=
    Variable& operator/=(const Operand<T>& other) { return *this = divide(rebindable(other), other); }

    /// The elements as the engine and the operations hold them.
    const Tensor<T>& tensor() const { return cell().value; }

    /// What this handle shares with its copies; for the tape.
    detail::Cell<T>& cell() const {
        if (!cell_) throw_undefined(Location());
        return *cell_;
    }
    /// A further handle on `cell`.
    static Variable share(detail::Cell<T>& cell) noexcept {
        cell.references.fetch_add(1, std::memory_order_relaxed);
        Variable variable;
        variable.cell_ = &cell;
        return variable;
    }

  private:
    friend class Operand<T>;
    [[noreturn]] static void throw_undefined(const Location& at);
    Operand<T> rebindable(const Operand<T>& other) const;

    detail::Cell<T>* cell_ = nullptr;
};

template <class S>
    requires std::is_arithmetic_v<S>
Variable(S) -> Variable<std::conditional_t<std::same_as<S, float>, float, double>>;
template <ArrayExpression E>
Variable(const E&) -> Variable<std::conditional_t<std::same_as<typename E::value_type, float>, float, double>>;
template <class S, class... Rest>
    requires(sizeof...(Rest) > 0 && std::is_arithmetic_v<S> && (std::is_arithmetic_v<Rest> && ...))
Variable(S, Rest...) -> Variable<std::conditional_t<std::same_as<S, float>, float, double>>;
template <class S>
    requires std::is_arithmetic_v<S>
Variable(std::initializer_list<std::initializer_list<S>>)
    -> Variable<std::conditional_t<std::same_as<S, float>, float, double>>;

/// Anything with an element type of its own that an operation takes beside a Variable.
template <class X>
concept OperandLike = detail::is_variable<std::decay_t<X>> || std::is_arithmetic_v<std::decay_t<X>> || ArrayExpression<X>;

/// An array or scalar as a constant: nothing is recorded for it. The elements of an array are copied once, so a data
/// set that many steps read is best made a constant before the loop.
/// @tparam T  float or double; deduced: float for float elements, else double
template <class T = void, class X>
    requires(ArrayExpression<X> || std::is_arithmetic_v<X>)
auto constant(const X& x, Location at = Location::current()) {
    if constexpr (ArrayExpression<X>) {
        using U = std::conditional_t<std::same_as<T, void>, typename decltype(Variable(x))::value_type, T>;
        return Variable<U>(evaluate<U>(x, at), false);
    } else {
        using U = std::conditional_t<std::same_as<T, void>, typename decltype(Variable(x))::value_type, T>;
        return Variable<U>(Tensor<U>(Shape{}, static_cast<U>(x)), false);
    }
}

/// An argument of an operation: a Variable, or an array or scalar that becomes a constant. Converting to it also notes
/// where the operation was called, which is how an operator knows.
template <class T>
class Operand {
  public:
    /// @throws GraphError if the Variable is empty
    Operand(const Variable<T>& variable, Location at = Location::current()) : variable_(&variable), at_(at) {
        if (!variable.defined()) variable.throw_undefined(at);
    }

    /// A Variable that nobody else will use: the operation may write its result over the elements.
    Operand(Variable<T>&& variable, Location at = Location::current()) : made_(std::move(variable)), variable_(&made_), at_(at) {
        if (!made_.defined()) made_.throw_undefined(at);
    }

    template <class S>
        requires std::is_arithmetic_v<S>
    Operand(S value, Location at = Location::current())
        : made_(Tensor<T>(Shape{}, static_cast<T>(value)), false), variable_(&made_), at_(at) {}

    template <ArrayExpression E>
    Operand(const E& expression, Location at = Location::current())
        : made_(evaluate<T>(expression, at), false), variable_(&made_), at_(at) {}

    Operand(const Operand& other) : made_(other.made_), variable_(made_.defined() ? &made_ : other.variable_), at_(other.at_) {}
    Operand& operator=(const Operand&) = delete;

    const Variable<T>& variable() const noexcept { return *variable_; }
    const Shape& shape() const { return variable_->shape(); }
    const Tensor<T>& tensor() const { return variable_->tensor(); }
    const Location& at() const noexcept { return at_; }
    /// Whether the handle is this operand's own, made for the call.
    bool is_temporary() const noexcept { return variable_ == &made_; }

  private:
    Variable<T> made_;
    const Variable<T>* variable_;
    Location at_;
};

namespace detail {

template <class... X>
struct FirstVariable;
template <class T, class... X>
struct FirstVariable<Variable<T>, X...> {
    using type = T;
};
template <class X0, class... X>
struct FirstVariable<X0, X...> : FirstVariable<X...> {};

} // namespace detail

/// The element type of an operation's result: that of its first argument that is a Variable.
template <class... X>
using element_of = typename detail::FirstVariable<std::decay_t<X>...>::type;

/// Arguments of which at least one is a Variable, and the others are Variables, arrays or scalars.
template <class... X>
concept Operands = (OperandLike<X> && ...) && (detail::is_variable<std::decay_t<X>> || ...);

// The operators of a Variable by name. Their values and derivatives are in ops/.
template <class T>
Variable<T> add(const Operand<T>& a, const Operand<T>& b);
template <class T>
Variable<T> subtract(const Operand<T>& a, const Operand<T>& b);
template <class T>
Variable<T> multiply(const Operand<T>& a, const Operand<T>& b);
template <class T>
Variable<T> divide(const Operand<T>& a, const Operand<T>& b);
template <class T>
Variable<T> negative(const Operand<T>& a);
template <class T>
Variable<T> mask_less(const Operand<T>& a, const Operand<T>& b);
template <class T>
Variable<T> mask_less_equal(const Operand<T>& a, const Operand<T>& b);

extern template class Variable<float>;
extern template class Variable<double>;

} // namespace xgrad

namespace xt::detail {

/// xtensor's operators take any class as a scalar, and would be a better match than ours for a Variable beside an
/// array. Without a result type they are out of the running.
template <class F, class... E>
    requires(xgrad::detail::is_variable<std::decay_t<E>> || ...)
struct xfunction_type<F, E...> {};

} // namespace xt::detail

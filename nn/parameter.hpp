/// @file
/// What a module owns: parameters, which training changes, and buffers, which it does not.
#pragma once

#include <xgrad/autodiff/variable.hpp>

namespace xgrad::nn {

namespace detail {

/// A Variable that is a value: a copy has elements of its own. (Copies of a Variable share them.)
template <class T>
class Owned : public Variable<T> {
  public:
    Owned() = default;
    Owned(Tensor<T> value, bool requires_grad) : Variable<T>(std::move(value), requires_grad) {}

    Owned(const Owned& other);
    Owned(Owned&&) noexcept = default;
    ~Owned();
    Owned& operator=(Owned&&) noexcept = default;
    /// Assigns the elements in place where the shapes agree, so that those who share them, an optimizer for instance, see the
    /// new ones; otherwise becomes a copy of `other`.
    Owned& operator=(const Owned& other);
};

extern template class Owned<float>;
extern template class Owned<double>;

} // namespace detail

/// A leaf that a module owns and training changes. Without a value it stands for a parameter that the module does without, such
/// as the bias of a layer that has none.
///
/// Unlike a Variable it is a value: copying a module copies its parameters. As a `Variable<T>`, in a list for an optimizer for
/// instance, it is shared.
template <class T = float>
class Parameter : public detail::Owned<T> {
  public:
    Parameter() = default;
    explicit Parameter(Tensor<T> value) : detail::Owned<T>(std::move(value), true) {}
    /// A copy of an xtensor expression's elements.
    template <ArrayExpression E>
    explicit Parameter(const E& value, Location at = Location::current()) : Parameter(evaluate<T>(value, at)) {}

    /// Training leaves a frozen parameter as it is: no derivative is taken with respect to it.
    void freeze(bool frozen = true) { this->cell().requires_grad = !frozen; }
};

/// An array that a module owns and saves, and that is not trained: running statistics, for instance.
template <class T = float>
class Buffer : public detail::Owned<T> {
  public:
    Buffer() = default;
    explicit Buffer(Tensor<T> value) : detail::Owned<T>(std::move(value), false) {}
    /// A copy of an xtensor expression's elements.
    template <ArrayExpression E>
    explicit Buffer(const E& value, Location at = Location::current()) : Buffer(evaluate<T>(value, at)) {}
};

} // namespace xgrad::nn

namespace xgrad::detail {

template <class T>
inline constexpr bool is_variable<nn::Parameter<T>> = true;
template <class T>
inline constexpr bool is_variable<nn::Buffer<T>> = true;

template <class T, class... X>
struct FirstVariable<nn::Parameter<T>, X...> {
    using type = T;
};
template <class T, class... X>
struct FirstVariable<nn::Buffer<T>, X...> {
    using type = T;
};

} // namespace xgrad::detail

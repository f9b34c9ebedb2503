/// @file
/// Data to learn from: examples and what is to be learnt about each.
#pragma once

#include <xgrad/autodiff/array.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

namespace xgrad::nn {

namespace detail {

/// Stands for the targets of data that have none.
struct Untold {};

template <class Y>
using Targets = Tensor<std::conditional_t<std::is_void_v<Y>, Untold, Y>>;

template <class T, class Y>
concept DatasetTypes = (std::same_as<T, float> || std::same_as<T, double>) &&
                       (std::is_void_v<Y> || std::same_as<Y, std::int64_t> || std::same_as<Y, T>);

} // namespace detail

/// Examples, and a target for each: features of shape (N, ...) and targets of shape (N, ...), of which row i belongs to
/// example i. Copying a Dataset shares the elements.
/// @code
/// Dataset data(X, labels);              // of a float matrix and an integer vector: Dataset<float, std::int64_t>
/// Dataset<float, float> regression(X, y); // of arrays of any types
/// @endcode
/// @tparam T  float or double
/// @tparam Y  std::int64_t: labels; T: real targets; void: there are none
template <class T, class Y = void>
class Dataset {
    static_assert(detail::DatasetTypes<T, Y>, "features are float or double; targets std::int64_t, of that type, or void");

  public:
    /// No examples, each a number.
    Dataset();

    /// Copies of the elements of two arrays.
    /// @throws ShapeError if they do not have the same number of rows, or one is a scalar
    template <ArrayExpression X, ArrayExpression L>
        requires(!std::is_void_v<Y> && (!std::integral<Y> || IndexExpression<L>))
    Dataset(const X& features, const L& targets, Location at = Location::current())
        : Dataset(evaluate<T>(features, at), evaluate<Y>(targets, at), at) {}

    /// Copies of the elements of an array: examples without targets.
    /// @throws ShapeError if it is a scalar
    template <ArrayExpression X>
        requires std::is_void_v<Y>
    explicit Dataset(const X& features, Location at = Location::current()) : Dataset(evaluate<T>(features, at), {}, at) {}

    /// The elements of two Tensors, which are shared.
    /// @throws ShapeError if they do not have the same number of rows, or one is a scalar
    Dataset(Tensor<T> features, detail::Targets<Y> targets, Location at = Location::current());

    /// The number of examples, N.
    std::size_t size() const noexcept { return features_.shape()[0]; }

    /// The features, to read, view and assign, of shape (N, ...).
    ArrayRef<T> features() const { return ArrayRef<T>(features_); }
    /// The targets, to read, view and assign, of shape (N, ...).
    ArrayRef<Y> targets() const
        requires(!std::is_void_v<Y>)
    {
        return ArrayRef<Y>(targets_);
    }

    /// As the loader holds them.
    const Tensor<T>& feature_tensor() const noexcept { return features_; }
    /// @copydoc feature_tensor
    const detail::Targets<Y>& target_tensor() const noexcept { return targets_; }

    /// The same data with the features of each example seen as an array of shape `example`: {1, 28, 28} for a convolution,
    /// {784} for a linear layer. The elements are shared.
    /// @throws ShapeError if that is another number of elements
    Dataset reshaped(const Shape& example, Location at = Location::current()) const;

    /// A copy of the examples `rows`, in that order; one may be there several times.
    /// @throws IndexError if there is no such row
    Dataset select(std::span<const std::size_t> rows, Location at = Location::current()) const;

  private:
    Tensor<T> features_;
    detail::Targets<Y> targets_;
};

namespace detail {

template <class X>
using Feature = std::conditional_t<std::same_as<typename std::decay_t<X>::value_type, float>, float, double>;
template <class X, class L>
using Target = std::conditional_t<std::integral<typename std::decay_t<L>::value_type>, std::int64_t, Feature<X>>;

/// The rows `rows` of an array, which are there.
template <class T>
Tensor<T> gather_rows(const Tensor<T>& from, std::span<const std::size_t> rows);

} // namespace detail

template <ArrayExpression X>
Dataset(const X&) -> Dataset<detail::Feature<X>>;
template <ArrayExpression X, ArrayExpression L>
Dataset(const X&, const L&) -> Dataset<detail::Feature<X>, detail::Target<X, L>>;

} // namespace xgrad::nn

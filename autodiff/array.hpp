/// @file
/// The arrays users give and get: xtensor's. The one header of xgrad that includes xtensor.
#pragma once

#include <xgrad/autodiff/tensor.hpp>

#if __has_include(<xtensor/containers/xarray.hpp>) // from xtensor 0.26 on
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/core/xnoalias.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xnoalias.hpp>
#endif

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

namespace xgrad {

/// A contiguous, row-major array that owns its elements.
template <class T>
using Array = xt::xarray<T, xt::layout_type::row_major>;

/// Any xtensor expression: an array, a view, or a lazy formula over them.
template <class E>
concept ArrayExpression = xt::is_xexpression<std::decay_t<E>>::value;

/// An xtensor expression whose elements are integers: labels, indices, masks.
template <class E>
concept IndexExpression = ArrayExpression<E> && std::integral<typename std::decay_t<E>::value_type>;

template <class T>
class ArrayRef;

} // namespace xgrad

namespace xt {

template <class T>
struct xcontainer_inner_types<xgrad::ArrayRef<T>> {
    using storage_type = xbuffer_adaptor<T*, no_ownership, std::allocator<T>>;
    using reference = inner_reference_t<storage_type>;
    using const_reference = typename storage_type::const_reference;
    using size_type = typename storage_type::size_type;
    using shape_type = dynamic_shape<std::size_t>;
    using strides_type = get_strides_t<shape_type>;
    using backstrides_type = get_strides_t<shape_type>;
    using inner_shape_type = shape_type;
    using inner_strides_type = strides_type;
    using inner_backstrides_type = backstrides_type;
    using temporary_type = xgrad::Array<T>;
    static constexpr layout_type layout = layout_type::row_major;
};

template <class T>
struct xiterable_inner_types<xgrad::ArrayRef<T>> : xcontainer_iterable_types<xgrad::ArrayRef<T>> {};

} // namespace xt

namespace xgrad {

/// The shape of an xtensor expression.
/// @throws ShapeError if it has more than Shape::max_rank axes
template <ArrayExpression E>
Shape shape_of(const E& e, const Location& at) {
    Shape shape;
    for (const auto extent : e.shape()) shape.push_back(static_cast<std::size_t>(extent), at);
    return shape;
}

/// A Variable's value or gradient as an xtensor expression: read it, view it, assign to it; nothing is copied.
/// It shares the elements, so it may outlive the Variable. Assignment broadcasts to its shape, which never changes.
template <class T>
class ArrayRef : public xt::xstrided_container<ArrayRef<T>>, public xt::xview_semantic<ArrayRef<T>> {
    using container = xt::xstrided_container<ArrayRef<T>>;
    using semantic = xt::xview_semantic<ArrayRef<T>>;

  public:
    using storage_type = typename container::storage_type;
    using shape_type = typename container::shape_type;
    using strides_type = typename container::strides_type;
    using backstrides_type = typename container::inner_backstrides_type;
    using temporary_type = Array<T>;
    using expression_tag = xt::xtensor_expression_tag;
    static constexpr std::size_t rank = SIZE_MAX;

    explicit ArrayRef(Tensor<T> tensor) : tensor_(std::move(tensor)), storage_(tensor_.data(), tensor_.size()) {
        container::reshape(shape_type(tensor_.shape().begin(), tensor_.shape().end()));
    }

    ArrayRef(const ArrayRef&) = default;
    ArrayRef(ArrayRef&&) = default;
    ~ArrayRef() = default;

    /// Assigns the elements of `other`, not the reference.
    /// @throws ShapeError if `other` does not broadcast to this shape
    ArrayRef& operator=(const ArrayRef& other) {
        // Not semantic::operator=, which for its own type copies the base class, and that has no elements.
        if (other.tensor_.shape() != tensor_.shape()) return *this = Array<T>(other);
        return write([&] { std::copy_n(other.tensor_.data(), tensor_.size(), tensor_.data()); });
    }

    /// Assigns an expression, broadcast to this shape.
    /// @throws ShapeError if it does not broadcast to this shape
    template <ArrayExpression E>
    ArrayRef& operator=(const E& e) {
        return write(e, [&] { semantic::operator=(e); });
    }
    /// Sets every element.
    template <class S>
        requires std::is_arithmetic_v<S>
    ArrayRef& operator=(S value) {
        return write([&] { std::fill_n(tensor_.data(), tensor_.size(), static_cast<T>(value)); });
    }

    /// Adds an expression, broadcast to this shape, or a scalar; so for the other three.
    /// @throws ShapeError if it does not broadcast to this shape
    template <class E>
    ArrayRef& operator+=(const E& e) {
        return write(e, [&] { semantic::operator+=(e); });
    }
    template <class E>
    ArrayRef& operator-=(const E& e) {
        return write(e, [&] { semantic::operator-=(e); });
    }
    template <class E>
    ArrayRef& operator*=(const E& e) {
        return write(e, [&] { semantic::operator*=(e); });
    }
    template <class E>
    ArrayRef& operator/=(const E& e) {
        return write(e, [&] { semantic::operator/=(e); });
    }

    // What xt::noalias() calls.
    template <class E>
    ArrayRef& assign(const xt::xexpression<E>& e) {
        return write(e.derived_cast(), [&] { semantic::assign(e); });
    }
    template <class E>
    ArrayRef& plus_assign(const xt::xexpression<E>& e) {
        return write(e.derived_cast(), [&] { semantic::plus_assign(e); });
    }
    template <class E>
    ArrayRef& minus_assign(const xt::xexpression<E>& e) {
        return write(e.derived_cast(), [&] { semantic::minus_assign(e); });
    }
    template <class E>
    ArrayRef& multiplies_assign(const xt::xexpression<E>& e) {
        return write(e.derived_cast(), [&] { semantic::multiplies_assign(e); });
    }
    template <class E>
    ArrayRef& divides_assign(const xt::xexpression<E>& e) {
        return write(e.derived_cast(), [&] { semantic::divides_assign(e); });
    }

    /// xtensor calls this with the evaluated right-hand side of an assignment.
    void assign_temporary_impl(temporary_type&& temporary) {
        std::copy(temporary.storage().begin(), temporary.storage().end(), tensor_.data());
    }

  private:
    template <class E, class F>
    ArrayRef& write(const E& e, F assign) {
        if constexpr (ArrayExpression<E>) {
            const Shape from = shape_of(e, Location());
            if (!broadcasts_to(from, tensor_.shape())) {
                throw ShapeError("assignment: an array of shape " + to_string(from) + " does not broadcast to " +
                                     to_string(tensor_.shape()),
                                 Location());
            }
        }
        return write(assign);
    }

    template <class F>
    ArrayRef& write(F assign) {
        assign();
        tensor_.buffer().touch();
        return *this;
    }

    storage_type& storage_impl() noexcept { return storage_; }
    const storage_type& storage_impl() const noexcept { return storage_; }
    friend class xt::xcontainer<ArrayRef<T>>;

    Tensor<T> tensor_;
    storage_type storage_;
};

/// Evaluates an xtensor expression into a buffer of its own, converting each element to `T`.
template <class T, ArrayExpression E>
Tensor<T> evaluate(const E& e, const Location& at) {
    Tensor<T> tensor(shape_of(e, at));
    using Expression = std::decay_t<E>;
    if constexpr (Expression::static_layout == xt::layout_type::row_major && requires { e.data() + e.data_offset(); }) {
        // A contiguous view shares the whole of its array's storage and starts at an offset.
        const auto* const first = e.data() + e.data_offset();
        std::transform(first, first + tensor.size(), tensor.data(), [](auto element) { return static_cast<T>(element); });
    } else {
        std::transform(e.template begin<xt::layout_type::row_major>(), e.template end<xt::layout_type::row_major>(),
                       tensor.data(), [](auto element) { return static_cast<T>(element); });
    }
    return tensor;
}

} // namespace xgrad

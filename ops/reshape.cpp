// reshape() and its special cases: the same elements under another shape.
#include <xgrad/ops/region.hpp>
#include <xgrad/ops/shape.hpp>

#include <string>

namespace xgrad {

namespace {

template <class T>
struct Reshape final : ops::Movement<T> {
    using ops::Movement<T>::Movement;
    void vjp(Pullback<T>& p) const override { p.add(0, reshape(p.grad(), p.shape(0))); }
};

/// `x` under a shape of as many elements.
template <class T>
Variable<T> reshaped(const Variable<T>& x, const Shape& shape, const char* name, const Location& at) {
    if (x.shape() == shape) return x;
    return record<T>(name, x.tensor().reshaped(shape), {&x}, at, [&] { return new Reshape<T>(name); });
}

std::string to_string(const Extents& extents) {
    std::string text = "(";
    for (std::size_t i = 0; i < extents.rank(); ++i) text += (i ? ", " : "") + std::to_string(extents[i]);
    return text + ")";
}

/// The shape that `wanted` means for an array of shape `from`.
Shape resolve(const Shape& from, const Extents& wanted, const Location& at) {
    const auto fail = [&](const std::string& reason) {
        throw ShapeError("reshape: an array of shape " + to_string(from) + " cannot take the shape " +
                             to_string(wanted) + ": " + reason,
                         at);
    };
    Shape shape;
    std::size_t unknown = Shape::max_rank; // the axis whose extent is -1
    std::size_t known = 1;                 // the product of the others
    for (std::size_t axis = 0; axis < wanted.rank(); ++axis) {
        if (wanted[axis] < -1) fail("an extent is negative");
        if (wanted[axis] == -1) {
            if (unknown != Shape::max_rank) fail("more than one extent is -1");
            unknown = axis;
        }
        shape.push_back(axis == unknown ? 1 : static_cast<std::size_t>(wanted[axis]), at);
    }
    const std::size_t size = from.size();
    const std::string elements = "it has " + std::to_string(size) + (size == 1 ? " element" : " elements");
    if (std::find(shape.begin(), shape.end(), 0) != shape.end()) known = 0;
    for (const std::size_t extent : shape) {
        if (known > 0 && extent > PTRDIFF_MAX / known) fail(elements);
        known *= extent;
    }
    if (unknown != Shape::max_rank) {
        if (known == 0) fail("beside an extent of 0, -1 could be any number");
        if (size % known == 0) shape[unknown] = size / known;
    }
    if (shape.size() != size) fail(elements);
    return shape;
}

} // namespace

template <class T>
Variable<T> reshape(const Variable<T>& x, const Extents& shape, Location at) {
    return reshaped(x, resolve(x.shape(), shape, at), "reshape", at);
}

template <class T>
Variable<T> flatten(const Variable<T>& x, std::ptrdiff_t start_axis, std::ptrdiff_t end_axis, Location at) {
    const Shape& from = x.shape();
    // A scalar is taken for a vector of one element.
    const Shape axes = from.rank() == 0 ? Shape{1} : from;
    const std::size_t start = normalize_axis(start_axis, axes, "flatten", at);
    const std::size_t end = normalize_axis(end_axis, axes, "flatten", at);
    if (end < start) {
        throw ShapeError("flatten: axis " + std::to_string(end_axis) + " comes before axis " +
                             std::to_string(start_axis) + " of shape " + to_string(from),
                         at);
    }
    Shape shape;
    for (std::size_t axis = 0; axis < start; ++axis) shape.push_back(axes[axis], at);
    shape.push_back(axes.product(start, end + 1), at);
    for (std::size_t axis = end + 1; axis < axes.rank(); ++axis) shape.push_back(axes[axis], at);
    return reshaped(x, shape, "flatten", at);
}

template <class T>
Variable<T> squeeze(const Variable<T>& x, const Axes& axes, Location at) {
    const Shape& from = x.shape();
    std::array<bool, Shape::max_rank> dropped{};
    for (const std::ptrdiff_t given : axes) {
        const std::size_t axis = normalize_axis(given, from, "squeeze", at);
        if (from[axis] != 1) {
            throw ShapeError("squeeze: axis " + std::to_string(given) + " of shape " + to_string(from) +
                                 " has extent " + std::to_string(from[axis]) + ", not 1",
                             at);
        }
        dropped[axis] = true;
    }
    Shape shape;
    for (std::size_t axis = 0; axis < from.rank(); ++axis) {
        if (axes.empty() ? from[axis] != 1 : !dropped[axis]) shape.push_back(from[axis], at);
    }
    return reshaped(x, shape, "squeeze", at);
}

template <class T>
Variable<T> expand_dims(const Variable<T>& x, std::ptrdiff_t axis, Location at) {
    const std::size_t position = ops::normalize_new_axis(axis, x.shape(), "expand_dims", at);
    return reshaped(x, ops::insert_axis(x.shape(), position, 1, at), "expand_dims", at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> reshape(const Variable<T>&, const Extents&, Location);                              \
    template Variable<T> flatten(const Variable<T>&, std::ptrdiff_t, std::ptrdiff_t, Location);              \
    template Variable<T> squeeze(const Variable<T>&, const Axes&, Location);                                 \
    template Variable<T> expand_dims(const Variable<T>&, std::ptrdiff_t, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

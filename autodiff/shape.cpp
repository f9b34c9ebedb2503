#include <xgrad/autodiff/shape.hpp>

namespace xgrad {

void Shape::throw_rank(std::size_t rank, const Location& at) {
    throw ShapeError("an array may have at most " + std::to_string(max_rank) + " axes, not " + std::to_string(rank), at);
}

void Axes::push_back(std::ptrdiff_t axis, Location at) {
    if (size_ == Shape::max_rank) Shape::throw_rank(size_ + 1, at);
    axes_[size_++] = axis;
}

namespace {

template <class Range>
std::string joined(char open, const Range& numbers, char close) {
    std::string text(1, open);
    for (const auto number : numbers) {
        if (text.size() > 1) text += ", ";
        text += std::to_string(number);
    }
    return text += close;
}

} // namespace

std::string to_string(const Shape& shape) { return joined('(', shape, ')'); }
std::string to_string(const Axes& axes) { return joined('{', axes, '}'); }

void detail::throw_too_large(const Shape& shape, const char* operation, const Location& at) {
    throw ShapeError(std::string(operation) + ": the result would be too large: " + to_string(shape), at);
}

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* operation, const Location& at) {
    const Shape& longer = a.rank() >= b.rank() ? a : b;
    const Shape& shorter = a.rank() >= b.rank() ? b : a;
    Shape result = longer;
    const std::size_t offset = longer.rank() - shorter.rank();
    for (std::size_t i = 0; i < shorter.rank(); ++i) {
        std::size_t& extent = result[offset + i];
        if (extent == shorter[i] || shorter[i] == 1) continue;
        if (extent != 1) {
            throw ShapeError(std::string(operation) + ": shapes do not broadcast: " + to_string(a) + " and " + to_string(b) +
                                 ": " + std::to_string(extent) + " != " + std::to_string(shorter[i]),
                             at);
        }
        extent = shorter[i];
    }
    return result;
}

bool broadcasts_to(const Shape& from, const Shape& to) noexcept {
    if (from.rank() > to.rank()) return false;
    const std::size_t offset = to.rank() - from.rank();
    for (std::size_t i = 0; i < from.rank(); ++i) {
        if (from[i] != to[offset + i] && from[i] != 1) return false;
    }
    return true;
}

std::size_t normalize_axis(std::ptrdiff_t axis, const Shape& shape, const char* operation, const Location& at) {
    const auto rank = static_cast<std::ptrdiff_t>(shape.rank());
    if (axis < -rank || axis >= rank) {
        throw IndexError(std::string(operation) + ": axis " + std::to_string(axis) + " is out of range for shape " +
                             to_string(shape),
                         at);
    }
    return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

} // namespace xgrad

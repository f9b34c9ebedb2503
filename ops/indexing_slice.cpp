// slice(): NumPy's basic indexing.
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/region.hpp>

#include <span>
#include <string>

namespace xgrad {

namespace {

/// Where a range goes in an axis of `extent`, by Python's rules.
void narrow_to_range(ops::Region& region, std::size_t axis, const Slice& range) {
    const auto extent = static_cast<std::ptrdiff_t>(region.shape[axis]);
    const std::ptrdiff_t step = std::max(range.step, -PTRDIFF_MAX); // so that it can be negated
    // Backwards, the place before the first is where it ends.
    const std::ptrdiff_t lowest = step > 0 ? 0 : -1;
    const std::ptrdiff_t highest = step > 0 ? extent : extent - 1;
    const auto clamped = [&](std::optional<std::ptrdiff_t> place, std::ptrdiff_t otherwise) {
        if (!place) return otherwise;
        return std::clamp(*place < 0 ? *place + extent : *place, lowest, highest);
    };
    const std::ptrdiff_t start = clamped(range.start, step > 0 ? lowest : highest);
    const std::ptrdiff_t stop = clamped(range.stop, step > 0 ? highest : lowest);
    const std::ptrdiff_t distance = step > 0 ? stop - start : start - stop;
    const std::ptrdiff_t stride = step > 0 ? step : -step;
    const std::ptrdiff_t count = distance > 0 ? (distance - 1) / stride + 1 : 0;
    ops::narrow(region, axis, start, step, static_cast<std::size_t>(count));
}

/// The part of an array of `shape` that the slices choose.
ops::Region region_of(const Shape& shape, std::span<const Slice> slices, const Location& at) {
    std::size_t used = 0; // axes that have a slice of their own
    bool has_ellipsis = false;
    for (const Slice& slice : slices) {
        if (slice.kind == Slice::Kind::ellipsis) {
            if (has_ellipsis) throw IndexError("slice: more than one ellipsis", at);
            has_ellipsis = true;
        } else if (slice.kind != Slice::Kind::newaxis) {
            ++used;
        }
        if (slice.kind == Slice::Kind::range && slice.step == 0) {
            throw ValueError("slice: the step of a range must not be 0", at);
        }
    }
    if (used > shape.rank()) {
        throw IndexError("slice: " + std::to_string(used) + " slices for the " +
                             std::to_string(shape.rank()) + " axes of shape " + to_string(shape),
                         at);
    }

    ops::Region source = ops::whole(shape);
    ops::Region result;
    std::size_t axis = 0;
    const auto keep_axis = [&] {
        result.shape.push_back(source.shape[axis], at);
        result.strides[result.shape.rank() - 1] = source.strides[axis++];
    };
    const auto keep_unused = [&] {
        for (std::size_t unused = shape.rank() - used; unused > 0; --unused) keep_axis();
    };
    for (const Slice& slice : slices) {
        switch (slice.kind) {
        case Slice::Kind::index: {
            const std::size_t extent = shape[axis];
            const std::ptrdiff_t given = slice.start.value_or(0);
            const std::ptrdiff_t place = given < 0 ? given + static_cast<std::ptrdiff_t>(extent) : given;
            if (place < 0 || static_cast<std::size_t>(place) >= extent) {
                throw IndexError("slice: index " + std::to_string(given) + " is out of range for axis " +
                                     std::to_string(axis) + " of shape " + to_string(shape),
                                 at);
            }
            ops::narrow(source, axis++, place, 1, 1);
            break;
        }
        case Slice::Kind::range:
            narrow_to_range(source, axis, slice);
            keep_axis();
            break;
        case Slice::Kind::newaxis:
            result.shape.push_back(1, at);
            break;
        case Slice::Kind::ellipsis:
            keep_unused();
            break;
        }
    }
    if (!has_ellipsis) keep_unused();
    result.offset = source.offset;
    return result;
}

} // namespace

template <class T>
Variable<T> slice(const Variable<T>& x, std::initializer_list<Slice> slices, Location at) {
    return ops::select(x, region_of(x.shape(), {slices.begin(), slices.size()}, at), "slice", at);
}
template <class T>
Variable<T> slice(const Variable<T>& x, const std::vector<Slice>& slices, Location at) {
    return ops::select(x, region_of(x.shape(), slices, at), "slice", at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> slice(const Variable<T>&, std::initializer_list<Slice>, Location);                  \
    template Variable<T> slice(const Variable<T>&, const std::vector<Slice>&, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

// Putting arrays together and taking them apart along an axis: concatenate(), stack(), split(), split_at().
#include <xgrad/ops/region.hpp>
#include <xgrad/ops/shape.hpp>

#include <span>
#include <string>

namespace xgrad {

namespace {

/// Walks the parts of a joined array: each call gives the region of the next.
class Parts {
  public:
    /// @param axis      of the joined array
    /// @param new_axis  the parts do not have that axis: they are stacked, not concatenated
    Parts(const Shape& joined, std::size_t axis, bool new_axis) noexcept
        : whole_(ops::whole(joined)), axis_(axis), new_axis_(new_axis) {}

    ops::Region next(const Shape& part) noexcept {
        ops::Region region{.shape = part, .offset = whole_.offset, .strides = whole_.strides};
        if (new_axis_) {
            std::copy(whole_.strides.begin() + static_cast<std::ptrdiff_t>(axis_) + 1, whole_.strides.end(),
                      region.strides.begin() + static_cast<std::ptrdiff_t>(axis_));
        }
        const std::size_t extent = new_axis_ ? 1 : part[axis_];
        whole_.offset += static_cast<std::ptrdiff_t>(extent) * whole_.strides[axis_];
        return region;
    }

  private:
    ops::Region whole_; ///< of the joined array, from the next part on
    std::size_t axis_;
    bool new_axis_;
};

template <class T>
class Join final : public ops::Movement<T> {
  public:
    Join(const char* name, std::size_t count, std::size_t axis, bool new_axis) noexcept
        : ops::Movement<T>(name), count_(count), axis_(axis), new_axis_(new_axis) {}

    void vjp(Pullback<T>& p) const override {
        Parts parts(p.result_tensor().shape(), axis_, new_axis_);
        for (std::size_t k = 0; k < count_; ++k) {
            const ops::Region region = parts.next(p.shape(k));
            if (p.needs(k)) p.add(k, ops::select(p.grad(), region, "select"));
        }
    }

    void backward(Pullback<T>& p) const override {
        Parts parts(p.result_tensor().shape(), axis_, new_axis_);
        for (std::size_t k = 0; k < count_; ++k) {
            const ops::Region region = parts.next(p.shape(k));
            if (!p.needs(k)) continue;
            const auto target = p.target(k, false);
            if (target.fresh) {
                ops::copy_out(region, p.adjoint().data(), target.data);
            } else {
                ops::add_out(region, p.adjoint().data(), target.data);
            }
        }
    }

  private:
    std::size_t count_;
    std::size_t axis_;
    bool new_axis_;
};

/// The parts by pointer, in pooled memory.
template <class T>
using Pointers = Tensor<const Variable<T>*>;

template <class T>
Pointers<T> pointers(std::initializer_list<Operand<T>> parts) {
    Pointers<T> pointers(Shape{parts.size()});
    std::transform(parts.begin(), parts.end(), pointers.begin(),
                   [](const Operand<T>& part) { return &part.variable(); });
    return pointers;
}
template <class T>
Pointers<T> pointers(const std::vector<Variable<T>>& parts) {
    Pointers<T> pointers(Shape{parts.size()});
    std::transform(parts.begin(), parts.end(), pointers.begin(),
                   [](const Variable<T>& part) { return &part; });
    return pointers;
}

template <class T>
void check_not_empty(const Pointers<T>& parts, const char* name, const Location& at) {
    if (parts.size() == 0) throw ValueError(std::string(name) + ": there are no parts", at);
}

template <class T>
Variable<T> join(const Pointers<T>& parts, const Shape& shape, std::size_t axis, bool new_axis,
                 const char* name, const Location& at) {
    check_size(shape, name, at);
    Tensor<T> value(shape);
    Parts walk(shape, axis, new_axis);
    for (const Variable<T>* const part : parts) {
        ops::copy_in(walk.next(part->shape()), part->tensor().data(), value.data());
    }
    const detail::Parents<T> parents(parts.data(), parts.size());
    if (detail::thread_mode.anomaly) [[unlikely]] detail::check_anomaly(name, "forward", value, at);
    if (!detail::is_tracked<T>(parents)) return Variable<T>(std::move(value), false);
    return detail::append<T>(new Join<T>(name, parts.size(), axis, new_axis), std::move(value), parents, at);
}

template <class T>
Variable<T> concatenate(const Pointers<T>& parts, std::ptrdiff_t given_axis, const Location& at) {
    check_not_empty<T>(parts, "concatenate", at);
    const Shape& first = parts.data()[0]->shape();
    const std::size_t axis = normalize_axis(given_axis, first, "concatenate", at);
    Shape shape = first;
    shape[axis] = 0;
    for (const Variable<T>* const part : parts) {
        Shape expected = first;
        if (part->rank() == first.rank()) expected[axis] = part->shape()[axis];
        if (part->shape() != expected) {
            throw ShapeError("concatenate: shapes differ elsewhere than along axis " +
                                 std::to_string(given_axis) + ": " + to_string(first) + " and " +
                                 to_string(part->shape()),
                             at);
        }
        shape[axis] += expected[axis];
    }
    return join<T>(parts, shape, axis, false, "concatenate", at);
}

template <class T>
Variable<T> stack(const Pointers<T>& parts, std::ptrdiff_t given_axis, const Location& at) {
    check_not_empty<T>(parts, "stack", at);
    const Shape& first = parts.data()[0]->shape();
    const std::size_t axis = ops::normalize_new_axis(given_axis, first, "stack", at);
    for (const Variable<T>* const part : parts) {
        if (part->shape() != first) {
            throw ShapeError("stack: shapes differ: " + to_string(first) + " and " + to_string(part->shape()),
                             at);
        }
    }
    return join<T>(parts, ops::insert_axis(first, axis, parts.size(), at), axis, true, "stack", at);
}

} // namespace

template <class T>
std::vector<Variable<T>> split(const Variable<T>& x, std::size_t parts, std::ptrdiff_t axis, Location at) {
    const std::size_t position = normalize_axis(axis, x.shape(), "split", at);
    if (parts == 0) throw ValueError("split: the number of parts must not be 0", at);
    const std::size_t extent = x.shape()[position];
    if (extent % parts != 0) {
        throw ShapeError("split: axis " + std::to_string(axis) + " of shape " + to_string(x.shape()) +
                             " has extent " + std::to_string(extent) + ", which does not divide into " +
                             std::to_string(parts) + " equal parts",
                         at);
    }
    const std::size_t count = extent / parts;
    std::vector<Variable<T>> result;
    result.reserve(parts);
    for (std::size_t k = 0; k < parts; ++k) {
        ops::Region region = ops::whole(x.shape());
        ops::narrow(region, position, static_cast<std::ptrdiff_t>(k * count), 1, count);
        result.push_back(ops::select(x, region, "split", at));
    }
    return result;
}

template <class T>
std::vector<Variable<T>> split_at(const Variable<T>& x, const std::vector<std::ptrdiff_t>& positions,
                                  std::ptrdiff_t axis, Location at) {
    const std::size_t position = normalize_axis(axis, x.shape(), "split_at", at);
    const auto extent = static_cast<std::ptrdiff_t>(x.shape()[position]);
    const auto clamped = [extent](std::ptrdiff_t p) {
        return std::clamp(p < 0 ? p + extent : p, std::ptrdiff_t{0}, extent);
    };
    std::vector<Variable<T>> result;
    result.reserve(positions.size() + 1);
    std::ptrdiff_t start = 0;
    for (std::size_t k = 0; k <= positions.size(); ++k) {
        const std::ptrdiff_t stop = k < positions.size() ? clamped(positions[k]) : extent;
        ops::Region region = ops::whole(x.shape());
        ops::narrow(region, position, start, 1,
                    static_cast<std::size_t>(std::max<std::ptrdiff_t>(stop - start, 0)));
        result.push_back(ops::select(x, region, "split_at", at));
        start = stop;
    }
    return result;
}

template <class T>
Variable<T> concatenate(const std::vector<Variable<T>>& parts, std::ptrdiff_t axis, Location at) {
    return concatenate<T>(pointers(parts), axis, at);
}
template <class T>
Variable<T> stack(const std::vector<Variable<T>>& parts, std::ptrdiff_t axis, Location at) {
    return stack<T>(pointers(parts), axis, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    Variable<T> concatenate(std::initializer_list<Operand<T>> parts, std::ptrdiff_t axis, Location at) {     \
        return concatenate<T>(pointers(parts), axis, at);                                                    \
    }                                                                                                        \
    Variable<T> stack(std::initializer_list<Operand<T>> parts, std::ptrdiff_t axis, Location at) {           \
        return stack<T>(pointers(parts), axis, at);                                                          \
    }                                                                                                        \
    template Variable<T> concatenate(const std::vector<Variable<T>>&, std::ptrdiff_t, Location);             \
    template Variable<T> stack(const std::vector<Variable<T>>&, std::ptrdiff_t, Location);                   \
    template std::vector<Variable<T>> split(const Variable<T>&, std::size_t, std::ptrdiff_t, Location);      \
    template std::vector<Variable<T>> split_at(const Variable<T>&, const std::vector<std::ptrdiff_t>&,       \
                                               std::ptrdiff_t, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

#include <xgrad/ops/region.hpp>

#include <string>

namespace xgrad::ops {

Region whole(const Shape& shape) noexcept {
    Region region{.shape = shape};
    std::ptrdiff_t stride = 1;
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
        region.strides[axis] = stride;
        stride *= static_cast<std::ptrdiff_t>(std::max<std::size_t>(shape[axis], 1));
    }
    return region;
}

void narrow(Region& region, std::size_t axis, std::ptrdiff_t start, std::ptrdiff_t step,
            std::size_t count) noexcept {
    region.offset += start * region.strides[axis];
    region.shape[axis] = count;
    if (count > 1) region.strides[axis] *= step; // the step of a single element may be any number
}

Runs::Runs(const Region& region) noexcept {
    for (std::size_t axis = region.shape.rank(); axis-- > 0;) {
        const std::size_t extent = region.shape[axis];
        if (extent == 1) continue;
        const std::ptrdiff_t stride = region.strides[axis];
        if (rank > 0 &&
            stride == axes[rank - 1].stride * static_cast<std::ptrdiff_t>(axes[rank - 1].extent)) {
            axes[rank - 1].extent *= extent;
        } else {
            axes[rank++] = {extent, stride};
        }
    }
    if (rank == 0) axes[rank++] = {1, 1};
}

bool is_contiguous(const Region& region) noexcept {
    const Runs runs(region);
    return runs.rank == 1 && runs.axes[0].stride == 1;
}

std::size_t normalize_new_axis(std::ptrdiff_t axis, const Shape& shape, const char* operation,
                               const Location& at) {
    const auto axes = static_cast<std::ptrdiff_t>(shape.rank()) + 1;
    if (axis < -axes || axis >= axes) {
        throw IndexError(std::string(operation) + ": a new axis " + std::to_string(axis) +
                             " is out of range for shape " + to_string(shape),
                         at);
    }
    return static_cast<std::size_t>(axis < 0 ? axis + axes : axis);
}

Shape insert_axis(const Shape& shape, std::size_t axis, std::size_t extent, const Location& at) {
    Shape result = shape;
    result.push_back(extent, at);
    std::rotate(&result[axis], &result[shape.rank()], &result[shape.rank()] + 1);
    return result;
}

namespace {

template <class T>
class Select final : public Movement<T> {
  public:
    Select(const char* name, const Region& region) noexcept : Movement<T>(name), region_(region) {}

    void vjp(Pullback<T>& p) const override {
        p.add(0, embed(p.grad(), region_, p.shape(0), T(0), "select_adjoint"));
    }

    /// Touches only the selected part: many slices of one array would otherwise each make an array of its
    /// size.
    void backward(Pullback<T>& p) const override {
        const auto target = p.target(0, false);
        const std::size_t size = p.shape(0).size();
        if (target.fresh && region_.shape.size() == size) {
            copy_in(region_, p.adjoint().data(), target.data);
            return;
        }
        if (target.fresh) std::fill_n(target.data, size, T(0));
        add_in(region_, p.adjoint().data(), target.data);
    }

  private:
    Region region_;
};

template <class T>
class Embed final : public Movement<T> {
  public:
    Embed(const char* name, const Region& region) noexcept : Movement<T>(name), region_(region) {}
    void vjp(Pullback<T>& p) const override { p.add(0, select(p.grad(), region_, "select")); }

  private:
    Region region_;
};

} // namespace

template <class T>
Variable<T> select(const Variable<T>& x, const Region& region, const char* name, const Location& at) {
    Tensor<T> value;
    if (region.shape.size() > 0 && is_contiguous(region)) {
        value = x.tensor().slice(static_cast<std::size_t>(region.offset), region.shape);
    } else {
        value = Tensor<T>(region.shape);
        copy_out(region, x.tensor().data(), value.data());
    }
    return record<T>(name, std::move(value), {&x}, at, [&] { return new Select<T>(name, region); });
}

template <class T>
Variable<T> embed(const Variable<T>& x, const Region& region, const Shape& shape, T fill, const char* name,
                  const Location& at) {
    Tensor<T> value(shape, fill);
    copy_in(region, x.tensor().data(), value.data());
    return record<T>(name, std::move(value), {&x}, at, [&] { return new Embed<T>(name, region); });
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> select(const Variable<T>&, const Region&, const char*, const Location&);            \
    template Variable<T> embed(const Variable<T>&, const Region&, const Shape&, T, const char*,              \
                               const Location&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::ops

#include <xgrad/ops/reduction_kernels.hpp>

#include <string>

namespace xgrad::ops {

ReducedShape reduced_shape(const Shape& shape, const Axes& axes, bool keepdims, const char* operation,
                           const Location& at) {
    std::array<bool, Shape::max_rank> reduced{};
    if (axes.empty()) reduced.fill(true);
    for (const std::ptrdiff_t axis : axes) {
        bool& flag = reduced[normalize_axis(axis, shape, operation, at)];
        if (flag) {
            throw ValueError(std::string(operation) + ": axis " + std::to_string(axis) +
                                 " is given twice: axes " + to_string(axes) + " of shape " + to_string(shape),
                             at);
        }
        flag = true;
    }
    ReducedShape result{shape, {}, 1};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
        if (reduced[axis]) {
            result.count *= shape[axis];
            result.kept[axis] = 1;
        }
        if (!reduced[axis] || keepdims) result.result.push_back(result.kept[axis]);
    }
    return result;
}

Run innermost_run(const Shape& shape, const Shape& kept) {
    Run run{{1, 1, 1}, shape};
    std::size_t axis = shape.rank();
    for (; axis > 0 && kept[axis - 1] == shape[axis - 1]; --axis) run.strips.inner *= shape[axis - 1];
    for (; axis > 0 && kept[axis - 1] == 1; --axis) {
        run.strips.extent *= shape[axis - 1];
        run.reduced[axis - 1] = 1;
    }
    run.strips.outer = shape.product(0, axis);
    return run;
}

} // namespace xgrad::ops

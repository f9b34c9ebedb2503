#include <xgrad/ops/upsample.hpp>

#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/sliding_window.hpp>

namespace xgrad {

using ops::Caller;

namespace {

/// For each of `size` pixels the nearest of `extent`.
Tensor<std::int64_t> nearest(std::size_t extent, std::size_t size) {
    Tensor<std::int64_t> pixels(Shape{size});
    std::size_t pixel = 0, rest = 0; // the quotient and the remainder of i * extent / size, which could overflow
    for (std::int64_t& index : pixels) {
        index = static_cast<std::int64_t>(pixel);
        pixel += extent / size;
        rest += extent % size;
        if (rest >= size) {
            rest -= size;
            ++pixel;
        }
    }
    return pixels;
}

/// x in the size `height`, `width`.
template <class T>
Variable<T> resized(const Caller& caller, const Variable<T>& x, std::size_t height, std::size_t width) {
    const Shape& from = x.shape();
    check_size({from[0], from[1], height, width}, caller.operation, caller.at);
    // Along the rows first, while there are few; then whole rows are copied.
    const Variable<T> wide = ops::take(x, nearest(from[3], width), 3, caller.operation, caller.at);
    return ops::take(wide, nearest(from[2], height), 2, caller.operation, caller.at);
}

void check_images(const Caller& caller, const Shape& x) {
    if (x.rank() != 4) caller.shape_error("images must have the shape (N, C, H, W), not " + to_string(x));
}

} // namespace

template <class T>
Variable<T> upsample_nearest(const Variable<T>& x, Extent2 factor, Location at) {
    const Caller caller{"upsample_nearest", 2, at};
    check_images(caller, x.shape());
    caller.check_range("factor", factor, 1);
    const auto fh = static_cast<std::size_t>(factor.h), fw = static_cast<std::size_t>(factor.w);
    check_size({x.shape()[2], fh}, caller.operation, at);
    check_size({x.shape()[3], fw}, caller.operation, at);
    return resized(caller, x, x.shape()[2] * fh, x.shape()[3] * fw);
}

template <class T>
Variable<T> upsample_nearest_to(const Variable<T>& x, Extent2 size, Location at) {
    const Caller caller{"upsample_nearest_to", 2, at};
    check_images(caller, x.shape());
    caller.check_range("size", size, 1);
    if (x.shape()[2] == 0 || x.shape()[3] == 0)
        caller.shape_error("the images of " + to_string(x.shape()) + " have no pixels");
    return resized(caller, x, static_cast<std::size_t>(size.h), static_cast<std::size_t>(size.w));
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> upsample_nearest(const Variable<T>&, Extent2, Location);                            \
    template Variable<T> upsample_nearest_to(const Variable<T>&, Extent2, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

#include <xgrad/ops/sliding_window.hpp>

namespace xgrad::ops {

std::string Caller::text(Extent2 extent) const {
    if (axes == 1) return std::to_string(extent.w);
    return std::string("(") + std::to_string(extent.h) + ", " + std::to_string(extent.w) + ")";
}

void Caller::check_range(const char* option, Extent2 value, std::ptrdiff_t least) const {
    constexpr std::ptrdiff_t most = 0x7fffffff;
    if (std::min(value.h, value.w) < least) {
        value_error(std::string(option) + " must be " +
                    (least == 0 ? "0 or more" : "at least " + std::to_string(least)) + ", not " + text(value));
    }
    if (std::max(value.h, value.w) > most) {
        value_error(std::string(option) + " must be at most " + std::to_string(most) + ", not " + text(value));
    }
}

Shape with_image(const Shape& shape, std::size_t axes, std::size_t height, std::size_t width) {
    Shape result = shape;
    if (axes == 2) result[shape.rank() - 2] = height;
    result[shape.rank() - 1] = width;
    return result;
}

namespace {

Slide make_slide(std::ptrdiff_t extent, std::ptrdiff_t kernel, std::ptrdiff_t stride, std::ptrdiff_t padding,
                 std::ptrdiff_t dilation, Overhang overhang) {
    const std::ptrdiff_t room = extent + 2 * padding - (dilation * (kernel - 1) + 1); // for the first window to move
    std::ptrdiff_t places = room < 0 ? 0 : room / stride + 1;
    if (overhang == Overhang::allowed) {
        if (room + stride - 1 >= 0) places = (room + stride - 1) / stride + 1;
        if (places > 0 && (places - 1) * stride >= extent + padding) --places;
    }
    const auto u = [](std::ptrdiff_t value) { return static_cast<std::size_t>(value); };
    return {.extent = u(extent),
            .kernel = u(kernel),
            .stride = u(stride),
            .padding = u(padding),
            .dilation = u(dilation),
            .places = u(places)};
}

} // namespace

Windows make_windows(const Caller& caller, const Shape& shape, const WindowOptions& options,
                     Overhang overhang) {
    const auto& [kernel, stride, padding, dilation] = options;
    caller.check_range("kernel", kernel, 1);
    caller.check_range("stride", stride, 1);
    caller.check_range("padding", padding, 0);
    caller.check_range("dilation", dilation, 1);
    const Extent2 image = image_extents(shape, caller.axes);
    const Windows windows{make_slide(image.h, kernel.h, stride.h, padding.h, dilation.h, overhang),
                          make_slide(image.w, kernel.w, stride.w, padding.w, dilation.w, overhang)};
    if (windows.h.places == 0 || windows.w.places == 0) {
        const Extent2 padded(image.h + 2 * padding.h, image.w + 2 * padding.w);
        const Extent2 span(dilation.h * (kernel.h - 1) + 1, dilation.w * (kernel.w - 1) + 1);
        caller.shape_error("the kernel spans " + caller.text(span) + ", more than the padded image's " +
                           caller.text(padded) + ": input " + to_string(shape) + ", kernel " +
                           caller.text(kernel) + ", padding " + caller.text(padding) + ", dilation " +
                           caller.text(dilation));
    }
    // From here on the products of the extents do not overflow.
    check_size({windows.h.kernel, windows.w.kernel}, caller.operation, caller.at);
    check_size({windows.h.places, windows.w.places}, caller.operation, caller.at);
    return windows;
}

} // namespace xgrad::ops

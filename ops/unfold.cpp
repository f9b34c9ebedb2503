#include <xgrad/ops/unfold.hpp>

#include <xgrad/ops/region.hpp>
#include <xgrad/ops/sliding_window.hpp>

namespace xgrad {

using ops::Caller;
using ops::Windows;

namespace {

template <class T>
Variable<T> unfolded(const Variable<T>& x, const Windows& windows, const Location& at);
template <class T>
Variable<T> folded(const Variable<T>& x, const Windows& windows, const Location& at);

template <class T>
void fold_images(const Tensor<T>& columns, const Windows& windows, T* images) {
    const std::size_t samples = columns.shape()[0], channels = columns.shape()[1] / windows.taps();
    for (std::size_t n = 0; n < samples; ++n) {
        ops::fold_image(columns.data() + n * channels * windows.taps() * windows.places(), channels, windows,
                        images + n * channels * windows.pixels());
    }
}

template <class T>
class Unfold final : public ops::Movement<T> {
  public:
    explicit Unfold(const Windows& windows) : ops::Movement<T>("unfold"), windows_(windows) {}
    void vjp(Pullback<T>& p) const override { p.add(0, folded(p.grad(), windows_, p.at())); }

    void backward(Pullback<T>& p) const override {
        const auto [to, fresh] = p.target(0, false);
        if (fresh) std::fill_n(to, p.shape(0).size(), T(0));
        fold_images(p.adjoint(), windows_, to);
    }

  private:
    Windows windows_;
};

template <class T>
class Fold final : public Operation<T> {
  public:
    explicit Fold(const Windows& windows) : Operation<T>(Saves::nothing), windows_(windows) {}
    const char* name() const noexcept override { return "fold"; }
    void vjp(Pullback<T>& p) const override { p.add(0, unfolded(p.grad(), windows_, p.at())); }
    std::size_t flops(std::span<const Shape> parents, const Shape&) const override { return parents[0].size(); }

  private:
    Windows windows_;
};

template <class T>
Variable<T> unfolded(const Variable<T>& x, const Windows& windows, const Location& at) {
    const std::size_t samples = x.shape()[0], channels = x.shape()[1];
    Tensor<T> value(Shape{samples, channels * windows.taps(), windows.places()});
    for (std::size_t n = 0; n < samples; ++n) {
        ops::unfold_image(x.tensor().data() + n * channels * windows.pixels(), channels, windows,
                          value.data() + n * channels * windows.taps() * windows.places());
    }
    return record<T>("unfold", std::move(value), {&x}, at, [&] { return new Unfold<T>(windows); });
}

template <class T>
Variable<T> folded(const Variable<T>& x, const Windows& windows, const Location& at) {
    Tensor<T> value(Shape{x.shape()[0], x.shape()[1] / windows.taps(), windows.h.extent, windows.w.extent}, T(0));
    fold_images(x.tensor(), windows, value.data());
    return record<T>("fold", std::move(value), {&x}, at, [&] { return new Fold<T>(windows); });
}

} // namespace

template <class T>
Variable<T> unfold(const Variable<T>& x, Extent2 kernel, UnfoldOptions options, Location at) {
    const Caller caller{"unfold", 2, at};
    if (x.rank() != 4) caller.shape_error("images must have the shape (N, C, H, W), not " + to_string(x.shape()));
    const Windows windows =
        make_windows(caller, x.shape(), {kernel, options.stride, options.padding, options.dilation});
    check_size({x.shape()[0], x.shape()[1], windows.taps(), windows.places()}, "unfold", at);
    return unfolded(x, windows, at);
}

template <class T>
Variable<T> fold(const Variable<T>& x, Extent2 output_size, Extent2 kernel, UnfoldOptions options, Location at) {
    const Caller caller{"fold", 2, at};
    if (x.rank() != 3)
        caller.shape_error("columns must have the shape (N, C kH kW, windows), not " + to_string(x.shape()));
    caller.check_range("output_size", output_size, 0);
    const Shape image{static_cast<std::size_t>(output_size.h), static_cast<std::size_t>(output_size.w)};
    const Windows windows = make_windows(caller, image, {kernel, options.stride, options.padding, options.dilation});
    const std::size_t taps = windows.taps(), places = windows.places();
    if (x.shape()[1] % taps != 0) {
        caller.shape_error("the rows of columns " + to_string(x.shape()) + " are not a multiple of the " +
                           std::to_string(taps) + " pixels of a window " + caller.text(kernel));
    }
    if (x.shape()[2] != places) {
        caller.shape_error("columns " + to_string(x.shape()) + " for images of " + caller.text(output_size) +
                           " and a kernel " + caller.text(kernel) + ": there are " + std::to_string(places) +
                           " windows, not " + std::to_string(x.shape()[2]));
    }
    check_size({x.shape()[0], x.shape()[1] / taps, windows.h.extent, windows.w.extent}, "fold", at);
    return folded(x, windows, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> unfold(const Variable<T>&, Extent2, UnfoldOptions, Location);                       \
    template Variable<T> fold(const Variable<T>&, Extent2, Extent2, UnfoldOptions, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

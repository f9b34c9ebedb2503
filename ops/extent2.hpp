/// @file
/// Extent2: what convolutions and poolings take for each of an image's two axes.
#pragma once

#include <xgrad/ops/shape.hpp>

namespace xgrad {

/// An integer for each axis of an image, `{2, 1}` for height and width, or one for both: `{.stride = 2}`.
struct Extent2 {
    /// The same along both axes. (A bool is no extent: it would be a flag in the wrong place.)
    template <std::integral I>
        requires(!std::same_as<I, bool>)
    constexpr Extent2(I both) noexcept : Extent2(both, both) {}

    template <std::integral H, std::integral W>
    constexpr Extent2(H height, W width) noexcept
        : h(detail::to_signed(height)), w(detail::to_signed(width)) {}

    std::ptrdiff_t h, w;
};

} // namespace xgrad

/// @file
/// Larger images from small ones.
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/extent2.hpp>

namespace xgrad {

/// Each pixel repeated (torch.nn.functional.interpolate with mode='nearest'): y[n, c, u, v] = x[n, c, u / factor,
/// v / factor], rounded down.
/// @param x       images (N, C, H, W)
/// @param factor  how often, along both axes or `{height, width}`
/// @returns (N, C, H factor, W factor)
/// @throws ShapeError if x has not four axes, or the result is too large
/// @throws ValueError if a factor is less than 1
template <class T>
Variable<T> upsample_nearest(const Variable<T>& x, Extent2 factor, Location at = Location::current());

/// The images in another size, larger or smaller (torch.nn.functional.interpolate with mode='nearest' and a size):
/// y[n, c, u, v] = x[n, c, u H / H', v W / W'], rounded down.
/// @param x     images (N, C, H, W)
/// @param size  height and width of the result
/// @returns (N, C, H', W')
/// @throws ShapeError if x has not four axes, its images have no pixels, or the result is too large
/// @throws ValueError if an extent of the size is less than 1
template <class T>
Variable<T> upsample_nearest_to(const Variable<T>& x, Extent2 size, Location at = Location::current());

} // namespace xgrad

/// @file
/// The three sums of a convolution over bare memory. Internal to ops/.
///
/// A convolution is one trilinear form of an input x, a weight w and an output y,
///     <x, w, y> = sum of y[n, o, place] w[o, c, tap] x[n, c, pixel under the tap at the place],
/// and its derivative with respect to any of them is the sum over the other two: with respect to y it is the
/// convolution itself, to x the transposed convolution, and to w the weight's gradient. So the three are each
/// other's derivatives, of every order.
#pragma once

#include <xgrad/ops/sliding_window.hpp>

#include <array>

namespace xgrad::ops {

/// What the arrays of a convolution are to it.
enum class Role : std::size_t { input, weight, output };

/// The extents of a convolution: the input is (samples, groups in, pixels), the weight (groups out, in, taps), the
/// output (samples, groups out, places).
struct ConvolutionExtents {
    std::size_t samples, groups, in, out; ///< the channels `in` and `out` of one group
    Windows windows;

    std::size_t size(Role role) const noexcept {
        switch (role) {
        case Role::input: return samples * groups * in * windows.pixels();
        case Role::weight: return groups * out * in * windows.taps();
        default: return samples * groups * out * windows.places();
        }
    }
    std::size_t flops() const noexcept { return 2 * size(Role::output) * in * windows.taps(); }
};

/// The derivative of the trilinear form with respect to the array `role`.
/// @param arrays  by role; the one of `role` is not read
/// @param bias    what to add to each channel of an input or output, or null; with `fresh` only
/// @param fresh   write the result, which may hold anything before; otherwise add to what it holds
template <class T>
void contract(const ConvolutionExtents& e, Role role, const std::array<const T*, 3>& arrays, const T* bias, T* result,
              bool fresh);

} // namespace xgrad::ops

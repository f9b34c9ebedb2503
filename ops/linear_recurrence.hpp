/// @file
/// First-order linear recurrences: what the derivatives of products are made of.
#pragma once

#include <xgrad/autodiff/operation.hpp>
#include <xgrad/ops/reduction_kernels.hpp>

#include <type_traits>

namespace xgrad::ops {

enum class Direction { forward, backward };

constexpr Direction opposite(Direction direction) {
    return direction == Direction::forward ? Direction::backward : Direction::forward;
}

/// The state before each step of e_{k+1} = a_k e_k + b_k along an axis, starting from e_0 = initial.
///
/// Its adjoint is a recurrence of the same kind with the same a that runs the other way from 0: mu_{k-1} =
/// a_k mu_k + g_k, where mu is the adjoint of b and mu e that of a. So it has derivatives of every order, and
/// none of them divides.
/// @param b        of a's shape, or null for 0
/// @param initial  a constant
/// @param strips   how to see `a`
template <class T>
Variable<T> linear_recurrence(const Variable<T>& a, const std::type_identity_t<Variable<T>>* b, T initial,
                              const Strips& strips, Direction direction, const Location& at);

/// Calls `step(state, i)` for the elements i along the axis of `strips` in order, each line with a state of
/// its own, which starts as `initial`. Lines beside each other advance together.
template <class State, class Step>
void scan(const Strips& strips, Direction direction, State initial, const Step& step) {
    constexpr std::size_t tile = 512;
    const auto [outer, extent, inner] = strips;
    const auto row = [&, extent = extent, inner = inner](std::size_t o, std::size_t k) {
        return (o * extent + (direction == Direction::forward ? k : extent - 1 - k)) * inner;
    };
    for (std::size_t o = 0; o < outer; ++o) {
        if (inner == 1) {
            State state = initial;
            for (std::size_t k = 0; k < extent; ++k) step(state, row(o, k));
            continue;
        }
        State states[tile];
        for (std::size_t j = 0; j < inner; j += tile) {
            const std::size_t columns = std::min(tile, inner - j);
            std::fill_n(states, columns, initial);
            for (std::size_t k = 0; k < extent; ++k) {
                const std::size_t start = row(o, k) + j;
                for (std::size_t c = 0; c < columns; ++c) step(states[c], start + c);
            }
        }
    }
}

} // namespace xgrad::ops

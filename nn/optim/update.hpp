/// @file
/// The loop over the elements of a parameter. Included only where optimizers are compiled.
#pragma once

#include <xgrad/ops/reduction_kernels.hpp>

#include <utility>

namespace xgrad::nn {

/// Calls `f(x, g, s...)` for SIMD batches of a parameter's elements, their gradients and the elements of its first
/// `States` arrays, and writes back what `f` made of x and s...
/// @param parameter  an Optimizer<T>::Update
template <class T, std::size_t States, class Update, class F>
void update_elements(const Update& parameter, const F& f) {
    using V = ops::Batch<T>;
    using ops::kernels::load;
    using ops::kernels::store;
    ops::kernels::for_each_batch<T>(parameter.size, [&](auto i, auto count) {
        [&]<std::size_t... K>(std::index_sequence<K...>) {
            V x = load(parameter.value + i, count);
            [[maybe_unused]] std::array<V, States> state{load(parameter.state[K] + i, count)...};
            f(x, V(load(parameter.grad + i, count)), state[K]...);
            store(x, parameter.value + i, count);
            (store(state[K], parameter.state[K] + i, count), ...);
        }
        (std::make_index_sequence<States>{});
    });
}

} // namespace xgrad::nn

/// @file
/// The loop over the elements of a parameter. Included only where optimizers are compiled.
#pragma once

#include <xgrad/autodiff/threads.hpp>
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
    constexpr std::size_t grain = 16384;
    parallel_for(parameter.size, grain, [&](std::size_t begin, std::size_t end) {
        ops::kernels::for_each_batch<T>(end - begin, [&](auto offset, auto count) {
            [&]<std::size_t... K>(std::index_sequence<K...>, std::size_t i) {
                V x = load(parameter.value + i, count);
                [[maybe_unused]] std::array<V, States> state{load(parameter.state[K] + i, count)...};
                f(x, V(load(parameter.grad + i, count)), state[K]...);
                store(x, parameter.value + i, count);
                (store(state[K], parameter.state[K] + i, count), ...);
            }
            (std::make_index_sequence<States>{}, begin + offset);
        });
    });
}

} // namespace xgrad::nn

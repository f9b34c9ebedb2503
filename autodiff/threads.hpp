/// @file
/// The threads that kernels share their loops among.
#pragma once

#include <xgrad/autodiff/error.hpp>

#include <algorithm>
#include <cstddef>

namespace xgrad {

/// How many threads a kernel may use, the caller's among them: as many as the machine has cores, unless set.
std::size_t num_threads() noexcept;

/// Lets kernels use up to `threads` threads from now on. The same seed gives the same result, bit for bit, for a given number
/// of threads.
///
/// Matrix products are shared among the same threads. OpenBLAS, with its LAPACK, is therefore set to a single one of its own, from
/// the first product on: its threads, which wait without sleeping, would take the cores from ours.
/// @throws ValueError for 0
void set_num_threads(std::size_t threads, Location at = Location::current());

namespace detail {

/// Sets OpenBLAS to one thread, the first time.
void take_over_blas_threads();

/// Calls call(f, begin, end) for `parts` parts of [0, count), on as many threads, and waits for all.
void run_parts(std::size_t count, std::size_t parts, const void* f, void (*call)(const void*, std::size_t, std::size_t));

} // namespace detail

/// Calls f(begin, end) for parts of [0, count) that together cover it, on several threads at once where each gets `grain`
/// or more. While another thread's loop has the workers, or from within such a loop, the same parts run one after the other.
/// @param grain  at least 1, and so many that a part takes some 20 microseconds
template <class F>
void parallel_for(std::size_t count, std::size_t grain, const F& f) {
    if (count == 0) return;
    if (count < 2 * grain) return f(std::size_t{0}, count);
    const std::size_t parts = std::min(num_threads(), count / grain);
    if (parts == 1) return f(std::size_t{0}, count);
    detail::run_parts(count, parts, &f, [](const void* g, std::size_t begin, std::size_t end) {
        (*static_cast<const F*>(g))(begin, end);
    });
}

} // namespace xgrad

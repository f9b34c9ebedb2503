/// @file
/// What is measured of a training: time and memory.
#pragma once

#include "workload.hpp"

#include <chrono>

namespace training {

enum class Library { xgrad, libtorch };

/// The threads that one of them computes with from here on. Waits until those of the other, which stay awake for a while, are asleep.
void set_threads(int threads, Library library);

/// Microseconds of one call.
template <class F>
double time(std::size_t calls, const F& f) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < calls; ++i) f();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / static_cast<double>(calls);
}

double median(std::vector<double> values);

/// Gives both the same parameters, and tells whether they then take the same steps. Prints what differs if not.
bool agree(const Workload& workload, Training& ours, Training& theirs);

/// The megabytes that the first 20 steps of a training need at their peak, beyond what was there before: measured in a process of
/// its own as the peak of the resident memory. A training like it has run and gone there before, so that code that is loaded
/// when it is first called does not count. NaN if the system does not tell.
double peak_memory(const std::function<std::unique_ptr<Training>()>& make, int threads);

} // namespace training

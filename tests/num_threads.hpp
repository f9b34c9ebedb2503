#pragma once

#include <xgrad/autodiff/threads.hpp>

/// As many threads as asked for, until the end of the scope.
struct Threads {
    explicit Threads(std::size_t threads) { xgrad::set_num_threads(threads); }
    ~Threads() { xgrad::set_num_threads(before); }
    std::size_t before = xgrad::num_threads();
};

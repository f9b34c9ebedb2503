#include "measure.hpp"

#include <xgrad/autodiff/pool.hpp>
#include <xgrad/autodiff/threads.hpp>

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <thread>

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" void openblas_set_num_threads(int);

namespace training {

void set_threads(int threads, Library library) {
    at::set_num_threads(threads);
    // xgrad shares products among threads of its own, and leaves OpenBLAS one.
    xgrad::set_num_threads(static_cast<std::size_t>(threads));
    if (library == Library::libtorch) openblas_set_num_threads(threads);
    if (threads > 1) std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

bool agree(const Workload& workload, Training& ours, Training& theirs) {
    const auto from = ours.parameters(), to = theirs.parameters();
    if (from.size() != to.size()) {
        std::printf("%s: %zu parameters and %zu\n", workload.name.c_str(), from.size(), to.size());
        return false;
    }
    for (std::size_t k = 0; k < from.size(); ++k) {
        if (from[k].size() != to[k].size()) {
            std::printf("%s: parameter %zu has %zu elements and %zu\n", workload.name.c_str(), k, from[k].size(), to[k].size());
            return false;
        }
        std::copy(from[k].begin(), from[k].end(), to[k].begin());
    }
    for (int step = 0; step < 5; ++step) {
        const double a = ours.step(), b = theirs.step();
        if (!(std::abs(a - b) <= 1e-3 * std::abs(b) + 1e-6)) {
            std::printf("%s: loss %.7g and %.7g in step %d\n", workload.name.c_str(), a, b, step);
            return false;
        }
    }
    return true;
}

namespace {

/// A figure of this process that Linux gives in kilobytes, such as "VmRSS:", in MB; NaN if there is none.
double memory_status(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double kilobytes = 0;
        if (word == name && status >> kilobytes) return kilobytes * 1024e-6;
    }
    return NAN;
}

double peak_of_steps(const std::function<std::unique_ptr<Training>()>& make) {
    constexpr int steps = 20;
    // What is freed goes back to the system at once, as far as it can.
    mallopt(M_MMAP_THRESHOLD, 1 << 16);
    mallopt(M_TRIM_THRESHOLD, 0);
    auto before = make();
    for (int step = 0; step < 2; ++step) before->step();
    const auto training = make();
    before.reset();
    xgrad::trim_pool();
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << 5 << std::flush; // the peak is that from here on
    const double start = memory_status("VmRSS:");
    for (int step = 0; step < steps; ++step) training->step();
    return memory_status("VmHWM:") - start;
}

} // namespace

double peak_memory(const std::function<std::unique_ptr<Training>()>& make, int threads) {
    int ends[2];
    if (pipe(ends) != 0) return NAN;
    const pid_t child = fork();
    if (child == 0) {
        set_threads(threads, Library::libtorch); // xgrad sets OpenBLAS by itself
        const double peak = peak_of_steps(make);
        _exit(write(ends[1], &peak, sizeof peak) == sizeof peak ? 0 : 1);
    }
    close(ends[1]);
    double peak = NAN;
    if (child < 0 || read(ends[0], &peak, sizeof peak) != sizeof peak) peak = NAN;
    close(ends[0]);
    if (child > 0) waitpid(child, nullptr, 0);
    return peak;
}

} // namespace training

#include <xgrad/autodiff/threads.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <unistd.h>

// There only if the BLAS in use is OpenBLAS.
extern "C" [[gnu::weak]] void openblas_set_num_threads(int);

namespace xgrad {

namespace {

/// Waits until `word` differs from `old`: awake at first, since loops follow one another closely, then asleep. It yields
/// the core while awake: OpenBLAS's threads wait in the same way, and there may be no more than one core for both.
std::uint32_t wait_for_change(const std::atomic<std::uint32_t>& word, std::uint32_t old) {
    for (int i = 0; i < 2000; ++i) {
        if (const std::uint32_t now = word.load(std::memory_order_acquire); now != old) return now;
        if (i >= 200) std::this_thread::yield();
    }
    word.wait(old, std::memory_order_acquire);
    return word.load(std::memory_order_acquire);
}

/// A loop that is shared: part k of it is f of the k-th of `parts` ranges.
struct Loop {
    std::size_t count, parts;
    const void* f;
    void (*call)(const void*, std::size_t, std::size_t);

    void run(std::size_t part) const { call(f, begin_of(part), begin_of(part + 1)); }

    /// Long parts begin at whole cache lines, also of arrays of small elements.
    std::size_t begin_of(std::size_t part) const noexcept {
        const std::size_t begin = part * count / parts;
        return part < parts && count / parts >= 4096 ? begin - begin % 64 : begin;
    }
};

/// Workers that take part in one loop at a time. They are never told to end: a program's last objects may still compute when
/// it exits, and then the sleeping threads go with the process.
class Workers {
  public:
    /// Starts threads until there are `count`, or as many as the system lets us have.
    void grow(std::size_t count) {
        try {
            for (; count_ < count && !exhausted_; ++count_) {
                std::thread([this, part = count_ + 1, round = round_.load()] { serve(part, round); }).detach();
            }
        } catch (const std::system_error&) {
            exhausted_ = true;
        }
    }
    std::size_t count() const noexcept { return count_; }

    /// @pre loop.parts <= count() + 1
    void run(const Loop& loop) {
        loop_ = loop;
        running_.store(static_cast<std::uint32_t>(count_), std::memory_order_relaxed);
        round_.fetch_add(1, std::memory_order_release);
        round_.notify_all();
        take(0);
        for (std::uint32_t left = running_.load(std::memory_order_acquire); left > 0;) left = wait_for_change(running_, left);
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    }

  private:
    void take(std::size_t part) noexcept {
        if (part >= loop_.parts) return;
        try {
            loop_.run(part);
        } catch (...) {
            const std::lock_guard lock(error_mutex_);
            if (!error_) error_ = std::current_exception();
        }
    }

    void serve(std::size_t part, std::uint32_t round) {
        for (;;) {
            round = wait_for_change(round_, round);
            take(part);
            if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
        }
    }

    Loop loop_{};
    std::size_t count_ = 0;
    bool exhausted_ = false;
    std::atomic<std::uint32_t> round_{0}, running_{0};
    std::mutex error_mutex_;
    std::exception_ptr error_;
};

std::atomic<std::size_t> threads_wanted{0}; // 0: not set
std::mutex workers_mutex;

std::size_t cores() noexcept {
    static const std::size_t count = std::max(1u, std::thread::hardware_concurrency());
    return count;
}

} // namespace

std::size_t num_threads() noexcept {
    const std::size_t wanted = threads_wanted.load(std::memory_order_relaxed);
    return wanted > 0 ? wanted : cores();
}

void set_num_threads(std::size_t threads, Location at) {
    if (threads == 0) throw ValueError("set_num_threads: there must be at least one thread", at);
    threads_wanted.store(threads, std::memory_order_relaxed);
    if (openblas_set_num_threads) openblas_set_num_threads(1);
}

void detail::take_over_blas_threads() {
    static const bool taken = [] {
        if (openblas_set_num_threads) openblas_set_num_threads(1);
        return true;
    }();
    static_cast<void>(taken);
}

void detail::run_parts(std::size_t count, std::size_t parts, const void* f, void (*call)(const void*, std::size_t, std::size_t)) {
    static Workers* workers = nullptr;
    static pid_t process = 0;
    static thread_local bool inside = false;
    const Loop loop{count, parts, f, call};
    std::unique_lock turn(workers_mutex, std::defer_lock);
    if (!inside && turn.try_lock()) {
        // In a forked process there are no workers, only what they left behind.
        if (const pid_t self = getpid(); process != self) {
            workers = new Workers;
            process = self;
        }
        workers->grow(parts - 1);
        if (workers->count() + 1 >= parts) {
            struct Inside {
                Inside() { inside = true; }
                ~Inside() { inside = false; }
            } const mark;
            return workers->run(loop);
        }
        turn.unlock();
    }
    for (std::size_t part = 0; part < parts; ++part) loop.run(part);
}

} // namespace xgrad

#include <xgrad/autodiff/threads.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sched.h>
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

/// Moves the calling thread off `core`, where the caller of the loop runs: threads that hardly sleep are left together on one core
/// for a tenth of a second and longer, while another is idle.
void leave_core([[maybe_unused]] int core) noexcept {
#ifdef __linux__
    cpu_set_t allowed;
    if (core < 0 || sched_getcpu() != core || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    cpu_set_t others = allowed;
    CPU_CLR(static_cast<std::size_t>(core), &others);
    if (CPU_COUNT(&others) == 0) return;
    sched_setaffinity(0, sizeof others, &others); // moves it at once
    sched_setaffinity(0, sizeof allowed, &allowed);
#endif
}

int this_core() noexcept {
#ifdef __linux__
    return sched_getcpu();
#else
    return -1;
#endif
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

/// Workers that take part in one loop at a time.
class Workers {
  public:
    Workers() = default;
    ~Workers() {
        stop_ = true;
        start();
        for (std::thread& thread : threads_) thread.join();
    }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// Starts threads until there are `count`, or as many as the system lets us have.
    void grow(std::size_t count) {
        try {
            threads_.reserve(count);
            while (threads_.size() < count && !exhausted_) {
                threads_.emplace_back([this, part = threads_.size() + 1, round = round_.load()] { serve(part, round); });
            }
        } catch (const std::system_error&) {
            exhausted_ = true;
        }
    }
    std::size_t count() const noexcept { return threads_.size(); }

    /// @pre loop.parts <= count() + 1
    void run(const Loop& loop) {
        loop_ = loop;
        core_of_caller_ = this_core();
        running_.store(static_cast<std::uint32_t>(threads_.size()), std::memory_order_relaxed);
        start();
        take(0);
        for (std::uint32_t left = running_.load(std::memory_order_acquire); left > 0;) left = wait_for_change(running_, left);
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    }

  private:
    void start() {
        round_.fetch_add(1, std::memory_order_release);
        round_.notify_all();
    }

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
            if (stop_) return;
            if (part < loop_.parts) leave_core(core_of_caller_);
            take(part);
            if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
        }
    }

    Loop loop_{};
    int core_of_caller_ = -1;
    bool exhausted_ = false, stop_ = false;
    std::atomic<std::uint32_t> round_{0}, running_{0};
    std::mutex error_mutex_;
    std::exception_ptr error_;
    std::vector<std::thread> threads_;
};

std::mutex workers_mutex;

/// The workers of this process, which are there until it exits. A program's last objects may still compute then: alone.
struct Crew {
    ~Crew() {
        const std::lock_guard lock(workers_mutex);
        if (process == getpid()) delete workers;
        workers = nullptr;
        has_ended = true;
    }
    Workers* workers = nullptr;
    pid_t process = 0;
    static inline bool has_ended = false;
};

std::atomic<std::size_t> threads_wanted{0}; // 0: not set

std::size_t cores() noexcept {
    static const std::size_t count = std::max(1u, std::thread::hardware_concurrency());
    return count;
}

void leave_blas_one_thread() {
    if (openblas_set_num_threads) openblas_set_num_threads(1);
}

} // namespace

std::size_t num_threads() noexcept {
    const std::size_t wanted = threads_wanted.load(std::memory_order_relaxed);
    return wanted > 0 ? wanted : cores();
}

void set_num_threads(std::size_t threads, Location at) {
    if (threads == 0) throw ValueError("set_num_threads: there must be at least one thread", at);
    threads_wanted.store(threads, std::memory_order_relaxed);
    leave_blas_one_thread();
}

void detail::take_over_blas_threads() {
    // Asked before every product: a static costs less than call_once().
    static const bool taken = (leave_blas_one_thread(), true);
    static_cast<void>(taken);
}

void detail::run_parts(std::size_t count, std::size_t parts, const void* f, void (*call)(const void*, std::size_t, std::size_t)) {
    static Crew crew;
    static thread_local bool inside = false;
    const Loop loop{count, parts, f, call};
    std::unique_lock turn(workers_mutex, std::defer_lock);
    if (!inside && turn.try_lock() && !Crew::has_ended) {
        // In a forked process there are no workers, only what they left behind.
        if (const pid_t self = getpid(); crew.process != self) {
            crew.workers = new Workers;
            crew.process = self;
        }
        crew.workers->grow(parts - 1);
        if (crew.workers->count() + 1 >= parts) {
            struct Inside {
                Inside() { inside = true; }
                ~Inside() { inside = false; }
            } const mark;
            return crew.workers->run(loop);
        }
    }
    if (turn.owns_lock()) turn.unlock();
    for (std::size_t part = 0; part < parts; ++part) loop.run(part);
}

} // namespace xgrad

#include <xgrad/autodiff/threads.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

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

/// Workers that take part in one loop at a time.
class Workers {
  public:
    explicit Workers(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this, i] { serve(i + 1); });
    }
    ~Workers() {
        stop_ = true;
        start();
        for (std::thread& thread : threads_) thread.join();
    }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    std::size_t size() const noexcept { return threads_.size(); }

    void run(std::size_t count, std::size_t parts, const void* f, void (*call)(const void*, std::size_t, std::size_t)) {
        count_ = count;
        parts_ = parts;
        f_ = f;
        call_ = call;
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

    /// Long parts begin at whole cache lines, also of arrays of small elements.
    std::size_t begin_of(std::size_t part) const noexcept {
        const std::size_t begin = part * count_ / parts_;
        return part < parts_ && count_ / parts_ >= 4096 ? begin - begin % 64 : begin;
    }

    void take(std::size_t part) noexcept {
        if (part >= parts_) return;
        try {
            call_(f_, begin_of(part), begin_of(part + 1));
        } catch (...) {
            const std::lock_guard lock(error_mutex_);
            if (!error_) error_ = std::current_exception();
        }
    }

    void serve(std::size_t part) {
        for (std::uint32_t round = 0;;) {
            round = wait_for_change(round_, round);
            if (stop_) return;
            take(part);
            if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
        }
    }

    std::size_t count_ = 0, parts_ = 0;
    const void* f_ = nullptr;
    void (*call_)(const void*, std::size_t, std::size_t) = nullptr;
    bool stop_ = false;
    std::atomic<std::uint32_t> round_{0}, running_{0};
    std::mutex error_mutex_;
    std::exception_ptr error_;
    std::vector<std::thread> threads_; ///< last: they start when all else is there
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
    static std::unique_ptr<Workers> workers;
    static thread_local bool inside = false;
    if (inside) return call(f, 0, count);
    const std::unique_lock turn(workers_mutex, std::try_to_lock);
    if (!turn) return call(f, 0, count);
    if (!workers || workers->size() + 1 < parts) workers = std::make_unique<Workers>(parts - 1);
    struct Inside {
        Inside() { inside = true; }
        ~Inside() { inside = false; }
    } const mark;
    workers->run(count, parts, f, call);
}

} // namespace xgrad

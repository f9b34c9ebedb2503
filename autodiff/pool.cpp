#include <xgrad/autodiff/pool.hpp>

#include <new>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace xgrad {
namespace detail {

constinit thread_local Pool pool;

namespace {
std::atomic<std::int64_t> live_blocks_of_ended_threads{0};
}

std::int64_t live_blocks() noexcept { return pool.live_blocks + live_blocks_of_ended_threads.load(); }

#ifdef __SANITIZE_ADDRESS__
void Pool::poison(void* memory, std::size_t bytes) noexcept { ASAN_POISON_MEMORY_REGION(memory, bytes); }
void Pool::unpoison(void* memory, std::size_t bytes) noexcept { ASAN_UNPOISON_MEMORY_REGION(memory, bytes); }
#endif

void* Pool::allocate_slow(std::size_t size_class) {
    struct DrainAtThreadExit {
        ~DrainAtThreadExit() {
            pool.drain();
            pool.draining = true;
            live_blocks_of_ended_threads += pool.live_blocks;
        }
    };
    if (!registered) {
        registered = true;
        static thread_local DrainAtThreadExit at_exit;
        (void)at_exit;
    }
    void* const memory = ::operator new(class_bytes(size_class), std::align_val_t{alignment});
    ++live_blocks;
    return memory;
}

void Pool::release(void* memory) noexcept { ::operator delete(memory, std::align_val_t{alignment}); }

void Pool::drain() noexcept {
    for (std::size_t c = 0; c < classes; ++c) {
        while (FreeBlock* const block = free[c]) {
            unpoison(block, class_bytes(c));
            free[c] = block->next;
            release(block);
        }
    }
    cached_bytes = 0;
}

} // namespace detail

void trim_pool() noexcept { detail::pool.drain(); }

} // namespace xgrad

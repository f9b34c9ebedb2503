/// @file
/// The buffer pool: blocks of memory that are handed back and out again without touching the heap, so that a
/// training step in steady state allocates nothing. Each thread keeps its own free lists.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace xgrad {

/// Gives the memory that this thread's pool keeps in reserve back to the system. (Threads that kernels share their loops with have
/// pools of their own, for scratch.)
void trim_pool() noexcept;

namespace detail {

/// Blocks start on a cache line, which is also the widest SIMD register.
inline constexpr std::size_t alignment = 64;

struct FreeBlock {
    FreeBlock* next;
};

/// One thread's free lists. Trivially destructible: a `Variable` that outlives the thread's other thread-local
/// objects must still find a pool to return its memory to.
struct Pool {
    static constexpr std::size_t classes = 16 + 4 * 50;

    FreeBlock* free[classes] = {};
    std::size_t cached_bytes = 0;
    std::int64_t live_blocks = 0; ///< handed out less handed back, by this thread
    bool draining = false;        ///< the thread is ending: return blocks to the system at once
    bool registered = false;      ///< the thread drains this pool at its end

    /// Sizes step by 64 bytes up to 1 KiB, then by a quarter of a power of two.
    static std::size_t size_class(std::size_t bytes) noexcept {
        if (bytes <= 1024) return bytes == 0 ? 0 : (bytes - 1) / 64;
        const auto exponent = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 1; // 2^exponent < bytes <= 2^(exponent+1)
        return 16 + (exponent - 10) * 4 + (((bytes - 1) >> (exponent - 2)) & 3);
    }
    static std::size_t class_bytes(std::size_t size_class) noexcept {
        if (size_class < 16) return (size_class + 1) * 64;
        const std::size_t exponent = (size_class - 16) / 4 + 10;
        return (std::size_t{1} << exponent) + ((size_class - 16) % 4 + 1) * (std::size_t{1} << (exponent - 2));
    }

    void* allocate(std::size_t bytes) {
        const std::size_t c = size_class(bytes);
        if (FreeBlock* const block = free[c]) [[likely]] {
            unpoison(block, class_bytes(c));
            free[c] = block->next;
            cached_bytes -= class_bytes(c);
            ++live_blocks;
            return block;
        }
        return allocate_slow(c);
    }

    void deallocate(void* memory, std::size_t bytes) noexcept {
        const std::size_t c = size_class(bytes);
        --live_blocks;
        if (draining || cached_bytes > max_cached_bytes) [[unlikely]] return release(memory);
        auto* const block = static_cast<FreeBlock*>(memory);
        block->next = free[c];
        free[c] = block;
        cached_bytes += class_bytes(c);
        poison(block, class_bytes(c));
    }

    void drain() noexcept;

  private:
    static constexpr std::size_t max_cached_bytes = std::size_t{1} << 30;

    void* allocate_slow(std::size_t size_class);
    static void release(void* memory) noexcept;

    // Under AddressSanitizer a block in a free list is out of bounds, so a use after free is seen.
#ifdef __SANITIZE_ADDRESS__
    static void poison(void* memory, std::size_t bytes) noexcept;
    static void unpoison(void* memory, std::size_t bytes) noexcept;
#else
    static void poison(void*, std::size_t) noexcept {}
    static void unpoison(void*, std::size_t) noexcept {}
#endif
};

extern constinit thread_local Pool pool;

/// Blocks handed out and not yet handed back, by this thread and by those that have ended. A block may be handed back by
/// another thread than took it, so the figure of one running thread alone says little.
std::int64_t live_blocks() noexcept;

/// Base of objects that live in the pool instead of on the heap.
struct Pooled {
    static void* operator new(std::size_t bytes) { return pool.allocate(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept { pool.deallocate(memory, bytes); }
};

/// A shared, reference-counted block of pooled memory, aligned to 64 bytes.
class Buffer {
  public:
    Buffer() = default;

    /// Uninitialised memory for `bytes` bytes.
    static Buffer allocate(std::size_t bytes) {
        Buffer buffer;
        buffer.header_ = new (pool.allocate(sizeof(Header) + bytes)) Header{{1}, 0, bytes};
        return buffer;
    }

    Buffer(const Buffer& other) noexcept : header_(other.header_) {
        if (header_) header_->references.fetch_add(1, std::memory_order_relaxed);
    }
    Buffer(Buffer&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
    Buffer& operator=(Buffer other) noexcept {
        std::swap(header_, other.header_);
        return *this;
    }
    ~Buffer() { reset(); }

    void reset() noexcept {
        if (Header* const header = std::exchange(header_, nullptr)) {
            // A sole owner need not pay for an atomic decrement.
            if (header->references.load(std::memory_order_acquire) == 1 ||
                header->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
                pool.deallocate(header, sizeof(Header) + header->bytes);
            }
        }
    }

    explicit operator bool() const noexcept { return header_ != nullptr; }
    void* data() const noexcept { return header_ + 1; }
    bool unique() const noexcept { return header_->references.load(std::memory_order_acquire) == 1; }

    /// How often the contents were assigned in place; a derivative that saved them checks it.
    std::uint32_t version() const noexcept { return header_ ? header_->version.load(std::memory_order_relaxed) : 0; }
    void touch() noexcept { header_->version.fetch_add(1, std::memory_order_relaxed); }

  private:
    struct alignas(alignment) Header {
        std::atomic<std::uint32_t> references;
        std::atomic<std::uint32_t> version;
        std::size_t bytes;
    };
    Header* header_ = nullptr;
};

} // namespace detail
} // namespace xgrad

/// @file
/// The Wengert list of one thread: nodes in the order in which they were created. Internal to the engine; users see it
/// through Tape, backward() and grad().
#pragma once

#include <xgrad/autodiff/operation.hpp>

#include <cstdint>
#include <vector>

namespace xgrad::detail {

using Index = std::uint32_t;

/// x_i = g_i(x_Pa(i)). A parent's index is smaller than its child's, so the tape is a topological order.
template <class T>
struct Node {
    enum class Kind : std::uint8_t {
        operation, ///< the result of an operation
        leaf,      ///< a Variable that derivatives are taken with respect to
        constant,  ///< an operand that needs no gradient
        ended,     ///< the result of an operation whose own node is gone
        consumed,  ///< an operation that was differentiated and let go
    };

    const Operation<T>* operation = nullptr;
    Cell<T>* cell = nullptr;
    Buffer adjoint;
    Location at;
    Index first_parent = 0;
    Index parents = 0;
    std::uint32_t version = 0; ///< of the value's buffer when it was recorded
    Kind kind = Kind::operation;
    bool needed = false; ///< in a sweep with given targets: it is one or has one among its ancestors
    bool target = false; ///< in a sweep with given targets: it is one
};

/// The tape of one thread and one element type.
template <class T>
class Recorder {
  public:
    /// The calling thread's.
    static Recorder& local() {
        if (Recorder* const recorder = local_) [[likely]] return *recorder;
        return create_local();
    }

    Recorder();
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    struct ParentLink {
        Index index;
        std::uint32_t version; ///< of the parent's buffer when it was recorded
    };

    /// The nodes in order of creation.
    std::vector<Node<T>> nodes;
    /// The parents of node i are `parents[i.first_parent ... + i.parents)`.
    std::vector<ParentLink> parents;

    std::span<const ParentLink> parents_of(const Node<T>& node) const noexcept {
        return {parents.data() + node.first_parent, node.parents};
    }

    /// Whether another thread's tape has taken over the link of `cell`.
    bool links_elsewhere(const Cell<T>& cell) const noexcept {
        const auto serial = static_cast<Index>(cell.link.load(std::memory_order_relaxed) >> 32);
        return serial != 0 && serial != serial_;
    }

    /// Where `cell` stands on this tape, if it does.
    bool find(const Cell<T>& cell, Index& index) const noexcept {
        const std::uint64_t link = cell.link.load(std::memory_order_relaxed);
        index = static_cast<Index>(link);
        return static_cast<Index>(link >> 32) == serial_ && index < nodes.size() && nodes[index].cell == &cell;
    }

    /// Where `variable` stands on this tape; a leaf or constant that is not on it yet is appended.
    Index index_of(const Variable<T>& variable);

    Variable<T> append(const Operation<T>* operation, Tensor<T>&& value, Parents<T> operands, const Location& at);

    /// Drops the nodes from `index` on.
    void truncate(Index index) noexcept;
    /// Drops nodes at the end of the tape that nothing can reach any more.
    void trim() noexcept;
    /// Drops all nodes of the current scope that nothing can reach any more and closes the gaps.
    void collect();
    /// Lets go what a node holds once it is differentiated.
    void consume(Index index) noexcept;

    /// Throws if a rule cannot run: a value that it reads was assigned in place after it was recorded, or it would hand an
    /// adjoint to, or read the value of, a node whose own graph is gone.
    void check_step(const Node<T>& node, const char* function) const;

    /// The start of the innermost Tape scope; nodes before it stay where they are.
    Index scope_begin = 0;
    /// Keep every value and adjoint for display, and consume nothing.
    bool keep_all = false;
    /// A sweep is under way: its indices must stay valid.
    int sweeping = 0;
    /// A leaf's link was once found pointing to another thread's tape, so one leaf may have several nodes on this one.
    bool leaves_repeat = false;

    /// Scratch of backward(): the leaves that a sweep reached.
    std::vector<Index> reached_leaves;
    /// Scratch of grad(): the nodes of its targets.
    struct Target {
        Index node;
        std::size_t position;
    };
    std::vector<Target> targets;

    /// Scratch of the first-order sweep: steps that are put off.
    struct PendingStep {
        const Operation<T>* operation;
        Index node;
        ElementwiseStep<T> step;
    };
    std::vector<PendingStep> steps;

    /// Bytes of the results recorded since the tape was last empty or collected.
    std::size_t bytes() const noexcept { return bytes_; }

    /// While a rule records itself: where the user called the operation whose derivative it is.
    const Location* rule_location = nullptr;

  private:
    static Recorder& create_local();
    static constinit thread_local Recorder* local_;

    void link(Cell<T>& cell, Index index) noexcept {
        cell.link.store(static_cast<std::uint64_t>(serial_) << 32 | index, std::memory_order_relaxed);
    }
    /// Appends a node, which takes over one reference to `cell`.
    Index push(Cell<T>& cell, typename Node<T>::Kind kind, Location at);
    void release(Node<T>& node) noexcept;
    bool unreachable(const Node<T>& node) const noexcept {
        return node.kind != Node<T>::Kind::operation || node.cell->references.load(std::memory_order_acquire) == 1;
    }

    Index serial_;
    std::size_t bytes_ = 0;                             ///< of bytes()
    std::size_t collect_at_nodes_ = minimum_nodes;      ///< collect when the tape is longer ...
    std::size_t collect_at_bytes_ = minimum_bytes;      ///< ... or this many bytes were recorded
    std::vector<Index> moved_to_;                       ///< scratch of collect()
    std::vector<Index> operand_indices_;                ///< scratch of append()
    static constexpr std::size_t minimum_nodes = 4096;
    static constexpr std::size_t minimum_bytes = std::size_t{64} << 20;
};

/// dst += src.
template <class T>
void accumulate(T* dst, const T* src, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) dst[i] += src[i];
}

/// One reverse sweep, first order or recorded. (backward.cpp)
template <class T>
class Sweep {
  public:
    Sweep(Recorder<T>& recorder, Index low, bool pruned) noexcept : recorder(recorder), low(low), pruned(pruned) {
        ++recorder.sweeping;
    }
    ~Sweep() { --recorder.sweeping; }
    Sweep(const Sweep&) = delete;
    Sweep& operator=(const Sweep&) = delete;

    bool needs(Index index) const noexcept {
        const Node<T>& node = recorder.nodes[index];
        return pruned ? index >= low && node.needed : node.kind != Node<T>::Kind::constant;
    }

    /// The adjoint of node `index` was just made: an operation now waits for its turn.
    void note_arrival(Index index) const {
        if (recorder.nodes[index].kind != Node<T>::Kind::leaf) {
            ++pending;
        } else if (leaves) {
            leaves->push_back(index);
        }
    }

    Recorder<T>& recorder;
    Index low;    ///< no node below is visited
    bool pruned;  ///< visit only nodes marked as needed
    bool consumes = false; ///< a node goes after its step
    mutable std::size_t pending = 0;           ///< operations that have an adjoint and wait for their turn
    mutable std::vector<Index>* leaves = nullptr; ///< leaves that got an adjoint
};

} // namespace xgrad::detail

namespace xgrad {

// The small steps of a pullback, inline for the fused kernels.

template <class T>
bool Pullback<T>::needs(std::size_t k) const noexcept {
    if (!sinks_.empty()) return sinks_[k] != nullptr;
    return sweep_.needs(sweep_.recorder.parents_of(sweep_.recorder.nodes[node_])[k].index);
}

template <class T>
bool Pullback<T>::is_last() const noexcept {
    return sweep_.consumes;
}

template <class T>
Variable<T> Pullback<T>::parent(std::size_t k) const {
    const auto& recorder = sweep_.recorder;
    return Variable<T>::share(*recorder.nodes[recorder.parents_of(recorder.nodes[node_])[k].index].cell);
}

template <class T>
const Tensor<T>& Pullback<T>::tensor(std::size_t k) const noexcept {
    const auto& recorder = sweep_.recorder;
    return recorder.nodes[recorder.parents_of(recorder.nodes[node_])[k].index].cell->value;
}

template <class T>
const Tensor<T>& Pullback<T>::result_tensor() const noexcept {
    return sweep_.recorder.nodes[node_].cell->value;
}

template <class T>
Variable<T> Pullback<T>::result() const {
    return Variable<T>::share(*sweep_.recorder.nodes[node_].cell);
}

template <class T>
Location Pullback<T>::at() const noexcept {
    return sweep_.recorder.nodes[node_].at;
}

template <class T>
typename Pullback<T>::Target Pullback<T>::target(std::size_t k, bool reuse_grad) {
    auto& recorder = sweep_.recorder;
    const detail::Index index = recorder.parents_of(recorder.nodes[node_])[k].index;
    detail::Buffer& adjoint = recorder.nodes[index].adjoint;
    const bool fresh = !adjoint;
    if (fresh) {
        const Shape& shape = recorder.nodes[index].cell->value.shape();
        Tensor<T>& grad = adjoint_;
        if (reuse_grad && grad.exclusive() && grad.shape() == shape) {
            adjoint = grad.buffer();
        } else {
            adjoint = detail::Buffer::allocate(shape.size() * sizeof(T));
        }
        sweep_.note_arrival(index);
    }
    return {static_cast<T*>(adjoint.data()), fresh};
}

} // namespace xgrad

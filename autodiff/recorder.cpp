#include <xgrad/autodiff/recorder.hpp>

#include <atomic>
#include <limits>

namespace xgrad::detail {

constinit thread_local ThreadMode thread_mode;

template <class T>
constinit thread_local Recorder<T>* Recorder<T>::local_ = nullptr;

template <class T>
Recorder<T>& Recorder<T>::create_local() {
    static thread_local bool ended = false; // trivially destructible: it may be read at the very end of the thread
    struct Local {
        Recorder<T> recorder;
        ~Local() { ended = true; }
    };
    if (ended) return *(local_ = new Recorder); // for the destructors of static objects, which run last of all
    static thread_local Local local;
    return *(local_ = &local.recorder);
}

template <class T>
Recorder<T>::Recorder() {
    static std::atomic<Index> serial{0};
    serial_ = ++serial;
}

template <class T>
Recorder<T>::~Recorder() {
    truncate(0);
    local_ = nullptr;
}

template <class T>
void Recorder<T>::release(Node<T>& node) noexcept {
    node.adjoint.reset();
    if (node.operation) std::exchange(node.operation, nullptr)->destroy();
    if (Cell<T>* const cell = std::exchange(node.cell, nullptr)) {
        cell->on_tape.store(false, std::memory_order_relaxed);
        if (cell->references.load(std::memory_order_acquire) == 1 ||
            cell->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete cell;
        }
    }
}

template <class T>
void Recorder<T>::consume(Index index) noexcept {
    Node<T>& node = nodes[index];
    std::exchange(node.operation, nullptr)->destroy();
    // The shape stays, for other children of the node to name; the value goes, unless a handle is left.
    if (node.cell->references.load(std::memory_order_acquire) == 1) node.cell->value.release();
    node.kind = Node<T>::Kind::consumed;
}

template <class T>
void Recorder<T>::truncate(Index index) noexcept {
    while (nodes.size() > index) {
        release(nodes.back());
        parents.resize(nodes.back().first_parent);
        nodes.pop_back();
    }
    if (nodes.size() == scope_begin) bytes_ = 0;
    if (nodes.empty()) leaves_repeat = false;
}

template <class T>
void Recorder<T>::trim() noexcept {
    if (sweeping || keep_all) return;
    auto end = static_cast<Index>(nodes.size());
    while (end > scope_begin && unreachable(nodes[end - 1])) --end;
    if (end < nodes.size()) truncate(end);
}

template <class T>
void Recorder<T>::collect() {
    if (sweeping || keep_all) return;
    using Kind = typename Node<T>::Kind;
    constexpr Index dead = std::numeric_limits<Index>::max();
    // Children come after their parents, so one backward pass finds all that is reachable.
    moved_to_.assign(nodes.size(), dead);
    for (auto i = static_cast<Index>(nodes.size()); i-- > scope_begin;) {
        if (nodes[i].kind == Kind::operation && !unreachable(nodes[i])) moved_to_[i] = 0;
        if (moved_to_[i] == dead) continue;
        for (const ParentLink& parent : parents_of(nodes[i])) moved_to_[parent.index] = 0;
    }
    Index kept = scope_begin;
    Index kept_parents = kept < nodes.size() ? nodes[kept].first_parent : static_cast<Index>(parents.size());
    bytes_ = 0;
    for (Index i = scope_begin; i < nodes.size(); ++i) {
        if (moved_to_[i] == dead) {
            release(nodes[i]);
            continue;
        }
        moved_to_[i] = kept;
        Node<T>& node = nodes[i];
        const Index first_parent = kept_parents;
        for (const ParentLink& parent : parents_of(node)) {
            const Index index = parent.index < scope_begin ? parent.index : moved_to_[parent.index];
            parents[kept_parents++] = {index, parent.version};
        }
        node.first_parent = first_parent;
        if (node.cell) {
            if (Index at = 0; find(*node.cell, at) && at == i) link(*node.cell, kept);
            if (node.cell->value) bytes_ += node.cell->value.size() * sizeof(T);
        }
        if (kept != i) nodes[kept] = std::move(node);
        ++kept;
    }
    nodes.resize(kept);
    parents.resize(kept_parents);
    collect_at_nodes_ = std::max(minimum_nodes, 2 * nodes.size());
    collect_at_bytes_ = std::max(minimum_bytes, 2 * bytes_);
}

template <class T>
Index Recorder<T>::push(Cell<T>& cell, typename Node<T>::Kind kind, Location at) {
    const auto index = static_cast<Index>(nodes.size());
    Node<T>& node = nodes.emplace_back();
    cell.on_tape.store(true, std::memory_order_relaxed);
    node.cell = &cell;
    node.at = at;
    node.first_parent = static_cast<Index>(parents.size());
    node.kind = kind;
    node.version = cell.value.buffer().version();
    // A result that another thread recorded keeps its link to that thread's tape.
    if (kind != Node<T>::Kind::ended) link(cell, index);
    return index;
}

template <class T>
Index Recorder<T>::index_of(const Variable<T>& variable) {
    using Kind = typename Node<T>::Kind;
    Cell<T>& cell = variable.cell();
    if (Index index; find(cell, index)) {
        if (cell.recorded || (nodes[index].kind == Kind::leaf) == cell.requires_grad) return index;
        leaves_repeat = true; // frozen since, or no longer: what was recorded before keeps the node that it has
    }
    if (cell.requires_grad && !cell.recorded && links_elsewhere(cell)) leaves_repeat = true;
    cell.references.fetch_add(1, std::memory_order_relaxed);
    return push(cell, !cell.requires_grad ? Kind::constant : cell.recorded ? Kind::ended : Kind::leaf, Location());
}

template <class T>
Variable<T> Recorder<T>::append(const Operation<T>* operation, Tensor<T>&& value, Parents<T> operands, const Location& at) {
    struct Owner { // until the node is there
        const Operation<T>* operation;
        ~Owner() {
            if (operation) operation->destroy();
        }
    } owner{operation};
    trim();
    if (nodes.size() > collect_at_nodes_ || bytes_ > collect_at_bytes_) collect();

    const Saves saves = operation->saves();
    Variable<T> result(std::move(value), true);
    Cell<T>& cell = result.cell();
    cell.recorded = true;
    bytes_ += cell.value.size() * sizeof(T);

    operand_indices_.clear();
    for (const Variable<T>* const operand : operands) operand_indices_.push_back(index_of(*operand));
    const auto first_parent = static_cast<Index>(parents.size());
    for (std::size_t k = 0; k < operands.size(); ++k) {
        Cell<T>& operand = operands[k]->cell();
        if (contains(saves, parent(k)) || keep_all) operand.saved.store(true, std::memory_order_relaxed);
        parents.push_back({operand_indices_[k], operand.value.buffer().version()});
    }
    if (contains(saves, Saves::result) || keep_all) cell.saved.store(true, std::memory_order_relaxed);

    cell.references.store(2, std::memory_order_relaxed); // the handle's and the tape's; nobody else knows it yet
    const Index index = push(cell, Node<T>::Kind::operation, rule_location ? *rule_location : at);
    nodes[index].operation = std::exchange(owner.operation, nullptr);
    nodes[index].first_parent = first_parent;
    nodes[index].parents = static_cast<Index>(operands.size());
    return result;
}

template <class T>
void Recorder<T>::check_step(const Node<T>& node, const char* function) const {
    using Kind = typename Node<T>::Kind;
    const Saves saves = node.operation->saves();
    const auto throw_assigned = [&](const std::string& what) {
        throw GraphError(std::string(node.operation->name()) + ": " + what +
                             " was assigned in place after it was recorded, so the derivative is lost; assign after the "
                             "backward sweep, or to a copy",
                         node.at);
    };
    for (std::size_t k = 0; k < node.parents; ++k) {
        const ParentLink& link = parents[node.first_parent + k];
        const Node<T>& operand = nodes[link.index];
        if ((operand.kind == Kind::ended || operand.kind == Kind::consumed) && !operand.target) {
            throw GraphError(std::string(function) + ": the result that operation " + node.operation->name() +
                                 " used as operand " + std::to_string(k + 1) +
                                 " has lost its graph: an earlier backward() or grad() consumed it, its Tape scope has ended, "
                                 "or another thread recorded it. Pass {.retain_graph = true} to the earlier call, or use "
                                 "detach() if it is meant as a constant",
                             node.at);
        }
        if (contains(saves, parent(k)) && operand.cell->value.buffer().version() != link.version) {
            throw_assigned("operand " + std::to_string(k + 1));
        }
    }
    if (contains(saves, Saves::result) && node.cell->value.buffer().version() != node.version) throw_assigned("the result");
}

template <class T>
Variable<T> append(const Operation<T>* operation, Tensor<T>&& value, Parents<T> parents, const Location& at) {
    return Recorder<T>::local().append(operation, std::move(value), parents, at);
}

template class Recorder<float>;
template class Recorder<double>;
template Variable<float> append(const Operation<float>*, Tensor<float>&&, Parents<float>, const Location&);
template Variable<double> append(const Operation<double>*, Tensor<double>&&, Parents<double>, const Location&);

} // namespace xgrad::detail

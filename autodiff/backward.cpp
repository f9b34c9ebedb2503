#include <xgrad/autodiff/backward.hpp>

#include <xgrad/autodiff/recorder.hpp>
#include <xgrad/autodiff/threads.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace xgrad {

using detail::Index;
using detail::Node;
using detail::Recorder;
using detail::Sweep;

// ---------------------------------------------------------------------------------------------------------------------
// The reverse sweep

namespace {

using detail::accumulate;

template <class T>
bool starts_at_its_buffer(const Tensor<T>& tensor) noexcept {
    return tensor.data() == tensor.buffer().data();
}

template <class T>
[[noreturn]] void throw_ended(const char* function, const Location& at) {
    throw GraphError(std::string(function) +
                         ": the graph of this result is gone: an earlier backward() or grad() consumed it, its Tape scope "
                         "has ended, or it was recorded by another thread. Pass {.retain_graph = true} to the earlier call, "
                         "or compute the result again",
                     at);
}

template <class T>
Index index_of_root(Recorder<T>& recorder, const Variable<T>& y, const char* function, const Location& at) {
    if (!y.requires_grad()) {
        throw GraphError(std::string(function) +
                             ": nothing was recorded for this result: none of its operands requires a gradient, or it "
                             "was computed in a no_grad scope or detached",
                         at);
    }
    if (Index index; recorder.find(y.cell(), index) && recorder.nodes[index].kind != Node<T>::Kind::consumed) return index;
    if (y.cell().recorded) throw_ended<T>(function, at);
    return recorder.index_of(y);
}

/// The adjoint to start from: the one given, or 1.
template <class T>
Variable<T> seed_of(const Variable<T>& y, const BackwardOptions<T>& options, const char* function, const Location& at) {
    if (!options.seed.defined()) {
        if (y.size() == 1) return Variable<T>(Tensor<T>(y.shape(), T{1}), false);
        throw GraphError(std::string(function) + ": a result of shape " + to_string(y.shape()) +
                             " has no gradient but a Jacobian: give its adjoint as {.seed = ...}, or reduce it to a scalar",
                         at);
    }
    if (options.seed.shape() != y.shape()) {
        throw ShapeError(std::string(function) + ": the seed has shape " + to_string(options.seed.shape()) +
                             ", the result " + to_string(y.shape()),
                         at);
    }
    return options.seed;
}

/// Whether node `i`, which has an adjoint, hands it on: a target does only if another target lies behind it.
template <class T>
bool has_step(const Sweep<T>& sweep, Index i) {
    const Node<T>& node = sweep.recorder.nodes[i];
    if (!sweep.pruned || !node.target) return true;
    if (node.kind != Node<T>::Kind::operation) return false;
    return std::ranges::any_of(sweep.recorder.parents_of(node), [&](const auto& parent) { return sweep.needs(parent.index); });
}

/// What a sweep wrote into the nodes in [low, root], put aside while a rule of it sweeps over the same nodes.
template <class T>
class NestedSweep {
  public:
    NestedSweep(Recorder<T>& recorder, Index low, Index root) : recorder_(recorder), low_(low) {
        if (!recorder.sweeping) return;
        for (Index i = low; i <= root; ++i) {
            Node<T>& node = recorder.nodes[i];
            outer_.push_back({std::move(node.adjoint), node.needed, node.target});
            node.target = false;
        }
    }
    ~NestedSweep() {
        for (std::size_t i = 0; i < outer_.size() && low_ + i < recorder_.nodes.size(); ++i) {
            Node<T>& node = recorder_.nodes[low_ + i];
            node.adjoint = std::move(outer_[i].adjoint);
            node.needed = outer_[i].needed;
            node.target = outer_[i].target;
        }
    }
    NestedSweep(const NestedSweep&) = delete;
    NestedSweep& operator=(const NestedSweep&) = delete;

  private:
    struct Saved {
        detail::Buffer adjoint;
        bool needed, target;
    };
    Recorder<T>& recorder_;
    Index low_;
    std::vector<Saved> outer_;
};

/// Smaller arrays stay in the cache from one step to the next anyway.
constexpr std::size_t large_bytes = std::size_t{1} << 16;

template <class T>
bool is_large(const Recorder<T>& recorder, const Node<T>& node) {
    const auto parents = recorder.parents_of(node);
    const std::size_t result = node.cell->value.size();
    const std::size_t parent = parents.empty() ? 0 : recorder.nodes[parents[0].index].cell->value.size();
    return std::max(result, parent) * sizeof(T) >= large_bytes;
}

/// Steps of the first-order sweep that are put off, to pass over memory together: blocks of elements that fit into the
/// cache go through all of them, one after the other.
template <class T>
class PendingSteps {
  public:
    explicit PendingSteps(Recorder<T>& recorder, bool consume) : recorder_(recorder), steps_(recorder.steps), consume_(consume) {}
    ~PendingSteps() { steps_.clear(); }
    PendingSteps(const PendingSteps&) = delete;
    PendingSteps& operator=(const PendingSteps&) = delete;

    /// Puts the step of node `i` off, if its elements do not depend on each other.
    bool put_off(Index i, Pullback<T>& pullback) {
        ElementwiseStep<T> step;
        const Operation<T>& operation = *recorder_.nodes[i].operation;
        if (!operation.prepare(pullback, step)) return false;
        if (!steps_.empty() && (step.size != steps_.back().step.size || steps_.size() == most)) run();
        steps_.push_back({&operation, i, std::move(step)});
        return true;
    }

    void run() {
        if (steps_.empty()) return;
        const std::size_t size = steps_.back().step.size;
        constexpr std::size_t block = 8192 / sizeof(T), grain = 131072 / sizeof(T);
        parallel_for(size, grain, [this](std::size_t begin, std::size_t end) {
            for (; begin < end; begin += block) {
                for (const auto& [operation, node, step] : steps_) operation->run(step, begin, std::min(end, begin + block));
            }
        });
        for (const auto& [operation, node, step] : steps_) {
            if (consume_) recorder_.consume(node);
        }
        steps_.clear();
    }

  private:
    static constexpr std::size_t most = 16; ///< so that adjoints do not stay for long

    Recorder<T>& recorder_;
    std::vector<typename Recorder<T>::PendingStep>& steps_;
    bool consume_;
};

/// The first-order sweep from `root` down: every adjoint is final when its node's turn comes, because all children come
/// later on the tape.
template <class T>
void sweep_values(Sweep<T>& sweep, Index root, const Variable<T>& seed, bool retain) {
    using Kind = typename Node<T>::Kind;
    Recorder<T>& recorder = sweep.recorder;
    sweep.consumes = !retain;
    const NoGrad no_recording;
    // Whatever happens, no adjoint stays behind.
    struct Cleanup {
        Sweep<T>& sweep;
        Index root;
        bool done = false;
        ~Cleanup() {
            for (Index i = sweep.low; !done && i <= root; ++i) sweep.recorder.nodes[i].adjoint.reset();
        }
    } cleanup{sweep, root};

    if (recorder.keep_all && recorder.sweeping == 1) { // adjoints of an earlier sweep are on show
        for (Node<T>& node : recorder.nodes) node.adjoint.reset();
    }
    // The caller's seed is shared, not copied: a sweep reads the adjoint of its root and never writes it.
    recorder.nodes[root].adjoint = starts_at_its_buffer(seed.tensor()) ? seed.tensor().buffer() : seed.tensor().clone().buffer();
    sweep.note_arrival(root);
    PendingSteps<T> pending(recorder, !retain);
    const bool has_large_arrays = recorder.bytes() >= large_bytes; // asked once, for the sake of sweeps over scalars
    for (Index i = root + 1; i-- > sweep.low && sweep.pending > 0;) {
        if (!recorder.nodes[i].adjoint || recorder.nodes[i].kind == Kind::leaf) continue;
        --sweep.pending;
        if (!has_step(sweep, i)) continue;
        const Operation<T>& operation = *recorder.nodes[i].operation;
        const Location at = recorder.nodes[i].at;
        recorder.check_step(recorder.nodes[i], "backward");
        {
            Node<T>& node = recorder.nodes[i];
            const bool keep = recorder.keep_all || (sweep.pruned && node.target);
            detail::Buffer adjoint = keep ? node.adjoint : std::move(node.adjoint);
            const bool large = has_large_arrays && is_large(recorder, node);
            Pullback<T> pullback(sweep, i, Tensor<T>(std::move(adjoint), node.cell->value.shape()));
            if (large && !detail::thread_mode.anomaly && pending.put_off(i, pullback)) continue;
            pending.run();
            const detail::ModeGuard checked_below(detail::thread_mode.anomaly, false);
            operation.backward(pullback);
        }
        if (detail::thread_mode.anomaly) [[unlikely]] {
            for (const auto& parent : recorder.parents_of(recorder.nodes[i])) {
                const Node<T>& p = recorder.nodes[parent.index];
                if (!p.adjoint) continue;
                detail::check_anomaly(operation.name(), "backward", Tensor<T>(p.adjoint, p.cell->value.shape()), at);
            }
        }
        if (!retain) recorder.consume(i);
    }
    pending.run();
    cleanup.done = true;
}

/// The same sweep with the rules recorded as they run.
template <class T>
std::vector<Variable<T>> sweep_graph(Sweep<T>& sweep, Index root, const Variable<T>& seed) {
    using Kind = typename Node<T>::Kind;
    Recorder<T>& recorder = sweep.recorder;
    const EnableGrad recording;
    const Location* const before = recorder.rule_location;
    struct Restore {
        Recorder<T>& recorder;
        const Location* before;
        ~Restore() { recorder.rule_location = before; }
    } restore{recorder, before};

    std::vector<Variable<T>> adjoints(root + 1 - sweep.low);
    std::vector<Variable<T>*> sinks;
    adjoints[root - sweep.low] = seed;
    for (Index i = root + 1; i-- > sweep.low;) {
        const Variable<T>& adjoint = adjoints[i - sweep.low];
        if (!adjoint.defined() || recorder.nodes[i].kind == Kind::leaf || !has_step(sweep, i)) continue;
        recorder.check_step(recorder.nodes[i], "grad");
        sinks.clear();
        for (const auto& parent : recorder.parents_of(recorder.nodes[i])) {
            sinks.push_back(sweep.needs(parent.index) ? &adjoints[parent.index - sweep.low] : nullptr);
        }
        const Location at = recorder.nodes[i].at;
        recorder.rule_location = before ? before : &at;
        const Operation<T>& operation = *recorder.nodes[i].operation;
        Pullback<T> pullback(sweep, i, adjoint, sinks);
        {
            const detail::ModeGuard checked_below(detail::thread_mode.anomaly, false);
            operation.vjp(pullback);
        }
        if (detail::thread_mode.anomaly) [[unlikely]] {
            for (const Variable<T>* const sink : sinks) {
                if (sink && sink->defined()) detail::check_anomaly(operation.name(), "backward", sink->tensor(), at);
            }
        }
        recorder.rule_location = before;
    }
    return adjoints;
}

/// Marks the targets in [low, root], and the nodes there that have one among their ancestors.
template <class T>
void mark_needed(Recorder<T>& recorder, Index low, Index root, const std::vector<typename Recorder<T>::Target>& targets) {
    for (Index i = low; i <= root; ++i) recorder.nodes[i].needed = recorder.nodes[i].target = false;
    for (const auto& target : targets) recorder.nodes[target.node].needed = recorder.nodes[target.node].target = true;
    for (Index i = low; i <= root; ++i) {
        Node<T>& node = recorder.nodes[i];
        for (const auto& parent : recorder.parents_of(node)) {
            const Node<T>& p = recorder.nodes[parent.index];
            // What lies behind a graph that is gone cannot be known: the sweep goes there, to say so.
            const bool gone = p.kind == Node<T>::Kind::ended || p.kind == Node<T>::Kind::consumed;
            if (gone || (parent.index >= low && p.needed)) node.needed = true;
        }
    }
}

/// Finds the nodes of `xs` up to `root`. An x without a node is one that y does not depend on.
template <class T>
void find_targets(const Recorder<T>& recorder, Index root, std::span<const Variable<T>> xs,
                  std::vector<typename Recorder<T>::Target>& targets, const Location& at) {
    targets.clear();
    for (std::size_t k = 0; k < xs.size(); ++k) {
        const Variable<T>& x = xs[k];
        if (!x.requires_grad()) {
            throw GraphError("grad: argument " + std::to_string(k + 1) +
                                 " of wrt() is a constant; make it a Variable by Variable x{value}",
                             at);
        }
        Index index = 0;
        const bool found = recorder.find(x.cell(), index); // once: another thread may take over a leaf's link at any time
        if (x.is_leaf() && (recorder.leaves_repeat || (!found && recorder.links_elsewhere(x.cell())))) {
            for (Index i = 0; i <= root; ++i) {
                // A node of kind constant is from a time when it was frozen.
                if (recorder.nodes[i].cell == &x.cell() && recorder.nodes[i].kind == Node<T>::Kind::leaf) targets.push_back({i, k});
            }
        } else if (found) {
            if (index <= root) targets.push_back({index, k});
        } else if (x.is_leaf()) {
            continue; // y does not depend on it
        } else {
            throw_ended<T>("grad: wrt", at);
        }
    }
}

} // namespace

template <class T>
void backward(const Variable<T>& y, const BackwardOptions<T>& options, Location at) {
    if (options.create_graph) {
        throw GraphError("backward: a gradient that is to be differentiated again comes from grad(y, wrt(x), "
                         "{.create_graph = true})",
                         at);
    }
    Recorder<T>& recorder = Recorder<T>::local();
    const Variable<T> seed = seed_of(y, options, "backward", at);
    const Index root = index_of_root(recorder, y, "backward", at);
    const bool retain = options.retain_graph || recorder.keep_all;
    const NestedSweep<T> nested(recorder, 0, root);
    auto leaves = std::move(recorder.reached_leaves); // a rule may call backward() again
    leaves.clear();
    {
        Sweep<T> sweep(recorder, 0, false);
        sweep.leaves = &leaves;
        sweep_values(sweep, root, seed, retain);
    }
    // Only now that nothing can fail do the leaves change.
    for (const Index leaf : leaves) {
        Node<T>& node = recorder.nodes[leaf];
        detail::Buffer adjoint = recorder.keep_all ? node.adjoint : std::move(node.adjoint);
        detail::Buffer& grad = node.cell->grad;
        if (grad) {
            accumulate(static_cast<T*>(grad.data()), static_cast<const T*>(adjoint.data()), node.cell->value.size());
        } else {
            grad = adjoint.unique() ? std::move(adjoint) : std::move(Tensor<T>(adjoint, node.cell->value.shape()).clone().buffer());
        }
    }
    recorder.reached_leaves = std::move(leaves);
    recorder.trim();
}

template <class T>
void grad(const Variable<T>& y, std::span<const Variable<T>> xs, const BackwardOptions<T>& options,
          std::span<Variable<T>> results, Location at) {
    Recorder<T>& recorder = Recorder<T>::local();
    const Variable<T> seed = seed_of(y, options, "grad", at);
    const Index root = index_of_root(recorder, y, "grad", at);
    auto targets = std::move(recorder.targets); // a rule may call grad() again
    find_targets(recorder, root, xs, targets, at);
    Index low = root;
    for (const auto& target : targets) low = std::min(low, target.node);
    const NestedSweep<T> nested(recorder, low, root);
    mark_needed(recorder, low, root, targets);
    struct Unmark {
        Recorder<T>& recorder;
        std::vector<typename Recorder<T>::Target>& targets;
        ~Unmark() {
            for (const auto& target : targets) {
                if (target.node < recorder.nodes.size()) recorder.nodes[target.node].target = false;
            }
            recorder.targets = std::move(targets);
        }
    } unmark{recorder, targets};
    for (Variable<T>& result : results) result = Variable<T>();

    if (options.create_graph) {
        Sweep<T> sweep(recorder, low, true);
        const std::vector<Variable<T>> adjoints = sweep_graph(sweep, root, seed);
        const EnableGrad recording;
        for (const auto& target : targets) {
            const Variable<T>& adjoint = adjoints[target.node - low];
            Variable<T>& result = results[target.position];
            if (adjoint.defined()) result = result.defined() ? result + adjoint : adjoint;
        }
    } else if (!targets.empty()) {
        Sweep<T> sweep(recorder, low, true);
        sweep_values(sweep, root, seed, options.retain_graph || recorder.keep_all);
        for (const auto& target : targets) {
            const detail::Buffer& adjoint = recorder.nodes[target.node].adjoint;
            Variable<T>& result = results[target.position];
            if (!adjoint) continue;
            // The adjoint becomes the result, unless the root's, which is the caller's seed, or another result has it.
            const bool own = adjoint.unique() && !recorder.keep_all && target.node != root;
            const Tensor<T> shared(adjoint, xs[target.position].shape());
            if (result.defined()) {
                const Tensor<T> sum = result.tensor().clone();
                accumulate(sum.data(), shared.data(), shared.size());
                result = Variable<T>(sum, false);
            } else {
                result = Variable<T>(own ? shared : shared.clone(), false);
            }
        }
        for (const auto& target : targets) {
            if (!recorder.keep_all) recorder.nodes[target.node].adjoint.reset();
        }
    }
    for (std::size_t k = 0; k < xs.size(); ++k) {
        if (!results[k].defined()) results[k] = Variable<T>(Tensor<T>(xs[k].shape(), T{0}), false);
    }
    recorder.trim();
}

// ---------------------------------------------------------------------------------------------------------------------
// The forward sweep

namespace detail {

template <class T>
Variable<T> push_forward(const Variable<T>& y, std::span<const Variable<T>> xs, std::span<const Variable<T>> tangents,
                         const Location& at) {
    using Kind = typename Node<T>::Kind;
    Recorder<T>& recorder = Recorder<T>::local();
    Variable<T> result;
    if (y.requires_grad()) {
        const Index root = index_of_root(recorder, y, "jvp", at);
        std::vector<typename Recorder<T>::Target> targets;
        find_targets(recorder, root, xs, targets, at);
        Index low = root;
        for (const auto& target : targets) low = std::min(low, target.node);
        std::vector<Variable<T>> moving(root + 1 - low), of_parents;
        for (const auto& target : targets) moving[target.node - low] = tangents[target.position];

        const Sweep<T> sweep(recorder, low, false);
        for (Index i = low; i <= root; ++i) {
            if (moving[i - low].defined() || recorder.nodes[i].kind == Kind::leaf) continue;
            of_parents.clear();
            bool moves = false;
            for (const auto& parent : recorder.parents_of(recorder.nodes[i])) {
                of_parents.push_back(parent.index >= low ? moving[parent.index - low] : Variable<T>());
                moves = moves || of_parents.back().defined();
            }
            if (!moves) continue;
            recorder.check_step(recorder.nodes[i], "jvp");
            const Operation<T>& operation = *recorder.nodes[i].operation;
            const Location place = recorder.nodes[i].at;
            struct Restore {
                Recorder<T>& recorder;
                const Location* before;
                ~Restore() { recorder.rule_location = before; }
            } restore{recorder, recorder.rule_location};
            if (!recorder.rule_location) recorder.rule_location = &place;
            {
                const detail::ModeGuard checked_below(detail::thread_mode.anomaly, false);
                moving[i - low] = operation.jvp(Pushforward<T>(recorder, i, of_parents));
            }
            if (detail::thread_mode.anomaly) [[unlikely]] {
                detail::check_anomaly(operation.name(), "forward-mode", moving[i - low].tensor(), place);
            }
        }
        result = moving[root - low];
    }
    if (!result.defined()) result = Variable<T>(Tensor<T>(y.shape(), T{0}), false);
    return result;
}

} // namespace detail

#define XGRAD_INSTANTIATE(T)                                                                                             \
    template void backward(const Variable<T>&, const BackwardOptions<T>&, Location);                                     \
    template void grad(const Variable<T>&, std::span<const Variable<T>>, const BackwardOptions<T>&,                      \
                       std::span<Variable<T>>, Location);                                                                \
    template Variable<T> detail::push_forward(const Variable<T>&, std::span<const Variable<T>>,                          \
                                              std::span<const Variable<T>>, const Location&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

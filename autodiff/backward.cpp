#include <xgrad/autodiff/backward.hpp>

#include <xgrad/autodiff/recorder.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace xgrad {

using detail::Index;
using detail::Node;
using detail::Recorder;
using detail::Sweep;

// ---------------------------------------------------------------------------------------------------------------------
// One node's step

namespace {

/// dst += src.
template <class T>
void accumulate(T* dst, const T* src, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) dst[i] += src[i];
}

template <class T>
bool starts_at_its_buffer(const Tensor<T>& tensor) noexcept {
    return tensor.data() == tensor.buffer().data();
}

template <class T>
void check_shape(const Operation<T>& operation, const Shape& got, const Shape& expected, std::size_t k, const Location& at) {
    if (got == expected) return;
    throw ShapeError(std::string(operation.name()) + ": the rule gave operand " + std::to_string(k + 1) + " of shape " +
                         to_string(expected) + " a gradient of shape " + to_string(got),
                     at);
}

} // namespace

template <class T>
void Pullback<T>::add(std::size_t k, Variable<T> contribution) {
    if (!needs(k)) return;
    auto& recorder = sweep_.recorder;
    check_shape(*recorder.nodes[node_].operation, contribution.shape(), shape(k), k, at());
    if (!sinks_.empty()) {
        Variable<T>& sink = *sinks_[k];
        sink = sink.defined() ? sink + contribution : std::move(contribution);
        return;
    }
    const Index index = recorder.parents_of(recorder.nodes[node_])[k].index;
    detail::Buffer& adjoint = recorder.nodes[index].adjoint;
    // A contribution that nobody else holds becomes the adjoint as it is.
    Tensor<T> tensor = contribution.tensor();
    contribution = Variable<T>();
    if (adjoint) {
        accumulate(static_cast<T*>(adjoint.data()), tensor.data(), tensor.size());
        return;
    }
    adjoint = tensor.exclusive() ? std::move(tensor.buffer()) : std::move(tensor.clone().buffer());
    sweep_.note_arrival(index);
}

template <class T>
Variable<T> Pushforward<T>::parent(std::size_t k) const {
    return Variable<T>::share(*recorder_.nodes[recorder_.parents_of(recorder_.nodes[node_])[k].index].cell);
}

template <class T>
Variable<T> Pushforward<T>::result() const {
    return Variable<T>::share(*recorder_.nodes[node_].cell);
}

template <class T>
std::size_t Operation<T>::flops(std::span<const Shape>, const Shape& result) const {
    return result.size();
}

/// vjp(u) is linear in u, with the transposed Jacobian as its matrix; so the gradient of <vjp(u), tangents> with respect
/// to u is the Jacobian times the tangents, whatever u is.
template <class T>
Variable<T> Operation<T>::jvp(const Pushforward<T>& pushforward) const {
    Variable<T> u, total;
    std::vector<Variable<T>> contributions(pushforward.parents());
    {
        const EnableGrad recording;
        u = Variable<T>(Tensor<T>(pushforward.result().shape(), T{0}), true);
        std::vector<Variable<T>*> sinks;
        for (std::size_t k = 0; k < contributions.size(); ++k) {
            sinks.push_back(pushforward.has_tangent(k) ? &contributions[k] : nullptr);
        }
        const Sweep<T> sweep(pushforward.recorder_, 0, false);
        Pullback<T> pullback(sweep, pushforward.node_, u, sinks);
        vjp(pullback);
    }
    for (std::size_t k = 0; k < contributions.size(); ++k) {
        if (!contributions[k].defined() || !contributions[k].requires_grad()) continue;
        const BackwardOptions<T> options{
            .seed = pushforward.tangent(k), .retain_graph = true, .create_graph = is_recording()};
        const Variable<T> part = grad(contributions[k], wrt(u), options)[0];
        total = total.defined() ? total + part : part;
    }
    return total.defined() ? total : Variable<T>(Tensor<T>(u.shape(), T{0}), false);
}

namespace detail {

template <class T>
void check_anomaly(const char* operation, const char* pass, const Tensor<T>& value, const Location& at) {
    if (!value) return;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const T element = value.data()[i];
        if (std::isfinite(element)) continue;
        throw AnomalyError(std::string(operation) + ": the " + pass + " pass gave " +
                               (std::isnan(element) ? "NaN" : element > 0 ? "inf" : "-inf") + " in element " +
                               std::to_string(i) + " of shape " + to_string(value.shape()),
                           at);
    }
}

/// Alias is the engine's one operation of its own; its derivative is the identity.
template <class T>
struct Alias final : Operation<T> {
    Alias() : Operation<T>(Saves::nothing) {}
    const char* name() const noexcept override { return "alias"; }
    void vjp(Pullback<T>& pullback) const override { pullback.add(0, pullback.grad()); }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }
};

template <class T>
Variable<T> alias(const Variable<T>& x, const Location& at) {
    return record<T>("alias", Tensor<T>(x.tensor()), {&x}, at, [] { return new Alias<T>; });
}

} // namespace detail

// ---------------------------------------------------------------------------------------------------------------------
// The reverse sweep

namespace {

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

/// The first-order sweep from `root` down: every adjoint is final when its node's turn comes, because all children come
/// later on the tape.
template <class T>
void sweep_values(Sweep<T>& sweep, Index root, const Variable<T>& seed, bool retain) {
    using Kind = typename Node<T>::Kind;
    Recorder<T>& recorder = sweep.recorder;
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
            Pullback<T> pullback(sweep, i, Tensor<T>(std::move(adjoint), node.cell->value.shape()));
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
                if (recorder.nodes[i].cell == &x.cell()) targets.push_back({i, k});
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
    template class Pullback<T>;                                                                                          \
    template class Pushforward<T>;                                                                                       \
    template class Operation<T>;                                                                                         \
    template void backward(const Variable<T>&, const BackwardOptions<T>&, Location);                                     \
    template void grad(const Variable<T>&, std::span<const Variable<T>>, const BackwardOptions<T>&,                      \
                       std::span<Variable<T>>, Location);                                                                \
    template Variable<T> detail::push_forward(const Variable<T>&, std::span<const Variable<T>>,                          \
                                              std::span<const Variable<T>>, const Location&);                            \
    template Variable<T> detail::alias(const Variable<T>&, const Location&);                                             \
    template void detail::check_anomaly(const char*, const char*, const Tensor<T>&, const Location&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

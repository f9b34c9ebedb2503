/// @file
/// The loops of the elementwise operations: forward, and the fused first-order backward sweep. Included only where
/// operations are compiled, and by fuse.hpp.
#pragma once

#include <xgrad/autodiff/recorder.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/broadcast.hpp>
#include <xgrad/ops/elementwise.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/simd.hpp>

#include <type_traits>
#include <utility>
#include <vector>

namespace xgrad::ops {

namespace kernels {

/// Partial sums of this many elements are added up in double, so that a float sum of millions keeps its digits.
inline constexpr std::size_t sum_chunk = 2048;

/// A thread's part of an elementwise loop is at least this long.
inline constexpr std::size_t grain = 32768;

/// Loads W elements, or fewer at the end.
template <class T>
Batch<T> load(const Lane<T>& lane, std::size_t i) {
    return lane.step ? Batch<T>::load_unaligned(lane.data + i) : Batch<T>(*lane.data);
}
template <class T>
Batch<T> load(const Lane<T>& lane, std::size_t i, std::size_t count) {
    return lane.step ? load_partial(lane.data + i, count) : Batch<T>(*lane.data);
}

/// out[i] = op(lanes[i]...).
template <class Op, class T, std::size_t... K>
[[gnu::flatten]] void value(const Op& op, T* out, const std::array<Lane<T>, sizeof...(K)>& lanes, std::size_t n,
           std::index_sequence<K...>) {
    constexpr std::size_t W = Batch<T>::size;
    std::size_t i = 0;
    for (; i + W <= n; i += W) op.value(load(lanes[K], i)...).store_unaligned(out + i);
    if (i < n) store_partial(op.value(load(lanes[K], i, n - i)...), out + i, n - i);
}

/// target[i] (+)= rule(g[i], lanes[i]..., y[i]) if the target steps; else *target += their sum.
template <std::size_t Target, class Op, class T, std::size_t... K>
[[gnu::flatten]] void vjp(const Op& op, T* target, bool steps, bool fresh, const T* g, const std::array<Lane<T>, sizeof...(K)>& lanes,
         const T* y, std::size_t n, std::index_sequence<K...>) {
    using V = Batch<T>;
    constexpr std::size_t W = V::size;
    constexpr bool needs_y = contains(Op::saves, Saves::result);
    const auto contribution = [&](std::size_t i) {
        return rule<Target>(op, V::load_unaligned(g + i), (contains(Op::saves, parent(K)) ? load(lanes[K], i) : V(T(0)))...,
                            needs_y ? V::load_unaligned(y + i) : V(T(0)));
    };
    const auto last_contribution = [&](std::size_t i) {
        const std::size_t count = n - i;
        return rule<Target>(op, load_partial(g + i, count),
                            (contains(Op::saves, parent(K)) ? load(lanes[K], i, count) : V(T(0)))...,
                            needs_y ? load_partial(y + i, count) : V(T(0)));
    };
    std::size_t i = 0;
    if (!steps) {
        double total = 0;
        while (i + W <= n) {
            V sum(T(0));
            for (const std::size_t end = std::min(n - n % W, i + sum_chunk); i < end; i += W) sum += contribution(i);
            total += static_cast<double>(reduce_sum(sum));
        }
        if (i < n) total += static_cast<double>(reduce_sum_partial(last_contribution(i), n - i));
        *target = static_cast<T>(static_cast<double>(*target) + total);
    } else if (fresh) {
        for (; i + W <= n; i += W) contribution(i).store_unaligned(target + i);
        if (i < n) store_partial(last_contribution(i), target + i, n - i);
    } else {
        for (; i + W <= n; i += W) (V::load_unaligned(target + i) + contribution(i)).store_unaligned(target + i);
        if (i < n) store_partial(load_partial(target + i, n - i) + last_contribution(i), target + i, n - i);
    }
}

} // namespace kernels

/// The node of an elementwise operation.
template <class Op, class T>
class Elementwise final : public Operation<T> {
    static constexpr std::size_t N = Op::arity;
    static_assert(N <= ElementwiseStep<T>::max_operands);
    using Sequence = std::make_index_sequence<N>;

  public:
    explicit Elementwise(const Op& op) noexcept : Operation<T>(Op::saves), op_(op) {}

    /// An operation without parameters has one node for all.
    static const Operation<T>* make(const Op& op) {
        if constexpr (std::is_empty_v<Op>) {
            static const Elementwise shared{Op{}};
            return &shared;
        } else {
            return new Elementwise(op);
        }
    }
    void destroy() const noexcept override {
        if constexpr (!std::is_empty_v<Op>) delete this;
    }

    const char* name() const noexcept override { return Op::info.name; }

    static void forward(const Op& op, const std::array<const Tensor<T>*, N>& operands, Tensor<T>& result) {
        const Shape& shape = result.shape();
        for_each_row<N>(shape, shapes_of(operands), [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
            parallel_for(n, kernels::grain, [&](std::size_t begin, std::size_t end) {
                auto part = offset;
                for (std::size_t k = 0; k < N; ++k) part[k] += step[k] * begin;
                kernels::value(op, result.data() + row + begin, lanes(operands, part, step), end - begin, Sequence{});
            });
        });
    }

    void vjp(Pullback<T>& p) const override { vjp(p, Sequence{}); }
    void backward(Pullback<T>& p) const override { backward(p, Sequence{}); }
    bool prepare(Pullback<T>& p, ElementwiseStep<T>& step) const override { return prepare(p, step, Sequence{}); }
    void run(const ElementwiseStep<T>& step, std::size_t begin, std::size_t end) const override {
        run(step, begin, end, Sequence{});
    }
    Variable<T> jvp(const Pushforward<T>& p) const override { return jvp(p, Sequence{}); }

  private:
    static std::array<const Shape*, N> shapes_of(const std::array<const Tensor<T>*, N>& operands) {
        std::array<const Shape*, N> shapes;
        for (std::size_t k = 0; k < N; ++k) shapes[k] = &operands[k]->shape();
        return shapes;
    }
    static std::array<Lane<T>, N> lanes(const std::array<const Tensor<T>*, N>& operands,
                                                 const std::array<std::size_t, N>& offset,
                                                 const std::array<std::size_t, N>& step) {
        std::array<Lane<T>, N> lanes;
        for (std::size_t k = 0; k < N; ++k) lanes[k] = {operands[k]->data() + offset[k], step[k]};
        return lanes;
    }

    template <std::size_t... K>
    void vjp(Pullback<T>& p, std::index_sequence<K...>) const {
        (vjp_one<K>(p, p.parent(K)...), ...);
    }
    template <std::size_t K, class... X>
    void vjp_one(Pullback<T>& p, const X&... operands) const {
        if constexpr (has_rule<K, Op>) {
            if (p.needs(K)) p.add(K, sum_to(rule<K>(op_, p.grad(), operands..., p.result()), p.shape(K)));
        }
    }

    template <std::size_t... K>
    void backward(Pullback<T>& p, std::index_sequence<K...>) const {
        const std::array<const Tensor<T>*, N> operands{&p.tensor(K)...};
        std::size_t last = 0;
        ((last = has_rule<K, Op> && p.needs(K) ? K : last), ...);
        (backward_one<K>(p, operands, last == K), ...);
    }
    template <std::size_t K>
    void backward_one(Pullback<T>& p, const std::array<const Tensor<T>*, N>& operands, bool last) const {
        if constexpr (has_rule<K, Op>) {
            if (!p.needs(K)) return;
            const Tensor<T>& result = p.result_tensor();
            const Shape& shape = result.shape();
            const T* const adjoint = p.adjoint().data();
            const auto target = p.target(K, last);
            // A target that gets several rows' contributions starts at zero.
            const bool reduces = operands[K]->shape() != shape;
            if (target.fresh && reduces) std::fill_n(target.data, operands[K]->size(), T(0));
            for_each_row<N>(shape, shapes_of(operands),
                            [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
                                kernels::vjp<K>(op_, target.data + offset[K], step[K] != 0, target.fresh && !reduces,
                                                adjoint + row, lanes(operands, offset, step),
                                                result.data() + row, n, Sequence{});
                            });
        }
    }

    /// Operands of the result's shape, and single elements whose adjoints are not wanted: those would be sums.
    template <std::size_t... K>
    bool prepare(Pullback<T>& p, ElementwiseStep<T>& step, std::index_sequence<K...>) const {
        const Tensor<T>& result = p.result_tensor();
        const auto wanted = [&](std::size_t k, bool has_rule) { return has_rule && p.needs(k); };
        const auto fits = [&](std::size_t k, bool has_rule) {
            return p.shape(k) == result.shape() || (p.shape(k).size() == 1 && !wanted(k, has_rule));
        };
        if (!(fits(K, has_rule<K, Op>) && ...)) return false;
        step.size = result.size();
        if (contains(Op::saves, Saves::result)) step.result = result.data();
        std::size_t last = 0;
        ((last = wanted(K, has_rule<K, Op>) ? K : last), ...);
        ((contains(Op::saves, parent(K)) ? void(step.operands[K] = {p.tensor(K).data(), p.shape(K) == result.shape()}) : void()), ...);
        ((wanted(K, has_rule<K, Op>) ? void(step.targets[K] = p.target(K, last == K)) : void()), ...);
        p.hand_over(step);
        return true;
    }

    template <std::size_t... K>
    void run(const ElementwiseStep<T>& step, std::size_t begin, std::size_t end, std::index_sequence<K...>) const {
        std::array<Lane<T>, N> lanes{Lane<T>{step.operands[K].data + step.operands[K].step * begin, step.operands[K].step}...};
        const auto run_one = [&]<std::size_t Target>(std::integral_constant<std::size_t, Target>) {
            if constexpr (has_rule<Target, Op>) {
                const auto [target, fresh] = step.targets[Target];
                if (!target) return;
                kernels::vjp<Target>(op_, target + begin, true, fresh, step.adjoint + begin, lanes,
                                     step.result ? step.result + begin : nullptr, end - begin, Sequence{});
            }
        };
        (run_one(std::integral_constant<std::size_t, K>{}), ...);
    }

    template <std::size_t... K>
    Variable<T> jvp(const Pushforward<T>& p, std::index_sequence<K...>) const {
        Variable<T> total;
        (jvp_one<K>(p, total, p.parent(K)...), ...);
        const Shape& shape = p.result().shape();
        if (!total.defined()) return Variable<T>(Tensor<T>(shape, T(0)), false);
        return total.shape() == shape ? total : broadcast_to(total, shape);
    }
    template <std::size_t K, class... X>
    void jvp_one(const Pushforward<T>& p, Variable<T>& total, const X&... operands) const {
        if constexpr (has_rule<K, Op>) {
            if (!p.has_tangent(K)) return;
            const Variable<T> part = rule<K>(op_, p.tangent(K), operands..., p.result());
            total = total.defined() ? total + part : part;
        }
    }

    Op op_;
};

/// An operand among `temporaries` of the given shape whose elements nobody reads any more, or null. Small arrays are in the
/// cache, and not worth the question.
template <class Op, class T>
const Variable<T>* find_spent(detail::Parents<T> operands, unsigned temporaries, const Shape& shape, bool tracked) {
    constexpr std::size_t smallest = std::size_t{1} << 14;
    if (!temporaries || shape.size() * sizeof(T) < smallest) return nullptr;
    if (tracked && detail::Recorder<T>::local().keep_all) return nullptr; // kept for display
    for (std::size_t k = 0; k < operands.size(); ++k) {
        const Variable<T>& operand = *operands[k];
        if (!(temporaries >> k & 1) || (tracked && contains(Op::saves, parent(k)))) continue;
        if (operand.shape() == shape && operand.tensor().exclusive() && operand.cell().is_last_handle()) return &operand;
    }
    return nullptr;
}

template <class Op, class T>
Variable<T> elementwise(const Op& op, detail::Parents<T> operands, const Location& at, unsigned temporaries) {
    constexpr std::size_t N = Op::arity;
    std::array<const Tensor<T>*, N> tensors;
    for (std::size_t k = 0; k < N; ++k) tensors[k] = &operands[k]->tensor();
    Shape shape = tensors[0]->shape();
    for (std::size_t k = 1; k < N; ++k) {
        if (tensors[k]->shape() != shape) shape = broadcast_shapes(shape, tensors[k]->shape(), Op::info.name, at);
    }
    constexpr bool recorded = !std::is_base_of_v<Comparison, Op>;
    const bool tracked = recorded && detail::is_tracked<T>(operands);
    const Variable<T>* const spent = find_spent<Op>(operands, temporaries, shape, tracked);
    Tensor<T> value = spent ? spent->tensor() : Tensor<T>(shape);
    Elementwise<Op, T>::forward(op, tensors, value);
    if (spent) spent->cell().value.release();
    if (detail::thread_mode.anomaly) [[unlikely]] detail::check_anomaly(Op::info.name, "forward", value, at);
    if constexpr (recorded) {
        if (tracked) return detail::append<T>(Elementwise<Op, T>::make(op), std::move(value), operands, at);
    }
    return Variable<T>(std::move(value), false);
}

/// The operation with its default parameters. The call goes through a volatile pointer because a function that the
/// compiler inlines everywhere would not be there for users' calls to link to.
template <class Op, class T>
Variable<T> apply_default(detail::Parents<T> operands, const Location& at) {
    const auto volatile function = &elementwise<Op, T>;
    return function(Op{}, operands, at, 0);
}

/// The table of a list; making it compiles the operations for float and double.
template <class... Op>
std::vector<OpEntry> entries(OpList<Op...>) {
    return {OpEntry{Op::info, Op::arity, Op::differentiable, apply_default<Op, float>, apply_default<Op, double>}...};
}

} // namespace xgrad::ops

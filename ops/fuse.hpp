/// @file
/// fuse(): a user's formula over scalars as one elementwise operation.
#pragma once

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/ops/activation.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementwise_kernels.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/hyperbolic.hpp>
#include <xgrad/ops/piecewise.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/special.hpp>
#include <xgrad/ops/trigonometric.hpp>

#include <array>
#include <numeric>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace xgrad {

namespace ops {

/// f(0) ... f(N - 1), written out: in a loop the compiler would not see which directions are active.
template <std::size_t N, class F>
void for_each_direction(const F& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (f(I), ...); }(std::make_index_sequence<N>{});
}

template <class Op, class V, std::size_t N>
Dual<V, N> apply_dual(const Op& op, const Dual<V, N>& x) {
    Dual<V, N> y(op.value(x.value));
    if constexpr (Op::differentiable) {
        y.active = x.active;
        for_each_direction<N>([&](std::size_t i) {
            if (x.depends_on(i)) y.tangent[i] = rule<0>(op, x.tangent[i], x.value, y.value);
        });
    }
    return y;
}

template <class Op, class A, class B>
typename detail::DualOf<A, B>::type apply_dual(const Op& op, const A& a, const B& b) {
    using D = typename detail::DualOf<A, B>::type;
    const D x(a), y(b); // a scalar depends on no direction
    D z(op.value(x.value, y.value));
    if constexpr (Op::differentiable) {
        z.active = x.active | y.active;
        for_each_direction<std::tuple_size_v<decltype(z.tangent)>>([&](std::size_t i) {
            if (x.depends_on(i)) z.tangent[i] = rule<0>(op, x.tangent[i], x.value, y.value, z.value);
            if (y.depends_on(i)) z.tangent[i] += rule<1>(op, y.tangent[i], x.value, y.value, z.value);
        });
    }
    return z;
}

/// The loops over a formula of N operands.
template <class F, class T, std::size_t N>
struct FusedKernel {
    using V = Batch<T>;
    using Operands = std::array<const Tensor<T>*, N>;
    using Lanes = std::array<Lane<T>, N>;

    /// Where the gradients of the operands go: added to what is there, unless it is fresh.
    using Targets = std::array<typename Pullback<T>::Target, N>;

    // Flattened: only where every call of the formula is inlined do numbers stay in registers, and inactive directions go.

    /// out[i] = f(lanes[i]...).
    [[gnu::flatten]] static void value(const F& f, const Lanes& lanes, T* out, std::size_t n) {
        const auto at = [&](const auto&... loaded) { return std::apply(f, duals<0>(loaded...)).value; };
        constexpr std::size_t W = V::size;
        std::size_t i = 0;
        for (; i + W <= n; i += W) load_all(lanes, i, at).store_unaligned(out + i);
        if (i < n) store_partial(load_all(lanes, i, n - i, at), out + i, n - i);
    }

    /// targets[k][i] (+)= adjoint[i] df/dx_k(lanes[i]...), summed for an operand that does not step.
    /// @returns the sum of f(lanes[i]...), which is there at no cost
    [[gnu::flatten]] static double gradients(const F& f, const Lanes& lanes, const Lane<T>& adjoint, const Targets& targets,
                                             std::size_t n) {
        const auto at = [&](const auto&... loaded) { return std::apply(f, duals<N>(loaded...)); };
        constexpr std::size_t W = V::size;
        std::array<double, N> totals{};
        double total = 0;
        std::size_t i = 0;
        while (i + W <= n) {
            std::array<V, N> sums;
            sums.fill(V(T(0)));
            V values(T(0));
            for (const std::size_t end = std::min(n - n % W, i + kernels::sum_chunk); i < end; i += W) {
                const V g = kernels::load(adjoint, i);
                const Dual<V, N> y = load_all(lanes, i, at);
                values += y.value;
                for (std::size_t k = 0; k < N; ++k) {
                    if (!targets[k].data) continue;
                    T* const target = targets[k].data + i;
                    if (!lanes[k].step) {
                        sums[k] += g * y.tangent[k];
                    } else if (targets[k].fresh) {
                        (g * y.tangent[k]).store_unaligned(target);
                    } else {
                        (V::load_unaligned(target) + g * y.tangent[k]).store_unaligned(target);
                    }
                }
            }
            total += static_cast<double>(reduce_sum(values));
            for (std::size_t k = 0; k < N; ++k) totals[k] += static_cast<double>(reduce_sum(sums[k]));
        }
        if (i < n) {
            const std::size_t count = n - i;
            const V g = kernels::load(adjoint, i, count);
            const Dual<V, N> y = load_all(lanes, i, count, at);
            total += static_cast<double>(reduce_sum_partial(y.value, count));
            for (std::size_t k = 0; k < N; ++k) {
                if (!targets[k].data) continue;
                T* const target = targets[k].data + i;
                if (!lanes[k].step) {
                    totals[k] += static_cast<double>(reduce_sum_partial(g * y.tangent[k], count));
                } else if (targets[k].fresh) {
                    store_partial(g * y.tangent[k], target, count);
                } else {
                    store_partial(load_partial(target, count) + g * y.tangent[k], target, count);
                }
            }
        }
        for (std::size_t k = 0; k < N; ++k) {
            if (!targets[k].data || lanes[k].step) continue;
            T& target = *targets[k].data;
            target = static_cast<T>(static_cast<double>(target) + totals[k]);
        }
        return total;
    }

    /// gradients() of a long row, shared among threads. The sums of the blocks are added up in order.
    static double gradients_in_parts(const F& f, const Lanes& lanes, const Lane<T>& adjoint, const Targets& targets, std::size_t n) {
        bool is_split = n >= 2 * kernels::grain;
        for (std::size_t k = 0; k < N; ++k) is_split = is_split && (lanes[k].step || !targets[k].data);
        if (!is_split) return gradients(f, lanes, adjoint, targets, n);
        const Tensor<double> totals(Shape{(n + kernels::grain - 1) / kernels::grain});
        parallel_for(totals.size(), 1, [&](std::size_t begin, std::size_t end) {
            for (std::size_t block = begin; block < end; ++block) {
                const std::size_t start = block * kernels::grain;
                Lanes part = lanes;
                Targets to = targets;
                for (std::size_t k = 0; k < N; ++k) {
                    part[k].data += part[k].step * start;
                    if (to[k].data) to[k].data += start;
                }
                totals.data()[block] = gradients(f, part, {adjoint.data + adjoint.step * start, adjoint.step}, to,
                                                 std::min(n - start, kernels::grain));
            }
        });
        return std::accumulate(totals.begin(), totals.end(), 0.0);
    }

    /// gradients() over all rows of operands that broadcast to `shape`.
    static double gradients(const F& f, const Operands& operands, const Shape& shape, const Lane<T>& adjoint, Targets targets) {
        for (std::size_t k = 0; k < N; ++k) {
            // The gradient of an operand that was stretched adds up from zero.
            if (!targets[k].data || !targets[k].fresh || operands[k]->shape() == shape) continue;
            std::fill_n(targets[k].data, operands[k]->size(), T(0));
            targets[k].fresh = false;
        }
        double total = 0;
        for_each_row<N>(shape, shapes_of(operands), [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
            Targets parts = targets;
            for (std::size_t k = 0; k < N; ++k) {
                if (parts[k].data) parts[k].data += offset[k];
            }
            const Lane<T> part{adjoint.data + adjoint.step * row, adjoint.step};
            total += gradients_in_parts(f, lanes_of(operands, offset, step), part, parts, n);
        });
        return total;
    }

    static std::array<const Shape*, N> shapes_of(const Operands& operands) {
        std::array<const Shape*, N> shapes;
        for (std::size_t k = 0; k < N; ++k) shapes[k] = &operands[k]->shape();
        return shapes;
    }

    static Lanes lanes_of(const Operands& operands, const std::array<std::size_t, N>& offset,
                          const std::array<std::size_t, N>& step) {
        Lanes lanes;
        for (std::size_t k = 0; k < N; ++k) lanes[k] = {operands[k]->data() + offset[k], step[k]};
        return lanes;
    }

  private:
    template <class... Where>
    static auto load_all(const Lanes& lanes, Where... where_and_at) {
        return load_all_at(lanes, std::make_index_sequence<N>{}, where_and_at...);
    }
    template <std::size_t... K, class At>
    static auto load_all_at(const Lanes& lanes, std::index_sequence<K...>, std::size_t i, const At& at) {
        return at(kernels::load(lanes[K], i)...);
    }
    template <std::size_t... K, class At>
    static auto load_all_at(const Lanes& lanes, std::index_sequence<K...>, std::size_t i, std::size_t count, const At& at) {
        return at(kernels::load(lanes[K], i, count)...);
    }

    /// The operands as dual numbers: operand k moves along direction k.
    template <std::size_t Directions, class... X>
    static auto duals(const X&... loaded) {
        std::array<Dual<V, Directions>, N> result{Dual<V, Directions>(loaded)...};
        if constexpr (Directions > 0) {
            for_each_direction<N>([&](std::size_t k) {
                result[k].tangent[k] = V(T(1));
                result[k].active = 1u << k;
            });
        }
        return result;
    }
};

template <std::size_t... K>
constexpr Saves all_parents(std::index_sequence<K...>) {
    return (parent(K) | ...);
}

/// The rule of a fused formula, recorded: the formula is a graph of its own, whose derivative is a graph again, and so for
/// every order.
/// @param formula  maps the operands to what was recorded, of the result's shape
template <std::size_t N, class T, class Formula>
void vjp_of_formula(Pullback<T>& p, const Formula& formula) {
    std::array<Variable<T>, N> points;
    for (std::size_t k = 0; k < N; ++k) points[k] = detail::alias(p.parent(k), p.at());
    std::vector<Variable<T>> needed;
    for (std::size_t k = 0; k < N; ++k) {
        if (p.needs(k)) needed.push_back(points[k]);
    }
    const Variable<T> y = formula(points);
    if (!y.requires_grad()) return; // the formula may leave out operands
    const std::vector<Variable<T>> gradients = grad(y, needed, {.seed = p.grad(), .create_graph = true}, p.at());
    std::size_t next = 0;
    for (std::size_t k = 0; k < N; ++k) {
        if (p.needs(k)) p.add(k, gradients[next++]);
    }
}

/// The node of fuse(). It keeps the operands alone, and evaluates the formula anew in the backward sweep: with as many
/// directions as operands, so that one pass gives every gradient.
template <class F, class T, std::size_t N>
class Fused final : public Operation<T> {
    using Kernel = FusedKernel<F, T, N>;
    static_assert(N <= ElementwiseStep<T>::max_operands);

  public:
    explicit Fused(F f) : Operation<T>(all_parents(std::make_index_sequence<N>{})), f_(std::move(f)) {}

    const char* name() const noexcept override { return "fuse"; }

    static Tensor<T> forward(const F& f, const typename Kernel::Operands& operands, const Shape& shape) {
        Tensor<T> result(shape);
        for_each_row<N>(shape, Kernel::shapes_of(operands),
                        [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
                            parallel_for(n, kernels::grain, [&](std::size_t begin, std::size_t end) {
                                auto part = offset;
                                for (std::size_t k = 0; k < N; ++k) part[k] += step[k] * begin;
                                Kernel::value(f, Kernel::lanes_of(operands, part, step), result.data() + row + begin, end - begin);
                            });
                        });
        return result;
    }

    void backward(Pullback<T>& p) const override {
        typename Kernel::Operands operands;
        typename Kernel::Targets targets{};
        std::size_t last = 0;
        for (std::size_t k = 0; k < N; ++k) last = p.needs(k) ? k : last;
        for (std::size_t k = 0; k < N; ++k) {
            operands[k] = &p.tensor(k);
            if (p.needs(k)) targets[k] = p.target(k, k == last);
        }
        Kernel::gradients(f_, operands, p.result_tensor().shape(), {p.adjoint().data(), 1}, targets);
    }

    /// Operands of the result's shape, and single elements whose adjoints are not wanted.
    bool prepare(Pullback<T>& p, ElementwiseStep<T>& step) const override {
        const Shape& shape = p.result_tensor().shape();
        std::size_t last = 0;
        for (std::size_t k = 0; k < N; ++k) {
            if (p.shape(k) != shape && (p.shape(k).size() != 1 || p.needs(k))) return false;
            if (p.needs(k)) last = k;
        }
        step.size = shape.size();
        for (std::size_t k = 0; k < N; ++k) {
            step.operands[k] = {p.tensor(k).data(), p.shape(k) == shape};
            if (p.needs(k)) step.targets[k] = p.target(k, k == last);
        }
        p.hand_over(step);
        return true;
    }
    void run(const ElementwiseStep<T>& step, std::size_t begin, std::size_t end) const override {
        typename Kernel::Lanes lanes;
        typename Kernel::Targets targets{};
        for (std::size_t k = 0; k < N; ++k) {
            lanes[k] = {step.operands[k].data + step.operands[k].step * begin, step.operands[k].step};
            if (step.targets[k].data) targets[k] = {step.targets[k].data + begin, step.targets[k].fresh};
        }
        Kernel::gradients(f_, lanes, {step.adjoint + begin, 1}, targets, end - begin);
    }

    void vjp(Pullback<T>& p) const override {
        vjp_of_formula<N>(p, [&](const auto& points) {
            return broadcast_to(std::apply(f_, points), p.grad().shape(), p.at());
        });
    }

  private:
    F f_;
};

/// The node of fuse_sum() and fuse_mean(). The gradients of a number are known up to its adjoint, a factor, as soon as the
/// operands are: they come with the value, in one pass over memory, and the backward sweep hands them on.
template <class F, class T, std::size_t N>
class FusedSum final : public Operation<T> {
    using Kernel = FusedKernel<F, T, N>;

  public:
    using Gradients = std::array<Tensor<T>, N>;

    FusedSum(const char* name, F f, const Shape& shape, T weight, Gradients gradients)
        : Operation<T>(all_parents(std::make_index_sequence<N>{})), name_(name), f_(std::move(f)), shape_(shape), weight_(weight),
          gradients_(std::move(gradients)) {}

    const char* name() const noexcept override { return name_; }

    /// weight * sum f, and its gradients in `gradients`, of those operands that have a tensor there.
    static Tensor<T> forward(const F& f, const typename Kernel::Operands& operands, const Shape& shape, T weight,
                             Gradients& gradients) {
        typename Kernel::Targets targets{};
        for (std::size_t k = 0; k < N; ++k) targets[k] = {gradients[k].data(), true};
        const double total = Kernel::gradients(f, operands, shape, {&weight, 0}, targets);
        return Tensor<T>(Shape{}, static_cast<T>(static_cast<double>(weight) * total));
    }

    void backward(Pullback<T>& p) const override {
        if (given_away_) {
            throw GraphError(std::string(name_) + ": an earlier sweep that failed has taken the gradients; compute the result again",
                             p.at());
        }
        given_away_ = p.is_last();
        for (std::size_t k = 0; k < N; ++k) {
            // An operand that needed none when it was recorded gets none, whatever it has become since.
            if (!p.needs(k) || !gradients_[k]) continue;
            Variable<T> gradient(p.is_last() ? std::exchange(gradients_[k], Tensor<T>()) : gradients_[k], false);
            p.add(k, p.adjoint().data()[0] == T(1) ? std::move(gradient) : std::move(gradient) * p.grad());
        }
    }

    void vjp(Pullback<T>& p) const override {
        vjp_of_formula<N>(p, [&](const auto& points) {
            return sum(broadcast_to(std::apply(f_, points), shape_, p.at())) * weight_;
        });
    }

    std::size_t flops(std::span<const Shape>, const Shape&) const override { return shape_.size(); }

  private:
    const char* name_;
    F f_;
    Shape shape_;
    T weight_;
    mutable Gradients gradients_;     ///< of the operands that required one
    mutable bool given_away_ = false; ///< by the last backward sweep
};

/// What the calls of a formula begin with: the operands, and the shape that they broadcast to.
template <class T, std::size_t N>
struct FusedOperands {
    template <class... X>
    FusedOperands(const char* name, const Location& at, const X&... x) : operands{Operand<T>(x, at)...}, shape(operands[0].shape()) {
        for (std::size_t k = 0; k < N; ++k) {
            tensors[k] = &operands[k].tensor();
            variables[k] = &operands[k].variable();
            shape = broadcast_shapes(shape, operands[k].shape(), name, at);
        }
    }

    std::array<Operand<T>, N> operands;
    std::array<const Tensor<T>*, N> tensors;
    std::array<const Variable<T>*, N> variables;
    Shape shape;
};

template <class F, class... X>
auto fuse(F f, const Location& at, const X&... x) {
    constexpr std::size_t N = sizeof...(X);
    using T = element_of<X...>;
    const FusedOperands<T, N> o("fuse", at, x...);
    Tensor<T> value = Fused<F, T, N>::forward(f, o.tensors, o.shape);
    if (detail::thread_mode.anomaly) [[unlikely]] detail::check_anomaly("fuse", "forward", value, at);
    if (!detail::is_tracked<T>(o.variables)) return Variable<T>(std::move(value), false);
    return detail::append<T>(new Fused<F, T, N>(std::move(f)), std::move(value), o.variables, at);
}

/// @param mean  divide by the number of elements
template <class F, class... X>
auto fuse_sum(const char* name, bool mean, F f, const Location& at, const X&... x) {
    constexpr std::size_t N = sizeof...(X);
    using T = element_of<X...>;
    const FusedOperands<T, N> o(name, at, x...);
    if (mean && o.shape.size() == 0) throw ValueError(std::string(name) + ": no elements: shape " + to_string(o.shape), at);
    const T weight = mean ? T(1) / static_cast<T>(o.shape.size()) : T(1);
    typename FusedSum<F, T, N>::Gradients gradients;
    const bool tracked = detail::is_tracked<T>(o.variables);
    for (std::size_t k = 0; tracked && k < N; ++k) {
        if (o.variables[k]->requires_grad()) gradients[k] = Tensor<T>(o.operands[k].shape());
    }
    Tensor<T> value = FusedSum<F, T, N>::forward(f, o.tensors, o.shape, weight, gradients);
    if (detail::thread_mode.anomaly) [[unlikely]] detail::check_anomaly(name, "forward", value, at);
    if (!tracked) return Variable<T>(std::move(value), false);
    const auto* const operation = new FusedSum<F, T, N>(name, std::move(f), o.shape, weight, std::move(gradients));
    return detail::append<T>(operation, std::move(value), o.variables, at);
}

} // namespace ops

/// Defines `function(f, a)` to `function(f, a, b, c, d)` by an expression of f, `at` and the operands.
#define XGRAD_FUSED(function, implementation, ...)                                                                       \
    template <class F, class A>                                                                                          \
        requires Operands<A>                                                                                             \
    auto function(F f, const A& a, Location at = Location::current()) {                                                  \
        return implementation(__VA_ARGS__ __VA_OPT__(, ) std::move(f), at, a);                                           \
    }                                                                                                                    \
    template <class F, class A, class B>                                                                                 \
        requires Operands<A, B>                                                                                          \
    auto function(F f, const A& a, const B& b, Location at = Location::current()) {                                      \
        return implementation(__VA_ARGS__ __VA_OPT__(, ) std::move(f), at, a, b);                                        \
    }                                                                                                                    \
    template <class F, class A, class B, class C>                                                                        \
        requires Operands<A, B, C>                                                                                       \
    auto function(F f, const A& a, const B& b, const C& c, Location at = Location::current()) {                          \
        return implementation(__VA_ARGS__ __VA_OPT__(, ) std::move(f), at, a, b, c);                                     \
    }                                                                                                                    \
    template <class F, class A, class B, class C, class D>                                                               \
        requires Operands<A, B, C, D>                                                                                    \
    auto function(F f, const A& a, const B& b, const C& c, const D& d, Location at = Location::current()) {              \
        return implementation(__VA_ARGS__ __VA_OPT__(, ) std::move(f), at, a, b, c, d);                                  \
    }

/// `f` applied elementwise to one to four operands that broadcast, as one operation: one pass over memory forward, one
/// backward, and no intermediate arrays. The derivatives of any order follow from the formula; none is written by hand.
///
/// @code
/// auto y = fuse([](auto x, auto w, auto b) { return tanh(x * w + b) * sigmoid(x); }, x, w, b);
/// @endcode
///
/// @param f  a generic lambda over numbers: operators, scalars, every elementwise function of xgrad, and where(mask, a, b)
///           in place of branches. It is called with SIMD dual numbers, and with Variables for derivatives of higher order,
///           so what it captures must be scalars, captured by value.
/// @param a  Variables, arrays or scalars, of which at least one is a Variable
/// @throws ShapeError if the operands do not broadcast
XGRAD_FUSED(fuse, ops::fuse)

/// The sum of fuse(f, ...) over all elements, a scalar, in one pass over memory for the value and the first derivatives
/// together: the fastest way to a loss that is a formula of large arrays. The gradients take memory from the forward pass on.
/// @copydetails fuse
XGRAD_FUSED(fuse_sum, ops::fuse_sum, "fuse_sum", false)

/// The mean of fuse(f, ...) over all elements, as fuse_sum().
/// @throws ValueError if there are none
XGRAD_FUSED(fuse_mean, ops::fuse_sum, "fuse_mean", true)

#undef XGRAD_FUSED

} // namespace xgrad

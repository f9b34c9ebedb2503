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
#include <tuple>
#include <type_traits>
#include <utility>

namespace xgrad {

namespace ops {

/// The rule for one operand as a map of its tangent. With several directions many tangents are zero, and zero times an
/// infinite derivative must stay zero.
template <std::size_t K, class Op, class V, std::size_t N, class... X>
V tangent_of(const Op& op, const V& tangent, std::integral_constant<std::size_t, N>, const X&... operands_and_result) {
    const V result = rule<K>(op, tangent, operands_and_result...);
    if constexpr (N <= 1) {
        return result;
    } else {
        const V zero(typename V::value_type(0));
        return where(tangent == zero, zero, result);
    }
}

template <class Op, class A>
A apply_dual(const Op& op, const A& x) {
    A y(op.value(x.value));
    if constexpr (Op::differentiable) {
        constexpr std::integral_constant<std::size_t, std::tuple_size_v<decltype(x.tangent)>> n;
        for (std::size_t i = 0; i < n; ++i) y.tangent[i] = tangent_of<0>(op, x.tangent[i], n, x.value, y.value);
    }
    return y;
}

template <class Op, class A, class B>
typename detail::DualOf<A, B>::type apply_dual(const Op& op, const A& a, const B& b) {
    using D = typename detail::DualOf<A, B>::type;
    using V = decltype(D::value);
    const auto value_of = [](const auto& x) {
        if constexpr (detail::is_dual<std::decay_t<decltype(x)>>) {
            return x.value;
        } else {
            return V(static_cast<typename V::value_type>(x));
        }
    };
    const V a_value = value_of(a), b_value = value_of(b);
    D y(op.value(a_value, b_value));
    if constexpr (Op::differentiable) {
        constexpr std::integral_constant<std::size_t, std::tuple_size_v<decltype(D::tangent)>> n;
        for (std::size_t i = 0; i < n; ++i) {
            // A scalar has no tangent, and its rule might not be defined where the other's is.
            if constexpr (detail::is_dual<A>) y.tangent[i] += tangent_of<0>(op, a.tangent[i], n, a_value, b_value, y.value);
            if constexpr (detail::is_dual<B>) y.tangent[i] += tangent_of<1>(op, b.tangent[i], n, a_value, b_value, y.value);
        }
    }
    return y;
}

/// The node of fuse(). It keeps the operands alone, and evaluates the formula anew in the backward sweep: with as many
/// directions as operands, so that one pass gives every gradient.
template <class F, class T, std::size_t N>
class Fused final : public Operation<T> {
    using V = Batch<T>;

  public:
    explicit Fused(F f) : Operation<T>(saved(std::make_index_sequence<N>{})), f_(std::move(f)) {}

    const char* name() const noexcept override { return "fuse"; }

    static Tensor<T> forward(const F& f, const std::array<const Tensor<T>*, N>& operands, const Shape& shape) {
        Tensor<T> result(shape);
        for_each_row<N>(shape, shapes_of(operands), [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
            const auto lanes = lanes_of(operands, offset, step);
            const auto at = [&](const auto&... loaded) { return std::apply(f, duals<0>(loaded...)).value; };
            constexpr std::size_t W = V::size;
            T* const out = result.data() + row;
            std::size_t i = 0;
            for (; i + W <= n; i += W) load_all(lanes, i, at).store_unaligned(out + i);
            if (i < n) store_partial(load_all(lanes, i, n - i, at), out + i, n - i);
        });
        return result;
    }

    /// In one pass over the operands and the adjoint, the gradients of all operands.
    void backward(Pullback<T>& p) const override {
        std::array<const Tensor<T>*, N> operands;
        std::array<typename Pullback<T>::Target, N> targets{};
        const Shape& shape = p.result_tensor().shape();
        const T* const adjoint = p.adjoint().data();
        std::size_t last = 0;
        for (std::size_t k = 0; k < N; ++k) last = p.needs(k) ? k : last;
        for (std::size_t k = 0; k < N; ++k) {
            operands[k] = &p.tensor(k);
            if (!p.needs(k)) continue;
            targets[k] = p.target(k, k == last);
            // The gradient of an operand that was stretched adds up from zero.
            if (targets[k].fresh && operands[k]->shape() != shape) {
                std::fill_n(targets[k].data, operands[k]->size(), T(0));
                targets[k].fresh = false;
            }
        }
        for_each_row<N>(shape, shapes_of(operands), [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
            const auto lanes = lanes_of(operands, offset, step);
            const auto at = [&](const auto&... loaded) { return std::apply(f_, duals<N>(loaded...)).tangent; };
            constexpr std::size_t W = V::size;
            std::array<double, N> total{};
            std::size_t i = 0;
            while (i + W <= n) {
                std::array<V, N> sum;
                sum.fill(V(T(0)));
                for (const std::size_t end = std::min(n - n % W, i + kernels::sum_chunk); i < end; i += W) {
                    const V g = V::load_unaligned(adjoint + row + i);
                    const std::array<V, N> partial = load_all(lanes, i, at);
                    for (std::size_t k = 0; k < N; ++k) {
                        if (!targets[k].data) continue;
                        T* const target = targets[k].data + offset[k] + i;
                        if (!step[k]) {
                            sum[k] += g * partial[k];
                        } else if (targets[k].fresh) {
                            (g * partial[k]).store_unaligned(target);
                        } else {
                            (V::load_unaligned(target) + g * partial[k]).store_unaligned(target);
                        }
                    }
                }
                for (std::size_t k = 0; k < N; ++k) total[k] += static_cast<double>(reduce_sum(sum[k]));
            }
            if (i < n) {
                const std::size_t count = n - i;
                const V g = load_partial(adjoint + row + i, count);
                const std::array<V, N> partial = load_all(lanes, i, count, at);
                for (std::size_t k = 0; k < N; ++k) {
                    if (!targets[k].data) continue;
                    T* const target = targets[k].data + offset[k] + i;
                    if (!step[k]) {
                        total[k] += static_cast<double>(reduce_sum_partial(g * partial[k], count));
                    } else if (targets[k].fresh) {
                        store_partial(g * partial[k], target, count);
                    } else {
                        store_partial(load_partial(target, count) + g * partial[k], target, count);
                    }
                }
            }
            for (std::size_t k = 0; k < N; ++k) {
                if (!targets[k].data || step[k]) continue;
                T& target = targets[k].data[offset[k]];
                target = static_cast<T>(static_cast<double>(target) + total[k]);
            }
        });
    }

    /// Recorded, the formula is a graph of its own, whose derivative is a graph again: so for every order.
    void vjp(Pullback<T>& p) const override {
        std::array<Variable<T>, N> points;
        for (std::size_t k = 0; k < N; ++k) points[k] = detail::alias(p.parent(k), p.at());
        std::vector<Variable<T>> needed;
        for (std::size_t k = 0; k < N; ++k) {
            if (p.needs(k)) needed.push_back(points[k]);
        }
        // The formula may leave out an operand that the result was stretched along, or all of them.
        const Variable<T> formula = std::apply(f_, points);
        if (!formula.requires_grad()) return;
        const Variable<T> y = broadcast_to(formula, p.grad().shape(), p.at());
        const std::vector<Variable<T>> gradients =
            grad(y, needed, {.seed = p.grad(), .create_graph = true}, p.at());
        std::size_t next = 0;
        for (std::size_t k = 0; k < N; ++k) {
            if (p.needs(k)) p.add(k, gradients[next++]);
        }
    }

  private:
    template <std::size_t... K>
    static constexpr Saves saved(std::index_sequence<K...>) {
        return (parent(K) | ...);
    }

    static std::array<const Shape*, N> shapes_of(const std::array<const Tensor<T>*, N>& operands) {
        std::array<const Shape*, N> shapes;
        for (std::size_t k = 0; k < N; ++k) shapes[k] = &operands[k]->shape();
        return shapes;
    }

    static std::array<kernels::Lane<T>, N> lanes_of(const std::array<const Tensor<T>*, N>& operands,
                                                    const std::array<std::size_t, N>& offset,
                                                    const std::array<std::size_t, N>& step) {
        std::array<kernels::Lane<T>, N> lanes;
        for (std::size_t k = 0; k < N; ++k) lanes[k] = {operands[k]->data() + offset[k], step[k]};
        return lanes;
    }

    template <class... Where>
    static auto load_all(const std::array<kernels::Lane<T>, N>& lanes, Where... where_and_at) {
        return load_all_at(lanes, std::make_index_sequence<N>{}, where_and_at...);
    }
    template <std::size_t... K, class At>
    static auto load_all_at(const std::array<kernels::Lane<T>, N>& lanes, std::index_sequence<K...>, std::size_t i, const At& at) {
        return at(kernels::load(lanes[K], i)...);
    }
    template <std::size_t... K, class At>
    static auto load_all_at(const std::array<kernels::Lane<T>, N>& lanes, std::index_sequence<K...>, std::size_t i,
                            std::size_t count, const At& at) {
        return at(kernels::load(lanes[K], i, count)...);
    }

    /// The operands as dual numbers: operand k moves along direction k.
    template <std::size_t Directions, class... X>
    static auto duals(const X&... loaded) {
        std::array<Dual<V, Directions>, N> result{Dual<V, Directions>(loaded)...};
        if constexpr (Directions > 0) {
            for (std::size_t k = 0; k < N; ++k) result[k].tangent[k] = V(T(1));
        }
        return result;
    }

    F f_;
};

} // namespace ops

namespace ops {

template <class T, class F, class... X>
Variable<T> fuse(F f, const Location& at, const X&... x) {
    constexpr std::size_t N = sizeof...(X);
    const std::array<Operand<T>, N> operands{Operand<T>(x, at)...};
    std::array<const Tensor<T>*, N> tensors;
    std::array<const Variable<T>*, N> variables;
    Shape shape = operands[0].shape();
    for (std::size_t k = 0; k < N; ++k) {
        tensors[k] = &operands[k].tensor();
        variables[k] = &operands[k].variable();
        shape = broadcast_shapes(shape, operands[k].shape(), "fuse", at);
    }
    Tensor<T> value = Fused<F, T, N>::forward(f, tensors, shape);
    if (detail::thread_mode.anomaly) [[unlikely]] detail::check_anomaly("fuse", "forward", value, at);
    if (!detail::is_tracked<T>(variables)) return Variable<T>(std::move(value), false);
    return detail::append<T>(new Fused<F, T, N>(std::move(f)), std::move(value), variables, at);
}

} // namespace ops

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
template <class F, class A>
    requires Operands<A>
auto fuse(F f, const A& a, Location at = Location::current()) {
    return ops::fuse<element_of<A>>(std::move(f), at, a);
}
/// @copydoc fuse(F, const A&, Location)
template <class F, class A, class B>
    requires Operands<A, B>
auto fuse(F f, const A& a, const B& b, Location at = Location::current()) {
    return ops::fuse<element_of<A, B>>(std::move(f), at, a, b);
}
/// @copydoc fuse(F, const A&, Location)
template <class F, class A, class B, class C>
    requires Operands<A, B, C>
auto fuse(F f, const A& a, const B& b, const C& c, Location at = Location::current()) {
    return ops::fuse<element_of<A, B, C>>(std::move(f), at, a, b, c);
}
/// @copydoc fuse(F, const A&, Location)
template <class F, class A, class B, class C, class D>
    requires Operands<A, B, C, D>
auto fuse(F f, const A& a, const B& b, const C& c, const D& d, Location at = Location::current()) {
    return ops::fuse<element_of<A, B, C, D>>(std::move(f), at, a, b, c, d);
}

} // namespace xgrad

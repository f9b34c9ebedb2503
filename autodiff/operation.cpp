#include <xgrad/autodiff/operation.hpp>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/recorder.hpp>

#include <cmath>
#include <string>

namespace xgrad {

using detail::Index;
using detail::Recorder;
using detail::Sweep;

namespace {

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
        detail::accumulate(static_cast<T*>(adjoint.data()), tensor.data(), tensor.size());
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

#define XGRAD_INSTANTIATE(T)                                                                                             \
    template class Pullback<T>;                                                                                          \
    template class Pushforward<T>;                                                                                       \
    template class Operation<T>;                                                                                         \
    template Variable<T> detail::alias(const Variable<T>&, const Location&);                                             \
    template void detail::check_anomaly(const char*, const char*, const Tensor<T>&, const Location&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

#include <xgrad/autodiff/transforms.hpp>

#include <xgrad/autodiff/recorder.hpp>

#include <algorithm>
#include <string>

namespace xgrad::detail {

template <class T>
Evaluation<T>::Evaluation() : caller_records_(is_recording()) {
    auto& recorder = Recorder<T>::local();
    recorder.trim();
    begin_ = static_cast<Index>(recorder.nodes.size());
    outer_begin_ = std::exchange(recorder.scope_begin, begin_);
}

template <class T>
Evaluation<T>::~Evaluation() {
    auto& recorder = Recorder<T>::local();
    if (!released_) recorder.truncate(begin_);
    recorder.scope_begin = outer_begin_;
}

template <class T>
Variable<T> Evaluation<T>::point(const Variable<T>& x, const Location& at) {
    const bool tracked = x.requires_grad() && caller_records_;
    aliased_ = aliased_ || tracked;
    points_.push_back(tracked ? alias(x, at) : Variable<T>(x.tensor(), true));
    return points_.back();
}

template <class T>
bool Evaluation<T>::is_differentiable() const {
    using Kind = typename Node<T>::Kind;
    if (!caller_records_ || aliased_) return caller_records_;
    const auto& recorder = Recorder<T>::local();
    const auto is_point = [&](const Cell<T>* cell) {
        return std::ranges::any_of(points_, [&](const Variable<T>& point) { return &point.cell() == cell; });
    };
    for (Index i = begin_; i < recorder.nodes.size(); ++i) {
        const Node<T>& node = recorder.nodes[i];
        if (node.kind == Kind::ended || (node.kind == Kind::leaf && !is_point(node.cell))) return true;
        for (const auto& parent : recorder.parents_of(node)) {
            if (parent.index < begin_ && recorder.nodes[parent.index].kind != Kind::constant) return true;
        }
    }
    return false;
}

namespace {

/// Part `index` of the `count` equal parts of an array: the adjoint of Assemble.
template <class T>
struct Part final : Operation<T> {
    Part(std::size_t index, std::size_t count) : Operation<T>(Saves::nothing), index(index), count(count) {}
    const char* name() const noexcept override { return "part"; }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }
    void vjp(Pullback<T>& p) const override {
        std::vector<Variable<T>> parts(count, Variable<T>(Tensor<T>(p.grad().shape(), T(0)), false));
        parts[index] = p.grad();
        p.add(0, assemble(parts, p.shape(0), p.at()));
    }
    std::size_t index, count;
};

template <class T>
Variable<T> part(const Variable<T>& whole, std::size_t index, std::size_t count, const Shape& shape, const Location& at) {
    Tensor<T> value = whole.tensor().slice(index * shape.size(), shape).clone();
    return record<T>("part", std::move(value), {&whole}, at, [&] { return new Part<T>(index, count); });
}

/// Equal parts laid end to end.
template <class T>
struct Assemble final : Operation<T> {
    explicit Assemble(std::size_t count) : Operation<T>(Saves::nothing), count(count) {}
    const char* name() const noexcept override { return "assemble"; }
    std::size_t flops(std::span<const Shape>, const Shape&) const override { return 0; }
    void vjp(Pullback<T>& p) const override {
        for (std::size_t k = 0; k < count; ++k) {
            if (p.needs(k)) p.add(k, part(p.grad(), k, count, p.shape(k), p.at()));
        }
    }
    std::size_t count;
};

} // namespace

template <class T>
Variable<T> assemble(const std::vector<Variable<T>>& parts, const Shape& shape, const Location& at) {
    Tensor<T> value(shape);
    T* out = value.data();
    std::vector<const Variable<T>*> operands;
    for (const Variable<T>& part : parts) {
        out = std::copy_n(part.tensor().data(), part.size(), out);
        operands.push_back(&part);
    }
    if (!is_tracked<T>(operands)) return Variable<T>(std::move(value), false);
    return append<T>(new Assemble<T>(parts.size()), std::move(value), operands, at);
}

template <class T>
void check_tangents(std::span<const Variable<T>> primals, std::span<const Variable<T>> tangents, const Location& at) {
    for (std::size_t k = 0; k < primals.size(); ++k) {
        if (primals[k].shape() == tangents[k].shape()) continue;
        throw ShapeError("jvp: tangent " + std::to_string(k + 1) + " has shape " + to_string(tangents[k].shape()) +
                             ", its primal " + to_string(primals[k].shape()),
                         at);
    }
}

#define XGRAD_INSTANTIATE(T)                                                                                             \
    template class Evaluation<T>;                                                                                        \
    template Variable<T> assemble(const std::vector<Variable<T>>&, const Shape&, const Location&);                       \
    template void check_tangents(std::span<const Variable<T>>, std::span<const Variable<T>>, const Location&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::detail

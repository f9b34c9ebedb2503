#include <xgrad/ops/cross_entropy.hpp>

#include <xgrad/ops/line_kernels.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/softmax.hpp>
#include <xgrad/ops/activation.hpp>

#include <cmath>
#include <string>

namespace xgrad {

using ops::Batch;
using ops::kernels::for_each_batch;
using ops::kernels::Largest;
using ops::kernels::load;
using ops::kernels::reduce_row;
using ops::kernels::Smallest;
using ops::kernels::store;
using ops::kernels::Sum;

namespace {

/// The adjoint of each loss, given that of the reduced loss.
template <class T>
Variable<T> adjoint_of_losses(const Variable<T>& g, Reduction reduction, std::size_t n) {
    return reduction == Reduction::mean ? g / static_cast<double>(n) : g;
}

template <class T>
class CrossEntropy final : public Operation<T> {
  public:
    /// Of each row the largest logit and log(sum(e^(x - largest))).
    struct Normalizer {
        T largest, log_total;
    };

    CrossEntropy(Tensor<std::int64_t> labels, Tensor<Normalizer> normalizers, Reduction reduction)
        : Operation<T>(parent(0)), labels_(std::move(labels)), normalizers_(std::move(normalizers)),
          reduction_(reduction) {}

    const char* name() const noexcept override { return "cross_entropy"; }

    static Normalizer normalizer(const T* x, std::size_t classes) {
        const T largest = reduce_row<Largest, T>(classes, [=](auto i, auto n) { return load(x + i, n); });
        const double total = reduce_row<Sum, T>(classes, [=, shift = Batch<T>(largest)](auto i, auto n) {
            return Batch<T>(exp(load(x + i, n) - shift));
        });
        return {largest, static_cast<T>(std::log(total))};
    }

    void vjp(Pullback<T>& p) const override {
        const Variable<T> x = p.parent(0);
        const std::size_t rows = labels_.size(), classes = x.shape().back();
        Tensor<T> one_hot(x.shape(), T(0));
        for (std::size_t i = 0; i < rows; ++i) one_hot.data()[i * classes + label(i)] = 1;
        Variable<T> g = adjoint_of_losses(p.grad(), reduction_, rows);
        if (reduction_ == Reduction::none && x.rank() == 2) g = reshape(g, {rows, 1});
        p.add(0, (softmax(x) - Variable<T>(one_hot, false)) * g);
    }

    void backward(Pullback<T>& p) const override {
        using V = Batch<T>;
        const std::size_t rows = labels_.size(), classes = p.shape(0).back();
        const Variable<T> adjoint = adjoint_of_losses(p.grad(), reduction_, rows);
        const T* const g = adjoint.tensor().data();
        const T* x = p.tensor(0).data();
        auto [to, fresh] = p.target(0, false);
        for (std::size_t row = 0; row < rows; ++row, x += classes, to += classes) {
            const auto [largest, log_total] = normalizers_.data()[row];
            const T scale = reduction_ == Reduction::none ? g[row] : *g;
            for_each_batch<T>(classes, [&, shift = V(largest), log_sum = V(log_total)](auto i, auto n) {
                const V dx = exp((load(x + i, n) - shift) - log_sum) * V(scale);
                store(fresh ? dx : load(to + i, n) + dx, to + i, n);
            });
            to[label(row)] -= scale;
        }
    }

    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        return 3 * parents[0].size();
    }

  private:
    std::size_t label(std::size_t row) const { return static_cast<std::size_t>(labels_.data()[row]); }

    Tensor<std::int64_t> labels_;
    Tensor<Normalizer> normalizers_;
    Reduction reduction_;
};

void check_labels(const Shape& logits, const Tensor<std::int64_t>& labels, const Location& at) {
    const auto fail = [&](const std::string& what) { throw ShapeError("cross_entropy: " + what, at); };
    if (logits.rank() != 1 && logits.rank() != 2) {
        fail("the logits must have the shape (N, C), or (C), not " + to_string(logits));
    }
    const std::size_t classes = logits.back();
    const bool single = logits.rank() == 1;
    if (labels.shape() != (single ? Shape{} : Shape{logits[0]})) {
        fail("logits of shape " + to_string(logits) + " need " +
             (single ? "a single label" : "labels of shape " + to_string(Shape{logits[0]})) +
             ", not labels of shape " + to_string(labels.shape()));
    }
    if (logits.size() == 0) {
        throw ValueError(std::string("cross_entropy: ") +
                             (classes == 0 ? "there are no classes" : "the batch is empty") +
                             ": logits of shape " + to_string(logits),
                         at);
    }
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const std::int64_t label = labels.data()[row];
        if (label >= 0 && static_cast<std::size_t>(label) < classes) continue;
        throw IndexError("cross_entropy: label " + std::to_string(label) + " in row " + std::to_string(row) +
                             " is not in [0, " + std::to_string(classes) + ")",
                         at);
    }
}

/// log(1 + e^-|x|) + max(x, 0) - x t.
template <class T>
Batch<T> binary_loss(const Batch<T>& x, const Batch<T>& t) {
    return log1p(exp(-abs(x))) + max(x, Batch<T>(T(0))) - x * t;
}

template <class T>
class BinaryCrossEntropy final : public Operation<T> {
  public:
    explicit BinaryCrossEntropy(Reduction reduction)
        : Operation<T>(parent(0) | parent(1)), reduction_(reduction) {}

    const char* name() const noexcept override { return "binary_cross_entropy_with_logits"; }

    void vjp(Pullback<T>& p) const override {
        const Variable<T> x = p.parent(0), t = p.parent(1);
        const Variable<T> g = adjoint_of_losses(p.grad(), reduction_, x.size());
        if (p.needs(0)) p.add(0, (sigmoid(x) - t) * g);
        if (p.needs(1)) p.add(1, -x * g);
    }

    void backward(Pullback<T>& p) const override {
        const std::size_t n = p.tensor(0).size();
        const Variable<T> adjoint = adjoint_of_losses(p.grad(), reduction_, n);
        const T* const x = p.tensor(0).data();
        const T* const t = p.tensor(1).data();
        const T* const g = adjoint.tensor().data();
        const auto accumulate = [&](std::size_t k, const auto& derivative) {
            if (!p.needs(k)) return;
            const auto [to, fresh] = p.target(k, false);
            for_each_batch<T>(n, [&, to = to, fresh = fresh](auto i, auto count) {
                const Batch<T> scale = reduction_ == Reduction::none ? load(g + i, count) : Batch<T>(*g);
                const Batch<T> d = derivative(load(x + i, count), load(t + i, count)) * scale;
                store(fresh ? d : load(to + i, count) + d, to + i, count);
            });
        };
        accumulate(0, [](const Batch<T>& logit, const Batch<T>& target) {
            return Batch<T>(sigmoid(logit) - target);
        });
        accumulate(1, [](const Batch<T>& logit, const Batch<T>&) { return -logit; });
    }

    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        return 5 * parents[0].size();
    }

  private:
    Reduction reduction_;
};

template <class T>
void check_targets(const Tensor<T>& logits, const Tensor<T>& targets, Reduction reduction,
                   const Location& at) {
    const auto message = [](const std::string& what) { return "binary_cross_entropy_with_logits: " + what; };
    if (logits.shape() != targets.shape()) {
        throw ShapeError(message("logits of shape " + to_string(logits.shape()) +
                                 " need targets of the same shape, not " + to_string(targets.shape())),
                         at);
    }
    if (logits.size() == 0 && reduction == Reduction::mean) {
        throw ValueError(
            message("there is nothing to take the mean of in an array of shape " + to_string(logits.shape())),
            at);
    }
    const auto outside = [](T target) { return !(target >= 0 && target <= 1); };
    const auto at_index = [&](auto i, auto n) { return load(targets.data() + i, n); };
    if (targets.size() == 0 || !(outside(reduce_row<Smallest, T>(targets.size(), at_index)) ||
                                 outside(reduce_row<Largest, T>(targets.size(), at_index)))) {
        return;
    }
    const T* const first = std::find_if(targets.begin(), targets.end(), outside);
    throw ValueError(message("target " + std::to_string(*first) + " of element " +
                             std::to_string(first - targets.data()) + " is not in [0, 1]"),
                     at);
}

} // namespace

namespace ops {

template <class T>
Variable<T> cross_entropy(const Variable<T>& logits, Tensor<std::int64_t> labels, Reduction reduction,
                          const Location& at) {
    check_labels(logits.shape(), labels, at);
    const std::size_t rows = labels.size(), classes = logits.shape().back();
    Tensor<typename CrossEntropy<T>::Normalizer> normalizers(labels.shape());
    Tensor<T> losses(reduction == Reduction::none ? labels.shape() : Shape{});
    double total = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const T* const x = logits.tensor().data() + row * classes;
        const auto [largest, log_total] = normalizers.data()[row] = CrossEntropy<T>::normalizer(x, classes);
        const T loss = log_total - (x[labels.data()[row]] - largest);
        total += static_cast<double>(loss);
        if (reduction == Reduction::none) losses.data()[row] = loss;
    }
    if (reduction == Reduction::mean) total /= static_cast<double>(rows);
    if (reduction != Reduction::none) *losses.data() = static_cast<T>(total);
    return record<T>("cross_entropy", std::move(losses), {&logits}, at, [&] {
        return new CrossEntropy<T>(std::move(labels), std::move(normalizers), reduction);
    });
}

template <class T>
Variable<T> binary_cross_entropy_with_logits(const Operand<T>& logits, const Operand<T>& targets,
                                             Reduction reduction) {
    check_targets(logits.tensor(), targets.tensor(), reduction, logits.at());
    const std::size_t n = logits.tensor().size();
    const T* const x = logits.tensor().data();
    const T* const t = targets.tensor().data();
    const auto loss = [=](auto i, auto count) {
        return binary_loss<T>(load(x + i, count), load(t + i, count));
    };
    Tensor<T> losses(reduction == Reduction::none ? logits.shape() : Shape{});
    if (reduction == Reduction::none) {
        for_each_batch<T>(n, [&](auto i, auto count) { store(loss(i, count), losses.data() + i, count); });
    } else {
        const double total = reduce_row<Sum, T>(n, loss);
        *losses.data() =
            static_cast<T>(reduction == Reduction::mean ? total / static_cast<double>(n) : total);
    }
    return record<T>("binary_cross_entropy_with_logits", std::move(losses),
                     {&logits.variable(), &targets.variable()}, logits.at(),
                     [&] { return new BinaryCrossEntropy<T>(reduction); });
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> cross_entropy(const Variable<T>&, Tensor<std::int64_t>, Reduction,                  \
                                       const Location&);                                                     \
    template Variable<T> binary_cross_entropy_with_logits(const Operand<T>&, const Operand<T>&, Reduction);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace ops

} // namespace xgrad

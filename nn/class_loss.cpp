#include <xgrad/nn/class_loss.hpp>

#include <xgrad/nn/loss_checks.hpp>
#include <xgrad/ops/activation.hpp>
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/piecewise.hpp>
#include <xgrad/ops/softmax.hpp>

#include <algorithm>
#include <cmath>

namespace xgrad::nn {

namespace {

/// Scores of C classes for N examples, (N, C) or (C), that a loss may take.
class Classes {
  public:
    Classes(const char* loss, const char* what, const Shape& scores, const Location& at)
        : loss_(loss), what_(what), scores_(scores), at_(at) {
        if (scores.rank() != 1 && scores.rank() != 2) {
            throw ShapeError(
                message(std::string("the ") + what + " must have the shape (N, C), or (C), not " + to_string(scores)),
                at);
        }
        if (scores.back() == 0) {
            throw ValueError(message(std::string("there are no classes: ") + what + " of shape " + to_string(scores)),
                             at);
        }
    }

    std::size_t count() const { return scores_.back(); }
    /// (N), or () for a single example.
    Shape examples() const { return scores_.rank() == 1 ? Shape{} : Shape{scores_[0]}; }

    /// @throws ShapeError, IndexError if the labels do not fit
    void check_labels(const Tensor<std::int64_t>& labels, const std::int64_t* ignored) const {
        if (labels.shape() != examples()) {
            throw ShapeError(
                message(std::string(what_) + " of shape " + to_string(scores_) + " need " +
                        (scores_.rank() == 1 ? "a single label" : "labels of shape " + to_string(examples())) +
                        ", not labels of shape " + to_string(labels.shape())),
                at_);
        }
        for (std::size_t row = 0; row < labels.size(); ++row) {
            const std::int64_t label = labels.data()[row];
            if ((label >= 0 && static_cast<std::size_t>(label) < count()) || (ignored && label == *ignored)) continue;
            throw IndexError(message("label " + std::to_string(label) + " in row " + std::to_string(row) +
                                     " is not in [0, " + std::to_string(count()) + ")"),
                             at_);
        }
    }

    /// @throws ShapeError, ValueError if the weights are not one nonnegative number for each class
    void check_weights(const std::vector<double>& weight) const {
        if (weight.empty()) return;
        if (weight.size() != count()) {
            throw ShapeError(message("there are " + std::to_string(weight.size()) + " weights for " +
                                     std::to_string(count()) + " classes"),
                             at_);
        }
        for (std::size_t k = 0; k < weight.size(); ++k) {
            if (weight[k] >= 0 && std::isfinite(weight[k])) continue;
            throw ValueError(message("the weight " + std::to_string(weight[k]) + " of class " + std::to_string(k) +
                                     " is not a number from 0 on"),
                             at_);
        }
    }

    /// The weights as an array (C).
    template <class T>
    Variable<T> weights(const std::vector<double>& weight) const {
        Tensor<T> all(Shape{count()}, T(1));
        std::transform(weight.begin(), weight.end(), all.begin(), [](double w) { return static_cast<T>(w); });
        return Variable<T>(std::move(all), false);
    }

    /// For each example the score of its class; of the first class if it is ignored.
    template <class T>
    Variable<T> pick(const Variable<T>& scores, const Tensor<std::int64_t>& labels) const {
        Tensor<std::int64_t> index = labels.clone();
        for (std::int64_t& label : index) {
            if (label < 0 || static_cast<std::size_t>(label) >= count()) label = 0;
        }
        Shape column = labels.shape();
        column.push_back(1, at_);
        const ArrayRef<std::int64_t> indices(index.reshaped(column));
        return reshape(gather(scores, -1, Indices(indices, at_), at_), labels.shape(), at_);
    }

    std::string message(const std::string& what) const { return std::string(loss_) + ": " + what; }

  private:
    const char* loss_;
    const char* what_;
    Shape scores_;
    Location at_;
};

void check_smoothing(double smoothing, const Location& at) {
    if (smoothing >= 0 && smoothing <= 1) return;
    throw ValueError("cross_entropy: label_smoothing is " + std::to_string(smoothing) + ", not in [0, 1]", at);
}

/// -(1 - s) w_k l_k - s / C sum_c w_c l_c for each row l, reduced.
template <class T>
Variable<T> weighted_nll(const Classes& classes, const Variable<T>& logs, const Tensor<std::int64_t>& labels,
                         const CrossEntropyOptions& options, const Location& at) {
    // What each example counts for.
    Tensor<T> counts(labels.shape(), T(1));
    bool ignores = false;
    double total = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const std::int64_t label = labels.data()[i];
        const bool ignored = label == options.ignore_index;
        ignores |= ignored;
        const double weight = ignored                  ? 0
                              : options.weight.empty() ? 1
                                                       : options.weight[static_cast<std::size_t>(label)];
        counts.data()[i] = static_cast<T>(weight);
        total += weight;
    }
    if (options.reduction == Reduction::mean && !(total > 0)) {
        throw ValueError(
            classes.message(labels.size() == 0 ? "there is nothing to take the mean of in a batch of no examples"
                            : ignores && options.weight.empty()
                                ? "there is nothing to take the mean of: every label is ignored"
                                : "there is nothing to take the mean of: the weights of the labels add up to 0"),
            at);
    }
    const auto times = [&](const Variable<T>& a, const auto& b) {
        return multiply<T>(Operand<T>(a, at), Operand<T>(b, at));
    };
    const double smoothing = options.label_smoothing;
    Variable<T> losses = times(classes.pick(logs, labels), Variable<T>(counts, false));
    if (smoothing > 0) {
        const Variable<T> all = options.weight.empty() ? logs : times(logs, classes.weights<T>(options.weight));
        const Variable<T> spread = times(sum(all, -1, false, at), smoothing / static_cast<double>(classes.count()));
        losses = add<T>(Operand<T>(times(losses, 1 - smoothing), at), Operand<T>(spread, at));
    }
    if (ignores) { // a choice, since 0 times an infinity would be NaN
        Tensor<T> kept(labels.shape());
        std::transform(labels.begin(), labels.end(), kept.begin(),
                       [&](std::int64_t label) { return label == options.ignore_index ? T(0) : T(1); });
        losses = xgrad::where(Variable<T>(std::move(kept), false), losses, 0, at);
    }
    if (options.reduction == Reduction::none) return negative<T>(Operand<T>(losses, at));
    return times(sum(losses, {}, false, at), options.reduction == Reduction::sum ? -1 : -1 / total);
}

} // namespace

template <class T>
Variable<T> detail::cross_entropy(const Variable<T>& logits, const Tensor<std::int64_t>& labels,
                                  const CrossEntropyOptions& options, const Location& at) {
    const Classes classes("cross_entropy", "logits", logits.shape(), at);
    classes.check_labels(labels, &options.ignore_index);
    classes.check_weights(options.weight);
    check_smoothing(options.label_smoothing, at);
    const bool ignores = std::find(labels.begin(), labels.end(), options.ignore_index) != labels.end();
    if (options.weight.empty() && options.label_smoothing == 0 && !ignores && labels.size() > 0) {
        return ops::cross_entropy(logits, labels, options.reduction, at);
    }
    return weighted_nll(classes, log_softmax(logits, -1, at), labels, options, at);
}

template <class T>
Variable<T> detail::nll_loss(const Variable<T>& log_probabilities, const Tensor<std::int64_t>& labels,
                             const NllOptions& options, const Location& at) {
    const Classes classes("nll_loss", "log-probabilities", log_probabilities.shape(), at);
    classes.check_labels(labels, &options.ignore_index);
    classes.check_weights(options.weight);
    return weighted_nll(
        classes, log_probabilities, labels,
        {.weight = options.weight, .ignore_index = options.ignore_index, .reduction = options.reduction}, at);
}

template <class T>
Variable<T> detail::soft_cross_entropy(const Operand<T>& logits, const Operand<T>& probabilities,
                                       const CrossEntropyOptions& options) {
    const Location& at = logits.at();
    const Classes classes("cross_entropy", "logits", logits.shape(), at);
    check_same_shape("cross_entropy", "logits", logits.shape(), "probabilities", probabilities.shape(), at);
    check_probabilities("cross_entropy", "probability", probabilities.tensor(), at);
    classes.check_weights(options.weight);
    check_smoothing(options.label_smoothing, at);
    check_mean("cross_entropy", options.reduction, classes.examples().size(), logits.shape(), at);
    const auto times = [&](const Variable<T>& a, const auto& b) {
        return multiply<T>(Operand<T>(a, at), Operand<T>(b, at));
    };
    Variable<T> target = probabilities.variable();
    if (const double smoothing = options.label_smoothing; smoothing > 0) {
        target = add<T>(Operand<T>(times(target, 1 - smoothing), at),
                        Operand<T>(smoothing / static_cast<double>(classes.count()), at));
    }
    if (!options.weight.empty()) target = times(target, classes.weights<T>(options.weight));
    const Variable<T> gains = sum(times(log_softmax(logits.variable(), -1, at), target), -1, false, at);
    return reduced(negative<T>(Operand<T>(gains, at)), options.reduction, at);
}

template <class T>
Variable<T> detail::multi_margin_loss(const Variable<T>& scores, const Tensor<std::int64_t>& labels,
                                      const MultiMarginOptions& options, const Location& at) {
    const Classes classes("multi_margin_loss", "scores", scores.shape(), at);
    classes.check_labels(labels, nullptr);
    if (!(options.margin > 0)) {
        throw ValueError("multi_margin_loss: the margin is " + std::to_string(options.margin) + ", not above 0", at);
    }
    check_mean("multi_margin_loss", options.reduction, labels.size(), scores.shape(), at);
    // The class itself adds the whole margin, which the last line takes off.
    Shape column = labels.shape();
    column.push_back(1, at);
    const Variable<T> right = reshape(classes.pick(scores, labels), column, at);
    const Variable<T> ahead = add<T>(Operand<T>(subtract<T>(Operand<T>(scores, at), Operand<T>(right, at)), at),
                                     Operand<T>(options.margin, at));
    const auto n = static_cast<double>(classes.count());
    const Variable<T> margins = divide<T>(Operand<T>(sum(relu(ahead, at), -1, false, at), at), Operand<T>(n, at));
    return reduced(subtract<T>(Operand<T>(margins, at), Operand<T>(options.margin / n, at)), options.reduction, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template Variable<T> detail::cross_entropy(const Variable<T>&, const Tensor<std::int64_t>&,                        \
                                               const CrossEntropyOptions&, const Location&);                           \
    template Variable<T> detail::nll_loss(const Variable<T>&, const Tensor<std::int64_t>&, const NllOptions&,          \
                                          const Location&);                                                            \
    template Variable<T> detail::soft_cross_entropy(const Operand<T>&, const Operand<T>&, const CrossEntropyOptions&); \
    template Variable<T> detail::multi_margin_loss(const Variable<T>&, const Tensor<std::int64_t>&,                    \
                                                   const MultiMarginOptions&, const Location&);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::nn

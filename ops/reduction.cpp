// The rules of the reductions. One is a small struct like that of an elementwise operation: its derivative is
// a formula over any number type V of an element x and of two numbers a and b that all elements which became
// one share. With SIMD batches for V it is the loop of the backward pass, with Variables a graph.
#include <xgrad/ops/reduction.hpp>

#include <xgrad/ops/reduction_kernels.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/piecewise.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace xgrad {

namespace {

using ops::Batch;
using ops::ReducedShape;
using ops::kernels::Largest;
using ops::kernels::Smallest;
using ops::kernels::Sum;

/// What the elements that became one share in the formula of their derivative; of the shape `kept`.
template <class T>
struct Coefficients {
    Variable<T> a, b;
};

/// What they are computed from: the operand and the result, if the rule saves them, the adjoint g, and the
/// shape `kept`.
template <class T>
struct Reduced {
    Variable<T> x, y, g;
    const Shape& kept;
};

/// 1 where a comparison holds and 0 elsewhere, over batches as over Variables.
template <class T, class A>
xsimd::batch<T, A> mask(const xsimd::batch_bool<T, A>& holds) {
    return select(holds, xsimd::batch<T, A>(T(1)), xsimd::batch<T, A>(T(0)));
}
template <class T>
const Variable<T>& mask(const Variable<T>& holds) {
    return holds;
}

/// g / y, but 0 where y is 0: there the derivative is defined as 0.
template <class T>
Variable<T> divide_unless_zero(const Variable<T>& g, const Variable<T>& y) {
    const Variable<T> zero = y <= 0;
    return where(zero, 0, g / where(zero, 1, y));
}

/// How many elements of each group `is_tied` with the group's result: a constant.
template <class T, class Tied>
Variable<T> count_ties(const Reduced<T>& r, const Tied& is_tied) {
    const auto one_if_tied = [&]<class V>(const V& x, const V& y) {
        return ops::kernels::choose(is_tied(x, y), V(1), V(0));
    };
    return Variable<T>(ops::reduce<Sum>(r.x.tensor(), r.kept, one_if_tied, r.y.tensor()), false);
}

struct SumRule {
    static constexpr const char* name = "sum";
    static constexpr Saves saves = Saves::nothing;
    static constexpr std::size_t flops = 1; ///< for each element
    template <class T>
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        return {r.g, {}};
    }
    template <class V>
    V vjp(const V&, const V& a, const V&) const {
        return a;
    }
};

struct MeanRule {
    static constexpr const char* name = "mean";
    static constexpr Saves saves = Saves::nothing;
    static constexpr std::size_t flops = 1;
    double n;
    template <class T>
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        return {r.g / n, {}};
    }
    template <class V>
    V vjp(const V&, const V& a, const V&) const {
        return a;
    }
};

struct VarRule {
    static constexpr const char* name = "var";
    static constexpr Saves saves = parent(0);
    static constexpr std::size_t flops = 4;
    double n, degrees;
    template <class T>
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        return {r.g * (2 / degrees), sum_to(r.x, r.kept) / n};
    }
    template <class V>
    V vjp(const V& x, const V& a, const V& mean) const {
        return a * (x - mean);
    }
};

struct StddevRule {
    static constexpr const char* name = "stddev";
    static constexpr Saves saves = parent(0) | Saves::result;
    static constexpr std::size_t flops = 4;
    double n, degrees;
    template <class T>
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        return {divide_unless_zero(r.g / degrees, r.y), sum_to(r.x, r.kept) / n};
    }
    template <class V>
    V vjp(const V& x, const V& a, const V& mean) const {
        return a * (x - mean);
    }
};

struct MaxRule {
    static constexpr const char* name = "max";
    static constexpr Saves saves = parent(0) | Saves::result;
    static constexpr std::size_t flops = 1;
    template <class T>
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        return {r.g / count_ties(r, [](const auto& x, const auto& y) { return x == y; }), r.y};
    }
    template <class V>
    V vjp(const V& x, const V& a, const V& y) const {
        return mask(x >= y) * a;
    }
};

struct MinRule {
    static constexpr const char* name = "min";
    static constexpr Saves saves = parent(0) | Saves::result;
    static constexpr std::size_t flops = 1;
    template <class T>
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        return {r.g / count_ties(r, [](const auto& x, const auto& y) { return x == y; }), r.y};
    }
    template <class V>
    V vjp(const V& x, const V& a, const V& y) const {
        return mask(x <= y) * a;
    }
};

struct Norm1Rule {
    static constexpr const char* name = "norm";
    static constexpr Saves saves = parent(0);
    static constexpr std::size_t flops = 2;
    template <class T>
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        return {r.g, {}};
    }
    template <class V>
    V vjp(const V& x, const V& a, const V&) const {
        return sign(x) * a;
    }
};

struct Norm2Rule {
    static constexpr const char* name = "norm";
    static constexpr Saves saves = parent(0) | Saves::result;
    static constexpr std::size_t flops = 2;
    template <class T>
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        return {divide_unless_zero(r.g, r.y), {}};
    }
    template <class V>
    V vjp(const V& x, const V& a, const V&) const {
        return x * a;
    }
};

struct NormInfRule {
    static constexpr const char* name = "norm";
    static constexpr Saves saves = parent(0) | Saves::result;
    static constexpr std::size_t flops = 2;
    template <class T>
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        return {r.g / count_ties(r, [](const auto& x, const auto& y) { return x == y || x == -y; }), r.y};
    }
    template <class V>
    V vjp(const V& x, const V& a, const V& y) const {
        const V s = sign(x);
        return mask(s * x >= y) * s * a;
    }
};

template <class T>
struct LogsumexpRule {
    static constexpr const char* name = "logsumexp";
    static constexpr Saves saves = parent(0) | Saves::result;
    static constexpr std::size_t flops = 3;
    Tensor<T> correction; ///< e^(y - y'), where y' is what y was before it was rounded
    Coefficients<T> coefficients(const Reduced<T>& r) const {
        // Where all elements are -inf, so is y, and e^(x - y) would be NaN.
        return {r.g * Variable<T>(correction, false), where(r.y < std::numeric_limits<T>::lowest(), 0, r.y)};
    }
    template <class V>
    V vjp(const V& x, const V& a, const V& y) const {
        return a * exp(x - y);
    }
};

/// The node of a reduction.
template <class Rule, class T>
class Reduce final : public Operation<T> {
  public:
    Reduce(const Rule& rule, const Shape& kept) : Operation<T>(Rule::saves), rule_(rule), kept_(kept) {}

    const char* name() const noexcept override { return Rule::name; }

    void vjp(Pullback<T>& p) const override {
        const auto [a, b] = coefficients(p);
        p.add(0, broadcast_to(rule_.vjp(p.parent(0), a, b), p.shape(0)));
    }

    void backward(Pullback<T>& p) const override {
        const Coefficients<T> c = coefficients(p);
        const auto formula = [this](const auto& x, const auto& a, const auto& b) {
            return rule_.vjp(x, a, b);
        };
        ops::spread(formula, contains(Rule::saves, parent(0)) ? p.tensor(0) : Tensor<T>(), p.shape(0),
                    c.a.tensor(), c.b.defined() ? c.b.tensor() : Tensor<T>(), p.target(0, false));
    }

    /// The sum and the mean of all elements: each gets the same.
    bool prepare(Pullback<T>& p, ElementwiseStep<T>& step) const override {
        if (Rule::saves != Saves::nothing || kept_.size() != 1) return false;
        step.size = p.shape(0).size();
        step.targets[0] = p.target(0, false);
        step.held = coefficients(p).a.tensor();
        return true;
    }
    void run(const ElementwiseStep<T>& step, std::size_t begin, std::size_t end) const override {
        const auto [data, fresh] = step.targets[0];
        const Tensor<T> share = step.held;
        ops::spread([](const auto&, const auto& a, const auto&) { return a; }, Tensor<T>(), {end - begin}, share, Tensor<T>(),
                    {data + begin, fresh});
    }

    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        return Rule::flops * parents[0].size();
    }

  private:
    Coefficients<T> coefficients(const Pullback<T>& p) const {
        Variable<T> y;
        if constexpr (contains(Rule::saves, Saves::result)) y = reshape(p.result(), kept_);
        return rule_.coefficients(Reduced<T>{p.parent(0), y, reshape(p.grad(), kept_), kept_});
    }

    Rule rule_;
    Shape kept_;
};

/// Records `value`, of the shape `reduced.kept`, as the result of reducing x.
template <class Rule, class T>
Variable<T> record_reduction(const Rule& rule, const Tensor<T>& value, const Variable<T>& x,
                             const ReducedShape& reduced, const Location& at) {
    return record<T>(Rule::name, value.reshaped(reduced.result), {&x}, at,
                     [&] { return new Reduce<Rule, T>(rule, reduced.kept); });
}

/// @throws ValueError if a reduction without an identity would have to make an element of nothing
void check_not_empty(const Shape& shape, const ReducedShape& reduced, const char* operation,
                     const Location& at) {
    if (reduced.count > 0 || reduced.kept.size() == 0) return;
    throw ValueError(
        std::string(operation) + ": there is nothing to reduce in an array of shape " + to_string(shape), at);
}

template <class T>
Tensor<T>& divide_by(Tensor<T>& tensor, double n) {
    for (T& element : tensor) element = static_cast<T>(element / n);
    return tensor;
}

/// sum((x - mean)^2) / degrees.
template <class T>
Tensor<T> variance(const Tensor<T>& x, const ReducedShape& reduced, double degrees) {
    const auto difference = [](const auto& element, const auto& mean) { return element - mean; };
    const auto square = [](const auto& element, const auto& mean) {
        return (element - mean) * (element - mean);
    };
    Tensor<T> mean = ops::reduce<Sum>(x, reduced.kept);
    divide_by(mean, static_cast<double>(reduced.count));
    const auto second_pass = [&] {
        Tensor<T> result = ops::reduce<Sum>(x, reduced.kept, square, mean);
        return divide_by(result, degrees);
    };
    Tensor<T> result = second_pass();
    // The rounding of the mean must not pass for variance: equal elements have none.
    bool rounding = false;
    for (std::size_t i = 0; i < result.size(); ++i) {
        const double error =
            8 * static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(mean.data()[i]);
        rounding = rounding || static_cast<double>(result.data()[i]) <= error * error;
    }
    if (!rounding) return result;
    Tensor<T> correction = ops::reduce<Sum>(x, reduced.kept, difference, mean);
    divide_by(correction, static_cast<double>(reduced.count));
    for (std::size_t i = 0; i < mean.size(); ++i) mean.data()[i] += correction.data()[i];
    return second_pass();
}

/// sqrt(sum(x^2)) without overflow or underflow.
template <class T>
Tensor<T> euclidean_norm(const Tensor<T>& x, const Shape& kept) {
    constexpr T smallest = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
    Tensor<T> result =
        ops::reduce<Sum>(x, kept, [](const auto& element, const auto&) { return element * element; });
    bool safe = true;
    for (T& element : result) {
        safe = safe && element >= smallest && element <= std::numeric_limits<T>::max();
        element = std::sqrt(element);
    }
    if (safe) return result;
    Tensor<T> scale = ops::reduce<Largest>(x, kept, [](const auto& element, const auto&) {
        using std::abs;
        return abs(element);
    });
    for (T& element : scale) element = element == 0 || std::isinf(element) ? T(1) : element;
    result = ops::reduce<Sum>(
        x, kept, [](const auto& element, const auto& c) { return (element / c) * (element / c); }, scale);
    for (std::size_t i = 0; i < result.size(); ++i)
        result.data()[i] = scale.data()[i] * std::sqrt(result.data()[i]);
    return result;
}

} // namespace

template <class T>
Variable<T> sum(const Variable<T>& x, const Axes& axes, bool keepdims, Location at) {
    const ReducedShape reduced = ops::reduced_shape(x.shape(), axes, keepdims, "sum", at);
    return record_reduction(SumRule{}, ops::reduce<Sum>(x.tensor(), reduced.kept), x, reduced, at);
}

template <class T>
Variable<T> mean(const Variable<T>& x, const Axes& axes, bool keepdims, Location at) {
    const ReducedShape reduced = ops::reduced_shape(x.shape(), axes, keepdims, "mean", at);
    check_not_empty(x.shape(), reduced, "mean", at);
    Tensor<T> value = ops::reduce<Sum>(x.tensor(), reduced.kept);
    const auto n = static_cast<double>(reduced.count);
    return record_reduction(MeanRule{n}, divide_by(value, n), x, reduced, at);
}

namespace {

/// Both var() and stddev().
template <class Rule, class T>
Variable<T> spread_of(const Variable<T>& x, const Axes& axes, bool keepdims, std::size_t ddof,
                      const Location& at) {
    const ReducedShape reduced = ops::reduced_shape(x.shape(), axes, keepdims, Rule::name, at);
    if (reduced.count <= ddof && reduced.kept.size() > 0) {
        throw ValueError(std::string(Rule::name) + ": needs more than " + std::to_string(ddof) +
                             " elements (ddof), not " + std::to_string(reduced.count) +
                             ", in an array of shape " + to_string(x.shape()),
                         at);
    }
    const auto n = static_cast<double>(reduced.count), degrees = n - static_cast<double>(ddof);
    Tensor<T> value = variance(x.tensor(), reduced, degrees);
    if constexpr (std::same_as<Rule, StddevRule>) {
        for (T& element : value) element = std::sqrt(element);
    }
    return record_reduction(Rule{n, degrees}, value, x, reduced, at);
}

} // namespace

template <class T>
Variable<T> var(const Variable<T>& x, const Axes& axes, bool keepdims, std::size_t ddof, Location at) {
    return spread_of<VarRule>(x, axes, keepdims, ddof, at);
}

template <class T>
Variable<T> stddev(const Variable<T>& x, const Axes& axes, bool keepdims, std::size_t ddof, Location at) {
    return spread_of<StddevRule>(x, axes, keepdims, ddof, at);
}

template <class T>
Variable<T> max(const Variable<T>& x, const Axes& axes, bool keepdims, Location at) {
    const ReducedShape reduced = ops::reduced_shape(x.shape(), axes, keepdims, "max", at);
    check_not_empty(x.shape(), reduced, "max", at);
    return record_reduction(MaxRule{}, ops::reduce<Largest>(x.tensor(), reduced.kept), x, reduced, at);
}

template <class T>
Variable<T> min(const Variable<T>& x, const Axes& axes, bool keepdims, Location at) {
    const ReducedShape reduced = ops::reduced_shape(x.shape(), axes, keepdims, "min", at);
    check_not_empty(x.shape(), reduced, "min", at);
    return record_reduction(MinRule{}, ops::reduce<Smallest>(x.tensor(), reduced.kept), x, reduced, at);
}

template <class T>
Variable<T> norm(const Variable<T>& x, double order, const Axes& axes, bool keepdims, Location at) {
    const ReducedShape reduced = ops::reduced_shape(x.shape(), axes, keepdims, "norm", at);
    const auto magnitude = [](const auto& element, const auto&) {
        using std::abs;
        return abs(element);
    };
    if (order == 1) {
        return record_reduction(Norm1Rule{}, ops::reduce<Sum>(x.tensor(), reduced.kept, magnitude), x,
                                reduced, at);
    }
    if (order == 2)
        return record_reduction(Norm2Rule{}, euclidean_norm(x.tensor(), reduced.kept), x, reduced, at);
    if (order == std::numeric_limits<double>::infinity()) {
        check_not_empty(x.shape(), reduced, "norm", at);
        return record_reduction(NormInfRule{}, ops::reduce<Largest>(x.tensor(), reduced.kept, magnitude), x,
                                reduced, at);
    }
    throw ValueError("norm: the order must be 1, 2 or infinity, not " + std::to_string(order), at);
}

template <class T>
Variable<T> logsumexp(const Variable<T>& x, const Axes& axes, bool keepdims, Location at) {
    const ReducedShape reduced = ops::reduced_shape(x.shape(), axes, keepdims, "logsumexp", at);
    Tensor<T> shift = ops::reduce<Largest>(x.tensor(), reduced.kept);
    for (T& element : shift) element = std::isfinite(element) ? element : T(0);
    const auto shifted_exp = [](const auto& element, const auto& largest) {
        using std::exp;
        return exp(element - largest);
    };
    Tensor<T> value = ops::reduce<Sum>(x.tensor(), reduced.kept, shifted_exp, shift);
    Tensor<T> correction(reduced.kept, T(1));
    for (std::size_t i = 0; i < value.size(); ++i) {
        const T log_total = std::log(value.data()[i]), y = shift.data()[i] + log_total;
        if (std::isfinite(y)) correction.data()[i] = std::exp((y - shift.data()[i]) - log_total);
        value.data()[i] = y;
    }
    return record_reduction(LogsumexpRule<T>{correction}, value, x, reduced, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> sum(const Variable<T>&, const Axes&, bool, Location);                               \
    template Variable<T> mean(const Variable<T>&, const Axes&, bool, Location);                              \
    template Variable<T> var(const Variable<T>&, const Axes&, bool, std::size_t, Location);                  \
    template Variable<T> stddev(const Variable<T>&, const Axes&, bool, std::size_t, Location);               \
    template Variable<T> max(const Variable<T>&, const Axes&, bool, Location);                               \
    template Variable<T> min(const Variable<T>&, const Axes&, bool, Location);                               \
    template Variable<T> norm(const Variable<T>&, double, const Axes&, bool, Location);                      \
    template Variable<T> logsumexp(const Variable<T>&, const Axes&, bool, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

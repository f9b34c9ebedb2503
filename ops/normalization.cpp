#include <xgrad/ops/normalization.hpp>

#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction_kernels.hpp>
#include <xgrad/ops/shape.hpp>

#include <cmath>
#include <string>

namespace xgrad {

using ops::Batch;
using ops::kernels::for_each_batch;
using ops::kernels::load;
using ops::kernels::reduce_row;
using ops::kernels::store;
using ops::kernels::Sum;

namespace {

/// The mean, and scale = 1 / sqrt(variance + epsilon), of each part that is normalised by itself. In what follows
/// z = (x - mean) scale, and y = z weight + bias.
template <class T>
struct Statistics {
    Tensor<T> mean, scale;
};

template <class T>
T scale_of(double variance, double epsilon) {
    return static_cast<T>(1 / std::sqrt(variance + epsilon));
}

/// `count` elements of a lane, from i on.
template <class T>
Batch<T> read(const Lane<T>& lane, std::size_t i, std::size_t count) {
    return count == Batch<T>::size ? load(lane, i) : load(lane, i, count);
}

/// The parameters from `offset` on: one each, or one for all, as where there are none.
template <class T>
Lane<T> lane_of(const Tensor<T>& parameters, std::size_t offset, std::size_t step) {
    if (parameters.shape().rank() == 0) return {parameters.data(), 0};
    return {parameters.data() + offset, step};
}

// ---------------------------------------------------------------------------------------------------------------------
// The adjoints of weight and bias

/// The sums of g z and of g over all that a weight and a bias are stretched to.
struct ParameterSums {
    explicit ParameterSums(std::size_t n) : of_products(Shape{n}, 0.0), of_adjoints(Shape{n}, 0.0) {}
    Tensor<double> of_products, of_adjoints;
};

/// Those of a matrix whose columns have a parameter each. The statistics of row i are those from `i * row_step` on, and go
/// by `column_step`. A few rows at a time are added up in T.
template <class T>
ParameterSums sums_of_columns(const T* g, const T* x, std::size_t rows, std::size_t columns, const Statistics<T>& statistics,
                              std::size_t row_step, std::size_t column_step) {
    constexpr std::size_t rows_at_once = 32;
    ParameterSums sums(columns);
    if (columns == 0) return sums;
    const Tensor<T> partial_products(Shape{columns}), partial_adjoints(Shape{columns});
    T* const products = partial_products.data();
    T* const adjoints = partial_adjoints.data();
    for (std::size_t row = 0; row < rows;) {
        std::fill_n(products, columns, T(0));
        std::fill_n(adjoints, columns, T(0));
        for (const std::size_t end = std::min(rows, row + rows_at_once); row < end; ++row, g += columns, x += columns) {
            const Lane<T> mean{statistics.mean.data() + row * row_step, column_step};
            const Lane<T> scale{statistics.scale.data() + row * row_step, column_step};
            for_each_batch<T>(columns, [&](std::size_t j, std::size_t n) {
                const Batch<T> d = load(g + j, n), z = (load(x + j, n) - read(mean, j, n)) * read(scale, j, n);
                store(load(products + j, n) + d * z, products + j, n);
                store(load(adjoints + j, n) + d, adjoints + j, n);
            });
        }
        for (std::size_t j = 0; j < columns; ++j) {
            sums.of_products.data()[j] += static_cast<double>(products[j]);
            sums.of_adjoints.data()[j] += static_cast<double>(adjoints[j]);
        }
    }
    return sums;
}

/// Those of an array (outer, channels, inner) whose channels have a parameter and statistics each.
template <class T>
ParameterSums sums_of_channels(const T* g, const T* x, const ops::Strips& channels, const Statistics<T>& statistics) {
    const auto [outer, count, inner] = channels;
    if (inner == 1) return sums_of_columns(g, x, outer, count, statistics, 0, 1);
    ParameterSums sums(count);
    for (std::size_t run = 0; inner > 0 && run < outer * count; ++run, g += inner, x += inner) {
        const std::size_t channel = run % count;
        const Batch<T> mean(statistics.mean.data()[channel]);
        const double product = reduce_row<Sum, T>(
            inner, [=](std::size_t i, std::size_t n) { return load(g + i, n) * (load(x + i, n) - mean); });
        sums.of_products.data()[channel] += product * static_cast<double>(statistics.scale.data()[channel]);
        sums.of_adjoints.data()[channel] +=
            reduce_row<Sum, T>(inner, [=](std::size_t i, std::size_t n) { return load(g + i, n); });
    }
    return sums;
}

/// Adds to the adjoint of parent `k`.
template <class T>
void add_sums(Pullback<T>& p, std::size_t k, const Tensor<double>& sums) {
    if (!p.needs(k)) return;
    const auto [to, fresh] = p.target(k, false);
    for (std::size_t i = 0; i < sums.size(); ++i)
        to[i] = static_cast<T>((fresh ? 0.0 : static_cast<double>(to[i])) + sums.data()[i]);
}

// ---------------------------------------------------------------------------------------------------------------------
// The nodes

/// What batch and layer normalisation have in common: the rule. Parents are x, weight and bias; a parameter that there is
/// not is a scalar.
template <class T>
class Normalization : public Operation<T> {
  public:
    /// @param axes        those over which x is normalised
    /// @param parameters  the shape that weight and bias have beside x
    Normalization(const Axes& axes, const Shape& parameters, Statistics<T> statistics, double epsilon)
        : Operation<T>(parent(0) | parent(1)), axes_(axes), parameters_(parameters), statistics_(std::move(statistics)),
          epsilon_(epsilon) {}

    void vjp(Pullback<T>& p) const final {
        const Variable<T> g = p.grad(), scale = scale_for(p.parent(0)), z = (p.parent(0) - mean_for(p.parent(0))) * scale;
        if (p.needs(1)) p.add(1, reshape(sum_to(g * z, parameters_), p.shape(1)));
        if (p.needs(2)) p.add(2, reshape(sum_to(g, parameters_), p.shape(2)));
        if (!p.needs(0)) return;
        const Variable<T> weight = p.shape(1).rank() == 0 ? p.parent(1) : reshape(p.parent(1), parameters_);
        const Variable<T> dz = g * weight;
        if (are_given()) {
            p.add(0, dz * scale);
        } else {
            p.add(0, (dz - mean(dz, axes_, keepdims) - z * mean(dz * z, axes_, keepdims)) * scale);
        }
    }

    std::size_t flops(std::span<const Shape>, const Shape& result) const final {
        return (are_given() ? 4 : 8) * result.size();
    }

  protected:
    const Statistics<T>& statistics() const noexcept { return statistics_; }
    const Shape& parameters() const noexcept { return parameters_; }
    /// Whether the statistics are constants, and not x's own.
    virtual bool are_given() const noexcept { return false; }

  private:
    Variable<T> mean_for(const Variable<T>& x) const {
        if (are_given()) return Variable<T>(statistics_.mean.reshaped(parameters_), false);
        return mean(x, axes_, keepdims);
    }
    Variable<T> scale_for(const Variable<T>& x) const {
        if (are_given()) return Variable<T>(statistics_.scale.reshaped(parameters_), false);
        return rsqrt(var(x, axes_, keepdims) + epsilon_);
    }

    Axes axes_;
    Shape parameters_;
    Statistics<T> statistics_;
    double epsilon_;
};

/// Calls `f(position, channel, step, length)` for each run of elements: of one channel (step 0), or of all (step 1).
template <class F>
void for_each_run_of_channels(const Shape& shape, const Shape& channels, const F& f) {
    ops::for_each_row<1>(shape, {&channels}, [&](std::size_t row, std::size_t n, const auto& offset, const auto& step) {
        f(row, offset[0], step[0], n);
    });
}

/// scale weight for each channel.
template <class T>
Tensor<T> factors(const Tensor<T>& scale, const Tensor<T>& weight) {
    Tensor<T> result(scale.shape());
    const std::size_t step = weight.shape().rank();
    for (std::size_t c = 0; c < result.size(); ++c) result.data()[c] = scale.data()[c] * weight.data()[c * step];
    return result;
}

template <class T>
class BatchNorm final : public Normalization<T> {
    using V = Batch<T>;

  public:
    BatchNorm(const Axes& axes, const Shape& parameters, Statistics<T> statistics, double epsilon, bool given)
        : Normalization<T>(axes, parameters, std::move(statistics), epsilon), given_(given) {}

    const char* name() const noexcept override { return "batch_norm"; }

    static Tensor<T> forward(const Tensor<T>& x, const Shape& parameters, const Statistics<T>& statistics,
                             const Tensor<T>& weight, const Tensor<T>& bias) {
        Tensor<T> y(x.shape());
        const Tensor<T> factor = factors(statistics.scale, weight);
        for_each_run_of_channels(x.shape(), parameters, [&](std::size_t at, std::size_t c, std::size_t step, std::size_t n) {
            const Lane<T> mean = lane_of(statistics.mean, c, step), a = lane_of(factor, c, step), b = lane_of(bias, c, step);
            for_each_batch<T>(n, [=, from = x.data() + at, to = y.data() + at](std::size_t i, std::size_t count) {
                const V difference = load(from + i, count) - read(mean, i, count);
                store(difference * read(a, i, count) + read(b, i, count), to + i, count);
            });
        });
        return y;
    }

    /// With n values to a channel, dx = weight scale (g - sum(g) / n - z sum(g z) / n).
    void backward(Pullback<T>& p) const override {
        const Statistics<T>& statistics = this->statistics();
        const T* const g = p.adjoint().data();
        const T* const x = p.tensor(0).data();
        const ParameterSums sums = sums_of_channels(g, x, ops::Strips(p.shape(0), 1), statistics);
        add_sums(p, 1, sums.of_products);
        add_sums(p, 2, sums.of_adjoints);
        if (!p.needs(0)) return;
        const Tensor<T> factor = factors(statistics.scale, p.tensor(1));
        const Tensor<T> offset(factor.shape()), slope(factor.shape());
        const double n = static_cast<double>(p.shape(0).size()) / static_cast<double>(factor.size());
        for (std::size_t c = 0; c < factor.size(); ++c) {
            offset.data()[c] = given_ ? T(0) : static_cast<T>(sums.of_adjoints.data()[c] / n);
            slope.data()[c] = given_ ? T(0)
                                     : static_cast<T>(sums.of_products.data()[c] / n *
                                                      static_cast<double>(statistics.scale.data()[c]));
        }
        const auto [to, fresh] = p.target(0, true);
        for_each_run_of_channels(
            p.shape(0), this->parameters(),
            [&, to = to, fresh = fresh](std::size_t at, std::size_t c, std::size_t step, std::size_t length) {
                const Lane<T> a = lane_of(factor, c, step), b = lane_of(offset, c, step), s = lane_of(slope, c, step);
                const Lane<T> mean = lane_of(statistics.mean, c, step);
                for_each_batch<T>(length, [=, this](std::size_t i, std::size_t count) {
                    V d = load(g + at + i, count);
                    if (!given_) d -= read(b, i, count) + (load(x + at + i, count) - read(mean, i, count)) * read(s, i, count);
                    const V dx = d * read(a, i, count);
                    store(fresh ? dx : load(to + at + i, count) + dx, to + at + i, count);
                });
            });
    }

  private:
    bool are_given() const noexcept override { return given_; }

    bool given_;
};

template <class T>
class LayerNorm final : public Normalization<T> {
    using V = Batch<T>;

  public:
    using Normalization<T>::Normalization;

    const char* name() const noexcept override { return "layer_norm"; }

    /// Each row by itself, while it is in the cache. Writes the statistics.
    static Tensor<T> forward(const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& bias, double epsilon,
                             std::size_t width, const Statistics<T>& statistics) {
        Tensor<T> y(x.shape());
        const T* from = x.data();
        T* to = y.data();
        const Lane<T> w = lane_of(weight, 0, 1), b = lane_of(bias, 0, 1);
        for (std::size_t row = 0; row < statistics.mean.size(); ++row, from += width, to += width) {
            const double total = reduce_row<Sum, T>(width, [=](auto i, auto n) { return load(from + i, n); });
            const V mean(statistics.mean.data()[row] = static_cast<T>(total / static_cast<double>(width)));
            const double squares = reduce_row<Sum, T>(width, [=](auto i, auto n) {
                const V difference = load(from + i, n) - mean;
                return difference * difference;
            });
            const V scale(statistics.scale.data()[row] = scale_of<T>(squares / static_cast<double>(width), epsilon));
            for_each_batch<T>(width, [=](std::size_t i, std::size_t n) {
                store((load(from + i, n) - mean) * scale * read(w, i, n) + read(b, i, n), to + i, n);
            });
        }
        return y;
    }

    /// With dz = g weight and n elements in a row, dx = scale (dz - sum(dz) / n - z sum(dz z) / n).
    void backward(Pullback<T>& p) const override {
        const Statistics<T>& statistics = this->statistics();
        const std::size_t rows = statistics.mean.size(), width = this->parameters().size();
        const T* g = p.adjoint().data();
        const T* x = p.tensor(0).data();
        if (p.needs(1) || p.needs(2)) {
            const ParameterSums sums = sums_of_columns(g, x, rows, width, statistics, 1, 0);
            add_sums(p, 1, sums.of_products);
            add_sums(p, 2, sums.of_adjoints);
        }
        if (!p.needs(0)) return;
        const Lane<T> w = lane_of(p.tensor(1), 0, 1);
        const auto n = static_cast<double>(width);
        auto [to, fresh] = p.target(0, true);
        for (std::size_t row = 0; row < rows; ++row, g += width, x += width, to += width) {
            const V mean(statistics.mean.data()[row]), scale(statistics.scale.data()[row]);
            const double total = reduce_row<Sum, T>(
                width, [=](std::size_t i, std::size_t count) { return load(g + i, count) * read(w, i, count); });
            const double product = reduce_row<Sum, T>(width, [=](std::size_t i, std::size_t count) {
                return load(g + i, count) * read(w, i, count) * ((load(x + i, count) - mean) * scale);
            });
            const V offset(static_cast<T>(total / n)), slope(static_cast<T>(product / n));
            for_each_batch<T>(width, [=, to = to, fresh = fresh](std::size_t i, std::size_t count) {
                const V z = (load(x + i, count) - mean) * scale, dz = load(g + i, count) * read(w, i, count);
                const V dx = (dz - offset - z * slope) * scale;
                store(fresh ? dx : load(to + i, count) + dx, to + i, count);
            });
        }
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// Arguments

void check_epsilon(const char* operation, double epsilon, const Location& at) {
    if (epsilon >= 0) return;
    throw ValueError(std::string(operation) + ": epsilon must not be negative, but is " + std::to_string(epsilon), at);
}

void check_shape(const char* operation, const char* what, const Shape& shape, const Shape& expected, const Shape& x,
                 const Location& at) {
    if (shape == expected) return;
    throw ShapeError(std::string(operation) + ": the " + what + " for x of shape " + to_string(x) + " must have shape " +
                         to_string(expected) + ", not " + to_string(shape),
                     at);
}

/// The parameter, or a constant scalar if there is none.
template <class T>
Variable<T> parameter_or(T otherwise, const char* operation, const char* what, const Variable<T>& parameter,
                         const Shape& expected, const Shape& x, const Location& at) {
    if (!parameter.defined()) return Variable<T>(Tensor<T>(Shape{}, otherwise), false);
    check_shape(operation, what, parameter.shape(), expected, x, at);
    return parameter;
}

/// What batch_norm() finds in the shape of x.
struct Channels {
    Axes others;       ///< all axes but 1
    Shape parameters;  ///< 1 in all axes but 1
    Shape shape;       ///< (C)
    std::size_t count; ///< of the values of a channel

    Channels(const Shape& x, const Location& at) : parameters(x) {
        if (x.rank() < 2) throw ShapeError("batch_norm: x must have shape (N, C) or (N, C, ...), not " + to_string(x), at);
        for (std::size_t axis = 0; axis < x.rank(); ++axis) {
            if (axis == 1) continue;
            others.push_back(static_cast<std::ptrdiff_t>(axis));
            parameters[axis] = 1;
        }
        shape = Shape{x[1]};
        count = x.product(0, 1) * x.product(2, x.rank());
    }
};

template <class T>
Variable<T> record_batch_norm(const Variable<T>& x, const Variable<T>& weight, const Variable<T>& bias,
                              const Channels& channels, const Statistics<T>& statistics, double epsilon, bool given,
                              const Location& at) {
    Tensor<T> y =
        BatchNorm<T>::forward(x.tensor(), channels.parameters, statistics, weight.tensor(), bias.tensor());
    return record<T>("batch_norm", std::move(y), {&x, &weight, &bias}, at, [&] {
        return new BatchNorm<T>(channels.others, channels.parameters, statistics, epsilon, given);
    });
}

} // namespace

template <class T>
BatchNormResult<T> batch_norm(const Variable<T>& x, const Variable<T>& weight, const Variable<T>& bias, double epsilon,
                              Location at) {
    check_epsilon("batch_norm", epsilon, at);
    const Channels channels(x.shape(), at);
    const Variable<T> w = parameter_or(T(1), "batch_norm", "weight", weight, channels.shape, x.shape(), at);
    const Variable<T> b = parameter_or(T(0), "batch_norm", "bias", bias, channels.shape, x.shape(), at);
    if (channels.count < 2 && channels.shape.size() > 0) {
        throw ValueError("batch_norm: in training a channel needs more than one value, but in x of shape " +
                             to_string(x.shape()) + " it has " + std::to_string(channels.count),
                         at);
    }
    const auto n = static_cast<double>(channels.count);
    const Tensor<T> mean = ops::reduce<Sum>(x.tensor(), channels.parameters).reshaped(channels.shape);
    for (T& element : mean) element = static_cast<T>(element / n);
    const auto square = [](const auto& element, const auto& centre) { return (element - centre) * (element - centre); };
    const Tensor<T> squares =
        ops::reduce<Sum>(x.tensor(), channels.parameters, square, mean.reshaped(channels.parameters)).reshaped(channels.shape);
    const Tensor<T> scale(channels.shape), variance(channels.shape);
    for (std::size_t c = 0; c < squares.size(); ++c) {
        const auto total = static_cast<double>(squares.data()[c]);
        scale.data()[c] = scale_of<T>(total / n, epsilon);
        variance.data()[c] = static_cast<T>(total / (n - 1));
    }
    // The node keeps a mean of its own, which the caller cannot change.
    return {record_batch_norm(x, w, b, channels, {mean.clone(), scale}, epsilon, false, at), mean, variance};
}

template <class T>
Variable<T> batch_norm(const Variable<T>& x, const Tensor<T>& mean, const Tensor<T>& variance, const Variable<T>& weight,
                       const Variable<T>& bias, double epsilon, Location at) {
    check_epsilon("batch_norm", epsilon, at);
    const Channels channels(x.shape(), at);
    check_shape("batch_norm", "mean", mean.shape(), channels.shape, x.shape(), at);
    check_shape("batch_norm", "variance", variance.shape(), channels.shape, x.shape(), at);
    const Variable<T> w = parameter_or(T(1), "batch_norm", "weight", weight, channels.shape, x.shape(), at);
    const Variable<T> b = parameter_or(T(0), "batch_norm", "bias", bias, channels.shape, x.shape(), at);
    // The node must not see what becomes of running statistics later.
    const Statistics<T> statistics{mean.clone(), Tensor<T>(channels.shape)};
    for (std::size_t c = 0; c < variance.size(); ++c)
        statistics.scale.data()[c] = scale_of<T>(static_cast<double>(variance.data()[c]), epsilon);
    return record_batch_norm(x, w, b, channels, statistics, epsilon, true, at);
}

template <class T>
Variable<T> layer_norm(const Variable<T>& x, const Shape& normalized_shape, const Variable<T>& weight,
                       const Variable<T>& bias, double epsilon, Location at) {
    check_epsilon("layer_norm", epsilon, at);
    const std::size_t rank = normalized_shape.rank();
    if (rank == 0 || rank > x.rank() ||
        !std::equal(normalized_shape.begin(), normalized_shape.end(), x.shape().end() - rank)) {
        throw ShapeError("layer_norm: x of shape " + to_string(x.shape()) +
                             " does not end in the axes to normalise over, of shape " + to_string(normalized_shape),
                         at);
    }
    const Variable<T> w = parameter_or(T(1), "layer_norm", "weight", weight, normalized_shape, x.shape(), at);
    const Variable<T> b = parameter_or(T(0), "layer_norm", "bias", bias, normalized_shape, x.shape(), at);
    const std::size_t width = normalized_shape.size(), rows = x.shape().product(0, x.rank() - rank);
    if (width == 0) {
        throw ValueError("layer_norm: there is nothing to take the mean of in axes of shape " + to_string(normalized_shape),
                         at);
    }
    Axes axes;
    for (std::size_t axis = x.rank() - rank; axis < x.rank(); ++axis) axes.push_back(static_cast<std::ptrdiff_t>(axis));
    const Statistics<T> statistics{Tensor<T>(Shape{rows}), Tensor<T>(Shape{rows})};
    Tensor<T> y = LayerNorm<T>::forward(x.tensor(), w.tensor(), b.tensor(), epsilon, width, statistics);
    return record<T>("layer_norm", std::move(y), {&x, &w, &b}, at,
                     [&] { return new LayerNorm<T>(axes, normalized_shape, statistics, epsilon); });
}

#define XGRAD_INSTANTIATE(T)                                                                                             \
    template BatchNormResult<T> batch_norm(const Variable<T>&, const Variable<T>&, const Variable<T>&, double, Location); \
    template Variable<T> batch_norm(const Variable<T>&, const Tensor<T>&, const Tensor<T>&, const Variable<T>&,          \
                                    const Variable<T>&, double, Location);                                               \
    template Variable<T> layer_norm(const Variable<T>&, const Shape&, const Variable<T>&, const Variable<T>&, double,    \
                                    Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

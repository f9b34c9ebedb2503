#include <xgrad/ops/matmul.hpp>

#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/broadcast.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/packed_factor.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace xgrad {

namespace {

using ops::Factor;

// ---------------------------------------------------------------------------------------------------------------------
// matmul

/// What a product comes down to: matrices of one size, one product for each index of `batch`. Vectors are
/// matrices of one row or column, and a stack of matrices times a single one is one tall matrix.
struct Plan {
    std::size_t m = 1, n = 1, k = 1;
    bool transpose_a, transpose_b;
    Shape batch, batch_a, batch_b; ///< the axes before the last two: of all together, and of each operand
    Shape result;

    Shape shape_a() const { return transpose_a ? stack(batch_a, k, m) : stack(batch_a, m, k); }
    Shape shape_b() const { return transpose_b ? stack(batch_b, n, k) : stack(batch_b, k, n); }
    Shape shape_c() const { return stack(batch, m, n); }

  private:
    static Shape stack(Shape batch, std::size_t rows, std::size_t columns) {
        batch.push_back(rows);
        batch.push_back(columns);
        return batch;
    }
};

Shape leading_axes(const Shape& shape) {
    return Shape(std::span(shape.begin(), shape.rank() > 2 ? shape.rank() - 2 : 0));
}

/// "(784, 32)' x (784, 10)", where ' is a transpose.
std::string product_text(const Shape& a, const Shape& b, MatmulOptions options) {
    return to_string(a) + (options.transpose_a ? "'" : "") + " x " + to_string(b) +
           (options.transpose_b ? "'" : "");
}

/// The axes before the last two of both, by NumPy's rule.
Shape broadcast_batches(const Shape& a, const Shape& b, MatmulOptions options, const Location& at) {
    const Shape batch_a = leading_axes(a), batch_b = leading_axes(b);
    for (std::size_t i = 0; i < std::min(batch_a.rank(), batch_b.rank()); ++i) {
        const std::size_t extent_a = batch_a.back(i), extent_b = batch_b.back(i);
        if (extent_a == extent_b || extent_a == 1 || extent_b == 1) continue;
        throw ShapeError(
            "matmul: the axes before the last two do not broadcast: " + product_text(a, b, options) + ": " +
                std::to_string(extent_a) + " != " + std::to_string(extent_b),
            at);
    }
    return broadcast_shapes(batch_a, batch_b, "matmul", at);
}

Plan make_plan(const Shape& a, const Shape& b, MatmulOptions options, const Location& at) {
    if (a.rank() == 0 || b.rank() == 0) {
        throw ShapeError("matmul: a scalar has no matrix product: " + product_text(a, b, options) +
                             "; use * to scale",
                         at);
    }
    Plan plan;
    plan.transpose_a = options.transpose_a && a.rank() > 1;
    plan.transpose_b = options.transpose_b && b.rank() > 1;
    plan.k = a.back(plan.transpose_a);
    if (a.rank() > 1) plan.m = a.back(!plan.transpose_a);
    if (b.rank() > 1) plan.n = b.back(plan.transpose_b);
    const std::size_t k_of_b = b.rank() > 1 ? b.back(!plan.transpose_b) : b[0];
    if (plan.k != k_of_b) {
        throw ShapeError("matmul: inner dimensions differ: " + product_text(a, b, options) + ": " +
                             std::to_string(plan.k) + " != " + std::to_string(k_of_b),
                         at);
    }
    if (a.rank() > 2 || b.rank() > 2) {
        plan.batch_a = leading_axes(a);
        plan.batch_b = leading_axes(b);
        plan.batch = broadcast_batches(a, b, options, at);
    }
    plan.result = plan.batch;
    if (a.rank() > 1) plan.result.push_back(plan.m);
    if (b.rank() > 1) plan.result.push_back(plan.n);
    const std::size_t count = plan.batch.size();
    if (count > 1 && plan.batch_b.size() == 1 && !plan.transpose_a &&
        plan.m <= ops::max_blas_extent / count) {
        plan.m *= count;
        plan.batch = plan.batch_a = plan.batch_b = Shape();
    }
    ops::check_product_size("matmul", plan.m, plan.n, plan.k, plan.result, at);
    return plan;
}

/// One operand of a stack of products.
template <class T>
struct Stack {
    Factor<T> first;
    const Shape& batch;

    Factor<T> operator[](std::size_t i) const noexcept {
        Factor<T> factor = first;
        factor.data += i * factor.rows * factor.columns;
        return factor;
    }
};

template <class T>
Stack<T> stack_a(const Plan& plan, const Tensor<T>& elements) {
    return {{elements.data(), plan.m, plan.k, plan.transpose_a}, plan.batch_a};
}
template <class T>
Stack<T> stack_b(const Plan& plan, const Tensor<T>& elements) {
    return {{elements.data(), plan.k, plan.n, plan.transpose_b}, plan.batch_b};
}
template <class T>
Stack<T> stack_c(const Plan& plan, const Tensor<T>& elements) {
    return {{elements.data(), plan.m, plan.n}, plan.batch};
}
template <class T>
Stack<T> transpose(const Stack<T>& stack) {
    return {stack.first.transpose(), stack.batch};
}

/// C_i += A_i B_i for each index i of `batch`; where C is not stretched to `batch`, the sum over the
/// stretched axes. With `fresh`, C holds nothing yet and is written.
template <class T>
void multiply(const Shape& batch, const Stack<T>& a, const Stack<T>& b, T* c, const Shape& batch_c,
              bool fresh) {
    const std::size_t size = a.first.rows * b.first.columns;
    const bool sums = batch_c != batch;
    if (fresh && sums) std::fill_n(c, batch_c.size() * size, T(0));
    const T beta = fresh && !sums ? 0 : 1;
    if (batch.rank() == 0) return ops::gemm(a.first, b.first, beta, c);
    ops::for_each_row<3>(batch, {&a.batch, &b.batch, &batch_c},
                         [&](std::size_t, std::size_t count, const auto& offset, const auto& step) {
                             for (std::size_t i = 0; i < count; ++i) {
                                 ops::gemm(a[offset[0] + i * step[0]], b[offset[1] + i * step[1]], beta,
                                           c + (offset[2] + i * step[2]) * size);
                             }
                         });
}

/// With C = A B: dA = dC B' and dB = A' dC. Each is a product again, in which nothing is transposed but by
/// flags; if A is stored transposed then so is its adjoint, dA' = B dC'.
template <class T>
class Matmul final : public Operation<T> {
  public:
    Matmul(Saves saves, MatmulOptions options) : Operation<T>(saves), options_(options) {}
    const char* name() const noexcept override { return "matmul"; }

    void vjp(Pullback<T>& p) const override {
        const Plan plan = plan_of(p);
        const bool ta = plan.transpose_a, tb = plan.transpose_b;
        const Variable<T> g = reshape(p.grad(), plan.shape_c(), p.at());
        if (p.needs(0)) {
            const Variable<T> b = reshape(p.parent(1), plan.shape_b(), p.at());
            const Variable<T> da = ta ? matmul(b, g, {.transpose_a = tb, .transpose_b = true}, p.at())
                                      : matmul(g, b, {.transpose_a = false, .transpose_b = !tb}, p.at());
            p.add(0, reshape(sum_to(da, plan.shape_a(), p.at()), p.shape(0), p.at()));
        }
        if (p.needs(1)) {
            const Variable<T> a = reshape(p.parent(0), plan.shape_a(), p.at());
            const Variable<T> db = tb ? matmul(g, a, {.transpose_a = true, .transpose_b = ta}, p.at())
                                      : matmul(a, g, {.transpose_a = !ta, .transpose_b = false}, p.at());
            p.add(1, reshape(sum_to(db, plan.shape_b(), p.at()), p.shape(1), p.at()));
        }
    }

    /// The same products, straight into the adjoints.
    void backward(Pullback<T>& p) const override {
        const Plan plan = plan_of(p);
        const Stack<T> g = stack_c(plan, p.adjoint());
        if (p.needs(0)) {
            const Stack<T> b = stack_b(plan, p.tensor(1));
            const auto [da, fresh] = p.target(0, false);
            if (plan.transpose_a) {
                multiply(plan.batch, b, transpose(g), da, plan.batch_a, fresh);
            } else {
                multiply(plan.batch, g, transpose(b), da, plan.batch_a, fresh);
            }
        }
        if (p.needs(1)) {
            const Stack<T> a = stack_a(plan, p.tensor(0));
            const auto [db, fresh] = p.target(1, false);
            if (plan.transpose_b) {
                multiply(plan.batch, transpose(g), a, db, plan.batch_b, fresh);
            } else {
                multiply(plan.batch, transpose(a), g, db, plan.batch_b, fresh);
            }
        }
    }

    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        const Plan plan = make_plan(parents[0], parents[1], options_, Location());
        return 2 * plan.batch.size() * plan.m * plan.n * plan.k;
    }

  private:
    Plan plan_of(const Pullback<T>& p) const { return make_plan(p.shape(0), p.shape(1), options_, p.at()); }

    MatmulOptions options_;
};

/// What a product of parents 0 and 1 must keep: each is read for the other's derivative.
template <class T>
Saves saves_of_product(const Variable<T>& a, const Variable<T>& b) {
    return (b.requires_grad() ? parent(0) : Saves::nothing) |
           (a.requires_grad() ? parent(1) : Saves::nothing);
}

// ---------------------------------------------------------------------------------------------------------------------
// linear

/// A thread's part of a loop over the elements of a matrix is at least this many.
constexpr std::size_t elements_of_part = 32768;

/// to[j] += sum over i of from[i, j], or = if `fresh`: the product of a row of ones with `from`. Runs of rows
/// are summed by themselves first, so that a float sum of many rows keeps its digits.
template <class T>
void add_rows(const T* from, std::size_t rows, std::size_t columns, T* to, bool fresh) {
    static constexpr std::size_t run = 128;
    static constexpr auto ones = [] {
        std::array<T, run> ones;
        ones.fill(1);
        return ones;
    }();
    if (rows <= run) return ops::gemm<T>({ones.data(), 1, rows}, {from, rows, columns}, fresh ? 0 : 1, to);
    const std::size_t runs = (rows + run - 1) / run;
    const Tensor<T> sums(Shape{runs, columns});
    parallel_for(runs, 1 + elements_of_part / (run * columns + 1), [&](std::size_t begin, std::size_t end) {
        for (std::size_t r = begin; r < end; ++r) {
            add_rows(from + r * run * columns, std::min(run, rows - r * run), columns, sums.data() + r * columns,
                     true);
        }
    });
    add_rows(sums.data(), runs, columns, to, fresh);
}

/// gemm() for a B of the size that layers have: of these BLAS makes less than a packed factor, but for few rows, where
/// the packing does not pay, and great depth.
template <class T>
void multiply_rows(const Factor<T>& a, const Factor<T>& b, T beta, T* c, const T* row_added = nullptr) {
    constexpr std::size_t fewest_rows = 64, greatest_depth = 1024;
    if (a.rows < fewest_rows || b.rows > greatest_depth) return ops::gemm(a, b, beta, c, row_added);
    if (ops::is_cut_between_columns(a.rows, b.columns, b.rows)) return ops::multiply_by_panels(a.data, a.rows, b, beta, c, row_added);
    ops::PackedFactor<T>(b, a.rows).multiply(a.data, a.rows, beta, c, row_added);
}

/// The extents of y (rows, out) = x (rows, in) W' + b.
struct LinearExtents {
    LinearExtents(const Shape& x, const Shape& weight)
        : rows(x.product(0, x.rank() - 1)), in(weight[1]), out(weight[0]) {}
    std::size_t rows, in, out;
};

/// dx = dy W, dW = dy' x, db = the sum of dy's rows.
template <class T>
class Linear final : public Operation<T> {
  public:
    Linear(Saves saves, bool has_bias) : Operation<T>(saves), has_bias_(has_bias) {}
    const char* name() const noexcept override { return "linear"; }

    void vjp(Pullback<T>& p) const override {
        const LinearExtents e(p.shape(0), p.shape(1));
        if (p.needs(0)) p.add(0, matmul(p.grad(), p.parent(1), {}, p.at()));
        if (p.needs(1)) {
            const Variable<T> g = reshape(p.grad(), {e.rows, e.out}, p.at());
            const Variable<T> x = reshape(p.parent(0), {e.rows, e.in}, p.at());
            p.add(1, matmul(g, x, {.transpose_a = true}, p.at()));
        }
        if (has_bias_ && p.needs(2)) p.add(2, sum_to(p.grad(), p.shape(2), p.at()));
    }

    /// The same, straight into the adjoints.
    void backward(Pullback<T>& p) const override {
        const LinearExtents e(p.shape(0), p.shape(1));
        const Factor<T> g{p.adjoint().data(), e.rows, e.out};
        if (p.needs(0)) {
            const auto [dx, fresh] = p.target(0, false);
            multiply_rows<T>(g, {p.tensor(1).data(), e.out, e.in}, fresh ? 0 : 1, dx);
        }
        if (p.needs(1)) {
            const auto [dw, fresh] = p.target(1, false);
            ops::gemm<T>(g.transpose(), {p.tensor(0).data(), e.rows, e.in}, fresh ? 0 : 1, dw);
        }
        if (has_bias_ && p.needs(2)) {
            const auto [db, fresh] = p.target(2, false);
            add_rows(g.data, e.rows, e.out, db, fresh);
        }
    }

    std::size_t flops(std::span<const Shape> parents, const Shape&) const override {
        const LinearExtents e(parents[0], parents[1]);
        return (2 * e.in + has_bias_) * e.rows * e.out;
    }

  private:
    bool has_bias_;
};

void check_linear(const Shape& x, const Shape& weight, const Shape* bias, const Location& at) {
    if (weight.rank() != 2)
        throw ShapeError("linear: the weight must have shape (out, in), not " + to_string(weight), at);
    if (x.rank() == 0) throw ShapeError("linear: x must have shape (..., in); it is a scalar", at);
    if (x.back() != weight[1]) {
        throw ShapeError("linear: x and the weight differ in their features: " + to_string(x) + " and " +
                             to_string(weight) + ": " + std::to_string(x.back()) +
                             " != " + std::to_string(weight[1]),
                         at);
    }
    if (bias && *bias != Shape{weight[0]}) {
        throw ShapeError("linear: the bias for a weight of shape " + to_string(weight) + " must have shape " +
                             to_string(Shape{weight[0]}) + ", not " + to_string(*bias),
                         at);
    }
}

} // namespace

template <class T>
Variable<T> ops::matmul(const Operand<T>& a, const Operand<T>& b, MatmulOptions options) {
    const Plan plan = make_plan(a.shape(), b.shape(), options, a.at());
    Tensor<T> value(plan.result);
    multiply(plan.batch, stack_a(plan, a.tensor()), stack_b(plan, b.tensor()), value.data(), plan.batch,
             true);
    return record<T>("matmul", std::move(value), {&a.variable(), &b.variable()}, a.at(),
                     [&] { return new Matmul<T>(saves_of_product(a.variable(), b.variable()), options); });
}

template <class T>
Variable<T> ops::linear(const Operand<T>& x, const Operand<T>& weight, const Operand<T>* bias) {
    check_linear(x.shape(), weight.shape(), bias ? &bias->shape() : nullptr, x.at());
    const LinearExtents e(x.shape(), weight.shape());
    Shape shape = x.shape();
    shape[shape.rank() - 1] = e.out;
    check_product_size("linear", e.rows, e.out, e.in, shape, x.at());
    Tensor<T> value(shape);
    multiply_rows<T>({x.tensor().data(), e.rows, e.in}, {weight.tensor().data(), e.in, e.out, true}, 0, value.data(),
                     bias ? bias->tensor().data() : nullptr);
    const auto make = [&] {
        return new Linear<T>(saves_of_product(x.variable(), weight.variable()), bias != nullptr);
    };
    if (bias) {
        return record<T>("linear", std::move(value), {&x.variable(), &weight.variable(), &bias->variable()},
                         x.at(), make);
    }
    return record<T>("linear", std::move(value), {&x.variable(), &weight.variable()}, x.at(), make);
}

#define XGRAD_INSTANTIATE(T)                                                                                 \
    template Variable<T> ops::matmul(const Operand<T>&, const Operand<T>&, MatmulOptions);                   \
    template Variable<T> ops::linear(const Operand<T>&, const Operand<T>&, const Operand<T>*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

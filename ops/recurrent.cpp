#include <xgrad/ops/recurrent.hpp>

#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/recurrent_kernels.hpp>
#include <xgrad/ops/shape.hpp>

#include <string>

namespace xgrad {

using ops::Batch;
using ops::for_each_unit;
using ops::kernels::load;
using ops::kernels::store;

namespace {

/// The gates of one row of a batch: blocks of `width` elements one after the other.
template <class T>
struct Gates {
    const T* data;
    std::size_t width;

    Batch<T> operator()(std::size_t gate, std::size_t j, std::size_t count) const {
        return load(data + gate * width + j, count);
    }
};

/// Where adjoints go: added to what is there, unless it is fresh.
template <class T>
struct Adjoints {
    T* data;
    bool fresh;

    void add(std::size_t i, std::size_t count, const Batch<T>& batch) const {
        store(fresh ? batch : load(data + i, count) + batch, data + i, count);
    }
};

/// Adjoints of parent `k`, or none.
template <class T>
Adjoints<T> adjoints_of(Pullback<T>& p, std::size_t k, bool reuse_grad = false) {
    if (!p.needs(k)) return {nullptr, false};
    const auto [data, fresh] = p.target(k, reuse_grad);
    return {data, fresh};
}

std::size_t rows_of(const Shape& state) noexcept { return state.product(0, state.rank() - 1); }

/// Block `gate` of the gates for states of this width.
template <class T>
Variable<T> block(const Variable<T>& gates, std::size_t gate, std::size_t width) {
    const auto start = static_cast<std::ptrdiff_t>(gate * width), stop = static_cast<std::ptrdiff_t>((gate + 1) * width);
    return slice(gates, {ellipsis(), range(start, stop)});
}

template <class T>
Variable<T> zeros(const Shape& shape) {
    return Variable<T>(Tensor<T>(shape, T(0)), false);
}

/// @throws ShapeError if the gates are not `count` times as wide as the state, and otherwise of its shape
void check_gates(const char* operation, const Shape& gates, std::size_t count, const Shape& state, const Location& at) {
    if (state.rank() > 0 && gates.rank() == state.rank()) {
        Shape expected = state;
        expected[state.rank() - 1] = count * state.back();
        if (gates == expected) return;
    }
    throw ShapeError(std::string(operation) + ": for a state of shape (..., H) the gates must have shape (..., " +
                         std::to_string(count) + " H), but the state has shape " + to_string(state) + " and the gates " +
                         to_string(gates),
                     at);
}

// ---------------------------------------------------------------------------------------------------------------------
// LSTM

/// c' = sigmoid(a_f) c + sigmoid(a_i) tanh(a_g).
template <class T>
class LSTMCell final : public Operation<T> {
    using V = Batch<T>;

  public:
    LSTMCell() : Operation<T>(parent(0) | parent(1)) {}
    const char* name() const noexcept override { return "lstm_cell"; }

    static Tensor<T> forward(const Tensor<T>& gates, const Tensor<T>& c) {
        Tensor<T> result(c.shape());
        const std::size_t width = c.shape().back();
        for_each_unit<T>(rows_of(c.shape()), width, [&, to = result.data()](std::size_t row, std::size_t j, std::size_t n) {
            const Gates<T> a{gates.data() + row * 4 * width, width};
            const V i = sigmoid(a(ops::input_gate, j, n)), f = sigmoid(a(ops::forget_gate, j, n));
            const V g = tanh(a(ops::cell_gate, j, n));
            store(V(f * load(c.data() + row * width + j, n) + i * g), to + row * width + j, n);
        });
        return result;
    }

    void vjp(Pullback<T>& p) const override {
        const std::size_t width = p.shape(1).back();
        const Variable<T> a = p.parent(0), f = sigmoid(block(a, ops::forget_gate, width));
        const Variable<T> i = sigmoid(block(a, ops::input_gate, width)), g = tanh(block(a, ops::cell_gate, width));
        const auto d = ops::lstm_cell_adjoints(p.grad(), i, f, g, p.parent(1));
        if (p.needs(0)) p.add(0, concatenate({d.a_i, d.a_f, d.a_g, zeros<T>(p.shape(1))}, -1));
        if (p.needs(1)) p.add(1, d.c);
    }

    /// The same in one pass. The output gate has no part in c', and its adjoints stay as they are.
    void backward(Pullback<T>& p) const override {
        const Shape& shape = p.shape(1);
        const std::size_t width = shape.back();
        const T* const dc = p.adjoint().data();
        const T* const c = p.tensor(1).data();
        const T* const gates = p.tensor(0).data();
        const Adjoints<T> da = adjoints_of(p, 0), dc0 = adjoints_of(p, 1, true);
        for_each_unit<T>(rows_of(shape), width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const Gates<T> a{gates + row * 4 * width, width};
            const std::size_t at = row * width + j, gate = row * 4 * width + j;
            const V i = sigmoid(a(ops::input_gate, j, n)), f = sigmoid(a(ops::forget_gate, j, n));
            const V g = tanh(a(ops::cell_gate, j, n));
            const auto d = ops::lstm_cell_adjoints<V>(load(dc + at, n), i, f, g, load(c + at, n));
            if (da.data) {
                da.add(gate + ops::input_gate * width, n, d.a_i);
                da.add(gate + ops::forget_gate * width, n, d.a_f);
                da.add(gate + ops::cell_gate * width, n, d.a_g);
                if (da.fresh) store(V(T(0)), da.data + gate + ops::output_gate * width, n);
            }
            if (dc0.data) dc0.add(at, n, d.c);
        });
    }

    std::size_t flops(std::span<const Shape>, const Shape& result) const override { return 6 * result.size(); }
};

/// h' = sigmoid(a_o) tanh(c').
template <class T>
class LSTMOutput final : public Operation<T> {
    using V = Batch<T>;

  public:
    LSTMOutput() : Operation<T>(parent(0) | parent(1)) {}
    const char* name() const noexcept override { return "lstm_output"; }

    static Tensor<T> forward(const Tensor<T>& gates, const Tensor<T>& c) {
        Tensor<T> result(c.shape());
        const std::size_t width = c.shape().back();
        for_each_unit<T>(rows_of(c.shape()), width, [&, to = result.data()](std::size_t row, std::size_t j, std::size_t n) {
            const V o = sigmoid(load(gates.data() + (row * 4 + ops::output_gate) * width + j, n));
            store(V(o * tanh(load(c.data() + row * width + j, n))), to + row * width + j, n);
        });
        return result;
    }

    void vjp(Pullback<T>& p) const override {
        const std::size_t width = p.shape(1).back();
        const Variable<T> o = sigmoid(block(p.parent(0), ops::output_gate, width)), t = tanh(p.parent(1));
        const auto d = ops::lstm_output_adjoints(p.grad(), o, t);
        if (p.needs(0)) {
            Shape others = p.shape(0);
            others[others.rank() - 1] = 3 * width;
            p.add(0, concatenate({zeros<T>(others), d.a_o}, -1));
        }
        if (p.needs(1)) p.add(1, d.c);
    }

    void backward(Pullback<T>& p) const override {
        const Shape& shape = p.shape(1);
        const std::size_t width = shape.back();
        const T* const dh = p.adjoint().data();
        const T* const c = p.tensor(1).data();
        const T* const gates = p.tensor(0).data();
        const Adjoints<T> da = adjoints_of(p, 0), dc = adjoints_of(p, 1, true);
        for_each_unit<T>(rows_of(shape), width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const std::size_t at = row * width + j, gate = row * 4 * width + j;
            const V o = sigmoid(load(gates + gate + ops::output_gate * width, n)), t = tanh(load(c + at, n));
            const auto d = ops::lstm_output_adjoints<V>(load(dh + at, n), o, t);
            if (da.data) {
                for (std::size_t other = 0; da.fresh && other < ops::output_gate; ++other)
                    store(V(T(0)), da.data + gate + other * width, n);
                da.add(gate + ops::output_gate * width, n, d.a_o);
            }
            if (dc.data) dc.add(at, n, d.c);
        });
    }

    std::size_t flops(std::span<const Shape>, const Shape& result) const override { return 3 * result.size(); }
};

// ---------------------------------------------------------------------------------------------------------------------
// GRU

/// h' = n + z (h - n), with r = sigmoid(a_r + b_r), z = sigmoid(a_z + b_z), n = tanh(a_n + r b_n).
template <class T>
class GRUCell final : public Operation<T> {
    using V = Batch<T>;

  public:
    GRUCell() : Operation<T>(parent(0) | parent(1) | parent(2)) {}
    const char* name() const noexcept override { return "gru_cell"; }

    static Tensor<T> forward(const Tensor<T>& input_gates, const Tensor<T>& hidden_gates, const Tensor<T>& h) {
        Tensor<T> result(h.shape());
        const std::size_t width = h.shape().back();
        for_each_unit<T>(rows_of(h.shape()), width, [&, to = result.data()](std::size_t row, std::size_t j, std::size_t count) {
            const Gates<T> a{input_gates.data() + row * 3 * width, width}, b{hidden_gates.data() + row * 3 * width, width};
            const V r = sigmoid(V(a(ops::reset_gate, j, count) + b(ops::reset_gate, j, count)));
            const V z = sigmoid(V(a(ops::update_gate, j, count) + b(ops::update_gate, j, count)));
            const V n = tanh(V(a(ops::new_gate, j, count) + r * b(ops::new_gate, j, count)));
            store(V(n + z * (load(h.data() + row * width + j, count) - n)), to + row * width + j, count);
        });
        return result;
    }

    void vjp(Pullback<T>& p) const override {
        const std::size_t width = p.shape(2).back();
        const Variable<T> a = p.parent(0), b = p.parent(1), b_n = block(b, ops::new_gate, width);
        const Variable<T> r = sigmoid(block(a, ops::reset_gate, width) + block(b, ops::reset_gate, width));
        const Variable<T> z = sigmoid(block(a, ops::update_gate, width) + block(b, ops::update_gate, width));
        const Variable<T> n = tanh(block(a, ops::new_gate, width) + r * b_n);
        const auto d = ops::gru_adjoints(p.grad(), r, z, n, b_n, p.parent(2));
        if (p.needs(0)) p.add(0, concatenate({d.a_r, d.a_z, d.a_n}, -1));
        if (p.needs(1)) p.add(1, concatenate({d.a_r, d.a_z, d.b_n}, -1));
        if (p.needs(2)) p.add(2, d.h);
    }

    void backward(Pullback<T>& p) const override {
        const Shape& shape = p.shape(2);
        const std::size_t width = shape.back();
        const T* const dh = p.adjoint().data();
        const T* const h = p.tensor(2).data();
        const T* const input_gates = p.tensor(0).data();
        const T* const hidden_gates = p.tensor(1).data();
        const Adjoints<T> da = adjoints_of(p, 0), db = adjoints_of(p, 1), dh0 = adjoints_of(p, 2, true);
        for_each_unit<T>(rows_of(shape), width, [&](std::size_t row, std::size_t j, std::size_t count) {
            const Gates<T> a{input_gates + row * 3 * width, width}, b{hidden_gates + row * 3 * width, width};
            const std::size_t at = row * width + j, gate = row * 3 * width + j;
            const V b_n = b(ops::new_gate, j, count);
            const V r = sigmoid(V(a(ops::reset_gate, j, count) + b(ops::reset_gate, j, count)));
            const V z = sigmoid(V(a(ops::update_gate, j, count) + b(ops::update_gate, j, count)));
            const V n = tanh(V(a(ops::new_gate, j, count) + r * b_n));
            const auto d = ops::gru_adjoints<V>(load(dh + at, count), r, z, n, b_n, load(h + at, count));
            const auto add = [&](const Adjoints<T>& to, const V& of_new) {
                if (!to.data) return;
                to.add(gate + ops::reset_gate * width, count, d.a_r);
                to.add(gate + ops::update_gate * width, count, d.a_z);
                to.add(gate + ops::new_gate * width, count, of_new);
            };
            add(da, d.a_n);
            add(db, d.b_n);
            if (dh0.data) dh0.add(at, count, d.h);
        });
    }

    std::size_t flops(std::span<const Shape>, const Shape& result) const override { return 10 * result.size(); }
};

/// x W' + b, where b may be missing.
template <class T>
Variable<T> projection(const Variable<T>& x, const Variable<T>& weight, const Variable<T>& bias, const Location& at) {
    return bias.defined() ? linear(x, weight, bias, at) : linear(x, weight, at);
}

} // namespace

template <class T>
LSTMState<T> lstm_cell(const Variable<T>& gates, const Variable<T>& c, Location at) {
    check_gates("lstm_cell", gates.shape(), 4, c.shape(), at);
    const Variable<T> next = record<T>("lstm_cell", LSTMCell<T>::forward(gates.tensor(), c.tensor()), {&gates, &c}, at,
                                       [] { return new LSTMCell<T>; });
    return {record<T>("lstm_output", LSTMOutput<T>::forward(gates.tensor(), next.tensor()), {&gates, &next}, at,
                      [] { return new LSTMOutput<T>; }),
            next};
}

template <class T>
LSTMState<T> lstm_cell(const Variable<T>& x, const Variable<T>& h, const Variable<T>& c, const Variable<T>& weight_ih,
                       const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh, Location at) {
    ops::check_parameters("lstm_cell", 4, x.shape(), h.shape(), weight_ih, weight_hh, bias_ih, bias_hh, at);
    return lstm_cell(projection(x, weight_ih, bias_ih, at) + projection(h, weight_hh, bias_hh, at), c, at);
}

template <class T>
Variable<T> gru_cell(const Variable<T>& input_gates, const Variable<T>& hidden_gates, const Variable<T>& h, Location at) {
    check_gates("gru_cell", input_gates.shape(), 3, h.shape(), at);
    check_gates("gru_cell", hidden_gates.shape(), 3, h.shape(), at);
    return record<T>("gru_cell", GRUCell<T>::forward(input_gates.tensor(), hidden_gates.tensor(), h.tensor()),
                     {&input_gates, &hidden_gates, &h}, at, [] { return new GRUCell<T>; });
}

template <class T>
Variable<T> gru_cell(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih, const Variable<T>& weight_hh,
                     const Variable<T>& bias_ih, const Variable<T>& bias_hh, Location at) {
    ops::check_parameters("gru_cell", 3, x.shape(), h.shape(), weight_ih, weight_hh, bias_ih, bias_hh, at);
    return gru_cell(projection(x, weight_ih, bias_ih, at), projection(h, weight_hh, bias_hh, at), h, at);
}

#define XGRAD_INSTANTIATE(T)                                                                                             \
    template LSTMState<T> lstm_cell(const Variable<T>&, const Variable<T>&, Location);                                   \
    template LSTMState<T> lstm_cell(const Variable<T>&, const Variable<T>&, const Variable<T>&, const Variable<T>&,      \
                                    const Variable<T>&, const Variable<T>&, const Variable<T>&, Location);               \
    template Variable<T> gru_cell(const Variable<T>&, const Variable<T>&, const Variable<T>&, Location);                 \
    template Variable<T> gru_cell(const Variable<T>&, const Variable<T>&, const Variable<T>&, const Variable<T>&,        \
                                  const Variable<T>&, const Variable<T>&, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

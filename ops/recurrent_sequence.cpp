// Recurrent networks over whole sequences: rnn_tanh(), rnn_relu(), lstm(), gru().
#include <xgrad/ops/recurrent.hpp>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/packed_factor.hpp>
#include <xgrad/ops/recurrent_kernels.hpp>
#include <xgrad/ops/shape.hpp>

#include <array>
#include <string>

namespace xgrad {

using ops::Batch;
using ops::kernels::load;
using ops::kernels::store;

namespace {

// ---------------------------------------------------------------------------------------------------------------------
// The cells: a step of all units, and of their adjoints

/// L steps of N rows, with I inputs and H units.
struct Extents {
    Extents(const Shape& x, const Shape& h) : steps(x[0]), rows(x[1]), inputs(x[2]), width(h[1]) {}
    std::size_t state() const noexcept { return rows * width; }

    std::size_t steps, rows, inputs, width;
};

/// The arrays of a step, each of N rows: of H elements, or for the gates of G H, one gate after the other.
template <class T>
struct ForwardStep {
    T* gates;                    ///< x W_ih', and after the step what its derivative reads of them
    const T* hidden;             ///< h W_hh'
    const T *bias_ih, *bias_hh;  ///< a single row
    const T *h, *c;              ///< before the step
    T *kept, *next;              ///< c' of an LSTM, b_n of a GRU; h'

    /// The part of a gate's pre-activation that comes from the inputs, for the elements j of a row.
    Batch<T> from_input(std::size_t at, std::size_t j, std::size_t count) const {
        return load(gates + at + j, count) + load(bias_ih + j, count);
    }
    Batch<T> from_state(std::size_t at, std::size_t j, std::size_t count) const {
        return load(hidden + at + j, count) + load(bias_hh + j, count);
    }
    /// A gate's pre-activation. @param at  where the row of the gates begins. @param j  in the row
    Batch<T> pre_activation(std::size_t at, std::size_t j, std::size_t count) const {
        return from_input(at, j, count) + from_state(at, j, count);
    }
};

template <class T>
struct BackwardStep {
    const T *gates, *h, *c, *kept, *next; ///< as the step left them
    const T* dnext;                                 ///< the adjoint of h' but for what the steps after add
    T* dh;      ///< that; and after the step the part of h's adjoint that does not come through the product
    T* dc;      ///< the adjoint of c', and after the step that of c
    T* dgates;  ///< the adjoint of x W_ih', to be written
    T* dhidden; ///< the adjoint of h W_hh'; the same array but for a GRU
};

/// h' = activation(a + b).
template <class T, class Activation>
struct RNNCell {
    static constexpr const char* name = Activation::info.name == std::string_view("tanh") ? "rnn_tanh" : "rnn_relu";
    static constexpr std::size_t gates = 1, states = 1;
    static constexpr bool keeps = false, splits = false, carries = false;

    /// The one gate is the state: both are in one array.
    static void forward(const Extents& e, const ForwardStep<T>& s) {
        ops::for_each_unit<T>(e.rows, e.width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const std::size_t at = row * e.width;
            store(Batch<T>(Activation{}.value(s.pre_activation(at, j, n))), s.next + at + j, n);
        });
    }

    static void backward(const Extents& e, const BackwardStep<T>& s) {
        ops::for_each_unit<T>(e.rows, e.width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const std::size_t at = row * e.width + j;
            const Batch<T> y = load(s.next + at, n), dy = load(s.dnext + at, n) + load(s.dh + at, n);
            store(Batch<T>(Activation{}.vjp(dy, y, y)), s.dgates + at, n);
        });
    }

    static void step(const Variable<T>& projected, std::array<Variable<T>, 2>& state, const Variable<T>& hidden) {
        state[0] = Activation{}.value(projected + hidden);
    }
};

template <class T>
struct LSTMCell {
    static constexpr const char* name = "lstm";
    static constexpr std::size_t gates = ops::lstm_gates, states = 2;
    static constexpr bool keeps = true, splits = false, carries = false;

    static void forward(const Extents& e, const ForwardStep<T>& s) {
        const std::size_t width = e.width;
        ops::for_each_unit<T>(e.rows, width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const std::size_t at = row * width + j, first = row * gates * width;
            const auto gate = [&](std::size_t k) { return s.pre_activation(first, k * width + j, n); };
            const auto keep = [&](std::size_t k, const Batch<T>& y) { store(y, s.gates + first + k * width + j, n); };
            const Batch<T> i = ops::sigmoid(gate(ops::input_gate)), f = ops::sigmoid(gate(ops::forget_gate));
            const Batch<T> g = tanh(gate(ops::cell_gate)), o = ops::sigmoid(gate(ops::output_gate));
            const Batch<T> c = f * load(s.c + at, n) + i * g;
            keep(ops::input_gate, i);
            keep(ops::forget_gate, f);
            keep(ops::cell_gate, g);
            keep(ops::output_gate, o);
            store(c, s.kept + at, n);
            store(Batch<T>(o * tanh(c)), s.next + at, n);
        });
    }

    static void backward(const Extents& e, const BackwardStep<T>& s) {
        const std::size_t width = e.width;
        ops::for_each_unit<T>(e.rows, width, [&](std::size_t row, std::size_t j, std::size_t n) {
            const std::size_t at = row * width + j, first = row * gates * width + j;
            const auto gate = [&](std::size_t k) { return load(s.gates + first + k * width, n); };
            const auto give = [&](std::size_t k, const Batch<T>& da) { store(da, s.dgates + first + k * width, n); };
            const Batch<T> dh = load(s.dnext + at, n) + load(s.dh + at, n);
            const auto output = ops::lstm_output_adjoints<Batch<T>>(dh, gate(ops::output_gate), tanh(load(s.kept + at, n)));
            const auto cell = ops::lstm_cell_adjoints<Batch<T>>(load(s.dc + at, n) + output.c, gate(ops::input_gate),
                                                                gate(ops::forget_gate), gate(ops::cell_gate),
                                                                load(s.c + at, n));
            give(ops::input_gate, cell.a_i);
            give(ops::forget_gate, cell.a_f);
            give(ops::cell_gate, cell.a_g);
            give(ops::output_gate, output.a_o);
            store(cell.c, s.dc + at, n);
        });
    }

    static void step(const Variable<T>& projected, std::array<Variable<T>, 2>& state, const Variable<T>& hidden) {
        const auto [h, c] = lstm_cell(projected + hidden, state[1]);
        state = {h, c};
    }
};

template <class T>
struct GRUCell {
    static constexpr const char* name = "gru";
    static constexpr std::size_t gates = ops::gru_gates, states = 1;
    static constexpr bool keeps = true, splits = true, carries = true;

    static void forward(const Extents& e, const ForwardStep<T>& s) {
        const std::size_t width = e.width;
        ops::for_each_unit<T>(e.rows, width, [&](std::size_t row, std::size_t j, std::size_t count) {
            const std::size_t at = row * width + j, first = row * gates * width;
            const auto keep = [&](std::size_t k, const Batch<T>& y) { store(y, s.gates + first + k * width + j, count); };
            const Batch<T> r = ops::sigmoid(s.pre_activation(first, ops::reset_gate * width + j, count));
            const Batch<T> z = ops::sigmoid(s.pre_activation(first, ops::update_gate * width + j, count));
            const Batch<T> b_n = s.from_state(first, ops::new_gate * width + j, count);
            const Batch<T> n = tanh(Batch<T>(s.from_input(first, ops::new_gate * width + j, count) + r * b_n));
            keep(ops::reset_gate, r);
            keep(ops::update_gate, z);
            keep(ops::new_gate, n);
            store(b_n, s.kept + at, count);
            store(Batch<T>(n + z * (load(s.h + at, count) - n)), s.next + at, count);
        });
    }

    static void backward(const Extents& e, const BackwardStep<T>& s) {
        const std::size_t width = e.width;
        ops::for_each_unit<T>(e.rows, width, [&](std::size_t row, std::size_t j, std::size_t count) {
            const std::size_t at = row * width + j, first = row * gates * width + j;
            const auto gate = [&](std::size_t k) { return load(s.gates + first + k * width, count); };
            const auto d = ops::gru_adjoints<Batch<T>>(load(s.dnext + at, count) + load(s.dh + at, count), gate(ops::reset_gate),
                                                       gate(ops::update_gate), gate(ops::new_gate), load(s.kept + at, count),
                                                       load(s.h + at, count));
            const auto give = [&](T* to, const Batch<T>& of_new) {
                store(d.a_r, to + first + ops::reset_gate * width, count);
                store(d.a_z, to + first + ops::update_gate * width, count);
                store(of_new, to + first + ops::new_gate * width, count);
            };
            give(s.dgates, d.a_n);
            give(s.dhidden, d.b_n);
            store(d.h, s.dh + at, count);
        });
    }

    static void step(const Variable<T>& projected, std::array<Variable<T>, 2>& state, const Variable<T>& hidden) {
        state[0] = gru_cell(projected, hidden, state[0]);
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// The sequence

/// The operands of a sequence. Some may be missing; those that are there are a node's parents, in this order.
enum Role : std::size_t { input, hidden_state, cell_state, weight_ih, weight_hh, bias_ih, bias_hh, roles };

template <class T>
using SequenceOperands = std::array<const Variable<T>*, roles>;

/// All steps of one layer in one direction. The result is (L, N, H), h' after every step; of an LSTM (L + 1, N, H), with c'
/// after the last step at the end.
///
/// Backward there is one product a step, dh = dG W_hh, where dG are the adjoints of the step's gates. Those of all steps are
/// kept, and the other products are of all steps at once: dW_hh = dG' H, dW_ih = dG' X, dX = dG W_ih.
template <class T, class Cell>
class Sequence final : public Operation<T> {
  public:
    /// Goes through the sequences.
    static Variable<T> run(const SequenceOperands<T>& operands, bool reverse, const Location& at) {
        std::array<const Variable<T>*, roles> present;
        std::size_t count = 0;
        for (const Variable<T>* const operand : operands) {
            if (operand) present[count++] = operand;
        }
        const detail::Parents<T> parents(present.data(), count);
        const bool tracked = detail::is_tracked<T>(parents);

        const Extents e(operands[input]->shape(), operands[hidden_state]->shape());
        Tensor<T> result(Shape{e.steps + Cell::states - 1, e.rows, e.width}), kept;
        const Tensor<T> gates = Cell::gates == 1 ? result : Tensor<T>(Shape{e.steps, e.rows, Cell::gates * e.width});
        if (Cell::keeps) kept = Tensor<T>(Shape{tracked ? e.steps : 1, e.rows, e.width});
        go_forward(e, operands, reverse, gates.data(), kept.data(), tracked ? e.state() : 0, result.data());
        if (detail::thread_mode.anomaly) [[unlikely]] detail::check_anomaly(Cell::name, "forward", result, at);
        if (!tracked) return Variable<T>(std::move(result), false);
        return detail::append<T>(new Sequence(operands, reverse, gates, kept), std::move(result), parents, at);
    }

    const char* name() const noexcept override { return Cell::name; }

    /// The steps once more, one by one, as a graph that has derivatives of its own.
    void vjp(Pullback<T>& p) const override {
        const Location at = p.at();
        std::array<Variable<T>, roles> points;
        for (std::size_t role = 0; role < roles; ++role) {
            if (place_[role] != absent) points[role] = detail::alias(p.parent(place_[role]), at);
        }
        const auto affine = [&](const Variable<T>& x, Role weight, Role bias) {
            return points[bias].defined() ? linear(x, points[weight], points[bias], at) : linear(x, points[weight], at);
        };
        const Variable<T> projected = affine(points[input], weight_ih, bias_ih);
        const std::size_t steps = projected.shape()[0];
        const std::vector<Variable<T>> parts = split(projected, steps, 0, at);
        std::array<Variable<T>, 2> state;
        for (std::size_t k = 0; k < Cell::states; ++k) {
            const Variable<T>& start = points[hidden_state + k];
            state[k] = reshape(start, {1, start.shape()[0], start.shape()[1]}, at);
        }
        std::vector<Variable<T>> results(steps);
        for (std::size_t k = 0; k < steps; ++k) {
            const std::size_t t = reverse_ ? steps - 1 - k : k;
            Cell::step(parts[t], state, affine(state[0], weight_hh, bias_hh));
            results[t] = state[0];
        }
        if (Cell::states == 2) results.push_back(state[1]);

        // The steps' parts of the projection are points too, or the gradient of each would be an array of its size.
        std::array<std::vector<Role>, 2> needed;
        for (std::size_t role = 0; role < roles; ++role) {
            const bool of_projection = role == input || role == weight_ih || role == bias_ih;
            if (needs(p, Role(role))) needed[of_projection ? 0 : 1].push_back(Role(role));
        }
        std::vector<Variable<T>> xs;
        for (const Role role : needed[1]) xs.push_back(points[role]);
        if (!needed[0].empty()) xs.insert(xs.end(), parts.begin(), parts.end());
        std::vector<Variable<T>> gradients =
            grad(concatenate(results, 0, at), xs, {.seed = p.grad(), .create_graph = true}, at);
        for (std::size_t i = 0; i < needed[1].size(); ++i) p.add(place_[needed[1][i]], gradients[i]);
        if (needed[0].empty()) return;
        gradients.erase(gradients.begin(), gradients.begin() + static_cast<std::ptrdiff_t>(needed[1].size()));
        const Variable<T> dprojected = concatenate(gradients, 0, at);
        xs.clear();
        for (const Role role : needed[0]) xs.push_back(points[role]);
        gradients = grad(projected, xs, {.seed = dprojected, .create_graph = true}, at);
        for (std::size_t i = 0; i < needed[0].size(); ++i) p.add(place_[needed[0][i]], gradients[i]);
    }

    void backward(Pullback<T>& p) const override {
        const Extents e(p.shape(place_[input]), p.shape(place_[hidden_state]));
        const std::size_t width = Cell::gates * e.width, step = e.rows * width, total = e.steps * e.rows;
        const auto value = [&](Role role) { return p.tensor(place_[role]).data(); };
        const T* const y = p.result_tensor().data();
        const T* const dy = p.adjoint().data();
        const Tensor<T> dgates(gates_.shape()), dhidden = Cell::splits ? Tensor<T>(gates_.shape()) : dgates;
        const Tensor<T> dh(Shape{e.rows, e.width}, T(0)), dc(dh.shape());
        if (Cell::states == 2) std::copy_n(dy + e.steps * e.state(), e.state(), dc.data());

        const ops::PackedFactor<T> weight({value(weight_hh), width, e.width}, e.rows);
        for (std::size_t k = e.steps; k-- > 0;) {
            const std::size_t t = reverse_ ? e.steps - 1 - k : k, before = reverse_ ? t + 1 : t - 1;
            const auto state_before = [&](Role start, const T* states) {
                return k == 0 ? value(start) : states + before * e.state();
            };
            BackwardStep<T> s{};
            s.gates = gates_.data() + t * step;
            s.h = state_before(hidden_state, y);
            s.next = y + t * e.state();
            if (Cell::keeps) s.kept = kept_.data() + t * e.state();
            if (Cell::states == 2) s.c = state_before(cell_state, kept_.data());
            s.dnext = dy + t * e.state();
            s.dh = dh.data();
            s.dc = dc.data();
            s.dgates = dgates.data() + t * step;
            s.dhidden = dhidden.data() + t * step;
            Cell::backward(e, s);
            if (k > 0 || needs(p, hidden_state)) weight.multiply(s.dhidden, Cell::carries ? 1 : 0, dh.data());
        }

        const ops::Factor<T> da{dgates.data(), total, width};
        if (needs(p, input)) {
            const auto [dx, fresh] = p.target(place_[input], false);
            ops::PackedFactor<T>({value(weight_ih), width, e.inputs}, total).multiply(dgates.data(), fresh ? 0 : 1, dx);
        }
        if (needs(p, weight_ih)) {
            const auto [dw, fresh] = p.target(place_[weight_ih], false);
            ops::gemm<T>(da.transpose(), {value(input), total, e.inputs}, fresh ? 0 : 1, dw);
        }
        if (needs(p, weight_hh)) {
            // The first step goes from the state that was given, all others from that of a neighbour.
            const std::size_t first = reverse_ ? e.steps - 1 : 0, others = reverse_ ? 0 : 1, before = reverse_ ? 1 : 0;
            const auto [dw, fresh] = p.target(place_[weight_hh], false);
            const ops::Factor<T> db_first{dhidden.data() + first * step, e.rows, width};
            const ops::Factor<T> db{dhidden.data() + others * step, total - e.rows, width};
            ops::gemm<T>(db_first.transpose(), {value(hidden_state), e.rows, e.width}, fresh ? 0 : 1, dw);
            ops::gemm<T>(db.transpose(), {y + before * e.state(), total - e.rows, e.width}, 1, dw);
        }
        const auto sum_rows = [&](const Tensor<T>& adjoints) {
            return ops::reduce<ops::kernels::Sum>(adjoints.reshaped({total, width}), Shape{1, width});
        };
        if (needs(p, bias_ih) || needs(p, bias_hh)) {
            const Tensor<T> sum = sum_rows(dgates);
            add(p, bias_ih, sum);
            add(p, bias_hh, Cell::splits && needs(p, bias_hh) ? sum_rows(dhidden) : sum);
        }
        add(p, hidden_state, dh);
        add(p, cell_state, dc);
    }

    std::size_t flops(std::span<const Shape> parents, const Shape& result) const override {
        const Shape &x = parents[place_[input]], &weight = parents[place_[weight_hh]];
        return x.product(0, 2) * weight[0] * 2 * (x[2] + weight[1]) + 3 * Cell::gates * result.size();
    }

  private:
    static constexpr std::size_t absent = roles;

    Sequence(const SequenceOperands<T>& operands, bool reverse, const Tensor<T>& gates, const Tensor<T>& kept)
        : Operation<T>(saved(operands)), reverse_(reverse), gates_(gates), kept_(kept) {
        std::size_t count = 0;
        for (std::size_t role = 0; role < roles; ++role) place_[role] = operands[role] ? count++ : absent;
    }

    static Saves saved(const SequenceOperands<T>& operands) {
        Saves saves = Saves::result;
        std::size_t count = 0;
        for (const Variable<T>* const operand : operands) {
            if (operand) saves = saves | parent(count++);
        }
        return saves;
    }

    bool needs(const Pullback<T>& p, Role role) const { return place_[role] != absent && p.needs(place_[role]); }

    /// Adds to the adjoint of an operand, if that is needed.
    void add(Pullback<T>& p, Role role, const Tensor<T>& contribution) const {
        if (!needs(p, role)) return;
        const auto [to, fresh] = p.target(place_[role], false);
        const T* const from = contribution.data();
        if (fresh) {
            std::copy_n(from, contribution.size(), to);
        } else {
            for (std::size_t i = 0; i < contribution.size(); ++i) to[i] += from[i];
        }
    }

    /// @param kept         of one step after the other, ...
    /// @param kept_stride  ... or of all in the same place
    static void go_forward(const Extents& e, const SequenceOperands<T>& operands, bool reverse, T* gates, T* kept,
                           std::size_t kept_stride, T* result) {
        const auto value = [&](Role role) { return operands[role]->tensor().data(); };
        const std::size_t width = Cell::gates * e.width, step = e.rows * width, total = e.steps * e.rows;
        const Tensor<T> zeros(Shape{width}, T(0)), hidden(Shape{e.rows, width});
        ops::PackedFactor<T>({value(weight_ih), e.inputs, width, true}, total).multiply(value(input), 0, gates);
        const ops::PackedFactor<T> weight({value(weight_hh), e.width, width, true}, e.rows);
        ForwardStep<T> s{};
        s.hidden = hidden.data();
        s.bias_ih = operands[bias_ih] ? value(bias_ih) : zeros.data();
        s.bias_hh = operands[bias_hh] ? value(bias_hh) : zeros.data();
        s.h = value(hidden_state);
        if (Cell::states == 2) s.c = value(cell_state);
        for (std::size_t k = 0; k < e.steps; ++k) {
            const std::size_t t = reverse ? e.steps - 1 - k : k;
            weight.multiply(s.h, 0, hidden.data());
            s.gates = gates + t * step;
            s.kept = kept + t * kept_stride;
            s.next = result + t * e.state();
            Cell::forward(e, s);
            s.h = s.next;
            s.c = s.kept;
        }
        if (Cell::states == 2) std::copy_n(s.c, e.state(), result + e.steps * e.state());
    }

    std::array<std::size_t, roles> place_;
    bool reverse_;
    Tensor<T> gates_, kept_; ///< of all steps, as the cell left them
};

/// The operands of a sequence after they are found to fit together.
template <class T>
SequenceOperands<T> operands_of(const char* operation, std::size_t gates, const Variable<T>& x, const Variable<T>& h, const Variable<T>* c,
                        const Variable<T>& w_ih, const Variable<T>& w_hh, const Variable<T>& b_ih, const Variable<T>& b_hh,
                        const Location& at) {
    if (x.rank() != 3) {
        throw ShapeError(std::string(operation) + ": sequences must have shape (L, N, I), not " + to_string(x.shape()), at);
    }
    const Shape step{x.shape()[1], x.shape()[2]};
    ops::check_parameters(operation, gates, step, h.shape(), w_ih, w_hh, b_ih, b_hh, at);
    if (c && c->shape() != h.shape()) {
        throw ShapeError(std::string(operation) + ": the hidden state has shape " + to_string(h.shape()) + ", the cell state " +
                             to_string(c->shape()),
                         at);
    }
    const std::size_t steps = x.shape()[0], rows = x.shape()[1], width = gates * h.shape()[1];
    if (steps == 0) throw ValueError(std::string(operation) + ": the sequences have no elements", at);
    const Shape all{steps, rows, width};
    ops::check_product_size(operation, steps * rows, width, std::max(step[1], h.shape()[1]), all, at);
    return {&x, &h, c, &w_ih, &w_hh, b_ih.defined() ? &b_ih : nullptr, b_hh.defined() ? &b_hh : nullptr};
}

/// The state after the last step.
template <class T>
Variable<T> last(const Variable<T>& output, bool reverse, const Location& at) {
    return slice(output, {reverse ? 0 : -1}, at);
}

template <class T, class Cell>
Recurrence<T, Variable<T>> run_of_one_state(const Variable<T>& x, const Variable<T>& h, const Variable<T>& w_ih,
                                            const Variable<T>& w_hh, const Variable<T>& b_ih, const Variable<T>& b_hh,
                                            SequenceOptions options, const Location& at) {
    const auto operands = operands_of<T>(Cell::name, Cell::gates, x, h, nullptr, w_ih, w_hh, b_ih, b_hh, at);
    const Variable<T> output = Sequence<T, Cell>::run(operands, options.reverse, at);
    return {output, last(output, options.reverse, at)};
}

} // namespace

template <class T>
Recurrence<T, Variable<T>> rnn_tanh(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih,
                                    const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh,
                                    SequenceOptions options, Location at) {
    return run_of_one_state<T, RNNCell<T, ops::Tanh>>(x, h, weight_ih, weight_hh, bias_ih, bias_hh, options, at);
}

template <class T>
Recurrence<T, Variable<T>> rnn_relu(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih,
                                    const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh,
                                    SequenceOptions options, Location at) {
    return run_of_one_state<T, RNNCell<T, ops::Relu>>(x, h, weight_ih, weight_hh, bias_ih, bias_hh, options, at);
}

template <class T>
Recurrence<T, Variable<T>> gru(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih,
                               const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh,
                               SequenceOptions options, Location at) {
    return run_of_one_state<T, GRUCell<T>>(x, h, weight_ih, weight_hh, bias_ih, bias_hh, options, at);
}

template <class T>
Recurrence<T, LSTMState<T>> lstm(const Variable<T>& x, const LSTMState<T>& state, const Variable<T>& weight_ih,
                                 const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh,
                                 SequenceOptions options, Location at) {
    using Cell = LSTMCell<T>;
    const auto operands = operands_of<T>(Cell::name, Cell::gates, x, state.h, &state.c, weight_ih, weight_hh, bias_ih, bias_hh, at);
    const Variable<T> result = Sequence<T, Cell>::run(operands, options.reverse, at);
    const Variable<T> output = slice(result, {range(0, -1)}, at);
    return {output, {last(output, options.reverse, at), slice(result, {-1}, at)}};
}

#define XGRAD_INSTANTIATE(T)                                                                                             \
    template Recurrence<T, Variable<T>> rnn_tanh(const Variable<T>&, const Variable<T>&, const Variable<T>&,             \
                                                 const Variable<T>&, const Variable<T>&, const Variable<T>&,             \
                                                 SequenceOptions, Location);                                             \
    template Recurrence<T, Variable<T>> rnn_relu(const Variable<T>&, const Variable<T>&, const Variable<T>&,             \
                                                 const Variable<T>&, const Variable<T>&, const Variable<T>&,             \
                                                 SequenceOptions, Location);                                             \
    template Recurrence<T, Variable<T>> gru(const Variable<T>&, const Variable<T>&, const Variable<T>&,                  \
                                            const Variable<T>&, const Variable<T>&, const Variable<T>&, SequenceOptions, \
                                            Location);                                                                   \
    template Recurrence<T, LSTMState<T>> lstm(const Variable<T>&, const LSTMState<T>&, const Variable<T>&,               \
                                              const Variable<T>&, const Variable<T>&, const Variable<T>&,                \
                                              SequenceOptions, Location);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad

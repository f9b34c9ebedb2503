// Recurrent networks over whole sequences: rnn_tanh(), rnn_relu(), lstm(), gru().
#include <xgrad/ops/recurrent.hpp>

#include <xgrad/autodiff/backward.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/indexing.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/packed_factor.hpp>
#include <xgrad/ops/recurrent_steps.hpp>
#include <xgrad/ops/shape.hpp>

#include <array>
#include <string>

namespace xgrad {

using ops::RecurrenceExtents;

namespace {

/// The operands of a sequence. Some may be missing; those that are there are a node's parents, in this order.
enum Role : std::size_t { input, hidden_state, cell_state, weight_ih, weight_hh, bias_ih, bias_hh, roles };

template <class T>
using SequenceOperands = std::array<const Variable<T>*, roles>;

/// All steps of one layer in one direction. The result is (L, N, H), h' after every step; of an LSTM (L + 1, N, H), with c'
/// after the last step at the end.
///
/// Backward there is one product a step, dh = dG W_hh, where dG are the adjoints of the step's gates. Those of all steps are
/// kept, and the other products are of all steps at once: dW_hh = dG' H, dW_ih = dG' X, dX = dG W_ih.
template <class T, class Steps>
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

        const RecurrenceExtents e(operands[input]->shape(), operands[hidden_state]->shape());
        Tensor<T> result(Shape{e.steps + Steps::states - 1, e.rows, e.width}), kept;
        const Tensor<T> gates = Steps::gates == 1 ? result : Tensor<T>(Shape{e.steps, e.rows, Steps::gates * e.width});
        if (Steps::keeps) kept = Tensor<T>(Shape{tracked ? e.steps : 1, e.rows, e.width});
        go_forward(e, operands, reverse, gates.data(), kept.data(), tracked ? e.state() : 0, result.data());
        if (detail::thread_mode.anomaly) [[unlikely]] detail::check_anomaly(Steps::name, "forward", result, at);
        if (!tracked) return Variable<T>(std::move(result), false);
        return detail::append<T>(new Sequence(operands, reverse, gates, kept), std::move(result), parents, at);
    }

    const char* name() const noexcept override { return Steps::name; }

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
        for (std::size_t k = 0; k < Steps::states; ++k) {
            const Variable<T>& start = points[hidden_state + k];
            state[k] = reshape(start, {1, start.shape()[0], start.shape()[1]}, at);
        }
        std::vector<Variable<T>> results(steps);
        for (std::size_t k = 0; k < steps; ++k) {
            const std::size_t t = reverse_ ? steps - 1 - k : k;
            Steps::step(parts[t], state, affine(state[0], weight_hh, bias_hh));
            results[t] = state[0];
        }
        if (Steps::states == 2) results.push_back(state[1]);

        // Gives the operands in `of` their gradients of y, and returns those of `xs`.
        const auto differentiate = [&](const Variable<T>& y, const Variable<T>& seed, std::initializer_list<Role> of,
                                       std::vector<Variable<T>> xs) {
            const std::size_t own = xs.size();
            for (const Role role : of) {
                if (needs(p, role)) xs.push_back(points[role]);
            }
            std::vector<Variable<T>> gradients = grad(y, xs, {.seed = seed, .create_graph = true}, at);
            std::size_t next = own;
            for (const Role role : of) {
                if (needs(p, role)) p.add(place_[role], gradients[next++]);
            }
            gradients.resize(own);
            return gradients;
        };
        // Through the parts of the projection, one gradient for each: as slices, each would give an array of the whole size.
        const bool of_projection = needs(p, input) || needs(p, weight_ih) || needs(p, bias_ih);
        const std::vector<Variable<T>> dparts =
            differentiate(concatenate(results, 0, at), p.grad(), {hidden_state, cell_state, weight_hh, bias_hh},
                          of_projection ? parts : std::vector<Variable<T>>());
        if (of_projection) differentiate(projected, concatenate(dparts, 0, at), {input, weight_ih, bias_ih}, {});
    }

    /// The steps from the last to the first.
    void backward(Pullback<T>& p) const override {
        const RecurrenceExtents e(p.shape(place_[input]), p.shape(place_[hidden_state]));
        const std::size_t width = Steps::gates * e.width, step = e.rows * width, total = e.steps * e.rows;
        const auto value = [&](Role role) { return p.tensor(place_[role]).data(); };
        const T* const y = p.result_tensor().data();
        const T* const dy = p.adjoint().data();
        const Tensor<T> dgates(gates_.shape()), dhidden = Steps::split ? Tensor<T>(gates_.shape()) : dgates;
        const Tensor<T> dh(Shape{e.rows, e.width}, T(0)), dc(dh.shape());
        if (Steps::states == 2) std::copy_n(dy + e.steps * e.state(), e.state(), dc.data());

        const ops::PackedFactor<T> weight({value(weight_hh), width, e.width}, e.rows);
        for_each_part(e, weight, [&](const RecurrenceExtents& part, std::size_t row) {
            const std::size_t unit = row * e.width, gate = row * width;
            for (std::size_t k = e.steps; k-- > 0;) {
                const std::size_t t = reverse_ ? e.steps - 1 - k : k, before = reverse_ ? t + 1 : t - 1;
                const auto state_before = [&](Role start, const T* states) {
                    return (k == 0 ? value(start) : states + before * e.state()) + unit;
                };
                ops::BackwardStep<T> s{};
                s.gates = gates_.data() + t * step + gate;
                s.h = state_before(hidden_state, y);
                s.next = y + t * e.state() + unit;
                if (Steps::keeps) s.kept = kept_.data() + t * e.state() + unit;
                if (Steps::states == 2) s.c = state_before(cell_state, kept_.data());
                s.dnext = dy + t * e.state() + unit;
                s.dh = dh.data() + unit;
                s.dc = dc.data() + unit;
                s.dgates = dgates.data() + t * step + gate;
                s.dhidden = dhidden.data() + t * step + gate;
                Steps::backward(part, s);
                if (k > 0 || needs(p, hidden_state)) weight.multiply(s.dhidden, part.rows, Steps::carries ? 1 : 0, s.dh);
            }
        });

        const ops::Factor<T> da{dgates.data(), total, width};
        if (needs(p, input)) {
            const auto [dx, fresh] = p.target(place_[input], false);
            ops::PackedFactor<T>({value(weight_ih), width, e.inputs}, total).multiply(dgates.data(), total, fresh ? 0 : 1, dx);
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
            add(p, bias_hh, Steps::split && needs(p, bias_hh) ? sum_rows(dhidden) : sum);
        }
        add(p, hidden_state, dh);
        add(p, cell_state, dc);
    }

    std::size_t flops(std::span<const Shape> parents, const Shape& result) const override {
        const Shape &x = parents[place_[input]], &weight = parents[place_[weight_hh]];
        return x.product(0, 2) * weight[0] * 2 * (x[2] + weight[1]) + 3 * Steps::gates * result.size();
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
        const std::size_t place = place_[role];
        p.add(place, Variable<T>(contribution.reshaped(p.shape(place)), false));
    }

    /// @param kept         of one step after the other, ...
    /// @param kept_stride  ... or of all in the same place
    static void go_forward(const RecurrenceExtents& e, const SequenceOperands<T>& operands, bool reverse, T* gates, T* kept,
                           std::size_t kept_stride, T* result) {
        const auto value = [&](Role role) { return operands[role]->tensor().data(); };
        const std::size_t width = Steps::gates * e.width, step = e.rows * width, total = e.steps * e.rows;
        const Tensor<T> zeros(Shape{width}, T(0)), hidden(Shape{e.rows, width});
        ops::PackedFactor<T>({value(weight_ih), e.inputs, width, true}, total).multiply(value(input), total, 0, gates);
        const ops::PackedFactor<T> weight({value(weight_hh), e.width, width, true}, e.rows);
        for_each_part(e, weight, [&](const RecurrenceExtents& part, std::size_t row) {
            const std::size_t unit = row * e.width, gate = row * width;
            T* const from_state = hidden.data() + gate;
            ops::ForwardStep<T> s{};
            s.hidden = from_state;
            s.bias_ih = operands[bias_ih] ? value(bias_ih) : zeros.data();
            s.bias_hh = operands[bias_hh] ? value(bias_hh) : zeros.data();
            s.h = value(hidden_state) + unit;
            if (Steps::states == 2) s.c = value(cell_state) + unit;
            for (std::size_t k = 0; k < e.steps; ++k) {
                const std::size_t t = reverse ? e.steps - 1 - k : k;
                weight.multiply(s.h, part.rows, 0, from_state);
                s.gates = gates + t * step + gate;
                if (Steps::keeps) s.kept = kept + t * kept_stride + unit;
                s.next = result + t * e.state() + unit;
                Steps::forward(part, s);
                s.h = s.next;
                s.c = s.kept;
            }
            if (Steps::states == 2) std::copy_n(s.c, part.state(), result + e.steps * e.state() + unit);
        });
    }

    /// Calls f(part, row) for parts of the batch, from `row` on, on several threads: rows have nothing to do with each other.
    template <class F>
    static void for_each_part(const RecurrenceExtents& e, const ops::PackedFactor<T>& weight, const F& f) {
        constexpr std::size_t rows_of_tile = 8, part_of_work = std::size_t{1} << 20;
        const std::size_t work = e.steps * Steps::gates * e.width * e.width;
        const std::size_t grain = weight.is_packed() ? std::max(rows_of_tile, part_of_work / (work + 1)) : e.rows + 1;
        parallel_for(e.rows, grain, [&](std::size_t begin, std::size_t end) {
            RecurrenceExtents part = e;
            part.rows = end - begin;
            f(part, begin);
        });
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

template <class T, class Steps>
Recurrence<T, Variable<T>> run_of_one_state(const Variable<T>& x, const Variable<T>& h, const Variable<T>& w_ih,
                                            const Variable<T>& w_hh, const Variable<T>& b_ih, const Variable<T>& b_hh,
                                            SequenceOptions options, const Location& at) {
    const auto operands = operands_of<T>(Steps::name, Steps::gates, x, h, nullptr, w_ih, w_hh, b_ih, b_hh, at);
    const Variable<T> output = Sequence<T, Steps>::run(operands, options.reverse, at);
    return {output, last(output, options.reverse, at)};
}

} // namespace

template <class T>
Recurrence<T, Variable<T>> rnn_tanh(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih,
                                    const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh,
                                    SequenceOptions options, Location at) {
    return run_of_one_state<T, ops::RNNSteps<T, ops::Tanh>>(x, h, weight_ih, weight_hh, bias_ih, bias_hh, options, at);
}

template <class T>
Recurrence<T, Variable<T>> rnn_relu(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih,
                                    const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh,
                                    SequenceOptions options, Location at) {
    return run_of_one_state<T, ops::RNNSteps<T, ops::Relu>>(x, h, weight_ih, weight_hh, bias_ih, bias_hh, options, at);
}

template <class T>
Recurrence<T, Variable<T>> gru(const Variable<T>& x, const Variable<T>& h, const Variable<T>& weight_ih,
                               const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh,
                               SequenceOptions options, Location at) {
    return run_of_one_state<T, ops::GRUSteps<T>>(x, h, weight_ih, weight_hh, bias_ih, bias_hh, options, at);
}

template <class T>
Recurrence<T, LSTMState<T>> lstm(const Variable<T>& x, const LSTMState<T>& state, const Variable<T>& weight_ih,
                                 const Variable<T>& weight_hh, const Variable<T>& bias_ih, const Variable<T>& bias_hh,
                                 SequenceOptions options, Location at) {
    using Steps = ops::LSTMSteps<T>;
    const auto operands = operands_of<T>(Steps::name, Steps::gates, x, state.h, &state.c, weight_ih, weight_hh, bias_ih, bias_hh, at);
    const Variable<T> result = Sequence<T, Steps>::run(operands, options.reverse, at);
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

#include <xgrad/nn/optim/lbfgs.hpp>

#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/nn/optim/line_search.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/reduction_kernels.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xgrad::nn {

namespace {

using ops::kernels::load;
using ops::kernels::reduce_row;
using ops::kernels::Sum;

template <class T>
double dot(const Tensor<T>& a, const Tensor<T>& b) {
    return reduce_row<Sum, T>(a.size(), [x = a.data(), y = b.data()](auto i, auto n) {
        return ops::Batch<T>(load(x + i, n) * load(y + i, n));
    });
}

/// The sum of |x_i|.
template <class T>
double l1_norm(const Tensor<T>& x) {
    return reduce_row<Sum, T>(x.size(),
                              [data = x.data()](auto i, auto n) { return ops::Batch<T>(abs(load(data + i, n))); });
}

/// The largest |x_i|; NaN if there is one.
template <class T>
double largest(const Tensor<T>& x) {
    if (x.size() == 0) return 0;
    return static_cast<double>(reduce_row<ops::kernels::Largest, T>(
        x.size(), [data = x.data()](auto i, auto n) { return ops::Batch<T>(abs(load(data + i, n))); }));
}

template <class T>
Tensor<T> scaled(const Tensor<T>& x, double factor) {
    Tensor<T> result(x.shape());
    std::transform(x.begin(), x.end(), result.begin(), [f = static_cast<T>(factor)](T element) { return f * element; });
    return result;
}

/// x += factor y
template <class T>
void add_scaled(Tensor<T>& x, double factor, const Tensor<T>& y) {
    std::transform(x.begin(), x.end(), y.begin(), x.begin(),
                   [f = static_cast<T>(factor)](T a, T b) { return a + f * b; });
}

std::string key(const char* name, std::size_t index) {
    return std::string(name) + "." + std::to_string(index);
}

} // namespace

template <class T>
LBFGS<T>::LBFGS(const std::vector<Variable<T>>& parameters, const LBFGSOptions& options, Location at)
    : flat_("LBFGS", parameters, at), options_(options) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    detail::check_option("LBFGS", "lr", options.lr, 0, infinity, at);
    detail::check_option("LBFGS", "max_iter", options.max_iter, 1, infinity, at);
    detail::check_option("LBFGS", "max_eval", options.max_eval, 0, infinity, at);
    detail::check_option("LBFGS", "tolerance_grad", options.tolerance_grad, 0, infinity, at);
    detail::check_option("LBFGS", "tolerance_change", options.tolerance_change, 0, infinity, at);
    detail::check_option("LBFGS", "history_size", static_cast<double>(options.history_size), 1, infinity, at);
    if (options_.max_eval == 0) options_.max_eval = static_cast<int>(options.max_iter * 5LL / 4);
}

/// Takes the last iteration into the history.
template <class T>
void LBFGS<T>::remember(const Tensor<T>& gradient) {
    Tensor<T> change = gradient.clone();
    add_scaled(change, -1, memory_.gradient);
    Tensor<T> step = scaled(memory_.direction, memory_.t);
    const double product = dot(change, step);
    if (!(product > 1e-10)) return; // the Hessian's approximation would not stay positive definite
    if (memory_.pairs.size() == options_.history_size) memory_.pairs.pop_front();
    memory_.scale = product / dot(change, change);
    memory_.pairs.push_back({std::move(step), std::move(change), 1 / product});
}

/// The negative gradient times the inverse of the Hessian, by two loops over the history.
template <class T>
Tensor<T> LBFGS<T>::direction(const Tensor<T>& gradient) const {
    const auto& pairs = memory_.pairs;
    Tensor<T> d = scaled(gradient, -1);
    std::vector<double> alpha(pairs.size());
    for (std::size_t i = pairs.size(); i-- > 0;) {
        alpha[i] = dot(pairs[i].step, d) * pairs[i].rho;
        add_scaled(d, -alpha[i], pairs[i].change);
    }
    d = scaled(d, memory_.scale);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const double beta = dot(pairs[i].change, d) * pairs[i].rho;
        add_scaled(d, alpha[i] - beta, pairs[i].step);
    }
    return d;
}

template <class T>
T LBFGS<T>::step(const Closure& closure, Location at) {
    const EnableGrad recording;    // the closure may be called where nothing is recorded
    const Memory memory = memory_; // shares the arrays, which are replaced but never written to
    const Tensor<T> origin = flat_.values();
    try {
        return iterate(closure, at);
    } catch (...) {
        memory_ = memory;
        flat_.assign(origin);
        throw;
    }
}

template <class T>
T LBFGS<T>::iterate(const Closure& closure, const Location& at) {
    const T first = closure().item(at);
    const auto& all = flat_.parameters();
    if (std::none_of(all.begin(), all.end(), [](const auto& x) { return x.has_grad() && x.requires_grad(); })) {
        throw GraphError("LBFGS: no parameter has a gradient after the closure, which is to call backward()", at);
    }
    auto loss = static_cast<double>(first);
    Tensor<T> gradient = flat_.gradients();
    if (largest(gradient) <= options_.tolerance_grad) return first;
    int evaluations = 1;
    for (int iteration = 1;; ++iteration) {
        const bool starts = memory_.iterations++ == 0;
        if (!starts) remember(gradient);
        memory_.direction = direction(gradient);
        const Tensor<T>& d = memory_.direction;
        memory_.gradient = gradient;
        memory_.t = starts ? std::min(1.0, 1 / l1_norm(gradient)) * options_.lr : options_.lr;
        const double slope = dot(gradient, d), before = loss;
        if (!(slope <= -options_.tolerance_change)) break;

        const Tensor<T> origin = flat_.values();
        if (options_.strong_wolfe) {
            const auto evaluate = [&](double t) {
                flat_.move(origin, t, d);
                const auto value = static_cast<double>(closure().item(at));
                Tensor<T> here = flat_.gradients();
                const double slope_here = dot(here, d);
                return detail::LinePoint<T>{t, value, std::move(here), slope_here};
            };
            detail::LineSearch<T> found = detail::strong_wolfe<T>(evaluate, {0, loss, gradient, slope}, memory_.t,
                                                                  largest(d), options_.tolerance_change);
            evaluations += found.evaluations;
            memory_.t = found.point.t;
            loss = found.point.loss;
            gradient = std::move(found.point.gradient);
            flat_.move(origin, memory_.t, d);
        } else {
            flat_.move(origin, memory_.t, d);
            if (iteration < options_.max_iter) {
                loss = static_cast<double>(closure().item(at));
                gradient = flat_.gradients();
                ++evaluations;
            }
        }
        if (iteration == options_.max_iter || evaluations >= options_.max_eval) break;
        if (largest(gradient) <= options_.tolerance_grad) break;
        if (largest(d) * memory_.t <= options_.tolerance_change) break;
        if (std::abs(loss - before) < options_.tolerance_change) break;
    }
    return first;
}

template <class T>
StateDict LBFGS<T>::state_dict() const {
    StateDict state;
    state.emplace("n_iter", detail::scalar(memory_.iterations));
    state.emplace("history", detail::scalar(static_cast<std::int64_t>(memory_.pairs.size())));
    if (memory_.iterations == 0) return state;
    state.emplace("H_diag", detail::scalar(memory_.scale));
    state.emplace("t", detail::scalar(memory_.t));
    state.emplace("d", memory_.direction.clone());
    state.emplace("prev_flat_grad", memory_.gradient.clone());
    for (std::size_t i = 0; i < memory_.pairs.size(); ++i) {
        const Pair& pair = memory_.pairs[i];
        state.emplace(key("old_stps", i), pair.step.clone());
        state.emplace(key("old_dirs", i), pair.change.clone());
        state.emplace(key("ro", i), detail::scalar(pair.rho));
    }
    return state;
}

template <class T>
void LBFGS<T>::load_state_dict(const StateDict& state, Location at) {
    detail::StateReader reader(state, "LBFGS", at);
    const Shape shape{flat_.size()};
    Memory memory;
    memory.iterations = reader.count("n_iter");
    const auto history = static_cast<std::size_t>(reader.count("history"));
    if (memory.iterations > 0) {
        memory.scale = reader.number("H_diag");
        memory.t = reader.number("t");
        memory.direction = reader.array<T>("d", shape);
        memory.gradient = reader.array<T>("prev_flat_grad", shape);
        for (std::size_t i = 0; i < history; ++i) {
            memory.pairs.push_back({reader.array<T>(key("old_stps", i), shape),
                                    reader.array<T>(key("old_dirs", i), shape), reader.number(key("ro", i))});
        }
    }
    reader.finish();
    while (memory.pairs.size() > options_.history_size) memory.pairs.pop_front();
    memory_ = std::move(memory);
}

template class LBFGS<float>;
template class LBFGS<double>;

} // namespace xgrad::nn

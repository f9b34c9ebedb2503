// In terms of f's errors: with F_k = y_k - sum_j beta_j k(x_k, x_j), the gradient of the dual problem, a change of beta_i by t and of
// beta_j by -t raises its value by t (F_i - F_j) - t^2 / 2 (k_ii + k_jj - 2 k_ij). A beta may rise below its upper bound, C for y = 1
// and 0 for y = -1, and fall above its lower one. The optimum is where no F that may rise is above one that may fall.

#include <xgrad/algorithms/svm/smo.hpp>

#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/simd.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace xgrad::algorithms::detail {

namespace {

using V = ops::Batch<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
/// The most samples among which pairs are taken before F is brought up to date for the others.
constexpr std::size_t largest_working_set = 512;

bool all_finite(const double* values, std::size_t n) {
    // 0 times what is not finite is NaN, and so is a sum with it.
    V first(0.0), second(0.0);
    const V zero(0.0);
    std::size_t k = 0;
    for (; k + 2 * V::size <= n; k += 2 * V::size) {
        first += V::load_unaligned(values + k) * zero;
        second += V::load_unaligned(values + k + V::size) * zero;
    }
    alignas(64) std::array<double, V::size> lanes;
    (first + second).store_aligned(lanes.data());
    return std::all_of(lanes.begin(), lanes.end(), [](double sum) { return sum == 0; }) &&
           std::all_of(values + k, values + n, [](double value) { return std::isfinite(value); });
}

/// 0, 1, 2, ...
V first_indices() {
    alignas(64) std::array<double, V::size> lanes;
    std::iota(lanes.begin(), lanes.end(), 0.0);
    return V::load_aligned(lanes.data());
}

double smallest(const V& batch) {
    alignas(64) std::array<double, V::size> lanes;
    batch.store_aligned(lanes.data());
    return *std::min_element(lanes.begin(), lanes.end());
}

/// The largest of many elements, and where it stands: for each lane.
struct Largest {
    V value = V(-infinity), index = V(0.0); // braces would list lanes

    void take(const V& element, const V& at) {
        const auto better = element > value;
        value = select(better, element, value);
        index = select(better, at, index);
    }
    /// The first of equal ones.
    std::size_t first() const {
        alignas(64) std::array<double, V::size> values, indices;
        value.store_aligned(values.data());
        index.store_aligned(indices.data());
        std::size_t best = 0;
        for (std::size_t lane = 1; lane < V::size; ++lane) {
            const bool is_tie = values[lane] == values[best] && indices[lane] < indices[best];
            if (values[lane] > values[best] || is_tie) best = lane;
        }
        return static_cast<std::size_t>(indices[best]);
    }
};

/// Where the dual problem stands for some samples.
struct State {
    explicit State(std::size_t n) : F(n, 0.0), beta(n, 0.0), lower(n, 0.0), upper(n, 0.0) {}

    bool may_rise(std::size_t k) const { return beta[k] < upper[k]; }
    bool may_fall(std::size_t k) const { return beta[k] > lower[k]; }

    std::vector<double> F, beta, lower, upper;
};

/// Pairs among the samples of a working set, whose kernel is a dense matrix.
class WorkingSet {
  public:
    WorkingSet(const State& all, const std::vector<std::size_t>& members, const std::vector<const double*>& rows);

    /// Changes pairs until what may rise is at most `tol` above what may fall.
    /// @returns the number of changes
    std::int64_t solve(double tol, std::int64_t most);

    const std::vector<double>& beta() const noexcept { return state_.beta; }

  private:
    static std::size_t padded(std::size_t n) { return (n + V::size - 1) / V::size * V::size; }
    void note_bounds(std::size_t k) {
        rise_[k] = state_.may_rise(k) ? 0 : -infinity;
        fall_[k] = state_.may_fall(k) ? 0 : infinity;
    }
    double change_pair(std::size_t i, std::size_t j);
    std::size_t second_of_pair(std::size_t i) const;

    std::size_t size_; ///< with what fills the last batch: samples that may neither rise nor fall
    State state_;
    std::vector<double> K_, diagonal_;
    double least_curvature_ = 0;      ///< stands in for that of a pair's direction where the kernel is not positive definite
    std::vector<double> rise_, fall_; ///< 0, or -infinity and infinity for those that may not
};

WorkingSet::WorkingSet(const State& all, const std::vector<std::size_t>& members, const std::vector<const double*>& rows)
    : size_(padded(members.size())), state_(size_), K_(size_ * size_, 0.0), diagonal_(size_, 1.0), rise_(size_, -infinity),
      fall_(size_, infinity) {
    for (std::size_t i = 0; i < members.size(); ++i) {
        const std::size_t k = members[i];
        state_.F[i] = all.F[k];
        state_.beta[i] = all.beta[k];
        state_.lower[i] = all.lower[k];
        state_.upper[i] = all.upper[k];
        note_bounds(i);
        for (std::size_t j = 0; j < members.size(); ++j) K_[i * size_ + j] = rows[i][members[j]];
        diagonal_[i] = rows[i][k];
        least_curvature_ += std::abs(diagonal_[i]);
    }
    // In proportion to the kernel, whatever the unit of the samples.
    least_curvature_ = std::max(1e-12 * least_curvature_ / static_cast<double>(members.size()), std::numeric_limits<double>::min());
}

/// Moves as far as is best, or as the bounds allow.
/// @returns by how much beta_i rose
double WorkingSet::change_pair(std::size_t i, std::size_t j) {
    const double curvature = diagonal_[i] + diagonal_[j] - 2 * K_[i * size_ + j];
    const double best = (state_.F[i] - state_.F[j]) / (curvature > 0 ? curvature : least_curvature_);
    const double to_upper = state_.upper[i] - state_.beta[i], to_lower = state_.beta[j] - state_.lower[j];
    const double t = std::min({best, to_upper, to_lower});
    // At a bound exactly, where a sum would be rounded.
    state_.beta[i] = t == to_upper ? state_.upper[i] : state_.beta[i] + t;
    state_.beta[j] = t == to_lower ? state_.lower[j] : state_.beta[j] - t;
    note_bounds(i);
    note_bounds(j);
    return t;
}

/// The j with which a change of the pair gains most.
std::size_t WorkingSet::second_of_pair(std::size_t i) const {
    const double *const row = K_.data() + i * size_, *const F = state_.F.data();
    const V from(state_.F[i]), own(diagonal_[i]), two(2.0), zero(0.0), least(least_curvature_);
    Largest gain;
    V index = first_indices();
    for (std::size_t k = 0; k < size_; k += V::size, index += V(static_cast<double>(V::size))) {
        const V difference = from - (V::load_unaligned(F + k) + V::load_unaligned(fall_.data() + k));
        const V curvature = own + V::load_unaligned(diagonal_.data() + k) - two * V::load_unaligned(row + k);
        const V positive = select(curvature > zero, curvature, least);
        gain.take(select(difference > zero, difference * difference / positive, V(-1.0)), index);
    }
    return gain.first();
}

std::int64_t WorkingSet::solve(double tol, std::int64_t most) {
    double* const F = state_.F.data();
    std::size_t i = 0, j = 0;
    double t = 0;
    for (std::int64_t changes = 0;; ++changes) {
        // F after the last change, what may rise and is largest, and the smallest that may fall, in one pass.
        const double *const row_i = K_.data() + i * size_, *const row_j = K_.data() + j * size_;
        Largest rising;
        V falling(infinity), index = first_indices();
        const V step(t);
        for (std::size_t k = 0; k < size_; k += V::size, index += V(static_cast<double>(V::size))) {
            const V f = V::load_unaligned(F + k) - step * (V::load_unaligned(row_i + k) - V::load_unaligned(row_j + k));
            f.store_unaligned(F + k);
            rising.take(f + V::load_unaligned(rise_.data() + k), index);
            falling = min(falling, f + V::load_unaligned(fall_.data() + k));
        }
        i = rising.first();
        if (!(F[i] + rise_[i] - smallest(falling) >= tol) || changes == most) return changes;
        j = second_of_pair(i);
        t = change_pair(i, j);
    }
}

/// Rows of the kernel, of which those that were wanted last are kept.
class KernelRows {
  public:
    /// @param capacity  how many are kept
    KernelRows(const KernelFunction& kernel, const KernelSamples& samples, std::size_t capacity)
        : kernel_(kernel), samples_(samples), slot_of_(samples.m, none), slots_(capacity) {}

    /// The rows of these samples, which stay until the next call.
    /// @pre no more than the capacity
    std::vector<const double*> rows(const std::vector<std::size_t>& samples);
    /// Whether all rows so far are.
    bool are_finite() const noexcept { return are_finite_; }

  private:
    static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    struct Slot {
        std::size_t sample = none;
        std::int64_t last_use = 0;
        Tensor<double> row;
    };

    const KernelFunction& kernel_;
    const KernelSamples& samples_;
    std::vector<std::size_t> slot_of_; ///< for each sample
    std::vector<Slot> slots_;
    std::int64_t calls_ = 0;
    bool are_finite_ = true;
};

std::vector<const double*> KernelRows::rows(const std::vector<std::size_t>& samples) {
    ++calls_;
    std::vector<std::size_t> missing;
    for (const std::size_t k : samples) {
        if (slot_of_[k] == none) {
            missing.push_back(k);
        } else {
            slots_[slot_of_[k]].last_use = calls_;
        }
    }
    if (!missing.empty()) {
        // Into the slots whose last use is longest ago.
        std::vector<std::size_t> slots(slots_.size());
        std::iota(slots.begin(), slots.end(), std::size_t{0});
        const auto count = static_cast<std::ptrdiff_t>(missing.size());
        std::partial_sort(slots.begin(), slots.begin() + count, slots.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(slots_[a].last_use, a) < std::pair(slots_[b].last_use, b);
        });
        std::vector<double> x(missing.size() * samples_.n);
        std::vector<double*> rows;
        for (std::size_t i = 0; i < missing.size(); ++i) {
            Slot& slot = slots_[slots[i]];
            if (slot.sample != none) slot_of_[slot.sample] = none;
            if (!slot.row) slot.row = Tensor<double>(Shape{samples_.m});
            slot.sample = missing[i];
            slot.last_use = calls_;
            slot_of_[missing[i]] = slots[i];
            rows.push_back(slot.row.data());
            std::copy_n(samples_.x + missing[i] * samples_.n, samples_.n, x.data() + i * samples_.n);
        }
        kernel_.evaluate(KernelSamples(x.data(), missing.size(), samples_.n), samples_, rows.data());
        for (const double* const row : rows) are_finite_ &= all_finite(row, samples_.m);
    }
    std::vector<const double*> result;
    for (const std::size_t k : samples) result.push_back(slots_[slot_of_[k]].row.data());
    return result;
}

/// What may rise and is largest, and what may fall and is smallest.
struct Gap {
    explicit Gap(const State& state) {
        for (std::size_t k = 0; k < state.F.size(); ++k) {
            if (state.may_rise(k)) highest = std::max(highest, state.F[k]);
            if (state.may_fall(k)) lowest = std::min(lowest, state.F[k]);
        }
    }
    double size() const { return highest - lowest; }

    double highest = -infinity, lowest = infinity;
};

/// Appends those of `candidates` that come first in the order, up to `count`.
template <class Less>
void append_first(std::vector<std::size_t>& members, std::vector<std::size_t>& candidates, std::size_t count, const Less& less) {
    count = std::min(count, candidates.size());
    std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count), candidates.end(), less);
    members.insert(members.end(), candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count));
}

/// The samples that violate the conditions most, half of them from above and half from below, after the latter half of those before:
/// so that they are not chosen in turns.
std::vector<std::size_t> next_members(const State& state, const Gap& gap, const std::vector<std::size_t>& before, std::size_t most) {
    const std::size_t kept = most > 2 ? std::min(before.size(), most / 2) : 0; // there is room for a pair
    std::vector<std::size_t> members(before.end() - static_cast<std::ptrdiff_t>(kept), before.end());
    std::vector<char> is_member(state.F.size(), 0);
    for (const std::size_t k : members) is_member[k] = 1;
    std::vector<std::size_t> high, low;
    for (std::size_t k = 0; k < state.F.size(); ++k) {
        if (is_member[k]) continue;
        // Of those that could be in both lists, which are at neither bound, each goes to the nearer end.
        const bool is_high = state.may_rise(k) && state.F[k] > gap.lowest, is_low = state.may_fall(k) && state.F[k] < gap.highest;
        if (is_high && (!is_low || gap.highest - state.F[k] <= state.F[k] - gap.lowest)) {
            high.push_back(k);
        } else if (is_low) {
            low.push_back(k);
        }
    }
    const auto& F = state.F;
    const std::size_t room = most - kept, half = room / 2;
    const auto from_above = [&](std::size_t a, std::size_t b) { return F[a] != F[b] ? F[a] > F[b] : a < b; };
    const auto from_below = [&](std::size_t a, std::size_t b) { return F[a] != F[b] ? F[a] < F[b] : a < b; };
    append_first(members, high, std::max(half, room - std::min(room, low.size())), from_above);
    append_first(members, low, most - members.size(), from_below);
    return members;
}

/// F less the changes of beta times the rows.
void subtract_rows(std::vector<double>& F, const std::vector<double>& changes, const std::vector<const double*>& rows) {
    constexpr std::size_t block = 1024; // that stays in the cache
    const std::size_t n = F.size();
    parallel_for((n + block - 1) / block, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t b = begin; b < end; ++b) {
            const std::size_t first = b * block, last = std::min(n, first + block);
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const double change = changes[i];
                if (change == 0) continue;
                const double* const row = rows[i];
                for (std::size_t k = first; k < last; ++k) F[k] -= change * row[k];
            }
        }
    });
}

/// The mean of F where 0 < |beta| < C, where f(x) = y; else the middle of where b may be.
double intercept(const State& state) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t k = 0; k < state.F.size(); ++k) {
        if (!state.may_rise(k) || !state.may_fall(k)) continue;
        sum += state.F[k];
        ++count;
    }
    if (count > 0) return sum / static_cast<double>(count);
    const Gap gap(state);
    return (gap.highest + gap.lowest) / 2;
}

} // namespace

std::optional<SmoResult> smo(const KernelFunction& kernel, const KernelSamples& samples, const std::vector<double>& y,
                             const SmoOptions& options) {
    const std::size_t m = samples.m;
    // |a - b|^2 is up to four times the largest square.
    const auto is_in_range = [&](double squares) {
        return squares <= std::numeric_limits<double>::max() / 4 && std::isfinite(kernel.diagonal(squares));
    };
    if (!std::all_of(samples.squares.begin(), samples.squares.end(), is_in_range)) return std::nullopt;
    State state(m);
    state.F = y;
    for (std::size_t k = 0; k < m; ++k) (y[k] > 0 ? state.upper : state.lower)[k] = y[k] * options.C;

    const double rows_that_fit = options.cache_size * 1e6 / static_cast<double>(m * sizeof(double));
    const auto capacity = static_cast<std::size_t>(std::clamp(rows_that_fit, 2.0, static_cast<double>(m)));
    const std::size_t most_members = std::min(largest_working_set, capacity);
    KernelRows kernel_rows(kernel, samples, capacity);
    std::int64_t iterations = 0;
    const bool is_whole = m <= most_members;
    std::vector<std::size_t> members(is_whole ? m : 0);
    std::iota(members.begin(), members.end(), std::size_t{0});
    for (;;) {
        const Gap gap(state);
        if (!(gap.size() >= options.tol) || iterations >= options.max_iter) break;
        if (!is_whole) members = next_members(state, gap, members, most_members);
        const std::vector<const double*> rows = kernel_rows.rows(members);
        if (!kernel_rows.are_finite()) return std::nullopt;
        WorkingSet set(state, members, rows);
        // What is far from the optimum elsewhere need not be exact here.
        const double tol = is_whole ? options.tol : std::max(options.tol, 0.1 * gap.size());
        const std::int64_t changed = set.solve(tol, options.max_iter - iterations);
        if (changed == 0) break; // nor would they ever
        iterations += changed;
        std::vector<double> changes(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            changes[i] = set.beta()[i] - state.beta[members[i]];
            state.beta[members[i]] = set.beta()[i];
        }
        subtract_rows(state.F, changes, rows);
    }
    SmoResult result{state.beta, intercept(state), 0, iterations};
    for (std::size_t k = 0; k < m; ++k) result.squared_norm += state.beta[k] * (y[k] - state.F[k]);
    const bool is_finite = all_finite(result.beta.data(), m) && all_finite(state.F.data(), m) && std::isfinite(result.intercept) &&
                           std::isfinite(result.squared_norm);
    return is_finite ? std::optional(std::move(result)) : std::nullopt;
}

} // namespace xgrad::algorithms::detail

#include <xgrad/algorithms/model_selection/cross_validation.hpp>

#include <xgrad/algorithms/context.hpp>
#include <xgrad/autodiff/threads.hpp>

#include <atomic>
#include <exception>
#include <mutex>

namespace xgrad::algorithms::detail {

namespace {

/// The exception of the first of several things that threw.
class FirstError {
  public:
    void note(std::size_t k) {
        const std::lock_guard lock(mutex_);
        if (k < first_) {
            first_ = k;
            error_ = std::current_exception();
        }
    }
    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

  private:
    std::mutex mutex_;
    std::size_t first_ = SIZE_MAX;
    std::exception_ptr error_;
};

} // namespace

void run_fits(const char* function, const std::vector<std::string>& candidates, std::size_t splits,
              const std::function<void(std::size_t, std::size_t)>& fit) {
    const std::size_t count = candidates.size() * splits;
    std::atomic<std::size_t> next{0};
    FirstError error;
    // Each thread takes the next fit when it is done with one, for they may differ much. After an error no more are begun; since they
    // begin in order, all before it run to their end, and which error is the first does not depend on timing.
    const auto take_turns = [&](std::size_t, std::size_t) {
        for (std::size_t k; (k = next++) < count;) {
            const std::size_t candidate = k / splits, split = k % splits;
            try {
                try {
                    fit(candidate, split);
                } catch (Error& e) {
                    const std::string& name = candidates[candidate];
                    add_context(e, "in split " + std::to_string(split) + " of " + function + (name.empty() ? "" : " with " + name));
                    throw;
                }
            } catch (...) {
                error.note(k);
                next = count;
            }
        }
    };
    parallel_for(std::min(count, num_threads()), 1, take_turns);
    error.rethrow();
}

ScoreTable score_fits(const char* function, const std::vector<std::string>& candidates, std::size_t splits, bool with_train,
                      const std::function<Scores(std::size_t, std::size_t)>& fit_and_score) {
    ScoreTable table{Array<double>::from_shape({candidates.size(), splits}), Array<double>::from_shape({0})};
    if (with_train) table.train = Array<double>::from_shape({candidates.size(), splits});
    run_fits(function, candidates, splits, [&](std::size_t candidate, std::size_t split) {
        const Scores scores = fit_and_score(candidate, split);
        table.test(candidate, split) = scores.test;
        if (with_train) table.train(candidate, split) = scores.train;
    });
    return table;
}

void check_data(const char* function, const Array<double>& X, const Array<double>& y, const Location& at) {
    check_targets(function, X, y, at);
}

void check_data(const char* function, const Array<double>& X, const Array<std::int64_t>& y, const Location& at) {
    encode_labels(function, X, y, at, 1);
}

void check_partition(const char* function, const std::vector<Split>& splits, std::size_t n_samples, const Location& at) {
    std::vector<std::size_t> tests(n_samples, 0);
    for (const Split& split : splits) {
        for (const std::size_t i : split.test) ++tests[i];
    }
    for (std::size_t i = 0; i < n_samples; ++i) {
        if (tests[i] != 1) {
            throw ValueError(std::string(function) + ": sample " + std::to_string(i) + " is in the test of " + std::to_string(tests[i]) +
                                 " splits; it must be in that of one",
                             at);
        }
    }
}

} // namespace xgrad::algorithms::detail

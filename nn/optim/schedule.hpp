/// @file
/// Schedules: learning rates that change from epoch to epoch.
///
/// @code
/// nn::SGD optimizer(model.parameters(), {.lr = 0.1});
/// nn::StepLR schedule(optimizer, 30);
/// for (int epoch = 0; epoch < 90; ++epoch) {
///     ...                 // optimizer.step() for each batch
///     schedule.step();
/// }
/// @endcode
///
/// A schedule refers to its optimizer, which must outlive it, and starts from the learning rates that it finds there.
#pragma once

#include <xgrad/nn/optim/optimizer.hpp>

#include <functional>

namespace xgrad::nn {

/// Learning rates as a function of the number of epochs.
class Schedule {
  public:
    virtual ~Schedule() = default;
    Schedule(const Schedule&) = delete;
    Schedule& operator=(const Schedule&) = delete;

    /// An epoch is over: sets the learning rates of the next one. Nothing is changed if it throws.
    /// @throws ValueError if a learning rate would be negative or not finite
    void step(Location at = Location::current());

    /// How many epochs are over.
    std::int64_t epoch() const noexcept { return epoch_; }

    /// What it takes to go on: the number of epochs, under a name that tells the kind of schedule, "StepLR.last_epoch",
    /// and the learning rates it started from as "base_lrs". Its options are not among it.
    StateDict state_dict() const;
    /// Goes on where another schedule was, and sets the learning rates of that epoch. Nothing is changed if it throws.
    /// @throws ValueError if the state is that of another kind of schedule; if an entry is missing, unexpected or of
    /// another type; it names the entry; or if a learning rate would be negative or not finite
    /// @throws ShapeError if the optimizer has another number of groups
    void load_state_dict(const StateDict& state, Location at = Location::current());

  protected:
    Schedule(const char* name, LearningRates& optimizer);

    /// Sets the learning rates of the epoch: for the constructor of a schedule that starts with others than it found.
    void apply(const Location& at) { go_to(epoch_, base_, at); }

    const char* const name_; ///< for messages

  private:
    /// The learning rate after `epoch` epochs of a group that started with `base`.
    virtual double rate(double base, std::int64_t epoch) const = 0;

    /// Sets the learning rates of an epoch, all or none.
    void go_to(std::int64_t epoch, const std::vector<double>& base, const Location& at);

    LearningRates& optimizer_;
    std::vector<double> base_;
    std::int64_t epoch_ = 0;
};

/// Multiplies the learning rates by gamma every `step_size` epochs.
class StepLR final : public Schedule {
  public:
    /// @throws ValueError if `step_size` is below 1, or gamma negative or not finite
    StepLR(LearningRates& optimizer, std::int64_t step_size, double gamma = 0.1, Location at = Location::current());

  private:
    double rate(double base, std::int64_t epoch) const override;
    std::int64_t step_size_;
    double gamma_;
};

/// Multiplies the learning rates by gamma every epoch.
class ExponentialLR final : public Schedule {
  public:
    /// @throws ValueError if gamma is negative or not finite
    ExponentialLR(LearningRates& optimizer, double gamma, Location at = Location::current());

  private:
    double rate(double base, std::int64_t epoch) const override;
    double gamma_;
};

/// Half a cosine from the learning rate lr at the start down to `eta_min` after `T_max` epochs,
/// eta_min + (lr - eta_min) (1 + cos(pi epoch / T_max)) / 2; and up again after that. Loshchilov, Hutter: SGDR, 2017.
class CosineAnnealingLR final : public Schedule {
  public:
    /// @throws ValueError if `T_max` is below 1, or `eta_min` negative or not finite
    CosineAnnealingLR(LearningRates& optimizer, std::int64_t T_max, double eta_min = 0,
                      Location at = Location::current());

  private:
    double rate(double base, std::int64_t epoch) const override;
    std::int64_t T_max_;
    double eta_min_;
};

struct LinearLROptions {
    double start_factor = 1.0 / 3;
    double end_factor = 1;
    std::int64_t total_iters = 5;
};

/// Warm-up: multiplies the learning rates by a factor that goes from `start_factor` to `end_factor` in equal steps
/// within `total_iters` epochs, and stays there.
class LinearLR final : public Schedule {
  public:
    /// @throws ValueError if a factor is negative or not finite, or `total_iters` is below 1
    explicit LinearLR(LearningRates& optimizer, const LinearLROptions& options = {}, Location at = Location::current());

  private:
    double rate(double base, std::int64_t epoch) const override;
    LinearLROptions options_;
};

/// Multiplies the learning rates of the start by any function of the epoch; warm-up and then decay, for instance.
class LambdaLR final : public Schedule {
  public:
    /// @throws ValueError, from step() too, if the function gives a learning rate that is negative or not finite
    LambdaLR(LearningRates& optimizer, std::function<double(std::int64_t)> factor, Location at = Location::current());

  private:
    double rate(double base, std::int64_t epoch) const override;
    std::function<double(std::int64_t)> factor_;
};

struct ReduceLROnPlateauOptions {
    /// Whether the metric is to fall or to rise.
    enum class Mode { min, max } mode = Mode::min;
    double factor = 0.1;        ///< in [0, 1)
    std::int64_t patience = 10; ///< epochs without progress that are let pass
    double threshold = 1e-4;    ///< what counts as progress
    /// Whether the threshold is a share of the best metric or a difference from it.
    enum class Threshold { relative, absolute } threshold_mode = Threshold::relative;
    std::int64_t cooldown = 0; ///< epochs after a reduction in which none is counted
    double min_lr = 0;
    double eps = 1e-8; ///< a reduction by no more than this is left out
};

/// Multiplies the learning rates by `factor` when a metric has made no progress for more than `patience` epochs.
class ReduceLROnPlateau {
  public:
    /// @throws ValueError if an option is out of range
    explicit ReduceLROnPlateau(LearningRates& optimizer, const ReduceLROnPlateauOptions& options = {},
                               Location at = Location::current());
    ReduceLROnPlateau(const ReduceLROnPlateau&) = delete;
    ReduceLROnPlateau& operator=(const ReduceLROnPlateau&) = delete;

    /// An epoch is over, with this loss or score. A NaN is no progress.
    void step(double metric);

    /// The best metric so far.
    double best() const noexcept { return state_.best; }

    /// What it takes to go on: "best", "num_bad_epochs", "cooldown_counter". The learning rates are the optimizer's.
    StateDict state_dict() const;
    /// Goes on where another one was. Nothing is changed if it throws.
    /// @throws ValueError if an entry is missing, unexpected or of another type; it names the entry
    void load_state_dict(const StateDict& state, Location at = Location::current());

  private:
    bool is_better(double metric) const;

    struct State {
        double best;
        std::int64_t bad_epochs = 0, cooldown = 0;
    };

    LearningRates& optimizer_;
    ReduceLROnPlateauOptions options_;
    State state_;
};

} // namespace xgrad::nn

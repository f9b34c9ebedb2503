/// @file
/// fit(): a training loop with what one usually wants around it. It is a convenience; the loop itself is five lines:
///
/// @code
/// for (auto [x, y] : loader) {
///     auto loss = nn::cross_entropy(model(x), y);
///     optimizer.zero_grad();
///     loss.backward();
///     optimizer.step();
/// }
/// @endcode
#pragma once

#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/nn/data/loader.hpp>
#include <xgrad/nn/history.hpp>
#include <xgrad/nn/module.hpp>
#include <xgrad/nn/optim/optimizer.hpp>
#include <xgrad/nn/optim/schedule.hpp>

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace xgrad::nn {

/// What a callback of fit() sees and may do.
template <class T>
struct TrainingContext {
    ModuleBase& model;
    Optimizer<T>& optimizer;
    const History& history;   ///< of the epochs that are over
    std::size_t epoch, epochs; ///< `epoch` is counted from 1
    std::size_t step, steps;   ///< of the epoch; `step` is counted from 1
    double loss;               ///< of the step; or, when the epoch is over, the mean over it
    bool stop = false;         ///< to be set: end the training here, as Ctrl-C does
};

/// A score of predictions under its name: `{"accuracy", nn::accuracy}`.
template <class T, class Y>
struct Metric {
    /// What a batch holds beside x; x itself if there are no targets.
    using Target = std::conditional_t<std::integral<Y>, ArrayRef<Y>, Variable<T>>;

    std::string name;
    std::function<double(const Variable<T>& prediction, const Target& target)> function;
};

/// How fit() trains.
template <class T, class Y>
struct FitOptions {
    std::size_t epochs = 10;
    std::vector<Metric<T, Y>> metrics{}; ///< measured on the validation data after each epoch

    std::optional<Dataset<T, Y>> validation{}; ///< what the model is measured on after each epoch
    std::size_t validation_batch_size = 256;

    /// End when the monitored value has not improved for so many epochs; 0: never.
    std::size_t patience = 0;
    double min_delta = 0;             ///< what counts as an improvement
    /// A column of the history, for `patience` and for a schedule that waits for a plateau. Without validation data a plateau goes by
    /// the "loss".
    std::string monitor = "val_loss";
    bool maximize = false;            ///< whether the monitored value is to rise
    bool restore_best = true;         ///< with patience: the model ends as it was after the best epoch

    double clip_norm = 0;  ///< limit of the norm of all gradients together; 0: none
    double clip_value = 0; ///< limit of each element of the gradients; 0: none

    /// Stepped after each epoch; one that waits for a plateau sees the monitored value.
    std::variant<std::monostate, Schedule*, ReduceLROnPlateau*> schedule{};

    std::vector<std::function<void(TrainingContext<T>&)>> on_step{};  ///< called after each step
    std::vector<std::function<void(TrainingContext<T>&)>> on_epoch{}; ///< called after each epoch

    /// A file that is written after each epoch and when the training is interrupted, with all it takes to go on bit for bit.
    std::string checkpoint{};
    /// Go on from the checkpoint, if there is one.
    bool resume = false;

    std::FILE* progress = stdout; ///< where the progress is shown; null: nowhere
};

namespace detail {

/// All of a training but the model's and the loss's own types.
template <class T, class Y>
class Trainer {
  public:
    Trainer(ModuleBase& model, Optimizer<T>& optimizer, Loader<T, Y>& data, const FitOptions<T, Y>& options, const Location& at);
    ~Trainer();
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Whether there is another epoch, which then begins.
    bool begin_epoch();
    /// The gradients of a batch are there: clips them and steps. False if the training ends within the epoch.
    bool step(double loss, std::size_t examples);
    /// The epoch is over. @param validation  the validation loss and the metrics, if there are validation data
    void end_epoch(const std::vector<double>& validation);
    /// The training is over.
    History finish();

  private:
    struct State;
    TrainingContext<T> context(double loss) const;
    void call(const std::vector<std::function<void(TrainingContext<T>&)>>& callbacks, double loss);
    const std::string& monitored_column() const;
    void save() const;
    void load();

    ModuleBase& model_;
    Optimizer<T>& optimizer_;
    Loader<T, Y>& data_;
    const FitOptions<T, Y>& options_;
    Location at_;
    std::unique_ptr<State> state_;
    bool ending_ = false; ///< this is the last epoch
};

template <class Y, class Batch, class F>
auto with_target(const Batch& batch, const F& f) {
    if constexpr (std::is_void_v<Y>) {
        return f(batch, batch);
    } else {
        return f(batch.x, batch.y);
    }
}

} // namespace detail

/// Trains `model` on the batches of `data`: for each, the loss of the model's prediction, its gradients, a step of the optimizer.
/// Ctrl-C ends the training after the step under way, with a checkpoint if one is asked for; a second one ends the program.
/// @code
/// auto history = nn::fit(model, [](auto& y, auto& labels) { return nn::cross_entropy(y, labels); }, optimizer, loader,
///                        {.epochs = 20, .metrics = {{"accuracy", nn::accuracy}}, .validation = test, .patience = 3});
/// @endcode
/// @param model  any Module of one input. It is trained in the mode it is in, so that a part of it may stay in evaluation mode;
///               if all of it is, it is in training mode meanwhile
/// @param loss   called as `loss(prediction, targets)`, or `loss(prediction, x)` where there are no targets; returns the mean over the
///               batch, which the history takes to be that of its examples
/// @returns the history, one row for each epoch: "loss", "val_loss", "val_" and the name of each metric, "lr", "seconds"
/// @throws ValueError if an option makes no sense, or the loss is NaN: the message names the epoch and the step
/// @throws FileError if the checkpoint cannot be written or read
template <class Model, class Loss, class T, class Y>
History fit(Model& model, Loss&& loss, Optimizer<T>& optimizer, Loader<T, Y>& data, const FitOptions<T, Y>& options = {},
            Location at = Location::current()) {
    detail::Trainer<T, Y> trainer(model, optimizer, data, options, at);
    const auto evaluate = [&]() -> std::vector<double> {
        if (!options.validation) return {};
        const NoGrad no_grad;
        const EvalMode eval(model);
        std::vector<double> sums(1 + options.metrics.size());
        Generator unused;
        Loader<T, Y> batches(*options.validation, {.batch_size = options.validation_batch_size, .shuffle = false}, unused, at);
        for (const auto& batch : batches) {
            detail::with_target<Y>(batch, [&](const Variable<T>& x, const auto& target) {
                const auto prediction = model(x, at);
                const auto examples = static_cast<double>(x.shape()[0]);
                sums[0] += examples * static_cast<double>(loss(prediction, target).item());
                if constexpr (std::convertible_to<decltype(prediction), Variable<T>>) {
                    for (std::size_t k = 0; k < options.metrics.size(); ++k) {
                        sums[1 + k] += examples * options.metrics[k].function(prediction, target);
                    }
                }
            });
        }
        for (double& sum : sums) sum /= static_cast<double>(options.validation->size());
        return sums;
    };
    while (trainer.begin_epoch()) {
        bool whole = true;
        for (const auto& batch : data) {
            const auto [value, examples] = detail::with_target<Y>(batch, [&](const Variable<T>& x, const auto& target) {
                const auto prediction = model(x, at);
                const auto result = loss(prediction, target);
                optimizer.zero_grad();
                result.backward({}, at);
                return std::pair(static_cast<double>(result.item()), x.shape()[0]);
            });
            whole = trainer.step(value, examples);
            if (!whole) break;
        }
        if (whole) trainer.end_epoch(evaluate());
    }
    return trainer.finish();
}

} // namespace xgrad::nn

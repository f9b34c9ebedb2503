#include <xgrad/nn/fit.hpp>

#include <xgrad/nn/checkpoint.hpp>
#include <xgrad/nn/data/file.hpp>
#include <xgrad/nn/optim/clip.hpp>
#include <xgrad/nn/progress.hpp>

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>

#include <unistd.h>

namespace xgrad::nn::detail {

namespace {

/// While it lives, Ctrl-C sets a flag, once; the next one ends the program. One that is ignored stays ignored.
class InterruptGuard {
  public:
    InterruptGuard() {
        flag_ = 0;
        struct sigaction action = {};
        action.sa_handler = [](int) { flag_ = 1; };
        action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
        sigemptyset(&action.sa_mask);
        sigaction(SIGINT, &action, &before_);
        if (before_.sa_handler == SIG_IGN) sigaction(SIGINT, &before_, nullptr);
    }
    ~InterruptGuard() { sigaction(SIGINT, &before_, nullptr); }
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    bool interrupted() const noexcept { return flag_ != 0; }

  private:
    static inline volatile std::sig_atomic_t flag_ = 0;
    struct sigaction before_ = {};
};

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

template <class T, class Y>
std::vector<std::string> columns_of(const FitOptions<T, Y>& options) {
    std::vector<std::string> columns{"loss"};
    if (options.validation) {
        columns.push_back("val_loss");
        for (const auto& metric : options.metrics) columns.push_back("val_" + metric.name);
    }
    columns.insert(columns.end(), {"lr", "seconds"});
    return columns;
}

template <class T, class Y>
void check_options(const FitOptions<T, Y>& options, std::size_t steps, const Location& at) {
    const auto fail = [&](const std::string& what) { throw ValueError("fit: " + what, at); };
    if (steps == 0) fail("there is no batch to train on");
    if (options.validation && options.validation->size() == 0) fail("the validation data are empty");
    if (!options.metrics.empty() && !options.validation) fail("metrics are measured on validation data, and there are none");
    if (options.patience > 0 && !options.validation && options.monitor.starts_with("val_")) {
        fail(".patience waits for \"" + options.monitor + "\", and there are no validation data");
    }
    if (!(options.clip_norm >= 0)) fail(".clip_norm is " + std::to_string(options.clip_norm));
    if (!(options.clip_value >= 0)) fail(".clip_value is " + std::to_string(options.clip_value));
    if (options.resume && options.checkpoint.empty()) fail(".resume needs a .checkpoint");
    if (!options.checkpoint.empty()) {
        // Better now than after an epoch.
        const std::string folder = std::filesystem::path(options.checkpoint).parent_path().string();
        if (access(folder.empty() ? "." : folder.c_str(), W_OK) != 0) {
            throw FileError(options.checkpoint + ": its folder is not there or cannot be written to", at);
        }
    }
}

/// Calls `f` with the schedule, if there is one.
template <class Schedules, class F>
void with_schedule(const Schedules& schedules, const F& f) {
    std::visit(
        [&](const auto& schedule) {
            if constexpr (requires { schedule->state_dict(); }) f(*schedule);
        },
        schedules);
}

} // namespace

template <class T, class Y>
struct Trainer<T, Y>::State {
    explicit State(const FitOptions<T, Y>& options, std::size_t steps)
        : history(columns_of(options)), progress(options.epochs, steps, options.progress ? options.progress : stdout) {}

    History history;
    Progress progress;
    InterruptGuard interrupt;
    std::vector<Variable<T>> parameters; ///< the optimizer's
    bool was_training = true;

    // What a checkpoint holds beside the model, the optimizer and the schedule.
    std::size_t epoch = 0; ///< that is under way, or is to come; counted from 1
    std::size_t step = 0;  ///< steps done in it
    std::size_t examples = 0;
    double loss_sum = 0;
    double seconds_before = 0; ///< of the epoch, before it was interrupted
    double best = nothing;
    std::size_t bad_epochs = 0;
    StateDict best_model;

    std::chrono::steady_clock::time_point epoch_start{};
    bool resumed = false; ///< the epoch under way was begun before

    double seconds() const {
        return seconds_before + std::chrono::duration<double>(std::chrono::steady_clock::now() - epoch_start).count();
    }
};

template <class T, class Y>
Trainer<T, Y>::Trainer(ModuleBase& model, Optimizer<T>& optimizer, Loader<T, Y>& data, const FitOptions<T, Y>& options,
                       const Location& at)
    : model_(model), optimizer_(optimizer), data_(data), options_(options), at_(at) {
    check_options(options, data.size(), at);
    state_ = std::make_unique<State>(options, data.size());
    state_->history[monitored_column()]; // throws if there is no such column
    state_->parameters = optimizer.parameters();
    state_->was_training = model.is_training();
    if (!state_->was_training) model.train();
    if (options.resume) load();
}

template <class T, class Y>
Trainer<T, Y>::~Trainer() {
    if (!state_->was_training) model_.eval();
}

template <class T, class Y>
bool Trainer<T, Y>::begin_epoch() {
    if (ending_) return false;
    if (!std::exchange(state_->resumed, false)) {
        ++state_->epoch;
        state_->step = state_->examples = 0;
        state_->loss_sum = state_->seconds_before = 0;
    }
    state_->epoch_start = std::chrono::steady_clock::now();
    return state_->epoch <= options_.epochs;
}

template <class T, class Y>
TrainingContext<T> Trainer<T, Y>::context(double loss) const {
    return {model_, optimizer_, state_->history, state_->epoch, options_.epochs, state_->step, data_.size(), loss};
}

template <class T, class Y>
void Trainer<T, Y>::call(const std::vector<std::function<void(TrainingContext<T>&)>>& callbacks, double loss) {
    for (const auto& callback : callbacks) {
        TrainingContext<T> now = context(loss);
        callback(now);
        if (now.stop) ending_ = state_->history.stopped_early = true;
    }
}

template <class T, class Y>
const std::string& Trainer<T, Y>::monitored_column() const {
    static const std::string training_loss = "loss";
    return options_.monitor == "val_loss" && !options_.validation ? training_loss : options_.monitor;
}

template <class T, class Y>
bool Trainer<T, Y>::step(double loss, std::size_t examples) {
    if (!std::isfinite(loss)) {
        throw ValueError("fit: the loss is " + std::to_string(loss) + " in step " + std::to_string(state_->step + 1) + " of epoch " +
                             std::to_string(state_->epoch) + "; a smaller learning rate or clipping may help, and AnomalyMode finds the operation",
                         at_);
    }
    if (options_.clip_value > 0) clip_grad_value(state_->parameters, options_.clip_value, at_);
    if (options_.clip_norm > 0) clip_grad_norm(state_->parameters, options_.clip_norm, {}, at_);
    optimizer_.step();
    ++state_->step;
    state_->examples += examples;
    state_->loss_sum += loss * static_cast<double>(examples);
    if (options_.progress) {
        state_->progress.step(state_->epoch, state_->step, state_->loss_sum / static_cast<double>(state_->examples));
    }
    call(options_.on_step, loss);
    if (state_->interrupt.interrupted()) ending_ = state_->history.interrupted = true;
    if (!ending_ || state_->step == data_.size()) return true; // after the last step the epoch is brought to its end
    state_->seconds_before = state_->seconds();
    if (!options_.checkpoint.empty()) save();
    return false;
}

template <class T, class Y>
void Trainer<T, Y>::end_epoch(const std::vector<double>& validation) {
    State& state = *state_;
    const double loss = state.loss_sum / static_cast<double>(state.examples);
    std::vector<double> row{loss};
    row.insert(row.end(), validation.begin(), validation.end());
    row.insert(row.end(), {optimizer_.learning_rate(0), state.seconds()});
    state.history.append(std::move(row), at_);

    const double monitored = state.history[monitored_column()].back();
    if (options_.patience > 0) {
        const double gain = options_.maximize ? monitored - state.best : state.best - monitored;
        if (std::isnan(state.best) ? !std::isnan(monitored) : gain > options_.min_delta) {
            state.best = monitored;
            state.bad_epochs = 0;
            state.history.best_epoch = state.epoch;
            if (options_.restore_best) state.best_model = model_.state_dict();
        } else if (++state.bad_epochs >= options_.patience) {
            ending_ = state.history.stopped_early = true;
        }
    }
    if (const auto* const schedule = std::get_if<Schedule*>(&options_.schedule)) (*schedule)->step();
    if (const auto* const plateau = std::get_if<ReduceLROnPlateau*>(&options_.schedule)) (*plateau)->step(monitored);

    if (options_.progress) {
        NamedValues values;
        const auto& columns = state.history.columns();
        for (std::size_t k = 0; k + 2 < columns.size(); ++k) values.emplace_back(columns[k], state.history.rows().back()[k]);
        state.progress.epoch(state.epoch, values);
    }
    call(options_.on_epoch, loss);
    if (state.interrupt.interrupted()) ending_ = state.history.interrupted = true;
    if (!options_.checkpoint.empty()) {
        // The epoch is over: who goes on begins the next one.
        state.step = state.examples = 0;
        state.loss_sum = state.seconds_before = 0;
        ++state.epoch;
        save();
        --state.epoch;
    }
}

template <class T, class Y>
History Trainer<T, Y>::finish() {
    if (state_->history.interrupted) {
        if (options_.progress) state_->progress.interrupt();
    } else if (!state_->best_model.empty()) {
        model_.load_state_dict(state_->best_model, true, at_);
    }
    return std::move(state_->history);
}

template <class T, class Y>
void Trainer<T, Y>::save() const {
    const State& state = *state_;
    Checkpoint checkpoint;
    checkpoint.add("model", model_.state_dict());
    checkpoint.add("optimizer", optimizer_.state_dict());
    with_schedule(options_.schedule, [&](const auto& schedule) { checkpoint.add("schedule", schedule.state_dict()); });
    checkpoint.add("best", state.best_model);
    const auto& rows = state.history.rows();
    Tensor<double> history({rows.size(), state.history.columns().size()});
    for (std::size_t i = 0; i < rows.size(); ++i) std::copy(rows[i].begin(), rows[i].end(), history.data() + i * rows[i].size());
    Tensor<std::int64_t> counts({6});
    Tensor<double> sums({3});
    const std::size_t numbers[] = {state.epoch, state.step, state.examples, state.bad_epochs, state.history.best_epoch, data_.size()};
    std::copy(std::begin(numbers), std::end(numbers), counts.begin());
    sums.data()[0] = state.loss_sum;
    sums.data()[1] = state.best;
    sums.data()[2] = state.seconds_before;
    checkpoint.add("fit", {{"history", history}, {"counts", counts}, {"sums", sums}});
    checkpoint.text["loader"] = data_.state();
    checkpoint.text["generator"] = default_generator().state();
    checkpoint.save(options_.checkpoint, at_);
}

template <class T, class Y>
void Trainer<T, Y>::load() {
    if (!Checkpoint::exists(options_.checkpoint)) return;
    const Checkpoint checkpoint = Checkpoint::load(options_.checkpoint, at_);
    const auto fail = [&](const std::string& what) { throw ValueError("fit: " + options_.checkpoint + ": " + what, at_); };

    // Everything is looked at before anything is changed.
    State& state = *state_;
    const StateDict fit = checkpoint.part("fit");
    const auto entry = [&]<class V>(const char* name, std::type_identity<V>) -> const Tensor<V>& {
        const auto found = fit.find(name);
        const auto* const tensor = found == fit.end() ? nullptr : std::get_if<Tensor<V>>(&found->second);
        if (!tensor) fail(std::string("there is no \"fit.") + name + "\": this is no checkpoint of a training");
        return *tensor;
    };
    const auto& history = entry("history", std::type_identity<double>());
    const auto& counts = entry("counts", std::type_identity<std::int64_t>());
    const auto& sums = entry("sums", std::type_identity<double>());
    const std::size_t columns = state.history.columns().size();
    if (history.shape().rank() != 2 || history.shape()[1] != columns || counts.shape() != Shape{6} || sums.shape() != Shape{3}) {
        fail("it is of a training with other metrics");
    }
    for (const std::int64_t count : counts) {
        if (count < 0) fail("\"fit.counts\" holds a negative number");
    }
    const auto at = [&](std::size_t k) { return static_cast<std::size_t>(counts.data()[k]); };
    if (at(5) != data_.size() || at(1) >= data_.size() || at(0) == 0) fail("it is of a training on other data, or with other batches");
    const std::string& loader = checkpoint.text_of("loader", at_);
    const std::string& generator = checkpoint.text_of("generator", at_);
    const StateDict best = checkpoint.part("best");

    const StateDict model_before = model_.state_dict();
    const StateDict optimizer_before = optimizer_.state_dict();
    StateDict schedule_before;
    with_schedule(options_.schedule, [&](const auto& schedule) { schedule_before = schedule.state_dict(); });
    const std::string generator_before = default_generator().state();
    try {
        if (!best.empty()) model_.load_state_dict(best, true, at_); // only to see that it fits
        model_.load_state_dict(checkpoint.part("model"), true, at_);
        optimizer_.load_state_dict(checkpoint.part("optimizer"), at_);
        with_schedule(options_.schedule, [&](auto& schedule) { schedule.load_state_dict(checkpoint.part("schedule"), at_); });
        default_generator().set_state(generator);
        data_.set_state(loader, at_); // last: a loader cannot be asked for the state that set_state() takes back
    } catch (...) {
        model_.load_state_dict(model_before);
        with_schedule(options_.schedule, [&](auto& schedule) { schedule.load_state_dict(schedule_before); });
        optimizer_.load_state_dict(optimizer_before);
        default_generator().set_state(generator_before);
        throw;
    }

    for (std::size_t i = 0; i < history.shape()[0]; ++i) {
        state.history.append(std::vector<double>(history.data() + i * columns, history.data() + (i + 1) * columns));
    }
    state.epoch = at(0);
    state.step = at(1);
    state.examples = at(2);
    state.bad_epochs = at(3);
    state.history.best_epoch = at(4);
    state.loss_sum = sums.data()[0];
    state.best = sums.data()[1];
    state.seconds_before = sums.data()[2];
    state.best_model = best;
    state.resumed = true;
    ending_ = state.history.stopped_early = options_.patience > 0 && state.bad_epochs >= options_.patience;
}

template class Trainer<float, void>;
template class Trainer<float, std::int64_t>;
template class Trainer<float, float>;
template class Trainer<double, void>;
template class Trainer<double, std::int64_t>;
template class Trainer<double, double>;

} // namespace xgrad::nn::detail

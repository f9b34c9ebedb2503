/// @file
/// What all optimizers share: parameters in groups, each with its options, and what is remembered of each from step to
/// step.
///
/// @code
/// nn::Adam optimizer(model.parameters(), {.lr = 1e-3});
/// for (...) {
///     optimizer.zero_grad();
///     loss.backward();
///     optimizer.step();
/// }
/// nn::SGD grouped({{weights, {.lr = 0.1, .weight_decay = 1e-4}}, {biases, {.lr = 0.1}}});
/// @endcode
///
/// An optimizer of one list has the element type of its parameters. Groups in braces tell no type: there it is float,
/// and for double one says so, `nn::SGD<double>`.
#pragma once

#include <xgrad/autodiff/variable.hpp>
#include <xgrad/nn/state_dict.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace xgrad::nn {

/// The learning rates of an optimizer's groups: what a schedule changes (schedule.hpp).
class LearningRates {
  public:
    LearningRates(const LearningRates&) = delete;
    LearningRates& operator=(const LearningRates&) = delete;

    /// The number of groups.
    std::size_t groups() const noexcept { return rates_.size(); }
    /// @throws IndexError if there is no such group
    double learning_rate(std::size_t group = 0, Location at = Location::current()) const;
    /// Sets the learning rate of all groups.
    /// @throws ValueError if it is negative or not finite
    void set_learning_rate(double lr, Location at = Location::current());
    /// Sets the learning rate of one group.
    /// @throws IndexError if there is no such group
    /// @throws ValueError if it is negative or not finite
    void set_learning_rate(double lr, std::size_t group, Location at = Location::current());

  protected:
    explicit LearningRates(const char* name) : name_(name) {}
    ~LearningRates() = default;

    const char* const name_; ///< of the optimizer, for messages
    std::vector<double> rates_;
};

/// An option of an optimizer, other than the learning rate, with the values low <= value < high that it may have. A
/// switch is 0 or 1.
struct OptionValue {
    const char* name; ///< a literal
    double value;
    double low = 0, high = std::numeric_limits<double>::infinity();
};

/// Parameters with options of their own. `Options` is the optimizer's, SGDOptions for instance.
template <class T, class Options>
struct ParameterGroup {
    std::vector<Variable<T>> parameters;
    Options options{};
};

namespace detail {

/// @throws ValueError unless low <= value < high; it names the optimizer and the option
void check_option(const char* optimizer, const char* option, double value, double low, double high, const Location& at);

/// @throws ValueError if there are no parameters, or one is empty, not a leaf or given twice
template <class T>
void check_parameters(const char* optimizer, const std::vector<Variable<T>>& parameters, const Location& at);

} // namespace detail

/// A method of gradient descent that moves each parameter by what it knows of that parameter alone.
///
/// A parameter without a gradient is left as it is, and so is a frozen one, whose requires_grad() is false.
///
/// @tparam T  float or double
template <class T>
class Optimizer : public LearningRates {
  public:
    virtual ~Optimizer();

    /// The parameters of all groups, in their order.
    std::vector<Variable<T>> parameters() const;

    /// Forgets the gradients of all parameters.
    void zero_grad();

    /// Moves every parameter that has a gradient, in place. Allocates memory the first time only.
    void step();

    /// What is remembered, in copies: the learning rate of group g as "param_groups.g.lr", and its options in the same
    /// way, "param_groups.g.momentum" for instance; for parameter k, counted through the groups, the number of its
    /// steps as "state.k.step" and its arrays under PyTorch's names, such as "state.k.exp_avg". An optimizer that is
    /// made in the same way and loads it goes on bit for bit.
    StateDict state_dict() const;

    /// Goes on from what another optimizer remembered. Nothing is changed if it throws.
    /// @throws ValueError if an entry is missing, unexpected or of another element type, or an option is not the same
    /// here; it names the entry
    /// @throws ShapeError if an array has not its parameter's shape
    void load_state_dict(const StateDict& state, Location at = Location::current());

  protected:
    explicit Optimizer(const char* name) : LearningRates(name) {}

    /// What one parameter's update reads and writes.
    struct Update {
        T* value;
        const T* grad;
        T* const* state; ///< its arrays, of as many elements
        std::size_t size;
        double lr;
        std::int64_t step; ///< 1 the first time
    };

    /// Appends a group.
    /// @param options  all but the learning rate
    /// @param state  the names of the arrays that its parameters have; the literals must last
    /// @throws ValueError if the learning rate or an option is out of range
    void add_group(const std::vector<Variable<T>>& parameters, double lr, std::vector<OptionValue> options,
                   std::vector<const char*> state, const Location& at);

    /// To be called when all groups are there.
    /// @throws ValueError if there are no parameters, or one is empty, not a leaf or given twice
    void check_parameters(const Location& at) const { detail::check_parameters(this->name_, parameters(), at); }

  private:
    struct Slot {
        Variable<T> parameter;
        std::size_t group;
        std::int64_t steps = 0;
        std::vector<Tensor<T>> state{}; ///< empty before the first step
    };

    /// The method: moves one parameter of group `group`.
    virtual void update(const Update& parameter, std::size_t group) const = 0;
    /// What array `index` of a parameter's state starts with.
    virtual T initial_state(std::size_t /*group*/, std::size_t /*index*/) const { return 0; }

    std::vector<Slot> slots_;
    std::vector<std::vector<OptionValue>> option_values_; ///< of each group
    std::vector<std::vector<const char*>> state_names_;   ///< of each group
    std::vector<T*> pointers_;                            ///< to the state of the parameter that step() is at
};

/// An optimizer whose groups have options of type `Options`. To add one, write its options, derive from this, and state
/// in the constructor's terms what `Options` must satisfy and remembers, and in update() the formula:
///
/// - `static std::vector<OptionValue> values(const Options&)` lists them, but for `lr`, with their ranges;
/// - `static std::vector<const char*> state(const Options&)` names the arrays;
/// - `update()` is a loop over the elements (update.hpp).
///
/// All of it is compiled once, in the optimizer's own file, so that who includes it pays for the declarations alone.
template <class T, class Options, class Derived>
class GroupedOptimizer : public Optimizer<T> {
  protected:
    GroupedOptimizer(const char* name, const std::vector<ParameterGroup<T, Options>>& groups, const Location& at)
        : Optimizer<T>(name) {
        for (const auto& [parameters, options] : groups) {
            this->add_group(parameters, options.lr, Derived::values(options), Derived::state(options), at);
            options_.push_back(options);
        }
        this->check_parameters(at);
    }

    const Options& options(std::size_t group) const noexcept { return options_[group]; }

  private:
    std::vector<Options> options_;
};

extern template class Optimizer<float>;
extern template class Optimizer<double>;

} // namespace xgrad::nn

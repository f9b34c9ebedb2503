/// @file
/// Module: what a model is made of, and a model itself.
///
/// @code
/// struct Net : nn::Module<Net> {
///     nn::Linear<> hidden{784, 128}, output{128, 10};
///     XGRAD_MEMBERS(hidden, output)
///
///     auto forward(const Variable<float>& x) { return output(relu(hidden(x))); }
/// };
/// Net net;
/// auto loss = nn::cross_entropy(net(images), labels);
/// @endcode
#pragma once

#include <xgrad/nn/parameter.hpp>
#include <xgrad/nn/state_dict.hpp>

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

/// Lists the parameters, buffers and modules among a module's data members, under their names: what is trained, saved and switched
/// between training and evaluation. Containers of modules or
/// parameters (std::vector, std::array, std::optional, smart pointers) may be among them.
/// A parameter that takes part in forward() and is not listed is an error when the module is first called.
#define XGRAD_MEMBERS(...)                                                                                                  \
    std::vector<::xgrad::nn::Member> members() override { return ::xgrad::nn::detail::list_members(#__VA_ARGS__, __VA_ARGS__); }

namespace xgrad::nn {

class ModuleBase;

/// One entry of a module's list of members.
struct Member {
    std::string name;
    std::variant<Parameter<float>*, Parameter<double>*, Buffer<float>*, Buffer<double>*, std::int64_t*, ModuleBase*> what;
};

/// A Variable of either element type.
using AnyVariable = std::variant<Variable<float>, Variable<double>>;

/// What a hook on forward sees.
struct ForwardCall {
    ModuleBase& module;
    const std::vector<AnyVariable>& inputs;
    const std::vector<AnyVariable>& outputs; ///< the result, or its parts in order

    /// Output `k`. @throws std::bad_variant_access if it is not of element type T
    template <class T = float>
    const Variable<T>& output(std::size_t k = 0) const {
        return std::get<Variable<T>>(part(outputs, k));
    }
    template <class T = float>
    const Variable<T>& input(std::size_t k = 0) const {
        return std::get<Variable<T>>(part(inputs, k));
    }

  private:
    static const AnyVariable& part(const std::vector<AnyVariable>& list, std::size_t k);
};

/// Called after a module's forward().
using ForwardHook = std::function<void(const ForwardCall&)>;

/// What load_state_dict() was not able to match, where that is allowed.
struct Mismatch {
    std::vector<std::string> missing;    ///< of the module's, in the order of its members
    std::vector<std::string> unexpected; ///< of the dictionary's
};

namespace detail {
class Call;
}

/// The part of a module that does not depend on its type. Derive from Module instead.
class ModuleBase {
  public:
    virtual ~ModuleBase();

    /// The parameters, buffers and modules it is made of; see XGRAD_MEMBERS.
    virtual std::vector<Member> members() { return {}; }
    /// The name of its class, without namespaces and template arguments: "Linear".
    virtual std::string type_name() const;

    /// All modules below it and itself, each before those that it is made of, with their paths: "", "encoder", "encoder.0".
    std::vector<std::pair<std::string, ModuleBase*>> named_modules();

    /// Switches it and all modules below to training, the state they are made in, or to evaluation: dropout then lets everything
    /// through, and batch norm uses its running statistics.
    void train(bool training = true);
    /// @copydoc train()
    void eval() { train(false); }
    bool is_training() const noexcept { return training_; }

    /// No derivative is taken with respect to the parameters of it and all modules below, or is again.
    void freeze(bool frozen = true);
    void unfreeze() { freeze(false); }

    /// A copy of all parameters and buffers, under the names and in the layouts that PyTorch uses.
    StateDict state_dict() const;
    /// Takes over parameters and buffers, in place.
    /// @param strict  every parameter and buffer must be in `state`, and nothing else
    /// @return        what was missing or unexpected, if not strict
    /// @throws ValueError naming every key that is missing, unexpected or of another shape or element type; nothing is changed then
    Mismatch load_state_dict(const StateDict& state, bool strict = true, Location at = Location::current());

    /// Calls `hook` after every forward(), until it is removed. A copy of the module has no hooks; moving it takes them along.
    /// @return what remove_hook() takes; of this module, no other hook's
    std::size_t on_forward(ForwardHook hook);
    void remove_hook(std::size_t id);

  protected:
    ModuleBase() = default;
    ModuleBase(const ModuleBase&) = default;
    ModuleBase(ModuleBase&&) = default;
    ModuleBase& operator=(const ModuleBase&) = default;
    ModuleBase& operator=(ModuleBase&&) = default;

  private:
    friend class detail::Call;
    friend class EvalMode;

    bool training_ = true;
    bool checked_ = false; ///< that forward() uses no parameter that is not listed
    /// What hooks refer to belongs to whoever added them, so a copy of the module has none.
    struct Hooks {
        Hooks();
        Hooks(const Hooks&) noexcept;
        Hooks(Hooks&&) noexcept;
        ~Hooks();
        Hooks& operator=(const Hooks&) noexcept { return *this; }
        Hooks& operator=(Hooks&&) noexcept;

        std::vector<std::pair<std::size_t, ForwardHook>> list;
        std::size_t next_id = 0;
    };
    Hooks hooks_;
};

/// While it lives, a model is in evaluation mode; then each of its modules is back in the mode that it was in.
/// @code
/// const auto prediction = [&] { nn::EvalMode eval(model); NoGrad no_grad; return model(x); }();
/// @endcode
class EvalMode {
  public:
    explicit EvalMode(ModuleBase& model);
    ~EvalMode();
    EvalMode(const EvalMode&) = delete;
    EvalMode& operator=(const EvalMode&) = delete;

  private:
    std::vector<std::pair<ModuleBase*, bool>> before_;
};

namespace detail {

void add_member(std::vector<Member>& list, const std::string& name, Parameter<float>& parameter);
void add_member(std::vector<Member>& list, const std::string& name, Parameter<double>& parameter);
void add_member(std::vector<Member>& list, const std::string& name, Buffer<float>& buffer);
void add_member(std::vector<Member>& list, const std::string& name, Buffer<double>& buffer);
void add_member(std::vector<Member>& list, const std::string& name, std::int64_t& counter);
void add_member(std::vector<Member>& list, const std::string& name, ModuleBase& module);
template <class M>
void add_member(std::vector<Member>& list, const std::string& name, std::vector<M>& members) {
    for (std::size_t k = 0; k < members.size(); ++k) add_member(list, name + "." + std::to_string(k), members[k]);
}
template <class M, std::size_t n>
void add_member(std::vector<Member>& list, const std::string& name, std::array<M, n>& members) {
    for (std::size_t k = 0; k < n; ++k) add_member(list, name + "." + std::to_string(k), members[k]);
}
template <class M>
    requires requires(M& member) { bool(member); *member; }
void add_member(std::vector<Member>& list, const std::string& name, M& member) { // an optional or a smart pointer
    if (member) add_member(list, name, *member);
}

/// The next of the names in "weight, bias".
std::string next_name(std::string_view& names);

template <class... M>
std::vector<Member> list_members(std::string_view names, M&... members) {
    std::vector<Member> list;
    (add_member(list, next_name(names), members), ...);
    return list;
}

/// The Variables in the arguments or the result of forward().
class VariableList {
  public:
    VariableList();
    ~VariableList();

    const std::vector<AnyVariable>& get() const noexcept { return list_; }

    void add(const Variable<float>& variable);
    void add(const Variable<double>& variable);
    /// Adds those in x; false if it may hold others.
    template <class X>
    bool collect(const X& x) {
        if constexpr (xgrad::detail::is_variable<X>) {
            add(x);
            return true;
        } else if constexpr (std::is_arithmetic_v<X> || std::is_enum_v<X> || ArrayExpression<X> || std::same_as<X, Shape> ||
                             std::convertible_to<X, std::string_view>) {
            return true;
        } else if constexpr (requires { x.has_value(); *x; }) {
            return !x.has_value() || collect(*x);
        } else if constexpr (requires { std::tuple_size<X>::value; }) {
            return std::apply([&](const auto&... part) { return (collect(part) & ... & true); }, x);
        } else if constexpr (requires { x.begin() != x.end(); *x.begin(); }) {
            bool known = true;
            for (const auto& part : x) known = collect(part) && known;
            return known;
        } else if constexpr (requires { variables_of(x); }) { // found beside a struct of Variables, such as the state of an LSTM
            return collect(variables_of(x));
        } else {
            return false;
        }
    }

  private:
    std::vector<AnyVariable> list_;
};

/// One call of forward(): names the module in an error, checks once that no parameter is forgotten, calls the hooks.
class Call {
  public:
    explicit Call(ModuleBase& module);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    /// Whether finish() has any use for the Variables.
    bool watched() const noexcept;
    /// @param known  whether `inputs` and `outputs` are all Variables that forward() was given and returned
    void finish(const VariableList& inputs, const VariableList& outputs, bool known, const Location& at);
    /// Adds the module to the path that the error names.
    void fail(Error& error) const;

  private:
    ModuleBase& module_;
    bool checking_;
    std::size_t begin_float_ = 0, begin_double_ = 0; ///< of what forward() records
};

/// An argument as forward() takes it: an array of real numbers becomes a constant.
template <class T, class A>
decltype(auto) as_input(const A& argument, const Location& at) {
    if constexpr (ArrayExpression<A>) {
        if constexpr (std::floating_point<typename A::value_type>) {
            return constant<T>(argument, at);
        } else {
            return (argument);
        }
    } else {
        return (argument);
    }
}

} // namespace detail

/// The part of a Module that depends on the element type of its parameters alone.
template <class T>
class ModuleOf : public ModuleBase {
  public:
    /// The parameters of it and all modules below, to be given to an optimizer; each once.
    std::vector<Variable<T>> parameters();
    /// Those whose name `chosen` says yes to: `[](std::string_view name) { return name.ends_with("weight"); }`.
    template <std::predicate<std::string_view> F>
    std::vector<Variable<T>> parameters(F chosen) {
        std::vector<Variable<T>> result;
        for (auto& [name, parameter] : named_parameters()) {
            if (chosen(std::string_view(name))) result.push_back(std::move(parameter));
        }
        return result;
    }
    /// All parameters with their names, in the order of the members.
    std::vector<std::pair<std::string, Variable<T>>> named_parameters();
    /// All buffers with their names, in the order of the members; a count of batches is not among them.
    std::vector<std::pair<std::string, Variable<T>>> named_buffers();
};

/// It has none, of no type.
template <>
class ModuleOf<void> : public ModuleBase {};

/// A function with parameters: `forward(...)` written by its author, and called as `module(...)`. It takes and returns whatever it
/// likes; arrays of real numbers among the arguments of a call become constants first. A forward() that wants to know where it was
/// called, to pass it on to its operations, takes a Location as its last parameter.
///
/// A module is a value: a copy has its own parameters, in the same state. Optimizers share the parameters of the module
/// that parameters() was called on, also when that is moved elsewhere.
///
/// @tparam Derived  the class that derives from it
/// @tparam T        the element type of its parameters: float or double; void if it has none and takes both
template <class Derived, class T = float>
class Module : public ModuleOf<T> {
  public:
    using value_type = T;

    /// Calls forward().
    /// @throws Error as the operations do; the message names the module within the one that was called first
    template <class A>
    auto operator()(const A& a, Location at = Location::current()) {
        return call(at, detail::as_input<T>(a, at));
    }
    /// @copydoc operator()()
    template <class A, class B>
        requires(!std::same_as<B, Location>)
    auto operator()(const A& a, const B& b, Location at = Location::current()) {
        return call(at, detail::as_input<T>(a, at), detail::as_input<T>(b, at));
    }
    /// @copydoc operator()()
    template <class A, class B, class C>
        requires(!std::same_as<C, Location>)
    auto operator()(const A& a, const B& b, const C& c, Location at = Location::current()) {
        return call(at, detail::as_input<T>(a, at), detail::as_input<T>(b, at), detail::as_input<T>(c, at));
    }

  protected:
    Module() = default;

  private:
    template <class... A>
    auto call(const Location& at, const A&... arguments) {
        detail::Call call(*this);
        try {
            auto result = invoke(at, arguments...);
            if (call.watched()) {
                detail::VariableList inputs, outputs;
                const bool known = (inputs.collect(arguments) & ... & outputs.collect(result));
                call.finish(inputs, outputs, known, at);
            }
            return result;
        } catch (Error& error) {
            call.fail(error);
            throw;
        }
    }

    template <class... A>
    auto invoke(const Location& at, const A&... arguments) {
        auto& derived = static_cast<Derived&>(*this);
        if constexpr (requires { derived.forward(arguments..., at); }) {
            return derived.forward(arguments..., at);
        } else {
            return derived.forward(arguments...);
        }
    }
};

extern template class ModuleOf<float>;
extern template class ModuleOf<double>;

} // namespace xgrad::nn

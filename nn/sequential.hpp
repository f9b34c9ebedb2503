/// @file
/// Sequential: modules one after the other.
#pragma once

#include <xgrad/nn/module.hpp>

namespace xgrad::nn {

/// A function without parameters as a module: `Lambda([](const Variable<float>& x) { return square(x); })`.
template <class F>
class Lambda : public Module<Lambda<F>, void> {
  public:
    explicit Lambda(F f) : f_(std::move(f)) {}

    template <class T>
    auto forward(const Variable<T>& x) {
        return f_(x);
    }

  private:
    F f_;
};

namespace detail {

/// A module of any type that takes one Variable and returns one.
template <class T>
class AnyLayer {
  public:
    virtual ~AnyLayer() = default;
    virtual Variable<T> forward(const Variable<T>& x, const Location& at) = 0;
    virtual std::unique_ptr<AnyLayer> clone() const = 0;
    /// Assigns `other`, in place; false if it is of another type.
    virtual bool assign(const AnyLayer& other) = 0;
    virtual ModuleBase& module() noexcept = 0;
};

template <class T, class M>
class LayerOf final : public AnyLayer<T> {
  public:
    explicit LayerOf(M module) : module_(std::move(module)) {}
    Variable<T> forward(const Variable<T>& x, const Location& at) override { return module_(x, at); }
    std::unique_ptr<AnyLayer<T>> clone() const override { return std::make_unique<LayerOf>(module_); }
    bool assign(const AnyLayer<T>& other) override {
        const auto* const same = dynamic_cast<const LayerOf*>(&other);
        if constexpr (std::is_copy_assignable_v<M>) {
            if (same) module_ = same->module_;
        }
        return same && std::is_copy_assignable_v<M>;
    }
    ModuleBase& module() noexcept override { return module_; }

  private:
    M module_;
};

/// The first element type among modules that have one; float if none has.
template <class... M>
struct ElementOfModules {
    using type = float;
};
template <class M, class... Rest>
struct ElementOfModules<M, Rest...> : ElementOfModules<Rest...> {};
template <class M, class... Rest>
    requires requires { typename M::value_type; } && (!std::same_as<typename M::value_type, void>)
struct ElementOfModules<M, Rest...> {
    using type = typename M::value_type;
};

} // namespace detail

/// Modules that each take the result of the one before: `nn::Sequential model{nn::Linear(784, 128), nn::ReLU(), nn::Linear(128, 10)}`.
/// A function may stand among them. Their names are their positions, "0", "1" and so on, as in PyTorch.
template <class T = float>
class Sequential : public Module<Sequential<T>, T> {
  public:
    Sequential() = default;
    template <class... M>
        requires(sizeof...(M) > 1 || !(std::same_as<std::decay_t<M>, Sequential> || ...))
    explicit Sequential(M&&... modules) {
        (append(std::forward<M>(modules)), ...);
    }

    Sequential(const Sequential& other);
    Sequential(Sequential&&) noexcept;
    ~Sequential() override;
    /// Assigns modules of the same type in place, parameters and all (see Parameter), and copies the others.
    Sequential& operator=(const Sequential& other);
    Sequential& operator=(Sequential&&) noexcept;

    /// Adds a module, or a function of a Variable, at the end.
    template <class M>
    Sequential& append(M&& module) {
        using Type = std::decay_t<M>;
        if constexpr (std::derived_from<Type, ModuleBase>) {
            add(std::make_unique<detail::LayerOf<T, Type>>(std::forward<M>(module)));
        } else {
            add(std::make_unique<detail::LayerOf<T, Lambda<Type>>>(Lambda<Type>(std::forward<M>(module))));
        }
        return *this;
    }

    std::size_t size() const noexcept { return layers_.size(); }
    /// Module `k`. @throws IndexError if there are not so many
    ModuleBase& operator[](std::size_t k) { return module(k, Location()); } // an operator takes no Location
    /// Module `k` as what it is: `model.get<nn::Linear<>>(0).weight`.
    /// @throws IndexError if there are not so many
    /// @throws ValueError if it is of another type
    template <class M>
    M& get(std::size_t k, Location at = Location::current()) {
        ModuleBase& found = module(k, at);
        if (auto* const same = dynamic_cast<M*>(&found)) return *same;
        throw_another_type(k, found, at);
    }

    Variable<T> forward(const Variable<T>& x, const Location& at);

    std::vector<Member> members() override;

  private:
    void add(std::unique_ptr<detail::AnyLayer<T>> layer);
    ModuleBase& module(std::size_t k, const Location& at);
    [[noreturn]] static void throw_another_type(std::size_t k, const ModuleBase& module, const Location& at);

    std::vector<std::unique_ptr<detail::AnyLayer<T>>> layers_;
};

template <class... M>
Sequential(M&&...) -> Sequential<typename detail::ElementOfModules<std::decay_t<M>...>::type>;

extern template class Sequential<float>;
extern template class Sequential<double>;

} // namespace xgrad::nn

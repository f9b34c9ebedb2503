/// @file
/// Pipeline: transformers and an estimator as one estimator.
#pragma once

#include <xgrad/algorithms/classes.hpp>
#include <xgrad/algorithms/context.hpp>
#include <xgrad/algorithms/estimator.hpp>
#include <xgrad/algorithms/option.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace xgrad::algorithms {

namespace detail {

template <class Last>
struct PipelineBase : Estimator, ClassesOf<Last> {};
template <class Last>
    requires requires { typename Last::Target; }
struct PipelineBase<Last> : Estimator, ClassesOf<Last> {
    using Target = typename Last::Target;
};

template <class Step>
concept Invertible = requires(const Step& step, const Array<double>& X, const Location& at) { step.inverse_transform(X, at); };

/// Fits a step, with the targets if it learns from them.
template <class Step, class... Y>
void fit_step(Step& step, const Array<double>& X, const Location& at, const Y&... y) {
    if constexpr (requires { typename Step::Target; }) {
        static_assert((std::same_as<Y, typename Step::Target> && ... && (sizeof...(Y) == 1)),
                      "a step of the Pipeline learns from targets of another type than the last, or the last from none");
        step.fit(X, y..., at);
    } else {
        step.fit(X, at);
    }
}

} // namespace detail

/// Steps that each work on what the one before made of X: transformers, and at the end a classifier, a regressor, or another
/// transformer. So what the transformers learn in cross-validation comes from the training samples alone.
///
/// @code
/// Pipeline pipeline{StandardScaler(), PCA({.n_components = 2}), LogisticRegression()};
/// pipeline.fit(X, y);
/// pipeline.predict(X);
/// pipeline.get<PCA>().components_;   // or get<1>()
/// @endcode
///
/// It has those of predict(), fit_predict(), predict_proba(), decision_function(), score() and classes_ that its last step has, and
/// transform() and inverse_transform() if all steps have them. An error names the step: "in Pipeline step 1 (PCA)".
///
/// (In parentheses, steps without options would make of it the declaration of a function.)
template <class... Steps>
class Pipeline : public detail::PipelineBase<std::tuple_element_t<sizeof...(Steps) - 1, std::tuple<Steps...>>> {
    static_assert((std::derived_from<Steps, Estimator> && ...), "the steps of a Pipeline are estimators");
    static constexpr std::size_t last = sizeof...(Steps) - 1;
    using Last = std::tuple_element_t<last, std::tuple<Steps...>>;

  public:
    explicit Pipeline(Steps... steps) : steps_(std::move(steps)...) {}

    static constexpr std::size_t size() noexcept { return sizeof...(Steps); }

    /// A step by its place.
    template <std::size_t I>
    auto& get() noexcept { return std::get<I>(steps_); }
    template <std::size_t I>
    const auto& get() const noexcept { return std::get<I>(steps_); }
    /// A step by its type, if there is one of that type.
    template <class Step>
    Step& get() noexcept { return std::get<Step>(steps_); }
    template <class Step>
    const Step& get() const noexcept { return std::get<Step>(steps_); }

    /// Fits the steps, each to what those before make of X. If it throws, all are as they were before.
    /// @throws what the steps throw
    template <class L = Last>
    Pipeline& fit(const Array<double>& X, const typename L::Target& y, Location at = Location::current()) {
        return fit_steps(X, at, y);
    }
    /// As above, where the last step learns without targets.
    Pipeline& fit(const Array<double>& X, Location at = Location::current())
        requires(!requires { typename Last::Target; })
    {
        return fit_steps(X, at);
    }

    /// fit(X), then transform(X).
    Array<double> fit_transform(const Array<double>& X, Location at = Location::current())
        requires requires(const Last& step) { step.transform(X, at); } && (!requires { typename Last::Target; })
    {
        return fit(X, at).transform(X, at);
    }

    /// fit(X), then predict(X).
    auto fit_predict(const Array<double>& X, Location at = Location::current())
        requires requires(Last& step) { step.fit_predict(X, at); } && (!requires { typename Last::Target; })
    {
        return fit(X, at).predict(X, at);
    }

    auto predict(const Array<double>& X, Location at = Location::current()) const
        requires requires(const Last& step) { step.predict(X, at); }
    {
        return with_last(X, at, [&](const Last& step, const Array<double>& features) { return step.predict(features, at); });
    }

    Array<double> predict_proba(const Array<double>& X, Location at = Location::current()) const
        requires requires(const Last& step) { step.predict_proba(X, at); }
    {
        return with_last(X, at, [&](const Last& step, const Array<double>& features) { return step.predict_proba(features, at); });
    }

    Array<double> decision_function(const Array<double>& X, Location at = Location::current()) const
        requires requires(const Last& step) { step.decision_function(X, at); }
    {
        return with_last(X, at, [&](const Last& step, const Array<double>& features) { return step.decision_function(features, at); });
    }

    /// What all steps make of X.
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const
        requires requires(const Last& step) { step.transform(X, at); }
    {
        return with_last(X, at, [&](const Last& step, const Array<double>& features) { return step.transform(features, at); });
    }

    /// The way back through all steps, from the last to the first.
    Array<double> inverse_transform(const Array<double>& X, Location at = Location::current()) const
        requires(detail::Invertible<Steps> && ...)
    {
        Array<double> features = X;
        each(std::make_index_sequence<sizeof...(Steps)>(), [&](auto i) {
            constexpr std::size_t I = last - i;
            features = at_step<I>([&] { return std::get<I>(steps_).inverse_transform(features, at); });
        });
        return features;
    }

    /// The last step's score, of the X that the transformers make.
    template <class L = Last>
    double score(const Array<double>& X, const typename L::Target& y, Location at = Location::current()) const {
        return with_last(X, at, [&](const Last& step, const Array<double>& features) { return step.score(features, y, at); });
    }

    /// As above, where the last step learns without targets.
    double score(const Array<double>& X, Location at = Location::current()) const
        requires requires(const Last& step) { step.score(X, at); } && (!requires { typename Last::Target; })
    {
        return with_last(X, at, [&](const Last& step, const Array<double>& features) { return step.score(features, at); });
    }

    /// An option of the one step that has it: `pipeline.option<&PCAOptions::n_components>()`. For searches.
    template <auto Member>
        requires((int(detail::HasOption<Steps, Member>) + ...) == 1)
    auto& option() {
        return detail::option_of<Member>(std::get<step_with<Member>()>(steps_));
    }
    /// Its name: "PCA.n_components".
    template <auto Member>
    static std::string option_name() {
        using Step = std::tuple_element_t<step_with<Member>(), std::tuple<Steps...>>;
        return detail::type_name(typeid(Step)) + "." + detail::option_name<Member, Step>();
    }

  private:
    template <auto Member>
    static constexpr std::size_t step_with() {
        constexpr bool has[] = {detail::HasOption<Steps, Member>...};
        std::size_t step = 0;
        while (!has[step]) ++step;
        return step;
    }

    template <std::size_t... I, class F>
    static void each(std::index_sequence<I...>, const F& f) {
        (f(std::integral_constant<std::size_t, I>()), ...);
    }

    /// Calls f for step I: what it throws names the step.
    template <std::size_t I, class F>
    static auto at_step(const F& f) {
        try {
            return f();
        } catch (Error& error) {
            detail::add_step_context(error, I, typeid(std::tuple_element_t<I, std::tuple<Steps...>>));
            throw;
        }
    }

    template <class... Y>
    Pipeline& fit_steps(const Array<double>& X, const Location& at, const Y&... y) {
        std::tuple<Steps...> steps = steps_;
        const Array<double>* features = &X;
        Array<double> transformed;
        each(std::make_index_sequence<last>(), [&](auto i) {
            auto& step = std::get<i>(steps);
            transformed = at_step<i>([&] {
                detail::fit_step(step, *features, at, y...);
                return step.transform(*features, at);
            });
            features = &transformed;
        });
        at_step<last>([&] { detail::fit_step(std::get<last>(steps), *features, at, y...); });
        this->set_classes(&std::get<last>(steps));
        steps_ = std::move(steps);
        this->n_features_in_ = std::get<0>(steps_).n_features_in_;
        return *this;
    }

    /// Calls f with the last step and the X that the transformers make.
    template <class F>
    auto with_last(const Array<double>& X, const Location& at, const F& f) const {
        const Array<double>* features = &X;
        Array<double> transformed;
        each(std::make_index_sequence<last>(), [&](auto i) {
            transformed = at_step<i>([&] { return std::get<i>(steps_).transform(*features, at); });
            features = &transformed;
        });
        return at_step<last>([&] { return f(std::get<last>(steps_), *features); });
    }

    std::tuple<Steps...> steps_;
};

} // namespace xgrad::algorithms

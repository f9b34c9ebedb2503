/// @file
/// What all estimators share. They keep scikit-learn's contract, in C++ spelling:
///
/// @code
/// KMeans model({.n_clusters = 3});        // an estimator is constructed with an options struct: model.options
/// model.fit(X);                           // fit() learns, and returns the estimator
/// model.cluster_centers_;                 // what was learned ends in an underscore
/// auto labels = model.predict(X);         // transform(), predict_proba(), decision_function(), score()
/// @endcode
///
/// X is a matrix of shape (samples, features) of finite numbers, y a vector with as many targets: real ones for a regressor, whole
/// numbers, the labels, for a classifier. An estimator is a value: a copy learns by itself. A second fit() forgets the first; if
/// fit() throws, what was learned before is still there. What is random draws from a Generator seeded by `options.random_state`.
#pragma once

#include <xgrad/algorithms/label_array.hpp>
#include <xgrad/algorithms/metrics/classification.hpp>
#include <xgrad/algorithms/metrics/regression.hpp>
#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace xgrad::algorithms {

/// An estimator was asked for what it can only know after fit().
class NotFittedError : public Error {
    using Error::Error;
};

/// Base of every estimator. One that was moved from is not fitted.
struct Estimator {
    Estimator() = default;
    Estimator(const Estimator&) = default;
    Estimator(Estimator&& other) noexcept : n_features_in_(std::exchange(other.n_features_in_, 0)) {}
    Estimator& operator=(const Estimator&) = default;
    Estimator& operator=(Estimator&& other) noexcept {
        n_features_in_ = std::exchange(other.n_features_in_, 0);
        return *this;
    }

    std::size_t n_features_in_ = 0; ///< columns of the X that fit() was given; 0 before

    bool is_fitted() const noexcept { return n_features_in_ > 0; }
};

/// Base of an estimator that predicts real numbers; `Derived` has predict(X, at).
template <class Derived>
struct Regressor : Estimator {
    using Target = Array<double>; ///< of shape (samples)

    /// R^2, the coefficient of determination, of the predictions for X; see r2_score().
    /// @throws what predict() and r2_score() throw
    double score(const Array<double>& X, const Array<double>& y, Location at = Location::current()) const {
        return r2_score(y, static_cast<const Derived&>(*this).predict(X, at), at);
    }
};

/// Base of an estimator that predicts labels; `Derived` has predict(X, at).
template <class Derived>
struct Classifier : Estimator {
    using Target = LabelArray; ///< of shape (samples)

    Array<std::int64_t> classes_; ///< the labels that fit() was given, ascending

    /// The share of X's labels that is predicted; see accuracy_score().
    /// @throws what predict() and accuracy_score() throw
    double score(const Array<double>& X, const LabelArray& y, Location at = Location::current()) const {
        return accuracy_score(y, static_cast<const Derived&>(*this).predict(X, at), at);
    }
};

/// Base of an estimator that turns features into others; `Derived` has fit(X, at) and transform(X, at).
template <class Derived>
struct Transformer : Estimator {
    /// fit(X), then transform(X).
    Array<double> fit_transform(const Array<double>& X, Location at = Location::current()) {
        auto& self = static_cast<Derived&>(*this);
        self.fit(X, at);
        return self.transform(X, at);
    }
};

/// What cross-validation and searches can take: a regressor or a classifier.
template <class E>
concept SupervisedEstimator =
    std::copyable<E> && requires(E e, const E fitted, const Array<double>& X, const typename E::Target& y, Location at) {
        e.fit(X, y, at);
        { fitted.predict(X, at) } -> std::convertible_to<typename E::Target>;
        { fitted.score(X, y, at) } -> std::convertible_to<double>;
    };

} // namespace xgrad::algorithms

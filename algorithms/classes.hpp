/// @file
/// The labels of an estimator that is made of others. Internal to algorithms/.
#pragma once

namespace xgrad::algorithms::detail {

template <class E>
concept HasClasses = requires(const E& e) { e.classes_; };

/// Base of what predicts by an estimator E: it has E's labels, if E has labels.
template <class E>
struct ClassesOf {
  protected:
    void set_classes(const E*) {}
};
template <HasClasses E>
struct ClassesOf<E> {
    decltype(E::classes_) classes_; ///< the labels that fit() was given, ascending

  protected:
    /// @param fitted  null: there are none
    void set_classes(const E* fitted) {
        classes_ = fitted ? fitted->classes_ : decltype(E::classes_)();
    }
};

} // namespace xgrad::algorithms::detail

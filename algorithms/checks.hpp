/// @file
/// What estimators check before they compute, and the arrays that they pick and give out. Internal to algorithms/.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <vector>

namespace xgrad::algorithms::detail {

// `method` opens the message: "KMeans.fit".

/// @throws ShapeError unless X is a matrix with at least `fewest_rows` rows and a column
/// @throws ValueError naming the first element that is NaN or infinite
void check_samples(const char* method, const Array<double>& X, const Location& at, std::size_t fewest_rows = 1);

/// Checks X, and that y has a finite number for each of its rows.
/// @throws ShapeError, ValueError
void check_targets(const char* method, const Array<double>& X, const Array<double>& y, const Location& at);

/// @throws NotFittedError if `n_features_in` is 0: fit() comes first
void check_fitted(const char* method, std::size_t n_features_in, const Location& at);

/// What predict() and its like check: that fit() came before, and X has the features that it saw.
/// @throws NotFittedError, ShapeError, ValueError
void check_features(const char* method, std::size_t n_features_in, const Array<double>& X, const Location& at);

/// Labels by their place among the classes.
struct EncodedLabels {
    Array<std::int64_t> classes;    ///< ascending
    std::vector<std::size_t> codes; ///< for each sample, where its label stands in `classes`
};

/// Checks X, and that y has a label for each of its rows.
/// @param fewest_classes  a classifier needs 2
/// @throws ShapeError, ValueError also if there are fewer classes
EncodedLabels encode_labels(const char* method, const Array<double>& X, const Array<std::int64_t>& y, const Location& at,
                            std::size_t fewest_classes = 2);

/// The rows of a matrix, or elements of a vector, with these numbers, in this order.
/// @pre each is in range
template <class T>
Array<T> take_rows(const Array<T>& a, const std::vector<std::size_t>& rows);

/// A copy of the elements, in the same shape.
Array<double> to_array(const Tensor<double>& tensor);

} // namespace xgrad::algorithms::detail

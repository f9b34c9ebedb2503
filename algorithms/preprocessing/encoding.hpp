/// @file
/// Labels and categories as numbers that a model can take.
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace xgrad::algorithms {

/// What becomes of a category that fit() was not given.
enum class UnknownCategory {
    error, ///< a ValueError
    ignore ///< zeros in all of its feature's columns
};

struct OneHotEncoderOptions {
    UnknownCategory handle_unknown = UnknownCategory::error;
};

/// A column for each category of each feature: 1 where the sample is of that category, else 0.
///
/// A feature's categories are its different numbers: whole ones, as a rule. X has shape (samples, features); a vector, of labels for
/// instance, is one feature:
///
/// @code
/// OneHotEncoder().fit_transform(Array<std::int64_t>{3, 1, 3}); // {{0, 1}, {1, 0}, {0, 1}}
/// @endcode
class OneHotEncoder : public Transformer<OneHotEncoder> {
  public:
    using Options = OneHotEncoderOptions;
    explicit OneHotEncoder(const OneHotEncoderOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError unless X is a matrix, or vector, of numbers between -2^53 and 2^53: beyond, different labels may
    ///         be one double
    OneHotEncoder& fit(const Array<double>& X, Location at = Location::current());
    /// Of shape (samples, number of all categories), feature by feature.
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    /// @throws ValueError for an unknown category with UnknownCategory::error; it names the sample
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const;
    /// For each feature the category whose column is largest, of shape (samples, features). Where all of them are zero, that is
    /// NaN with UnknownCategory::ignore.
    /// @param X  (samples, number of all categories)
    /// @throws NotFittedError, ShapeError, ValueError; with UnknownCategory::error also where all columns of a feature are zero
    Array<double> inverse_transform(const Array<double>& X, Location at = Location::current()) const;

    /// The columns' names: the feature's and the category, "x0_3".
    /// @param input_features  the features' names; if none are given, "x0", "x1", ...
    /// @throws NotFittedError
    /// @throws ShapeError unless each feature has a name
    std::vector<std::string> get_feature_names_out(const std::vector<std::string>& input_features = {},
                                                   Location at = Location::current()) const;

    OneHotEncoderOptions options;
    std::vector<Array<double>> categories_; ///< of each feature, ascending
};

/// Labels as the numbers 0 to K - 1 of their K classes, in ascending order, and back.
///
/// @code
/// LabelEncoder encoder;
/// encoder.fit_transform({"virginica", "setosa", "virginica"}); // {1, 0, 1}
/// encoder.inverse_transform({0});                              // {"setosa"}
/// @endcode
/// @tparam T  std::string, for texts, or std::int64_t
template <class T = std::string>
class LabelEncoder {
    static_assert(std::is_same_v<T, std::string> || std::is_same_v<T, std::int64_t>);

  public:
    /// A vector of texts, or an array of shape (samples).
    using Labels = std::conditional_t<std::is_same_v<T, std::string>, std::vector<std::string>, Array<std::int64_t>>;

    /// @throws ShapeError unless there are labels, in a vector
    LabelEncoder& fit(const Labels& y, Location at = Location::current());
    /// @throws NotFittedError; ShapeError unless y is a vector
    /// @throws ValueError naming a label that fit() was not given
    Array<std::int64_t> transform(const Labels& y, Location at = Location::current()) const;
    /// fit(y), then transform(y).
    Array<std::int64_t> fit_transform(const Labels& y, Location at = Location::current());
    /// @throws NotFittedError; ShapeError unless y is a vector
    /// @throws ValueError naming a number that no class has
    Labels inverse_transform(const Array<std::int64_t>& y, Location at = Location::current()) const;

    std::vector<T> classes_; ///< ascending
};

} // namespace xgrad::algorithms

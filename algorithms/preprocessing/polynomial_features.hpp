/// @file
/// Polynomial regression is linear regression on powers of the features (Sehayek 2.2).
#pragma once

#include <xgrad/algorithms/estimator.hpp>

#include <string>
#include <vector>

namespace xgrad::algorithms {

struct PolynomialFeaturesOptions {
    int degree = 2;                ///< the largest degree of a product
    bool interaction_only = false; ///< only products of different features: x0 x1, not x0^2
    bool include_bias = true;      ///< the product of none, a column of ones
};

/// All products of the features up to a degree: 1, x0, x1, x0^2, x0 x1, x1^2 for two features and degree 2. Ordered by degree, then
/// by the features' numbers. A product that is beyond the range of a double becomes infinite.
class PolynomialFeatures : public Transformer<PolynomialFeatures> {
  public:
    using Options = PolynomialFeaturesOptions;
    explicit PolynomialFeatures(const PolynomialFeaturesOptions& options = {}) : options(options) {}

    /// @throws ShapeError, ValueError unless X is a matrix of finite numbers
    /// @throws ValueError if the degree is negative; there would be no column, or more than 2^24
    PolynomialFeatures& fit(const Array<double>& X, Location at = Location::current());
    /// The products, of shape (samples, n_output_features_).
    /// @throws NotFittedError, ShapeError, ValueError unless X has the features that fit() was given
    Array<double> transform(const Array<double>& X, Location at = Location::current()) const;

    /// The columns' names: "1", "x0", "x0^2", "x0 x1".
    /// @param input_features  the features' names; if none are given, "x0", "x1", ...
    /// @throws NotFittedError
    /// @throws ShapeError unless each feature has a name
    std::vector<std::string> get_feature_names_out(const std::vector<std::string>& input_features = {},
                                                   Location at = Location::current()) const;

    /// The power of each feature in each product, of shape (n_output_features_, features). It is scikit-learn's `powers_`, but made
    /// anew by each call: of many features there are far more powers than numbers in a row of transform().
    /// @throws NotFittedError
    Array<std::int64_t> powers(Location at = Location::current()) const;

    PolynomialFeaturesOptions options;
    std::size_t n_output_features_ = 0;

  private:
    /// Consecutive columns, each the product of one feature and a column of one degree less.
    struct Run {
        std::size_t feature, first, count; ///< `count` columns from `first` on
    };

    /// A column of degree 1 and more: a feature times the column `rest`, whose features come no earlier.
    struct Product {
        std::size_t feature, rest;
    };
    std::vector<Product> products() const;

    std::vector<Run> runs_; ///< of degree 1 and more; a column 0 of ones stands before them
};

} // namespace xgrad::algorithms

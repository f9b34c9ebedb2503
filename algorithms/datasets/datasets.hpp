/// @file
/// The data sets that come with xgrad: the figures are part of the library, so nothing is downloaded and no path is needed. Rows,
/// their order and the numbers of the classes are scikit-learn's. Where they are from: data/README.md.
///
/// @code
/// const auto iris = load_iris();
/// model.fit(iris.X, iris.y);
/// iris.target_names[0]; // "setosa", the class 0
/// @endcode
#pragma once

#include <xgrad/autodiff/array.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace xgrad::algorithms {

/// Samples in classes.
struct ClassificationData {
    Array<double> X;       ///< (samples, features)
    Array<std::int64_t> y; ///< (samples), the numbers of the classes: 0, 1, ...
    std::vector<std::string> feature_names;
    std::vector<std::string> target_names; ///< of the classes, by number
};

/// Samples with a number to predict.
struct RegressionData {
    Array<double> X; ///< (samples, features)
    Array<double> y; ///< (samples)
    std::vector<std::string> feature_names;
    std::vector<std::string> target_names; ///< of y: one name
};

/// 150 flowers by 4 lengths in cm: 50 each of setosa, versicolor and virginica. The first class can be separated from the others by
/// a line, those from each other cannot (Deep learning slides). Fisher 1936.
ClassificationData load_iris();

/// 1,797 handwritten digits by 8 x 8 pixels from 0, white, to 16, black, row by row. Alpaydin, Kaynak 1998.
ClassificationData load_digits();

/// 178 wines of 3 growers by 13 results of a chemical analysis. Forina et al.
ClassificationData load_wine();

/// 569 tumours by 30 measures of their cells' nuclei: 212 malignant, class 0, and 357 benign, class 1. Wolberg, Street, Mangasarian
/// 1993.
ClassificationData load_breast_cancer();

/// 442 patients by age, sex, body mass index, blood pressure and 6 blood values; the target is how far the disease has progressed a
/// year later. Each feature has mean 0 and a sum of squares of 1. Efron, Hastie, Johnstone, Tibshirani 2004.
RegressionData load_diabetes();

} // namespace xgrad::algorithms

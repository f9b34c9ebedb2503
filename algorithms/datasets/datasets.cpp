#include <xgrad/algorithms/datasets/datasets.hpp>

#include <xgrad/nn/data/csv.hpp>

#include <algorithm>
#include <utility>

namespace xgrad::algorithms {

namespace detail {

// Sources that CMake writes from data/*.csv.
extern const char breast_cancer_csv[];
extern const char diabetes_csv[];
extern const char digits_csv[];
extern const char iris_csv[];
extern const char wine_csv[];

} // namespace detail

namespace {

/// Reads a table whose last column is the target.
template <class Data>
Data read(const char* text, const char* name, std::vector<std::string> target_names) {
    nn::Table table = nn::parse_csv(text, name);
    const std::size_t rows = table.rows(), features = table.columns.size() - 1;
    table.columns.pop_back();
    Data data{Array<double>::from_shape({rows, features}), decltype(Data::y)::from_shape({rows}), std::move(table.columns),
              std::move(target_names)};
    for (std::size_t row = 0; row < rows; ++row) {
        const double* const from = table.values.data() + row * (features + 1);
        std::copy_n(from, features, data.X.data() + row * features);
        data.y.data()[row] = static_cast<typename decltype(Data::y)::value_type>(from[features]);
    }
    return data;
}

} // namespace

ClassificationData load_iris() {
    return read<ClassificationData>(detail::iris_csv, "iris.csv", {"setosa", "versicolor", "virginica"});
}

ClassificationData load_digits() {
    return read<ClassificationData>(detail::digits_csv, "digits.csv", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

ClassificationData load_wine() {
    return read<ClassificationData>(detail::wine_csv, "wine.csv", {"class_0", "class_1", "class_2"});
}

ClassificationData load_breast_cancer() {
    return read<ClassificationData>(detail::breast_cancer_csv, "breast_cancer.csv", {"malignant", "benign"});
}

RegressionData load_diabetes() {
    return read<RegressionData>(detail::diabetes_csv, "diabetes.csv", {"progression"});
}

} // namespace xgrad::algorithms

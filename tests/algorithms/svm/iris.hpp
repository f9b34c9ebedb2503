/// @file
/// The iris data as tests/reference/svm.py takes them.
#pragma once

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/algorithms/datasets/datasets.hpp>

namespace xgrad::tests {

/// Without sample 142, which is equal to sample 101: which of the two a machine gives weight to is open.
inline algorithms::ClassificationData iris_without_double() {
    algorithms::ClassificationData iris = algorithms::load_iris();
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < iris.y.size(); ++i) {
        if (i != 142) rows.push_back(i);
    }
    iris.X = algorithms::detail::take_rows(iris.X, rows);
    iris.y = algorithms::detail::take_rows(iris.y, rows);
    return iris;
}

} // namespace xgrad::tests

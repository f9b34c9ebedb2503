/// @file
/// The table of all operations that users call. It drives the gradient tests (gradient_test.cpp) and the documentation
/// (docs/operations.md). Elementwise operations are in it by themselves, from ops/registry.hpp; every other one has a row
/// in the file of its family, op_table_<family>.cpp.
#pragma once

#include <xgrad/autodiff/variable.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace xgrad::tests {

/// How the elements of one operand are drawn.
struct Input {
    Shape shape{};
    double low = -2, high = 2;
    double kink = 1e300;   ///< keep away from this value and its negative
    double distance = 0;   ///< keep the elements at least this far from each other (for max, sort and their like)
    double grid = 0;       ///< if not 0, round to multiples of this, ...
    double offset = 0;     ///< ... and add this
};

/// One call of an operation, for both element types.
struct Example {
    /// @param call  a generic lambda over `const std::vector<Variable<T>>&`
    template <class F>
    Example(std::vector<Input> inputs, F call, bool allow_zero = false)
        : inputs(std::move(inputs)), call_float(call), call_double(call), allow_zero(allow_zero) {}

    std::vector<Input> inputs;
    std::function<Variable<float>(const std::vector<Variable<float>>&)> call_float;
    std::function<Variable<double>(const std::vector<Variable<double>>&)> call_double;
    bool allow_zero; ///< the derivative is zero everywhere, and meant to be
};

/// One operation.
struct OpRow {
    std::string name;       ///< as users call it
    std::string family;     ///< its header: ops/<family>.hpp
    std::string value;      ///< the formula, for the documentation
    std::string derivative; ///< the formula of the vector-Jacobian product (g is the adjoint of the result)
    std::vector<Example> examples; ///< empty if it has no gradient
};

/// All rows.
std::vector<OpRow> op_table();

std::vector<OpRow> fuse_rows();
std::vector<OpRow> reduction_rows();
std::vector<OpRow> softmax_rows();
std::vector<OpRow> linalg_rows();
std::vector<OpRow> shape_rows();
std::vector<OpRow> indexing_rows();
std::vector<OpRow> convolution_rows();
std::vector<OpRow> normalization_rows();
std::vector<OpRow> recurrent_rows();
std::vector<OpRow> decomposition_rows();
std::vector<OpRow> sort_rows();
std::vector<OpRow> einsum_rows();

} // namespace xgrad::tests

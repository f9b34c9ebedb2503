#include "tests/ops/op_table.hpp"

#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/transpose.hpp>

namespace xgrad::tests {

namespace {

/// `call` on operands of each of the given lists of shapes.
template <class Call>
void add_examples(std::vector<Example>& examples, const std::vector<std::vector<Shape>>& cases, Call call) {
    for (const auto& shapes : cases) {
        std::vector<Input> inputs;
        for (const Shape& shape : shapes) inputs.push_back({.shape = shape});
        examples.emplace_back(std::move(inputs), call);
    }
}

template <class Call>
std::vector<Example> examples(const std::vector<std::vector<Shape>>& cases, Call call) {
    std::vector<Example> list;
    add_examples(list, cases, call);
    return list;
}

OpRow matmul_row() {
    OpRow row{"matmul", "matmul", "A B", "g B'; A' g", {}};
    const auto with = [](MatmulOptions options) {
        return [options](const auto& x) { return matmul(x[0], x[1], options); };
    };
    // Vectors and matrices in every combination, single rows and columns, empty ones, an empty sum.
    add_examples(row.examples,
                 {{{3}, {3}},
                  {{2, 3}, {3}},
                  {{3}, {3, 4}},
                  {{2, 3}, {3, 4}},
                  {{1}, {1}},
                  {{1, 1}, {1, 1}},
                  {{1, 3}, {3, 1}},
                  {{3, 1}, {1, 4}},
                  {{1, 3}, {3, 4}},
                  {{2, 3}, {3, 1}},
                  {{5, 9}, {9, 17}},
                  {{0}, {0}},
                  {{0, 3}, {3, 2}},
                  {{2, 3}, {3, 0}},
                  {{2, 0}, {0, 3}},
                  {{0}, {0, 2}},
                  {{2, 0}, {0}}},
                 with({}));
    // Stacks: equal, of one, stretched on either side and on both, against a matrix and a vector.
    add_examples(row.examples,
                 {{{2, 3, 4}, {2, 4, 2}},
                  {{1, 3, 4}, {1, 4, 2}},
                  {{5, 3, 4}, {4, 2}},
                  {{2, 2, 3, 4}, {4, 2}},
                  {{2, 2, 3, 4}, {1, 4, 2}},
                  {{3, 4}, {2, 4, 2}},
                  {{3, 2, 4}, {1, 4, 2}},
                  {{1, 2, 4}, {3, 4, 2}},
                  {{2, 1, 2, 3}, {3, 3, 2}},
                  {{3, 2, 3}, {2, 1, 3, 2}},
                  {{2, 3, 1, 2, 2}, {3, 2, 2, 3}},
                  {{2, 3, 4}, {4}},
                  {{4}, {2, 4, 3}},
                  {{2, 2, 1, 3}, {3}},
                  {{0, 2, 3}, {3, 2}},
                  {{0, 2, 3}, {1, 3, 2}},
                  {{2, 3}, {0, 3, 2}},
                  {{2, 2, 0}, {2, 0, 3}},
                  {{2, 0, 3}, {3, 2}}},
                 with({}));
    add_examples(row.examples,
                 {{{3, 2}, {3, 4}},
                  {{3}, {3, 4}},
                  {{3, 2}, {3}},
                  {{3, 1}, {3, 1}},
                  {{1, 2}, {1, 4}},
                  {{0, 2}, {0, 3}},
                  {{2, 4, 3}, {2, 4, 2}},
                  {{5, 4, 3}, {4, 2}},
                  {{4, 3}, {2, 4, 2}},
                  {{2, 1, 4, 3}, {3, 4, 2}}},
                 with({.transpose_a = true}));
    add_examples(row.examples,
                 {{{2, 3}, {4, 3}},
                  {{3}, {4, 3}},
                  {{2, 3}, {3}},
                  {{1, 3}, {1, 3}},
                  {{2, 1}, {4, 1}},
                  {{2, 0}, {3, 0}},
                  {{2, 3, 4}, {2, 2, 4}},
                  {{5, 3, 4}, {2, 4}},
                  {{3, 4}, {2, 2, 4}},
                  {{2, 1, 3, 4}, {3, 2, 4}}},
                 with({.transpose_b = true}));
    add_examples(row.examples,
                 {{{3, 2}, {4, 3}},
                  {{3}, {4, 3}},
                  {{3, 2}, {3}},
                  {{3}, {3}},
                  {{2, 4, 3}, {2, 2, 4}},
                  {{5, 4, 3}, {2, 4}},
                  {{4, 3}, {2, 2, 4}},
                  {{2, 1, 4, 3}, {3, 2, 4}}},
                 with({.transpose_a = true, .transpose_b = true}));
    // One operand twice, and a weight that several products add to.
    add_examples(row.examples, {{{3, 3}}, {{2, 3, 3}}}, [](const auto& x) { return matmul(x[0], x[0]); });
    add_examples(row.examples, {{{3, 2}}},
                 [](const auto& x) { return matmul(x[0], x[0], {.transpose_a = true}); });
    add_examples(row.examples, {{{2, 3}, {3, 3}}},
                 [](const auto& x) { return matmul(matmul(matmul(x[0], x[1]), x[1]), x[1]); });
    return row;
}

OpRow linear_row() {
    OpRow row{"linear", "matmul", "x W' + b", "g W; g' x; sum of g's rows", {}};
    add_examples(row.examples,
                 {{{2, 3}, {4, 3}, {4}},
                  {{3}, {4, 3}, {4}},
                  {{2, 5, 3}, {4, 3}, {4}},
                  {{2, 1, 2, 3}, {2, 3}, {2}},
                  {{1, 1}, {1, 1}, {1}},
                  {{1}, {1, 1}, {1}},
                  {{130, 2}, {70, 2}, {70}},
                  {{0, 3}, {4, 3}, {4}},
                  {{2, 0}, {4, 0}, {4}},
                  {{2, 3}, {0, 3}, {0}}},
                 [](const auto& x) { return linear(x[0], x[1], x[2]); });
    add_examples(row.examples, {{{2, 3}, {4, 3}}, {{3}, {4, 3}}, {{2, 5, 3}, {4, 3}}, {{2, 0}, {4, 0}}},
                 [](const auto& x) { return linear(x[0], x[1]); });
    add_examples(row.examples, {{{2, 3}, {3, 3}, {3}}},
                 [](const auto& x) { return linear(linear(x[0], x[1], x[2]), x[1], x[2]); });
    return row;
}

OpRow permute_row() {
    OpRow row{"permute", "transpose", "x with its axes in another order", "the inverse order of g", {}};
    const auto with = [](const Axes& axes) { return [axes](const auto& x) { return permute(x[0], axes); }; };
    add_examples(row.examples, {{{2, 3, 4}}, {{1, 3, 1}}, {{2, 0, 3}}, {{9, 2, 11}}}, with({2, 0, 1}));
    add_examples(row.examples, {{{2, 3, 4}}, {{10, 9, 2}}}, with({1, 0, 2}));
    add_examples(row.examples, {{{2, 3, 2, 2}}}, with({-1, 1, -4, 2}));
    add_examples(row.examples, {{{2, 3}}}, with({0, 1}));
    add_examples(row.examples, {{{}}}, with({}));
    return row;
}

} // namespace

std::vector<OpRow> linalg_rows() {
    std::vector<OpRow> rows{matmul_row(), linear_row(), permute_row()};
    rows.push_back({"transpose", "transpose", "x with its axes reversed", "transpose of g",
                    examples({{{2, 3}}, {{17, 9}}, {{2, 3, 4}}, {{1, 5}}, {{3}}, {{}}, {{0, 2}}},
                             [](const auto& x) { return transpose(x[0]); })});
    rows.push_back({"swapaxes", "transpose", "x with two axes exchanged", "the same exchange of g",
                    examples({{{2, 3, 4}}, {{2, 9, 8}}, {{1, 2, 1}}, {{2, 0, 3}}},
                             [](const auto& x) { return swapaxes(x[0], -1, 1); })});
    rows.push_back({"dot", "linalg", "sum of a_i b_i", "g b; g a",
                    examples({{{3}, {3}}, {{1}, {1}}, {{0}, {0}}, {{33}, {33}}},
                             [](const auto& x) { return dot(x[0], x[1]); })});
    rows.push_back({"outer", "linalg", "a_i b_j", "g b; g' a",
                    examples({{{3}, {2}}, {{1}, {1}}, {{1}, {4}}, {{4}, {1}}, {{0}, {3}}, {{3}, {0}}},
                             [](const auto& x) { return outer(x[0], x[1]); })});
    rows.push_back({"trace", "linalg", "sum of x_ii", "g on the diagonal",
                    examples({{{3, 3}}, {{2, 4}}, {{4, 2}}, {{1, 1}}, {{0, 0}}, {{0, 3}}},
                             [](const auto& x) { return trace(x[0]); })});
    OpRow diagonal{"diag",
                   "linalg",
                   "the k-th diagonal of a matrix, or the matrix of a diagonal",
                   "g on that diagonal; its diagonal",
                   {}};
    for (const std::ptrdiff_t k : {0, 1, -2}) {
        add_examples(diagonal.examples, {{{3}}, {{1}}, {{0}}, {{3, 3}}, {{3, 5}}, {{5, 3}}, {{0, 3}}},
                     [k](const auto& x) { return diag(x[0], k); });
    }
    // Added to an adjoint that is there already.
    add_examples(diagonal.examples, {{{3, 3}}},
                 [](const auto& x) { return diag(x[0]) + diag(x[0]) * diag(x[0]); });
    rows.push_back(std::move(diagonal));
    return rows;
}

} // namespace xgrad::tests

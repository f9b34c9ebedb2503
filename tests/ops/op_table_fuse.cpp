#include "tests/ops/op_table.hpp"

#include <xgrad/ops/fuse.hpp>

namespace xgrad::tests {

std::vector<OpRow> fuse_rows() {
    const auto one = [](const auto& x) { return fuse([](auto t) { return exp(t) * t - 0.5 * t; }, x[0]); };
    const auto three = [](const auto& x) {
        return fuse([](auto p, auto w, auto b) { return tanh(p * w + b) * sigmoid(p); }, x[0], x[1], x[2]);
    };
    const auto sum = [](const auto& x) {
        return fuse_sum([](auto p, auto w, auto b) { return tanh(p * w + b) * sigmoid(p); }, x[0], x[1], x[2]);
    };
    const auto mean = [](const auto& x) { return fuse_mean([](auto p, auto w) { return exp(p) * w * w; }, x[0], x[1]); };
    const char* const rule = "g times each partial derivative of f";
    return {{"fuse_sum",
             "fuse",
             "sum of f(a, b, ...) over all elements",
             rule,
             {
                 Example({{{2, 3}}, {{2, 3}}, {{2, 3}}}, sum),
                 Example({{{2, 1}}, {{1, 3}}, {{}}}, sum),
                 Example({{{0}}, {{1}}, {{}}}, sum),
             }},
            {"fuse_mean",
             "fuse",
             "mean of f(a, b, ...) over all elements",
             rule,
             {
                 Example({{{19}}, {{19}}}, mean),
                 Example({{{2, 3}}, {{3}}}, mean),
                 Example({{{}}, {{1}}}, mean),
             }},
            {"fuse",
             "fuse",
             "f(a, b, ...), a formula over scalars, elementwise",
             rule,
             {
                 Example({{{2, 3}}}, one),
                 Example({{{}}}, one),
                 Example({{{0}}}, one),
                 Example({{{21}}}, one),
                 Example({{{2, 3}}, {{3}}, {{}}}, three),
                 Example({{{2, 1}}, {{1, 3}}, {{2, 3}}}, three),
                 Example({{{}}, {{2, 2}}, {{1}}}, three),
             }}};
}

} // namespace xgrad::tests

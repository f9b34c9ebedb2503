#include "tests/ops/op_table.hpp"

#include <xgrad/ops/fuse.hpp>

namespace xgrad::tests {

std::vector<OpRow> fuse_rows() {
    const auto one = [](const auto& x) { return fuse([](auto t) { return exp(t) * t - 0.5 * t; }, x[0]); };
    const auto three = [](const auto& x) {
        return fuse([](auto p, auto w, auto b) { return tanh(p * w + b) * sigmoid(p); }, x[0], x[1], x[2]);
    };
    return {{"fuse",
             "fuse",
             "f(a, b, ...), a formula over scalars, elementwise",
             "g times each partial derivative of f",
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

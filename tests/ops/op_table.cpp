#include "tests/ops/op_table.hpp"

#include <xgrad/ops/registry.hpp>

#include <optional>

#include <string_view>

namespace xgrad::tests {

namespace {

/// The shapes of one, two and three operands: equal, scalars, stretched in every way, a single element, and none.
std::vector<std::vector<Shape>> shapes_for(std::size_t arity) {
    if (arity == 1) return {{{2, 3}}, {{}}, {{1}}, {{0}}, {{2, 0, 3}}, {{17}}, {{3, 1, 5}}};
    if (arity == 2) {
        return {{{2, 3}, {2, 3}}, {{2, 3}, {}},  {{}, {2, 3}},        {{2, 3}, {3}},       {{3}, {2, 3}},       {{2, 3}, {2, 1}},
                {{2, 1}, {1, 3}}, {{1}, {1}},    {{}, {}},            {{0}, {0}},          {{0}, {1}},          {{2, 1, 3}, {4, 1}},
                {{19}, {1}},      {{3, 0}, {3, 1}}, {{2, 2, 3}, {2, 1, 3}}, {{1, 1}, {2, 3}}};
    }
    return {{{2, 3}, {2, 3}, {2, 3}}, {{2, 3}, {}, {3}}, {{2, 1}, {1, 3}, {}}, {{}, {2, 3}, {2, 1}}, {{0}, {0}, {1}}, {{1}, {1}, {1}}};
}

/// 1, 0, 1, 0, ...
template <class T>
Variable<T> alternating(const Shape& shape) {
    Tensor<T> mask(shape);
    for (std::size_t i = 0; i < mask.size(); ++i) mask.data()[i] = static_cast<T>(1 - i % 2);
    return Variable<T>(std::move(mask), false);
}

template <class Call>
Example elementwise_example(const ops::OpEntry& op, const std::vector<Shape>& shapes, Call call) {
    std::vector<Input> inputs;
    for (const Shape& shape : shapes) {
        Input input{.shape = shape, .low = op.info.low, .high = op.info.high, .kink = op.info.kink};
        if (!op.info.ties) { // operands on grids between each other's points
            input.grid = 0.125;
            input.offset = 0.0625 * static_cast<double>(inputs.size());
        }
        inputs.push_back(input);
    }
    // A single element may fall where a piecewise function is flat.
    const bool may_be_flat = op.info.kink < 1e300 && inputs.size() == 1 && inputs.front().shape.size() == 1;
    return Example(std::move(inputs), call, may_be_flat || !op.differentiable);
}

std::vector<Example> examples_of(const ops::OpEntry& op) {
    std::vector<Example> examples;
    if (std::string_view(op.info.derivative) == "none") return examples;
    for (auto shapes : shapes_for(op.arity)) {
        // The first of three operands is a mask.
        std::optional<Shape> mask_shape;
        if (op.arity == 3) {
            mask_shape = shapes.front();
            shapes.erase(shapes.begin());
        }
        examples.push_back(elementwise_example(op, shapes, [op, mask_shape]<class T>(const std::vector<Variable<T>>& x) {
            std::vector<const Variable<T>*> operands;
            const Variable<T> mask = alternating<T>(mask_shape.value_or(Shape{}));
            if (mask_shape) operands.push_back(&mask);
            for (const auto& operand : x) operands.push_back(&operand);
            if constexpr (std::is_same_v<T, float>) {
                return op.apply_float(operands, Location::current());
            } else {
                return op.apply_double(operands, Location::current());
            }
        }));
    }
    return examples;
}

} // namespace

std::vector<OpRow> op_table() {
    std::vector<OpRow> rows;
    for (const ops::OpFamily& family : ops::elementwise_families()) {
        for (const ops::OpEntry& op : family.operations) {
            rows.push_back({op.info.name, family.name, op.info.value, op.info.derivative, examples_of(op)});
        }
    }
    for (auto& family : {fuse_rows(), reduction_rows(), softmax_rows(), linalg_rows(), shape_rows(), indexing_rows(),
                         convolution_rows(), normalization_rows(), recurrent_rows(), decomposition_rows(), sort_rows(),
                         einsum_rows()}) {
        rows.insert(rows.end(), family.begin(), family.end());
    }
    return rows;
}

} // namespace xgrad::tests

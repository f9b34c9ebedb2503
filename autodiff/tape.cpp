#include <xgrad/autodiff/tape.hpp>

#include <xgrad/autodiff/recorder.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace xgrad {

using detail::Index;
using detail::Node;
using detail::Recorder;

namespace {

/// "54.598", or "{1, 2, 3, ...}" with the first elements of an array.
template <class T>
std::string elements(const Tensor<T>& tensor) {
    constexpr std::size_t shown = 3;
    if (!tensor) return "-";
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, tensor.size()); ++i) {
        char number[32];
        std::snprintf(number, sizeof number, "%.6g", static_cast<double>(tensor.data()[i]));
        if (i) text += ", ";
        text += number;
    }
    if (tensor.size() > shown) text += ", ...";
    return tensor.shape().rank() == 0 ? text : "{" + text + "}";
}

template <class T>
std::vector<Shape> parent_shapes(const Recorder<T>& recorder, const Node<T>& node) {
    std::vector<Shape> shapes;
    for (const auto& parent : recorder.parents_of(node)) shapes.push_back(recorder.nodes[parent.index].cell->value.shape());
    return shapes;
}

template <class T>
std::size_t flops_of(const Recorder<T>& recorder, const Node<T>& node) {
    return node.operation ? node.operation->flops(parent_shapes(recorder, node), node.cell->value.shape()) : 0;
}

/// "square(x1)", "input", "constant".
template <class T>
std::string formula(const Recorder<T>& recorder, const Node<T>& node, Index begin) {
    using Kind = typename Node<T>::Kind;
    switch (node.kind) {
    case Kind::leaf: return "input";
    case Kind::constant: return "constant";
    case Kind::ended: return "result of an ended graph";
    case Kind::consumed: return "consumed";
    case Kind::operation: break;
    }
    std::string text = std::string(node.operation->name()) + "(";
    bool first = true;
    for (const auto& parent : recorder.parents_of(node)) {
        text += first ? "" : ", ";
        if (parent.index < begin) {
            text += "outer";
        } else {
            text += 'x';
            text += std::to_string(parent.index - begin + 1);
        }
        first = false;
    }
    return text + ")";
}

template <class T>
auto enter(const TapeOptions& options) {
    auto& recorder = Recorder<T>::local();
    recorder.trim();
    const auto outer_begin = recorder.scope_begin;
    recorder.scope_begin = static_cast<Index>(recorder.nodes.size());
    return std::array{recorder.scope_begin, outer_begin, static_cast<Index>(std::exchange(recorder.keep_all, recorder.keep_all || options.keep))};
}

template <class T>
void leave(Index begin, Index outer_begin, bool outer_keep) {
    auto& recorder = Recorder<T>::local();
    recorder.truncate(begin);
    recorder.scope_begin = outer_begin;
    if (std::exchange(recorder.keep_all, outer_keep) && !outer_keep) { // adjoints on show in what was there before
        for (Node<T>& node : recorder.nodes) node.adjoint.reset();
    }
}

} // namespace

Tape::Tape(TapeOptions options) {
    const auto f = enter<float>(options);
    const auto d = enter<double>(options);
    float_scope_ = {f[0], f[1], f[2] != 0};
    double_scope_ = {d[0], d[1], d[2] != 0};
}

Tape::~Tape() {
    leave<float>(float_scope_.begin, float_scope_.outer_begin, float_scope_.outer_keep);
    leave<double>(double_scope_.begin, double_scope_.outer_begin, double_scope_.outer_keep);
}

template <class T, class F>
void Tape::each_node(const Scope& scope, F&& f) const {
    const auto& recorder = Recorder<T>::local();
    for (Index i = scope.begin; i < recorder.nodes.size(); ++i) {
        if (recorder.nodes[i].cell) f(recorder, recorder.nodes[i], i, scope.begin);
    }
}

template <class F>
void Tape::each_node(F&& f) const {
    each_node<double>(double_scope_, f);
    each_node<float>(float_scope_, f);
}

std::size_t Tape::size() const {
    std::size_t nodes = 0;
    each_node([&](const auto&, const auto&, Index, Index) { ++nodes; });
    return nodes;
}

std::size_t Tape::flops() const {
    std::size_t flops = 0;
    each_node([&](const auto& recorder, const auto& node, Index, Index) { flops += flops_of(recorder, node); });
    return flops;
}

const std::string* Tape::name_of(const void* cell) const {
    for (const auto& [named, name] : names_) {
        if (std::visit([&](const auto& variable) { return &variable.cell() == cell; }, named)) return &name;
    }
    return nullptr;
}

std::string Tape::table() const {
    constexpr std::size_t columns = 6;
    using Row = std::array<std::string, columns>;
    std::vector<Row> rows{{"i", "x_i = g_i(parents)", "shape", "value", "adjoint", "flops"}};
    each_node([&](const auto& recorder, const auto& node, Index i, Index begin) {
        using T = typename std::decay_t<decltype(node.cell->value)>::value_type;
        const std::string number = std::to_string(i - begin + 1);
        const std::string* const name = name_of(node.cell);
        const auto& value = node.cell->value;
        const Tensor<T> adjoint = node.adjoint ? Tensor<T>(node.adjoint, value.shape()) : Tensor<T>();
        rows.push_back({number, "x" + number + (name ? " = " + *name : "") + " = " + formula(recorder, node, begin),
                        to_string(value.shape()), elements(value), elements(adjoint),
                        std::to_string(flops_of(recorder, node))});
    });
    std::array<std::size_t, columns> width{};
    for (const Row& row : rows) {
        for (std::size_t c = 0; c < columns; ++c) width[c] = std::max(width[c], row[c].size());
    }
    std::string text;
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t c = 0; c < columns; ++c) line += row[c] + std::string(width[c] - row[c].size() + 2, ' ');
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string Tape::dot() const {
    std::string text = "digraph tape {\n  rankdir = LR;\n";
    each_node([&](const auto& recorder, const auto& node, Index i, Index begin) {
        using T = typename std::decay_t<decltype(node.cell->value)>::value_type;
        // Both element types may be on the tape: a letter keeps their nodes apart.
        const std::string prefix = std::is_same_v<T, float> ? "f" : "d";
        const std::string number = std::to_string(i - begin + 1);
        const std::string* const name = name_of(node.cell);
        const bool is_operation = node.operation != nullptr;
        text += "  " + prefix + number + " [label=\"x" + number + (name ? " = " + *name : "") + "\\n" +
                (is_operation ? node.operation->name() : formula(recorder, node, begin)) + " " +
                to_string(node.cell->value.shape()) + "\"" + (is_operation ? "" : ", shape=box") + "];\n";
        for (const auto& parent : recorder.parents_of(node)) {
            if (parent.index < begin) continue;
            text += "  " + prefix + std::to_string(parent.index - begin + 1) + " -> " + prefix + number + ";\n";
        }
    });
    return text + "}\n";
}

std::size_t live_nodes() {
    std::size_t nodes = 0;
    const auto count = [&](auto& recorder) {
        recorder.collect();
        nodes += recorder.nodes.size();
    };
    count(Recorder<float>::local());
    count(Recorder<double>::local());
    return nodes;
}

} // namespace xgrad

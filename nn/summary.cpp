#include <xgrad/nn/summary.hpp>

#include <xgrad/autodiff/grad_mode.hpp>

#include <algorithm>
#include <ostream>
#include <set>

namespace xgrad::nn {

namespace {

/// 13002 as "13,002".
std::string grouped(std::size_t number) {
    std::string text = std::to_string(number);
    for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3) text.insert(static_cast<std::size_t>(i), 1, ',');
    return text;
}

struct Count {
    std::size_t all = 0, trainable = 0;
};

/// Adds the parameters among the members of `module` that are not in `seen` yet.
Count count_parameters(ModuleBase& module, std::set<const void*>& seen) {
    Count count;
    const auto add = [&](const auto& parameter) {
        if (!seen.insert(&parameter.cell()).second) return;
        count.all += parameter.size();
        if (parameter.requires_grad()) count.trainable += parameter.size();
    };
    for (const Member& member : module.members()) {
        if (const auto* const single = std::get_if<Parameter<float>*>(&member.what)) add(**single);
        if (const auto* const both = std::get_if<Parameter<double>*>(&member.what)) add(**both);
    }
    return count;
}

/// While it lives, `see` is called after every module's forward().
class Observed {
  public:
    Observed(ModuleBase& model, const std::function<void(const std::string&, const ForwardCall&)>& see) {
        std::set<const ModuleBase*> seen; // one may be listed twice
        for (auto& [path, module] : model.named_modules()) {
            if (!seen.insert(module).second) continue;
            const auto hook = [path = path, &see](const ForwardCall& call) { see(path, call); };
            hooks_.emplace_back(module, module->on_forward(hook));
        }
    }
    ~Observed() {
        for (const auto& [module, hook] : hooks_) module->remove_hook(hook);
    }
    Observed(const Observed&) = delete;
    Observed& operator=(const Observed&) = delete;

  private:
    std::vector<std::pair<ModuleBase*, std::size_t>> hooks_;
};

} // namespace

namespace detail {

Summary summarize(ModuleBase& model, const std::function<void()>& run) {
    Summary summary;
    summary.model = model.type_name();
    std::set<const void*> seen;
    // Not a lambda: the hooks keep a reference to it, and a conversion would be gone by the time they are called.
    const std::function<void(const std::string&, const ForwardCall&)> see = [&](const std::string& path, const ForwardCall& call) {
        Summary::Row row{path, call.module.type_name(), {}, count_parameters(call.module, seen).all};
        if (path.empty() && !summary.rows.empty() && row.parameters == 0) return; // the model comes last, after its parts
        for (const AnyVariable& output : call.outputs) {
            row.outputs.push_back(std::visit([](const auto& variable) { return variable.shape(); }, output));
        }
        summary.rows.push_back(std::move(row));
    };
    {
        const Observed observed(model, see);
        const EvalMode eval(model);
        const NoGrad no_grad;
        run();
    }
    seen.clear();
    for (const auto& [path, module] : model.named_modules()) {
        const Count count = count_parameters(*module, seen);
        summary.parameters += count.all;
        summary.trainable += count.trainable;
    }
    return summary;
}

} // namespace detail

std::string Summary::to_string() const {
    struct Line {
        std::string layer, output, parameters;
    };
    std::vector<Line> lines{{"layer", "output shape", "parameters"}};
    for (const Row& row : rows) {
        std::string output;
        for (const Shape& shape : row.outputs) output.append(output.empty() ? "" : " ").append(xgrad::to_string(shape));
        lines.push_back({row.path.empty() ? row.type : row.path + " (" + row.type + ")", output, grouped(row.parameters)});
    }
    std::size_t layer = 0, output = 0, parameters_width = 0;
    for (const Line& line : lines) {
        layer = std::max(layer, line.layer.size());
        output = std::max(output, line.output.size());
        parameters_width = std::max(parameters_width, line.parameters.size());
    }
    const std::string rule(layer + output + parameters_width + 4, '-');
    std::string text = model + "\n" + rule + "\n";
    for (std::size_t i = 0; i < lines.size(); ++i) {
        text += lines[i].layer + std::string(layer - lines[i].layer.size() + 2, ' ') + lines[i].output +
                std::string(output - lines[i].output.size() + 2 + parameters_width - lines[i].parameters.size(), ' ') +
                lines[i].parameters + "\n";
        if (i == 0) text += rule + "\n";
    }
    text.append(rule).append("\n").append(grouped(parameters)).append(" parameters");
    if (trainable != parameters) text.append(", ").append(grouped(trainable)).append(" of them trained");
    return text.append("\n");
}

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << summary.to_string(); }

} // namespace xgrad::nn

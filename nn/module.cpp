#include <xgrad/nn/module.hpp>

#include <xgrad/autodiff/recorder.hpp>

#include <algorithm>
#include <cxxabi.h>
#include <set>
#include <typeinfo>
#include <utility>

namespace xgrad::nn {

namespace {

/// Calls `f(path, member)` for every parameter, buffer and counter of `module` and all below.
template <class F>
void for_each_leaf(ModuleBase& module, const std::string& prefix, const F& f) {
    for (const Member& member : module.members()) {
        if (const auto* const below = std::get_if<ModuleBase*>(&member.what)) {
            for_each_leaf(**below, prefix + member.name + ".", f);
        } else {
            f(prefix + member.name, member);
        }
    }
}

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

/// A parameter, buffer or counter as the array that is saved; it shares the elements.
StateValue array_of(const Member& member) {
    return std::visit(Overloaded{
                          [](std::int64_t* counter) -> StateValue { return Tensor<std::int64_t>(Shape{}, *counter); },
                          [](ModuleBase*) -> StateValue { return {}; }, // for_each_leaf does not come here
                          [](auto* variable) -> StateValue { return variable->tensor(); },
                      },
                      member.what);
}

void assign(const Member& member, const StateValue& value) {
    std::visit(Overloaded{
                   [&](std::int64_t* counter) { *counter = *std::get<Tensor<std::int64_t>>(value).data(); },
                   [](ModuleBase*) {},
                   [&]<class V>(V* variable) {
                       variable->value() = ArrayRef(std::get<Tensor<typename V::value_type>>(value));
                   },
               },
               member.what);
}

/// The members of type `Kind`, with their paths; each once.
template <class Kind, class T>
std::vector<std::pair<std::string, Variable<T>>> named(ModuleBase& module) {
    std::vector<std::pair<std::string, Variable<T>>> result;
    std::set<const void*> seen;
    for_each_leaf(module, "", [&](const std::string& path, const Member& member) {
        if (const auto* const variable = std::get_if<Kind*>(&member.what)) {
            if (seen.insert(&(*variable)->cell()).second) result.emplace_back(path, **variable);
        }
    });
    return result;
}

/// "(3, 4) of float".
std::string describe(const StateValue& value) {
    static const char* const types[] = {"float", "double", "int64"};
    return std::visit([](const auto& tensor) { return to_string(tensor.shape()); }, value) + " of " + types[value.index()];
}

} // namespace

namespace detail {

namespace {

/// How many modules' forward() are under way on this thread.
thread_local int depth = 0;

/// The module that the error on its way out has come through last.
struct Failure {
    const ModuleBase* module = nullptr;
    std::string path; ///< of the first module within `module`
    std::string type; ///< of the first module
};
thread_local Failure failure;

/// Throws if an output depends on a leaf that is neither a parameter of `module` nor an input, and was not made in forward() itself.
/// @param begin  of what forward() recorded
template <class T>
void check_leaves(ModuleBase& module, const std::vector<AnyVariable>& inputs, const std::vector<AnyVariable>& outputs, std::size_t begin,
                  const Location& at) {
    using Kind = typename xgrad::detail::Node<T>::Kind;
    const auto& recorder = xgrad::detail::Recorder<T>::local();
    std::set<const void*> listed;
    for (const auto& [name, parameter] : named<Parameter<T>, T>(module)) listed.insert(&parameter.cell());
    for (const AnyVariable& input : inputs) {
        if (const auto* const variable = std::get_if<Variable<T>>(&input)) listed.insert(&variable->cell());
    }
    // What was detached, or is of no consequence, does not count: children come after their parents, so one pass finds what does.
    std::vector<bool> reached(recorder.nodes.size());
    for (const AnyVariable& output : outputs) {
        const auto* const variable = std::get_if<Variable<T>>(&output);
        if (xgrad::detail::Index index; variable && recorder.find(variable->cell(), index)) reached[index] = true;
    }
    for (std::size_t i = recorder.nodes.size(); i-- > begin;) {
        if (!reached[i]) continue;
        for (const auto& link : recorder.parents_of(recorder.nodes[i])) {
            reached[link.index] = true;
            const auto& parent = recorder.nodes[link.index];
            // A leaf that only the tape is left to hold was made in forward(), to differentiate with respect to it there.
            const bool made_here = parent.cell->references.load(std::memory_order_relaxed) == 1;
            if (parent.kind != Kind::leaf || made_here || listed.contains(parent.cell)) continue;
            throw GraphError(module.type_name() + ": forward() uses a parameter of shape " + to_string(parent.cell->value.shape()) +
                                 " that is not listed, so it would be neither trained nor saved: list it, or the module that it "
                                 "belongs to, in XGRAD_MEMBERS, or use its detach()",
                             at);
        }
    }
}

} // namespace

void add_member(std::vector<Member>& list, const std::string& name, Parameter<float>& parameter) {
    if (parameter.defined()) list.push_back({name, &parameter});
}
void add_member(std::vector<Member>& list, const std::string& name, Parameter<double>& parameter) {
    if (parameter.defined()) list.push_back({name, &parameter});
}
void add_member(std::vector<Member>& list, const std::string& name, Buffer<float>& buffer) {
    if (buffer.defined()) list.push_back({name, &buffer});
}
void add_member(std::vector<Member>& list, const std::string& name, Buffer<double>& buffer) {
    if (buffer.defined()) list.push_back({name, &buffer});
}
void add_member(std::vector<Member>& list, const std::string& name, std::int64_t& counter) { list.push_back({name, &counter}); }
void add_member(std::vector<Member>& list, const std::string& name, ModuleBase& module) { list.push_back({name, &module}); }

std::string next_name(std::string_view& names) {
    const std::size_t comma = std::min(names.find(','), names.size());
    std::string_view name = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 1, names.size()));
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
    while (!name.empty() && blank(name.front())) name.remove_prefix(1);
    while (!name.empty() && blank(name.back())) name.remove_suffix(1);
    return std::string(name);
}

VariableList::VariableList() = default;
VariableList::~VariableList() = default;

void VariableList::add(const Variable<float>& variable) {
    if (variable.defined()) list_.emplace_back(variable);
}
void VariableList::add(const Variable<double>& variable) {
    if (variable.defined()) list_.emplace_back(variable);
}

Call::Call(ModuleBase& module) : module_(module), checking_(depth == 0 && !module.checked_ && is_recording()) {
    if (checking_) {
        // What nothing can reach any more goes now, so that it does not go while forward() records and leave the count wrong.
        xgrad::detail::Recorder<float>::local().trim();
        xgrad::detail::Recorder<double>::local().trim();
        begin_float_ = xgrad::detail::Recorder<float>::local().nodes.size();
        begin_double_ = xgrad::detail::Recorder<double>::local().nodes.size();
    }
    ++depth;
}

Call::~Call() { --depth; }

bool Call::watched() const noexcept { return checking_ || !module_.hooks_.list.empty(); }

void Call::finish(const VariableList& inputs, const VariableList& outputs, bool known, const Location& at) {
    if (checking_ && known) {
        check_leaves<float>(module_, inputs.get(), outputs.get(), begin_float_, at);
        check_leaves<double>(module_, inputs.get(), outputs.get(), begin_double_, at);
        module_.checked_ = true;
    }
    const auto hooks = module_.hooks_.list; // a hook may remove itself
    for (const auto& [id, hook] : hooks) hook({module_, inputs.get(), outputs.get()});
}

void Call::fail(Error& error) const {
    if (!error.has_context()) {
        failure = {&module_, "", module_.type_name()};
    } else {
        for (const Member& member : module_.members()) {
            const auto* const below = std::get_if<ModuleBase*>(&member.what);
            if (!below || *below != failure.module) continue;
            failure.path = failure.path.empty() ? member.name : member.name + "." + failure.path;
            failure.module = &module_;
            break;
        }
        if (failure.module != &module_) return; // called a module that is not its member: the path ends there
    }
    error.set_context(failure.path.empty() ? "in " + failure.type
                                           : "in " + module_.type_name() + "." + failure.path + " (" + failure.type + ")");
}

} // namespace detail

ModuleBase::~ModuleBase() = default;

const AnyVariable& ForwardCall::part(const std::vector<AnyVariable>& list, std::size_t k) { return list.at(k); }

ModuleBase::Hooks::Hooks() = default;
ModuleBase::Hooks::Hooks(const Hooks&) noexcept {}
ModuleBase::Hooks::Hooks(Hooks&&) noexcept = default;
ModuleBase::Hooks::~Hooks() = default;
ModuleBase::Hooks& ModuleBase::Hooks::operator=(Hooks&&) noexcept = default;

std::string ModuleBase::type_name() const {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> demangled(abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status),
                                                           std::free);
    std::string name = demangled ? demangled.get() : typeid(*this).name();
    if (name.ends_with('>')) {
        std::size_t at = name.size(), open = 0;
        do {
            --at;
            open += name[at] == '>' ? 1 : name[at] == '<' ? std::size_t(-1) : 0;
        } while (open > 0 && at > 0);
        name.erase(at);
    }
    // A class within a function comes as "main()::Net".
    if (const auto colon = name.rfind("::"); colon != name.npos) name.erase(0, colon + 2);
    return name;
}

namespace {

void append_modules(std::vector<std::pair<std::string, ModuleBase*>>& result, const std::string& path, ModuleBase& module) {
    result.emplace_back(path, &module);
    for (const Member& member : module.members()) {
        if (const auto* const below = std::get_if<ModuleBase*>(&member.what)) {
            append_modules(result, path.empty() ? member.name : path + "." + member.name, **below);
        }
    }
}

} // namespace

std::vector<std::pair<std::string, ModuleBase*>> ModuleBase::named_modules() {
    std::vector<std::pair<std::string, ModuleBase*>> result;
    append_modules(result, "", *this);
    return result;
}

void ModuleBase::train(bool training) {
    for (const auto& [path, module] : named_modules()) module->training_ = training;
}

void ModuleBase::freeze(bool frozen) {
    for_each_leaf(*this, "", [&](const std::string&, const Member& member) {
        if (const auto* const single = std::get_if<Parameter<float>*>(&member.what)) (*single)->freeze(frozen);
        if (const auto* const both = std::get_if<Parameter<double>*>(&member.what)) (*both)->freeze(frozen);
    });
}

StateDict ModuleBase::state_dict() const {
    StateDict state;
    for_each_leaf(const_cast<ModuleBase&>(*this), "", [&](const std::string& path, const Member& member) {
        state[path] = std::visit([](const auto& tensor) -> StateValue { return tensor.clone(); }, array_of(member));
    });
    return state;
}

Mismatch ModuleBase::load_state_dict(const StateDict& state, bool strict, Location at) {
    Mismatch mismatch;
    std::string faults;
    std::set<std::string> known;
    for_each_leaf(*this, "", [&](const std::string& path, const Member& member) {
        known.insert(path);
        const auto found = state.find(path);
        if (found == state.end()) {
            mismatch.missing.push_back(path);
            return;
        }
        const std::string expected = describe(array_of(member)), given = describe(found->second);
        if (expected != given) faults += "\n  \"" + path + "\" is " + given + ", not " + expected;
    });
    for (const auto& [key, value] : state) {
        if (!known.contains(key)) mismatch.unexpected.push_back(key);
    }
    if (strict) {
        for (const std::string& key : mismatch.missing) faults += "\n  \"" + key + "\" is missing";
        for (const std::string& key : mismatch.unexpected) faults += "\n  \"" + key + "\" is unexpected";
    }
    if (!faults.empty()) throw ValueError("load_state_dict: the state does not fit " + type_name() + ":" + faults, at);

    for_each_leaf(*this, "", [&](const std::string& path, const Member& member) {
        if (const auto found = state.find(path); found != state.end()) assign(member, found->second);
    });
    return mismatch;
}

EvalMode::EvalMode(ModuleBase& model) {
    for (const auto& [path, module] : model.named_modules()) before_.emplace_back(module, std::exchange(module->training_, false));
}

EvalMode::~EvalMode() {
    for (const auto& [module, training] : before_) module->training_ = training;
}

std::size_t ModuleBase::on_forward(ForwardHook hook) {
    hooks_.list.emplace_back(hooks_.next_id, std::move(hook));
    return hooks_.next_id++;
}

void ModuleBase::remove_hook(std::size_t id) {
    std::erase_if(hooks_.list, [id](const auto& entry) { return entry.first == id; });
}

template <class T>
std::vector<Variable<T>> ModuleOf<T>::parameters() {
    return parameters([](std::string_view) { return true; });
}

template <class T>
std::vector<std::pair<std::string, Variable<T>>> ModuleOf<T>::named_parameters() {
    return named<Parameter<T>, T>(*this);
}

template <class T>
std::vector<std::pair<std::string, Variable<T>>> ModuleOf<T>::named_buffers() {
    return named<Buffer<T>, T>(*this);
}

template class ModuleOf<float>;
template class ModuleOf<double>;

} // namespace xgrad::nn

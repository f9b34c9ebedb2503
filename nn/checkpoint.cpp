#include <xgrad/nn/checkpoint.hpp>

#include <xgrad/nn/safetensors.hpp>

#include <filesystem>

namespace xgrad::nn {

void save(const ModuleBase& model, const std::string& path, Location at) { save_safetensors(path, model.state_dict(), {}, at); }

Mismatch load(ModuleBase& model, const std::string& path, bool strict, Location at) {
    return model.load_state_dict(load_safetensors(path, at).tensors, strict, at);
}

void Checkpoint::add(const std::string& name, const StateDict& part, Location at) {
    if (name.empty() || name.find('.') != std::string::npos) {
        throw ValueError("Checkpoint: \"" + name + "\" is no name for a part: it is empty or has a dot in it", at);
    }
    for (const auto& [key, value] : part) tensors[name + "." + key] = value;
}

StateDict Checkpoint::part(const std::string& name) const {
    const std::string prefix = name + ".";
    StateDict part;
    for (auto entry = tensors.lower_bound(prefix); entry != tensors.end() && entry->first.starts_with(prefix); ++entry) {
        part[entry->first.substr(prefix.size())] = entry->second;
    }
    return part;
}

const std::string& Checkpoint::text_of(const std::string& name, Location at) const {
    const auto found = text.find(name);
    if (found == text.end()) throw ValueError("Checkpoint: there is no text \"" + name + "\"", at);
    return found->second;
}

void Checkpoint::save(const std::string& path, Location at) const { save_safetensors(path, tensors, text, at); }

Checkpoint Checkpoint::load(const std::string& path, Location at) {
    Safetensors file = load_safetensors(path, at);
    Checkpoint checkpoint;
    checkpoint.tensors = std::move(file.tensors);
    checkpoint.text = std::move(file.metadata);
    return checkpoint;
}

bool Checkpoint::exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(path, error);
}

} // namespace xgrad::nn

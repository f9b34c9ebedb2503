/// @file
/// Saving models and trainings, and going on with them.
///
/// Files are safetensors, which Python reads and writes: `safetensors.torch.load_file("model.safetensors")` is a state dict for a model of
/// PyTorch with the same layers, and load() takes what `safetensors.torch.save_file` wrote.
#pragma once

#include <xgrad/nn/module.hpp>
#include <xgrad/nn/state_dict.hpp>

#include <map>
#include <string>
#include <string_view>

namespace xgrad::nn {

/// Writes a model's parameters and buffers, under PyTorch's names and in its layouts: all of the file or nothing.
/// @throws FileError if the file cannot be written
void save(const ModuleBase& model, const std::string& path, Location at = Location::current());

/// Reads a model's parameters and buffers into it, in place.
/// @param strict  the file must hold all of them, and nothing else
/// @return        what was missing or unexpected, if not strict
/// @throws FileError if the file cannot be read or is not sound
/// @throws ValueError naming every key that is missing, unexpected or of another shape or element type; the model is unchanged then
Mismatch load(ModuleBase& model, const std::string& path, bool strict = true, Location at = Location::current());

/// All it takes to go on with a training, in one file: the states of its parts, each under a name of its own, and texts.
/// @code
/// nn::Checkpoint checkpoint;
/// checkpoint.add("model", model.state_dict());
/// checkpoint.add("optimizer", optimizer.state_dict());
/// checkpoint.text["loader"] = loader.state();
/// checkpoint.text["generator"] = default_generator().state();
/// checkpoint.save("training.safetensors");
/// @endcode
class Checkpoint {
  public:
    StateDict tensors;                       ///< "model.0.weight", "optimizer.state.0.exp_avg" and so on
    std::map<std::string, std::string> text; ///< what is not an array

    /// Adds a part: its arrays under `name` and a dot.
    /// @throws ValueError if the name is empty or has a dot in it
    void add(const std::string& name, const StateDict& part, Location at = Location::current());
    /// The arrays of a part, under the names they had in it; none if there is no such part.
    StateDict part(const std::string& name) const;
    /// A text. @throws ValueError if there is none of this name
    const std::string& text_of(const std::string& name, Location at = Location::current()) const;

    /// Writes all of it or nothing. @throws FileError if that fails
    void save(const std::string& path, Location at = Location::current()) const;
    /// @throws FileError if the file cannot be read or is not sound
    static Checkpoint load(const std::string& path, Location at = Location::current());
    /// Whether there is a file at `path`.
    static bool exists(const std::string& path);
};

} // namespace xgrad::nn

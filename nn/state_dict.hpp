/// @file
/// What a model, an optimizer or a schedule remembers, by name: what checkpoints hold.
#pragma once

#include <xgrad/autodiff/tensor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>

namespace xgrad::nn {

/// An array of one of the element types that are saved.
using StateValue = std::variant<Tensor<float>, Tensor<double>, Tensor<std::int64_t>>;

/// Arrays by name. The names of a model's are PyTorch's, "0.weight" for instance.
using StateDict = std::map<std::string, StateValue, std::less<>>;

} // namespace xgrad::nn

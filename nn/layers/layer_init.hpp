/// @file
/// What the layers share when they are made. Internal: for the sources of layers.
#pragma once

#include <xgrad/nn/parameter.hpp>
#include <xgrad/ops/random.hpp>

#include <cmath>
#include <initializer_list>
#include <string>
#include <utility>

namespace xgrad::nn::detail {

/// @throws ValueError naming the layer and the first of the named extents that is 0
inline void check_extents(const char* layer, std::initializer_list<std::pair<const char*, std::size_t>> extents, const Location& at) {
    for (const auto& [name, extent] : extents) {
        if (extent == 0) throw ValueError(std::string(layer) + ": " + name + " is 0", at);
    }
}

/// A parameter uniform in ±1 / sqrt(fan_in), as PyTorch's layers start.
template <class T>
Parameter<T> default_parameter(const Shape& shape, std::size_t fan_in, Generator& generator) {
    const T bound = static_cast<T>(1 / std::sqrt(static_cast<double>(fan_in)));
    return Parameter<T>(random_uniform<T>(shape, -bound, bound, generator));
}

} // namespace xgrad::nn::detail

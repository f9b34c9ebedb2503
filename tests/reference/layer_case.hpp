/// @file
/// A layer of nn and what PyTorch makes of it, as layers.py writes it.
#pragma once

#include <xgrad/autodiff/shape.hpp>

#include <string>
#include <utility>
#include <vector>

namespace xgrad::tests::reference {

/// An array.
struct Elements {
    Shape shape;
    std::vector<double> elements;
};

using NamedArrays = std::vector<std::pair<std::string, Elements>>;

/// One call: what went in, what came out, and the gradients of those inputs that have one.
struct LayerCall {
    std::vector<Elements> inputs, outputs, gradients;
};

struct LayerCase {
    std::string name;
    NamedArrays state; ///< before the calls
    std::vector<LayerCall> calls;
    NamedArrays gradients; ///< of the parameters, of all calls together
    NamedArrays buffers;   ///< after the calls
};

} // namespace xgrad::tests::reference

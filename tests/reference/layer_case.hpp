/// @file
/// A layer of nn and what PyTorch makes of it, as layers.py writes it.
#pragma once

#include <cstddef>
#include <initializer_list>

namespace xgrad::tests::reference {

// Lists without memory of their own: the compiler lays the numbers out and there is no code to run, nor to compile.

/// An array.
struct Elements {
    std::initializer_list<std::size_t> shape;
    std::initializer_list<double> elements;
};

struct NamedElements {
    const char* name;
    Elements array;
};

/// One call: what went in, what came out, and the gradients of those inputs that have one.
struct LayerCall {
    std::initializer_list<Elements> inputs, outputs, gradients;
};

struct LayerCase {
    const char* name;
    std::initializer_list<NamedElements> state; ///< before the calls
    std::initializer_list<LayerCall> calls;
    std::initializer_list<NamedElements> gradients; ///< of the parameters, of all calls together
    std::initializer_list<NamedElements> buffers;   ///< after the calls
};

} // namespace xgrad::tests::reference

/// @file
/// What a model is made of, as a table.
#pragma once

#include <xgrad/nn/module.hpp>

#include <iosfwd>

namespace xgrad::nn {

/// A model's modules in the order in which they are called, with what each returns and the parameters it has itself.
struct Summary {
    struct Row {
        std::string path;                ///< within the model: "encoder.0"
        std::string type;                ///< "Linear"
        std::vector<Shape> outputs;      ///< the shape of the result, or of its parts
        std::size_t parameters = 0;      ///< elements of its own parameters; 0 when it is called again
    };

    std::string model; ///< its type
    std::vector<Row> rows;
    std::size_t parameters = 0; ///< elements of all parameters
    std::size_t trainable = 0;  ///< of those that are not frozen

    /// A table of the rows, and a line with the totals.
    std::string to_string() const;
};

/// Prints the table.
std::ostream& operator<<(std::ostream& out, const Summary& summary);

namespace detail {

/// Calls `run`, which calls the model, and notes all modules that it goes through.
Summary summarize(ModuleBase& model, const std::function<void()>& run);

} // namespace detail

/// Runs `model` once, in evaluation mode and without recording, on zeros of `input_shape`, which includes the axis of the batch.
/// @code
/// std::cout << nn::summary(model, {1, 784});
/// @endcode
/// @throws Error as the model does, if the shape does not suit it
template <class Derived, class T>
Summary summary(Module<Derived, T>& model, const Shape& input_shape) {
    using Element = std::conditional_t<std::same_as<T, void>, float, T>;
    return summary(model, Variable<Element>(Tensor<Element>(input_shape, Element(0)), false));
}

/// As above, on given inputs: for models that take several, or labels.
template <class Derived, class T, class... X>
    requires(!std::same_as<std::decay_t<X>, Shape> && ...)
Summary summary(Module<Derived, T>& model, const X&... inputs) {
    return detail::summarize(model, [&] { model(inputs...); });
}

} // namespace xgrad::nn

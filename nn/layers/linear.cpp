#include <xgrad/nn/layers/linear.hpp>

#include <xgrad/nn/layers/layer_init.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/matmul.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/transpose.hpp>

namespace xgrad::nn {

template <class T>
Linear<T>::Linear(std::size_t inputs, std::size_t outputs, const LinearOptions& options, Generator& generator, Location at) {
    detail::check_extents("Linear", {{"inputs", inputs}, {"outputs", outputs}}, at);
    weight = detail::default_parameter<T>({outputs, inputs}, inputs, generator);
    if (options.bias) bias = detail::default_parameter<T>({outputs}, inputs, generator);
}

template <class T>
Variable<T> Linear<T>::forward(const Variable<T>& x, const Location& at) {
    return bias.defined() ? linear(x, weight, bias, at) : linear(x, weight, at);
}

template <class T>
Bilinear<T>::Bilinear(std::size_t inputs1, std::size_t inputs2, std::size_t outputs, const LinearOptions& options,
                      Generator& generator, Location at) {
    detail::check_extents("Bilinear", {{"inputs1", inputs1}, {"inputs2", inputs2}, {"outputs", outputs}}, at);
    weight = detail::default_parameter<T>({outputs, inputs1, inputs2}, inputs1, generator);
    if (options.bias) bias = detail::default_parameter<T>({outputs}, inputs1, generator);
}

template <class T>
Variable<T> Bilinear<T>::forward(const Variable<T>& a, const Variable<T>& b, const Location& at) {
    const std::size_t outputs = weight.shape()[0], inputs1 = weight.shape()[1], inputs2 = weight.shape()[2];
    const auto rows_of = [](const Shape& shape) { return Shape(std::span(shape.begin(), shape.rank() - 1)); };
    if (a.rank() == 0 || b.rank() == 0 || a.shape()[a.rank() - 1] != inputs1 || b.shape()[b.rank() - 1] != inputs2 ||
        rows_of(a.shape()) != rows_of(b.shape())) {
        throw ShapeError("Bilinear: the inputs are of shapes " + to_string(a.shape()) + " and " + to_string(b.shape()) +
                             ", not (..., " + std::to_string(inputs1) + ") and (..., " + std::to_string(inputs2) + ")",
                         at);
    }
    Shape result = rows_of(a.shape());
    const std::size_t rows = result.size();
    result.push_back(outputs, at);
    // a W as one product (rows, inputs1) x (inputs1, outputs inputs2); then each row with its b.
    const Variable<T> weights = reshape(permute<T>(weight, {1, 0, 2}, at), {inputs1, outputs * inputs2}, at);
    const Variable<T> product = reshape(matmul(reshape(a, {rows, inputs1}, at), weights, {}, at), {rows, outputs, inputs2}, at);
    const Variable<T> y = reshape(sum(multiply<T>({product, at}, {reshape(b, {rows, 1, inputs2}, at), at}), {-1}, false, at), result, at);
    return bias.defined() ? add<T>({y, at}, {bias, at}) : y;
}

template class Linear<float>;
template class Linear<double>;
template class Bilinear<float>;
template class Bilinear<double>;

} // namespace xgrad::nn

#include <xgrad/nn/layers/radial_basis.hpp>

#include <xgrad/nn/layers/layer_init.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/exponential.hpp>
#include <xgrad/ops/power.hpp>
#include <xgrad/ops/reduction.hpp>
#include <xgrad/ops/shape.hpp>

namespace xgrad::nn {

template <class T>
RadialBasis<T>::RadialBasis(std::size_t inputs, std::size_t count, Generator& generator, Location at) {
    detail::check_extents("RadialBasis", {{"inputs", inputs}, {"centers", count}}, at);
    centers = Parameter<T>(random_normal<T>({count, inputs}, 0, 1, generator));
    log_sigma = Parameter<T>(Tensor<T>({count}, T(0)));
}

template <class T>
RadialBasis<T>::RadialBasis(const Array<T>& given, double sigma, Location at) : centers(given, at) {
    if (centers.rank() != 2) throw ShapeError("RadialBasis: the centers are of shape " + to_string(centers.shape()) + ", not a matrix", at);
    detail::check_extents("RadialBasis", {{"centers", centers.shape()[0]}, {"inputs", centers.shape()[1]}}, at);
    if (!(sigma > 0) || !std::isfinite(sigma)) throw ValueError("RadialBasis: sigma is " + std::to_string(sigma), at);
    log_sigma = Parameter<T>(Tensor<T>({centers.shape()[0]}, static_cast<T>(std::log(sigma))));
}

template <class T>
Variable<T> RadialBasis<T>::forward(const Variable<T>& x, const Location& at) {
    const std::size_t inputs = centers.shape()[1];
    if (x.rank() != 2 || x.shape()[1] != inputs) {
        throw ShapeError("RadialBasis: the input is of shape " + to_string(x.shape()) + ", not (N, " + std::to_string(inputs) + ")", at);
    }
    // The differences themselves, not |x|^2 - 2 x c + |c|^2, which cancels close to a centre.
    const Variable<T> difference = subtract<T>({expand_dims(x, 1, at), at}, {centers, at});
    const Variable<T> distance = sum(square(difference, at), {-1}, false, at);
    const Variable<T> scale = exp(multiply<T>({log_sigma, at}, {T(-2), at}), at);
    return exp(multiply<T>({multiply<T>({distance, at}, {scale, at}), at}, {T(-0.5), at}), at);
}

template class RadialBasis<float>;
template class RadialBasis<double>;

} // namespace xgrad::nn

#include <xgrad/nn/init.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace xgrad::nn::init {

namespace {

template <class T>
void fill(const Variable<T>& parameter, const Tensor<T>& values) {
    Tensor<T> target = parameter.tensor();
    std::copy(values.begin(), values.end(), target.begin());
    target.buffer().touch();
}

struct Fans {
    double in, out;
};

template <class T>
Fans fans(const char* function, const Variable<T>& parameter, const Location& at) {
    const Shape& shape = parameter.shape();
    if (shape.rank() < 2) {
        throw ShapeError(std::string(function) + ": fan-in and fan-out need two axes or more, not shape " + to_string(shape), at);
    }
    double kernel = 1;
    for (std::size_t axis = 2; axis < shape.rank(); ++axis) kernel *= static_cast<double>(shape[axis]);
    return {static_cast<double>(shape[1]) * kernel, static_cast<double>(shape[0]) * kernel};
}

template <class T>
double kaiming_deviation(const char* function, const Variable<T>& parameter, const KaimingOptions& options, const Location& at) {
    const Fans fan = fans(function, parameter, at);
    const double connections = options.fan == Fan::in ? fan.in : fan.out;
    // Without connections there is nothing to fill.
    return gain(options.nonlinearity, options.slope) / std::sqrt(std::max(connections, 1.0));
}

} // namespace

double gain(Nonlinearity nonlinearity, double slope) {
    switch (nonlinearity) {
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid: return 1;
    case Nonlinearity::tanh: return 5.0 / 3;
    case Nonlinearity::relu: return std::sqrt(2.0);
    case Nonlinearity::leaky_relu: return std::sqrt(2 / (1 + slope * slope));
    case Nonlinearity::selu: return 0.75;
    }
    return 1;
}

template <class T>
void constant(const Variable<T>& parameter, double value) {
    fill(parameter, Tensor<T>(parameter.shape(), static_cast<T>(value)));
}

template <class T>
void uniform(const Variable<T>& parameter, double low, double high, Generator& generator, Location at) {
    const T from = static_cast<T>(low), to = static_cast<T>(high);
    if (!(from <= to) || !std::isfinite(to - from)) {
        throw ValueError("uniform: [" + std::to_string(low) + ", " + std::to_string(high) + ") is no range", at);
    }
    fill(parameter, random_uniform<T>(parameter.shape(), from, to, generator));
}

template <class T>
void normal(const Variable<T>& parameter, double mean, double standard_deviation, Generator& generator, Location at) {
    const T centre = static_cast<T>(mean), spread = static_cast<T>(standard_deviation);
    if (!std::isfinite(centre) || !(spread >= 0) || !std::isfinite(spread)) {
        throw ValueError("normal: the mean is " + std::to_string(mean) + " and the standard deviation " + std::to_string(standard_deviation), at);
    }
    fill(parameter, random_normal<T>(parameter.shape(), centre, spread, generator));
}

template <class T>
void xavier_uniform(const Variable<T>& parameter, double gain, Generator& generator, Location at) {
    const Fans fan = fans("xavier_uniform", parameter, at);
    const double bound = gain * std::sqrt(6 / std::max(fan.in + fan.out, 1.0));
    uniform(parameter, -bound, bound, generator, at);
}

template <class T>
void xavier_normal(const Variable<T>& parameter, double gain, Generator& generator, Location at) {
    const Fans fan = fans("xavier_normal", parameter, at);
    normal(parameter, 0, gain * std::sqrt(2 / std::max(fan.in + fan.out, 1.0)), generator, at);
}

template <class T>
void kaiming_uniform(const Variable<T>& parameter, const KaimingOptions& options, Generator& generator, Location at) {
    const double bound = std::sqrt(3.0) * kaiming_deviation("kaiming_uniform", parameter, options, at);
    uniform(parameter, -bound, bound, generator, at);
}

template <class T>
void kaiming_normal(const Variable<T>& parameter, const KaimingOptions& options, Generator& generator, Location at) {
    normal(parameter, 0, kaiming_deviation("kaiming_normal", parameter, options, at), generator, at);
}

template <class T>
void orthogonal(const Variable<T>& parameter, double gain, Generator& generator, Location at) {
    fans("orthogonal", parameter, at);
    const std::size_t rows = parameter.shape()[0];
    const std::size_t columns = rows == 0 ? 0 : parameter.size() / rows;
    const std::size_t count = std::min(rows, columns), length = std::max(rows, columns);
    // Gram and Schmidt on `count` vectors of `length` normal numbers, each made orthogonal to those before it twice, which is
    // as good as Householder's (Giraud, Langou, Rozloznik and van den Eshof, 2005).
    std::vector<double> q(count * length);
    for (std::size_t i = 0; i < count; ++i) {
        double* const vector = q.data() + i * length;
        double norm;
        do {
            for (std::size_t k = 0; k < length; ++k) vector[k] = generator.normal();
            for (int pass = 0; pass < 2; ++pass) {
                for (std::size_t j = 0; j < i; ++j) {
                    const double* const other = q.data() + j * length;
                    double product = 0;
                    for (std::size_t k = 0; k < length; ++k) product += vector[k] * other[k];
                    for (std::size_t k = 0; k < length; ++k) vector[k] -= product * other[k];
                }
            }
            double square = 0;
            for (std::size_t k = 0; k < length; ++k) square += vector[k] * vector[k];
            norm = std::sqrt(square);
        } while (norm < 1e-6); // one in a million million
        for (std::size_t k = 0; k < length; ++k) vector[k] /= norm;
    }
    Tensor<T> values(parameter.shape());
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            const double element = rows <= columns ? q[row * length + column] : q[column * length + row];
            values.data()[row * columns + column] = static_cast<T>(gain * element);
        }
    }
    fill(parameter, values);
}

template void constant(const Variable<float>&, double);
template void constant(const Variable<double>&, double);
template void uniform(const Variable<float>&, double, double, Generator&, Location);
template void uniform(const Variable<double>&, double, double, Generator&, Location);
template void normal(const Variable<float>&, double, double, Generator&, Location);
template void normal(const Variable<double>&, double, double, Generator&, Location);
template void xavier_uniform(const Variable<float>&, double, Generator&, Location);
template void xavier_uniform(const Variable<double>&, double, Generator&, Location);
template void xavier_normal(const Variable<float>&, double, Generator&, Location);
template void xavier_normal(const Variable<double>&, double, Generator&, Location);
template void kaiming_uniform(const Variable<float>&, const KaimingOptions&, Generator&, Location);
template void kaiming_uniform(const Variable<double>&, const KaimingOptions&, Generator&, Location);
template void kaiming_normal(const Variable<float>&, const KaimingOptions&, Generator&, Location);
template void kaiming_normal(const Variable<double>&, const KaimingOptions&, Generator&, Location);
template void orthogonal(const Variable<float>&, double, Generator&, Location);
template void orthogonal(const Variable<double>&, double, Generator&, Location);

} // namespace xgrad::nn::init

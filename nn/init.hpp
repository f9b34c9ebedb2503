/// @file
/// What parameters start from. Each function fills a parameter in place and returns nothing; the random ones draw from the generator
/// given, or the thread's.
///
/// fan_in and fan_out are the numbers of inputs and outputs that a weight connects: of shape (out, in, ...), in and out times the
/// product of the remaining extents, the kernel of a convolution.
#pragma once

#include <xgrad/autodiff/variable.hpp>
#include <xgrad/ops/random.hpp>

namespace xgrad::nn::init {

/// The functions whose gain the initialisers of Glorot and He know (calculate_gain in PyTorch).
enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// How much larger the weights before a nonlinearity are to be so that the variance is kept: 1 for linear and sigmoid, 5/3 for tanh,
/// sqrt(2) for relu, sqrt(2 / (1 + slope^2)) for leaky_relu, 3/4 for selu.
/// @param slope  of leaky_relu below 0
double gain(Nonlinearity nonlinearity, double slope = 0.01);

template <class T>
void constant(const Variable<T>& parameter, double value);
template <class T>
void zeros(const Variable<T>& parameter) {
    init::constant(parameter, 0.0);
}
template <class T>
void ones(const Variable<T>& parameter) {
    init::constant(parameter, 1.0);
}
/// Uniform in [low, high).
/// @throws ValueError if low > high, or one of them is not finite in T
template <class T>
void uniform(const Variable<T>& parameter, double low = 0, double high = 1, Generator& generator = default_generator(),
             Location at = Location::current());
/// @throws ValueError if the standard deviation is negative or not finite
template <class T>
void normal(const Variable<T>& parameter, double mean = 0, double standard_deviation = 1,
            Generator& generator = default_generator(), Location at = Location::current());

/// Uniform in ±gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).
/// @throws ShapeError if the parameter has fewer than two axes; so do all below
template <class T>
void xavier_uniform(const Variable<T>& parameter, double gain = 1, Generator& generator = default_generator(),
                    Location at = Location::current());
/// Normal with standard deviation gain sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010).
template <class T>
void xavier_normal(const Variable<T>& parameter, double gain = 1, Generator& generator = default_generator(),
                   Location at = Location::current());

/// What the initialisers of He keep: the variance of the values on the way forward, or that of the gradients on the way back.
enum class Fan { in, out };

/// How kaiming_uniform and kaiming_normal scale.
struct KaimingOptions {
    Nonlinearity nonlinearity = Nonlinearity::relu;
    double slope = 0.01; ///< of leaky_relu below 0
    Fan fan = Fan::in;
};
/// Uniform in ±gain sqrt(3 / fan) (He, Zhang, Ren and Sun, 2015).
template <class T>
void kaiming_uniform(const Variable<T>& parameter, const KaimingOptions& options = {}, Generator& generator = default_generator(),
                     Location at = Location::current());
/// Normal with standard deviation gain / sqrt(fan) (He, Zhang, Ren and Sun, 2015).
template <class T>
void kaiming_normal(const Variable<T>& parameter, const KaimingOptions& options = {}, Generator& generator = default_generator(),
                    Location at = Location::current());

/// gain times a random matrix with orthonormal rows, or columns where there are more rows than columns (Saxe, McClelland and Ganguli,
/// 2014): the Q of a matrix of normal numbers. Axes from the third on count as columns.
template <class T>
void orthogonal(const Variable<T>& parameter, double gain = 1, Generator& generator = default_generator(),
                Location at = Location::current());

} // namespace xgrad::nn::init

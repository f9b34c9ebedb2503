/// @file
/// What kind of point a function's gradient vanishes at: a minimum, a maximum or a saddle.
#pragma once

#include <xgrad/algorithms/optimization/gradient_descent.hpp>

namespace xgrad::algorithms {

/// What the test by the second derivatives says.
enum class CriticalPoint {
    minimum,
    maximum,
    saddle,      ///< neither: the function rises in one direction and falls in another
    test_fails,  ///< the second derivatives do not tell
    not_critical ///< the gradient is not zero there
};

/// "minimum", "test fails" and so on.
std::string to_string(CriticalPoint kind);

/// What classify_critical_point() found, with what it went by.
struct SecondDerivativeTest {
    CriticalPoint kind;
    double value;              ///< of the function
    Array<double> gradient;    ///< of shape (variables)
    Array<double> hessian;     ///< of shape (variables, variables); of two, {{r, s}, {s, t}} in the notes' letters
    double determinant;        ///< of the Hessian; of two variables r t - s^2
    Array<double> eigenvalues; ///< of the Hessian, ascending
};

namespace detail {

SecondDerivativeTest classify_critical_point(const PointFunction& f, const Array<double>& x, double tolerance, const Location& at);

} // namespace detail

/// Classifies a critical point by the Hessian there, which comes from the tape (Derivations, "Finding Maxima and Minima"; Deep
/// learning slides, critical points).
///
///     one variable    f'' > 0: minimum; f'' < 0: maximum; f'' = 0: the test fails
///     two variables   r = f_xx, s = f_xy, t = f_yy;
///                     r t - s^2 > 0: minimum if r > 0, maximum if r < 0;
///                     r t - s^2 < 0: saddle;    r t - s^2 = 0: the test fails
///     more            by the Hessian's eigenvalues: all positive, minimum; all negative, maximum; some positive and some
///                     negative, saddle; else the test fails
///
/// It is the eigenvalues that it goes by for two variables, too, so that the tolerance means the same for any number of them: r t - s^2
/// is their product, and where that is positive, both have the sign of r.
///
/// @param f          a callable of one Variable of x's shape, or of two to four scalar ones if x is a vector of as many
/// @param tolerance  what is no larger counts as zero: an element of the gradient, f'', an eigenvalue. So does an eigenvalue that is
///                   no more than rounding may leave beside the largest one: n epsilon times that, n the number of variables
/// @throws ValueError if the tolerance is negative, x is empty, or the function or its derivatives are not finite at x
/// @throws ShapeError if x has not as many elements as f takes Variables, or f has not one element
template <class F>
SecondDerivativeTest classify_critical_point(F f, const Array<double>& x, double tolerance = 1e-6, Location at = Location::current()) {
    return detail::classify_critical_point(detail::point_function("classify_critical_point", std::move(f), x, at), x, tolerance, at);
}

} // namespace xgrad::algorithms

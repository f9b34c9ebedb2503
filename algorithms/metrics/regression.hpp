/// @file
/// Metrics of real predictions.
#pragma once

#include <xgrad/autodiff/array.hpp>
#include <xgrad/autodiff/error.hpp>

namespace xgrad::algorithms {

/// sum |y - h| / m.
/// @param y,h  targets and predictions, of shape (samples)
/// @throws ShapeError unless both are vectors of one length, of at least 1
/// @throws ValueError if a number is NaN or infinite
double mean_absolute_error(const Array<double>& y, const Array<double>& h, Location at = Location::current());

/// sum (y - h)^2 / m.
/// @param y,h  targets and predictions, of shape (samples)
/// @throws ShapeError unless both are vectors of one length, of at least 1
/// @throws ValueError if a number is NaN or infinite
double mean_squared_error(const Array<double>& y, const Array<double>& h, Location at = Location::current());

/// The square root of the mean squared error, in the unit of y.
/// @param y,h  targets and predictions, of shape (samples)
/// @throws ShapeError unless both are vectors of one length, of at least 1
/// @throws ValueError if a number is NaN or infinite
double root_mean_squared_error(const Array<double>& y, const Array<double>& h, Location at = Location::current());

/// R^2 = 1 - sum (y - h)^2 / sum (y - mean of y)^2, the coefficient of determination: 1 at best, 0 for always predicting the mean.
/// Where all y are equal it is 1 if all are predicted exactly, and 0 otherwise.
/// @param y,h  targets and predictions, of shape (samples)
/// @throws ShapeError unless both are vectors of one length, of at least 2
/// @throws ValueError if a number is NaN or infinite, or one of the sums is beyond the range of a double
double r2_score(const Array<double>& y, const Array<double>& h, Location at = Location::current());

} // namespace xgrad::algorithms

#include <xgrad/algorithms/optimization/critical_point.hpp>

#include <xgrad/algorithms/checks.hpp>
#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/transforms.hpp>
#include <xgrad/nn/optim/state_reader.hpp>
#include <xgrad/ops/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace xgrad::algorithms {

std::string to_string(CriticalPoint kind) {
    switch (kind) {
    case CriticalPoint::minimum: return "minimum";
    case CriticalPoint::maximum: return "maximum";
    case CriticalPoint::saddle: return "saddle";
    case CriticalPoint::test_fails: return "test fails";
    case CriticalPoint::not_critical: break;
    }
    return "not critical";
}

namespace {

/// By the smallest and the largest eigenvalue; of one variable, f'' is the only one.
CriticalPoint kind_of(double smallest, double largest, double tolerance) {
    if (smallest > tolerance) return CriticalPoint::minimum;
    if (largest < -tolerance) return CriticalPoint::maximum;
    return smallest < -tolerance && largest > tolerance ? CriticalPoint::saddle : CriticalPoint::test_fails;
}

} // namespace

SecondDerivativeTest detail::classify_critical_point(const PointFunction& f, const Array<double>& x, double tolerance, const Location& at) {
    const std::string function = "classify_critical_point";
    if (!(tolerance >= 0)) throw ValueError(function + ": tolerance is " + nn::detail::format_number(tolerance), at);
    const std::size_t n = x.size();
    if (n == 0) throw ValueError(function + ": x is empty", at);
    const NoGrad constants;
    const Variable<double> point(evaluate<double>(x, at), false);
    const auto [y, gradient] = value_and_grad(f, at)(point);
    const Tensor<double> second = hessian(f, at)(point).tensor().reshaped(Shape{n, n});
    const auto is_finite = [](const Tensor<double>& v) { return std::ranges::all_of(v, [](double e) { return std::isfinite(e); }); };
    if (!std::isfinite(y.item(at)) || !is_finite(gradient.tensor()) || !is_finite(second)) {
        throw ValueError(function + ": the function or a derivative is not finite at x", at);
    }
    const ops::lapack::Eigh<double> eigh(function.c_str(), second, at);
    const ops::lapack::Lu<double> lu(function.c_str(), second, at);
    const double* const h = second.data();
    const double determinant = n == 2 ? h[0] * h[3] - h[1] * h[2] : lu.det();
    const double smallest = eigh.values.data()[0], largest = eigh.values.data()[n - 1];
    const double rounding =
        static_cast<double>(n) * std::numeric_limits<double>::epsilon() * std::max(std::abs(smallest), std::abs(largest));
    CriticalPoint kind = kind_of(smallest, largest, std::max(tolerance, rounding));
    if (std::ranges::any_of(gradient.tensor(), [&](double e) { return std::abs(e) > tolerance; })) kind = CriticalPoint::not_critical;
    return {kind,
            y.item(at),
            to_array(gradient.tensor().reshaped(Shape{n})),
            to_array(second.reshaped(Shape{n, n})),
            determinant,
            to_array(eigh.values)};
}

} // namespace xgrad::algorithms

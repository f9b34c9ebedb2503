#include <xgrad/algorithms/optimization/gradient_descent.hpp>

#include <xgrad/autodiff/grad_mode.hpp>
#include <xgrad/autodiff/transforms.hpp>
#include <xgrad/nn/optim/state_reader.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

namespace xgrad::algorithms {

std::string to_string(DescentStop stop) {
    switch (stop) {
    case DescentStop::converged: return "converged";
    case DescentStop::target: return "target";
    case DescentStop::stalled: return "stalled";
    case DescentStop::max_iter: return "max_iter";
    case DescentStop::diverged: break;
    }
    return "diverged";
}

namespace {

using detail::PointFunction;

double norm_of(const Tensor<double>& v) { return std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0)); }

/// The function and its gradient at a point.
struct Evaluated {
    double value;
    Tensor<double> gradient;
    double norm;

    bool is_finite() const { return std::isfinite(value) && std::isfinite(norm); }
};

Evaluated evaluate_at(const PointFunction& f, const Variable<double>& x, const Location& at) {
    const NoGrad constants;
    const auto [y, gradient] = value_and_grad(f, at)(x.detach());
    return {y.item(at), gradient.tensor().clone(), norm_of(gradient.tensor())};
}

/// Moves x, given what was evaluated there; false if it found no way down.
using Stepper = std::function<bool(const Evaluated&)>;

/// The method's way to step.
class MakeStepper {
  public:
    MakeStepper(const PointFunction& f, const Variable<double>& x, const Location& at) : f_(f), x_(x), at_(at) {}

    Stepper operator()(const nn::SGDOptions& options) const { return by<nn::SGD<double>>(options); }
    Stepper operator()(const nn::AdagradOptions& options) const { return by<nn::Adagrad<double>>(options); }
    Stepper operator()(const nn::RMSpropOptions& options) const { return by<nn::RMSprop<double>>(options); }
    Stepper operator()(const nn::AdadeltaOptions& options) const { return by<nn::Adadelta<double>>(options); }
    Stepper operator()(const nn::AdamOptions& options) const { return by<nn::Adam<double>>(options); }

    Stepper operator()(const nn::NewtonOptions& options) const {
        const auto newton = std::make_shared<nn::Newton<double>>(std::vector{x_}, options, at_);
        return [newton, f = f_, x = x_, at = at_](const Evaluated&) {
            const Tensor<double> before = x.tensor().clone();
            newton->step([&] { return f(x); }, at);
            return !std::equal(before.begin(), before.end(), x.tensor().begin());
        };
    }

    Stepper operator()(const BacktrackingOptions& options) const {
        const auto check = [&](bool good, const char* name, double value) {
            if (good) return;
            throw ValueError(std::string("gradient_descent: ") + name + " is " + nn::detail::format_number(value) + ", out of its range",
                             at_);
        };
        check(options.lr > 0 && std::isfinite(options.lr), "lr", options.lr);
        check(options.shrink > 0 && options.shrink < 1, "shrink", options.shrink);
        check(options.sufficient > 0 && options.sufficient < 1, "sufficient", options.sufficient);
        return [options, f = f_, x = x_, at = at_](const Evaluated& here) {
            const NoGrad trying;
            Tensor<double> tried(x.shape());
            double t = options.lr;
            for (int shrinkings = 0; shrinkings <= 1000 && t * here.norm > 0; ++shrinkings, t *= options.shrink) {
                std::transform(x.tensor().begin(), x.tensor().end(), here.gradient.begin(), tried.begin(),
                               [t](double a, double v) { return a - t * v; });
                if (std::equal(tried.begin(), tried.end(), x.tensor().begin())) return false; // too short to be a step
                if (f(Variable<double>(tried, false)).item(at) <= here.value - options.sufficient * t * here.norm * here.norm) {
                    move(x, tried);
                    return true;
                }
            }
            return false;
        };
    }

  private:
    static void move(const Variable<double>& x, const Tensor<double>& to) {
        std::copy(to.begin(), to.end(), x.tensor().begin());
        x.cell().value.buffer().touch();
    }

    template <class Optimizer, class Options>
    Stepper by(const Options& options) const {
        const auto optimizer = std::make_shared<Optimizer>(std::vector{x_}, options, at_);
        return [optimizer, x = x_](const Evaluated& here) {
            x.cell().grad = here.gradient.clone().buffer();
            optimizer->step();
            return true;
        };
    }

    const PointFunction& f_;
    const Variable<double>& x_;
    const Location& at_;
};

void check_options(const GradientDescentOptions& options, const Location& at) {
    const auto check = [&](bool good, const char* name, double value) {
        if (!good) throw ValueError(std::string("gradient_descent: ") + name + " is " + nn::detail::format_number(value), at);
    };
    check(options.tolerance >= 0, "tolerance", options.tolerance);
    check(options.divergence > 0, "divergence", options.divergence);
    check(!std::isnan(options.target), "target", options.target);
}

} // namespace

PointFunction detail::checked(const char* function, PointFunction f, const Location& at) {
    return [function, f = std::move(f), at](const Variable<double>& p) {
        const Variable<double> y = f(p);
        if (y.size() != 1) throw ShapeError(std::string(function) + ": f must return one element, not shape " + to_string(y.shape()), at);
        return y;
    };
}

void detail::check_point(const char* function, const Array<double>& x, std::size_t variables, const Location& at) {
    if (x.dimension() == 1 && x.size() == variables) return;
    throw ShapeError(std::string(function) + ": f takes " + std::to_string(variables) + " Variables, but the point has shape " +
                         to_string(shape_of(x, at)),
                     at);
}

DescentResult detail::gradient_descent(const PointFunction& f, const Array<double>& x0, const GradientDescentOptions& options,
                                 const Location& at) {
    check_options(options, at);
    if (x0.size() == 0) throw ValueError("gradient_descent: x0 is empty", at);
    const Variable<double> x(x0);
    const std::size_t n = x.size();
    const Stepper step = std::visit(MakeStepper(f, x, at), options.method);
    Evaluated here = evaluate_at(f, x, at);
    const double origin = norm_of(x.tensor());
    if (!here.is_finite() || !std::isfinite(origin)) {
        throw ValueError("gradient_descent: x0, or the function or its gradient there, is not finite", at);
    }

    std::vector<double> path, values, norms;
    const auto record = [&] {
        path.insert(path.end(), x.tensor().begin(), x.tensor().end());
        values.push_back(here.value);
        norms.push_back(here.norm);
    };
    const auto is_far = [&] {
        const double squares = std::inner_product(x.tensor().begin(), x.tensor().end(), path.begin(), 0.0, std::plus<>(),
                                                  [](double a, double b) { return (a - b) * (a - b); });
        return !(std::sqrt(squares) <= options.divergence * (1 + origin));
    };
    DescentStop stop = DescentStop::max_iter;
    record();
    while (true) {
        if (is_far()) stop = DescentStop::diverged;
        else if (here.norm <= options.tolerance) stop = DescentStop::converged;
        else if (here.value < options.target) stop = DescentStop::target;
        else if (values.size() > options.max_iter) stop = DescentStop::max_iter;
        else if (!step(here)) stop = DescentStop::stalled;
        else if (here = evaluate_at(f, x, at); !here.is_finite()) stop = DescentStop::diverged;
        else {
            record();
            continue;
        }
        break;
    }

    const std::size_t points = values.size();
    DescentResult descent{Array<double>(x0),
                    values.back(),
                    stop,
                    points - 1,
                    Array<double>::from_shape({points, n}),
                    Array<double>::from_shape({points}),
                    Array<double>::from_shape({points})};
    std::copy(path.end() - static_cast<std::ptrdiff_t>(n), path.end(), descent.x.data());
    std::copy(path.begin(), path.end(), descent.path.data());
    std::copy(values.begin(), values.end(), descent.values.data());
    std::copy(norms.begin(), norms.end(), descent.gradient_norms.data());
    return descent;
}

} // namespace xgrad::algorithms

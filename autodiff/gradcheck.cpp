#include <xgrad/autodiff/gradcheck.hpp>

#include <xgrad/autodiff/recorder.hpp>
#include <xgrad/autodiff/tape.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>

namespace xgrad {

namespace {

template <class T>
using Variables = std::vector<Variable<T>>;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
}

/// "(1, 0)" for the third element of shape (2, 2).
std::string position(std::size_t element, const Shape& shape) {
    Shape index = shape;
    for (std::size_t axis = shape.rank(); axis-- > 0;) {
        index[axis] = element % shape[axis];
        element /= shape[axis];
    }
    return to_string(index);
}

template <class T>
double dot(const Variable<T>& a, const Variable<T>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += static_cast<double>(a.tensor().data()[i]) * static_cast<double>(b.tensor().data()[i]);
    }
    return sum;
}

template <class T>
double dot(const Variables<T>& a, const Variables<T>& b) {
    double sum = 0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += dot(a[k], b[k]);
    return sum;
}

/// Leaves of their own, so that neither the caller's gradients nor its graph are touched.
template <class T>
Variables<T> leaves_of(const Variables<T>& inputs) {
    Variables<T> leaves;
    for (const Variable<T>& x : inputs) leaves.emplace_back(x.tensor().clone(), true);
    return leaves;
}

/// Compares one gradient with finite differences of a scalar function.
template <class T>
class Check {
  public:
    Check(const GradcheckOptions& options, const Location& at) : options_(options), at_(at), random_(options.seed) {
        constexpr bool is_float = std::is_same_v<T, float>;
        if (options_.relative == 0) options_.relative = is_float ? 5e-3 : 1e-6;
        if (options_.absolute == 0) options_.absolute = is_float ? 5e-3 : 1e-8;
        if (options_.step == 0) options_.step = is_float ? 2e-2 : 1e-3;
    }

    /// Random, of either sign, and well away from zero.
    Variable<T> random_like(const Variable<T>& x) {
        Tensor<T> tensor(x.shape());
        std::uniform_real_distribution<double> magnitude(0.5, 1.5);
        for (T& element : tensor) element = static_cast<T>(random_() % 2 ? magnitude(random_) : -magnitude(random_));
        return Variable<T>(std::move(tensor), false);
    }
    Variables<T> random_like(const Variables<T>& xs) {
        Variables<T> result;
        for (const Variable<T>& x : xs) result.push_back(random_like(x));
        return result;
    }

    /// `function(x)` is a number, `gradients` its claimed derivatives at `inputs`.
    template <class F>
    void gradient(const char* what, const F& function, const Variables<T>& inputs, const Variables<T>& gradients) {
        bool all_zero = true, any = false;
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const bool elementwise = inputs[k].size() <= options_.elements;
            const std::size_t checks = elementwise ? inputs[k].size() : options_.elements;
            for (std::size_t i = 0; i < checks; ++i) {
                Variable<T> direction(Tensor<T>(inputs[k].shape(), T(0)), false);
                if (elementwise) {
                    direction.tensor().data()[i] = T(1);
                } else {
                    direction = random_like(inputs[k]);
                }
                const double tape = dot(gradients[k], direction);
                const double difference = finite_difference(function, inputs, k, direction, elementwise ? i : SIZE_MAX);
                any = true;
                all_zero = all_zero && tape == 0;
                const std::string place = "input " + std::to_string(k + 1) +
                                          (elementwise ? ", element " + position(i, inputs[k].shape())
                                                       : ", random direction " + std::to_string(i + 1));
                compare(what, place, tape, difference, "finite difference");
            }
        }
        if (any && all_zero && !options_.allow_zero) {
            fail(std::numeric_limits<double>::infinity(),
                 std::string(what) + ": every derivative is zero, which proves nothing (allow_zero accepts it)");
        }
    }

    void compare(const char* what, const std::string& place, double tape, double other, const char* other_name) {
        const double error = std::abs(tape - other);
        const double tolerance = options_.absolute + options_.relative * std::max(std::abs(tape), std::abs(other));
        const double ratio = std::isnan(error) || std::isinf(error) ? std::numeric_limits<double>::infinity() : error / tolerance;
        const std::string message =
            std::string(what) + ": " + place + ": tape " + number(tape) + ", " + other_name + " " + number(other);
        if (ratio > 1) return fail(ratio, message);
        if (ratio > report.worst) {
            report.worst = ratio;
            if (report.passed) report.message = message;
        }
    }

    /// The last operation of the function checked, for the message.
    void name_operation(const Variable<T>& y) {
        const auto& recorder = detail::Recorder<T>::local();
        if (detail::Index index; recorder.find(y.cell(), index) && recorder.nodes[index].operation) {
            operation_ = std::string("; operation ") + recorder.nodes[index].operation->name() + " called at " +
                         to_string(recorder.nodes[index].at);
        }
    }

    GradcheckReport finish() {
        report.message = "gradcheck: " + report.message + operation_ + "; checked at " + to_string(at_);
        return std::move(report);
    }

    GradcheckReport report;

  private:
    void fail(double ratio, const std::string& message) {
        if (report.passed || ratio > report.worst) {
            report.worst = ratio;
            report.message = message;
        }
        report.passed = false;
    }

    /// (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h along `direction` of input k; its error is of order h^4.
    template <class F>
    double finite_difference(const F& function, const Variables<T>& inputs, std::size_t k, const Variable<T>& direction,
                             std::size_t element) {
        double scale = 1;
        if (element != SIZE_MAX) scale = std::max(1.0, std::abs(static_cast<double>(inputs[k].tensor().data()[element])));
        const auto h = static_cast<T>(options_.step * scale);
        const auto at = [&](T distance) {
            Variables<T> moved = inputs;
            Tensor<T> x = inputs[k].tensor().clone();
            for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] += distance * direction.tensor().data()[i];
            moved[k] = Variable<T>(std::move(x), false);
            return function(moved);
        };
        return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * static_cast<double>(h));
    }

    GradcheckOptions options_;
    Location at_;
    std::mt19937_64 random_;
    std::string operation_;
};

} // namespace

template <class T>
GradcheckReport gradcheck(const GradcheckFunction<T>& f, const std::vector<Variable<T>>& inputs,
                          const GradcheckOptions& options, Location at) {
    const EnableGrad recording;
    Check<T> check(options, at);
    const Variables<T> x = leaves_of(inputs);
    const Variable<T> y = f(x);
    check.name_operation(y);
    const Variable<T> u = check.random_like(y);
    if (!y.requires_grad()) {
        check.report.passed = false;
        check.report.message = "the result does not depend on the inputs, or was not recorded";
        return check.finish();
    }

    // First order: <u, f(x)> against J'u, and <u, Jv> against <J'u, v>.
    const Variables<T> gradients = grad(y, x, {.seed = u, .retain_graph = true}, at);
    const auto value = [&](const Variables<T>& at_x) {
        const Tape scope; // f may take gradients itself
        return dot(u, f(leaves_of(at_x)));
    };
    check.gradient("gradient", value, x, gradients);
    const Variables<T> v = check.random_like(x);
    {
        const NoGrad no_recording;
        const Variable<T> tangent = detail::push_forward<T>(y, x, v, at);
        check.compare("jvp against vjp", "random direction", dot(u, tangent), dot(gradients, v), "vjp");
    }

    // Second order: the gradient's projection on v, as a function of x and of u.
    if (options.order >= 2) {
        const auto projection = [&](const Variables<T>& at_x_and_u) {
            Variables<T> at_x = leaves_of(Variables<T>(at_x_and_u.begin(), at_x_and_u.end() - 1));
            const Variable<T> result = f(at_x);
            return dot(grad(result, at_x, {.seed = at_x_and_u.back().detach()}, at), v);
        };
        Variables<T> x_and_u = x;
        x_and_u.emplace_back(u.tensor().clone(), true);
        const Variables<T> first = grad(y, x, {.seed = x_and_u.back(), .create_graph = true}, at);
        Variables<T> second;
        for (const Variable<T>& z : x_and_u) second.emplace_back(Tensor<T>(z.shape(), T(0)), false);
        for (std::size_t k = 0; k < first.size(); ++k) {
            if (!first[k].requires_grad()) continue;
            const Variables<T> part = grad(first[k], x_and_u, {.seed = v[k], .retain_graph = true}, at);
            const NoGrad no_recording;
            for (std::size_t j = 0; j < second.size(); ++j) second[j] += part[j];
        }
        check.gradient("second derivative", projection, x_and_u, second);
    }
    return check.finish();
}

template GradcheckReport gradcheck(const GradcheckFunction<float>&, const std::vector<Variable<float>>&,
                                   const GradcheckOptions&, Location);
template GradcheckReport gradcheck(const GradcheckFunction<double>&, const std::vector<Variable<double>>&,
                                   const GradcheckOptions&, Location);

} // namespace xgrad

/// @file
/// gradcheck(): are the derivatives of a function what finite differences say? For operations and for users' own models.
#pragma once

#include <xgrad/autodiff/backward.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

namespace xgrad {

/// How gradcheck() compares.
struct GradcheckOptions {
    /// 1 checks the gradient, 2 also the gradient of the gradient.
    int order = 1;
    /// Largest |tape - finite difference| relative to the larger of the two; 0 means 1e-6 for double, 5e-3 for float.
    double relative = 0;
    /// ... beyond this absolute difference; 0 means 1e-8 for double, 5e-3 for float.
    double absolute = 0;
    /// Step of the finite differences, times max(1, |x|); 0 means 1e-3 for double, 2e-2 for float. The function is
    /// evaluated up to two steps away, so keep kinks and the edge of its domain further off.
    double step = 0;
    /// A derivative that is zero everywhere fails unless this is set: two zeros agree about nothing.
    bool allow_zero = false;
    /// Inputs of more elements than this are checked along this many random directions instead of element by element.
    std::size_t elements = 64;
    /// Seeds the random adjoint and directions.
    std::uint64_t seed = 1;
};

/// What gradcheck() found: true if everything agrees.
struct GradcheckReport {
    bool passed = true;
    /// The largest difference relative to what was tolerated; above 1 it fails.
    double worst = 0;
    /// The worst element: which derivative, input and element, both values, the operation and where it was called.
    std::string message;

    explicit operator bool() const noexcept { return passed; }
};

/// A function of any number of Variables, as gradcheck() takes it.
template <class T>
using GradcheckFunction = std::function<Variable<T>(const std::vector<Variable<T>>&)>;

/// Compares the derivatives of `f` at `inputs` with central differences of fourth order. The result of `f` is weighted
/// with a random adjoint u, never a plain sum, and <u, Jv> from forward mode is compared with <J'u, v> from reverse mode.
/// At second order the function checked is the random projection of the gradient, as a function of the inputs and of u.
/// @param f       a function of Variables; it must give the same result each time
/// @param inputs  where to check; their own gradients stay as they are
template <class T>
GradcheckReport gradcheck(const GradcheckFunction<T>& f, const std::vector<Variable<T>>& inputs,
                          const GradcheckOptions& options = {}, Location at = Location::current());

/// gradcheck() of a callable of one or several Variables: `gradcheck(f, wrt(x, y), {.order = 2})`.
/// @copydetails gradcheck(const GradcheckFunction<T>&, const std::vector<Variable<T>>&, const GradcheckOptions&, Location)
template <class F, class T, std::size_t N>
GradcheckReport gradcheck(const F& f, const std::array<Variable<T>, N>& inputs, const GradcheckOptions& options = {},
                          Location at = Location::current()) {
    const GradcheckFunction<T> over_vector = [&f](const std::vector<Variable<T>>& x) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) { return f(x[I]...); }(std::make_index_sequence<N>{});
    };
    return gradcheck<T>(over_vector, std::vector<Variable<T>>(inputs.begin(), inputs.end()), options, at);
}

} // namespace xgrad

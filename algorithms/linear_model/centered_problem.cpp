#include <xgrad/algorithms/linear_model/centered_problem.hpp>

#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/lapack.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace xgrad::algorithms::detail {

namespace {

/// A thread's part of a loop over the elements of X is at least this many.
constexpr std::size_t elements_of_part = 32768;

Tensor<double> column_means(const double* X, std::size_t rows, std::size_t columns) {
    Tensor<double> mean(Shape{columns}, 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) mean.data()[j] += X[i * columns + j];
    }
    for (double& element : mean) element /= static_cast<double>(rows);
    return mean;
}

bool all_finite(const Tensor<double>& x) {
    return std::all_of(x.begin(), x.end(), [](double element) { return std::isfinite(element); });
}

/// A w, or A'w if `transposed`.
Tensor<double> multiply(const Tensor<double>& a, const Tensor<double>& w, bool transposed) {
    const std::size_t rows = a.shape()[transposed ? 1 : 0];
    Tensor<double> result(Shape{rows});
    ops::gemm<double>({a.data(), rows, w.size(), transposed}, {w.data(), w.size(), 1}, 0, result.data());
    return result;
}

/// V diag(weights) V'x.
Tensor<double> apply_spectrum(const Tensor<double>& vectors, const Tensor<double>& weights, const Tensor<double>& x) {
    Tensor<double> parts = multiply(vectors, x, true);
    std::transform(parts.begin(), parts.end(), weights.begin(), parts.begin(), std::multiplies<>());
    return multiply(vectors, parts, false);
}

/// b becomes A^-1 b.
/// @returns whether A was so far from singular that rounding left digits of it
bool solve_positive_definite(const char* method, const Tensor<double>& a, Tensor<double>& b, const Location& at) {
    const Tensor<double> factor = ops::lapack::cholesky(method, a, at);
    const std::size_t n = b.size();
    double smallest = std::numeric_limits<double>::infinity(), largest = 0;
    for (std::size_t i = 0; i < n; ++i) {
        smallest = std::min(smallest, factor.data()[i * (n + 1)]);
        largest = std::max(largest, factor.data()[i * (n + 1)]);
    }
    if (smallest * smallest <= largest * largest * 1e-14) return false;
    for (const bool transpose : {false, true}) {
        ops::lapack::solve_triangular(factor.data(), n, {.lower = true, .transpose = transpose, .unit_diagonal = false}, b.data(), 1);
    }
    return true;
}

void add_to_diagonal(Tensor<double>& a, double alpha) {
    const std::size_t n = a.shape()[0];
    for (std::size_t i = 0; i < n; ++i) a.data()[i * (n + 1)] += alpha;
}

/// The X'X whose condition number is up to this is solved with: the digits that its formation has lost are then half of all, and one
/// refinement brings them back.
constexpr double largest_condition = 1e8;

/// (X'X + alpha I)^+ X'y from X itself, by V diag(s / (s^2 + alpha)) U'y. A singular value counts as zero if it is no larger than rounding
/// makes it.
LeastSquaresSolution solve_by_svd(const char* method, const CenteredProblem& problem, double alpha, const Location& at) {
    const ops::lapack::Svd<double> svd(method, problem.X, at);
    const double* const s = svd.values.data();
    const auto longer = static_cast<double>(std::max(problem.rows(), problem.columns()));
    const double least = s[0] * longer * std::numeric_limits<double>::epsilon();
    LeastSquaresSolution solution{{}, svd.values, 0, true};
    Tensor<double> parts = multiply(svd.u(), problem.y, true);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (s[i] > least) {
            parts.data()[i] /= s[i] + alpha / s[i];
            ++solution.rank;
        } else {
            parts.data()[i] = 0;
        }
    }
    solution.coef = multiply(svd.vt(), parts, true);
    return solution;
}

} // namespace

CenteredProblem::CenteredProblem(const char* method, const Array<double>& X_in, const Array<double>& y_in, bool centers, const Location& at)
    : X(Shape{X_in.shape(0), X_in.shape(1)}), y(Shape{X_in.shape(0)}), X_mean(Shape{X_in.shape(1)}, 0.0) {
    const std::size_t m = rows(), d = columns();
    const std::size_t shorter = std::min(m, d);
    ops::check_product_size(method, shorter, shorter, std::max(m, d), Shape{shorter, shorter}, at);
    if (centers) {
        X_mean = column_means(X_in.data(), m, d);
        y_mean = std::accumulate(y_in.begin(), y_in.end(), 0.0) / static_cast<double>(m);
    }
    parallel_for(m, 1 + elements_of_part / d, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            const double* const from = X_in.data() + i * d;
            double* const to = X.data() + i * d;
            for (std::size_t j = 0; j < d; ++j) to[j] = from[j] - X_mean.data()[j];
        }
    });
    std::transform(y_in.data(), y_in.data() + m, y.begin(), [&](double target) { return target - y_mean; });
}

Tensor<double> CenteredProblem::gram() const {
    Tensor<double> result(Shape{columns(), columns()});
    ops::gemm<double>({X.data(), columns(), rows(), true}, {X.data(), rows(), columns()}, 0, result.data());
    return result;
}

Tensor<double> CenteredProblem::project(const Tensor<double>& r) const {
    return multiply(X, r, true);
}

Tensor<double> CenteredProblem::residual(const Tensor<double>& w) const {
    Tensor<double> result = multiply(X, w, false);
    std::transform(y.begin(), y.end(), result.begin(), result.begin(), std::minus<>());
    return result;
}

double CenteredProblem::intercept(const Tensor<double>& w) const {
    return y_mean - std::inner_product(w.begin(), w.end(), X_mean.begin(), 0.0);
}

LeastSquaresSolution solve_least_squares(const char* method, const CenteredProblem& problem, const Location& at) {
    const std::size_t m = problem.rows(), d = problem.columns();
    const auto invert = [](double x) { return 1 / x; };
    if (m >= d) {
        const Tensor<double> gram = problem.gram();
        if (all_finite(gram)) { // no square was beyond the largest number
            ops::lapack::Eigh<double> eigen(method, gram, at);
            const double smallest = eigen.values.data()[0], largest = eigen.values.data()[d - 1];
            if (smallest > 0 && smallest * largest_condition >= largest) {
                LeastSquaresSolution solution{{}, Tensor<double>(Shape{d}), d, false};
                std::transform(eigen.values.begin(), eigen.values.end(), solution.singular.begin(), [](double x) { return std::sqrt(x); });
                std::reverse(solution.singular.begin(), solution.singular.end());
                std::transform(eigen.values.begin(), eigen.values.end(), eigen.values.begin(), invert);
                const auto solve = [&](const Tensor<double>& r) { return apply_spectrum(eigen.vectors, eigen.values, problem.project(r)); };
                solution.coef = solve(problem.y);
                const Tensor<double> correction = solve(problem.residual(solution.coef));
                std::transform(solution.coef.begin(), solution.coef.end(), correction.begin(), solution.coef.begin(), std::plus<>());
                return solution;
            }
        }
    }
    return solve_by_svd(method, problem, 0, at);
}

Tensor<double> solve_ridge(const char* method, const CenteredProblem& problem, double alpha, const Location& at) {
    const std::size_t m = problem.rows(), d = problem.columns();
    try {
        if (m >= d) { // (X'X + alpha I) w = X'y
            Tensor<double> a = problem.gram(), w = problem.project(problem.y);
            add_to_diagonal(a, alpha);
            if (solve_positive_definite(method, a, w, at)) return w;
        } else { // w = X'(XX' + alpha I)^-1 y
            Tensor<double> a(Shape{m, m}), dual = problem.y.clone();
            ops::gemm<double>({problem.X.data(), m, d}, {problem.X.data(), d, m, true}, 0, a.data());
            add_to_diagonal(a, alpha);
            if (solve_positive_definite(method, a, dual, at)) return problem.project(dual);
        }
    } catch (const ValueError&) {
    }
    // alpha is lost beside X'X, which is singular to rounding, or beyond the largest number.
    return solve_by_svd(method, problem, alpha, at).coef;
}

Array<double> predict_linear(const Array<double>& X, const Array<double>& w, double intercept) {
    Array<double> result = Array<double>::from_shape({X.shape(0)});
    ops::gemm<double>({X.data(), X.shape(0), X.shape(1)}, {w.data(), w.size(), 1}, 0, result.data(), &intercept);
    return result;
}

Array<double> to_array(const Tensor<double>& vector) {
    Array<double> result = Array<double>::from_shape({vector.size()});
    std::copy(vector.begin(), vector.end(), result.begin());
    return result;
}

} // namespace xgrad::algorithms::detail

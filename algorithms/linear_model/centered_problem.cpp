#include <xgrad/algorithms/linear_model/centered_problem.hpp>

#include <xgrad/algorithms/decomposition/right_svd.hpp>
#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/gemm.hpp>
#include <xgrad/ops/lapack.hpp>
#include <xgrad/ops/transpose.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>

namespace xgrad::algorithms::detail {

namespace {

/// A thread's part of a loop over the elements of X is at least this many.
constexpr std::size_t elements_of_part = 32768;

/// A w, or A'w if `transposed`.
Tensor<double> multiply(const Tensor<double>& a, const Tensor<double>& w, bool transposed) {
    const std::size_t rows = a.shape()[transposed ? 1 : 0];
    Tensor<double> result(Shape{rows});
    ops::gemm<double>({a.data(), rows, w.size(), transposed}, {w.data(), w.size(), 1}, 0, result.data());
    return result;
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

/// The largest that rounding may have made of a singular value that is zero.
double smallest_singular_value(const CenteredProblem& problem, double largest) {
    return largest * static_cast<double>(std::max(problem.rows(), problem.columns())) * std::numeric_limits<double>::epsilon();
}

/// (X'X + alpha I)^+ X'y from X itself, by V diag(s / (s^2 + alpha)) U'y.
LeastSquaresSolution solve_by_svd(const char* method, const CenteredProblem& problem, double alpha, const Location& at) {
    // LAPACK takes columns: it is twice as fast on those of a tall X than on its rows, which are then the columns of X'.
    const bool is_tall = problem.rows() > problem.columns();
    const Tensor<double> matrix = is_tall ? transpose(Variable<double>(problem.X, false), at).tensor() : problem.X;
    const ops::lapack::Svd<double> svd(method, matrix, at);
    const double* const s = svd.values.data();
    const double least = smallest_singular_value(problem, s[0]);
    LeastSquaresSolution solution{{}, svd.values, 0, true};
    Tensor<double> parts = is_tall ? multiply(svd.vt(), problem.y, false) : multiply(svd.u(), problem.y, true);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (s[i] > least) {
            parts.data()[i] /= s[i] + alpha / s[i];
            ++solution.rank;
        } else {
            parts.data()[i] = 0;
        }
    }
    solution.coef = is_tall ? multiply(svd.u(), parts, false) : multiply(svd.vt(), parts, true);
    return solution;
}

/// (X'X)^-1 X'y, or nothing if X'X is singular, or so near to it that digits would be lost.
std::optional<LeastSquaresSolution> solve_normal_equation(const char* method, const CenteredProblem& problem, const Location& at) {
    // Of columns scaled to length 1, so that units of measure do not count. With up to this condition number, half of the digits are right
    // at first, and one refinement brings the others.
    constexpr double largest_condition = 1e8;
    const std::size_t d = problem.columns();
    Tensor<double> gram = problem.gram(), length(Shape{d}), scale(Shape{d});
    std::size_t rank = d;
    for (std::size_t j = 0; j < d; ++j) {
        double& square = gram.data()[j * (d + 1)];
        length.data()[j] = std::sqrt(square);
        scale.data()[j] = 1 / length.data()[j];
        if (std::isnormal(square)) continue;
        if (!problem.is_zero(j)) return {}; // squares are beyond the largest number, or below the smallest
        // A constant feature has no part in the solution.
        length.data()[j] = scale.data()[j] = 0;
        --rank;
    }
    for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = 0; j < d; ++j) gram.data()[i * d + j] *= scale.data()[i] * scale.data()[j];
        gram.data()[i * (d + 1)] = 1;
    }
    const ops::lapack::Eigh<double> eigen(method, gram, at);
    if (!(eigen.values.data()[0] * largest_condition >= eigen.values.data()[d - 1])) return {};

    // With L L' the scaled X'X, X = Q L' diag(length): the small factor has X's singular values.
    Tensor<double> factor = ops::lapack::cholesky(method, gram, at);
    for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = 0; j <= i; ++j) factor.data()[i * d + j] *= length.data()[i];
    }
    LeastSquaresSolution solution{Tensor<double>(Shape{d}, 0.0), ops::lapack::Svd<double>(method, factor, at).values, rank,
                                  rank < d};
    if (rank > 0 && !(solution.singular.data()[rank - 1] > smallest_singular_value(problem, solution.singular.data()[0]))) return {};
    for (int refinement = 0; refinement < 2; ++refinement) {
        Tensor<double> r = problem.project(refinement == 0 ? problem.y : problem.residual(solution.coef));
        std::transform(r.begin(), r.end(), scale.begin(), r.begin(), std::multiplies<>());
        r = multiply(eigen.vectors, r, true);
        std::transform(r.begin(), r.end(), eigen.values.begin(), r.begin(), std::divides<>());
        r = multiply(eigen.vectors, r, false);
        for (std::size_t j = 0; j < d; ++j) solution.coef.data()[j] += scale.data()[j] * r.data()[j];
    }
    return solution;
}

} // namespace

Tensor<double> centered(const char* method, const Array<double>& X, const std::vector<double>& mean, const Location& at) {
    const std::size_t rows = X.shape(0), columns = X.shape(1);
    Tensor<double> result(Shape{rows, columns});
    std::atomic<bool> is_finite = true;
    parallel_for(rows, 1 + elements_of_part / columns, [&](std::size_t begin, std::size_t end) {
        bool part_is_finite = true;
        for (std::size_t i = begin; i < end; ++i) {
            const double* const from = X.data() + i * columns;
            double* const to = result.data() + i * columns;
            for (std::size_t j = 0; j < columns; ++j) {
                to[j] = from[j] - mean[j];
                part_is_finite &= std::abs(to[j]) <= std::numeric_limits<double>::max();
            }
        }
        if (!part_is_finite) is_finite = false;
    });
    if (!is_finite) throw ValueError(std::string(method) + ": X less its means is beyond the largest number; it should be scaled", at);
    return result;
}

Tensor<double> sum_over_rows(std::size_t rows, const Shape& shape,
                             const std::function<void(std::size_t begin, std::size_t end, double* sum)>& add) {
    constexpr std::size_t rows_of_block = 256, rows_of_sum = 2048, most_sums = 16, most_elements = std::size_t{1} << 22;
    Tensor<double> result(shape, 0.0);
    const std::size_t size = result.size();
    const std::size_t count = std::clamp(std::min(rows / rows_of_sum, most_elements / size), std::size_t{1}, most_sums);
    const Tensor<double> sums(Shape{count, size}, 0.0);
    parallel_for(count, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t s = begin; s < end; ++s) {
            const std::size_t last = rows * (s + 1) / count;
            for (std::size_t row = rows * s / count; row < last; row += rows_of_block) {
                add(row, std::min(row + rows_of_block, last), sums.data() + s * size);
            }
        }
    });
    for (std::size_t s = 0; s < count; ++s) {
        for (std::size_t i = 0; i < size; ++i) result.data()[i] += sums.data()[s * size + i];
    }
    return result;
}

CenteredProblem::CenteredProblem(const char* method, const Array<double>& X_in, const Array<double>& y_in, bool centers, const Location& at)
    : y(Shape{X_in.shape(0)}), X_mean(X_in.shape(1), 0.0) {
    const std::size_t m = X_in.shape(0), d = X_in.shape(1), shorter = std::min(m, d);
    ops::check_product_size(method, shorter, shorter, std::max(m, d), Shape{shorter, shorter}, at);
    if (centers) {
        X_mean = column_means(X_in.data(), m, d);
        y_mean = column_means(y_in.data(), m, 1)[0];
    }
    X = centered(method, X_in, X_mean, at);
    std::transform(y_in.data(), y_in.data() + m, y.begin(), [&](double target) { return target - y_mean; });
    if (!std::all_of(y.begin(), y.end(), [](double target) { return std::isfinite(target); })) {
        throw ValueError(std::string(method) + ": y less its mean is beyond the largest number; it should be scaled", at);
    }
}

Tensor<double> CenteredProblem::gram() const {
    const std::size_t d = columns();
    return sum_over_rows(rows(), Shape{d, d}, [&](std::size_t begin, std::size_t end, double* sum) {
        const double* const from = X.data() + begin * d;
        ops::gemm<double>({from, d, end - begin, true}, {from, end - begin, d}, 1, sum);
    });
}

Tensor<double> CenteredProblem::project(const Tensor<double>& r) const {
    return multiply(X, r, true);
}

Tensor<double> CenteredProblem::residual(const Tensor<double>& w) const {
    Tensor<double> result = multiply(X, w, false);
    std::transform(y.begin(), y.end(), result.begin(), result.begin(), std::minus<>());
    return result;
}

bool CenteredProblem::is_zero(std::size_t column) const {
    for (std::size_t i = 0; i < rows(); ++i) {
        if (X.data()[i * columns() + column] != 0) return false;
    }
    return true;
}

double CenteredProblem::intercept(const Tensor<double>& w) const {
    return y_mean - std::inner_product(w.begin(), w.end(), X_mean.begin(), 0.0);
}

LeastSquaresSolution solve_least_squares(const char* method, const CenteredProblem& problem, const Location& at) {
    std::optional<LeastSquaresSolution> solution;
    if (problem.rows() >= problem.columns()) solution = solve_normal_equation(method, problem, at);
    return solution ? *std::move(solution) : solve_by_svd(method, problem, 0, at);
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

void check_learned(const char* method, const Array<double>& coef, double intercept, const Location& at) {
    const auto is_finite = [](double number) { return std::isfinite(number); };
    if (is_finite(intercept) && std::all_of(coef.data(), coef.data() + coef.size(), is_finite)) return;
    throw ValueError(std::string(method) + ": the coefficients are not finite; X or y holds numbers too large, or too small, to compute "
                                           "with, and should be scaled",
                     at);
}

} // namespace xgrad::algorithms::detail

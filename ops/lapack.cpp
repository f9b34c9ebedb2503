#include <xgrad/ops/lapack.hpp>

#include <xgrad/ops/gemm.hpp>

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

// The Fortran compiler appends the length of each string argument; most callers leave it out, and have been bitten.
#define XGRAD_LAPACK(prefix, T)                                                                                        \
    void prefix##potrf_(const char* uplo, const blasint* n, T* a, const blasint* lda, blasint* info, std::size_t);     \
    void prefix##syevd_(const char* job, const char* uplo, const blasint* n, T* a, const blasint* lda, T* w, T* work,  \
                        const blasint* lwork, blasint* iwork, const blasint* liwork, blasint* info, std::size_t,       \
                        std::size_t);                                                                                  \
    void prefix##gesdd_(const char* job, const blasint* m, const blasint* n, T* a, const blasint* lda, T* s, T* u,     \
                        const blasint* ldu, T* vt, const blasint* ldvt, T* work, const blasint* lwork, blasint* iwork, \
                        blasint* info, std::size_t);                                                                   \
    void prefix##getrf_(const blasint* m, const blasint* n, T* a, const blasint* lda, blasint* ipiv, blasint* info);   \
    void prefix##getri_(const blasint* n, T* a, const blasint* lda, const blasint* ipiv, T* work,                      \
                        const blasint* lwork, blasint* info);
extern "C" {
XGRAD_LAPACK(s, float)
XGRAD_LAPACK(d, double)
}
#undef XGRAD_LAPACK

namespace xgrad::ops::lapack {

namespace {

template <class T>
struct Routines;
template <>
struct Routines<float> {
    static constexpr auto potrf = spotrf_;
    static constexpr auto syevd = ssyevd_;
    static constexpr auto gesdd = sgesdd_;
    static constexpr auto getrf = sgetrf_;
    static constexpr auto getri = sgetri_;
    static constexpr auto trsm = cblas_strsm;
};
template <>
struct Routines<double> {
    static constexpr auto potrf = dpotrf_;
    static constexpr auto syevd = dsyevd_;
    static constexpr auto gesdd = dgesdd_;
    static constexpr auto getrf = dgetrf_;
    static constexpr auto getri = dgetri_;
    static constexpr auto trsm = cblas_dtrsm;
};

blasint blas(std::size_t extent) noexcept {
    return static_cast<blasint>(extent);
}

/// The size of workspace that a query returned as a floating-point number, which may have been rounded down.
template <class T>
std::size_t workspace(T query) {
    return static_cast<std::size_t>(std::ceil(query * (1 + std::numeric_limits<T>::epsilon())));
}

/// The divide-and-conquer algorithms count elements of a workspace of several matrices in 32 bits.
void check_workspace(const char* operation, const Shape& shape, const Location& at) {
    constexpr std::size_t largest = 20000;
    if (std::min(shape[0], shape[1]) <= largest) return;
    throw ShapeError(std::string(operation) + ": a matrix of shape " + to_string(shape) +
                         " is too large: its shorter side may have " + std::to_string(largest) + " elements",
                     at);
}

[[noreturn]] void throw_not_converged(const char* operation, const Shape& shape, const Location& at) {
    throw ValueError(
        std::string(operation) + ": the algorithm did not converge for a matrix of shape " + to_string(shape), at);
}

[[noreturn]] void throw_singular(const char* operation, const Shape& shape, std::size_t pivot, const Location& at) {
    throw ValueError(std::string(operation) + ": the matrix of shape " + to_string(shape) + " is singular: pivot " +
                         std::to_string(pivot) + " is zero",
                     at);
}

/// B = T^-1 B for a triangle T of the row-major (n, n) matrix A.
template <class T>
void trsm(const T* a, std::size_t n, CBLAS_UPLO uplo, CBLAS_TRANSPOSE transpose, CBLAS_DIAG diagonal, T* b,
          std::size_t columns) {
    if (n == 0 || columns == 0) return;
    Routines<T>::trsm(CblasRowMajor, CblasLeft, uplo, transpose, diagonal, blas(n), blas(columns), 1, a, blas(n), b,
                      blas(columns));
}

/// In-place LU; returns the first zero pivot, counted from 1, or 0.
template <class T>
std::size_t getrf(T* a, std::size_t n, blasint* pivots) {
    const blasint order = blas(n);
    blasint info = 0;
    Routines<T>::getrf(&order, &order, a, &order, pivots, &info);
    return static_cast<std::size_t>(info);
}

} // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Checks

void check_matrix(const char* operation, const Shape& shape, const Location& at) {
    if (shape.rank() != 2) {
        throw ShapeError(std::string(operation) + ": a matrix is needed, not an array of shape " + to_string(shape),
                         at);
    }
    if (std::max(shape[0], shape[1]) > max_blas_extent) {
        throw ShapeError(std::string(operation) + ": a matrix of shape " + to_string(shape) +
                             " is too large: LAPACK counts to " + std::to_string(max_blas_extent),
                         at);
    }
}

void check_square(const char* operation, const Shape& shape, const Location& at) {
    check_matrix(operation, shape, at);
    if (shape[0] == shape[1]) return;
    throw ShapeError(std::string(operation) + ": a square matrix is needed, not one of shape " + to_string(shape), at);
}

template <class T>
void check_finite(const char* operation, const Tensor<T>& matrix, Part part, const Location& at) {
    const std::size_t rows = matrix.shape()[0], columns = matrix.shape()[1];
    for (std::size_t i = 0; i < rows; ++i) {
        std::size_t first = 0, last = columns;
        if (part == Part::lower) last = std::min(i + 1, columns);
        if (part == Part::below_diagonal) last = std::min(i, columns);
        if (part == Part::upper) first = std::min(i, columns);
        if (part == Part::above_diagonal) first = std::min(i + 1, columns);
        const T* const row = matrix.data() + i * columns;
        bool wrong = false;
        for (std::size_t j = first; j < last; ++j) wrong |= !(std::abs(row[j]) <= std::numeric_limits<T>::max());
        if (!wrong) continue;
        const T* const found = std::find_if(row + first, row + last, [](T element) { return !std::isfinite(element); });
        throw ValueError(std::string(operation) + ": element " +
                             to_string(Shape{i, static_cast<std::size_t>(found - row)}) + " of the matrix of shape " +
                             to_string(matrix.shape()) + " is " +
                             (std::isnan(*found) ? "NaN"
                              : *found > 0       ? "inf"
                                                 : "-inf"),
                         at);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Symmetric matrices. Our lower triangle is LAPACK's upper one.

template <class T>
Tensor<T> cholesky(const char* operation, const Tensor<T>& a, const Location& at) {
    check_square(operation, a.shape(), at);
    check_finite(operation, a, Part::lower, at);
    const std::size_t n = a.shape()[0];
    Tensor<T> factor = a.clone();
    if (n == 0) return factor;
    const blasint order = blas(n);
    blasint info = 0;
    Routines<T>::potrf("U", &order, factor.data(), &order, &info, 1); // A = U'U, and our L is U'
    if (info > 0) {
        throw ValueError(std::string(operation) + ": the matrix of shape " + to_string(a.shape()) +
                             " is not positive definite: its leading minor of order " + std::to_string(info) +
                             " is not positive",
                         at);
    }
    for (std::size_t i = 0; i < n; ++i) std::fill(factor.data() + i * n + i + 1, factor.data() + (i + 1) * n, T(0));
    return factor;
}

template <class T>
Eigh<T>::Eigh(const char* operation, const Tensor<T>& a, const Location& at) {
    check_square(operation, a.shape(), at);
    check_workspace(operation, a.shape(), at);
    check_finite(operation, a, Part::lower, at);
    const std::size_t n = a.shape()[0];
    values = Tensor<T>(Shape{n});
    vectors = a.clone();
    if (n == 0) return;
    const blasint order = blas(n), lwork = blas(1 + 6 * n + 2 * n * n), liwork = blas(3 + 5 * n);
    const Tensor<T> work(Shape{static_cast<std::size_t>(lwork)});
    const Tensor<blasint> iwork(Shape{static_cast<std::size_t>(liwork)});
    blasint info = 0;
    Routines<T>::syevd("V", "U", &order, vectors.data(), &order, values.data(), work.data(), &lwork, iwork.data(),
                       &liwork, &info, 1, 1);
    if (info > 0) throw_not_converged(operation, a.shape(), at);
    T* const v = vectors.data(); // LAPACK's columns are our rows
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) std::swap(v[i * n + j], v[j * n + i]);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Any matrices

/// LAPACK sees A' = V diag(S) U', and its V and U' are, read row by row, our Vt and U.
template <class T>
Svd<T>::Svd(const char* operation, const Tensor<T>& a, const Location& at) {
    check_matrix(operation, a.shape(), at);
    check_workspace(operation, a.shape(), at);
    check_finite(operation, a, Part::all, at);
    rows = a.shape()[0];
    columns = a.shape()[1];
    const std::size_t k = std::min(rows, columns);
    values = Tensor<T>(Shape{k});
    vectors = Tensor<T>(Shape{k * (rows + columns)});
    if (k == 0) return;
    const Tensor<T> copy = a.clone();
    const Tensor<blasint> iwork(Shape{8 * k});
    const blasint m = blas(columns), n = blas(rows), inner = blas(k);
    blasint info = 0;
    const auto run = [&](T* work, blasint lwork) {
        Routines<T>::gesdd("S", &m, &n, copy.data(), &m, values.data(), vt().data(), &m, u().data(), &inner, work,
                           &lwork, iwork.data(), &info, 1);
    };
    T query = 0;
    run(&query, -1);
    const Tensor<T> work(Shape{workspace(query)});
    run(work.data(), blas(work.size()));
    if (info > 0) throw_not_converged(operation, a.shape(), at);
}

/// LAPACK sees A' = P L U, so A = U' L' P', and the two triangles are, read row by row, U' and L'.
template <class T>
Lu<T>::Lu(const char* operation, const Tensor<T>& a, const Location& at) {
    check_square(operation, a.shape(), at);
    check_finite(operation, a, Part::all, at);
    const std::size_t n = a.shape()[0];
    factors_ = a.clone();
    exchange_ = Tensor<std::int64_t>(Shape{n});
    if (n == 0) return;
    const Tensor<blasint> pivots(Shape{n});
    zero_pivot_ = getrf(factors_.data(), n, pivots.data());
    std::transform(pivots.begin(), pivots.end(), exchange_.begin(), [](blasint pivot) { return pivot - 1; });
}

template <class T>
void Lu<T>::check_invertible(const char* operation, const Location& at) const {
    if (zero_pivot_ != 0) throw_singular(operation, factors_.shape(), zero_pivot_, at);
}

template <class T>
T Lu<T>::sign() const noexcept {
    if (zero_pivot_ != 0) return 0;
    const std::size_t n = exchange_.size();
    bool negative = false;
    for (std::size_t i = 0; i < n; ++i) {
        negative ^= exchange_.data()[i] != static_cast<std::int64_t>(i);
        negative ^= factors_.data()[i * n + i] < 0;
    }
    return negative ? T(-1) : T(1);
}

template <class T>
T Lu<T>::det() const noexcept {
    const std::size_t n = exchange_.size();
    T product = sign();
    for (std::size_t i = 0; i < n && product != 0; ++i) product *= std::abs(factors_.data()[i * n + i]);
    return product;
}

template <class T>
T Lu<T>::logabsdet() const noexcept {
    if (zero_pivot_ != 0) return -std::numeric_limits<T>::infinity();
    const std::size_t n = exchange_.size();
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += std::log(std::abs(static_cast<double>(factors_.data()[i * n + i])));
    return static_cast<T>(sum);
}

template <class T>
void Lu<T>::solve(bool transpose, T* b, std::size_t columns) const {
    const std::size_t n = exchange_.size();
    const auto exchange_rows = [&](std::size_t i) {
        const auto other = static_cast<std::size_t>(exchange_.data()[i]);
        if (other != i) std::swap_ranges(b + i * columns, b + (i + 1) * columns, b + other * columns);
    };
    if (transpose) { // A' = P L U
        for (std::size_t i = 0; i < n; ++i) exchange_rows(i);
        trsm(factors_.data(), n, CblasUpper, CblasTrans, CblasUnit, b, columns);
        trsm(factors_.data(), n, CblasLower, CblasTrans, CblasNonUnit, b, columns);
    } else { // A = U' L' P'
        trsm(factors_.data(), n, CblasLower, CblasNoTrans, CblasNonUnit, b, columns);
        trsm(factors_.data(), n, CblasUpper, CblasNoTrans, CblasUnit, b, columns);
        for (std::size_t i = n; i-- > 0;) exchange_rows(i);
    }
}

template <class T>
Tensor<T> inverse(const char* operation, const Tensor<T>& a, const Location& at) {
    check_square(operation, a.shape(), at);
    check_finite(operation, a, Part::all, at);
    const std::size_t n = a.shape()[0];
    Tensor<T> result = a.clone();
    if (n == 0) return result;
    const Tensor<blasint> pivots(Shape{n});
    const std::size_t zero_pivot = getrf(result.data(), n, pivots.data());
    if (zero_pivot != 0) throw_singular(operation, a.shape(), zero_pivot, at);
    const blasint order = blas(n), lwork = blas(std::min(64 * n, max_blas_extent));
    const Tensor<T> work(Shape{static_cast<std::size_t>(lwork)});
    blasint info = 0;
    Routines<T>::getri(&order, result.data(), &order, pivots.data(), work.data(), &lwork, &info);
    return result;
}

template <class T>
void solve_triangular(const T* a, std::size_t n, Triangle triangle, T* b, std::size_t columns) {
    trsm(a, n, triangle.lower ? CblasLower : CblasUpper, triangle.transpose ? CblasTrans : CblasNoTrans,
         triangle.unit_diagonal ? CblasUnit : CblasNonUnit, b, columns);
}

#define XGRAD_INSTANTIATE(T)                                                                                           \
    template void check_finite(const char*, const Tensor<T>&, Part, const Location&);                                  \
    template Tensor<T> cholesky(const char*, const Tensor<T>&, const Location&);                                       \
    template struct Eigh<T>;                                                                                           \
    template struct Svd<T>;                                                                                            \
    template class Lu<T>;                                                                                              \
    template Tensor<T> inverse(const char*, const Tensor<T>&, const Location&);                                        \
    template void solve_triangular(const T*, std::size_t, Triangle, T*, std::size_t);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

} // namespace xgrad::ops::lapack

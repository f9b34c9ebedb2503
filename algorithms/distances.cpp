#include <xgrad/algorithms/distances.hpp>

#include <xgrad/autodiff/threads.hpp>
#include <xgrad/ops/packed_factor.hpp>
#include <xgrad/ops/simd.hpp>

#include <algorithm>

namespace xgrad::algorithms::detail {

namespace {

/// Elements that a thread takes at least, in loops at the speed of memory.
constexpr std::size_t grain = std::size_t{1} << 15;

std::size_t rows_per_part(std::size_t row) {
    return 1 + grain / (row + 1);
}

} // namespace

double squared_distance(const double* x, const double* y, std::size_t features) {
    using V = ops::Batch<double>;
    std::size_t i = 0;
    double sum = 0;
    if (features >= V::size) {
        V squares(0.0);
        for (; i + V::size <= features; i += V::size) {
            const V difference = V::load_unaligned(x + i) - V::load_unaligned(y + i);
            squares = xsimd::fma(difference, difference, squares);
        }
        sum = ops::reduce_sum(squares);
    }
    for (; i < features; ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
    return sum;
}

std::vector<double> squared_norms(const Rows& rows) {
    const std::vector<double> origin(rows.features);
    std::vector<double> result(rows.count);
    parallel_for(rows.count, rows_per_part(rows.features), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) result[i] = squared_distance(rows[i], origin.data(), rows.features);
    });
    return result;
}

std::vector<double> mean_of(const Rows& rows) {
    std::vector<double> mean(rows.features);
    for (std::size_t i = 0; i < rows.count; ++i) {
        for (std::size_t j = 0; j < rows.features; ++j) mean[j] += rows[i][j];
    }
    for (double& element : mean) element /= static_cast<double>(rows.count);
    return mean;
}

void centre(const Rows& rows, const std::vector<double>& mean, double* result, double scale) {
    parallel_for(rows.count, rows_per_part(rows.features), [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            for (std::size_t j = 0; j < rows.features; ++j) result[i * rows.features + j] = scale * (rows[i][j] - mean[j]);
        }
    });
}

void squared_distances(const PreparedRows& a, const PreparedRows& b, double* result) {
    // The product, with all else that is added, is wrong by some 1e-16 of the norms.
    constexpr double cancelled = 1e-3;
    const std::size_t n = b.rows.count, features = b.rows.features;
    std::vector<double> scaled(b.centred, b.centred + n * features);
    for (double& element : scaled) element *= -2;
    // So many rows at a time that their distances stay in the cache until they are finished.
    const std::size_t block = std::clamp<std::size_t>(grain / n, 8, 64);
    const ops::PackedFactor<double> factor({scaled.data(), features, n, true}, block);
    parallel_for(a.rows.count, 1 + 8 * grain / (n * features), [&](std::size_t begin, std::size_t end) {
        for (std::size_t first = begin; first < end; first += block) {
            const std::size_t last = std::min(end, first + block);
            factor.multiply(a.centred + first * features, last - first, 0, result + first * n, b.norms);
            for (std::size_t i = first; i < last; ++i) {
                double* const row = result + i * n;
                for (std::size_t j = 0; j < n; ++j) {
                    row[j] += a.norms[i];
                    if (!(row[j] > cancelled * (a.norms[i] + b.norms[j]))) row[j] = squared_distance(a.rows[i], b.rows[j], features);
                }
            }
        }
    });
}

Array<double> squared_distances(const Array<double>& A, const Array<double>& B) {
    Array<double> result = Array<double>::from_shape({A.shape(0), B.shape(0)});
    const std::vector<double> mean = mean_of(rows_of(B));
    const auto centred = [&](const Array<double>& X) {
        std::vector<double> rows(X.size());
        centre(rows_of(X), mean, rows.data());
        return rows;
    };
    const std::vector<double> a = centred(A), b = centred(B);
    const std::vector<double> a_norms = squared_norms({a.data(), A.shape(0), A.shape(1)});
    const std::vector<double> b_norms = squared_norms({b.data(), B.shape(0), B.shape(1)});
    squared_distances({rows_of(A), a.data(), a_norms.data()}, {rows_of(B), b.data(), b_norms.data()}, result.data());
    return result;
}

} // namespace xgrad::algorithms::detail

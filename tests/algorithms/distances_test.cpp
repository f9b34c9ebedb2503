// Squared distances by products of matrices are as right as those by differences.
#include <xgrad/algorithms/distances.hpp>
#include <xgrad/ops/random.hpp>

#include <doctest/doctest.h>

using namespace xgrad;
using namespace xgrad::algorithms;

namespace {

Array<double> normal(std::size_t rows, std::size_t columns, std::uint64_t seed, double mean = 0) {
    Generator generator(seed);
    Array<double> result = Array<double>::from_shape({rows, columns});
    for (double& element : result) element = mean + generator.normal();
    return result;
}

/// The largest relative error, against long double.
double error(const Array<double>& distances, const Array<double>& A, const Array<double>& B) {
    REQUIRE(distances.dimension() == 2);
    REQUIRE(distances.shape(0) == A.shape(0));
    REQUIRE(distances.shape(1) == B.shape(0));
    long double worst = 0;
    for (std::size_t i = 0; i < A.shape(0); ++i) {
        for (std::size_t j = 0; j < B.shape(0); ++j) {
            long double square = 0;
            for (std::size_t k = 0; k < A.shape(1); ++k) {
                const long double difference = static_cast<long double>(A(i, k)) - B(j, k);
                square += difference * difference;
            }
            worst = std::max(worst, square == 0 ? std::abs(distances(i, j)) : std::abs(distances(i, j) - square) / square);
        }
    }
    return static_cast<double>(worst);
}

} // namespace

TEST_CASE("squared distances: of rows of all lengths, more or fewer than the others") {
    for (const std::size_t features : {1, 2, 3, 8, 9, 31}) {
        const Array<double> A = normal(37, features, 1), B = normal(5, features, 2);
        CHECK(error(algorithms::detail::squared_distances(A, B), A, B) < 1e-12);
        CHECK(error(algorithms::detail::squared_distances(B, A), B, A) < 1e-12);
    }
}

TEST_CASE("squared distances: far from the origin, and of rows that are close") {
    // 1e8 leaves the numbers 8 digits, of which differences lose none.
    const Array<double> A = normal(20, 7, 3, 1e8), B = normal(30, 7, 4, 1e8);
    CHECK(error(algorithms::detail::squared_distances(A, B), A, B) < 1e-12);

    Array<double> C = normal(20, 7, 5), D = C;
    for (double& element : D) element *= 1 + 1e-9;
    CHECK(error(algorithms::detail::squared_distances(C, D), C, D) < 1e-12);

    // One far away moves the mean off all others.
    C(0, 0) = 1e12;
    CHECK(error(algorithms::detail::squared_distances(C, C), C, C) < 1e-12);
}

TEST_CASE("squared distances: equal rows are 0 apart") {
    const Array<double> A = normal(12, 9, 6, 0.1);
    const Array<double> distances = algorithms::detail::squared_distances(A, A);
    for (std::size_t i = 0; i < 12; ++i) {
        CHECK(distances(i, i) == 0);
        for (std::size_t j = 0; j < i; ++j) CHECK(distances(i, j) > 1e-3);
    }
}

TEST_CASE("squared distances: means and norms") {
    const Array<double> X{{1, 2}, {3, -4}, {5, 8}};
    const auto rows = algorithms::detail::rows_of(X);
    const std::vector<double> mean = algorithms::detail::mean_of(rows);
    CHECK(mean == std::vector<double>{3, 2});
    CHECK(algorithms::detail::squared_norms(rows) == std::vector<double>{5, 25, 89});
    std::vector<double> centred(6);
    algorithms::detail::centre(rows, mean, centred.data(), 2);
    CHECK(centred == std::vector<double>{-4, 0, 0, -12, 4, 12});
}

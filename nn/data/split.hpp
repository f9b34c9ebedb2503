/// @file
/// Splitting data into those to train on and those to test with.
#pragma once

#include <xgrad/nn/data/dataset.hpp>
#include <xgrad/ops/random.hpp>

namespace xgrad::nn {

/// How data are split.
struct SplitOptions {
    /// The share of the examples for the test; rounded up to a whole number.
    double test_fraction = 0.25;
    /// The share for validation, of train_validation_test_split(); rounded up.
    double validation_fraction = 0.25;
    /// Draw the examples at random. Otherwise the first are for training, the last for the test.
    bool shuffle = true;
    /// Every label's share of each part is, to an example, that of the whole.
    bool stratify = false;
};

template <class T, class Y>
struct TrainTest {
    Dataset<T, Y> train, test;
};

template <class T, class Y>
struct TrainValidationTest {
    Dataset<T, Y> train, validation, test;
};

/// Splits data in two.
/// @code
/// auto [train, test] = train_test_split(data, {.test_fraction = 0.2, .stratify = true});
/// @endcode
/// @throws ValueError if a part would be empty, or the parts cannot be stratified: without labels or shuffling, or a label has
/// fewer examples than there are parts
template <class T, class Y>
TrainTest<T, Y> train_test_split(const Dataset<T, Y>& data, const SplitOptions& options = {},
                                 Generator& generator = default_generator(), Location at = Location::current());

/// Splits data in three.
/// @throws ValueError as train_test_split()
template <class T, class Y>
TrainValidationTest<T, Y> train_validation_test_split(const Dataset<T, Y>& data, const SplitOptions& options = {},
                                                      Generator& generator = default_generator(),
                                                      Location at = Location::current());

} // namespace xgrad::nn

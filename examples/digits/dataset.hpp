/// @file
/// Images of handwritten digits and their labels.
#pragma once

#include <xgrad/nn/data/dataset.hpp>
#include <xgrad/ops/random.hpp>

#include <string>

namespace digits {

/// The labels are the digits 0 to 9.
inline constexpr std::size_t classes = 10;

/// Labelled images.
struct Dataset {
    xgrad::Array<float> images{};        ///< (size, height * width), from 0 (paper) to 1 (ink)
    xgrad::Array<std::int64_t> labels{}; ///< (size), from 0 to 9
    std::size_t height = 0, width = 0;   ///< of an image

    std::size_t size() const { return labels.size(); }
    std::size_t pixels() const { return height * width; }
};

struct Split {
    Dataset train, test;
};

/// The 8 x 8 digits in a CSV file of 64 columns of pixels, 0 to 16, and one of labels; a share of them set aside for the test.
/// @throws xgrad::nn::FileError if it cannot be read or holds anything else
Split read_digits(const std::string& path, double test_fraction, xgrad::Generator& generator);

/// MNIST: the four IDX files in a folder, plain or gzipped, by the names under which they are published.
/// @throws xgrad::nn::FileError if one cannot be read, or does not match the others
Split read_mnist(const std::string& folder);

} // namespace digits

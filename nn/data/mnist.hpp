/// @file
/// The MNIST database of handwritten digits (and what is published in its form, such as Fashion-MNIST).
#pragma once

#include <xgrad/nn/data/dataset.hpp>
#include <xgrad/nn/data/split.hpp>

#include <cstdint>
#include <string>

namespace xgrad::nn {

/// The images, of shape (N, 1, 28, 28) with elements from 0 (background) to 1, and their labels, 0 to 9, in the four IDX files of
/// a folder, which keep the names under which they are published, train-images-idx3-ubyte and so on, plain or gzipped (.gz).
/// For a model that begins with a linear layer: `data.train.reshaped({784})`.
/// @tparam T  float or double
/// @throws FileError if one cannot be read, or does not match the others
template <class T = float>
TrainTest<T, std::int64_t> read_mnist(const std::string& folder, Location at = Location::current());

} // namespace xgrad::nn
